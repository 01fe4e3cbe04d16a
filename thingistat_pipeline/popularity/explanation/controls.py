"""What is held fixed when one feature's effect is asked for: all others, and what they predict.

Two learners predict an outcome (or a treatment) from the other features: a sum of smooth curves,
one for each feature, and that sum corrected by boosted trees, which see what depends on several
features at once. A thing's prediction always comes from other creators' things, and how much of
the correction is taken is decided on such predictions (short-stacking: Ahrens, Hansen, Schaffer and
Wiemann, "Model averaging and double machine learning", Journal of Applied Econometrics 40, 2025).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.advisor.rows import LOG_AGE
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Split

RAREST = 25
"""A yes-or-no column needs so many things on either side; what is rarer cannot be held fixed."""

RAREST_SHARE_FOR_TREES = 0.02
"""Trees are slow on many rare columns and learn nothing from them; the curves have them anyway."""

_KNOTS = np.array([0.1, 0.5, 0.9])
_KNOTS_OF_AGE = np.array([0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97])
_PENALTIES = np.geomspace(1e-4, 1e2, 13)  # times the number of rows
_STILL = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Controls:
    """The features held fixed, as columns of curves.

    Attributes
    ----------
    raw : ndarray of float32, shape (n, p)
        The features themselves, NaN where unknown: for trees.
    curves : ndarray of float64, shape (n, k)
        For each feature its (logarithmic) value, bends at three quantiles (nine of the age, which
        matters most), and whether it is known; centred and of unit variance.
    owner : ndarray of int, shape (k,)
        Which column of `raw` a curve belongs to.
    features : tuple of str, length p
    """

    raw: NDArray[np.float32]
    curves: Floats
    owner: NDArray[np.intp]
    features: tuple[str, ...]

    def without(self, names: Sequence[str]) -> "Controls":
        """Return the controls less some features."""
        kept = [place for place, name in enumerate(self.features) if name not in names]
        chosen = np.flatnonzero(np.isin(self.owner, kept))
        return Controls(
            raw=self.raw[:, kept],
            curves=self.curves[:, chosen],
            owner=np.searchsorted(kept, self.owner[chosen]),
            features=tuple(self.features[place] for place in kept),
        )


def controls_of(X: NDArray[np.float32], features: Sequence[str]) -> Controls:
    """Return a feature matrix as controls; columns that hardly vary are left out.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        NaN where unknown.
    features : sequence of str, length p
    """
    kept: list[int] = []
    curves: list[Floats] = []
    owner: list[int] = []
    for place in range(len(features)):
        knots = _KNOTS_OF_AGE if features[place] == LOG_AGE else _KNOTS
        own = _curves(X[:, place].astype(np.float64), knots)
        if own:
            owner += [len(kept)] * len(own)
            kept.append(place)
            curves += own
    return Controls(
        raw=X[:, kept],
        curves=np.stack(curves, axis=1) if curves else np.empty((len(X), 0)),
        owner=np.array(owner, dtype=np.intp),
        features=tuple(features[place] for place in kept),
    )


def _curves(values: Floats, quantiles: Floats) -> list[Floats]:
    known = ~np.isnan(values)
    found = values[known]
    if not len(found):
        return []
    distinct = np.unique(found[:: max(1, len(found) // 5000)])
    if len(distinct) <= 2:
        columns = [np.where(known, values, found.mean())]
    else:
        scaled = np.sign(values) * np.log1p(np.abs(values))
        knots = np.unique(np.quantile(scaled[known], quantiles))
        filled = np.where(known, scaled, scaled[known].mean())
        columns = [filled, *(np.maximum(filled - knot, 0.0) for knot in knots)]
    if not known.all():
        columns.append(known.astype(np.float64))
    return [_standardised(column) for column in columns if _varies(column)]


def _varies(column: Floats) -> bool:
    common = np.count_nonzero(column == np.median(column))
    return bool(column.std() > _STILL and len(column) - common >= RAREST)


def _standardised(column: Floats) -> Floats:
    scaled: Floats = (column - column.mean()) / column.std()
    return scaled


@dataclass(frozen=True, eq=False, slots=True)
class Predicted:
    """Targets as other creators' things predict them, each of shape (n, targets).

    Attributes
    ----------
    smooth : ndarray of float64
        By the sum of curves.
    best : ndarray of float64
        The same with as much of the trees' correction as helps; equal to it without trees.
    leverage : float
        How much of a prediction a thing would make by itself, were it among those fitted on: mean
        over the things, of the target whose curves are the most flexible.
    """

    smooth: Floats
    best: Floats
    leverage: float


def predicted_by_others(
    controls: Controls, targets: Floats, folds: Sequence[Split], *, seed: int, trees: bool
) -> Predicted:
    """Return targets as the controls predict them, every fold from the others.

    Parameters
    ----------
    controls : Controls
        Of n things.
    targets : ndarray of float64, shape (n, targets)
    folds : sequence of Split
        Each thing in the test of exactly one.
    seed : int
        Of the trees.
    trees : bool
        Whether boosted trees correct the sum of curves.
    """
    # On matrices this small, threads of the algebra library cost more than they bring.
    with threadpool_limits(1):
        return _predicted(controls, targets, folds, seed=seed, trees=trees)


def _predicted(
    controls: Controls, targets: Floats, folds: Sequence[Split], *, seed: int, trees: bool
) -> Predicted:
    smooth, correction = np.empty_like(targets), np.zeros_like(targets)
    gram, moments = controls.curves.T @ controls.curves, controls.curves.T @ targets
    branches = controls.raw[:, _frequent(controls.raw)] if trees else controls.raw
    leverages = []
    for fold in folds:
        held, fitted = controls.curves[fold.test], controls.curves[fold.train]
        slopes, level, freedom = _ridge(
            gram - held.T @ held,
            moments - held.T @ targets[fold.test],
            fitted.sum(axis=0),
            targets[fold.train],
        )
        leverages.append(float(freedom.max()) / len(fold.train))
        smooth[fold.test] = level + held @ slopes
        if trees:
            missed = targets[fold.train] - level - fitted @ slopes
            for place in range(targets.shape[1]):
                model = _boosting(seed).fit(branches[fold.train], missed[:, place])
                correction[fold.test, place] = model.predict(branches[fold.test])
    best = smooth + correction * _helpful_share(correction, targets - smooth)
    return Predicted(smooth, best, float(np.mean(leverages)))


def _frequent(raw: NDArray[np.float32]) -> NDArray[np.intp]:
    common = np.nanmedian(raw, axis=0)
    return np.flatnonzero((raw != common).mean(axis=0) >= RAREST_SHARE_FOR_TREES)


def _ridge(
    gram: Floats, moments: Floats, sums: Floats, wanted: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return slopes (k, targets), levels and degrees of freedom used by ridge regressions.

    Each target has its own penalty: the one of least generalised cross-validation (Golub, Heath and
    Wahba, Technometrics 21, 1979). `sums` are the columns' sums over the rows fitted on.
    """
    rows = len(wanted)
    mean = wanted.mean(axis=0)
    centre = sums / rows
    inner = gram - rows * np.outer(centre, centre)
    towards = moments - rows * np.outer(centre, mean)
    values, vectors = np.linalg.eigh(inner)
    values = np.maximum(values, 0.0)
    turned = vectors.T @ towards
    total = ((wanted - mean) ** 2).sum(axis=0)
    slopes, used = np.zeros_like(moments), np.zeros(wanted.shape[1])
    for place in range(wanted.shape[1]):
        best = np.inf
        for penalty in _PENALTIES * rows:
            weights = turned[:, place] / (values + penalty)
            error = total[place] - weights @ (2.0 * turned[:, place] - values * weights)
            freedom = 1.0 + float((values / (values + penalty)).sum())
            if rows > freedom and (score := error / (rows - freedom) ** 2) < best:
                best, slopes[:, place], used[place] = score, vectors @ weights, freedom
    return slopes, mean - centre @ slopes, used


def _boosting(seed: int) -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(
        max_iter=25,
        learning_rate=0.15,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        l2_regularization=10.0,
        early_stopping=False,
        max_features=0.3,
        random_state=seed,
    )


def _helpful_share(correction: Floats, missed: Floats) -> Floats:
    """Return, for each target, how much of a correction brings it nearest: from none to all."""
    size = (correction * correction).sum(axis=0)
    share: Floats = np.clip((correction * missed).sum(axis=0) / np.maximum(size, _STILL), 0.0, 1.0)
    return share
