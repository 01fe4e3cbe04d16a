"""Recognising a data set by its content; what is not one is told what would be."""

from pathlib import Path

import pytest

from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.source import Options, SnapshotError
from thingistat_pipeline_tests.snapshots.support import EARLY, KEY, database

OPTIONS = Options(liker_key=KEY, observed_on=None, keep_personal_data=False)


def test_a_database_is_recognised_whatever_it_is_called(tmp_path: Path):
    path = database(tmp_path / "snapshot of 2022-08-11.png", EARLY)

    assert recognise(path, OPTIONS).kind == "thingistat_sqlite"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"SQLite", "does not begin like any of them"),
        (b'[{"id": "1"}]', "does not begin like any of them"),
        (b"\x93\x11 an encrypted file", "encrypted"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "x.db").write_bytes(content)

    with pytest.raises(SnapshotError, match="Accepted: ThingiStat's SQLite database") as error:
        recognise(tmp_path / "x.db", OPTIONS)
    assert told in str(error.value)


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(SnapshotError, match="is a folder"):
        recognise(tmp_path, OPTIONS)


def test_a_path_without_a_file_is_refused(tmp_path: Path):
    with pytest.raises(SnapshotError, match="no such file"):
        recognise(tmp_path / "nothing.db", OPTIONS)


def test_sqlites_magic_alone_is_a_damaged_database(tmp_path: Path):
    (tmp_path / "x_2022-08-11.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000)

    with pytest.raises(SnapshotError, match=r"damaged or encrypted|not ThingiStat's"):
        recognise(tmp_path / "x_2022-08-11.db", OPTIONS)
