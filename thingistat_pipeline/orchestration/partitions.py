"""Nights: one partition a day, bearing the date on which the night's sampling ran."""

from datetime import date

import dagster as dg

FIRST_NIGHT = date(2026, 9, 1)

# end_offset=1: tonight's partition exists while tonight lasts, because a night bears its own date.
NIGHTS = dg.DailyPartitionsDefinition(start_date=FIRST_NIGHT.isoformat(), end_offset=1)
