import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from thingistat_pipeline.popularity.explanation.groups import feature_groups, rank_correlations


def test_without_unknown_values_the_correlations_are_scipys():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 20, (400, 5)).astype(np.float32)
    X[:, 1] += X[:, 0] ** 2
    X[:, 2] -= X[:, 0]
    np.testing.assert_allclose(rank_correlations(X), spearmanr(X).statistic, atol=1e-12)


def test_columns_unknown_for_the_same_things_are_not_alike_for_that():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 2)).astype(np.float32)
    X[:1000] = np.nan
    expected = spearmanr(X[1000:]).statistic
    assert rank_correlations(X)[0, 1] == pytest.approx(expected, abs=1e-12)
    assert feature_groups(X, ["a", "b"]) == {"a": ["a"], "b": ["b"]}


def test_columns_hardly_ever_known_together_count_as_unrelated():
    X = np.arange(200, dtype=np.float32)[:, None] + np.zeros((1, 2), np.float32)
    X[:90, 0] = np.nan
    X[110:, 1] = np.nan
    assert rank_correlations(X)[0, 1] == 0.0


def test_columns_that_do_not_vary_count_as_unrelated():
    X = np.column_stack([np.arange(100.0), np.full(100, 3.0)]).astype(np.float32)
    np.testing.assert_array_equal(rank_correlations(X), np.eye(2))


def test_a_cluster_is_named_after_its_most_central_feature():
    rng = np.random.default_rng(2)
    hidden = rng.normal(size=3000)
    X = np.column_stack(
        [
            hidden + rng.normal(size=3000) * 0.8,
            rng.normal(size=3000),
            -hidden,  # the most central: the others are this with noise
            np.exp(hidden + rng.normal(size=3000) * 0.8),
        ]
    ).astype(np.float32)
    assert feature_groups(X, ["length", "hour", "words", "links"]) == {
        "words (+2)": ["length", "words", "links"],
        "hour": ["hour"],
    }


def test_features_of_different_families_stay_apart_however_alike():
    X = np.arange(200, dtype=np.float32)[:, None] + np.zeros((1, 4), np.float32)
    features = [
        "log_age_days",  # context
        "creator_earlier_most_downloads",  # the creator
        "creator_earlier_median_downloads",
        "file_count",  # content
    ]
    assert list(feature_groups(X, features).values()) == [
        ["log_age_days"],
        ["creator_earlier_most_downloads", "creator_earlier_median_downloads"],
        ["file_count"],
    ]


def test_weakly_related_features_stay_apart():
    rng = np.random.default_rng(3)
    hidden = rng.normal(size=5000)
    X = np.column_stack([hidden, hidden + 2.5 * rng.normal(size=5000)]).astype(np.float32)
    assert 0.2 < spearmanr(X).statistic < 0.5
    assert list(feature_groups(X, ["a", "b"])) == ["a", "b"]


def test_one_hot_families_are_groups_of_their_own_even_beside_a_related_feature():
    rng = np.random.default_rng(4)
    category = rng.integers(0, 3, 1000)
    X = np.column_stack(
        [
            category == 0,
            category == 0,
            category == 1,
            rng.random(1000) < 0.5,
            rng.random(1000) < 0.1,
        ]
    ).astype(np.float32)
    features = ["is_art", "category_art", "category_tools", "license_gpl", "language_german"]
    assert feature_groups(X, features) == {
        "is_art": ["is_art"],
        "category": ["category_art", "category_tools"],
        "license": ["license_gpl"],
        "language": ["language_german"],
    }


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(0, 80),
    width=st.integers(1, 8),
    unknown=st.sampled_from([0.0, 0.5, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_every_feature_is_in_exactly_one_group_whatever_the_data(seed, rows, width, unknown):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, (rows, width)).astype(np.float32)
    X[rng.random(X.shape) < unknown] = np.nan
    features = [f"category_{n}" if n % 3 == 2 else f"f{n}" for n in range(width)]
    groups = feature_groups(X, features)
    assert sorted(name for members in groups.values() for name in members) == sorted(features)
    assert feature_groups(X, features) == groups


def test_many_rows_are_thinned_to_a_part_that_tells_the_same():
    rng = np.random.default_rng(5)
    hidden = rng.normal(size=25_000)
    X = np.column_stack([hidden, hidden**3, rng.normal(size=25_000)]).astype(np.float32)
    assert list(feature_groups(X, ["a", "b", "c"]).values()) == [["a", "b"], ["c"]]
