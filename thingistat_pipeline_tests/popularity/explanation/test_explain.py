"""One fitted model: explained from end to end, and compared with the one before it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from thingistat_pipeline.popularity.advisor.boosting import ITERATIONS, fit_boosting
from thingistat_pipeline.popularity.advisor.fit import fit_advisor
from thingistat_pipeline.popularity.advisor.history import drift_from_previous
from thingistat_pipeline.popularity.advisor.model import Advisor, AdvisorForest
from thingistat_pipeline.popularity.explanation.actions import ACTIONABLE
from thingistat_pipeline.popularity.explanation.effects_curve import (
    accumulated_effects,
    half_sample_models,
)
from thingistat_pipeline.popularity.explanation.explain import (
    GROUPS_SCHEMA,
    IMPORTANCE_SCHEMA,
    REMARKS_SCHEMA,
    Explained,
    Importances,
    advised,
    explained,
    importances,
    no_importances,
)
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

NO_PANEL = pl.DataFrame(
    schema={"id": pl.Int64, "days": pl.Int64, "rate": pl.Float64, "age_days": pl.Float64}
)


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return sandbox_frame(700)


@pytest.fixture(scope="module")
def fitted(frame: pl.DataFrame) -> AdvisorForest:
    found = fit_advisor(frame, NO_PANEL, seed=12, effort="quick")
    assert isinstance(found, AdvisorForest)
    return found


def serving(fitted: AdvisorForest) -> Advisor:
    """Return the forest as the model that serves, whoever won."""
    return Advisor(
        "advisor_forest", fitted.forest, fitted.metrics["features"], fitted.metrics, fitted.forest
    )


@pytest.fixture(scope="module")
def model(fitted: AdvisorForest, frame: pl.DataFrame) -> Explained:
    return explained(serving(fitted), frame, fitted.split_frame())


@pytest.fixture(scope="module")
def measured(model: Explained) -> Importances:
    return importances(model, seed=12, effort="quick")


def test_things_keep_the_roles_of_the_training_and_newer_ones_have_none(
    fitted: AdvisorForest, frame: pl.DataFrame
):
    split = fitted.split_frame()
    newer = split.filter(split="test").head(3)["id"]
    model = explained(serving(fitted), frame, split.filter(~pl.col("id").is_in(newer.implode())))

    for name in ("train", "calibration", "test"):
        expected = split.filter(pl.col("split") == name, ~pl.col("id").is_in(newer.implode()))
        assert model.rows.ids[getattr(model.roles, name)].tolist() == expected["id"].to_list()


def test_the_model_that_serves_is_explained(model: Explained, fitted: AdvisorForest):
    assert (model.name, model.remark) == ("advisor_forest", "")
    X = model.rows.X[:50]
    np.testing.assert_allclose(model.ensemble.predict(X), fitted.forest.predict(X), rtol=1e-12)
    assert model.rows.left_out == fitted.metrics["features_left_out"]


def test_where_a_model_without_trees_serves_the_forest_is_explained_and_that_is_said(
    fitted: AdvisorForest, frame: pl.DataFrame
):
    class Line:
        def predict(self, X: np.ndarray) -> np.ndarray:
            return np.asarray(X.sum(axis=1))

    advisor = replace(serving(fitted), name="linear", estimator=Line())
    model = explained(advisor, frame, fitted.split_frame())

    assert model.name == "advisor_forest"
    assert "linear serves" in model.remark
    X = model.rows.X[:50]
    np.testing.assert_allclose(model.ensemble.predict(X), fitted.forest.predict(X), rtol=1e-12)


def test_where_boosting_serves_the_bands_of_its_curves_are_of_boosting(
    fitted: AdvisorForest, frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(ITERATIONS, "quick", 15)
    boosting = fit_boosting(fitted.rows.taken(fitted.roles.train), seed=1, effort="quick")
    advisor = replace(serving(fitted), name="boosting", estimator=boosting)
    model = explained(advisor, frame, fitted.split_frame())
    assert (model.name, model.remark, model.boosting) == ("boosting", "", boosting)
    halves = half_sample_models(
        model.rows, model.roles, model.parameters, boosting=model.boosting, seed=12
    )
    found = advised(model, frame, no_importances(), seed=12, effort="quick")
    expected = accumulated_effects(
        boosting.predict, halves, model.rows.taken(model.roles.test), ACTIONABLE, seed=12
    )
    assert_frame_equal(found.curves, expected)


def test_forests_fitted_anew_have_parameters_for_their_own_number_of_rows(
    fitted: AdvisorForest, frame: pl.DataFrame
):
    capped = {**fitted.metrics["best_params"], "max_samples": 0.01}
    stored = replace(serving(fitted), metrics={**fitted.metrics, "best_params": capped})
    model = explained(stored, frame, fitted.split_frame())
    assert model.parameters(300)["max_samples"] == fitted.metrics["search"]["chosen"]["max_samples"]

    older = {k: v for k, v in fitted.metrics["search"].items() if k not in ("chosen", "train_rows")}
    stored = replace(stored, metrics={**stored.metrics, "search": older})
    assert explained(stored, frame, fitted.split_frame()).parameters(300) == capped


def test_every_feature_and_every_group_is_shuffled_and_some_groups_are_left_out(
    measured: Importances, model: Explained
):
    assert dict(measured.table.schema) == IMPORTANCE_SCHEMA
    assert dict(measured.groups.schema) == GROUPS_SCHEMA
    assert set(measured.table["split"]) == {"test"}
    by_method = {
        method: set(rows["feature"])
        for (method,), rows in measured.table.partition_by("method", as_dict=True).items()
    }
    groups = set(measured.groups["group_name"])
    assert by_method["permutation"] == set(model.rows.features)
    assert by_method["group_permutation"] == groups
    assert by_method["drop_group"] < groups
    assert sorted(measured.groups["feature"]) == sorted(model.rows.features)


def test_the_age_matters_most_to_generated_things(measured: Importances):
    shuffled = measured.table.filter(method="group_permutation").sort("mean", descending=True)
    assert shuffled["feature"][0] == "log_age_days"
    assert shuffled["low"][0] > 0.3


def test_advice_comes_with_curves_and_with_remarks_on_what_was_not_examined(
    model: Explained, frame: pl.DataFrame, measured: Importances
):
    found = advised(model, frame, measured, seed=12, effort="quick")
    photograph = found.advice.table.filter(feature="photo_count").row(0, named=True)
    assert photograph["low"] > 0  # planted: `sandbox.effects.PLANTED_EFFECTS`
    assert photograph["group"] in set(measured.groups["group_name"])
    assert "photo_count" in set(found.curves["feature"])
    remarks = found.remarks()
    assert dict(remarks.schema) == REMARKS_SCHEMA
    assert set(remarks["about"]) == {"advice", "file_claim", "not_examined"}
    assert remarks.filter(about="file_claim")["remark"].to_list() == [
        found.advice.file_claim.verdict
    ]
    assert remarks.filter(about="not_examined")["position"].to_list() == list(
        range(1, found.advice.not_examined.height + 1)
    )


def test_without_a_model_nothing_is_important():
    assert no_importances().table.is_empty()
    assert no_importances().groups.is_empty()


@pytest.fixture
def stored(tmp_path, fitted: AdvisorForest):
    """Store the same model as of two nights and return the folder."""
    for version, day in (("first", "2026-08-25"), ("second", "2026-09-01")):
        save_model(
            tmp_path,
            "advisor_forest",
            fitted.forest,
            metrics={**fitted.metrics, "observed_through": day, "winner": "advisor_forest"},
            provenance={"version": version, "source": "sandbox"},
            version=version,
            split=fitted.split_frame(),
        )
    return tmp_path


def test_the_model_before_is_asked_about_todays_held_out_things(
    stored, fitted: AdvisorForest, frame: pl.DataFrame
):
    found = drift_from_previous(stored, frame, fitted.split_frame(), seed=12, effort="quick")
    assert found is not None
    assert found["previous_version"] == "first"
    # the same forest on the same things: as it was scored
    (then,) = (
        model["scores"]["r2_log"]
        for model in fitted.metrics["models"]
        if (model["model"], model["split"]) == ("advisor_forest", "creator")
    )
    assert found["previous_on_now"]["r2_log"]["value"] == pytest.approx(then["value"])


def test_the_model_before_is_not_asked_where_it_may_have_learnt_from_those_things(
    stored, fitted: AdvisorForest, frame: pl.DataFrame
):
    split = fitted.split_frame()
    another_seed = drift_from_previous(stored, frame, split, seed=13, effort="quick")
    without_a_feature = drift_from_previous(
        stored, frame.drop("photo_count"), split, seed=12, effort="quick"
    )
    for found in (another_seed, without_a_feature):
        assert found is not None
        assert found["previous_on_now"] is None


def test_the_first_model_has_none_before_it(stored, fitted: AdvisorForest, frame: pl.DataFrame):
    (stored / "advisor_forest" / "latest").unlink()
    (stored / "advisor_forest" / "latest").symlink_to("first")
    split = fitted.split_frame()
    assert drift_from_previous(stored, frame, split, seed=12, effort="quick") is None
