"""Which method recommends: all of them at their best, compared by the validation likes.

The rankers come from their searches, the baselines from theirs. What is best is decided here and
not by the test, which would otherwise no longer say how good the method chosen is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from thingistat_pipeline.recommender.judging.comparison import Difference
from thingistat_pipeline.recommender.judging.measures import MEASURE, Scorer, ndcg_of_users
from thingistat_pipeline.recommender.judging.user_bootstrap import FEWEST_USERS, Floats, ratios
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import Holdout
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.contenders import CONTENDERS, Contender, Tuned, tuned
from thingistat_pipeline.recommender.search.grown_trials import from_the_best
from thingistat_pipeline.recommender.search.one_like import METHODS as LIKENESS_METHODS
from thingistat_pipeline.recommender.search.one_like import by_one_like, drawn_likes
from thingistat_pipeline.recommender.search.search import (
    Progress,
    RankerParameters,
    RankerSearch,
    Trial,
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
_POPULAR_THEN = "what most users like needs no choosing."
_SPACE_THEN = "things are alike that are alike to the ranker and are about the same."
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
        Each at its best at recommending.
    validation : Mapping of str to float
        NDCG at 10 on the validation likes of each of METHODS, fitted on the likes for fitting;
        empty where too few users have validation likes.
    winner : str
        The one of METHODS that is best there.
    winner_reason : str
        Why, and how surely, as sentences.
    lead : Difference or None
        By how much the winner is better there than the next, paired over the users; None where
        nothing was chosen.
    likeness : str or None
        The one of `one_like.METHODS` that says which things are similar: the best at finding the
        validation likes of users of whom it knows a single like. None where nothing was chosen.
    likeness_reason : str
        Why, and how surely, as sentences.
    likeness_lead : Difference or None
        As `lead`, of the methods that say which things are similar.
    likeness_validation : Mapping of str to float
        NDCG at 10 of these and of the most popular, by one like; empty as `validation` is.
    likeness_baselines : tuple of Contender
        Each at its best by one like.
    """

    without: RankerSearch
    with_side: RankerSearch
    baselines: tuple[Contender, ...]
    validation: Mapping[str, float]
    winner: str
    winner_reason: str
    lead: Difference | None
    likeness: str | None
    likeness_reason: str
    likeness_lead: Difference | None
    likeness_validation: Mapping[str, float]
    likeness_baselines: tuple[Contender, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the choice as what JSON can hold."""
        return {
            "without": self.without.as_dict(),
            "with_side": self.with_side.as_dict(),
            "baselines": [one.as_dict() for one in self.baselines],
            "validation": dict(self.validation),
            "winner": self.winner,
            "winner_reason": self.winner_reason,
            "lead": self.lead and self.lead.as_dict(),
            "likeness": self.likeness,
            "likeness_reason": self.likeness_reason,
            "likeness_lead": self.likeness_lead and self.likeness_lead.as_dict(),
            "likeness_validation": dict(self.likeness_validation),
            "likeness_baselines": [one.as_dict() for one in self.likeness_baselines],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """Undo `as_dict`."""
        return cls(
            without=RankerSearch.from_dict(told["without"]),
            with_side=RankerSearch.from_dict(told["with_side"]),
            baselines=tuple(Contender(**one) for one in told["baselines"]),
            validation=MappingProxyType(dict(told["validation"])),
            winner=told["winner"],
            winner_reason=told["winner_reason"],
            lead=told["lead"] and Difference(**told["lead"]),
            likeness=told["likeness"],
            likeness_reason=told["likeness_reason"],
            likeness_lead=told["likeness_lead"] and Difference(**told["likeness_lead"]),
            likeness_validation=MappingProxyType(dict(told["likeness_validation"])),
            likeness_baselines=tuple(Contender(**one) for one in told["likeness_baselines"]),
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
    without = search_ranker(
        held.fit,
        held.validation,
        None,
        seed=seed_for(seed, "search without side information"),
        effort=effort,
        journal=journals and journals / "without_side.jsonl",
        progress=_named("searching without side information", progress),
    )
    with_side = search_ranker(
        held.fit,
        held.validation,
        side,
        seed=seed_for(seed, "search with side information"),
        effort=effort,
        warm_start=without,
        journal=journals and journals / "with_side.jsonl",
        progress=_named("searching with side information", progress),
    )
    users = validating_users(
        held.validation, most=MOST_USERS[effort], seed=seed_for(seed, "users to choose by")
    )
    one_like = drawn_likes(held.fit, seed=seed_for(seed, "one like"))
    of_all = partial(ndcg_of_users, known=held.fit, held_out=held.validation, users=users)

    def of_one(model: Scorer) -> Floats:
        return of_all(by_one_like(model, one_like))

    fitting = seed_for(seed, "fitting")
    by_all: dict[str, Tuned] = {}
    by_one: dict[str, Tuned] = {}
    with threadpool_limits(1):
        for done, name in enumerate(CONTENDERS):
            judges = (of_all, of_one)
            by_all[name], by_one[name] = tuned(name, held.fit, judges, seed=fitting)
            if progress is not None:
                progress("tuning what the ranker has to beat", done + 1, len(CONTENDERS))
        figures = {name: one.figures for name, one in by_all.items()}
        one_like_figures = {name: one.figures for name, one in by_one.items()}
        for name, search in (("ranker", without), ("ranker_with_side", with_side)):
            model = _fitted_ranker(search.chosen, held.fit, side, seed=fitting)
            figures[name], one_like_figures[name] = of_all(model), of_one(model)
    resampling = seed_for(seed, "resampling")
    best = compared(METHODS, figures, seed=resampling, effort=effort)
    likest = compared(LIKENESS_METHODS, one_like_figures, seed=resampling, effort=effort)
    return Choice(
        without=without,
        with_side=with_side,
        baselines=tuple(one.contender for one in by_all.values()),
        validation=_means((*METHODS,), figures, best),
        winner="most_popular" if best is None else best.method,
        winner_reason=_too_few(len(users)) + _POPULAR_THEN
        if best is None
        else reason(best, figures, "on the validation likes", len(METHODS)),
        lead=best,
        likeness=None if likest is None else likest.method,
        likeness_reason=_too_few(len(users)) + _SPACE_THEN
        if likest is None
        else reason(
            likest,
            one_like_figures,
            "on the validation likes, of which each method knew one like of the user,",
            len(LIKENESS_METHODS),
        ),
        likeness_lead=likest,
        likeness_validation=_means((*LIKENESS_METHODS, "most_popular"), one_like_figures, likest),
        likeness_baselines=tuple(one.contender for one in by_one.values()),
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
    return _fitted(name, choice, choice.baselines, likes, side, seed=seed)


def fitted_likeness(
    name: str, choice: Choice, likes: csr_array, side: SideInformation, *, seed: int
) -> Scorer:
    """Return a method as it is best at saying which things are similar, fitted on likes.

    Parameters
    ----------
    name : str
        One of `one_like.METHODS`, or most_popular.
    choice, likes, side, seed
        As for `fitted_method`.
    """
    return _fitted(name, choice, choice.likeness_baselines, likes, side, seed=seed)


def bpr_parameters(search: RankerSearch) -> RankerParameters:
    """Return the parameters of the best of a search's trials with the loss of BPR.

    Where none of them is complete (`has_bpr`), those chosen, with that loss.
    """
    tried = _bpr_trials(search)
    if not tried:
        return replace(search.chosen, loss="bpr")
    return min(tried, key=from_the_best).parameters


def has_bpr(search: RankerSearch) -> bool:
    """Return whether parameters were found for the loss of BPR."""
    return bool(_bpr_trials(search))


def _bpr_trials(search: RankerSearch) -> list[Trial]:
    return [trial for trial in search.compared if trial.parameters.loss == "bpr"]


def _fitted(
    name: str,
    choice: Choice,
    contenders: Sequence[Contender],
    likes: csr_array,
    side: SideInformation,
    *,
    seed: int,
) -> Scorer:
    rankers = {
        "ranker": choice.without.chosen,
        "ranker_with_side": choice.with_side.chosen,
        BPR: bpr_parameters(choice.with_side),
    }
    with threadpool_limits(1):  # more threads add up in another order
        if name in rankers:
            return _fitted_ranker(rankers[name], likes, side, seed=seed)
        return next(one for one in contenders if one.name == name).fitted(likes, seed=seed)


def _fitted_ranker(
    parameters: RankerParameters, likes: csr_array, side: SideInformation, *, seed: int
) -> Ranker:
    return parameters.ranker(seed=seed).fit(likes, item_features=parameters.item_features(side))


def compared(
    methods: Sequence[str], figures: Mapping[str, Floats], *, seed: int, effort: Effort
) -> Difference | None:
    """Return by how much the best of some methods is better than the next, over the same users.

    Parameters
    ----------
    methods : sequence of str
        Of equals, the one named first is the better.
    figures : Mapping of str to ndarray of float64, shape (users,)
        NDCG at 10 of each user, of each method.
    seed, effort
        Of the resampling of users.

    Returns
    -------
    Difference or None
        None where the users are too few to choose by.
    """
    if len(figures[methods[0]]) < FEWEST_USERS:
        return None
    first, second, *_ = sorted(methods, key=lambda name: -figures[name].mean())
    gains = figures[first] - figures[second]
    gain = ratios(gains[:, None], np.ones((len(gains), 1)), seed=seed, effort=effort)[0]
    return Difference(first, second, MEASURE, **asdict(gain))


def _means(
    methods: Sequence[str], figures: Mapping[str, Floats], best: Difference | None
) -> Mapping[str, float]:
    """Return the means of the figures that were chosen by; nothing where nothing was."""
    if best is None:
        return MappingProxyType({})
    return MappingProxyType({name: float(figures[name].mean()) for name in methods})


def reason(best: Difference, figures: Mapping[str, Floats], on: str, methods: int) -> str:
    """Return why a method was chosen, and how surely, as sentences.

    Parameters
    ----------
    best : Difference
        What `compared` returned.
    figures : Mapping of str to ndarray of float64, shape (users,)
    on : str
        What the figures are of.
    methods : int
        How many were compared.
    """
    own, next_best = (figures[name].mean() for name in (best.method, best.against))
    surely = (
        "other users would hardly turn that around"
        if best.is_sure
        else f"so that it cannot be told from {best.against}"
    )
    return (
        f"NDCG at 10 {on} of {len(figures[best.method]):,} users is {own:.4f}, the highest of "
        f"{methods} methods. The next, {best.against}, has {next_best:.4f}: {best.value:.4f} less "
        f"(95 % interval over users {best.low:.4f} to {best.high:.4f}), {surely}. The test likes "
        "had no part in the choice."
    )


def _too_few(users: int) -> str:
    return (
        f"{users} users have likes to choose by, and at least {FEWEST_USERS} are needed: nothing "
        "can be chosen, and "
    )


def _named(name: str, progress: Progress | None) -> Progress | None:
    """Return what tells of a step under another name."""
    if progress is None:
        return None
    return lambda _, done, total: progress(name, done, total)
