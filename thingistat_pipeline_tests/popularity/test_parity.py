import json
import sqlite3
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.registry import Family, FeatureFamilyError, require_families
from thingistat_pipeline.popularity.parity import ParityForest, fit_parity, parity_importances
from thingistat_pipeline.popularity.parity_rows import PARITY_FEATURES, TooFewRowsError
from thingistat_pipeline_tests.popularity.simulated import simulated_frame

ROWS = 400


@pytest.fixture(scope="module")
def fitted() -> ParityForest:
    return fit_parity(simulated_frame(ROWS))


def importances_of(fitted: ParityForest, frame: pl.DataFrame, threads: int = 2) -> pl.DataFrame:
    return parity_importances(
        fitted.model,
        frame,
        features=fitted.metrics["features"],
        split=fitted.split_frame(),
        threads=threads,
    )


@pytest.fixture(scope="module")
def importances(fitted: ParityForest) -> pl.DataFrame:
    return importances_of(fitted, simulated_frame(ROWS))


@pytest.fixture(scope="module")
def few() -> ParityForest:
    return fit_parity(simulated_frame(5))


def test_the_features_are_those_of_the_notebook():
    assert len(PARITY_FEATURES) + 10 == 23  # with its ten categories


def test_nothing_but_thingistats_own_features_and_the_categories_is_used(fitted: ParityForest):
    assert fitted.metrics["features"] == [*PARITY_FEATURES, "category_art", "category_tools"]
    with pytest.raises(FeatureFamilyError):
        require_families(fitted.metrics["features"], [Family.CONTENT, Family.CONTEXT])


def test_metrics_are_json_and_count_what_was_used(fitted: ParityForest):
    metrics = fitted.metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert (metrics["n_rows"], metrics["n_train"], metrics["n_test"]) == (400, 300, 100)
    assert metrics["n_features"] == 15
    assert metrics["folds"] == 5
    assert len(metrics["cv"]["table"]) == 72
    assert metrics["rows_dropped"] == {}
    assert metrics["r2_test_low"] < metrics["r2_test"] < metrics["r2_test_high"]
    assert set(metrics["baselines"]) == {"mean", "median", "age_only"}


def test_the_best_combination_is_the_best_of_the_table(fitted: ParityForest):
    cv = fitted.metrics["cv"]
    best = max(cv["table"], key=lambda row: row["mean"])
    assert cv["best_score"] == best["mean"]
    assert fitted.metrics["best_params"] == {
        name: value for name, value in best.items() if name not in ("mean", "std")
    }


def test_sqrt_and_log2_of_fifteen_features_score_alike_and_sqrt_is_taken(fitted: ParityForest):
    assert fitted.metrics["best_params"]["max_features"] == "sqrt"


def test_the_final_model_is_a_plain_forest_with_the_best_parameters(fitted: ParityForest):
    frame = simulated_frame(ROWS)
    train = pl.DataFrame({"id": fitted.ids[fitted.split.train]})
    train = train.join(frame, on="id", maintain_order="left")
    X = train.select(pl.col(fitted.metrics["features"]).cast(pl.Float64)).to_numpy()
    forest = RandomForestRegressor(**fitted.metrics["best_params"], random_state=12)
    forest.fit(X, train["download_count"].to_numpy())
    assert fitted.model.predict(X).tolist() == forest.predict(X).tolist()
    assert fitted.metrics["r2_train"] == pytest.approx(
        forest.score(X, train["download_count"]), abs=1e-12
    )


def test_no_thing_is_both_fitted_on_and_held_out(fitted: ParityForest):
    split = fitted.split_frame()
    assert split["id"].to_list() == simulated_frame(ROWS)["id"].to_list()
    assert dict(split.group_by("split").len().iter_rows()) == {"train": 300, "test": 100}


def test_it_beats_the_baselines_on_simulated_things(fitted: ParityForest):
    beaten = [score["r2_test"] for score in fitted.metrics["baselines"].values()]
    assert fitted.metrics["r2_test"] > max(beaten) + 0.3


def test_importances_come_by_three_ways_for_every_feature(
    fitted: ParityForest, importances: pl.DataFrame
):
    counted = importances.group_by("method", "split").len().sort("method", "split")
    assert counted.rows() == [
        ("mean_decrease_in_variance", "train", 15),
        ("permutation", "test", 15),
        ("permutation", "train", 15),
    ]
    decrease = importances.filter(method="mean_decrease_in_variance")
    np.testing.assert_allclose(decrease["mean"], fitted.model.feature_importances_, atol=1e-12)


def test_planted_consequences_rank_above_planted_nulls_on_held_out_things(
    importances: pl.DataFrame,
):
    held_out = importances.filter(method="permutation", split="test")
    mean = dict(held_out.select("feature", "mean").iter_rows())
    nulls = ["description_length", "instructions_length", "file_count", "category_art"]
    for consequence in ("like_count", "collect_count"):
        assert mean[consequence] > 10 * max(abs(mean[null]) for null in nulls)


def test_threads_and_order_of_rows_change_nothing(fitted: ParityForest, importances: pl.DataFrame):
    shuffled = simulated_frame(ROWS).sample(fraction=1, shuffle=True, seed=8)
    again = fit_parity(shuffled, threads=3)
    assert again.metrics == fitted.metrics
    assert importances_of(again, shuffled, threads=3).equals(importances)
    assert again.training_hash == fitted.training_hash
    assert again.split_frame().equals(fitted.split_frame())


def test_things_that_came_after_the_fitting_are_not_taken_for_held_out_ones(
    fitted: ParityForest, importances: pl.DataFrame
):
    newer = simulated_frame(ROWS, seed=4).with_columns(pl.col("id") + 10**6)
    grown = pl.concat([simulated_frame(ROWS), newer])
    assert importances_of(fitted, grown).equals(importances)


def test_a_frame_that_lacks_a_column_of_the_model_is_refused_by_name(fitted: ParityForest):
    with pytest.raises(ThingistatError, match="category_tools"):
        importances_of(fitted, simulated_frame(ROWS).drop("category_tools"))


def test_the_training_hash_tells_other_data_apart(few: ParityForest):
    frame = simulated_frame(5).with_columns(pl.col("download_count") + 1)
    assert fit_parity(frame).training_hash != few.training_hash


def test_rows_with_unknown_columns_are_dropped_and_counted_once_with_the_reason():
    missing = pl.col("id") < 15  # the first two rows: ids 1 and 8
    frame = simulated_frame(40).with_columns(
        download_count=pl.when(pl.col("id") != 1).then("download_count"),
        like_count=pl.when(~missing).then("like_count"),
    )
    metrics = fit_parity(frame).metrics
    assert metrics["rows_dropped"] == {"download_count unknown": 1, "like_count unknown": 1}
    assert metrics["n_rows"] == 38
    assert any(sentence.startswith("2 things (5.0%)") for sentence in metrics["warnings"])


def test_a_feature_that_is_mostly_unknown_is_left_out_rather_than_its_rows():
    frame = simulated_frame(20).with_columns(make_count=pl.lit(None, dtype=pl.Int64))
    metrics = fit_parity(frame).metrics
    assert metrics["features_left_out"] == {"make_count": 1.0}
    assert metrics["n_rows"] == 20
    assert "make_count" not in metrics["features"]
    assert any("make_count" in sentence for sentence in metrics["warnings"])


def test_an_unknown_age_drops_no_row(few: ParityForest):
    frame = simulated_frame(5).with_columns(age_days=pl.lit(None, dtype=pl.Int64))
    assert fit_parity(frame).metrics["n_rows"] == few.metrics["n_rows"]


def test_five_things_make_a_model_with_fewer_folds_and_a_warning(few: ParityForest):
    assert (few.metrics["n_train"], few.metrics["n_test"]) == (3, 2)
    assert few.metrics["folds"] == 2
    assert any("5 things only" in sentence for sentence in few.metrics["warnings"])
    assert any("2 folds" in sentence for sentence in few.metrics["warnings"])


def test_four_things_leave_one_held_out_and_so_no_score():
    found = fit_parity(simulated_frame(4))
    assert found.metrics["r2_test"] is None
    assert found.metrics["r2_test_low"] is None
    assert set(importances_of(found, simulated_frame(4))["split"]) == {"train"}
    json.dumps(found.metrics, allow_nan=False)


@pytest.mark.parametrize("rows", [0, 3])
def test_fewer_than_four_things_are_refused_with_the_reasons(rows: int):
    frame = simulated_frame(30).with_columns(
        download_count=pl.when(pl.col("id") < 7 * rows + 1).then("download_count")
    )
    with pytest.raises(TooFewRowsError, match=f"{30 - rows} left out: download_count unknown"):
        fit_parity(frame)


def test_a_constant_outcome_has_no_r_squared_and_does_not_crash():
    frame = simulated_frame(12).with_columns(download_count=pl.lit(7))
    found = fit_parity(frame)
    assert found.metrics["r2_train"] is None
    assert found.metrics["cv"]["best_score"] is None
    assert found.metrics["best_params"] == {
        "max_depth": 10,
        "max_features": "sqrt",
        "min_samples_split": 6,
        "n_estimators": 150,
    }
    assert importances_of(found, frame)["mean"].to_list() == [0.0] * 15
    assert any("undefined" in sentence for sentence in found.metrics["warnings"])


def test_thingistats_33_real_models_go_through_with_warnings(real_data: Path):
    path = real_data / "snapshots" / "thingistat_2022-08-11_33_things.db"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
        cursor = con.execute(
            "SELECT things.id, download_count, like_count, collect_count, comment_count, "
            "coalesce(length(nullif(description, 'NULL')), 0) AS description_length, "
            "coalesce(length(nullif(instructions, 'NULL')), 0) AS instructions_length, "
            "file_count, remix_count, make_count, root_comment_count, is_derivative, "
            "added_images_count, count_of_followers, count_of_designs "
            "FROM things LEFT JOIN creators ON creators.id = creator_id"
        )
        names = [column[0] for column in cursor.description]
        rows = [[None if v == "NULL" else v for v in row] for row in cursor]
    frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
    frame = frame.with_columns(age_days=pl.lit(None, dtype=pl.Int64))
    found = fit_parity(frame)
    assert found.metrics["n_rows"] + sum(found.metrics["rows_dropped"].values()) == 33
    assert any("little more than an example" in s for s in found.metrics["warnings"])


def test_of_all_categories_only_the_first_ten_of_the_frame_are_looked_at():
    others = {f"category_{number:02}": pl.lit(number % 2 == 0) for number in range(12)}
    found = fit_parity(simulated_frame(12).with_columns(**others))
    expected = ["category_art", "category_tools", *list(others)[:8]]
    assert found.metrics["features"] == [*PARITY_FEATURES, *expected]
