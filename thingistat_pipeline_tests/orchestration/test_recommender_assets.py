"""From likes to published tables as Dagster runs it, on planted tastes."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from thingistat_pipeline.features.storage import read_frame, write_frame
from thingistat_pipeline.orchestration.assets import recommendations, recommender
from thingistat_pipeline.orchestration.assets.visual import picture_embeddings
from thingistat_pipeline.orchestration.picture_vectors import PictureVectors
from thingistat_pipeline.orchestration.recommender_checks import (
    no_test_like_in_training,
    ranking_vectors_are_finite,
    recommender_beats_most_popular,
)
from thingistat_pipeline.orchestration.report_data import belong_together
from thingistat_pipeline.recommender.likes.thing_vectors import ThingVectors
from thingistat_pipeline.recommender.ranking_model import RankingModel, fit_ranking_model
from thingistat_pipeline.recommender.store import load_version
from thingistat_pipeline.sampling.plan import Plan, write_plan
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import StoredVersion, read_version
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline_tests.recommender.planted import (
    THINGS,
    TRIALS,
    group_of,
    planted_pairs,
    small_searches,
)
from thingistat_pipeline_tests.warehouse.support import live, write_load

ASSETS = (
    picture_embeddings,
    *(recommender.interactions, recommender.side_information, recommender.ranking_model),
    *(recommendations.ranking_evaluation, recommendations.recommender),
    recommendations.recommender_tables,
    *(no_test_like_in_training, ranking_vectors_are_finite, recommender_beats_most_popular),
)
CLOSE = {"similar_things", "tag_things", "suggested_tags", "tag_neighbours"}
TABLES = CLOSE | {"ranking_scores"}


MODELS = ("ranking_model", "ranking_evaluation", "recommender")


def published(
    folder: Path, pairs: Iterable[tuple[int, int]], *, night: str = "2026-09-01", **changes: Any
) -> Settings:
    """Return settings of a folder with a published database of the planted things."""
    settings = Settings(data_dir=folder, **changes)
    likers = {
        thing: [user for _, user in found]
        for thing, found in groupby(
            sorted((thing, user) for user, thing in pairs), key=lambda pair: pair[0]
        )
    }
    write_load(
        settings.nights_dir,
        night,
        [
            live(
                thing,
                f"{night}T12:00:00Z",
                tags=(group_of(thing), f"{group_of(thing)}_{thing % 2}"),
                lists={"likers": likers.get(thing, [])},
                name=f"My {group_of(thing)}",
            )
            for thing in THINGS
        ],
    )
    plan = Plan(
        night=night,
        source="sandbox",
        planned_at=f"{night}T02:00:00Z",
        started_at=f"{night}T02:00:00Z",
        frame_seed=settings.seed,
        newest_id=max(THINGS),
        target_live=len(THINGS),
        panel_fraction=0.05,
        subresources=["likes"],
        likers_cap=settings.likers_per_thing,
    )
    write_plan(settings.nights_dir / night, plan)
    load_warehouse(
        settings.warehouse_file, settings.nights_dir, settings.snapshots_dir, run_id="run"
    )
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    return settings


def materialized(
    settings: Settings, instance: dg.DagsterInstance
) -> dict[str, dg.AssetMaterialization]:
    """Materialize everything and return what is said of each asset."""
    result = dg.materialize(ASSETS, resources={"settings": settings}, instance=instance)
    return {
        event.step_materialization_data.materialization.asset_key.to_user_string(): (
            event.step_materialization_data.materialization
        )
        for event in result.get_asset_materialization_events()
    }


def versions(found: dict[str, dg.AssetMaterialization]) -> dict[str, str]:
    return {name: (each.tags or {})["dagster/data_version"] for name, each in found.items()}


def said(found: dg.AssetMaterialization, name: str) -> Any:
    return found.metadata[name].value


@pytest.fixture(scope="module", autouse=True)
def _small_searches() -> Iterator[None]:
    with small_searches():
        yield


@pytest.fixture(scope="module")
def learned(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Settings, dict[str, dg.AssetMaterialization], dict[str, dg.AssetMaterialization]]:
    """A folder after everything was materialized twice, with what was said each time."""
    settings = published(tmp_path_factory.mktemp("learned"), planted_pairs())
    with dg.DagsterInstance.ephemeral() as instance:
        return settings, materialized(settings, instance), materialized(settings, instance)


def test_materializing_again_gives_the_same_versions(learned):
    settings, first, second = learned
    assert first.keys() == TABLES | {
        *("picture_embeddings", "interactions", "side_information", *MODELS)
    }
    assert versions(first) == versions(second)
    for model in MODELS:
        assert [said(found[model], "reused") for found in (first, second)] == [False, True]
        folders = {path.name for path in (settings.models_dir / model).iterdir()}
        assert folders == {"latest", read_version(settings.models_dir, model).version}


def test_the_metadata_say_what_was_left_out_and_what_was_found(learned):
    _, found, _ = learned
    likes = found["interactions"]
    assert (said(likes, "users_before"), said(likes, "likes_after")) == (60, 540)
    caps = said(likes, "caps_on_likers_fetched_for_a_thing")
    assert "| 300 | 1 | 2026-09-01 | 2026-09-01 |" in " ".join(caps.replace("\\", "").split())
    assert said(likes, "sparsity_after") == pytest.approx(100 * 540 / (60 * 42))
    assert "| tag |" in said(found["side_information"], "features_by_kind").replace("\\", "")
    assert said(found["ranking_model"], "rows_offered") == 540
    assert "data:image/png" in said(found["ranking_model"], "search_with_side_progress")
    assert "data:image/png" in said(found["ranking_evaluation"], "methods_ndcg")
    assert said(found["ranking_evaluation"], "ndcg_at_10") > 0.3
    assert said(found["ranking_evaluation"], "pictures").startswith("No thing")
    of_things = [each for name, each in found.items() if name != "picture_embeddings"]
    assert all("SANDBOX" in said(each, "data") for each in of_things)


def test_the_tables_are_published_under_the_version_that_is_stored(learned):
    settings, found, _ = learned
    with open_published(settings.published_file) as con:
        for table in CLOSE:
            rows = con.sql(f"SELECT model, version, count(*) FROM {table} GROUP BY ALL").fetchall()
            version = read_version(settings.models_dir, "recommender").version
            assert rows == [("recommender", version, said(found[table], "dagster/row_count"))]
        ((artefacts,),) = con.sql(
            "SELECT list(DISTINCT artefact ORDER BY artefact) FROM meta.provenance"
        ).fetchall()
        ((scores,),) = con.sql(
            "SELECT count(*) FROM ranking_scores WHERE model = 'ranking_evaluation'"
        ).fetchall()
    assert artefacts == ["ranking_evaluation", "ranking_model", "recommender"]
    assert scores == 6 * (7 + 4)


def test_the_rankers_own_lead_over_popularity_is_told_whichever_method_recommends(learned):
    settings, found, _ = learned
    scores = read_version(settings.models_dir, "ranking_evaluation").metrics["scores"]
    told = {
        (each["method"], each["against"], each["measure"]): each for each in scores["differences"]
    }
    for ranker in ("ranker_with_side", "ranker"):
        name = f"{ranker}_minus_most_popular_ndcg_at_10"
        lead = told[ranker, "most_popular", "ndcg_at_10"]
        shown = [said(found["ranking_evaluation"], name + end) for end in ("", "_low", "_high")]
        assert shown == [lead["value"], lead["low"], lead["high"]]


def test_a_model_is_stored_with_all_that_it_takes_to_use_it_and_to_judge_it(learned):
    settings, _, _ = learned
    model = load_version(settings.models_dir, "ranking_model")
    features = read_frame(settings.features_dir, "side_information")
    assert model.frame("features").equals(features.frame)
    assert model.frame("columns").height == len(model.arrays["feature_vectors"])
    assert (model.folder / "studies.jsonl").stat().st_size > 0


def test_what_is_published_belongs_to_the_model_that_it_comes_of_and_to_no_other(learned):
    settings, _, _ = learned
    ranking, made = (read_version(settings.models_dir, n) for n in ("ranking_model", "recommender"))
    other = StoredVersion({"fitted": True}, {**ranking.provenance, "version": "other"})
    newer = StoredVersion(made.metrics, {**made.provenance, "version": "newer"})
    with open_published(settings.published_file) as con:
        assert belong_together(con, ranking, made)
        assert not belong_together(con, other, made)
        assert not belong_together(con, ranking, newer)


class KilledError(BaseException):
    """Stands for the end of the process."""


def test_a_search_that_was_killed_goes_on_unseen_as_a_version(
    learned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _, whole, _ = learned
    settings = published(tmp_path, planted_pairs())
    fit = fit_ranking_model

    def killed(*given: Any, **options: Any) -> Any:
        def progress(step: str, done: int, total: int) -> None:
            if "without" in step and done == 2:
                raise KilledError

        return fit(*given, **{**options, "progress": progress})

    with dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setattr(recommender, "fit_ranking_model", killed)
        with pytest.raises((KilledError, dg.DagsterExecutionInterruptedError)):
            materialized(settings, instance)
        folder = settings.models_dir / "ranking_model"
        assert [path.name for path in folder.iterdir()] == [".search"]
        told: list[str] = []
        monkeypatch.setattr(
            recommender,
            "fit_ranking_model",
            lambda *given, **options: fit(
                *given, **{**options, "progress": lambda step, *_: told.append(step)}
            ),
        )
        found = materialized(settings, instance)
    assert sum("without" in step for step in told) == TRIALS - 2
    assert versions(found) == versions(whole)
    assert not (folder / ".search").exists()


def test_where_likes_are_too_few_everything_says_so_and_nothing_breaks(tmp_path: Path):
    settings = published(tmp_path, [(1, 1), (2, 1), (2, 2)])
    with dg.DagsterInstance.ephemeral() as instance:
        found = materialized(settings, instance)
    for name in found.keys() - {"picture_embeddings", "side_information"}:
        assert "Not enough likes" in said(found[name], "reason"), name
    with open_published(settings.published_file) as con:
        assert con.sql("SELECT count(*) FROM ranking_scores").fetchall() == [(0,)]
        assert con.sql("SELECT DISTINCT basis FROM similar_things").fetchall() == [("content",)]


def test_published_tables_with_a_rank_that_occurs_twice_are_refused(tmp_path: Path):
    settings = published(tmp_path, [])
    with duckdb.connect(str(settings.warehouse_file)) as con:
        con.execute(
            "INSERT INTO tag_neighbours SELECT 'recommender', '1', 'robot', tag, 1, 0.5 "
            "FROM (VALUES ('vase'), ('gear')) AS others (tag)"
        )
    with pytest.raises(Exception, match=r"a row occurs twice .*robot 1 in tag_neighbours"):
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)


def test_the_reason_is_that_of_the_likes_that_there_are_now(tmp_path: Path):
    settings = published(tmp_path, [])
    with dg.DagsterInstance.ephemeral() as instance:
        first = materialized(settings, instance)
        published(tmp_path, [(1, 1), (2, 1), (2, 2)], night="2026-09-02")
        second = materialized(settings, instance)
    assert "of 0 likes between 0 users" in said(first["ranking_model"], "reason")
    for name in ("interactions", *MODELS):
        assert "of 3 likes between 2 users" in said(second[name], "reason"), name


def test_another_seed_learns_anew_and_old_things_are_taken_up_again(learned, tmp_path: Path):
    settings, first, _ = learned
    other = settings.with_changes(seed=settings.seed + 1)
    with dg.DagsterInstance.ephemeral() as instance:
        changed = materialized(other, instance)
        back = materialized(settings, instance)
    for model in MODELS:
        assert not said(changed[model], "reused")
        assert versions(changed)[model] != versions(first)[model]
    assert versions(back) == versions(first)


def test_a_ranker_that_is_told_of_pictures_is_judged_with_those_and_learned_anew_with_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = published(tmp_path, planted_pairs(), pictures_in_ranker=True)
    told: list[ThingVectors] = []

    def judged(*_: Any, **options: Any) -> dict[str, Any]:
        told.append(options["pictures"])
        return {"fitted": False, "reason": "Only looked at."}

    def seen(seed: int) -> PictureVectors:
        vectors = np.random.default_rng(seed).normal(size=(len(THINGS), 3)).astype(np.float32)
        return PictureVectors(ThingVectors(np.array(sorted(THINGS)), vectors), f"pictures {seed}")

    def reused(asset: dg.AssetsDefinition, *others: dg.AssetsDefinition, pictures: int) -> bool:
        for module in (recommender, recommendations):
            monkeypatch.setattr(module, "picture_vectors", lambda _: seen(pictures))
        with dg.DagsterInstance.ephemeral() as instance:
            result = dg.materialize(
                [*others, asset], resources={"settings": settings}, instance=instance
            )
        (found,) = result.asset_materializations_for_node(asset.node_def.name)
        again: bool = said(found, "reused")
        return again

    monkeypatch.setattr(recommendations, "judged_model", judged)
    read = (recommender.interactions, recommender.side_information)
    evaluation, model = recommendations.ranking_evaluation, recommender.ranking_model
    assert not reused(evaluation, *read, model, pictures=1)
    assert reused(evaluation, pictures=2)
    monkeypatch.setattr(recommendations, "EVALUATION_CODE_VERSION", "another")
    assert not reused(evaluation, pictures=2)
    first = seen(1).vectors
    assert first is not None
    for vectors in told:
        assert_array_equal(vectors.of(first.things), first.vectors)
    assert len(told) == 2
    assert reused(model, pictures=1)
    monkeypatch.setattr(
        recommender,
        "fit_ranking_model",
        lambda *_, **__: RankingModel({"fitted": False, "reason": "Only looked at."}),
    )
    assert not reused(model, pictures=2)


def test_a_model_is_judged_with_what_was_known_when_it_was_made(
    learned, monkeypatch: pytest.MonkeyPatch
):
    settings, _, _ = learned
    told: list[pl.DataFrame] = []

    def judged(*given: Any, **_: Any) -> dict[str, Any]:
        told.append(given[2])
        return {"fitted": False, "reason": "Only looked at."}

    known = read_frame(settings.features_dir, "side_information").frame
    write_frame(settings.features_dir, "side_information", known.head(3))
    monkeypatch.setattr(recommendations, "judged_model", judged)
    monkeypatch.setattr(recommendations, "EVALUATION_CODE_VERSION", "another")
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize(
            [recommendations.ranking_evaluation],
            resources={"settings": settings},
            instance=instance,
        )
    assert told[0].equals(known)
