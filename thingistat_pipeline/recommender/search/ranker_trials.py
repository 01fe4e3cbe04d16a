"""What a search for a ranker's parameters tries and finds, as values that go into JSON and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import MEASURE
from thingistat_pipeline.recommender.likes.side_information import SideInformation, with_identity
from thingistat_pipeline.recommender.ranking.ranker import Loss, Negatives, Ranker

Outcome = Literal["complete", "pruned", "failed"]
_PLAIN = (
    *("best", "stopped", "users", "things", "likes", "validation_users"),
    "share_of_likes",
)
"""Fields of a search that JSON holds as they are."""


@dataclass(frozen=True, slots=True)
class RankerParameters:
    """A ranker's parameters, as `Ranker` names them, and the scale of the side information.

    `scale` is that of `with_identity`; None where the ranker knows things by themselves only.
    """

    components: int
    learning_rate: float
    loss: Loss
    max_sampled: int
    item_alpha: float
    user_alpha: float
    negatives: Negatives
    epochs: int
    scale: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as what JSON can hold; ``RankerParameters(**...)`` undoes it."""
        return asdict(self)

    @property
    def cost(self) -> int:
        """What learning costs, but for a factor: epochs x components."""
        return self.epochs * self.components

    def ranker(self, *, seed: int, threads: int = 1) -> Ranker:
        """Return a ranker that has not learned yet; only that of one thread is reproducible."""
        own = {name: value for name, value in asdict(self).items() if name != "scale"}
        return Ranker(**own, seed=seed, threads=threads)

    def item_features(self, side: SideInformation | None) -> csr_array | None:
        """Return what the ranker is to know of things: None where that is the things alone."""
        if self.scale is None or side is None:
            return None
        return with_identity(side, self.scale)


@dataclass(frozen=True, slots=True)
class Trial:
    """One ranker tried.

    Attributes
    ----------
    number : int
    state : {"complete", "pruned", "failed"}
        Failed: its vectors grew beyond all bounds.
    value : float or None
        Best NDCG at 10 on the validation likes; None where it failed.
    parameters : RankerParameters
        `epochs` are those of the best value, or the first checkpoint.
    curve : tuple of (int, float)
        Epochs and the NDCG at 10 after them.
    warm_started : bool
        Whether an earlier search proposed it.
    """

    number: int
    state: Outcome
    value: float | None
    parameters: RankerParameters
    curve: tuple[tuple[int, float], ...]
    warm_started: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the row of the search's table."""
        return {
            "number": self.number,
            "state": self.state,
            "value": self.value,
            **self.parameters.as_dict(),
            "curve": [list(point) for point in self.curve],
            "warm_started": self.warm_started,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Self:
        """Undo `as_dict`."""
        return cls(
            number=row["number"],
            state=row["state"],
            value=row["value"],
            parameters=RankerParameters(
                **{one.name: row[one.name] for one in fields(RankerParameters)}
            ),
            curve=tuple((epoch, value) for epoch, value in row["curve"]),
            warm_started=row["warm_started"],
        )


@dataclass(frozen=True, slots=True)
class RankerSearch:
    """What was tried, what was chosen and why it ended.

    Attributes
    ----------
    trials : tuple of Trial
    best : int or None
        Number of the trial whose parameters were chosen, but for the epochs where it was tried
        again; None where nothing could be compared.
    chosen : RankerParameters
        Of the best complete trial, of equals the cheapest, among `tried_again` if there are any;
        where none is complete, what a search begins with.
    stopped : str
        Why the search ended, as a sentence.
    users, things, likes : int
        What the trials were fitted on.
    validation_users : int
        How many users they were judged by.
    share_of_likes : float
        Share of the likes for fitting that the trials saw.
    tried_again : tuple of Trial
        Where that is below 1, the most promising trials once more, fitted on all of these likes:
        among them was chosen. Their numbers are those that they had.
    """

    trials: tuple[Trial, ...]
    best: int | None
    chosen: RankerParameters
    stopped: str
    users: int
    things: int
    likes: int
    validation_users: int
    share_of_likes: float = 1.0
    tried_again: tuple[Trial, ...] = ()

    @property
    def compared(self) -> tuple[Trial, ...]:
        """The complete trials that parameters are chosen from."""
        among = self.tried_again or self.trials
        return tuple(trial for trial in among if trial.state == "complete")

    def as_dict(self) -> dict[str, Any]:
        """Return what `metrics.json` says about the search."""
        return {
            "measure": MEASURE,
            "trials": [trial.as_dict() for trial in self.trials],
            "best": self.best,
            "chosen": self.chosen.as_dict(),
            "stopped": self.stopped,
            "users": self.users,
            "things": self.things,
            "likes": self.likes,
            "validation_users": self.validation_users,
            "share_of_likes": self.share_of_likes,
            "tried_again": [trial.as_dict() for trial in self.tried_again],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Undo `as_dict`."""
        return cls(
            trials=tuple(Trial.from_dict(row) for row in told["trials"]),
            chosen=RankerParameters(**told["chosen"]),
            tried_again=tuple(Trial.from_dict(row) for row in told["tried_again"]),
            **{name: told[name] for name in _PLAIN},
        )
