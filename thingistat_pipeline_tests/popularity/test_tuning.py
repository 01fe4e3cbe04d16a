import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid
from sklearn.tree import DecisionTreeRegressor

from thingistat_pipeline.popularity.parity import PARITY_GRID
from thingistat_pipeline.popularity.splits import folds
from thingistat_pipeline.popularity.tuning import (
    ForestGrid,
    Tuning,
    candidates_at_a_node,
    predictions_under_limits,
    tune_forest,
)

FOLDS = 3


def noisy_rows(rows: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, width)).astype(np.float32)
    return X, X[:, 0].astype(float) + np.sin(2 * X[:, 1]) + rng.normal(0, 0.7, rows)


def grid_search(X: np.ndarray, y: np.ndarray, grid: ForestGrid, seed: int) -> np.ndarray:
    """Return scikit-learn's scores of every combination in every fold, shape (c, folds)."""
    search = GridSearchCV(
        RandomForestRegressor(random_state=seed),
        {name: list(getattr(grid, name)) for name in ForestGrid.__dataclass_fields__},
        scoring="r2",
        cv=KFold(FOLDS),
        refit=False,
    ).fit(X, y)
    return np.column_stack([search.cv_results_[f"split{k}_test_score"] for k in range(FOLDS)])


def test_combinations_come_in_scikit_learns_order():
    expected = ParameterGrid(
        {name: list(getattr(PARITY_GRID, name)) for name in ForestGrid.__dataclass_fields__}
    )
    found = [combination.as_dict() for combination in PARITY_GRID.combinations()]
    assert found == list(expected)
    assert len(found) == 72


def test_forests_of_which_nothing_is_cut_score_exactly_as_in_grid_search():
    grid = ForestGrid((6,), ("sqrt", "log2"), (6,), (5, 10, 20))
    X, y = noisy_rows(150, 20)
    expected = grid_search(X, y, grid, seed=7)
    found = tune_forest(X, y, grid, folds(len(y), wanted=FOLDS), seed=7)
    np.testing.assert_allclose(found.scores, expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        np.array(found.means, float), expected.mean(axis=1), rtol=0, atol=1e-13
    )
    np.testing.assert_allclose(
        np.array(found.deviations, float), expected.std(axis=1), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize(("depth", "split"), [(1, 2), (3, 2), (9, 20), (4, 9), (9, 2)])
def test_a_cut_tree_is_the_tree_grown_with_that_limit_where_growing_is_not_random(
    depth: int, split: int
):
    # With a single feature and no equal values there is nothing to draw; so here the cut tree must
    # be the very tree. Weights of 0, 1 and 2 stand for a bootstrap.
    X, y = noisy_rows(200, 2)
    X = X[:, :1]
    weights = np.random.default_rng(1).integers(0, 3, len(y))
    grown = DecisionTreeRegressor(max_depth=9, min_samples_split=2, random_state=0)
    grown.fit(X, y, sample_weight=weights)
    limited = DecisionTreeRegressor(max_depth=depth, min_samples_split=split, random_state=0)
    limited.fit(X, y, sample_weight=weights)
    others = noisy_rows(500, 2, seed=9)[0][:, :1].copy()
    found = predictions_under_limits(grown.tree_, others, [(depth, split)])
    np.testing.assert_allclose(found[0], limited.predict(others), rtol=0, atol=1e-12)


def test_scores_of_cut_forests_differ_from_grid_searchs_by_noise_only():
    # A cut forest and the forest grown under that limit are two draws of one distribution. Over
    # paired seeds the differences of their mean scores then have the mean 0, and its standard
    # error is their standard deviation over the root of the number of seeds. |t| of 16 pairs
    # exceeds 4.07 with probability .001 (Student's t, 15 degrees of freedom).
    grid = ForestGrid((2, 3, 8), ("sqrt",), (4, 30), (10,))
    X, y = noisy_rows(120, 4)
    cut = folds(len(y), wanted=FOLDS)
    differences = np.array(
        [
            np.array(tune_forest(X, y, grid, cut, seed=seed).means)
            - grid_search(X, y, grid, seed).mean(axis=1)
            for seed in range(16)
        ]
    )
    # Deepest and least restricted: nothing is cut, so nothing differs.
    uncut = np.array([c.max_depth == 8 and c.min_samples_split == 4 for c in grid.combinations()])
    assert np.abs(differences[:, uncut]).max() < 1e-12
    differences = differences[:, ~uncut]
    t = differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))
    assert np.abs(t).max() < 4.07
    assert np.abs(differences.mean(axis=0)).max() < 0.02


def test_the_number_of_threads_changes_nothing():
    grid = ForestGrid((3, 6), ("sqrt",), (6, 10), (20, 40))
    X, y = noisy_rows(150, 9)
    one = tune_forest(X, y, grid, folds(len(y)), seed=1, threads=1)
    three = tune_forest(X, y, grid, folds(len(y)), seed=1, threads=3)
    assert one.scores.tolist() == three.scores.tolist()


@pytest.mark.parametrize(("width", "forests"), [(23, 2), (100, 4)])
def test_settings_that_amount_to_the_same_number_of_features_share_a_forest(
    width: int, forests: int
):
    told: list[tuple[str, int, int]] = []
    grid = ForestGrid((3,), ("sqrt", "log2"), (6,), (5,))
    X, y = noisy_rows(60, width)
    found = tune_forest(
        X, y, grid, folds(60, wanted=2), seed=1, progress=lambda *news: told.append(news)
    )
    assert told == [("tuning", done, forests) for done in range(1, forests + 1)]
    assert np.isfinite(found.scores).all()
    assert (found.scores[0] == found.scores[1]).all() == (forests == 2)


@pytest.mark.parametrize("setting", ["sqrt", "log2"])
@pytest.mark.parametrize("width", [1, 2, 3, 16, 23, 24, 25, 31, 32, 100])
def test_the_number_of_candidates_is_scikit_learns(setting, width: int):
    X, y = noisy_rows(8, max(width, 2))
    fitted = DecisionTreeRegressor(max_features=setting).fit(X[:, :width], y)
    assert candidates_at_a_node(setting, width) == fitted.max_features_


def test_of_equally_good_combinations_the_first_is_best():
    grid = ForestGrid((3,), ("sqrt", "log2"), (6, 8), (5,))
    scores = np.array([[0.1, 0.2], [0.3, 0.4], [0.3, 0.4], [np.nan, np.nan]])
    assert Tuning(grid.combinations(), scores).best == 1


def test_folds_without_a_score_are_passed_over():
    grid = ForestGrid((3,), ("sqrt",), (6, 8), (5,))
    tuning = Tuning(grid.combinations(), np.array([[np.nan, 0.5], [np.nan, np.nan]]))
    assert tuning.means == [0.5, None]
    assert tuning.deviations == [0.0, None]
    assert tuning.best == 0
