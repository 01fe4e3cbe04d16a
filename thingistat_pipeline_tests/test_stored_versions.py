"""What every kind of stored model has in common."""

import json
from pathlib import Path

import pytest

from thingistat_pipeline import stored_versions
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.stored_versions import (
    ModelRefusedError,
    json_text,
    make_latest,
    read_version,
    version_folder,
    write_folder,
)


def described(folder: Path, metrics: object, provenance: object) -> Path:
    write_folder(
        folder,
        {
            "metrics.json": json.dumps(metrics).encode(),
            "provenance.json": json.dumps(provenance).encode(),
        },
    )
    make_latest(folder)
    return folder


def test_a_folder_appears_with_all_of_its_files_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_folder(tmp_path / "m" / "v1", {"a": b"1", "b": b"2"})
    assert {path.name: path.read_bytes() for path in (tmp_path / "m" / "v1").iterdir()} == {
        "a": b"1",
        "b": b"2",
    }

    def full_disk(_: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(stored_versions, "flush_to_disk", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_folder(tmp_path / "m" / "v2", {"a": b"1"})
    assert [path.name for path in (tmp_path / "m").iterdir()] == ["v1"]


def test_a_version_says_of_itself_what_it_is(tmp_path: Path):
    folder = described(
        tmp_path / "m" / "v1", {"fitted": False}, {"version": "v1", "source": "sandbox"}
    )
    described(tmp_path / "m" / "v2", {"r2": 1}, {"version": "v2", "source": "snapshot"})
    latest, older = read_version(tmp_path, "m"), read_version(tmp_path, "m", version="v1")
    assert (latest.version, latest.source, latest.fitted) == ("v2", "snapshot", True)
    assert (older.version, older.source, older.fitted) == ("v1", "sandbox", False)
    assert version_folder(tmp_path, "m", "v1") == folder


@pytest.mark.parametrize(
    ("metrics", "provenance"),
    [({}, {"version": "1", "source": "s"}), ({"a": 1}, {"version": "1"}), ([1], {}), ({"a": 1}, 7)],
)
def test_a_version_that_does_not_say_what_it_is_is_refused(tmp_path: Path, metrics, provenance):
    described(tmp_path / "m" / "v1", metrics, provenance)
    with pytest.raises(ModelRefusedError, match="Materialize m"):
        read_version(tmp_path, "m")


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".hidden", "a\0b"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str):
    with pytest.raises(ThingistatError, match="cannot be the name"):
        version_folder(tmp_path, name)
    with pytest.raises(ThingistatError, match="cannot be the name"):
        version_folder(tmp_path, "m", name)


def test_equal_content_is_equal_text_and_numbers_that_json_lacks_are_refused():
    assert json_text({"b": 1, "a": "ü"}) == json_text({"a": "ü", "b": 1})
    with pytest.raises(ValueError, match="JSON"):
        json_text({"a": float("inf")})
