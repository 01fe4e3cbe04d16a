"""From scikit-learn's fitted trees to packed ones."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.packed_trees import trees_as_bytes
from thingistat_pipeline.popularity.explanation.tree_kernels import NODE, Nodes, Trees


def packed(estimator: BaseEstimator) -> PackedEnsemble:
    """Return a fitted forest or boosting in packed form.

    Parameters
    ----------
    estimator : RandomForestRegressor or HistGradientBoostingRegressor
        Fitted, with one output, and without categorical splits.

    Raises
    ------
    ThingistatError
        If it is another kind of model, or splits on categories.
    """
    if isinstance(estimator, RandomForestRegressor):
        return _packed_forest(estimator)
    if isinstance(estimator, HistGradientBoostingRegressor):
        return _packed_boosting(estimator)
    raise ThingistatError(
        f"A {type(estimator).__name__} has no trees that we can read. Pass a fitted "
        "RandomForestRegressor or HistGradientBoostingRegressor."
    )


def trees_of(estimator: BaseEstimator) -> bytes | None:
    """Return the trees of a fitted model as `trees_as_bytes` does, or None if it has none."""
    if isinstance(estimator, RandomForestRegressor | HistGradientBoostingRegressor):
        return trees_as_bytes(packed(estimator))
    return None


def _packed_forest(forest: RandomForestRegressor) -> PackedEnsemble:
    if forest.n_outputs_ != 1:
        raise ThingistatError("A forest with several outputs cannot be packed. Fit one for each.")
    trees = [tree.tree_ for tree in forest.estimators_]
    parts = []
    for tree in trees:
        part = np.zeros(tree.node_count, dtype=NODE)
        part["threshold"] = tree.threshold
        part["value"] = tree.value[:, 0, 0]
        part["left"] = tree.children_left
        part["right"] = tree.children_right
        part["feature"] = tree.feature
        part["missing_left"] = tree.missing_go_to_left
        parts.append(part)
    return PackedEnsemble(
        _end_to_end(parts),
        scale=1 / len(trees),
        base=0.0,
        n_features=forest.n_features_in_,
        depth=max(tree.max_depth for tree in trees),
    )


def _packed_boosting(boosting: HistGradientBoostingRegressor) -> PackedEnsemble:
    # scikit-learn has no public way to read the trees of a boosting. Its attributes `_predictors`
    # and `_baseline_prediction` are read here and nowhere else, and a test compares what follows
    # from them with the public `predict`.
    trees = [iteration[0].nodes for iteration in boosting._predictors]
    if any(tree["is_categorical"].any() for tree in trees):
        raise ThingistatError(
            "The boosting splits on categories as such, which packed trees cannot express. Fit it "
            "with categorical_features=None on yes/no columns."
        )
    parts = []
    for tree in trees:
        leaf = tree["is_leaf"] == 1
        part = np.zeros(len(tree), dtype=NODE)
        part["threshold"] = tree["num_threshold"]
        part["value"] = tree["value"]
        part["left"] = np.where(leaf, -1, tree["left"].astype(np.int64))
        part["right"] = np.where(leaf, -1, tree["right"].astype(np.int64))
        part["feature"] = tree["feature_idx"]
        part["missing_left"] = tree["missing_go_to_left"]
        parts.append(part)
    return PackedEnsemble(
        _end_to_end(parts),
        scale=1.0,
        base=float(boosting._baseline_prediction.item()),
        n_features=boosting.n_features_in_,
        depth=max(int(tree["depth"].max()) for tree in trees),
    )


def _end_to_end(parts: list[Nodes]) -> Trees:
    """Join trees whose children are counted from their own root."""
    beyond = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    for part, root in zip(parts, beyond[:-1], strict=True):
        inner = part["left"] >= 0
        part["left"][inner] += root
        part["right"][inner] += root
    return Trees(np.concatenate(parts), beyond[:-1])
