"""What every kind of stored model has in common."""

import json
import os
from pathlib import Path

import pytest

from thingistat_pipeline import stored_versions
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.stored_versions import (
    ModelRefusedError,
    json_text,
    make_latest,
    prune_versions,
    read_version,
    version_folder,
    version_made_by,
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
    with pytest.raises(ThingistatError, match="cannot be the name"):
        read_version(tmp_path, name)
    with pytest.raises(ThingistatError, match="cannot be the name"):
        read_version(tmp_path, "m", version=name)


def test_equal_content_is_equal_text_and_numbers_that_json_lacks_are_refused():
    assert json_text({"b": 1, "a": "ü"}) == json_text({"a": "ü", "b": 1})
    with pytest.raises(ValueError, match="JSON"):
        json_text({"a": float("inf")})


def stored(models_dir: Path, version: str, **provenance: object) -> Path:
    told = {"version": version, "source": "sandbox", **provenance}
    return described(models_dir / "m" / version, {"a": 1}, told)


def there(models_dir: Path) -> set[str]:
    return {path.name for path in (models_dir / "m").iterdir()}


def test_versions_that_were_the_latest_long_ago_are_removed(tmp_path: Path):
    folders = [stored(tmp_path, name) for name in ("v1", "v2", "v3", "v4", "v5")]
    for age, folder in enumerate(reversed(folders)):
        os.utime(folder, (10**9 - age, 10**9 - age))
    (tmp_path / "m" / ".search").mkdir()
    assert prune_versions(tmp_path, "m", keep=3) == [folders[1], folders[0]]
    assert there(tmp_path) == {"v3", "v4", "v5", "latest", ".search"}
    assert prune_versions(tmp_path, "m", keep=3) == []


def test_the_version_that_the_link_points_to_is_never_removed(tmp_path: Path):
    old, newer = stored(tmp_path, "v1"), stored(tmp_path, "v2")
    make_latest(old)
    os.utime(old, (1, 1))
    assert prune_versions(tmp_path, "m", keep=0) == [newer]
    assert read_version(tmp_path, "m").version == "v1"


def test_a_version_that_is_taken_up_again_counts_as_used(tmp_path: Path):
    folders = [stored(tmp_path, name) for name in ("v1", "v2", "v3")]
    for folder in folders:
        os.utime(folder, (1, 1))
    make_latest(folders[0])
    make_latest(folders[2])
    assert prune_versions(tmp_path, "m", keep=2) == [folders[1]]


def test_a_version_is_found_by_what_made_it(tmp_path: Path):
    stored(tmp_path, "v1", recipe="flour")
    stored(tmp_path, "v2", recipe="rye")
    assert version_made_by(tmp_path, "m", "flour") == "v1"
    assert version_made_by(tmp_path, "m", "spelt") is None
    assert version_made_by(tmp_path, "nothing", "flour") is None
    (tmp_path / "m" / "v1" / "provenance.json").write_bytes(b"{torn")
    assert version_made_by(tmp_path, "m", "flour") is None
