"""What Dagster is told: names that others rely on, and habits that every asset keeps."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from thingistat_pipeline.orchestration.build import build_definitions
from thingistat_pipeline.settings import Settings

TABLES = {
    "things",
    "observations",
    "creators",
    "tags",
    "thing_tags",
    "categories",
    "thing_categories",
    "likes",
    "files",
    "images",
    "ancestors",
    "text_measures",
    "attempts",
    "quarantine",
}
RECOMMENDED = {
    *("similar_things", "tag_things", "suggested_tags", "tag_neighbours", "ranking_scores")
}
ASSETS = (
    TABLES
    | RECOMMENDED
    | {
        *("interactions", "side_information", "ranking_model", "ranking_evaluation"),
        "recommender",
        "raw_things",
        "raw_snapshots",
        "published_database",
        "popularity_features",
        "parity_forest",
        "advisor_forest",
        "feature_importance",
        "advice",
        "report",
        *("thumbnails", "picture_embeddings", "picture_features"),
        *("look_alikes", "picture_choice", "picture_gain"),
    }
)

GROUPS = {"raw", "warehouse", "popularity", "recommender", "visual", "report"}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    return build_definitions(resources={"settings": settings})


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    graph = definitions.resolve_asset_graph()
    return {
        spec.key.to_user_string(): spec
        for spec in definitions.resolve_all_asset_specs()
        if graph.has(spec.key)
    }


def test_the_definitions_load_and_hold_the_assets_that_others_rely_on(
    definitions: dg.Definitions, specs: dict[str, dg.AssetSpec]
):
    dg.Definitions.validate_loadable(definitions)
    assert specs.keys() == ASSETS


def test_every_asset_says_what_it_is_who_keeps_it_and_which_code_made_it(
    specs: dict[str, dg.AssetSpec],
):
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners == ["team:thingistat"], name
        assert spec.code_version, name
        assert spec.kinds, name
        assert spec.group_name in GROUPS, name


def test_whoever_opens_the_working_file_or_asks_the_api_queues_for_it(
    definitions: dg.Definitions,
):
    pools = {
        key.to_user_string(): asset.op.pool
        for asset in definitions.resolve_asset_graph().assets_defs
        for key in asset.keys
    }
    assert pools["raw_things"] == "thingiverse_api"
    opens_working_file = {name for name, pool in pools.items() if pool == "warehouse"}
    assert opens_working_file == TABLES | RECOMMENDED | {
        *("published_database", "feature_importance", "advice", "look_alikes")
    }


def test_both_models_are_explained_before_advice_is_given_and_all_goes_into_the_report(
    definitions: dg.Definitions,
):
    graph = definitions.resolve_asset_graph()
    parents = {
        name: {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}
        for name in ("parity_forest", "advisor_forest", "feature_importance", "advice", "report")
    }
    assert parents == {
        "parity_forest": {"popularity_features"},
        "advisor_forest": {"popularity_features"},
        "feature_importance": {"parity_forest", "advisor_forest"},
        "advice": {"feature_importance"},
        "report": {
            *("advice", "feature_importance", "popularity_features", "published_database"),
            *RECOMMENDED,
            *("thumbnails", "look_alikes", "picture_choice", "picture_gain"),
        },
    }


def test_pictures_are_measured_and_embedded_before_anything_is_learned_from_them(
    definitions: dg.Definitions,
):
    graph = definitions.resolve_asset_graph()
    seen = ("picture_embeddings", "picture_features")
    parents = {
        name: {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}
        for name in (*seen, "popularity_features", "look_alikes", "picture_choice", "picture_gain")
    }
    assert parents == {
        "picture_embeddings": {"thumbnails"},
        "picture_features": {"thumbnails", "published_database"},
        "popularity_features": {"published_database", "picture_features"},
        "look_alikes": set(seen),
        "picture_choice": {*seen, "popularity_features"},
        "picture_gain": {"advisor_forest", "popularity_features"},
    }
    blocking = {
        key.name: graph.get_check_spec(key).blocking
        for key in graph.asset_check_keys
        if graph.get(key.asset_key).group_name == "visual"
    }
    assert blocking == {
        "most_pictures_were_obtained": False,
        "embeddings_are_unit_vectors": True,
        "each_picture_is_nearest_to_itself": True,
    }


def test_pictures_are_looked_at_without_a_night_wherever_they_are(definitions: dg.Definitions):
    below = definitions.resolve_job_def("below_raw")
    names = {key.to_user_string() for key in below.asset_layer.executable_asset_keys}
    assert names == ASSETS - {"raw_things", "thumbnails"}


def test_what_is_liked_is_searched_judged_and_then_put_into_tables(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    learned = (
        *("interactions", "side_information", "ranking_model", "ranking_evaluation"),
        "recommender",
    )
    parents = {
        name: {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys}
        for name in (*learned, *RECOMMENDED)
    }
    assert parents == {
        "interactions": {"published_database"},
        "side_information": {"published_database"},
        "ranking_model": {"interactions", "side_information", "picture_embeddings"},
        "ranking_evaluation": {"ranking_model", "picture_embeddings"},
        "recommender": {
            *("interactions", "side_information", "picture_embeddings"),
            *("ranking_model", "ranking_evaluation"),
        },
        **{table: {"recommender", "ranking_evaluation"} for table in RECOMMENDED},
    }


def test_nobody_is_advised_by_a_model_that_was_judged_on_its_own_training(
    definitions: dg.Definitions,
):
    graph = definitions.resolve_asset_graph()
    checks = {
        key.name: graph.get_check_spec(key).blocking
        for key in graph.asset_check_keys
        if key.asset_key == dg.AssetKey("advisor_forest")
    }
    assert checks == {
        "advisor_split_has_no_overlap": True,
        "advisor_beats_age_only": False,
        "intervals_cover": False,
    }


def test_nothing_is_recommended_by_a_model_that_learned_what_it_is_judged_by(
    definitions: dg.Definitions,
):
    graph = definitions.resolve_asset_graph()
    checks = {
        key.name: graph.get_check_spec(key).blocking
        for key in graph.asset_check_keys
        if key.asset_key.to_user_string() in {"ranking_model", "ranking_evaluation"}
    }
    assert checks == {
        "no_test_like_in_training": True,
        "ranking_vectors_are_finite": True,
        "recommender_beats_most_popular": False,
    }


def test_nothing_is_published_before_the_blocking_checks_have_passed(
    definitions: dg.Definitions,
):
    graph = definitions.resolve_asset_graph()
    blocking = {
        key.name
        for key in graph.asset_check_keys
        if graph.get_check_spec(key).blocking and key.asset_key.to_user_string() in TABLES
    }
    assert blocking == {
        "ids_are_unique",
        "most_answers_were_understood",
        "schema_is_as_declared",
        "warehouse_covers_every_night",
    }
    parents = graph.get(dg.AssetKey("published_database")).parent_keys
    assert {key.to_user_string() for key in parents} == TABLES


def test_the_schedule_asks_for_the_night_that_has_just_begun(definitions: dg.Definitions):
    schedule = definitions.resolve_schedule_def("nightly_sampling_schedule")
    assert schedule.cron_schedule == "0 2 * * *"
    assert schedule.job_name == "nightly_sampling"
    tick = datetime(2026, 9, 15, 2, 0, tzinfo=UTC)
    with dg.build_schedule_context(
        scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
    ) as context:
        data = schedule.evaluate_tick(context)
    assert [request.partition_key for request in data.run_requests or ()] == ["2026-09-15"]


def test_the_nightly_job_samples_loads_and_publishes_but_trains_nothing(
    definitions: dg.Definitions,
):
    job = definitions.resolve_job_def("nightly_sampling")
    keys = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert keys == TABLES | {"raw_things", "published_database"}


def test_a_token_is_in_no_text_that_dagster_keeps(tmp_path: Path):
    settings = Settings(data_dir=tmp_path, token="s3cr3t-t0ken")
    definitions = build_definitions(resources={"settings": settings})
    job = definitions.resolve_job_def("whole_lineage")
    snapshot = dg.serialize_value(job.get_job_snapshot())
    assert "s3cr3t" not in snapshot
