"""The linear model that pikkit was, as a baseline: standardised, pruned of outliers, few features.

pikkit (AlbertHJLee/minster) predicted the likes of Instagram posts by least squares on 46 features
scaled to their range, hours and weekdays one-hot among them. It threw out posts with hardly any or
very many likes by hand-set bounds, fitted again without each feature in turn, and kept those whose
absence lowered R² on a validation set.

The same ideas, with what would flatter or harm the result changed:

- Outliers are told by their residual, not by their outcome (a model that never sees popular things
  cannot predict them), by Iglewicz and Hoaglin's modified z-score (1993), round by round, and among
  the training rows only. Held-out things are never thrown out.
- Leaving out one feature at a time is repeated, feature by feature, down to none, and judged by R²
  over folds of creators within the training rows. Of the sizes up to 46 the best is taken.
- Numbers with a long tail (counts, lengths, bytes, days) enter by the inverse hyperbolic sine, a
  logarithm that also takes zero and negative numbers (Burbidge, Magee and Robb, JASA 83 (1988)).
- What is unknown enters as the mean, with a column that says so.
- A trace of ridge keeps the equations solvable where columns repeat each other.

Each step of the elimination is exact and costs little: the coefficients without a feature follow
from those with it and the inverse of the Gram matrix (the partitioned inverse).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from thingistat_pipeline.features.registry import YES_OR_NO, feature_named
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Split, creator_folds

MOST_FEATURES = 46
"""pikkit's number."""
OUTLIER_BOUND = 3.5
"""Modified z-score beyond which a training row is an outlier (Iglewicz and Hoaglin 1993)."""
_ROUNDS = 5
_RIDGE = 1e-3
"""Ridge penalty as a share of the rows: too little to shrink, enough to solve."""
_ONE_HOT_UNITS = ("day of the week", "hour")
_NORMAL_MAD = 0.6745
"""Median absolute deviation of a standard normal."""


@dataclass(frozen=True, slots=True)
class LinearFit:
    """The fitted model and what was kept.

    Attributes
    ----------
    model : Pipeline
        Of scikit-learn's own parts, from the raw features to ln(1 + downloads).
    columns : list of str
        Names of the encoded columns it uses.
    outliers : int
        Training rows thrown out.
    """

    model: Pipeline
    columns: list[str]
    outliers: int


def fit_linear(rows: AdvisorRows, *, seed: int) -> LinearFit:
    """Fit the linear model on training rows; columns unknown for all of them are passed over.

    Raises
    ------
    ThingistatError
        If the creators are too few for two folds.
    """
    # The many small products are done faster by one thread than by several that wait for another.
    with threadpool_limits(1):
        return _fit(rows, seed=seed)


def _fit(rows: AdvisorRows, *, seed: int) -> LinearFit:
    encoder = make_pipeline(_encoder(rows), StandardScaler())
    Z: Floats = encoder.fit_transform(rows.X).astype(np.float64)
    kept = _without_outliers(Z, rows.y)
    Z, y = Z[kept], rows.y[kept]
    chosen = chosen_columns(Z, y, creator_folds(rows.creators[kept], seed=seed))
    ridge = Ridge(alpha=_RIDGE * len(y)).fit(Z[:, chosen], y)
    steps = [
        *encoder.steps,
        ("chosen", ColumnTransformer([("chosen", "passthrough", chosen)])),
        ("ridge", ridge),
    ]
    steps[-2][1].fit(Z[:1])
    names = _encoded_names(rows)
    return LinearFit(Pipeline(steps), [names[place] for place in chosen], int((~kept).sum()))


def chosen_columns(
    Z: Floats, y: Floats, folds: list[Split], *, most: int = MOST_FEATURES
) -> list[int]:
    """Return the columns that backward elimination leaves, in their order.

    Parameters
    ----------
    Z : ndarray of float64, shape (n, q)
        Standardised columns.
    y : ndarray of float64, shape (n,)
    folds : list of Split
        Rows to fit on and to judge on.
    most : int, default=46
        How many may be left.

    Returns
    -------
    list of int
        At least one column.
    """
    tries = [_Elimination(Z, y, fold) for fold in folds]
    left = list(range(Z.shape[1]))
    best, best_score = left, -np.inf
    while len(left) > 1:
        without = np.mean([fold.scores_without_each() for fold in tries], axis=0)
        place = int(without.argmax())
        left = left[:place] + left[place + 1 :]
        for fold in tries:
            fold.remove(place)
        if len(left) <= most and without[place] > best_score:
            best, best_score = left, float(without[place])
    return best


class _Elimination:
    """Least squares on one fold's rows, from which columns are taken away one by one."""

    def __init__(self, Z: Floats, y: Floats, fold: Split) -> None:
        fitted, judged = Z[fold.train], Z[fold.test]
        centre, self._level = fitted.mean(axis=0), y[fold.train].mean()
        fitted, judged = fitted - centre, judged - centre
        penalty = _RIDGE * len(fitted) * np.eye(Z.shape[1])
        self._inverse = np.linalg.inv(fitted.T @ fitted + penalty)
        self._weights: Floats = self._inverse @ (fitted.T @ (y[fold.train] - self._level))
        actual = y[fold.test] - self._level
        self._gram: Floats = judged.T @ judged
        self._products: Floats = judged.T @ actual
        self._square = float(actual @ actual)
        spread = y[fold.test] - y[fold.test].mean()
        self._deviation = float(spread @ spread)

    def scores_without_each(self) -> Floats:
        """Return the R² on the judged rows after taking away each of the columns left."""
        # Column j of `shift` turns the weights into those without feature j.
        shift = -self._inverse * (self._weights / np.diag(self._inverse))
        seen = self._gram @ self._weights
        error = self._square - 2 * self._products @ self._weights + self._weights @ seen
        change = 2 * (seen - self._products) @ shift + ((self._gram @ shift) * shift).sum(axis=0)
        return np.asarray(1.0 - (error + change) / max(self._deviation, np.finfo(float).tiny))

    def remove(self, place: int) -> None:
        """Take a column away for good."""
        others = np.delete(np.arange(len(self._weights)), place)
        pivot = self._inverse[place, place]
        line = self._inverse[others, place]
        self._weights = self._weights[others] - line * (self._weights[place] / pivot)
        self._inverse = self._inverse[np.ix_(others, others)] - np.outer(line, line) / pivot
        self._gram = self._gram[np.ix_(others, others)]
        self._products = self._products[others]


def _without_outliers(Z: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return which rows to keep: those whose residual is not far out, however often one looks."""
    kept = np.ones(len(y), dtype=np.bool_)
    for _ in range(_ROUNDS):
        ridge = Ridge(alpha=_RIDGE * kept.sum()).fit(Z[kept], y[kept])
        residual = y - ridge.predict(Z)
        middle = np.median(residual[kept])
        spread = np.median(np.abs(residual[kept] - middle))
        close = _NORMAL_MAD * np.abs(residual - middle) <= OUTLIER_BOUND * spread
        if not (kept & ~close).any() or (kept & close).sum() < len(y) / 2:
            break
        kept &= close
    return kept


def _encoder(rows: AdvisorRows) -> ColumnTransformer:
    """Return what turns the raw features into columns of comparable size without gaps.

    Only functions and types that can be stored without being trusted specially.
    """
    tailed, plain, one_hot, gappy = _kinds(rows)
    filled = [StandardScaler(), FunctionTransformer(np.nan_to_num)]
    return ColumnTransformer(
        [
            ("tailed", make_pipeline(FunctionTransformer(np.arcsinh), *filled), tailed),
            ("plain", make_pipeline(*filled), plain),
            ("one_hot", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), one_hot),
            ("unknown", FunctionTransformer(np.isnan), gappy),
        ],
        sparse_threshold=0.0,
    )


def _kinds(rows: AdvisorRows) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return the places of long-tailed, plain and one-hot features, and of those with gaps."""
    tailed, plain, one_hot = [], [], []
    unknown = np.isnan(rows.X)
    for place in np.flatnonzero(~unknown.all(axis=0)).tolist():
        unit = feature_named(rows.features[place]).unit
        if unit in _ONE_HOT_UNITS:
            one_hot.append(place)
        elif unit == YES_OR_NO or unit.startswith("log"):
            plain.append(place)
        else:
            tailed.append(place)
    gappy = np.flatnonzero(unknown.any(axis=0) & ~unknown.all(axis=0)).tolist()
    return tailed, plain, one_hot, gappy


def _encoded_names(rows: AdvisorRows) -> list[str]:
    return list(_names(rows))


def _names(rows: AdvisorRows) -> Iterator[str]:
    """Name the encoded columns in the encoder's order."""
    tailed, plain, one_hot, gappy = _kinds(rows)
    yield from (rows.features[place] for place in (*tailed, *plain))
    for place in one_hot:
        for value in np.unique(rows.X[:, place]):
            said = "unknown" if np.isnan(value) else f"{value:g}"
            yield f"{rows.features[place]} is {said}"
    yield from (f"{rows.features[place]} is unknown" for place in gappy)
