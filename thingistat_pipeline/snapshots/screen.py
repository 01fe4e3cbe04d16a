"""What of a data set is passed over, because somebody asked to be forgotten."""

from collections.abc import Iterable, Iterator
from typing import Any

from thingistat_pipeline.snapshots.source import Reject
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.records import Record


class Screen:
    """Holds back what is forgotten: no record, and no line in the ledger either.

    Parameters
    ----------
    forgotten : Forgotten
    """

    def __init__(self, forgotten: Forgotten) -> None:
        self._forgotten = forgotten

    def records(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the records that may be kept, without the references that may not."""
        for record in records:
            kept = self._forgotten.record(record)
            if kept is not None:
                yield kept

    def rejects(self, rejects: Iterable[Reject]) -> Iterator[Reject]:
        """Yield the ledger's lines that are about nothing forgotten."""
        return (reject for reject in rejects if not self._is_about_forgotten(reject.row))

    def _is_about_forgotten(self, row: dict[str, Any]) -> bool:
        number = _number(row.get("id"))
        if number is None:
            return False
        match row.get("table", "things"):
            case "things":
                return self._forgotten.thing(number)
            case "creators":
                return self._forgotten.creator(number, None)
            case _:
                return False


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
