"""Which method recommends: all of them at their best, compared by the validation likes.

The rankers come from their searches, the baselines from theirs. What is best is decided here and
not by the test, which would otherwise no longer say how good the method chosen is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import Scorer, mean_ndcg
from thingistat_pipeline.recommender.judging.user_bootstrap import FEWEST_USERS
from thingistat_pipeline.recommender.likes.holdout import Holdout
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.contenders import CONTENDERS, Contender, tuned
from thingistat_pipeline.recommender.search.search import (
    Progress,
    RankerParameters,
    RankerSearch,
    search_ranker,
)
from thingistat_pipeline.recommender.search.search_sample import validating_users
from thingistat_pipeline.settings import Effort

METHODS = (
    "ranker_with_side",
    "ranker",
    "most_popular",
    "item_neighbours",
    "ease",
    "least_squares",
)
BPR = "bpr"
"""Name of the ranker with side information that was best of those with BPR's loss, to be compared
with. It is no method of its own to choose: where BPR is best, "ranker_with_side" has it. WARP's
parameters with BPR's loss would be no fair opponent, as its steps are several times smaller."""
MOST_USERS: Mapping[Effort, int] = MappingProxyType({"quick": 2_000, "full": 10_000})
"""Validation users that the methods are compared by, at most."""


@dataclass(frozen=True, eq=False, slots=True)
class Choice:
    """What was searched, and what is best.

    Attributes
    ----------
    without, with_side : RankerSearch
        The searches without and with side information.
    baselines : tuple of Contender
        Each at its best.
    validation : Mapping of str to float
        NDCG at 10 on the validation likes of each of METHODS, fitted on the likes for fitting;
        empty where too few users have validation likes.
    winner : str
        The one of METHODS that is best there.
    winner_reason : str
        Why, as a sentence.
    """

    without: RankerSearch
    with_side: RankerSearch
    baselines: tuple[Contender, ...]
    validation: Mapping[str, float]
    winner: str
    winner_reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return the choice as what JSON can hold."""
        return {
            "without": self.without.as_dict(),
            "with_side": self.with_side.as_dict(),
            "baselines": [
                {"name": baseline.name, "settings": dict(baseline.settings)}
                for baseline in self.baselines
            ],
            "validation": dict(self.validation),
            "winner": self.winner,
            "winner_reason": self.winner_reason,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Undo `as_dict`."""
        return cls(
            without=RankerSearch.from_dict(told["without"]),
            with_side=RankerSearch.from_dict(told["with_side"]),
            baselines=tuple(Contender(**baseline) for baseline in told["baselines"]),
            validation=MappingProxyType(dict(told["validation"])),
            winner=told["winner"],
            winner_reason=told["winner_reason"],
        )


def chosen_models(
    held: Holdout,
    side: SideInformation,
    *,
    seed: int,
    effort: Effort,
    journals: Path | None = None,
    progress: Progress | None = None,
) -> Choice:
    """Search the rankers, tune the baselines, and choose the best method.

    Parameters
    ----------
    held : Holdout
        Its test has no part in it.
    side : SideInformation
        Of the things.
    seed : int
    effort : {"quick", "full"}
        Of the searches.
    journals : Path, optional
        Folder of the searches' journals, by which one that was killed goes on.
    progress : callable, optional
        Told after every trial and every method.

    Returns
    -------
    Choice
        The same for the same likes and seed, whether or not it was interrupted.
    """
    without_seed, with_seed, judging_seed = np.random.SeedSequence(seed).generate_state(3).tolist()
    without = search_ranker(
        held.fit,
        held.validation,
        None,
        seed=without_seed,
        effort=effort,
        journal=journals and journals / "without_side.jsonl",
        progress=_named("searching without side information", progress),
    )
    with_side = search_ranker(
        held.fit,
        held.validation,
        side,
        seed=with_seed,
        effort=effort,
        warm_start=without,
        journal=journals and journals / "with_side.jsonl",
        progress=_named("searching with side information", progress),
    )
    users = validating_users(held.validation, most=MOST_USERS[effort], seed=judging_seed)
    baselines, validation = [], {}
    for done, name in enumerate(CONTENDERS):
        baseline, value = tuned(name, held.fit, held.validation, seed=judging_seed, users=users)
        baselines.append(baseline)
        validation[name] = value or 0.0
        if progress is not None:
            progress("tuning what the ranker has to beat", done + 1, len(CONTENDERS))
    for name, search in (("ranker", without), ("ranker_with_side", with_side)):
        model = _fitted_ranker(search.chosen, held.fit, side, seed=judging_seed)
        validation[name] = mean_ndcg(model, held.fit, held.validation, users=users) or 0.0
    enough = len(users) >= FEWEST_USERS
    winner = max(METHODS, key=validation.__getitem__) if enough else "most_popular"
    return Choice(
        without=without,
        with_side=with_side,
        baselines=tuple(baselines),
        validation=MappingProxyType({name: validation[name] for name in METHODS} if enough else {}),
        winner=winner,
        winner_reason=_reason(winner, validation, len(users)),
    )


def fitted_method(
    name: str, choice: Choice, likes: csr_array, side: SideInformation, *, seed: int
) -> Scorer:
    """Return a method at its best, fitted on likes.

    Parameters
    ----------
    name : str
        One of METHODS, or BPR.
    choice : Choice
        Whose parameters and settings are taken.
    likes : scipy.sparse.csr_array of float32, shape (users, things)
    side : SideInformation
        Of the things; the methods that know likes only do not look at it.
    seed : int
    """
    if name == "ranker":
        return _fitted_ranker(choice.without.chosen, likes, side, seed=seed)
    if name == "ranker_with_side":
        return _fitted_ranker(choice.with_side.chosen, likes, side, seed=seed)
    if name == BPR:
        return _fitted_ranker(_bpr_parameters(choice.with_side), likes, side, seed=seed)
    baselines = {baseline.name: baseline for baseline in choice.baselines}
    return baselines[name].fitted(likes, seed=seed)


def _bpr_parameters(search: RankerSearch) -> RankerParameters:
    tried = [
        trial
        for trial in search.trials
        if trial.state == "complete" and trial.parameters.loss == "bpr"
    ]
    if not tried:
        return replace(search.chosen, loss="bpr")
    return max(tried, key=lambda trial: trial.value or 0.0).parameters


def _fitted_ranker(
    parameters: RankerParameters, likes: csr_array, side: SideInformation, *, seed: int
) -> Ranker:
    return parameters.ranker(seed=seed).fit(likes, item_features=parameters.item_features(side))


def _reason(winner: str, validation: Mapping[str, float], users: int) -> str:
    if users < FEWEST_USERS:
        return (
            f"{users} users have likes to choose by, and at least {FEWEST_USERS} are needed: "
            "nothing can be chosen, and what most users like needs no choosing."
        )
    second = max((name for name in METHODS if name != winner), key=validation.__getitem__)
    return (
        f"NDCG at 10 on the validation likes of {users:,} users is {validation[winner]:.4f}, the "
        f"highest of {len(METHODS)} methods; the next, {second}, has {validation[second]:.4f}. The "
        "test likes had no part in the choice."
    )


def _named(name: str, progress: Progress | None) -> Progress | None:
    """Return what tells of a step under another name."""
    if progress is None:
        return None
    return lambda _, done, total: progress(name, done, total)
