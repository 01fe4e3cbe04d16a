"""The model's results as the page reads them: typed, sorted, and with the judgements made once.

What belongs here: what "stands out", "best baseline" and "too wide" mean. What does not: sentences.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from thingistat_pipeline.features.exploration import Exploration
from thingistat_pipeline.report.data_card import DataCard
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.report.recommender_examples import Examples
from thingistat_pipeline.report.wording import between, known

PARITY = "parity_forest"
MEAN_DECREASE = "mean_decrease_in_variance"
PERMUTATION = "permutation"
WIDE = 0.5
"""An R² interval wider than this says next to nothing."""
DOMINATED = 0.25
"""Share of the squared deviation from which on one thing decides R²."""
FEW_HELD_OUT = 50
"""Held-out things below which no score is taken at its word."""


def _no_groups() -> pl.DataFrame:
    return pl.DataFrame(schema={"group_name": pl.String, "feature": pl.String})


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """All that the report is made from.

    Attributes
    ----------
    card : DataCard
        The data card.
    exploration : Exploration
        Small frames about the sample.
    parity : Mapping
        Metrics of the parity forest, as its `metrics.json` holds them.
    importances : DataFrame
        method, split, feature, mean, std; with a column `model` where several models share it, and
        with low and high where intervals were measured.
    provenance : Mapping
        What made the report, as `Provenance.as_dict` gives it.
    model_version : str
        Version of the parity forest.
    advisor : Mapping
        Metrics of the advisor's model, as its `metrics.json` holds them, fitted or not; empty
        where none was trained.
    advisor_version : str
        Its version.
    advice : DataFrame
        The ranked changes: rank, change, feature, before, after, effect, low, high (log
        downloads), support, support_before, could, evidence, ale, note.
    advice_notes : tuple of str
        Remarks on all of them.
    not_examined : DataFrame
        change, remark: the changes about which the data say nothing, and why.
    file_claim : DataFrame
        outcome, effect, low, high (log downloads per doubling of the files), n.
    file_verdict : str
        What the claim "more files, more downloads" comes to, one sentence.
    effects : DataFrame
        Accumulated local effects: feature, x, effect, low, high (log downloads), things.
    groups : DataFrame
        group_name, feature: which features were shuffled together.
    history : DataFrame
        Scores of all versions: model, version, observed_through, n_rows, effort, source, split,
        metric, value, low, high.
    drift : Mapping or None
        Scores and features beside those of the previous model; None where there is none.
    ranking : Mapping
        Metrics of the model that ranks things by likes, as its `metrics.json` holds them, fitted
        or not; empty where none was trained.
    ranking_scores : Mapping
        Metrics of its evaluation: `scores` on likes and `tags` on tags that were hidden.
    ranking_version : str
        Version of the model.
    examples : Examples
        Things and tags that go together, with their pictures.
    looks : Looks
        What was learned from cover pictures.
    """

    card: DataCard
    exploration: Exploration
    parity: Mapping[str, Any]
    importances: pl.DataFrame
    provenance: Mapping[str, Any]
    model_version: str = ""
    advisor: Mapping[str, Any] = field(default_factory=dict)
    advisor_version: str = ""
    advice: pl.DataFrame = field(default_factory=pl.DataFrame)
    advice_notes: tuple[str, ...] = ()
    not_examined: pl.DataFrame = field(default_factory=pl.DataFrame)
    file_claim: pl.DataFrame = field(default_factory=pl.DataFrame)
    file_verdict: str = ""
    effects: pl.DataFrame = field(default_factory=pl.DataFrame)
    groups: pl.DataFrame = field(default_factory=_no_groups)
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    drift: Mapping[str, Any] | None = None
    ranking: Mapping[str, Any] = field(default_factory=dict)
    ranking_scores: Mapping[str, Any] = field(default_factory=dict)
    ranking_version: str = ""
    examples: Examples = field(default_factory=Examples)
    looks: Looks = field(default_factory=Looks)


@dataclass(frozen=True)
class Importance:
    """A feature's importance: mean and standard deviation over repeats (or trees)."""

    feature: str
    mean: float
    std: float | None

    @property
    def stands_out(self) -> bool:
        """Whether the mean is above 0 by at least two standard deviations."""
        return self.mean > 0 and self.mean >= 2 * (self.std or 0.0)


def ranking(
    frame: pl.DataFrame, method: str, split: str, *, model: str = PARITY
) -> tuple[Importance, ...]:
    """Return the importances of one method on one split, the largest first."""
    wanted = (pl.col("method") == method) & (pl.col("split") == split)
    if "model" in frame.columns:
        wanted &= pl.col("model") == model
    found = [
        Importance(row["feature"], row["mean"], row["std"] if known(row["std"]) else None)
        for row in frame.filter(wanted).iter_rows(named=True)
        if known(row["mean"])
    ]
    return tuple(sorted(found, key=lambda item: (-item.mean, item.feature)))


def rank_agreement(first: Sequence[Importance], second: Sequence[Importance]) -> float | None:
    """Return Spearman's rank correlation of two rankings of the same features, None below three."""
    shared = {item.feature for item in first} & {item.feature for item in second}
    if len(shared) < 3:
        return None
    left = {item.feature: item.mean for item in first}
    right = {item.feature: item.mean for item in second}
    names = sorted(shared)
    frame = pl.DataFrame(
        {"left": [left[name] for name in names], "right": [right[name] for name in names]}
    )
    agreement = frame.select(pl.corr("left", "right", method="spearman")).item()
    return float(agreement) if known(agreement) else None


@dataclass(frozen=True, kw_only=True)
class Scores:
    """R² of the forest and of its baselines on raw downloads.

    Attributes
    ----------
    train, test, low, high : float or None
        R² on the training set, on held-out things, and the latter's 95 % interval.
    baselines : tuple of (str, float)
        Held-out R² of the baselines, the best first.
    rows, train_rows, test_rows : int
        Sizes.
    features : tuple of str
        The model's columns.
    largest_share : float or None
        Part of the held-out squared deviation that one thing carries.
    """

    train: float | None
    test: float | None
    low: float | None
    high: float | None
    baselines: tuple[tuple[str, float], ...]
    rows: int
    train_rows: int
    test_rows: int
    features: tuple[str, ...]
    largest_share: float | None

    @property
    def width(self) -> float | None:
        """Width of the 95 % interval."""
        if self.low is None or self.high is None:
            return None
        return self.high - self.low

    @property
    def interval(self) -> str:
        """The 95 % interval in words."""
        if self.width is None:
            return "no interval could be measured"
        return f"95 % interval {between(self.low, self.high)}"

    @property
    def too_wide(self) -> bool:
        """Whether the interval is too wide, or the held-out things too few, to conclude from."""
        return self.width is None or self.width > WIDE or self.test_rows < FEW_HELD_OUT

    @property
    def best_baseline(self) -> tuple[str, float] | None:
        """The baseline with the highest held-out R²."""
        return self.baselines[0] if self.baselines else None

    @classmethod
    def of(cls, metrics: Mapping[str, Any]) -> "Scores":
        """Read the scores from the forest's metrics; what is absent or not finite is None."""
        baselines = {
            str(name): entry.get("r2_test")
            for name, entry in (metrics.get("baselines") or {}).items()
        }
        finite = {name: value for name, value in baselines.items() if known(value)}
        return cls(
            train=_finite(metrics.get("r2_train")),
            test=_finite(metrics.get("r2_test")),
            low=_finite(metrics.get("r2_test_low")),
            high=_finite(metrics.get("r2_test_high")),
            baselines=tuple(sorted(finite.items(), key=lambda item: (-item[1], item[0]))),
            rows=int(metrics.get("n_rows") or 0),
            train_rows=int(metrics.get("n_train") or 0),
            test_rows=int(metrics.get("n_test") or 0),
            features=tuple(str(name) for name in metrics.get("features") or ()),
            largest_share=_finite(metrics.get("largest_share_of_test_deviation")),
        )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and known(value) else None
