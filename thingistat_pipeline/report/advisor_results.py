"""The advisor's results as the page reads them: typed, sorted, with the judgements made once.

What belongs here: what "leads", "shows no evidence" and "covers as it should" mean. What does not:
sentences, and the parity forest (`results.Scores`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from thingistat_pipeline.report.estimates import Estimate
from thingistat_pipeline.report.feature_names import feature_words, group_words
from thingistat_pipeline.report.results import ReportData
from thingistat_pipeline.report.wording import known, listed, plain

ADVISOR = "advisor_forest"
GROUPED = "group_permutation"
DROPPED = "drop_group"
HEADLINE, STRESS = "creator", "time"
AIM = (0.75, 0.85)
"""Coverage on held-out creators that an 80 % interval is aimed to have."""
FEW_TOGETHER = 3
"""Up to so many features of a group are named one by one."""
NO_EVIDENCE = "no evidence"
LABELS = {
    "advisor_forest": "Random forest",
    "boosting": "Gradient boosting",
    "boosting_poisson": "Gradient boosting, Poisson",
    "linear": "Linear, pikkit’s way",
    "age_category": "Age × category",
    "age_only": "Age alone",
    "creator_median": "Creator’s earlier median",
    "dummy": "Always the mean",
}


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One model on one split."""

    key: str
    label: str
    is_baseline: bool
    split: str
    scores: Mapping[str, Estimate]
    difference: Estimate
    beats_forest: bool

    def score(self, metric: str) -> Estimate:
        """Return a metric, unmeasured where it is not there."""
        return self.scores.get(metric, Estimate())

    @property
    def r2(self) -> Estimate:
        """R² on logarithms."""
        return self.score("r2_log")


@dataclass(frozen=True, kw_only=True)
class Advisor:
    """What was measured of the advisor's model, or why there is none.

    Attributes
    ----------
    is_fitted : bool
        Whether there is a model.
    reason : str
        Why there is none, one paragraph.
    winner : str
        Key of the model that advises.
    candidates : tuple of Candidate
        All models on all splits, the best R² on logarithms first within each split.
    rows, creators, test_rows, test_creators : int
        Sizes.
    metrics : Mapping
        The stored metrics themselves.
    """

    is_fitted: bool
    reason: str
    winner: str
    candidates: tuple[Candidate, ...]
    rows: int
    creators: int
    test_rows: int
    test_creators: int
    metrics: Mapping[str, Any]

    @classmethod
    def of(cls, data: ReportData) -> "Advisor":
        """Read the advisor's metrics."""
        return cls.from_metrics(data.advisor)

    @classmethod
    def from_metrics(cls, metrics: Mapping[str, Any]) -> "Advisor":
        """Read metrics as `fit_advisor` stores them; an empty mapping is a model never trained."""
        fitted = bool(metrics.get("fitted"))
        reason = metrics.get("reason") or (
            "" if fitted else "No model of what was known at publication was trained."
        )
        candidates = [_candidate(entry) for entry in metrics.get("models") or ()]
        return cls(
            is_fitted=fitted,
            reason=plain(reason, 600),
            winner=str(metrics.get("winner") or ADVISOR),
            candidates=tuple(sorted(candidates, key=_best_first)) if fitted else (),
            rows=int(metrics.get("n_rows") or 0),
            creators=int(metrics.get("n_creators") or 0),
            test_rows=int(metrics.get("n_test") or 0),
            test_creators=int(metrics.get("n_test_creators") or 0),
            metrics=metrics,
        )

    def on(self, split: str) -> tuple[Candidate, ...]:
        """Return the models on a split, the best first."""
        return tuple(item for item in self.candidates if item.split == split)

    def find(self, key: str, split: str = HEADLINE) -> Candidate | None:
        """Return a model's results on a split."""
        return next((item for item in self.on(split) if item.key == key), None)

    @property
    def best(self) -> Candidate | None:
        """The model that advises, on held-out creators."""
        return self.find(self.winner)

    @property
    def best_baseline(self) -> Candidate | None:
        """The best simple rule on held-out creators."""
        rules = [item for item in self.on(HEADLINE) if item.is_baseline and item.r2.is_measured]
        return rules[0] if rules else None

    @property
    def coverage(self) -> Estimate:
        """Share of held-out things inside their 80 % intervals."""
        return Estimate.of((self._intervals.get("overall") or {}), value="coverage")

    @property
    def nominal(self) -> float:
        """Coverage that the intervals are made for."""
        return float(self._intervals.get("nominal") or 0.8)

    @property
    def width_factor(self) -> float | None:
        """How many times the upper end of a typical 80 % interval is its lower end."""
        return Estimate.of(self._intervals.get("overall"), value="width_factor").value

    @property
    def bands(self) -> list[Mapping[str, Any]]:
        """Coverage by age, as stored."""
        return [b for b in self._intervals.get("bands") or () if known(b.get("coverage"))]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences of warning, harmless to read."""
        return tuple(plain(text, 500) for text in self.metrics.get("warnings") or ())

    @property
    def _intervals(self) -> Mapping[str, Any]:
        return self.metrics.get("intervals") or {}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that a maker can make, with what is associated with it."""

    sentence: str
    feature: str
    before: str
    after: str
    factor: Estimate
    support: int
    support_before: int
    could: int
    evidence: str
    ale_factor: float | None
    note: str

    @property
    def has_evidence(self) -> bool:
        """Whether more than chance was found, either way."""
        return self.evidence != NO_EVIDENCE

    @property
    def is_worth_making(self) -> bool:
        """Whether it goes with more downloads, by more than chance."""
        return self.has_evidence and (self.factor.value or 0.0) > 1.0


def changes(data: ReportData) -> tuple[Change, ...]:
    """Return the advice in its order."""
    frame = data.advice
    if frame.is_empty():
        return ()
    return tuple(change_of(row) for row in frame.sort("rank", "change").iter_rows(named=True))


def change_of(row: Mapping[str, Any]) -> Change:
    """Return a row of the table of advice."""
    return Change(
        sentence=plain(row["change"], 120),
        feature=str(row["feature"]),
        before=plain(row["before"], 60),
        after=plain(row["after"], 60),
        factor=Estimate.of(row, value="effect").exp(),
        support=int(row["support"] or 0),
        support_before=int(row.get("support_before") or 0),
        could=int(row.get("could") or 0),
        evidence=plain(row["evidence"], 20),
        ale_factor=Estimate(Estimate.of(row, value="ale").value).exp().value,
        note=plain(row.get("note") or "", 300),
    )


@dataclass(frozen=True, kw_only=True)
class GroupImportance:
    """Features that are shuffled together, and by how much that lowers R² on logarithms."""

    name: str
    features: tuple[str, ...]
    fall: Estimate
    dropped: Estimate

    @property
    def words(self) -> str:
        """What it is about: all its features where they are few, else the most central one."""
        if 1 < len(self.features) <= FEW_TOGETHER:
            return listed([feature_words(name) for name in self.features])
        return group_words(self.name)


def group_importances(data: ReportData) -> tuple[GroupImportance, ...]:
    """Return the groups, the most telling first."""
    permuted = _estimates(data.importances, GROUPED)
    dropped = _estimates(data.importances, DROPPED)
    members: dict[str, list[str]] = {}
    for name, feature in data.groups.select("group_name", "feature").iter_rows():
        members.setdefault(name, []).append(feature)
    found = [
        GroupImportance(
            name=name,
            features=_central_first(name, members.get(name, [])),
            fall=estimate,
            dropped=dropped.get(name, Estimate()),
        )
        for name, estimate in permuted.items()
    ]
    return tuple(sorted(found, key=lambda group: (-(group.fall.value or 0.0), group.name)))


def _central_first(name: str, features: list[str]) -> tuple[str, ...]:
    """Return a group's features, the one that it is named after first."""
    central = name.split(" (+", maxsplit=1)[0]
    return tuple(sorted(features, key=lambda feature: (feature != central, feature)))


def _estimates(importances: pl.DataFrame, method: str) -> dict[str, Estimate]:
    """Return the advisor's importances of a method; without ends, two standard deviations."""
    if "model" not in importances.columns:
        return {}
    wanted = (pl.col("model") == ADVISOR) & (pl.col("method") == method)
    found = {}
    for row in importances.filter(wanted).iter_rows(named=True):
        if not known(row["mean"]):
            continue
        estimate = Estimate.of(row, value="mean")
        spread = row.get("std")
        if not estimate.has_interval and spread is not None and known(spread):
            estimate = Estimate(row["mean"], row["mean"] - 2 * spread, row["mean"] + 2 * spread)
        found[row["feature"]] = estimate
    return found


def _candidate(entry: Mapping[str, Any]) -> Candidate:
    key = str(entry["model"])
    return Candidate(
        key=key,
        label=LABELS.get(key) or plain(entry.get("label") or key, 40),
        is_baseline=entry.get("kind") == "baseline",
        split=str(entry["split"]),
        scores={name: Estimate.of(value) for name, value in (entry.get("scores") or {}).items()},
        difference=Estimate.of(entry.get("difference")),
        beats_forest=bool(entry.get("beats_forest")),
    )


def _best_first(item: Candidate) -> tuple[str, float, str]:
    value = item.r2.value
    return item.split, float("inf") if value is None else -value, item.key
