"""An import that is broken off goes on where it was, and nobody can tell from the result."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.snapshots import thingistat_sqlite
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import Manifest, loads_in, read_records
from thingistat_pipeline_tests.snapshots.killed_imports import result_in, run_import, was_killed
from thingistat_pipeline_tests.snapshots.support import ANN, EARLY, KEY, database, thing

WAITING = """
import sys
from pathlib import Path
from thingistat_pipeline.snapshots.importing import import_snapshot
def wait(what, done, total):
    if what == "rows":
        print("reading", flush=True)
        sys.stdin.readline()
import_snapshot(Path(sys.argv[1]), Path(sys.argv[2]), liker_key=b"a key for tests", progress=wait)
"""
RESULT = "snapshots/data_2022-08-11"


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thingistat_sqlite, "ROWS_PER_BATCH", 2)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Eleven rows: nine things in three parts, one twice and far apart, one that cannot be read."""
    things = [thing(i, tags=f'["tag{i % 4}"]', instructions="NULL") for i in range(1, 10)]
    things.insert(4, thing(99, download_count=-1))
    things.append(thing(1, name="again"))
    schema = (EARLY[0].replace("id INT PRIMARY KEY", "id INT"), *EARLY[1:])
    tags = [{"name": f"Tag {i}", "tag": f"tag{i}"} for i in range(6)]
    return database(
        tmp_path / "data_2022-08-11.db",
        schema,
        things=things,
        creators=[ANN, {**ANN, "id": 71}],
        tags=tags,
    )


@pytest.fixture
def undisturbed(source: Path, tmp_path: Path) -> dict[str, Any]:
    run_import(source, tmp_path / "undisturbed")
    return result_in(tmp_path / "undisturbed")


def broken_off(source: Path, folder: Path, *, rows: int, **options: Any) -> None:
    """Import until so many rows are read, then be interrupted as by Ctrl-C."""

    def interrupt(what: str, done: int, _total: int) -> None:
        if what == "rows" and done == rows:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imported(source, folder, progress=interrupt, **options)


def imported(source: Path, folder: Path, **options: Any) -> Manifest:
    settings = {"liker_key": KEY, "records_per_part": 3, **options}
    return import_snapshot(source, folder / "snapshots", **settings)


def working_folder(folder: Path) -> Path:
    return folder / ".importing-data_2022-08-11"


def test_the_undisturbed_import_is_what_the_rows_say(undisturbed):
    manifest = undisturbed[f"{RESULT}/manifest.json"]

    assert [part["lines"] for part in manifest["parts"]] == [4, 3, 2]
    assert manifest["counts"]["ok"] == 9
    assert manifest["origin"]["rejects"] == {
        "things.download_count is a negative count": 1,
        "the id occurs twice": 1,
        "no thing bears this tag": 2,
        "nobody's thing is in the database": 1,
    }
    assert manifest["origin"]["null_texts"] == {"things.instructions": 9}


def test_an_import_killed_before_any_step_comes_to_the_undisturbed_result_when_repeated(
    source: Path, tmp_path: Path, undisturbed: dict[str, Any]
):
    run = subprocess.run(
        [
            *(sys.executable, "-m", "thingistat_pipeline_tests.snapshots.killed_imports"),
            *(str(source), str(tmp_path / "scratch")),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    outcomes = [json.loads(line) for line in run.stdout.splitlines()]

    assert [outcome["killed"] for outcome in outcomes] == [True] * (len(outcomes) - 1) + [False]
    assert len(outcomes) > 40
    for outcome in outcomes:
        # What is visible is finished: the folder of snapshots has all of it or nothing.
        visible = {name for name in outcome["after"] if name.startswith("snapshots/")}
        assert visible in (set(), set(undisturbed))
        assert outcome["repeated"] == undisturbed


def test_an_import_killed_again_and_again_comes_through(source, tmp_path, undisturbed):
    kills = 0
    while was_killed(lambda: run_import(source, tmp_path / "again"), at_step=30):
        kills += 1
        assert kills < 20

    assert kills > 1
    assert result_in(tmp_path / "again") == undisturbed


def test_parts_that_are_finished_are_not_made_again(source, tmp_path, undisturbed):
    broken_off(source, tmp_path / "work", rows=10)
    first = working_folder(tmp_path / "work") / "snapshot" / "things-0000.jsonl.zst"
    inode = first.stat().st_ino
    told: list[tuple[str, int, int]] = []

    imported(
        source,
        tmp_path / "work",
        progress=lambda what, done, total: told.append((what, done, total)),
    )

    made = tmp_path / "work" / RESULT / "things-0000.jsonl.zst"
    assert made.stat().st_ino == inode
    assert [step for step in told if step[0] == "rows"] == [
        ("rows", done, 11) for done in (8, 10, 11)
    ]
    assert result_in(tmp_path / "work") == undisturbed


def test_the_start_is_that_of_the_first_attempt(source, tmp_path, monkeypatch):
    times = iter(f"2026-01-01T00:00:0{second}Z" for second in range(9))
    monkeypatch.setattr("thingistat_pipeline.snapshots.importing._now", lambda: next(times))
    broken_off(source, tmp_path, rows=10)

    assert imported(source, tmp_path).started_at == "2026-01-01T00:00:00Z"


def cut(path: Path, missing: int) -> None:
    os.truncate(path, path.stat().st_size - missing)


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: cut(folder / "checkpoints.jsonl", 1),
        lambda folder: cut(folder / "checkpoints.jsonl", 50),
        lambda folder: append(folder / "checkpoints.jsonl", b'{"part":{"name":"thi'),
        lambda folder: append(folder / "checkpoints.jsonl", b"\0" * 512),
        lambda folder: append(folder / "snapshot" / "rejects.jsonl", b'{"row":{"id"'),
        lambda folder: append(folder / "snapshot" / "things-0002.jsonl.zst", b"half a part"),
        lambda folder: append(folder / "snapshot" / ".things-0002.abc.tmp", b"half a part"),
        lambda folder: append(folder / "snapshot" / "things-0000.jsonl.zst", b"too much"),
        lambda folder: cut(folder / "snapshot" / "rejects.jsonl", 5),
        lambda folder: (folder / "snapshot" / "things-0001.jsonl.zst").unlink(),
        lambda folder: (folder / "snapshot" / "rejects.jsonl").unlink(),
        lambda folder: (folder / "checkpoints.jsonl").unlink(),
        lambda folder: cut(folder / "import.json", 3),
        lambda folder: (folder / "import.json").unlink(),
        lambda folder: shutil.rmtree(folder / "snapshot"),
    ],
)
def test_whatever_a_crash_left_behind_the_result_is_the_same(
    source: Path, tmp_path: Path, undisturbed: dict[str, Any], damage: Callable[[Path], object]
):
    broken_off(source, tmp_path / "work", rows=10)
    damage(working_folder(tmp_path / "work"))

    imported(source, tmp_path / "work")

    assert result_in(tmp_path / "work") == undisturbed


@pytest.mark.parametrize(
    "options",
    [{"liker_key": b"another key"}, {"keep_personal_data": True}, {"records_per_part": 4}],
)
def test_what_an_import_with_another_option_left_is_thrown_away(source, tmp_path, options):
    imported(source, tmp_path / "undisturbed", **options)
    broken_off(source, tmp_path / "work", rows=10)

    imported(source, tmp_path / "work", **options)

    assert result_in(tmp_path / "work") == result_in(tmp_path / "undisturbed")


def test_what_is_left_of_a_file_that_changed_since_is_thrown_away(source, tmp_path):
    broken_off(source, tmp_path / "work", rows=10)
    source.unlink()
    database(source, EARLY, things=[thing(5)])

    imported(source, tmp_path / "work")

    ((folder, _),) = loads_in(tmp_path / "work" / "snapshots")
    assert [record.thing_id for record in read_records(folder)] == [5]


def test_what_was_left_does_not_give_the_key_away(source, tmp_path):
    broken_off(source, tmp_path, rows=10)

    for path in working_folder(tmp_path).rglob("*"):
        if path.is_file():
            assert KEY not in path.read_bytes()


def test_a_second_import_of_the_same_name_is_told_to_wait(source: Path, tmp_path: Path):
    snapshots = tmp_path / "work" / "snapshots"
    command = [sys.executable, "-c", WAITING, str(source), str(snapshots)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == b"reading\n"
            with pytest.raises(SnapshotError, match="Another import is making the snapshot data_"):
                import_snapshot(source, snapshots, liker_key=KEY)
            assert loads_in(snapshots) == []
            first.communicate(b"\n" * 100, timeout=60)
        finally:
            first.kill()

    assert first.returncode == 0
    ((_, manifest),) = loads_in(snapshots)
    assert import_snapshot(source, snapshots, liker_key=KEY) == manifest
    assert [path.name for path in snapshots.parent.iterdir()] == ["snapshots"]
