"""From pictures to look-alikes as Dagster runs it: each looked at once, none missed."""

from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.storage import read_frame, write_frame
from thingistat_pipeline.orchestration.assets import looks, popularity, visual
from thingistat_pipeline.orchestration.look_checks import (
    each_picture_is_nearest_to_itself,
    embeddings_are_unit_vectors,
    most_pictures_were_obtained,
)
from thingistat_pipeline.orchestration.look_metadata import look_alike_grids
from thingistat_pipeline.recommender.store import load_version, save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_version
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.look_tables import SCHEMA
from thingistat_pipeline.visual.thumbnails import Thumbnails, content_file
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline_tests.orchestration.pictured import obtained, picture_file, published

ASSETS = (
    *(visual.picture_embeddings, visual.picture_features, looks.look_alikes),
    *(popularity.popularity_features, looks.picture_choice),
    *(embeddings_are_unit_vectors, each_picture_is_nearest_to_itself),
)
THINGS = 16
Found = dict[str, dg.AssetMaterialization]


def contents() -> dict[int, bytes | None]:
    """Return pictures of all things but the last; 2 has that of 1, and 4 that of 3 saved again."""
    own: dict[int, bytes | None] = {thing: picture_file(thing) for thing in range(1, THINGS)}
    return own | {2: picture_file(1), 4: picture_file(3, quality=88), THINGS: None}


def materialized(settings: Settings, *assets: Any) -> Found:
    result = dg.materialize(assets or ASSETS, resources={"settings": settings})
    assert all(check.passed for check in result.get_asset_check_evaluations())
    return {
        event.step_materialization_data.materialization.asset_key.to_user_string(): (
            event.step_materialization_data.materialization
        )
        for event in result.get_asset_materialization_events()
    }


def versions(found: Found) -> dict[str, str]:
    return {name: (each.tags or {})["dagster/data_version"] for name, each in found.items()}


def said(found: Found, asset: str, name: str) -> Any:
    return found[asset].metadata[name].value


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Found, Found]:
    """A folder after everything was materialized twice, with what was said each time."""
    settings = published(tmp_path_factory.mktemp("looks"), THINGS)
    obtained(settings, contents())
    return settings, materialized(settings), materialized(settings)


def test_materializing_again_looks_at_nothing_and_finds_the_same(folder) -> None:
    settings, first, second = folder
    assert versions(first) == versions(second)
    for asset in ("picture_embeddings", "picture_features"):
        assert said(first, asset, "dagster/row_count") == THINGS - 1
        assert [said(found, asset, "new_pictures") for found in (first, second)] == [14, 0]
    for model in ("looks", "picture_choice", "photograph"):
        stored = {path.name for path in (settings.models_dir / model).iterdir()}
        assert stored == {"latest", read_version(settings.models_dir, model).version}


def test_the_same_picture_is_next_to_itself_and_flagged(folder) -> None:
    settings, found, _ = folder
    with open_published(settings.published_file) as con:
        table = con.sql("FROM look_alikes ORDER BY thing_id, rank").pl()
    assert table.height == said(found, "look_alikes", "dagster/row_count") == 15 * 10
    assert table["version"].unique().to_list() == [said(found, "look_alikes", "version")]
    first = {row["thing_id"]: row for row in table.filter(rank=1).iter_rows(named=True)}
    assert (first[1]["neighbour_id"], first[2]["neighbour_id"]) == (2, 1)
    assert first[1]["similarity"] == first[2]["similarity"] == pytest.approx(1, abs=1e-3)
    flagged = table.filter("duplicate").select("thing_id", "neighbour_id").rows()
    assert flagged == [(1, 2), (2, 1), (3, 4), (4, 3)]
    assert said(found, "look_alikes", "near_duplicate_pairs") == 2
    assert "data:image/jpeg;base64," in said(found, "look_alikes", "look_alikes")
    assert "SANDBOX" in said(found, "look_alikes", "near_duplicates")


def test_the_vectors_are_stored_beside_the_things_that_they_are_of(folder) -> None:
    settings, _, _ = folder
    stored = load_version(settings.models_dir, "looks")
    assert stored.arrays["vectors"].dtype == "float16"
    assert stored.arrays["vectors"].shape == (15, 1_280)
    assert stored.arrays["things"].tolist() == list(range(1, 16))
    measured = read_frame(settings.features_dir, "picture_features").frame.sort("thing_id")
    assert stored.arrays["fingerprints"].tolist() == measured["fingerprint"].to_list()
    assert stored.metrics["pictures"] == 14


def test_the_features_of_pictures_stand_beside_those_of_things(folder) -> None:
    settings, _, _ = folder
    features = read_frame(settings.features_dir, "popularity_features").frame
    measured = read_frame(settings.features_dir, "picture_features").frame
    names = [look.name for look in LOOKS]
    both = features.filter(pl.col("id") < THINGS).select(names)
    assert both.equals(measured.select(names))
    (bare,) = features.filter(id=THINGS).select(names).rows()
    assert set(bare) == {None}


def test_what_cannot_be_told_is_said(folder) -> None:
    _, found, _ = folder
    assert "To tell photographs" in said(found, "picture_features", "photograph")
    assert said(found, "picture_choice", "judged") is False
    assert "pairs of similar things" in said(found, "picture_choice", "reason")


def test_a_further_night_costs_its_new_pictures_only(tmp_path: Path) -> None:
    settings = published(tmp_path, THINGS)
    obtained(settings, {thing: picture_file(thing) for thing in range(1, 5)})
    before = materialized(settings, visual.picture_embeddings, visual.picture_features)
    later = {5: picture_file(5), 6: picture_file(1), 2: picture_file(22)}
    obtained(settings, later, night="2026-09-02")
    after = materialized(settings, visual.picture_embeddings, visual.picture_features)
    for asset in ("picture_embeddings", "picture_features"):
        assert said(after, asset, "new_pictures") == 2
        assert said(after, asset, "dagster/row_count") == 6
        assert versions(after)[asset] != versions(before)[asset]


def test_another_network_makes_other_vectors_and_keeps_those_of_the_first(tmp_path: Path) -> None:
    settings = published(tmp_path, 3)
    obtained(settings, {thing: picture_file(thing) for thing in (1, 2, 3)})
    first = materialized(settings, visual.picture_embeddings)
    other = settings.with_changes(network="efficientnet-lite1")
    second = materialized(other, visual.picture_embeddings)
    assert versions(first) != versions(second)
    assert said(second, "picture_embeddings", "new_pictures") == 3
    again = materialized(settings, visual.picture_embeddings)
    assert versions(again) == versions(first)
    assert said(again, "picture_embeddings", "new_pictures") == 0


def test_damaged_contents_and_things_not_in_the_database_are_passed_over(tmp_path: Path) -> None:
    settings = published(tmp_path, 3)
    obtained(settings, {thing: picture_file(thing) for thing in (1, 2, 3, 77)})
    sha256 = Thumbnails(settings.thumbnails_dir).held[2].sha256
    content_file(settings.thumbnails_dir, sha256).write_bytes(b"damaged")
    found = materialized(settings)
    for asset in ("picture_embeddings", "picture_features"):
        assert said(found, asset, "not_to_be_opened") == 1
    with open_published(settings.published_file) as con:
        pairs = con.sql("SELECT thing_id, neighbour_id FROM look_alikes ORDER BY ALL").fetchall()
    assert pairs == [(1, 3), (3, 1)]


def test_without_pictures_everything_says_so_and_nothing_breaks(tmp_path: Path) -> None:
    settings = published(tmp_path, 5)
    found = materialized(settings)
    for asset in ("picture_embeddings", "picture_features", "look_alikes", "picture_choice"):
        assert "There is no picture of any thing" in said(found, asset, "reason")
    features = read_frame(settings.features_dir, "popularity_features").frame
    assert features.select(look.name for look in LOOKS).null_count().row(0) == (5,) * len(LOOKS)
    with open_published(settings.published_file) as con:
        assert con.sql("SELECT count(*) FROM look_alikes").fetchall() == [(0,)]
    metrics = read_version(settings.models_dir, "looks").metrics
    assert (metrics["things"], metrics["recall"]) == (0, None)
    assert versions(materialized(settings)) == versions(found)


def test_what_is_not_for_everybody_is_in_no_grid() -> None:
    rows = pl.DataFrame(
        [
            (thing, other, rank, 0.99, other == thing + 1)
            for thing in range(1, 13)
            for rank, other in enumerate((thing + step for step in range(1, 8)), start=1)
        ],
        schema=SCHEMA,
        orient="row",
    )
    asked: list[int] = []

    def picture(thing: int) -> bytes:
        asked.append(thing)
        return picture_file(thing)

    found = look_alike_grids(rows, picture, frozenset({9, 10}), "sandbox")
    # lists of 1 (to 8) and from 11 on; pairs that begin before 8 or after 10
    assert set(asked) == {*range(1, 9), *range(11, 20)}
    assert all("data:image" in each.value for each in found.values())
    none = look_alike_grids(rows, lambda _: None, frozenset(), "sandbox")
    assert {each.value for each in none.values()} == {"No picture yet."}


@pytest.mark.parametrize(
    ("neighbour", "similarity", "problem"),
    [(1, 0.5, "its own neighbour"), (2, 1.5, "no cosine"), (2, None, "no cosine")],
)
def test_a_table_that_cannot_be_right_is_not_published(
    tmp_path: Path, neighbour: int, similarity: float | None, problem: str
) -> None:
    settings = published(tmp_path, 2)
    with duckdb.connect(str(settings.warehouse_file)) as con:
        con.execute(
            "INSERT INTO look_alikes VALUES ('looks', '1', 1, $1, 1, $2, false)",
            [neighbour, similarity],
        )
    with pytest.raises(Exception, match=problem):
        publish(settings.warehouse_file, settings.published_dir, settings.published_file)


def verdict(check: dg.AssetChecksDefinition, settings: Settings) -> dg.AssetCheckResult:
    result = check(settings=settings)
    assert isinstance(result, dg.AssetCheckResult)
    return result


def test_few_pictures_obtained_are_a_warning(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    nothing = verdict(most_pictures_were_obtained, settings)
    assert "Not applicable" in (nothing.description or "")
    obtained(settings, {thing: picture_file(thing) for thing in range(4)} | {9: None})
    assert verdict(most_pictures_were_obtained, settings).passed
    obtained(settings, {8: None}, night="2026-09-02")
    result = verdict(most_pictures_were_obtained, settings)
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert "4 of 6 pictures" in (result.description or "")


def test_vectors_of_another_length_are_found(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    frame = pl.DataFrame({"thing_id": [1, 2], "sha256": ["aa" * 32, "bb" * 32], "network": "eyes"})
    write_frame(settings.features_dir, "picture_embeddings", frame)
    vectors = np.zeros((2, 1_280), dtype=np.float16)
    vectors[0, 0], vectors[1, 0] = 1, 0.9
    store = EmbeddingStore(visual.embeddings_folder(settings, "eyes"))
    store.add(frame["sha256"].to_list(), vectors)
    result = verdict(embeddings_are_unit_vectors, settings)
    assert not result.passed
    assert "1 pictures have vectors" in (result.description or "")


def test_vectors_that_were_put_beside_other_things_are_found(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    digests = [f"{place:064x}" for place in range(3)]
    frame = pl.DataFrame({"thing_id": [5, 6, 7], "sha256": digests, "network": "eyes"})
    write_frame(settings.features_dir, "picture_embeddings", frame)
    vectors = np.eye(3, 1_280, dtype=np.float16)
    EmbeddingStore(visual.embeddings_folder(settings, "eyes")).add(digests, vectors)
    for version, things in (("right", [5, 6, 7]), ("wrong", [5, 7, 6])):
        save_version(
            settings.models_dir,
            "looks",
            arrays={"vectors": vectors, "things": np.array(things)},
            metrics={"things": 3},
            provenance={"version": version, "source": "sandbox"},
            version=version,
        )
        result = verdict(each_picture_is_nearest_to_itself, settings)
        assert result.passed is (version == "right")
    assert "2 of 3 things are not" in (result.description or "")
