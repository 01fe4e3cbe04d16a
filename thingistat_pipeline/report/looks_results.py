"""What was learned from cover pictures, as the page reads it: typed, and judged once.

What belongs here: what was measured, and what stands out. What does not: sentences.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from duckdb import DuckDBPyConnection

from thingistat_pipeline.features.intervals import wilson_interval
from thingistat_pipeline.features.registry import is_feature
from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.looks_examples import (
    LookCounts,
    LookExamples,
    read_look_examples,
)
from thingistat_pipeline.report.shown_things import Picture
from thingistat_pipeline.report.wording import known, plain

MEASURE = "ndcg_at_10"
WITH_PICTURES, WITH_SIDE = "ranker_with_side_and_pictures", "ranker_with_side"
CHANCE = 0.5
"""Share of pairs told right by a coin."""
NO_PICTURES = (
    "No cover picture has been obtained for these data, so that nothing can be said about looks."
)
_STORED = {
    "looks": "look_alikes",
    "choice": "picture_choice",
    "gain": "picture_gain",
    "photograph": "photograph",
    "pictures_in_ranker": "pictures_in_ranker",
}
_HASH = re.compile(r"-[0-9a-f]{12}$")
_NOT_MEASURED = "It has not been measured on these data."


@dataclass(frozen=True, slots=True)
class Comparison:
    """A score with pictures and without, and the difference, paired; with why where there is none.

    It was judged by `rows` things of `groups` creators, by `rows` likes of `groups` users, or by
    the likes that `groups` users gave to `rows` new things.
    """

    with_pictures: Estimate
    without: Estimate
    difference: Estimate
    reason: str
    rows: int
    groups: int

    @property
    def is_measured(self) -> bool:
        """Whether there is a difference."""
        return self.difference.is_measured


@dataclass(frozen=True, kw_only=True)
class Looks:
    """All that the report knows of cover pictures.

    Attributes
    ----------
    looks : Mapping
        Of the look-alikes: things, pictures, network, recall, judged_on, dimensions, or why there
        are none; empty where nothing was compared yet.
    choice : Mapping
        How well the better of two pictures is told, and the weights of the figures.
    gain : Mapping
        What the features of pictures add to the prediction of downloads.
    photograph : Mapping
        How well photographs are told from renders.
    pictures_in_ranker : Mapping
        What the ranker gains from pictures.
    version : str
        Of the look-alikes.
    examples : LookExamples
    """

    looks: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)
    gain: Mapping[str, Any] = field(default_factory=dict)
    photograph: Mapping[str, Any] = field(default_factory=dict)
    pictures_in_ranker: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    examples: LookExamples = field(default_factory=LookExamples)

    @property
    def has_pictures(self) -> bool:
        """Whether any pictures were compared."""
        return self.pictures > 0

    @property
    def pictures(self) -> int:
        """Different pictures that were looked at."""
        return int(self.looks.get("pictures") or 0)

    @property
    def things(self) -> int:
        """Things whose cover pictures were compared."""
        return self.examples.counts.things or int(self.looks.get("things") or 0)

    @property
    def reason(self) -> str:
        """Why there is nothing to tell."""
        return plain(self.looks.get("reason") or NO_PICTURES, 600)

    @property
    def network(self) -> str:
        """Name of the network that looked at the pictures, without its weights' hash."""
        version = plain(self.looks.get("network") or "a network that is not recorded", 60)
        return _HASH.sub("", version)

    @property
    def recall(self) -> Estimate:
        """Share of the true look-alikes that was found; unmeasured where all were compared.

        As sure as if the look-alikes of a thing were all found or all missed.
        """
        share, judged_on = self.looks.get("recall"), self.looks.get("judged_on")
        if share is None or not known(share):
            return Estimate()
        if not judged_on:
            return Estimate(share)
        low, high = wilson_interval(share * judged_on, judged_on)
        return Estimate(share, float(low), float(high))

    @property
    def same_category(self) -> Estimate:
        """How often the thing that looks most like another is of the same category."""
        counts = self.examples.counts
        if not counts.judged:
            return Estimate()
        low, high = wilson_interval(counts.same_category, counts.judged)
        return Estimate(counts.same_category / counts.judged, float(low), float(high))

    @property
    def is_judged(self) -> bool:
        """Whether choosing pictures was tried on creators never seen."""
        return bool(self.choice.get("judged")) and self.accuracy.is_measured

    @property
    def accuracy(self) -> Estimate:
        """Share of pairs in which the better picture was told."""
        return Estimate.of(self.choice.get("accuracy"))

    @property
    def uplift(self) -> Estimate:
        """Logarithm of the factor by which the best of some does better than one by lot."""
        return Estimate.of(self.choice.get("uplift"))

    @property
    def is_better_than_chance(self) -> bool:
        """Whether pictures are chosen better than by a coin, beyond doubt."""
        return self.accuracy.low is not None and self.accuracy.low > CHANCE

    @property
    def told_photographs(self) -> Estimate:
        """Share of pictures that are rightly told to be a photograph or a render."""
        return Estimate.of((self.photograph.get("measures") or {}).get("accuracy"))

    @property
    def weights(self) -> tuple[tuple[str, float], ...]:
        """What each named figure of a picture adds to its appeal, the strongest first.

        In log odds for one standard deviation.
        """
        named = [(name, weight) for name, weight in self._all_weights() if is_feature(name)]
        return tuple(sorted(named, key=lambda item: (-abs(item[1]), item[0])))

    @property
    def unnamed(self) -> tuple[int, float | None]:
        """How many weights are on what the network sees, and their part of the squared weights."""
        weights = self._all_weights()
        unnamed = [weight for name, weight in weights if not is_feature(name)]
        total = sum(weight**2 for _, weight in weights)
        return len(unnamed), sum(weight**2 for weight in unnamed) / total if total else None

    def _all_weights(self) -> list[tuple[str, float]]:
        names: Sequence[Any] = self.choice.get("names") or ()
        weights: Sequence[Any] = self.choice.get("weights") or ()
        if len(names) != len(weights):
            return []
        pairs = zip(map(str, names), weights, strict=True)
        return [(name, float(weight)) for name, weight in pairs if known(weight)]

    @property
    def in_downloads(self) -> Comparison:
        """R² on log downloads of creators never seen, with the features of pictures and without."""
        return _comparison(self.gain, "n_test", "creators")

    @property
    def in_ranker(self) -> Comparison:
        """NDCG@10 of the ranker on hidden likes, told what things look like and not told."""
        return _comparison(self.pictures_in_ranker, "likes", "users")

    @classmethod
    def from_metrics(cls, metrics: Mapping[str, Any]) -> "Looks":
        """Read what `as_dict` returned; there are no examples in it."""
        results: dict[str, Any] = {
            name: metrics.get(stored) or {} for name, stored in _STORED.items()
        }
        return cls(
            **results,
            examples=LookExamples(counts=LookCounts(**metrics.get("counts") or {})),
        )

    @property
    def in_ranker_of_new_things(self) -> Comparison:
        """The same on things that nobody is known to like yet."""
        cold = self.pictures_in_ranker.get("cold_start") or {}
        scores = {entry.get("method"): entry.get(MEASURE) for entry in cold.get("methods") or ()}
        pair = (WITH_PICTURES, WITH_SIDE, MEASURE)
        entry = {
            "with": scores.get(WITH_PICTURES),
            "without": scores.get(WITH_SIDE),
            "difference": next(
                (
                    each
                    for each in cold.get("differences") or ()
                    if (each.get("method"), each.get("against"), each.get("measure")) == pair
                ),
                None,
            ),
            "reason": cold.get("reason"),
            "things": cold.get("things"),
            "users": cold.get("users"),
        }
        return _comparison(entry, "things", "users")

    def as_dict(self) -> dict[str, Any]:
        """Return all figures as they were stored, and what was counted of the look-alikes."""
        stored = {key: dict(getattr(self, name)) for name, key in _STORED.items()}
        return {**stored, "counts": asdict(self.examples.counts)}


def read_looks(
    con: DuckDBPyConnection,
    picture: Picture,
    *,
    seed: int,
    looks: Mapping[str, Any],
    choice: Mapping[str, Any],
    gain: Mapping[str, Any],
    photograph: Mapping[str, Any],
    pictures_in_ranker: Mapping[str, Any],
    version: str = "",
) -> Looks:
    """Return what is known of looks: stored results, and examples from the published database.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on a published database.
    picture : callable
        Returns the thumbnail of a thing, of any size and format, or None.
    seed : int
        Of the lot by which examples are drawn.
    looks, choice, gain, photograph, pictures_in_ranker : Mapping
        As in `Looks`; empty where there are none.
    version : str
    """
    return Looks(
        looks=looks,
        choice=choice,
        gain=gain,
        photograph=photograph,
        pictures_in_ranker=pictures_in_ranker,
        version=version,
        examples=read_look_examples(con, picture, seed=seed),
    )


def _comparison(entry: Mapping[str, Any], rows: str, groups: str) -> Comparison:
    measured = bool(entry.get("measured", True))
    return Comparison(
        with_pictures=Estimate.of(entry.get("with") if measured else None),
        without=Estimate.of(entry.get("without") if measured else None),
        difference=Estimate.of(entry.get("difference") if measured else None),
        reason=plain(entry.get("reason") or _NOT_MEASURED, 600),
        rows=int(entry.get(rows) or 0),
        groups=int(entry.get(groups) or 0),
    )
