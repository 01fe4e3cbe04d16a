"""What is told of an imported snapshot, in the UI and at the end of the command."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import msgspec
import pytest

from thingistat_pipeline.orchestration import snapshot_tables as tables
from thingistat_pipeline.orchestration.assets.raw import raw_snapshots
from thingistat_pipeline.orchestration.outcome import snapshot_lines
from thingistat_pipeline.orchestration.resources import bring_in_snapshot, known_things
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    read_manifest,
    write_manifest,
)
from thingistat_pipeline_tests.snapshots.support import LATER, database, thing

MANY = 2937
JUNE, JULY = "2018-06-01", "2018-07-02"


def manifest_of(name: str = "pano", **changes: Any) -> Manifest:
    """Return the manifest of a snapshot of very many files."""
    files = [
        {"name": f"{number}.json", "sha256": hashlib.sha256(str(number).encode()).hexdigest()}
        for number in range(MANY)
    ]
    origin = {
        "kind": "thingipano",
        "files": files,
        "observed": {"first": "2018-06-01T00:00:00Z", "last": "2018-06-01T00:00:00Z"},
        "added": {"first": "2008-11-02T10:00:00Z", "last": "2018-05-30T10:00:00Z"},
        "columns": {f"field_{number}": "thing.name" for number in range(60)},
        "unmapped": ["comments", "liked_by | <b>names</b>"],
        "dropped_personal": ["full_name"],
        "rejects": {"the id occurs twice": 2, "no id": 40},
        "notes": {"likers cut at 21": 900},
    }
    manifest = Manifest(
        kind="snapshot",
        name=name,
        source="snapshot",
        content_hash="c" * 64,
        parts=[],
        counts=Counts(attempted=1_006, ok=1_000, gone=4, moderated=2, rejected=42),
        started_at="2026-11-01T10:00:00Z",
        finished_at="2026-11-01T10:05:00Z",
        observed_on="2018-06-01",
        origin=origin,
    )
    return msgspec.structs.replace(manifest, **changes)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def materialized(settings: Settings) -> dict[str, Any]:
    result = dg.materialize(
        [raw_snapshots], resources={"settings": settings}, instance=dg.DagsterInstance.ephemeral()
    )
    (event,) = result.get_asset_materialization_events()
    return dict(event.materialization.metadata)


def test_the_ui_shows_counts_as_numbers_and_the_rest_as_small_tables(settings: Settings):
    write_manifest(settings.snapshots_dir / "pano", manifest_of())
    write_manifest(settings.snapshots_dir / "other", manifest_of("other"))
    shown = materialized(settings)
    assert {name: shown[name].value for name in ("dagster/row_count", "gone", "moderated")} == {
        "dagster/row_count": 2_000,
        "gone": 8,
        "moderated": 4,
    }
    assert shown["rejected_rows"].value == 84
    assert shown["source_files"].value == 2 * MANY
    assert shown["snapshots"].value.count("\n") == 1 + 2
    assert "2008\\-11\\-02 to 2018\\-05\\-30" in shown["snapshots"].value
    assert shown["files"].value.count("\n") == 1 + 2 * tables.FILES_SHOWN
    assert hashlib.sha256(b"0").hexdigest() in shown["files"].value
    assert "the id occurs twice | 2 |" in shown["rejects"].value
    assert "<b>" not in shown["not_carried_over"].value
    texts = [value.value for value in shown.values() if isinstance(value.value, str)]
    assert sum(len(text) for text in texts) < 20_000


def test_without_a_snapshot_the_ui_says_so(settings: Settings):
    shown = materialized(settings)
    assert shown["snapshots_imported"].value == 0
    assert "snapshots" not in shown
    assert "none yet" in shown["data"].value


def test_the_digest_of_all_files_is_that_of_what_sha256sum_prints_sorted():
    files = [{"name": "b.json", "sha256": "0f"}, {"name": "a.json", "sha256": "1e"}]
    row = tables.file_digests([manifest_of(origin={"files": files})]).row(0, named=True)
    # printf '0f  b.json\n1e  a.json\n' | sha256sum
    assert (
        row["sha256 of all"] == "064363b457410cc48914a5c23c489cc8285d81ba09539ea487d2d97ca2b0a50d"
    )
    assert (row["files"], row["shown"]) == (2, 2)


def test_reasons_come_with_the_most_frequent_first():
    assert tables.rejects([manifest_of()]).rows() == [
        ("pano", "no id", 40),
        ("pano", "the id occurs twice", 2),
    ]


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ({"first": f"{JUNE}T00:00:00Z", "last": f"{JULY}T00:00:00Z"}, (JUNE, JULY)),
        ({"first": f"{JUNE}T00:00:00Z", "last": f"{JUNE}T23:00:00Z"}, (JUNE,)),
        ([f"{JUNE}T00:00:00Z", f"{JULY}T00:00:00Z"], (JUNE, JULY)),
        (None, ()),
    ],
)
def test_a_span_is_told_in_days_in_the_present_and_the_earlier_form(
    told: object, days: tuple[str, ...]
):
    assert tables.span(manifest_of(origin={"observed": told}), "observed") == days


def test_the_command_tells_what_came_in_what_did_not_and_what_is_next(settings: Settings):
    many = [f"field {number}" for number in range(11)]
    manifest = manifest_of()
    manifest = msgspec.structs.replace(manifest, origin={**manifest.origin, "unmapped": many})
    text = "\n".join(snapshot_lines(settings, manifest))
    assert "Snapshot pano: 1,000 real things imported, 42 rows rejected" in text
    assert str(settings.snapshots_dir / "pano" / "rejects.jsonl") in text
    assert "4 gone, 2 under moderation" in text
    assert "published: 2008-11-02 to 2018-05-30" in text
    assert "observed:  2018-06-01\n" in text
    assert "field 7 and 3 more fields, not carried over" in text
    assert f"sample --source thingiverse --data-dir {settings.data_dir}" in text


def test_what_did_not_happen_is_not_mentioned(settings: Settings):
    manifest = manifest_of(counts=Counts(attempted=3, ok=3), origin={})
    text = "\n".join(snapshot_lines(settings, manifest))
    assert "3 real things imported, 0 rows rejected\n" in text
    for absent in ("besides", "observed", "published", "carried over", "rejects.jsonl"):
        assert absent not in text


def test_nights_are_told_what_the_imported_snapshots_cover(settings: Settings, tmp_path: Path):
    rows = [
        thing(7, accessed="2022-08-09T10:00:00+00:00"),
        thing(5, accessed="2022-08-11T10:00:00+00:00"),
    ]
    bring_in_snapshot(settings, database(tmp_path / "some.db", LATER, things=rows))
    (known,) = known_things(settings.snapshots_dir)
    assert (known.name, known.observed_on) == ("some", date(2022, 8, 11))
    assert known.attempted.tolist() == known.live.tolist() == [5, 7]


def test_a_snapshot_of_an_older_version_has_its_day_in_its_origin(
    settings: Settings, tmp_path: Path
):
    rows = [thing(7, accessed="2022-08-09T10:00:00+00:00")]
    bring_in_snapshot(settings, database(tmp_path / "some.db", LATER, things=rows))
    folder = settings.snapshots_dir / "some"
    manifest = read_manifest(folder)
    assert manifest is not None
    origin = {**manifest.origin, "observed": ["2022-08-01T10:00:00Z", "2022-08-09T10:00:00Z"]}
    write_manifest(folder, msgspec.structs.replace(manifest, observed_on=None, origin=origin))
    assert known_things(settings.snapshots_dir)[0].observed_on == date(2022, 8, 9)
    write_manifest(folder, msgspec.structs.replace(manifest, observed_on=None, origin={}))
    imported = date.fromisoformat(manifest.finished_at[:10])
    assert known_things(settings.snapshots_dir)[0].observed_on == imported
