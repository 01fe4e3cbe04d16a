"""The forest and its challengers in one table: fitted on the same things, judged on the same.

Baselines know next to nothing; a model worth using beats them. Challengers are other ways to learn
from the same features: if one beats the forest by more than the noise, it is used in its place.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from thingistat_pipeline.popularity.advisor import baselines
from thingistat_pipeline.popularity.advisor.boosting import fit_boosted_rates, fit_boosting
from thingistat_pipeline.popularity.advisor.linear import fit_linear
from thingistat_pipeline.popularity.advisor.predictor import Predictor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, AdvisorRows
from thingistat_pipeline.popularity.advisor.scores import CreatorBootstrap, Score
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.settings import Effort

LINEAR_ROWS = 30_000
"""A linear model of at most 46 columns learns nothing from more."""
BOOSTING_ROWS = 60_000

LABELS = {
    ADVISOR: "Random forest (advisor)",
    "boosting": "Histogram gradient boosting",
    "boosting_poisson": "Histogram gradient boosting, Poisson with exposure",
    "linear": "Linear, as pikkit's",
    "creator_median": "The creator's earlier median",
    "age_category": "Age and category",
    "age_only": "Age only",
    "dummy": "The mean of all",
}
CHALLENGERS = ("linear", "boosting", "boosting_poisson")
"""Those that may take the forest's place."""

_BASELINES: dict[str, Callable[[AdvisorRows, AdvisorRows], Floats]] = {
    "creator_median": baselines.creator_median,
    "age_category": baselines.age_and_category,
    "age_only": baselines.age_only,
    "dummy": baselines.dummy,
}


@dataclass(frozen=True, eq=False, slots=True)
class Sides:
    """Things to fit on, things of other creators to calibrate on, and things to judge by."""

    fit: AdvisorRows
    calibration: AdvisorRows
    judged: AdvisorRows


@dataclass(frozen=True, eq=False, slots=True)
class Contender:
    """One line of the table before it is judged.

    Attributes
    ----------
    key : str
        Of LABELS.
    predictor : Predictor or None
        None for a baseline.
    calibrated, predicted : ndarray of float64
        For the things to calibrate on and for those to judge by.
    """

    key: str
    predictor: Predictor | None
    calibrated: Floats
    predicted: Floats


def contenders(
    sides: Sides, forest: Predictor, *, seed: int, effort: Effort
) -> Iterator[Contender]:
    """Yield the forest and, as each is fitted, the challengers and the baselines.

    Parameters
    ----------
    sides : Sides
    forest : Predictor
        Fitted on the same things.
    seed : int
    effort : {"quick", "full"}
        How long boosting may go on.
    """
    yield _contender(ADVISOR, forest, sides)
    some = sides.fit.taken(whole_creators(sides.fit.creators, most=BOOSTING_ROWS, seed=seed))
    yield _contender("boosting", fit_boosting(some, seed=seed, effort=effort), sides)
    rates = fit_boosted_rates(some, sides.calibration, seed=seed, effort=effort)
    yield _contender("boosting_poisson", rates, sides)
    some = sides.fit.taken(whole_creators(sides.fit.creators, most=LINEAR_ROWS, seed=seed))
    yield _contender("linear", fit_linear(some, seed=seed).model, sides)
    for key, said in _BASELINES.items():
        yield Contender(
            key, None, said(sides.fit, sides.calibration), said(sides.fit, sides.judged)
        )


def compared(
    entered: Sequence[Contender], sides: Sides, bootstrap: CreatorBootstrap, *, split: str
) -> list[dict[str, Any]]:
    """Return the table's rows: each contender's scores and its difference to the forest.

    A contender beats the forest if the 95 % interval of its R² on logs minus the forest's, paired
    over resamples of creators, lies above zero.
    """
    actual, ages = sides.judged.y, sides.judged.age_days
    (forest,) = (one.predicted for one in entered if one.key == ADVISOR)
    rows = []
    for one in entered:
        factor = smearing(sides.calibration.y, one.calibrated)
        scores = bootstrap.scores(actual, one.predicted, ages, smearing=factor)
        difference: Score | None = None
        if one.key != ADVISOR:
            difference = bootstrap.difference(actual, one.predicted, forest)
        low = difference.low if difference else None
        rows.append(
            {
                "model": one.key,
                "label": LABELS[one.key],
                "kind": "model" if one.predictor else "baseline",
                "split": split,
                "scores": {name: asdict(score) for name, score in scores.items()},
                "difference": asdict(difference) if difference else None,
                "beats_forest": low is not None and low > 0.0,
            }
        )
    return rows


def winner_of(table: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Return which model serves, from the rows of the split by creators, and why, as a sentence."""
    by_key = {row["model"]: row for row in table}
    better = [key for key in CHALLENGERS if by_key[key]["beats_forest"]]
    if not better:
        nearest = max(CHALLENGERS, key=lambda key: _value(by_key[key]["difference"]))
        return ADVISOR, (
            "The forest serves: no challenger's R² on logs exceeds its own by more than the noise. "
            f"The nearest is {LABELS[nearest]}, {_said(by_key[nearest]['difference'])}."
        )
    best = max(better, key=lambda key: _value(by_key[key]["scores"]["r2_log"]))
    return best, (
        f"{LABELS[best]} serves in the forest's place: on creators that neither had seen, its R² "
        f"on logs differs from the forest's by {_said(by_key[best]['difference'])}."
    )


def smearing(actual: Floats, predicted: Floats) -> float:
    """Return the factor from exp of a mean of logs to a mean of downloads.

    References
    ----------
    N. Duan, "Smearing estimate: a nonparametric retransformation method", Journal of the American
    Statistical Association 78 (1983) 605-610.
    """
    return float(np.mean(np.exp(actual - predicted))) if len(actual) else 1.0


def _contender(key: str, predictor: Predictor, sides: Sides) -> Contender:
    calibrated, judged = (_predicted(predictor, rows) for rows in (sides.calibration, sides.judged))
    return Contender(key, predictor, calibrated, judged)


def _predicted(predictor: Predictor, rows: AdvisorRows) -> Floats:
    if not len(rows.y):
        return np.empty(0)
    return np.asarray(predictor.predict(rows.X), dtype=np.float64)


def _value(score: dict[str, float | None]) -> float:
    value = score["value"]
    return -np.inf if value is None else value


def _said(difference: dict[str, float | None]) -> str:
    value, low, high = difference["value"], difference["low"], difference["high"]
    if value is None:
        return "a difference that is undefined"
    if low is None or high is None:
        return f"{value:+.3f}, with too few creators for an interval"
    return f"{value:+.3f} (95 % interval {low:+.3f} to {high:+.3f})"
