"""A data folder in which a thing is wherever a thing can be, made without a network."""

import json
from datetime import date
from pathlib import Path

import dagster as dg
import msgspec
import numpy as np
import polars as pl
from msgspec import Raw

from thingistat_pipeline.features.storage import write_frame
from thingistat_pipeline.files import point_link, write_whole
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.sampling.close import close_night
from thingistat_pipeline.sampling.journal import Answered, Tried, close_journal, open_journal
from thingistat_pipeline.sampling.known import KnownThings
from thingistat_pipeline.sampling.plan import KnownSnapshot, Plan, write_plan
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.snapshots.ids import read_ids
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.likers import hash_liker, liker_key
from thingistat_pipeline.thingiverse.manifest import Retry
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.measure_store import SCHEMA, MeasureStore
from thingistat_pipeline.visual.network import DIMENSIONS
from thingistat_pipeline.visual.obtain import JOURNAL as PICTURE_JOURNAL
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline_tests.orchestration.pictured import obtained, picture_file
from thingistat_pipeline_tests.snapshots.support import ANN, EARLY, database, thing

THING, OTHER, REMIX, UNDECIDED = 700_321, 700_654, 700_987, 700_111
TITLE = "Zebrafinch Canary Stand"
VERA, NICK = 88, 77
VERA_NAME, NICK_NAME = "Vera-Zebrafinch", "nick"
DAY = "2026-09-01"
MOMENT = f"{DAY}T12:00:00Z"
SNAPSHOT = "old"


def settings_of(folder: Path) -> Settings:
    return Settings(data_dir=folder, source="thingiverse")


def liker_of(settings: Settings, user: int) -> int:
    return hash_liker(user, liker_key(settings.liker_key_file, "thingiverse", settings.seed))


def build(folder: Path, *, finished_nights: int = 2) -> Settings:
    """Make the folder: a snapshot, finished nights, one begun, pictures, and all that follows."""
    settings = settings_of(folder)
    _snapshot(settings)
    for number in range(1, finished_nights + 1):
        _night(settings, f"2026-09-0{number}", closed=True)
    _night(settings, "2026-09-08", closed=False)
    _pictures(settings)
    _derived(settings)
    _history(settings)
    return settings


def _snapshot(settings: Settings) -> None:
    settings.raw_dir.mkdir(parents=True)
    source = database(
        settings.raw_dir.parent / "source.sqlite",
        EARLY,
        creators=[ANN, {**ANN, "id": VERA, "name": VERA_NAME}],
        things=[
            thing(THING, name=TITLE, creator_id=VERA, likes_ids=str([NICK, 990_001])),
            thing(OTHER, likes_ids=str([VERA, 990_001]), ancestor_ids=str([THING])),
            thing(REMIX, download_count="many"),  # goes to the ledger
        ],
    )
    import_snapshot(
        source,
        settings.snapshots_dir,
        name=SNAPSHOT,
        liker_key=liker_key(settings.liker_key_file, "snapshot", settings.seed),
        observed_on=date(2022, 8, 11),
        forgotten=Forgotten(settings.raw_dir),
    )
    source.unlink()
    broken_off = settings.raw_dir / ".importing-newer"
    broken_off.mkdir()
    (broken_off / "checkpoints.jsonl").write_text(json.dumps({"live": [THING]}) + "\n")


def answer(settings: Settings, thing_id: int, *, vera: bool, ancestors: list[int]) -> Answered:
    tree = {
        "id": thing_id,
        "name": TITLE if vera else f"Thing {thing_id}",
        "description": f"{TITLE} by {VERA_NAME}" if vera else "plain",
        "creator": {"id": VERA, "name": VERA_NAME} if vera else {"id": NICK, "name": NICK_NAME},
        "ancestors": [
            {"id": each, "name": TITLE, "creator": {"id": VERA, "name": VERA_NAME}}
            for each in ancestors
        ],
        "like_count": 2,
        "file_count": 0,
        "download_count": 5,
    }
    return Answered(
        thing_id=thing_id,
        resource="thing",
        observed_at=MOMENT,
        status=200,
        tree=Raw(msgspec.json.encode(tree)),
    )


def _night(settings: Settings, night: str, *, closed: bool) -> None:
    folder = settings.nights_dir / night
    ids = read_ids(settings.snapshots_dir / SNAPSHOT)
    known = KnownThings(SNAPSHOT, date(2022, 8, 11), ids.attempted, ids.live)
    retry = Retry(thing_id=THING, attempts=1, next_at=MOMENT, panel=True)
    plan = Plan(
        night=night,
        source="thingiverse",
        planned_at=f"{night}T10:00:00Z",
        started_at=f"{night}T10:00:00Z",
        frame_seed=settings.seed,
        newest_id=800_000,
        target_live=3,
        panel_fraction=1.0,
        subresources=["likes"],
        likers_cap=10,
        known=[KnownSnapshot(name=SNAPSHOT, ids=2, fingerprint=known.fingerprint)],
        panel=[THING, OTHER],
        retries=[retry],
    )
    write_plan(folder, plan)
    with open_journal(folder) as journal:
        for thing_id, vera, ancestors in (
            (OTHER, False, [THING]),
            (THING, True, []),
            (REMIX, False, []),
        ):
            journal.append(answer(settings, thing_id, vera=vera, ancestors=ancestors))
            likers = [liker_of(settings, user) for user in (VERA, 990_001)]
            page = {"thing_id": thing_id, "observed_at": MOMENT, "status": 200, "likers": likers}
            journal.append(Answered(resource="likes", **page))  # type: ignore[arg-type]  # mixed
            journal.append(_tried(thing_id, "ok", why="panel" if thing_id == OTHER else "frame"))
        journal.append(_tried(UNDECIDED, "retry", why="frame"))
    if closed:
        close_journal(folder)
        close_night(folder, now=lambda: 1_788_000_000.0)
        (folder / "journal.jsonl").unlink()


def _tried(thing_id: int, outcome: str, *, why: str) -> Tried:
    return Tried(
        thing_id=thing_id,
        why=why,  # type: ignore[arg-type]  # a literal
        outcome=outcome,  # type: ignore[arg-type]  # a literal
        observed_at=MOMENT,
        fetched_at=MOMENT,
        requests=2,
        status=200,
    )


def _pictures(settings: Settings) -> None:
    own, shared = picture_file(1), picture_file(2)
    obtained(settings, {THING: own, OTHER: shared, REMIX: shared})
    obtained(settings, {THING: shared}, night="2026-09-02")
    journal = settings.thumbnails_dir / "2026-09-08" / PICTURE_JOURNAL
    journal.parent.mkdir()
    journal.write_text(json.dumps({"thing_id": THING, "address": None, "tried_at": MOMENT}) + "\n")
    digests = sorted(
        path.name for path in (settings.thumbnails_dir / "content").glob("*/*") if path.is_file()
    )
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(len(digests), DIMENSIONS)).astype(np.float16)
    EmbeddingStore(settings.features_dir / "picture_embeddings" / "net").add(digests, vectors)
    MeasureStore(settings.features_dir / "picture_measures" / "1").add(
        pl.DataFrame(
            [(each, 1, *[0.5] * (len(SCHEMA) - 2)) for each in digests], SCHEMA, orient="row"
        )
    )


def _derived(settings: Settings) -> None:
    load_warehouse(
        settings.warehouse_file, settings.nights_dir, settings.snapshots_dir, run_id="run"
    )
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    (settings.published_dir / "thingistat-0123456789abcdef.duckdb").write_text(TITLE)
    frame = pl.DataFrame({"id": [THING, OTHER], "name": [TITLE, "plain"]})
    write_frame(settings.features_dir, "popularity_features", frame, provenance={"source": "x"})
    for name in ("advisor_forest", "recommender"):
        for version, value in (("one", 0.25), ("two", 0.5)):
            save_version(
                settings.models_dir,
                name,
                arrays={"things": np.array([THING, OTHER])},
                frames={"likes": frame},
                metrics={"r2": value, "n_rows": 2},
                provenance={"version": version, "source": "thingiverse"},
                version=version,
            )
    report = settings.reports_dir / "abc"
    write_whole(report / "report.html", f"<p>{TITLE}</p>")
    point_link(settings.reports_dir / "latest", report)
    (settings.raw_dir / "things" / "2026-09-01" / ".things-0000.jsonl.zst.x.tmp").write_text(TITLE)


def _history(settings: Settings) -> None:
    home = prepare_dagster_home(settings.dagster_home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                "things",
                metadata={
                    "rows": 3,
                    "preview": dg.MetadataValue.md(f"| {THING} | {TITLE} |\n" * 1_000),
                    "examples": dg.MetadataValue.json({"worst": [THING, TITLE]}),
                    "table": dg.MetadataValue.table([dg.TableRecord({"id": THING, "name": TITLE})]),
                },
            )
        )
    output = home / "storage" / "run" / "compute_logs"
    output.mkdir(parents=True)
    (output / "step.err").write_text(f"{THING} {TITLE}")
