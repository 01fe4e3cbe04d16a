"""Disks that take nothing: a message that says what to do, nothing lost, and the way on."""

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from thingistat_pipeline.disk_trouble import disk_trouble
from thingistat_pipeline.orchestration.run import run_job
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import read_manifest
from thingistat_pipeline_tests.command import Shell

THINGS = 12
NOBODY = 65534


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A data folder after one night, loaded and published."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("published") / "data", things_per_night=THINGS
    )
    run_job(settings, "nightly_sampling", night=date(2026, 9, 1))
    return settings


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may enter, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def small_disk(folder: Path, megabytes: int = 40) -> Iterator[Path]:
    """Mount a file system of its own, which only root may."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("NOT PROVED HERE: only root can mount a small disk to fill or lock")
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("NOT PROVED HERE: this system does not let root mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def full(disk: Path, room: int) -> Iterator[None]:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream:
        while stream.tell() < os.statvfs(disk).f_blocks * os.statvfs(disk).f_frsize:
            try:
                stream.write(b"x" * 65536)
            except OSError:
                break
        stream.truncate(max(stream.tell() - room, 0))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(disk: Path, _room: int) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


@contextmanager
def of_another_user(_disk: Path, _room: int) -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def rows(settings: Settings) -> int:
    with duckdb.connect(str(settings.published_file), read_only=True) as con:
        return int(con.sql("SELECT count(*) FROM things").fetchall()[0][0])


@pytest.mark.parametrize(
    ("trouble", "room", "words"),
    [
        pytest.param(full, 0, "Free some space", id="no room at all"),
        pytest.param(full, 300_000, "Free some space", id="room for a part of a night"),
        pytest.param(full, 1_500_000, "Free some space", id="room for a night but no database"),
        pytest.param(read_only, 0, "can only be read", id="read-only"),
        pytest.param(of_another_user, 0, "may not write there", id="no permission"),
    ],
)
def test_a_disk_that_takes_nothing_is_named_with_the_remedy_and_what_was_there_stays(
    published: Settings,
    capsys: pytest.CaptureFixture[str],
    open_folder: Path,
    trouble: Callable[[Path, int], AbstractContextManager[None]],
    room: int,
    words: str,
):
    thingistat = Shell(capsys, open_folder)
    with small_disk(open_folder / "disk") as disk:
        settings = published.with_changes(data_dir=disk / "data")
        shutil.copytree(published.data_dir, settings.data_dir, symlinks=True)
        before, night = rows(settings), ("--night", "2026-09-02", "--things", THINGS)
        with trouble(disk, room):
            ends = [
                thingistat("sample", *night, "--data-dir", settings.data_dir),
                thingistat("run", "--things", 0, "--data-dir", settings.data_dir),
            ]
            assert rows(settings) == before
        failed = [ended for ended in ends if ended.code]
        assert failed
        for ended in failed:
            assert ended.code == 1
            assert words in ended.err, ended.err
            assert "same command again" in ended.err
            assert "Traceback" not in ended.err
        gc.collect()  # what the failed step had open: a command's process would have ended
        run_job(settings, "nightly_sampling", night=date(2026, 9, 2))
        manifest = read_manifest(settings.nights_dir / "2026-09-02")
        assert manifest is not None
        assert manifest.counts.ok == THINGS
        assert rows(settings) > before


def test_a_full_disk_is_recognised_behind_whatever_was_raised_because_of_it():
    try:
        try:
            raise OSError(28, "No space left on device", "/data/raw/x")
        except OSError as error:
            raise RuntimeError("a step failed") from error
    except RuntimeError as error:
        said = disk_trouble(error)
    assert said is not None
    assert said.startswith("/data/raw/x: the disk is full.")


@pytest.mark.parametrize(
    "error",
    [ValueError("Permission denied to everybody"), FileNotFoundError(2, "No such file", "x")],
)
def test_other_troubles_are_not_taken_for_the_disks(error: Exception):
    assert disk_trouble(error) is None
