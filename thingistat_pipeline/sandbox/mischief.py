"""Which request is hit by which fault: ``NAME[:SHARE][@AFTER]``, several with commas between.

The share of requests that are hit (all of them without it), after so many that are not. A share
below one lets an address through after two hits in a row, so that whoever asks three times gets on.
A name that begins with ``drift.`` is a field that changed its shape (`drifting`), on a share of the
things.
"""

import re
import zlib
from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qs

from thingistat_pipeline.sandbox.drifting import PREFIX, Drift
from thingistat_pipeline.sandbox.faults import FAULTS, Fault
from thingistat_pipeline.sandbox.spoilt import Asked, Reply

MOST_HITS_IN_A_ROW = 2

_SPEC = re.compile(r"([a-z0-9_.]+?)(?::(0?\.\d+|0|1(?:\.0)?))?(?:@(\d{1,6}))?")


@dataclass(frozen=True)
class Planned:
    """What to play: a fault or a drift, on which share of requests or things, after how many."""

    fault: Fault | Drift
    share: float = 1.0
    after: int = 0


def planned_faults(spec: str) -> tuple[Planned, ...]:
    """Return the faults that a text names, see the module; none for an empty text.

    Raises
    ------
    ValueError
        When it names none that a server can play, or says it in another way.
    """
    return tuple(_planned(each.strip()) for each in spec.split(",") if each.strip())


def _planned(text: str) -> Planned:
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not NAME[:SHARE][@AFTER] with a share from 0 to 1")
    name, share, after = found.groups()
    if name.startswith(PREFIX):
        return Planned(Drift(name), float(share or 1), int(after or 0))
    if name not in FAULTS or FAULTS[name].play is None:
        known = ", ".join(sorted(each.name for each in FAULTS.values() if each.play))
        raise ValueError(f"there is no fault {name!r} to play; there are {known}")
    return Planned(FAULTS[name], float(share or 1), int(after or 0))


class Mischief:
    """Decides which request is hit by which fault, the same way every time.

    Parameters
    ----------
    spec : str
        The faults, see the module.
    """

    def __init__(self, spec: str = "") -> None:
        self.spec = spec
        self.played = 0
        self._planned = planned_faults(spec)
        self._asked = 0
        self._by_address: Counter[str] = Counter()
        self._hits_in_a_row: Counter[str] = Counter()

    def reply(self, asked: Asked, honest: Reply) -> Reply:
        """Return the answer to give instead of the honest one, which may be that."""
        address = f"{asked.path}?{sorted(asked.query.items())}"
        self._asked += 1
        self._by_address[address] += 1
        for each in self._planned:
            if self._is_hit(each, asked.path, address) and each.fault.play:
                self.played += 1
                self._hits_in_a_row[address] += 1
                return each.fault.play(asked, honest)
        self._hits_in_a_row[address] = 0
        return honest

    def _is_hit(self, planned: Planned, path: str, address: str) -> bool:
        if self._asked <= planned.after:
            return False
        if isinstance(planned.fault, Drift):
            return planned.fault.hits(path, planned.share)
        place = planned.fault.at
        if place is not None and not place.fullmatch(path):
            return False
        if planned.share >= 1:
            return True
        if self._hits_in_a_row[address] >= MOST_HITS_IN_A_ROW:
            return False
        draw = zlib.crc32(f"{self._by_address[address]} {address}".encode()) / 2**32
        return draw < planned.share


def query_of(query_string: bytes) -> dict[str, str]:
    """Return the parameters of a query, the first value of each."""
    return {name: values[0] for name, values in parse_qs(query_string.decode("latin-1")).items()}
