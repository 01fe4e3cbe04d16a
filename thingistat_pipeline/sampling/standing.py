"""Where a night stands: what its journal says, at any moment, and after an interruption."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from thingistat_pipeline.sampling.journal import (
    Answered,
    Tried,
    answers_that_stay,
    has_holes,
    journal_lines,
)

FAILURES_IN_A_ROW = 10  # then it is the API that is down, not a thing
FAILURES_WITHOUT_A_THING = 30  # nor is it where what is gone is still told, but nothing else


@dataclass
class Standing:
    """Where a night stands: what the journal says, kept up to date."""

    requests: int = 1  # the newest id
    live: set[int] = field(default_factory=set)
    tried: dict[int, Tried] = field(default_factory=dict)
    tries: Counter[int] = field(default_factory=Counter)
    unfinished: dict[int, list[Answered]] = field(default_factory=dict)
    with_holes: set[int] = field(default_factory=set)
    failing: list[int] = field(default_factory=list)  # at the first try, one after the other
    failures_without_a_thing: int = 0
    last_failure: str | None = None
    misses_in_a_row: int = 0

    def note(self, line: Answered | Tried) -> None:
        """Take a journal line into account."""
        if isinstance(line, Answered):
            self.unfinished.setdefault(line.thing_id, []).append(line)
            return
        thing_id = line.thing_id
        answers = self.unfinished.pop(thing_id, [])
        self.with_holes.discard(thing_id)
        if has_holes(line, answers):
            self.with_holes.add(thing_id)
            self.unfinished[thing_id] = answers_that_stay(answers)
        self.tried[thing_id] = line
        self.tries[thing_id] += 1
        self.requests += line.requests
        if line.outcome == "ok":
            self.live.add(thing_id)
            self.failures_without_a_thing = 0
        if line.outcome == "retry" and line.attempts == 1:
            self.failing.append(thing_id)
            self.failures_without_a_thing += 1
            self.last_failure = line.reason
        else:  # later tries come one after the other and fail for old reasons
            self.failing.clear()
        missed = line.outcome not in ("ok", "retry")
        self.misses_in_a_row = self.misses_in_a_row + 1 if missed else 0

    @property
    def is_hopeless(self) -> bool:
        """Whether it is certainly not the things that are the trouble."""
        return (
            len(self.failing) >= FAILURES_IN_A_ROW
            or self.failures_without_a_thing >= FAILURES_WITHOUT_A_THING
        )

    def forget_failures(self) -> None:
        """Take the last failures for the API's own: their things come as if never asked for.

        Only those after which nothing was decided: an id that is left out below a decided one
        would be missing in the sample.
        """
        for thing_id in self.failing:
            self.tried.pop(thing_id, None)
            self.tries.pop(thing_id, None)
        self.failing.clear()
        self.failures_without_a_thing = 0


def standing_of(folder: Path) -> Standing:
    """Return where a night stands, by its journal.

    What failed until a night stopped as hopeless, failed for whatever stopped it: these tries do
    not count, the ids come again where they came before, and the night ends with the ids that it
    would have had undisturbed.
    """
    standing = Standing()
    for line in journal_lines(folder):
        standing.note(line)
        if standing.is_hopeless:
            standing.forget_failures()
    return standing
