"""The effect that goes with one choice while everything else that is known is held fixed.

Downloads and the choice are both predicted from all other features, each thing from other creators'
things only; what is left of the downloads is set against what is left of the choice (Robinson,
"Root-N-consistent semiparametric regression", Econometrica 56, 1988; Chernozhukov et al.,
"Double/debiased machine learning", The Econometrics Journal 21, 2018). An effect is an association:
what nobody has measured is not held fixed, and the interval is widened for it (`sensitivity`).
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.controls import (
    Controls,
    controls_of,
    predicted_by_others,
)
from thingistat_pipeline.popularity.explanation.sensitivity import (
    HIDDEN_LIKE,
    allowance,
    partial_share,
)
from thingistat_pipeline.popularity.splits import Split, creator_folds

MOST_ROWS = 20_000
"""An effect is estimated on no more things than this (whole creators); it costs the CPU of two
regressions for every fold, and its sampling error is small by then."""
LEAST_ROWS = 300
LEAST_CREATORS = 30
LEAST_SIDE = 50
"""So many things at least must have made a yes-or-no choice, and as many not."""
TREES_FROM = 4_000
"""From so many things on, boosted trees look for what depends on several features at once; with
fewer they find next to nothing (2,000 generated things: R² .82 with them and .81 without)."""
OVERLAP = 0.01
"""Where the choice is as good as certain, given the rest, things are not compared."""
LEAST_FREE = 0.005
"""Share of the choice's variance that the other features must leave open."""

_FOLDS, _FOLDS_WITH_TREES = 6, 3


class UndeterminedError(ThingistatError):
    """An effect cannot be told from the rows at hand; the message says why."""


@dataclass(frozen=True, slots=True)
class PartialEffect:
    """What goes with one unit of a treatment, on the outcome's scale.

    Attributes
    ----------
    effect : float
    error : float
        Standard error, clustered by creator.
    sampling_low, sampling_high : float
        95 % interval for sampling alone.
    allowance : float or None
        How far a hidden trait as telling as the creator's followers could shift it; None where
        the followers are not known.
    low, high : float
        The sampling interval widened by the allowance on both sides.
    p_value : float
        Of no effect, for sampling alone.
    n_rows, n_creators : int
        Things and creators compared.
    n_trimmed : int
        Things left out because their choice was as good as certain.
    """

    effect: float
    error: float
    sampling_low: float
    sampling_high: float
    allowance: float | None
    low: float
    high: float
    p_value: float
    n_rows: int
    n_creators: int
    n_trimmed: int


def partial_effect(
    rows: AdvisorRows,
    treatment: Floats,
    *,
    outcome: Floats | None = None,
    excluded: Collection[str],
    seed: int,
) -> PartialEffect:
    """Return the effect of a treatment, all features but the excluded ones held fixed.

    Parameters
    ----------
    rows : AdvisorRows
    treatment : ndarray of float64, shape (n,)
        NaN for things that are not in question. If it is only 0 and 1, it is a choice.
    outcome : ndarray of float64, shape (n,), optional
        By default log1p(downloads). NaN where unknown.
    excluded : collection of str
        Features that contain the treatment: the one it is made of, and its kin.
    seed : int
        Of the cap, the folds and the trees.

    Raises
    ------
    UndeterminedError
        If too few things are in question, or the other features settle the treatment.
    """
    y = rows.y if outcome is None else outcome
    asked = np.flatnonzero(np.isfinite(treatment) & np.isfinite(y))
    asked = asked[whole_creators(rows.creators[asked], most=MOST_ROWS, seed=seed)]
    _require_enough(treatment[asked], rows.creators[asked])
    if np.ptp(y[asked]) == 0.0:
        raise UndeterminedError("the outcome is the same for all")
    kept = [place for place, name in enumerate(rows.features) if name not in excluded]
    controls = controls_of(rows.X[asked][:, kept], [rows.features[place] for place in kept])
    trees = len(asked) >= TREES_FROM
    folds = creator_folds(
        rows.creators[asked], seed=seed, wanted=_FOLDS_WITH_TREES if trees else _FOLDS
    )
    targets = np.stack([y[asked], treatment[asked]], axis=1)
    said = predicted_by_others(controls, targets, folds, seed=seed, trees=trees)
    is_choice = bool(np.isin(targets[:, 1], (0.0, 1.0)).all())
    inside = _overlap(said.best[:, 1]) if is_choice else np.ones(len(asked), dtype=np.bool_)
    left = (targets - said.best)[inside]
    if len(left) < LEAST_ROWS or (left[:, 1] ** 2).mean() < LEAST_FREE * targets[:, 1].var():
        raise UndeterminedError("the other features settle it almost completely")
    found, error = _slope(left, rows.creators[asked][inside], leverage=said.leverage)
    if not error > 0.0:
        raise UndeterminedError("the other features settle the outcome completely")
    creators = len(np.unique(rows.creators[asked][inside]))
    reach = float(stats.t.ppf(0.975, creators - 1)) * error
    hidden = (
        _allowance(controls, targets, (targets - said.smooth), folds, seed=seed)
        if HIDDEN_LIKE in controls.features
        else None
    )
    widened = reach + (hidden or 0.0)
    return PartialEffect(
        effect=found,
        error=error,
        sampling_low=found - reach,
        sampling_high=found + reach,
        allowance=hidden,
        low=found - widened,
        high=found + widened,
        p_value=float(2.0 * stats.t.sf(abs(found) / error, creators - 1)),
        n_rows=int(inside.sum()),
        n_creators=creators,
        n_trimmed=int((~inside).sum()),
    )


def _require_enough(treatment: Floats, creators: NDArray[np.int64]) -> None:
    if len(treatment) < LEAST_ROWS:
        raise UndeterminedError(f"only {len(treatment):,} things are in question")
    if (treatment == treatment[0]).all():
        raise UndeterminedError("it is the same for all")
    if np.isin(treatment, (0.0, 1.0)).all():
        rarer = int(min(treatment.sum(), len(treatment) - treatment.sum()))
        if rarer < LEAST_SIDE:
            raise UndeterminedError(f"only {rarer:,} things differ from the others in it")
    if len(np.unique(creators)) < LEAST_CREATORS:
        raise UndeterminedError("too few creators are in question")


def _overlap(chance: Floats) -> NDArray[np.bool_]:
    return (chance > OVERLAP) & (chance < 1.0 - OVERLAP)


def _slope(left: Floats, creators: NDArray[np.int64], *, leverage: float) -> tuple[float, float]:
    """Return the slope of what is left of the outcome on what is left of the treatment.

    With its standard error, clustered by creator, by the jackknife (CR3: Bell and McCaffrey, Survey
    Methodology 28, 2002), and as if each thing's residual were larger by what its own leverage on
    the predictions hides (HC3: MacKinnon and White, Journal of Econometrics 29, 1985; with many
    controls: Cattaneo, Jansson and Newey, Journal of the American Statistical Association 113,
    2018). `leverage` is the mean one.
    """
    outcome, treatment = left.T
    size = float(treatment @ treatment)
    slope = float(treatment @ outcome) / size
    whose = np.unique(creators, return_inverse=True)[1]
    scores = np.bincount(whose, weights=treatment * (outcome - slope * treatment))
    shares = np.bincount(whose, weights=treatment**2) / size
    shifts = scores / (1.0 - shares)
    clusters = len(scores)
    error = float(np.sqrt(shifts @ shifts * (clusters - 1.0) / clusters)) / size
    return slope, error / (1.0 - leverage)


def _allowance(
    controls: Controls, targets: Floats, left: Floats, folds: list[Split], *, seed: int
) -> float:
    """Return the shift that a trait as telling as the followers would make.

    `left` is what the sum of curves leaves of outcome and treatment; the same is computed as if
    the followers were not known.
    """
    blind = controls.without([HIDDEN_LIKE])
    without = targets - predicted_by_others(blind, targets, folds, seed=seed, trees=False).smooth
    unexplained, blindly = _unexplained(left), _unexplained(without)
    return allowance(
        partial_share(float(np.mean(left[:, 1] ** 2)), float(np.mean(without[:, 1] ** 2))),
        partial_share(unexplained, blindly),
        spread=float(np.sqrt(unexplained / np.mean(left[:, 1] ** 2))),
    )


def _unexplained(left: Floats) -> float:
    """Return the variance that is left of the outcome once the treatment's part is taken out."""
    outcome, treatment = left.T
    rest = outcome - (treatment @ outcome) / (treatment @ treatment) * treatment
    return float(np.mean(rest**2))
