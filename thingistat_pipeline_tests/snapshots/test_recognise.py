"""Recognising a data set by its content; what is not one is told what would be."""

import json
from pathlib import Path

import pytest

from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.source import Options, SnapshotError
from thingistat_pipeline_tests.snapshots.support import EARLY, KEY, database
from thingistat_pipeline_tests.snapshots.thingipano_support import (
    GONE,
    data_folder,
    design,
    read_from,
    user,
    write,
    zipped,
)

OPTIONS = Options(liker_key=KEY, observed_on=None, keep_personal_data=False)
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"


def test_a_database_is_recognised_whatever_it_is_called(tmp_path: Path):
    path = database(tmp_path / "snapshot of 2022-08-11.png", EARLY)

    assert recognise(path, OPTIONS).kind == "thingistat_sqlite"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"SQLite", "does not begin like any of them"),
        (b'{"id": "1"}', "does not begin like any of them"),
        (b"\x93\x11 an encrypted file", "encrypted"),
        (POINTER, "git lfs pull"),
        (b'[{"id": "1"}]', "none with a list of ThingiPano's designs"),
        (b'[{"id": 1, "name": "a thing of the API"}]', "none with a list of ThingiPano's designs"),
        (b"[[[[[", "none with a list of ThingiPano's designs"),
        (json.dumps([user("ann", 70)]).encode(), "only ThingiPano's user metadata"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(tmp_path: Path, content: bytes, told: str):
    (tmp_path / "x.db").write_bytes(content)

    with pytest.raises(SnapshotError, match="Accepted: ThingiStat's SQLite database") as error:
        recognise(tmp_path / "x.db", OPTIONS)
    assert told in str(error.value)
    assert "ThingiPano's design metadata" in str(error.value)


def test_a_path_without_a_file_is_refused(tmp_path: Path):
    with pytest.raises(SnapshotError, match="no such file"):
        recognise(tmp_path / "nothing.db", OPTIONS)


def test_sqlites_magic_alone_is_a_damaged_database(tmp_path: Path):
    (tmp_path / "x_2022-08-11.db").write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000)

    with pytest.raises(SnapshotError, match=r"damaged or encrypted|not ThingiStat's"):
        recognise(tmp_path / "x_2022-08-11.db", OPTIONS)


@pytest.mark.parametrize(
    "first",
    [
        design(),
        GONE,
        {"notice_violation": True, "id": "3"},
        design(comments=["x" * 200_000]),
    ],
)
def test_designs_are_recognised_by_the_first_of_them(tmp_path: Path, first: object):
    for number, path in enumerate(["data", "design.json", "data/names mean nothing.json"]):
        target = tmp_path / str(number) / path
        write(target / "1.json" if number == 0 else target, [first])

        assert recognise(target, OPTIONS).kind == "thingipano"


@pytest.mark.parametrize("before", [b"5, ", b'{"id": "\\ud800"}, ', b"{bad}, ", b"null, [], "])
def test_designs_are_recognised_behind_what_is_broken(tmp_path: Path, before: bytes):
    path = write(tmp_path / "1.json", b"[" + before + json.dumps(design()).encode() + b"]")

    assert recognise(path, OPTIONS).kind == "thingipano"


def test_users_are_told_from_designs_by_their_content_not_by_their_folder(tmp_path: Path):
    folder = data_folder(tmp_path, [[user("ann", 70)], [design()]])
    first, second = recognise(folder, OPTIONS).batches(0)

    assert first.findings.counts == {"users, of whom creators and likers are looked up": 1}
    assert [each.thing_id for each in second.records] == [10]


def test_a_json_file_of_another_kind_among_the_designs_is_rejected_by_name(tmp_path: Path):
    folder = data_folder(tmp_path, [[design()], {"note": "no list"}])
    (reject,) = read_from(recognise(folder, OPTIONS)).rejects

    assert reject.row["file"] == "Thingiverse_Design_Metadata/2.json"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "it holds no file"),
        (
            {"a.db": b"SQLite format 3\x00", "b.txt": b""},
            "no JSON file (but such as these: .db, .txt",
        ),
        ({"package.json": b"{}"}, "1 JSON files, none with a list of ThingiPano's designs"),
        ({"u/1.json": json.dumps([user("ann", 1)]).encode()}, "only ThingiPano's user metadata"),
        ({"1.json": json.dumps([design()]).encode(), "2.json": POINTER}, "git lfs pull"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_or_archive_without_designs_is_refused(
    tmp_path: Path, files: dict[str, bytes], told: str, packed: bool
):
    path = tmp_path / "data"
    path.mkdir()
    for name, content in files.items():
        write(path / name, content)
    if packed:
        path = zipped(path, tmp_path / "data.zip")

    with pytest.raises(SnapshotError) as error:
        recognise(path, OPTIONS)
    assert told in str(error.value)


def test_designs_beside_an_archive_of_designs_are_refused_as_the_same_twice(tmp_path: Path):
    folder = data_folder(tmp_path / "data", [[design()]])
    zipped(folder, tmp_path / "all.zip").rename(folder / "all.zip")

    with pytest.raises(SnapshotError, match="twice"):
        recognise(folder, OPTIONS)
