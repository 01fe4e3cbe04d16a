import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import r2_score

from thingistat_pipeline.features.registry import FeatureFamilyError
from thingistat_pipeline.popularity.advisor import boosting, search
from thingistat_pipeline.popularity.advisor.baselines import age_only
from thingistat_pipeline.popularity.advisor.boosted_rates import BoostedRates
from thingistat_pipeline.popularity.advisor.boosting import fit_boosted_rates, fit_boosting
from thingistat_pipeline.popularity.advisor.fit import fit_advisor
from thingistat_pipeline.popularity.advisor.linear import fit_linear
from thingistat_pipeline.popularity.advisor.model import AdvisorForest, NotFitted, load_advisor
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, advisor_rows
from thingistat_pipeline.popularity.advisor.search import SearchBudget, parameters_for
from thingistat_pipeline.popularity.splits import creator_roles, read_split
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.stored_versions import ModelRefusedError
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

NO_PANEL = pl.DataFrame(
    schema={"id": pl.Int64, "days": pl.Int64, "rate": pl.Float64, "age_days": pl.Int64}
)


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Search and boost less, to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        budget = SearchBudget(trials=3, patience=3, trees=(10, 20), rows=800)
        patch.setitem(search.BUDGETS, "quick", budget)
        patch.setitem(boosting.ITERATIONS, "quick", 15)
        yield


def fitted_on(frame: pl.DataFrame, *, threads: int = 2, **options: Any) -> AdvisorForest:
    found = fit_advisor(frame, NO_PANEL, seed=12, effort="quick", threads=threads, **options)
    assert isinstance(found, AdvisorForest)
    return found


def not_fitted_on(frame: pl.DataFrame) -> NotFitted:
    found = fit_advisor(frame, NO_PANEL, seed=12, effort="quick")
    assert isinstance(found, NotFitted)
    return found


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def fitted(told: list[tuple[str, int, int]]) -> AdvisorForest:
    return fitted_on(sandbox_frame(1300), progress=lambda *what: told.append(what))


def r2_of(found: AdvisorForest, model: str, split: str = "creator") -> dict[str, float]:
    (row,) = (
        row for row in found.metrics["models"] if (row["model"], row["split"]) == (model, split)
    )
    score: dict[str, float] = row["scores"]["r2_log"]
    return score


def stored(models_dir: Path, found: AdvisorForest) -> Path:
    return save_model(
        models_dir,
        ADVISOR,
        found.forest,
        metrics=found.metrics,
        provenance={"seed": 12},
        version="v1",
        split=found.split_frame(),
        winner=found.stored_winner,
    )


def test_metrics_are_json_and_count_what_was_used(fitted: AdvisorForest):
    metrics = fitted.metrics
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    assert (metrics["fitted"], metrics["reason"], metrics["n_rows"]) == (True, None, 1300)
    assert metrics["n_train"] + metrics["n_calibration"] + metrics["n_test"] == 1300
    assert metrics["n_features"] == len(metrics["features"]) == fitted.rows.X.shape[1]
    assert set(metrics["feature_summary"]) == set(metrics["features"])
    assert metrics["observed_through"] == str(sandbox_frame(10)["observed_at"].dt.date().max())
    assert metrics["training_hash"] == fitted.rows.training_hash()
    assert [panel["fitted"] for panel in metrics["panel"]] == [False] * 3


def test_every_model_is_judged_on_both_splits(fitted: AdvisorForest):
    entries = [(row["model"], row["split"]) for row in fitted.metrics["models"]]
    assert len(set(entries)) == len(entries) == 16
    assert {split for _, split in entries} == {"creator", "time"}


def test_the_forest_clearly_beats_the_age_and_the_creators_past(fitted: AdvisorForest):
    forest = r2_of(fitted, ADVISOR)
    assert forest["low"] > r2_of(fitted, "age_only")["high"]
    assert forest["low"] > r2_of(fitted, "creator_median")["high"]


def test_the_forest_is_a_plain_one_with_the_parameters_stated(fitted: AdvisorForest):
    said = {name: getattr(fitted.forest, name) for name in fitted.metrics["best_params"]}
    assert said == fitted.metrics["best_params"]
    assert fitted.forest.n_features_in_ == len(fitted.metrics["features"])
    assert fitted.forest.n_jobs is None


def test_no_creator_has_two_roles_and_the_split_says_whose_is_which(fitted: AdvisorForest):
    whose = dict(zip(fitted.rows.ids.tolist(), fitted.rows.creators.tolist(), strict=True))
    split = fitted.split_frame()
    assert split["id"].to_list() == fitted.rows.ids.tolist()
    sides = {
        name: {whose[thing] for thing in split.filter(split=name)["id"]}
        for name in ("train", "calibration", "test")
    }
    assert all(sides.values())
    assert not sides["train"] & sides["calibration"]
    assert not sides["test"] & (sides["train"] | sides["calibration"])


def test_the_things_of_the_time_split_are_newer_than_all_it_was_fitted_on(fitted: AdvisorForest):
    time = fitted.metrics["time_split"]
    cutoff = np.datetime64(time["cutoff"])
    days = fitted.rows.added.astype("datetime64[D]")
    assert (days > cutoff).sum() <= time["n_test"] <= (days >= cutoff).sum()
    assert time["n_test"] == pytest.approx(1300 / 4, abs=5)
    assert time["n_train"] < 1300 - time["n_test"]  # the calibration's creators are kept apart


def test_the_feature_summary_is_that_of_the_training_things(fitted: AdvisorForest):
    train = fitted.rows.taken(fitted.roles.train)
    for name in ("file_count", "thumbnail_is_render", "category_art"):
        column = train.column(name).astype(float)
        assert fitted.metrics["feature_summary"][name] == {
            "mean": pytest.approx(np.nanmean(column)),
            "sd": pytest.approx(np.nanstd(column)),
            "known": pytest.approx(np.mean(~np.isnan(column))),
        }


def test_intervals_cover_about_what_they_shall(fitted: AdvisorForest):
    overall = fitted.metrics["intervals"]["overall"]
    assert overall["n"] == fitted.metrics["n_test"]
    assert overall["low"] < 0.85
    assert overall["high"] > 0.75


def test_threads_do_not_change_the_metrics():
    frame = sandbox_frame(500)
    one, two = (fitted_on(frame, threads=threads) for threads in (1, 2))
    assert json.dumps(one.metrics, sort_keys=True) == json.dumps(two.metrics, sort_keys=True)
    assert one.predicted.tolist() == two.predicted.tolist()


@pytest.mark.parametrize("leaked", ["like_count", "download_count", "top_file_downloads"])
def test_a_leaked_consequence_of_popularity_is_refused(leaked: str):
    with pytest.raises(FeatureFamilyError, match=leaked):
        fit_advisor(
            sandbox_frame(400),
            NO_PANEL,
            seed=1,
            effort="quick",
            features=["file_count", leaked, "log_age_days"],
        )


def test_what_is_in_the_frame_but_forbidden_is_not_among_the_features(fitted: AdvisorForest):
    assert {"like_count", "download_count"} <= set(sandbox_frame(10).columns)
    assert not {"like_count", "download_count"} & set(fitted.metrics["features"])


def test_few_things_give_a_reason_and_no_figures():
    found = not_fitted_on(sandbox_frame(60))
    assert "60 things" in found.reason
    assert json.loads(json.dumps(found.metrics)) == found.metrics
    assert set(found.metrics) == {
        "model",
        "fitted",
        "reason",
        "n_rows",
        "n_creators",
        "rows_dropped",
        "warnings",
        "seed",
        "effort",
        "observed_through",
    }
    assert (found.metrics["fitted"], found.metrics["n_rows"]) == (False, 60)


def test_no_things_at_all_give_a_reason():
    assert "0 things of 0 creators" in not_fitted_on(sandbox_frame(20).clear()).reason


@pytest.mark.parametrize(("creators", "said"), [(1, "of 1 creators"), (120, "are held out")])
def test_many_things_of_few_creators_give_a_reason(creators: int, said: str):
    frame = sandbox_frame(400).with_columns(creator_id=pl.int_range(400) % creators)
    assert said in not_fitted_on(frame).reason


def test_things_that_are_all_downloaded_alike_give_a_reason():
    frame = sandbox_frame(600).with_columns(download_count=pl.lit(7))
    assert "nothing to explain" in not_fitted_on(frame).reason


def test_many_dropped_things_are_warned_of_even_if_nothing_was_fitted():
    frame = sandbox_frame(60).with_columns(
        download_count=pl.when(pl.int_range(60) < 30).then("download_count")
    )
    assert not_fitted_on(frame).metrics["warnings"] == [
        "30 things (50%) were left out (downloads unknown: 30)."
    ]


def test_things_published_all_at_once_have_no_time_split():
    frame = sandbox_frame(450).with_columns(added=pl.lit(sandbox_frame(1)["added"][0]))
    found = fitted_on(frame)
    split = found.metrics["time_split"]
    assert "published at the same moment" in split.pop("reason")
    assert split == {"cutoff": None, "n_train": 0, "n_test": 0, "remark": None}
    assert {row["split"] for row in found.metrics["models"]} == {"creator"}


def by_time(frame: pl.DataFrame) -> pl.Series:
    """Return the place of each thing in the order of publication."""
    return frame["added"].rank("ordinal").cast(pl.Int64) - 1


@pytest.mark.parametrize("creators", [1, 29])
def test_an_older_part_by_few_creators_gives_a_reason_instead_of_a_time_split(creators: int):
    frame = sandbox_frame(1200)
    old = by_time(frame) < 900
    frame = frame.with_columns(
        creator_id=pl.when(old).then(by_time(frame) % creators).otherwise(pl.col("id") + 1000)
    )
    found = fitted_on(frame)
    split = found.metrics["time_split"]
    assert "30 creators" in split["reason"]
    assert split["remark"] is None
    assert split["n_test"] == 300
    assert {row["split"] for row in found.metrics["models"]} == {"creator"}


@pytest.mark.parametrize(
    ("older", "newer", "said"),
    [
        (0, None, "All older things to fit on have the same number"),
        (None, 3, "All newest things have the same number"),
    ],
)
def test_a_side_of_the_time_split_that_is_downloaded_alike_gives_a_reason(
    older: int | None, newer: int | None, said: str
):
    frame = sandbox_frame(500)
    alike = pl.when(by_time(frame) < 375).then(pl.lit(older)).otherwise(pl.lit(newer))
    found = fitted_on(frame.with_columns(download_count=pl.coalesce(alike, "download_count")))
    assert found.metrics["time_split"]["reason"].startswith(said)


def test_a_time_split_says_what_of_it_was_known_after_the_cutoff(fitted: AdvisorForest):
    split = fitted.metrics["time_split"]
    assert split["reason"] is None
    assert "searched on training creators" in split["remark"]
    assert "after the cutoff" in split["remark"]


def test_one_side_downloaded_alike_is_said_of_that_side():
    frame = sandbox_frame(600)
    rows = advisor_rows(frame)
    roles = creator_roles(rows.creators, seed=12)
    for side, said in ((roles.train, "to fit on"), (roles.test, "held out to judge by")):
        alike = pl.col("id").is_in(rows.ids[side].tolist())
        changed = frame.with_columns(
            download_count=pl.when(alike).then(7).otherwise(pl.col("download_count"))
        )
        assert not_fitted_on(changed).reason.startswith(f"All things {said} have the same number")


def test_what_serves_is_compared_with_the_age_alone_in_pairs(fitted: AdvisorForest):
    test, train = (fitted.rows.taken(p) for p in (fitted.roles.test, fitted.roles.train))
    said = r2_score(test.y, fitted.predicted[fitted.roles.test])
    gained = fitted.metrics["against_age_only"]
    assert gained["value"] == pytest.approx(said - r2_score(test.y, age_only(train, test)))
    assert gained["low"] < gained["value"] < gained["high"]
    if fitted.metrics["winner"] == ADVISOR:
        (row,) = (
            row
            for row in fitted.metrics["models"]
            if (row["model"], row["split"]) == ("age_only", "creator")
        )
        assert gained["low"] == pytest.approx(-row["difference"]["high"])


def test_a_tree_draws_a_share_of_its_own_forests_rows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search, "MOST_DRAWS", 30)
    found = fitted_on(sandbox_frame(500))
    metrics = found.metrics
    assert metrics["best_params"]["max_samples"] == 30 / metrics["n_train"]
    assert found.forest.max_samples == 30 / metrics["n_train"]
    assert metrics["search"]["chosen"]["max_samples"] >= 0.3  # the least that is searched
    assert parameters_for(metrics, 60)["max_samples"] == min(
        metrics["search"]["chosen"]["max_samples"], 0.5
    )


def test_a_stored_advisor_predicts_as_the_fitted_one(tmp_path: Path, fitted: AdvisorForest):
    folder = stored(tmp_path, fitted)
    advisor = load_advisor(tmp_path)
    assert advisor.name == fitted.metrics["winner"]
    assert (folder / "winner.skops").exists() == (advisor.name != ADVISOR)
    assert advisor.features == fitted.rows.features
    assert advisor.predict(fitted.rows.X).tolist() == fitted.predicted.tolist()
    assert read_split(folder).equals(fitted.split_frame())


def test_a_stored_advisors_intervals_are_those_whose_coverage_was_measured(
    tmp_path: Path, fitted: AdvisorForest
):
    stored(tmp_path, fitted)
    test = fitted.rows.taken(fitted.roles.test)
    low, high = load_advisor(tmp_path).interval(test.X)
    share = np.mean((low <= test.y) & (test.y <= high))
    assert share == pytest.approx(fitted.metrics["intervals"]["overall"]["coverage"], abs=1e-12)


@pytest.mark.parametrize("key", [ADVISOR, "linear", "boosting", "boosting_poisson"])
def test_whichever_won_serves_through_the_same_interface(
    tmp_path: Path, fitted: AdvisorForest, key: str
):
    train = fitted.rows.taken(np.arange(500))
    winner: Any = {
        ADVISOR: lambda: fitted.forest,
        "linear": lambda: fit_linear(train, seed=1).model,
        "boosting": lambda: fit_boosting(train, seed=1, effort="quick"),
        "boosting_poisson": lambda: fit_boosted_rates(train, train, seed=1, effort="quick"),
    }[key]()
    scale = winner.as_dict() if isinstance(winner, BoostedRates) else None
    metrics = {**fitted.metrics, "winner": key, "winner_scale": scale}
    won = replace(fitted, winner=winner, metrics=metrics)
    assert (stored(tmp_path, won) / "winner.skops").exists() == (key != ADVISOR)
    advisor = load_advisor(tmp_path)
    assert advisor.name == key
    assert advisor.predict(train.X).tolist() == winner.predict(train.X).tolist()
    assert advisor.forest.predict(train.X).tolist() == fitted.forest.predict(train.X).tolist()


def test_a_model_that_was_not_fitted_is_stored_with_its_reason_and_refused(tmp_path: Path):
    found = not_fitted_on(sandbox_frame(60))
    folder = save_model(tmp_path, ADVISOR, None, metrics=found.metrics, provenance={}, version="v1")
    assert {path.name for path in folder.iterdir()} == {"metrics.json", "provenance.json"}
    with pytest.raises(ModelRefusedError, match="60 things"):
        load_advisor(tmp_path)


def test_a_stored_model_of_a_consequence_of_popularity_is_refused(
    tmp_path: Path, fitted: AdvisorForest
):
    features = ["like_count", *fitted.metrics["features"][1:]]
    stored(tmp_path, replace(fitted, metrics={**fitted.metrics, "features": features}))
    with pytest.raises(FeatureFamilyError, match="like_count"):
        load_advisor(tmp_path)


def test_progress_is_told(fitted: AdvisorForest, told: list[tuple[str, int, int]]):
    assert told == [
        *[("searching", done, 3) for done in range(1, 4)],
        *[("fitting", done, 5) for done in range(1, 6)],
    ]
