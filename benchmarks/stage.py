"""What a stage consists of, and what its two sides are given."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

Side = Literal["ours", "reference"]
SIDES: tuple[Side, ...] = ("ours", "reference")
Facts = dict[str, Any]
"""What a side says of its result, as JSON can hold it."""

STAGES = ("load", "features", "tuning", "importance")
"""In the order in which they run; the later ones use what the first one made."""


class Disagreement(Exception):  # noqa: N818  what happened, not what went wrong in the code
    """The two sides of a stage did not come to the same result."""


@dataclass(frozen=True)
class Inputs:
    """What both sides of every stage are given; the paths are text, so that JSON can hold them.

    Attributes
    ----------
    things : int
        How many things there are.
    seed : int
        Seed of the things, the split, the forests and the shuffles.
    tuning_rows : int
        Of how many things the tuning is compared at most.
    raw : str
        Folder with one night, shared by all runs.
    work : str
        Folder of this run.
    """

    things: int
    seed: int
    tuning_rows: int
    raw: str
    work: str

    @property
    def nights(self) -> Path:
        """Folder of the nights, as `load_warehouse` wants it."""
        return Path(self.raw)

    @property
    def warehouse(self) -> Path:
        """Our working file."""
        return Path(self.work) / "ours" / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The link to our published file."""
        return Path(self.work) / "ours" / "thingistat.duckdb"

    @property
    def sqlite(self) -> Path:
        """The reference's database."""
        return Path(self.work) / "reference" / "thingistat.db"

    @property
    def training(self) -> Path:
        """X and y of the things that the models are fitted on."""
        return Path(self.work) / "training.npz"


@dataclass(frozen=True)
class Task:
    """One side of a stage, ready to start.

    `work` is what is measured. `facts` is told its result afterwards, unmeasured, and says what the
    two sides are compared by.
    """

    work: Callable[[], Any]
    facts: Callable[[Any], Facts]


@dataclass(frozen=True)
class Stage:
    """A stage as its subpackage describes it.

    `agreement` takes the facts of both sides, raises `Disagreement` when they differ where they
    must not, and returns sentences that belong under the table.
    """

    name: str
    title: str
    reference: str
    needs: tuple[str, ...]
    agreement: Callable[[Facts, Facts], list[str]]


def stage_named(name: str) -> Stage:
    """Return a stage by the name of its subpackage."""
    module = import_module(f"benchmarks.{name}")
    return Stage(name, module.TITLE, module.REFERENCE, module.NEEDS, module.agreement)


def require_equal(ours: Facts, reference: Facts, *names: str) -> None:
    """Raise `Disagreement` where the two sides differ in one of the named facts."""
    for name in names:
        if ours[name] != reference[name]:
            raise Disagreement(f"{name}: ours {ours[name]}, reference {reference[name]}")
