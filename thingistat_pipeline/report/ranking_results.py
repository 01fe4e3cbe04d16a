"""The recommender's results as the page reads them: typed, labelled, judged once.

What belongs here: which method is used, which simple rule is best, what a difference is. What does
not: sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import known, plain

MEASURE = "ndcg_at_10"
MEASURES: Mapping[str, str] = {
    "precision_at_5": "Precision@5",
    "recall_at_20": "Recall@20",
    "ndcg_at_10": "NDCG@10",
    "auc": "AUC",
    "coverage_at_10": "Coverage",
    "popularity_lift_at_10": "Popularity lift",
}
RANKER, WITH_SIDE, POPULAR = "ranker", "ranker_with_side", "most_popular"
RANKERS = (WITH_SIDE, RANKER, "bpr")
COSINE = "cosine"
LABELS = {
    WITH_SIDE: "Ranker with tags",
    RANKER: "Ranker, likes only",
    "bpr": "Ranker with tags, BPR loss",
    POPULAR: "Most popular first",
    "item_neighbours": "Item-item cosine",
    "ease": "EASE",
    "least_squares": "ALS",
    "ranker_features": "Ranker, features alone",
    "content_neighbours": "Like tags and category",
    "feature_popularity": "Popularity of features",
    "chance": "Random order",
    "neighbours_vote": "Vote of nearest things",
    "content_vote": "Vote by content",
    "both_votes": "Both votes together",
    COSINE: "Cosine of thing and tag",
    "co_occurrence": "Tags that go together",
    "frequency": "Commonest tags",
}
SIMPLE = frozenset({POPULAR, "feature_popularity", "chance", "frequency"})
"""Methods that know nothing of the user, or of the thing."""


def label_of(key: str) -> str:
    """Return a method's name in words."""
    return LABELS.get(key) or plain(key.replace("_", " "), 40)


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method with its scores.

    Attributes
    ----------
    key : str
    scores : Mapping of str to Estimate
        By measure.
    users, likes, candidates : int
        Users judged by, likes hidden from the method, and things ranked.
    known_ranked : bool
        Whether things that the user is known to like were ranked too.
    share_of_likes : float
        Share of the likes that the method learned from; below 1 where it left things out to stay
        within memory.
    """

    key: str
    scores: Mapping[str, Estimate]
    users: int = 0
    likes: int = 0
    candidates: int = 0
    known_ranked: bool = False
    share_of_likes: float = 1.0

    @property
    def label(self) -> str:
        """The method in words."""
        return label_of(self.key)

    @property
    def headline(self) -> Estimate:
        """NDCG@10."""
        return self.score(MEASURE)

    def score(self, measure: str) -> Estimate:
        """Return a score; one without a value where it was not measured."""
        return self.scores.get(measure) or Estimate()

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Method":
        """Read a method from an entry of the stored scores."""
        return cls(
            key=str(entry.get("method")),
            scores={name: Estimate.of(entry.get(name)) for name in MEASURES},
            users=int(entry.get("users") or 0),
            likes=int(entry.get("held_out_likes") or 0),
            candidates=int(entry.get("candidates") or 0),
            known_ranked=bool(entry.get("known_likes_ranked")),
            share_of_likes=float((entry.get("settings") or {}).get("share_of_likes") or 1.0),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one method is than another on the same users, paired."""

    method: str
    against: str
    estimate: Estimate


@dataclass(frozen=True, kw_only=True)
class TagMethod:
    """A way of suggesting tags, with the share of hidden tags among its first ten."""

    key: str
    recall: Estimate
    hit: Estimate

    @property
    def label(self) -> str:
        """The method in words."""
        return label_of(self.key)


@dataclass(frozen=True, kw_only=True)
class TagTrial:
    """What became of tags that were hidden; `things` had some, `hidden` of them together.

    `findable` of these are on other things as well. `methods` come best first; `offered` is the one
    by which tags are suggested.
    """

    things: int
    hidden: int
    findable: int | None
    methods: tuple[TagMethod, ...]
    offered: str = ""
    cautions: tuple[str, ...] = ()

    def find(self, key: str) -> TagMethod | None:
        """Return a method by its key."""
        return next((item for item in self.methods if item.key == key), None)

    @property
    def used(self) -> TagMethod | None:
        """The method that is offered."""
        return self.find(self.offered)

    @classmethod
    def of(cls, entry: Mapping[str, Any] | None) -> "TagTrial":
        """Read a trial from the stored scores."""
        entry = entry or {}
        found = [
            TagMethod(
                key=str(each.get("method")),
                recall=Estimate.of(each, value="recall_at_10"),
                hit=Estimate(each.get("hit_at_10"), each.get("hit_low"), each.get("hit_high")),
            )
            for each in entry.get("methods") or ()
        ]
        measured = [item for item in found if item.recall.is_measured]
        return cls(
            things=int(entry.get("things") or 0),
            hidden=int(entry.get("hidden") or 0),
            findable=entry.get("findable"),
            methods=tuple(sorted(measured, key=lambda m: (-(m.recall.value or 0), m.key))),
            offered=str(entry.get("offered") or ""),
            cautions=tuple(plain(text, 1_000) for text in entry.get("cautions") or ()),
        )


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """What was learned from likes, or why nothing was.

    Attributes
    ----------
    metrics : Mapping
        Of the model: threshold, choice, effort and so on.
    scores : Mapping
        Of its evaluation on the test likes.
    methods : tuple of Method
        On the test likes, the best first.
    cold : tuple of Method
        On things held out with all of their likes, the best first.
    one_like : tuple of Method
        Ways to tell how alike things are, where all that is known of a user is one like.
    tags, drafts : TagTrial
        Of hidden tags: some of a thing's, and all of a draft's.
    """

    metrics: Mapping[str, Any]
    scores: Mapping[str, Any]
    methods: tuple[Method, ...]
    cold: tuple[Method, ...]
    one_like: tuple[Method, ...]
    tags: TagTrial
    drafts: TagTrial

    @classmethod
    def of(cls, data: ReportData) -> "Ranking":
        """Read the results from what the report is made from."""
        return cls.from_metrics(data.ranking, data.ranking_scores)

    @classmethod
    def from_metrics(
        cls, metrics: Mapping[str, Any] | None, evaluation: Mapping[str, Any] | None
    ) -> "Ranking":
        """Read the results from the metrics of the model and of its evaluation."""
        metrics, evaluation = metrics or {}, evaluation or {}
        scores, tags = evaluation.get("scores") or {}, evaluation.get("tags") or {}
        return cls(
            metrics=metrics,
            scores=scores,
            methods=_sorted(scores.get("methods")),
            cold=_sorted((scores.get("cold_start") or {}).get("methods")),
            one_like=_sorted((scores.get("one_like") or {}).get("methods")),
            tags=TagTrial.of(tags),
            # Drafts get what all things get.
            drafts=TagTrial.of({"offered": tags.get("offered"), **(tags.get("drafts") or {})}),
        )

    @property
    def is_fitted(self) -> bool:
        """Whether there is a model that was tried on likes it had not seen."""
        return bool(self.metrics.get("fitted")) and bool(self.methods)

    @property
    def reason(self) -> str:
        """Why there is no model."""
        told = self.metrics.get("reason")
        return plain(told, 600) if told else "No recommender has been trained on these data yet."

    @property
    def winner(self) -> str:
        """Key of the method that the site uses."""
        choice = self.metrics.get("choice") or {}
        return str(self.scores.get("winner") or choice.get("winner") or "")

    @property
    def used(self) -> Method | None:
        """The method that the site uses."""
        return self.find(self.winner)

    @property
    def best_ranker(self) -> Method | None:
        """The better of the rankers that could be used: with tags, or on likes only."""
        return next((item for item in self.methods if item.key in {WITH_SIDE, RANKER}), None)

    @property
    def uses_a_baseline(self) -> bool:
        """Whether something simpler than the ranker is used."""
        return self.used is not None and self.winner not in RANKERS

    def find(self, key: str) -> Method | None:
        """Return a method by its key."""
        return next((item for item in self.methods if item.key == key), None)

    def difference(self, method: str, against: str, measure: str = MEASURE) -> Estimate:
        """Return how much better a method is than another, paired; the pair may be stored turned.

        Among the methods of a cold start, where they are not among the others.
        """
        cold = self.scores.get("cold_start") or {}
        for entry in (*(self.scores.get("differences") or ()), *(cold.get("differences") or ())):
            if entry.get("measure", MEASURE) == measure:
                pair = entry.get("method"), entry.get("against")
                if pair == (method, against):
                    return Estimate.of(entry)
                if pair == (against, method):
                    return Estimate.of(entry).turned()
        return Estimate()

    @property
    def known_ranked(self) -> tuple[Method, Method] | None:
        """The same model without and with the known likes in its ranking."""
        found = [Method.of(entry) for entry in self.scores.get("known_ranked") or ()]
        without = next((item for item in found if not item.known_ranked), None)
        ranked = next((item for item in found if item.known_ranked), None)
        return (without, ranked) if without and ranked else None

    def search(self, name: str) -> Mapping[str, Any]:
        """Return a search's record: ``without`` or ``with_side``."""
        found: Mapping[str, Any] = (self.metrics.get("choice") or {}).get(name) or {}
        return found

    @property
    def likeness(self) -> str:
        """Key of the way by which similar things are found; empty where it is not recorded."""
        return str((self.scores.get("one_like") or {}).get("likeness") or "")

    def not_told_apart(self, method: Method) -> tuple[Method, ...]:
        """Return the methods whose paired difference to this one includes 0, the best first."""
        pairs = ((item, self.difference(method.key, item.key)) for item in self.methods)
        return tuple(
            item
            for item, gain in pairs
            if item is not method and gain.is_measured and not gain.excludes_zero
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        """Warnings about what was learned from likes."""
        return tuple(plain(text, 1_000) for text in self.scores.get("cautions") or ())


def scored_trials(search: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a search's trials that have a value, in the order in which they were made."""
    trials: Sequence[Mapping[str, Any]] = search.get("trials") or ()
    return [trial for trial in trials if known(trial.get("value"))]


def _sorted(entries: Sequence[Mapping[str, Any]] | None) -> tuple[Method, ...]:
    """Return methods, the best first."""
    found = [Method.of(entry) for entry in entries or ()]
    measured = [item for item in found if item.headline.is_measured]
    return tuple(sorted(measured, key=lambda item: (-(item.headline.value or 0), item.key)))
