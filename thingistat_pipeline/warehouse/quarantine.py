"""What the newest night could not understand, and whether it is too much to publish the rest.

Only the newest night counts: it says how the API answers now. What an earlier one could not
understand stays in the table `quarantine`, and is asked for again by later nights.
"""

import re
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from thingistat_pipeline.thingiverse.quarantine import SHARE_ALLOWED, too_many
from thingistat_pipeline.warehouse.statements import statement
from thingistat_pipeline.warehouse.working import WarehouseError

MOST_FINDINGS = 5
LONGEST_QUOTE = 200

_KEYS = re.compile(r"\.(\w+)")


@dataclass(frozen=True)
class Finding:
    """A field that was not what it used to be, how often, and one example of it.

    `field` is a JSON path, or the reason where the trouble is not with one field.
    """

    resource: str
    field: str
    times: int
    reason: str
    thing_id: int
    text: str | None

    def __str__(self) -> str:
        quote = f": {self.quote!r}" if self.quote else ""
        return (
            f"{self.resource} {self.field}, {self.times} times "
            f"(for example thing {self.thing_id}, {self.reason}{quote})"
        )

    @property
    def quote(self) -> str:
        """Some of the example's text, from the field at fault on where that can be found."""
        text, keys = self.text or "", _KEYS.findall(self.field)
        begin = max(text.find(f'"{keys[-1]}"'), 0) if keys else 0
        return text[begin : begin + LONGEST_QUOTE]


@dataclass(frozen=True)
class Quarantine:
    """The newest night's quarantine.

    Attributes
    ----------
    night : str
    answered : int
        Things that gave an answer, understood or not.
    held : int
        Those of them with an answer in quarantine.
    earlier : int
        Answers that were put aside in other nights.
    findings : tuple of Finding
        The most frequent first.
    """

    night: str = ""
    answered: int = 0
    held: int = 0
    earlier: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def share(self) -> float:
        """Share of the things that answered."""
        return self.held / self.answered if self.answered else 0.0

    def is_too_much(self, allowed: float) -> bool:
        """Whether nothing is published until somebody has looked."""
        return too_many(self.held, self.answered, allowed)

    def told(self) -> str:
        """Return how much there is, and of what."""
        told = "; ".join(map(str, self.findings[:MOST_FINDINGS]))
        more = len(self.findings) - MOST_FINDINGS
        return (
            f"of {self.answered:,} things that answered in the night {self.night}, {self.held:,} "
            f"({self.share:.1%}) have an answer that was not understood: {told}"
            + (f"; and {more} other fields" if more > 0 else "")
        )


def newest_quarantine(con: DuckDBPyConnection) -> Quarantine:
    """Return the newest night's quarantine; an empty one where there is no night."""
    nights = con.execute(statement("newest_quarantine")).fetchall()
    if not nights:
        return Quarantine()
    ((night, answered, held, earlier),) = nights
    found = con.execute(statement("quarantine_findings"), {"night": night}).fetchall()
    return Quarantine(night, answered, held, earlier, tuple(Finding(*row) for row in found))


def require_few_quarantined(con: DuckDBPyConnection, allowed: float = SHARE_ALLOWED) -> None:
    """Refuse tables of which the newest night was not understood in too great a part.

    Raises
    ------
    WarehouseError
        Which fields it was, how often, examples, and what to do. The caller rolls back.
    """
    found = newest_quarantine(con)
    if found.is_too_much(allowed):
        raise WarehouseError(
            f"The API answers in another way than it did: {found.told()}. Up to {allowed:.1%} is "
            "allowed, so nothing was loaded and nothing is published; what was published before "
            f"stays as it was. {REMEDY}"
        )


REMEDY = (
    "Run the same command again: these things are then asked for once more, which is all that a "
    "passing trouble takes. If it stays, look for a newer version of this program; the answers are "
    "kept in the night's journal. To publish the others all the same, once you have looked, set "
    "THINGISTAT_QUARANTINE_SHARE_ALLOWED to the share that you allow (1 for any) until a newer "
    "night is in: what was not understood is then in the table `quarantine`, with its text."
)
