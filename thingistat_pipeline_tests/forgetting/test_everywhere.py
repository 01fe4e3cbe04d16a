"""What was forgotten is nowhere, and everything else is as it was."""

import datetime
import json

import duckdb
import polars as pl
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.forgetting.course import begin, finish
from thingistat_pipeline.forgetting.lock import while_nothing_is_forgotten
from thingistat_pipeline.orchestration.forget import described, find, forget
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.run import run_job
from thingistat_pipeline.orchestration.runners import Runner, at_work
from thingistat_pipeline.sampling.close import redecode_night
from thingistat_pipeline.sampling.journal import exclusive, journal_lines
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.plan import read_plan
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.snapshots.ids import read_ids
from thingistat_pipeline.stored_versions import described_versions
from thingistat_pipeline.thingiverse.manifest import loads_in, read_manifest, read_records
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.thumbnails import Thumbnails
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline_tests.forgetting.traces import traces
from thingistat_pipeline_tests.forgetting.world import (
    OTHER,
    REMIX,
    SNAPSHOT,
    THING,
    TITLE,
    VERA,
    VERA_NAME,
    liker_of,
)

PLACES = (
    *("raw/things/2026-09-01/journal", "raw/things/2026-09-01/plan", "raw/things/2026-09-01/man"),
    *("raw/things/2026-09-01/things", "raw/things/2026-09-08/journal", "raw/snapshots/old/ids"),
    *("raw/snapshots/old/things", "raw/.importing-", "raw/thumbnails/2026-09-01/manifest"),
    *("raw/thumbnails/2026-09-08/journal", "features/popularity_features", "models/recommender"),
    *("reports/abc", "warehouse/", "published/", "dagster/history", "dagster/storage"),
)


def test_the_search_finds_the_thing_in_every_place_before(original: Settings):
    found = traces(original.data_dir, numbers=(THING,), words=(TITLE,))
    missing = [place for place in PLACES if not any(each.startswith(place) for each in found)]
    assert missing == []


def test_a_thing_is_nowhere_after(world: Settings):
    removed = forget(world, find(world, str(THING), is_creator=False))
    assert traces(world.data_dir, numbers=(THING,), words=(TITLE,)) == []
    assert removed["pictures"] == 1
    assert removed["versions of models"] == 4


@pytest.mark.parametrize(("target", "is_creator"), [(VERA_NAME.upper(), False), (str(VERA), True)])
def test_a_creator_is_nowhere_after_nor_their_things_nor_their_likes(
    world: Settings, target: str, is_creator: bool
):
    likes = liker_of(world, VERA)
    assert traces(world.data_dir, numbers=(likes,), words=())
    found = find(world, target, is_creator=is_creator)
    assert TITLE in described(found)
    forget(world, found)
    assert traces(world.data_dir, numbers=(THING, likes), words=(TITLE, VERA_NAME)) == []


def test_a_row_that_a_snapshot_refused_is_forgotten_too(world: Settings):
    ledger = world.snapshots_dir / SNAPSHOT / "rejects.jsonl"
    assert str(REMIX) in ledger.read_text()
    forget(world, find(world, str(REMIX), is_creator=False))
    manifest = read_manifest(world.snapshots_dir / SNAPSHOT)
    assert ledger.read_text() == ""
    assert manifest is not None
    assert (manifest.counts.rejected, manifest.origin["rejects"]) == (0, {})


def test_other_things_keep_all_but_the_reference(after: Settings, original: Settings):
    for parent in ("nights_dir", "snapshots_dir"):
        for folder, _ in loads_in(getattr(original, parent)):
            before = {record.thing_id: record for record in read_records(folder)}
            kept = list(read_records(getattr(after, parent) / folder.name))
            assert [r.thing_id for r in kept] == [each for each in before if each != THING]
            for record in kept:
                old = before[record.thing_id]
                assert record.likers == old.likers
                assert record.thing is None or record.thing.ancestors in (None, [])
                if record.thing_id == REMIX:
                    assert record == old


def test_a_night_made_again_from_its_journal_is_the_same_night(after: Settings):
    folder = after.nights_dir / "2026-09-01"
    filtered = read_manifest(folder)
    assert redecode_night(folder) == filtered


def test_what_is_not_touched_stays_byte_for_byte(world: Settings, original: Settings):
    forget(world, find(world, "123", is_creator=False))
    for path in original.raw_dir.rglob("*"):
        gone = path.suffix == ".tmp" or ".importing-newer" in path.parts
        if path.is_file() and not gone and path.name != ".sampling.lock":
            copy = world.raw_dir / path.relative_to(original.raw_dir)
            assert copy.read_bytes() == path.read_bytes(), path


def test_plans_know_the_snapshot_by_what_it_covers_now(after: Settings):
    ids = read_ids(after.snapshots_dir / SNAPSHOT)
    day = datetime.date(2022, 8, 11)
    known = KnownThings(SNAPSHOT, day, ids.attempted, ids.live)
    assert ids.attempted.tolist() == [OTHER]
    for night in ("2026-09-01", "2026-09-08"):
        plan = read_plan(after.nights_dir / night)
        assert plan is not None
        assert [each.fingerprint for each in plan.known] == [known.fingerprint]
        assert plan.panel == [OTHER]


def test_an_unfinished_night_keeps_what_it_has_of_others(after: Settings):
    tried = {line.thing_id for line in journal_lines(after.nights_dir / "2026-09-08")}
    assert {OTHER, REMIX} < tried
    assert THING not in tried


def test_a_picture_that_others_share_stays_with_what_was_made_of_it(
    after: Settings, original: Settings
):
    folder = "picture_embeddings/net"
    digest = Thumbnails(original.thumbnails_dir).held[OTHER].sha256
    before = EmbeddingStore(original.features_dir / folder).vectors([digest])
    store = EmbeddingStore(after.features_dir / folder)
    assert Thumbnails(after.thumbnails_dir).things() == (OTHER, REMIX)
    assert set(store.known()) == {digest}
    assert (store.vectors([digest]) == before).all()
    measures = pl.read_parquet(after.features_dir / "picture_measures/1/*.parquet")
    assert measures["sha256"].to_list() == [digest]


def test_the_published_database_is_there_without_the_thing(world: Settings):
    with duckdb.connect(str(world.published_file), read_only=True) as reader:
        forget(world, find(world, str(THING), is_creator=False))
        assert (THING,) in reader.execute("SELECT id FROM things").fetchall()  # it has it open
    with duckdb.connect(str(world.published_file), read_only=True) as con:
        assert con.execute("SELECT id FROM things ORDER BY id").fetchall() == [(OTHER,), (REMIX,)]
    assert len(list(world.published_dir.iterdir())) == 1


def test_the_history_of_scores_outlives_the_models(after: Settings):
    told = described_versions(after.models_dir, "advisor_forest")
    assert {name: each.metrics["r2"] for name, each in told.items()} == {"one": 0.25, "two": 0.5}
    assert described_versions(after.models_dir, "recommender") == {}


def test_what_is_remembered_cannot_be_read_and_is_shut_to_others(world: Settings):
    forget(world, find(world, VERA_NAME, is_creator=False))
    lines = (world.raw_dir / "forgotten.jsonl").read_text()
    kinds = {json.loads(line).get("kind") for line in lines.splitlines()}
    assert {"thing", "creator", "creator name", "liker"} < kinds
    assert (world.raw_dir / "forgotten.key").stat().st_mode & 0o077 == 0


def test_it_refuses_while_a_run_the_ui_an_import_or_a_night_is_at_work(world: Settings):
    found = find(world, str(THING), is_creator=False)
    home = prepare_dagster_home(world.dagster_home)
    for runner in Runner:
        with at_work(home, runner), pytest.raises(ThingistatError, match="is at work"):
            forget(world, found)
    with (
        while_nothing_is_forgotten(world.raw_dir),
        pytest.raises(ThingistatError, match="being imported"),
    ):
        forget(world, found)
    assert THING in read_ids(world.snapshots_dir / SNAPSHOT).attempted
    with exclusive(world.nights_dir), pytest.raises(ThingistatError, match="is sampling"):
        forget(world, found)


def test_a_forgetting_that_was_begun_keeps_imports_out_until_it_is_finished(world: Settings):
    begin(world, find(world, str(THING), is_creator=False))
    with (
        pytest.raises(ThingistatError, match="was interrupted"),
        while_nothing_is_forgotten(world.raw_dir),
    ):
        pass
    finish(world)
    with while_nothing_is_forgotten(world.raw_dir):
        assert not traces(world.raw_dir, numbers=(THING,), words=(TITLE,))


def test_the_next_run_finishes_what_was_interrupted_before_it_does_anything(world: Settings):
    begin(world, find(world, str(THING), is_creator=False))
    run_job(world, "sampling", night=datetime.date(2026, 9, 1))
    assert traces(world.data_dir, numbers=(THING,), words=(TITLE,)) == []
    assert json.loads(world.health_file.read_text())["last_night"]["live_things"] == 2


def test_the_warehouse_takes_the_rewritten_loads_as_they_are(after: Settings):
    summary = load_warehouse(
        after.warehouse_file, after.nights_dir, after.snapshots_dir, run_id="again"
    )
    assert (summary.added, summary.changed) == ((), ())
