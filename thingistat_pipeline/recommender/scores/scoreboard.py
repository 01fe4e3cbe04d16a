"""How good every method is on likes that nothing was chosen by, side by side.

All methods are fitted on the same likes and judged by the same users, so that differences are
paired. Which method recommends was decided on the validation likes (`choice`); where another does
better here, that is said and nothing is changed: to choose by the test would leave nothing to judge
the choice by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

from threadpoolctl import threadpool_limits

from thingistat_pipeline.recommender.judging.comparison import (
    MOST_JUDGED,
    Difference,
    Judged,
    best_first,
    differences,
    users_with_likes,
)
from thingistat_pipeline.recommender.judging.measures import MEASURE, Evaluation, Scorer, evaluate
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import Holdout
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.rivals.baselines import Ease
from thingistat_pipeline.recommender.rivals.contenders import Contender
from thingistat_pipeline.recommender.scores.cautions import cautions_on
from thingistat_pipeline.recommender.scores.cold_start import ColdStartScores, cold_start
from thingistat_pipeline.recommender.scores.learning_curves import CurvePoint, learning_curve
from thingistat_pipeline.recommender.search.choice import (
    BPR,
    METHODS,
    Choice,
    bpr_parameters,
    fitted_likeness,
    fitted_method,
)
from thingistat_pipeline.recommender.search.one_like import METHODS as LIKENESS_METHODS
from thingistat_pipeline.recommender.search.one_like import by_one_like, drawn_likes
from thingistat_pipeline.recommender.search.search import Progress, RankerParameters
from thingistat_pipeline.settings import Effort

_WITH_SIDE, _WITHOUT, _POPULAR = "ranker_with_side", "ranker", "most_popular"
_IN_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ranker_with_side": "the ranker with side information",
        "ranker": "the ranker that knows likes only",
        "most_popular": "the order by popularity",
        "item_neighbours": "the neighbours of things",
        "ease": "EASE",
        "least_squares": "alternating least squares",
        "bpr": "the ranker with the loss of BPR",
    }
)


@dataclass(frozen=True, eq=False, slots=True)
class OneLikeScores:
    """What the methods find of hidden likes of users of whom they know a single like.

    Attributes
    ----------
    methods : tuple of Judged
        Those that know how alike things are, and the most popular to compare with; best first.
    likeness : str or None
        The one that says which things are similar.
    reason : str
        Why, by the validation likes.
    """

    methods: tuple[Judged, ...]
    likeness: str | None
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as what JSON can hold."""
        return {
            "methods": [judged.as_dict() for judged in self.methods],
            "likeness": self.likeness,
            "reason": self.reason,
        }


@dataclass(frozen=True, eq=False, slots=True)
class Scoreboard:
    """What the methods find of likes that were hidden from them.

    Attributes
    ----------
    methods : tuple of Judged
        All that can be chosen, and BPR; best first.
    known_ranked : tuple of Judged
        The ranker with side information twice: known likes left out of the ranking, as everywhere
        else here, and ranked too, as in the seed.
    winner, winner_reason : str
        The method that recommends, and why, by the validation likes.
    remark : str
        What to know where another method did better on the test; otherwise empty.
    differences : tuple of Difference
    one_like : OneLikeScores
    learning_curves : tuple of CurvePoint
    cold_start : ColdStartScores
    cautions : tuple of str
        What the figures do not say, as sentences.
    """

    methods: tuple[Judged, ...]
    known_ranked: tuple[Judged, ...]
    winner: str
    winner_reason: str
    remark: str
    differences: tuple[Difference, ...]
    one_like: OneLikeScores
    learning_curves: tuple[CurvePoint, ...]
    cold_start: ColdStartScores
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as what JSON can hold."""
        return {
            "measure": MEASURE,
            "methods": [judged.as_dict() for judged in self.methods],
            "known_ranked": [judged.as_dict() for judged in self.known_ranked],
            "winner": self.winner,
            "winner_reason": self.winner_reason,
            "remark": self.remark,
            "differences": [difference.as_dict() for difference in self.differences],
            "one_like": self.one_like.as_dict(),
            "learning_curves": [point.as_dict() for point in self.learning_curves],
            "cold_start": self.cold_start.as_dict(),
            "cautions": list(self.cautions),
        }


def scoreboard(
    held: Holdout,
    side: SideInformation,
    choice: Choice,
    *,
    seed: int,
    effort: Effort,
    truncated: int = 0,
    progress: Progress | None = None,
) -> Scoreboard:
    """Fit every method on the training likes and judge it by the test.

    Parameters
    ----------
    held : Holdout
        The one that the choice was made with.
    side : SideInformation
        Of the things.
    choice : Choice
        Parameters of every method, and the winner.
    seed : int
        Of the methods, of samples of users and of the resampling.
    effort : {"quick", "full"}
        500 or 4,000 resamples; and how many users are judged at most.
    truncated : int, default=0
        How many of the things have an incomplete list of likers, to be said.
    progress : callable, optional
        Told what is being done, before each part.
    """
    tell = progress or _nothing
    parts = len(METHODS) + 4
    trial = _Trial(held, side, choice, seed, effort)
    for done, method in enumerate((*METHODS, BPR)):
        tell(f"judging {_IN_WORDS[method]}", done, parts)
        with threadpool_limits(1):  # more threads add up in another order
            trial.judge(method)
    found = trial.differences()
    ordered = best_first(trial.judged)
    curves: list[CurvePoint] = []
    for done, method in enumerate((_WITHOUT, _WITH_SIDE), len(METHODS) + 1):
        tell(f"drawing the learning curve of {_IN_WORDS[method]}", done, parts)
        parameters = RankerParameters(**settings_of(method, choice))
        with threadpool_limits(1):
            curves += learning_curve(method, held, side, parameters, seed=seed, effort=effort)
    tell("ranking new things by their features", parts - 1, parts)
    every_like = held.train + held.test
    cold = cold_start(
        every_like,
        side,
        choice.with_side.chosen,
        seed=seed_for(seed, "cold start"),
        effort=effort,
    )
    tell("judging", parts, parts)
    return Scoreboard(
        methods=ordered,
        known_ranked=tuple(trial.known_ranked),
        winner=choice.winner,
        winner_reason=choice.winner_reason,
        remark=remark_on(ordered, choice.winner, found),
        differences=found,
        one_like=OneLikeScores(
            best_first(trial.by_one_like), choice.likeness, choice.likeness_reason
        ),
        learning_curves=tuple(curves),
        cold_start=cold,
        cautions=tuple(
            cautions_on(
                held,
                choice,
                users=len(trial.users),
                new_things=cold.things,
                truncated=truncated,
                ease_share=trial.ease_share,
            )
        ),
    )


class _Trial:
    """Methods fitted one after the other, and judged by the same users; only figures are kept."""

    def __init__(
        self, held: Holdout, side: SideInformation, choice: Choice, seed: int, effort: Effort
    ) -> None:
        self.held, self.side, self.choice = held, side, choice
        self.seed, self.effort = seed, effort
        self.users = users_with_likes(
            held.test, MOST_JUDGED[effort], seed=seed_for(seed, "users judged")
        )
        self.one_like = drawn_likes(held.train, seed=seed_for(seed, "one like"))
        self.resampling = seed_for(seed, "resampling")
        self.judged: list[Judged] = []
        self.known_ranked: list[Judged] = []
        self.by_one_like: list[Judged] = []
        self.ease_share = 1.0

    def judge(self, method: str) -> None:
        """Fit a method and judge it, by all that is known of users and by one like of each."""
        settings = settings_of(method, self.choice)
        model = fitted_method(method, self.choice, self.held.train, self.side, seed=self.seed)
        told = dict(settings)
        if isinstance(model, Ease):
            self.ease_share = model.share_of_likes
            told |= {"share_of_likes": self.ease_share} if self.ease_share < 1 else {}
        self.judged.append(Judged(method, told, self._evaluation(model)))
        if method == _WITH_SIDE:
            ranked = self._evaluation(model, rank_known=True)
            self.known_ranked += [self.judged[-1], Judged(method, settings, ranked)]
        if method in {*LIKENESS_METHODS, _POPULAR}:
            others = likeness_settings_of(method, self.choice)
            if others != settings:
                del model  # before there is another: some fill the memory
                model = fitted_likeness(
                    method, self.choice, self.held.train, self.side, seed=self.seed
                )
            found = self._evaluation(by_one_like(model, self.one_like))
            self.by_one_like.append(Judged(method, others, found))

    def differences(self) -> tuple[Difference, ...]:
        """Return the differences between the methods judged that somebody would ask for."""
        methods = [one.method for one in self.judged]
        pairs = [
            *product(methods, [_POPULAR]),
            (_WITH_SIDE, _WITHOUT),
            *product([self.choice.winner], methods),
        ]
        return differences(self.judged, pairs, seed=self.resampling, effort=self.effort)

    def _evaluation(self, model: Scorer, *, rank_known: bool = False) -> Evaluation:
        return evaluate(
            model,
            self.held.train,
            self.held.test,
            seed=self.resampling,
            effort=self.effort,
            users=self.users,
            rank_known=rank_known,
        )


def settings_of(method: str, choice: Choice) -> dict[str, Any]:
    """Return the settings with which a method is fitted to recommend."""
    return _settings(method, choice, choice.baselines)


def likeness_settings_of(method: str, choice: Choice) -> dict[str, Any]:
    """Return the settings with which a method is fitted to say which things are similar."""
    return _settings(method, choice, choice.likeness_baselines)


def _settings(method: str, choice: Choice, baselines: Sequence[Contender]) -> dict[str, Any]:
    if method == _WITHOUT:
        return choice.without.chosen.as_dict()
    if method == _WITH_SIDE:
        return choice.with_side.chosen.as_dict()
    if method == BPR:
        return bpr_parameters(choice.with_side).as_dict()
    return dict(next(one.settings for one in baselines if one.name == method))


def remark_on(methods: Sequence[Judged], winner: str, found: Sequence[Difference]) -> str:
    """Return what to know where a method did better on the test than the winner, or nothing.

    Parameters
    ----------
    methods : sequence of Judged
        Best first.
    winner : str
    found : sequence of Difference
        With those of the winner against every other method.
    """
    best = methods[0]
    own = next(one for one in methods if one.method == winner)
    if best.value <= own.value:
        return ""
    gap = next(
        one
        for one in found
        if (one.method, one.against, one.measure) == (winner, best.method, MEASURE)
    )
    apart = (
        f" (95 % interval {-gap.high:.3f} to {-gap.low:.3f})"
        if gap.low is not None and gap.high is not None
        else ""
    )
    surely = (
        "more than other users would explain"
        if gap.is_sure
        else "no more than other users might turn around"
    )
    return (
        f"On the test, {_IN_WORDS[best.method]} did better than {_IN_WORDS[winner]}, which was "
        f"chosen by the validation likes: NDCG at 10 of {best.value:.3f} against {own.value:.3f}, "
        f"{best.value - own.value:.3f} apart{apart}, {surely}. The choice stays: one made by the "
        "test could not be judged by it."
    )


def _nothing(step: str, done: int, total: int) -> None:
    """Tell nobody."""
