"""What a stage consists of, and what its two sides are given."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

Side = Literal["ours", "reference"]
SIDES: tuple[Side, ...] = ("reference", "ours")
Facts = dict[str, Any]
"""What a side says of its result, as JSON can hold it."""

STAGES = (
    *("load", "import_thingistat", "import_thingipano"),
    *("features", "tuning", "importance", "everything", "chain"),
    *("recommender", "recommender_search", "recommender_large"),
    *("looks", "advisor_app"),
)
"""In the order in which they run; the later ones use what the first one made."""
USUAL_STAGES = (
    *("load", "import_thingistat", "features", "tuning", "importance", "chain"),
    "recommender",
)
"""Those that run unless others are named."""


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
        On how many training rows the tuning is compared at most; 0 means all.
    jobs : int
        Threads of the reference's tuning.
    reference_folds : int
        How many of the five folds the reference's tuning runs; ours runs all.
    raw : str
        Folder with one night, shared by all runs.
    work : str
        Folder of this run.
    """

    things: int
    seed: int
    tuning_rows: int
    jobs: int
    reference_folds: int
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
    def snapshot(self) -> Path:
        """ThingiStat's database, generated, from which a snapshot is imported."""
        return Path(self.raw).with_name(f"{Path(self.raw).name}.db")

    @property
    def designs(self) -> Path:
        """ThingiPano's files, generated, from which a snapshot is imported."""
        return Path(self.raw).with_name(f"{Path(self.raw).name}-thingipano")

    @property
    def training(self) -> Path:
        """X and y of the things that the models are fitted on."""
        return Path(self.work) / "training.npz"


@dataclass(frozen=True)
class Task:
    """One side of a stage, ready to start.

    `work` is what is measured. `facts` is told its result afterwards, unmeasured, and says what the
    two sides are compared by. A reference that did only a share of its work has a fact
    ``times_multiplied_by``; our side has a fact ``parts`` where the stage names `parts`.
    """

    work: Callable[[], Any]
    facts: Callable[[Any], Facts]


@dataclass(frozen=True)
class Stage:
    """A stage as its subpackage describes it.

    `agreement` takes the facts of both sides, raises `Disagreement` when they differ where they
    must not, and returns sentences that belong under the table. Where `adds` names stages, what the
    reference took in them is added to its own measurement: they must have run before. `parts`
    names parts of our side, each with the title of a line that sets it against the whole reference.
    """

    name: str
    title: str
    reference: str
    needs: tuple[str, ...]
    agreement: Callable[[Facts, Facts], list[str]]
    adds: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chain:
    """A stage without a reference, whose side tells what each of its steps took.

    Its facts have ``steps``, each with a title, CPU and wall seconds and the peak so far.
    `remarks` takes the facts and the figures of the whole, and returns sentences that belong under
    the table.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    remarks: Callable[[Facts, dict[str, float]], list[str]]


def stage_named(name: str) -> Stage | Chain:
    """Return a stage by the name of its subpackage."""
    module = import_module(f"benchmarks.{name}")
    if module.REFERENCE is None:
        return Chain(name, module.TITLE, module.NEEDS, module.remarks)
    return Stage(
        name,
        module.TITLE,
        module.REFERENCE,
        module.NEEDS,
        module.agreement,
        adds=getattr(module, "ADDS", ()),
        parts=getattr(module, "PARTS", ()),
    )


def require_equal(ours: Facts, reference: Facts, *names: str) -> None:
    """Raise `Disagreement` where the two sides differ in one of the named facts."""
    for name in names:
        if ours[name] != reference[name]:
            raise Disagreement(f"{name}: ours {ours[name]}, reference {reference[name]}")
