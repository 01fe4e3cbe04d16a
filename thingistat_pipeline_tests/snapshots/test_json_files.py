"""Files and archives as they come from elsewhere: damaged, encrypted, odd."""

import os
import zipfile
from pathlib import Path

import pytest

from thingistat_pipeline.snapshots.json_files import (
    JsonFile,
    OpenFiles,
    UnreadableFile,
    list_json,
)
from thingistat_pipeline.snapshots.source import SnapshotError


def archive_with(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_names_come_in_natural_order(tmp_path: Path):
    members = dict.fromkeys(["b/1.json", "a/10.json", "a/2.json", "a/02.json", "a/x.json"], b"[]")
    names = [file.name for file in list_json(archive_with(tmp_path / "a.zip", members)).files]

    assert names == ["a/02.json", "a/2.json", "a/10.json", "a/x.json", "b/1.json"]


def test_what_is_no_json_is_counted_by_its_ending(tmp_path: Path):
    members = {
        "a.json": b"[]",
        "A.JSON": b"[]",
        "x.png": b"",
        "y.PNG": b"",
        "__MACOSX/._a.json": b"",
    }
    found = list_json(archive_with(tmp_path / "a.zip", members))

    assert [file.name for file in found.files] == ["A.JSON", "a.json"]
    assert found.others == {".png": 2, ".json": 1}


def test_members_are_read_whatever_path_they_claim_and_nothing_is_written(tmp_path: Path):
    (tmp_path / "here").mkdir()
    members = {"../../evil.json": b"[1]", "/absolute.json": b"[2]"}
    found = list_json(archive_with(tmp_path / "here" / "a.zip", members))

    with OpenFiles() as opened:
        assert sorted(opened.read(file) for file in found.files) == [b"[1]", b"[2]"]
    assert [path.name for path in tmp_path.rglob("*.json")] == []


def test_a_member_that_unpacks_to_too_much_is_not_read(tmp_path: Path):
    found = list_json(archive_with(tmp_path / "bomb.zip", {"a.json": b" " * 5_000_000}))

    with OpenFiles() as opened, pytest.raises(UnreadableFile, match="is larger than 1 MiB"):
        opened.read(found.files[0], at_most=2**20)


def test_a_damaged_member_cannot_be_read_but_its_neighbour_can(tmp_path: Path):
    path = archive_with(tmp_path / "a.zip", {"a.json": b"[1]" * 50, "b.json": b"[2]"})
    content = bytearray(path.read_bytes())
    at = content.index(b"a.json") + len("a.json")
    content[at : at + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    first, second = list_json(path).files

    with OpenFiles() as opened:
        with pytest.raises(UnreadableFile, match="cannot be read"):
            opened.read(first)
        assert opened.read(second) == b"[2]"


def test_a_damaged_archive_is_an_error(tmp_path: Path):
    path = archive_with(tmp_path / "a.zip", {"a.json": b"[1]"})
    path.write_bytes(path.read_bytes()[:-30])

    with pytest.raises(SnapshotError, match="damaged zip archive"):
        list_json(path)


def test_an_encrypted_archive_is_an_error(tmp_path: Path):
    path = archive_with(tmp_path / "a.zip", {"a.json": b"[1]"})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    path.write_bytes(content)

    with pytest.raises(SnapshotError, match="is encrypted"):
        list_json(path)


def test_a_file_that_vanishes_is_an_error_and_no_reject(tmp_path: Path):
    with OpenFiles() as opened, pytest.raises(SnapshotError, match="cannot be read: No such file"):
        opened.read(JsonFile(tmp_path / "gone.json", None, "gone.json"))


def test_special_files_are_left_alone(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")

    assert list_json(tmp_path).others == {"special file": 1}


def test_names_that_are_no_text_are_shown_as_one(tmp_path: Path):
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff1.json"))).write_bytes(b"[3]")
    (only,) = list_json(tmp_path).files

    assert only.name == "?1.json"
    with OpenFiles() as opened:
        assert opened.read(only) == b"[3]"


def test_very_many_endings_are_summed_up(tmp_path: Path):
    members = {f"x.{number}": b"" for number in range(40)} | {"y.1": b"", "a.json": b""}
    others = list_json(archive_with(tmp_path / "a.zip", members)).others

    assert len(others) == 31
    assert next(iter(others.items())) == (".1", 2)
    assert others["other endings"] == 10
