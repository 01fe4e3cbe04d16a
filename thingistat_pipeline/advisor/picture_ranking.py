"""Which of some candidate pictures would do best as the cover of a post, why, and what is like it.

The order is that of `visual.picture_choice`, learned from pairs of similar things; how often such
an order is right, and what follows it gains, was measured on creators that it was not learned from,
and is told with it. Without that model the pictures are still measured and compared with known
covers.
"""

from collections.abc import Callable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from thingistat_pipeline.advisor.answered import (
    Card,
    Interval,
    ModelState,
    PictureRanking,
    RankedPicture,
    Reason,
)
from thingistat_pipeline.advisor.candidates import Candidate, CoverShape, candidates
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.decoding import Picture, Refused
from thingistat_pipeline.advisor.freed_memory import give_back
from thingistat_pipeline.advisor.picture_models import (
    CHOICE,
    KnownCovers,
    PictureModels,
    PictureOrder,
    picture_models,
)
from thingistat_pipeline.advisor.picture_reasons import Weighed, reasons
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.looks_findings import best_of, shares
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.report.wording import counted
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.fingerprint import differing_bits
from thingistat_pipeline.visual.look_alikes import ALIKE_FROM, MOST_DIFFERING_BITS, look_like_each

if TYPE_CHECKING:
    from thingistat_pipeline.visual.eyes import Eyes

Cards = Callable[[Sequence[int], Sequence[float]], list[Card]]
Floats = NDArray[np.float64]

NEAREST, SHOWN, COPIES = 50, 6, 2
"""Known covers that are looked through, that are shown, and of these those that are copies."""
NEARLY_THE_SAME = "nearly the same picture"
_BASIS = (
    f"Of the {NEAREST} known covers that look most like it, those of the things with the most "
    "downloads; nearly the same pictures come first."
)
_AS_GOOD_AS_EQUAL = 0.52
"""Chance of the better of two, up to which they are called equal."""
_SURE = 1.96
"""Standard errors that a weight must be from 0 before its figure is said to speak."""
_DIGITS = 6
"""Of a measure that is handed out."""
_HOW_LEARNED = (
    "Learned from pictures of different things, never from two pictures of one: what goes with "
    "more downloads need not cause them, and another picture may change less."
)
_NO_BETTER_THAN_CHANCE = (
    "On creators never seen, this order was not better than chance for certain: take it lightly."
)


class _Judged(NamedTuple):
    """What comes of comparing a candidate with the others; only reasons where nothing can."""

    reasons: list[Reason]
    appeal: float | None = None
    place: int | None = None
    chance: float | None = None


class PictureJudge:
    """Ranks candidate pictures, or says why it cannot; may be asked by several threads.

    Parameters
    ----------
    models : PictureModels
    synthetic : bool
        Whether the data were made up by the sandbox.
    """

    def __init__(self, models: PictureModels, *, synthetic: bool) -> None:
        self._models = models
        self._synthetic = synthetic
        self._eyes = None if models.known is None else _ready_soon(models.known)

    @classmethod
    def load(cls, settings: Settings, database: Database) -> Self:
        """Load what is known of pictures and goes with a database.

        The network is made ready meanwhile; the first question waits for it. What is missing or
        damaged is told whenever the judge is asked.
        """
        return cls(picture_models(settings, database), synthetic=database.synthetic)

    def state(self) -> ModelState:
        """Return which model this is, and how well it does."""
        order, reason = self._models.order, self._models.reason
        if self._eyes is not None and self._eyes.done() and (problem := self._eyes.exception()):
            reason = str(problem)
        return ModelState(
            name=CHOICE,
            available=reason is None,
            loading=self._models.loading,
            version=order.version if order else None,
            reason=reason,
            skill=None if reason or order is None else _skill(order.results),
            effort=order.effort if order else None,
        )

    def ranked(
        self, names: Sequence[str], pictures: Sequence[Picture | Refused], cards: Cards
    ) -> PictureRanking:
        """Rank candidate pictures.

        Parameters
        ----------
        names : sequence of str
            Of the files; only handed back.
        pictures : sequence of ndarray of uint8, shapes (height, width, 3), or Refused
            What a `Decoder` returned. Those that were refused get no place.
        cards : callable
            Returns what lists show of things, by their ids, with similarities on them; unknown
            and hidden ones left out.

        Returns
        -------
        PictureRanking
            `pictures` in the order in which they came. One alone is measured and compared with
            known covers, but there is nothing to rank.
        """
        eyes, reason = self._network()
        opened = [place for place, each in enumerate(pictures) if not isinstance(each, Refused)]
        found = candidates(
            [each for each in pictures if not isinstance(each, Refused)],
            self._models.shape,
            eyes=eyes,
            photograph=self._models.photograph,
        )
        judged = _judged(None if eyes is None else self._models.order, found)
        shown = {
            number: RankedPicture(
                number=number,
                name=names[number],
                place=told.place,
                chance=told.chance,
                photograph=candidate.measures.get(PHOTOGRAPH),
                reasons=told.reasons,
                look_alikes=alike,
                measures={name: round(v, _DIGITS) for name, v in candidate.measures.items()},
            )
            for number, candidate, told, alike in zip(
                opened, found, judged, self._look_alikes(found, cards), strict=True
            )
        }
        refused = {
            number: RankedPicture(number=number, name=names[number], refused=each.reason)
            for number, each in enumerate(pictures)
            if isinstance(each, Refused)
        }
        return self._ranking(
            [{**shown, **refused}[number] for number in range(len(pictures))],
            [told.appeal for told in judged if told.appeal is not None],
            reason,
        )

    def _ranking(
        self, pictures: list[RankedPicture], appeals: list[float], reason: str | None
    ) -> PictureRanking:
        first = next((each.number for each in pictures if each.place == 1), None)
        is_choice = reason is None and len(appeals) > 1
        results = self._models.order.results if self._models.order and is_choice else Looks()
        return PictureRanking(
            available=reason is None,
            loading=self._models.loading,
            reason=reason,
            pictures=pictures,
            best=first,
            uplift=_interval(results.uplift.exp()),
            best_of=int(results.choice["best_of"]) if results.uplift.is_measured else None,
            accuracy=_interval(results.accuracy),
            caution=_caution(results, appeals) if is_choice else "",
            look_alikes_basis="" if self._models.known is None else _BASIS,
            synthetic=self._synthetic,
        )

    def _network(self) -> "tuple[Eyes | None, str | None]":
        """Return the network once it is ready, and why pictures cannot be ranked."""
        if self._eyes is None:
            return None, self._models.reason
        try:
            return self._eyes.result(), self._models.reason
        except ThingistatError as problem:
            return None, str(problem)

    def _look_alikes(self, found: Sequence[Candidate], cards: Cards) -> list[list[Card]]:
        """Return known covers like each candidate."""
        known = self._models.known
        vectors = [each.vector for each in found if each.vector is not None]
        if known is None or not vectors:
            return [[] for _ in found]
        nearest = look_like_each(np.array(vectors), known.vectors, NEAREST)
        # float16 makes some vectors a little longer than 1
        similarities = np.clip(nearest.scores.astype(np.float64), -1, 1).round(_DIGITS)
        return [
            _well_known(
                cards(known.things[rows].tolist(), alike.tolist()),
                copies=_copies(candidate, known, rows, alike),
            )
            for candidate, rows, alike in zip(found, nearest.positions, similarities, strict=True)
        ]


def _ready_soon(known: KnownCovers) -> "Future[Eyes]":
    """Return the network that made the known vectors, which is being made ready by a thread."""

    def ready() -> "Eyes":
        from thingistat_pipeline.visual.eyes import Eyes  # noqa: PLC0415 (it takes half a second)

        eyes = Eyes(known.network, sparing=True)
        nothing = np.zeros((16, 16, 3), dtype=np.uint8)
        (seen,) = candidates([nothing], CoverShape(16, None), eyes=eyes, photograph=None)
        if seen.vector is not None:  # what compares them is compiled when it is first used
            look_like_each(seen.vector[None], known.vectors[:1])
        give_back()  # building the network takes several times the memory that it needs
        return eyes

    with_one = ThreadPoolExecutor(max_workers=1, thread_name_prefix="eyes")
    try:
        return with_one.submit(ready)
    finally:
        with_one.shutdown(wait=False)


def _copies(
    candidate: Candidate, known: KnownCovers, rows: NDArray[np.int64], alike: Floats
) -> frozenset[int]:
    """Return the things with nearly the same picture, by the rule of the table of look-alikes."""
    if known.fingerprints is None:
        return frozenset()
    bits = differing_bits(known.fingerprints[rows], np.full(len(rows), candidate.fingerprint))
    same = (alike >= ALIKE_FROM) & (bits <= MOST_DIFFERING_BITS)
    return frozenset(known.things[rows[same]].tolist())


def _well_known(listed: Sequence[Card], *, copies: Set[int]) -> list[Card]:
    same = [
        card.model_copy(update={"remark": NEARLY_THE_SAME}) for card in listed if card.id in copies
    ]
    others = [card for card in listed if card.id not in copies]
    best_known = sorted(others, key=lambda card: -(card.downloads or 0))
    return [*same[:COPIES], *best_known][:SHOWN]


def _judged(order: PictureOrder | None, found: Sequence[Candidate]) -> list[_Judged]:
    if order is None or not found:
        return [_Judged(reasons(each.measures, {}, 0.0)) for each in found]
    figures = order.figures(found)
    appeals = order.choice.appeal(figures)
    added = order.choice.contributions(figures)
    others = (appeals.sum() - appeals) / max(len(found) - 1, 1)
    chances = expit(appeals - others)
    places = np.empty(len(found), dtype=np.int64)
    places[np.argsort(-appeals, kind="stable")] = np.arange(1, len(found) + 1)
    return [
        _Judged(
            reasons=_reasons(order, candidate, added[row]),
            appeal=float(appeals[row]),
            place=int(places[row]),
            chance=float(chances[row]) if len(found) > 1 else None,
        )
        for row, candidate in enumerate(found)
    ]


def _reasons(order: PictureOrder, candidate: Candidate, added: Floats) -> list[Reason]:
    choice, named = order.choice, order.named
    weighed = {
        name: Weighed(
            candidate.measures[name],
            float(choice.centre[place]),
            float(choice.spread[place]),
            float(added[place]),
            bool(abs(choice.weights[place]) > _SURE * order.errors[place]),
        )
        for place, name in enumerate(named)
    }
    return reasons(candidate.measures, weighed, float(added[len(named) :].sum()))


def _caution(results: Looks, appeals: Sequence[float]) -> str:
    """Say what to hold against an order of some pictures."""
    said = []
    if not results.is_better_than_chance:
        said.append(_NO_BETTER_THAN_CHANCE)
    first, second = sorted(appeals, reverse=True)[:2]
    if expit(first - second) < _AS_GOOD_AS_EQUAL:
        said.append("The first two are as good as equal.")
    if results.uplift.is_measured and len(appeals) != int(results.choice["best_of"]):
        said.append(f"What choosing brings was measured on the best of {best_of(results)}.")
    return " ".join([*said, _HOW_LEARNED])


def _skill(results: Looks) -> str:
    pairs = int(results.choice.get("pairs") or 0)
    return (
        f"Tells the better of two pictures in {shares(results.accuracy)} of "
        f"{counted(pairs, 'pair')} by creators never seen (95 % interval); one half is chance."
    )


def _interval(estimate: Estimate) -> Interval | None:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return None
    return Interval(value=estimate.value, low=estimate.low, high=estimate.high)
