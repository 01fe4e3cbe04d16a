"""Which features stand for one another, so that only all of them together can be missed.

A forest that knows the number of words hardly misses the number of characters. Shuffled or left
out one by one, both look useless; so features that go together are taken together. Features of
different families stay apart even so: what a maker decides, who the maker is and how old the thing
is are three questions, and a reader wants three answers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from thingistat_pipeline.features.registry import feature_named, is_feature
from thingistat_pipeline.popularity.evaluation import Floats

TOGETHER = 0.5
"""Clusters are joined where their features' |rho| is at least this, on average."""
ONE_HOT_FAMILIES = ("category", "language", "license")
"""Columns that begin with one of these and an underscore answer one question together."""
_MOST_ROWS = 10_000
_LEAST_KNOWN = 30
"""Two features that are known together for fewer things than this count as unrelated."""


def feature_groups(X: NDArray[np.float32], features: Sequence[str]) -> dict[str, list[str]]:
    """Return the features in groups that go together, every feature in exactly one.

    Spearman's rank correlation, average linkage on 1 - |rho|, cut where the average |rho| falls
    below one half; features of different families, such as content and context, are never put
    together. One-hot families are groups of their own. A correlation is taken over the rows
    where both features are known: columns that are unknown for the same things, as happens when a
    source lacks them all, are not alike for that. (A feature's ranks are those among all its known
    values, so that no pair needs a ranking of its own.)

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        Training rows, NaN where unknown. More than 10,000 are thinned out evenly.
    features : sequence of str, length p

    Returns
    -------
    dict of str to list of str
        Groups in the order of their first feature. A group of one has its feature's name; a
        cluster is named after its most central feature ("description_words (+2)"); the one-hot
        families are "category", "language" and "license".
    """
    families = {
        family: [name for name in features if name.startswith(f"{family}_")]
        for family in ONE_HOT_FAMILIES
    }
    spoken_for = {name for members in families.values() for name in members}
    rest = [place for place, name in enumerate(features) if name not in spoken_for]
    groups = {family: members for family, members in families.items() if members}
    if rest:
        thinned = X[_evenly(len(X)), :][:, rest]
        family = np.array([_family_of(features[place]) for place in rest])
        alike = np.abs(rank_correlations(thinned))
        strength = np.where(family[:, None] == family, alike, 0.0)
        for members in _clusters(strength):
            names = [features[rest[member]] for member in members]
            central = int(np.argmax(strength[np.ix_(members, members)].sum(axis=1)))
            others = f" (+{len(names) - 1})" if len(names) > 1 else ""
            groups[names[central] + others] = names
    place = {name: number for number, name in enumerate(features)}
    return dict(sorted(groups.items(), key=lambda group: place[group[1][0]]))


def rank_correlations(X: NDArray[np.float32]) -> Floats:
    """Return Spearman's rho of all pairs of columns, each over the rows where both are known.

    Parameters
    ----------
    X : ndarray of float32, shape (n, p)
        NaN where unknown.

    Returns
    -------
    ndarray of float64, shape (p, p)
        1 on the diagonal; 0 where fewer than 30 rows know both, or one does not vary there.
    """
    known = ~np.isnan(X)
    ranks = np.zeros(X.shape)
    for column in range(X.shape[1]):
        rows = known[:, column]
        # centred, so that the sums of squares below do not cancel
        ranks[rows, column] = rankdata(X[rows, column]) - (rows.sum() + 1) / 2
    mask = known.astype(np.float64)
    n = mask.T @ mask
    sums = ranks.T @ mask
    squares = (ranks * ranks).T @ mask
    together = np.maximum(n, 1)
    covariance = ranks.T @ ranks - sums * sums.T / together
    variance = squares - sums * sums / together
    defined = (n >= _LEAST_KNOWN) & (np.minimum(variance, variance.T) > 1e-9 * together)
    scale = np.sqrt(np.where(defined, variance * variance.T, 1.0))
    rho: Floats = np.where(defined, np.clip(covariance / scale, -1, 1), 0.0)
    np.fill_diagonal(rho, 1.0)
    return rho


def _family_of(name: str) -> str:
    """Return the family of a registered feature; all others make up one more."""
    return feature_named(name).family.value if is_feature(name) else ""


def _clusters(strength: Floats) -> list[list[int]]:
    """Return which columns go together, each cluster's columns in order."""
    if len(strength) == 1:
        return [[0]]
    distances = squareform(1.0 - strength, checks=False)
    labels = fcluster(linkage(distances, "average"), 1.0 - TOGETHER, "distance")
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]


def _evenly(rows: int) -> NDArray[np.int64]:
    """Return at most 10,000 positions, evenly spaced."""
    wanted = min(rows, _MOST_ROWS)
    return np.arange(wanted, dtype=np.int64) * rows // max(wanted, 1)
