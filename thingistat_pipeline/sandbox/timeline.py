"""When ids were published, and what day it is.

A thing's id tells when it was published: ids were given out in order, slowly in 2008, by the
thousand a day later. The anchors follow public sightings of ids with their dates; between two of
them the pace is even, and after the last it stays as it was, so that new ids appear every day.
"""

from datetime import UTC, date, datetime, time
from functools import lru_cache

import numpy as np

from thingistat_pipeline.sandbox.randomness import Floats, Ids

DAY = 86_400.0
YEAR = 365.25 * DAY
DEFAULT_TODAY = date(2026, 9, 1)
NEWEST_ID = 7_500_000
"""The newest id at noon of `DEFAULT_TODAY`."""

_IDS_PER_DAY_LATER = 970
_FAR_AWAY_DAYS = 36_525


def _noon(year: int, month: int, day: int) -> float:
    return datetime(year, month, day, 12, tzinfo=UTC).timestamp()


_THING_ANCHORS = (
    (_noon(2008, 10, 20), 1),
    (_noon(2010, 1, 1), 1_600),
    (_noon(2011, 1, 1), 5_400),
    (_noon(2012, 1, 1), 15_400),
    (_noon(2013, 1, 1), 39_500),
    (_noon(2014, 1, 1), 206_000),
    (_noon(2015, 1, 1), 600_000),
    (_noon(2016, 1, 1), 1_230_000),
    (_noon(2017, 1, 1), 2_005_000),
    (_noon(2018, 1, 1), 2_745_000),
    (_noon(2019, 1, 1), 3_325_000),
    (_noon(2020, 1, 1), 4_075_000),
    (_noon(2021, 1, 1), 4_705_000),
    (_noon(2022, 1, 1), 5_185_000),
    (_noon(2023, 1, 1), 5_760_000),
    (_noon(2024, 1, 1), 6_400_000),
    (_noon(2025, 1, 1), 6_900_000),
    (_noon(2026, 9, 1), NEWEST_ID),
    (_noon(2026, 9, 1) + _FAR_AWAY_DAYS * DAY, NEWEST_ID + _FAR_AWAY_DAYS * _IDS_PER_DAY_LATER),
)
_THING_SECONDS = np.array([seconds for seconds, _ in _THING_ANCHORS])
_THING_IDS = np.array([number for _, number in _THING_ANCHORS], dtype=np.float64)

OPENING = float(_THING_SECONDS[0])
"""The moment of the first thing, in seconds since 1970."""


def noon_of(today: date) -> datetime:
    """Return the moment at which the sandbox stands on a day: noon UTC."""
    return datetime.combine(today, time(12), tzinfo=UTC)


def published_seconds(ids: Ids | Floats) -> Floats:
    """Return the publication moment of every id, in seconds since 1970; never falls with the id."""
    return np.asarray(np.interp(np.asarray(ids, dtype=np.float64), _THING_IDS, _THING_SECONDS))


def calendar_years(seconds: Floats | float) -> Floats:
    """Return moments as years and fractions of years, 2020.5 being mid-2020."""
    return np.asarray(1970.0 + np.asarray(seconds, dtype=np.float64) / YEAR)


@lru_cache(maxsize=64)
def newest_id(today: date) -> int:
    """Return the greatest id that has been given out at noon of `today`."""
    now = noon_of(today).timestamp()
    if now < OPENING:
        return 0
    return int(np.floor(np.interp(now, _THING_SECONDS, _THING_IDS) + 1e-6))


def written(seconds: float) -> str:
    """Return a moment as the API writes it, such as ``2019-12-14T20:50:10+00:00``."""
    return datetime.fromtimestamp(int(seconds), tz=UTC).isoformat()
