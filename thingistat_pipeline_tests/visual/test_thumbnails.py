"""Pictures on disk: each content once, whole or absent, and of a thing the latest."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual.thumbnails import (
    Held,
    NightManifest,
    Thumbnails,
    Tried,
    content_file,
    content_hash,
    latest_digests,
    read_content,
    read_night,
    store_content,
    write_night,
)
from thingistat_pipeline_tests.visual.picture_files import jpeg

NOON = "2026-09-01T12:00:00Z"


def tried(folder: Path, thing_id: int, content: bytes | None, when: str = NOON) -> Tried:
    if content is None:
        return Tried(thing_id=thing_id, address="https://x/y.jpg", tried_at=when, reason="gone")
    sha256 = store_content(folder, content)
    held = Held(sha256=sha256, bytes=len(content), format="JPEG", width=64, height=48)
    return Tried(thing_id=thing_id, address="https://x/y.jpg", tried_at=when, held=held)


def night_of(folder: Path, night: str, contents: Mapping[int, bytes | None]) -> NightManifest:
    pictures = [tried(folder, thing_id, content) for thing_id, content in contents.items()]
    manifest = NightManifest(
        night=night,
        source="sandbox",
        pixels=320,
        content_hash=content_hash(pictures),
        pictures=pictures,
    )
    write_night(folder, manifest)
    return manifest


def test_the_latest_picture_of_a_thing_is_given_out(tmp_path: Path) -> None:
    night_of(tmp_path, "2026-09-02", {1: jpeg(shade=2), 2: None, 3: jpeg(shade=3)})
    night_of(tmp_path, "2026-09-01", {1: jpeg(shade=1), 2: jpeg(shade=4)})
    night_of(tmp_path, "2026-09-03", {3: None})
    thumbnails = Thumbnails(tmp_path)
    assert thumbnails.things() == (1, 2, 3)
    assert thumbnails.picture(1) == jpeg(shade=2)
    assert thumbnails.picture(2) == jpeg(shade=4)
    assert thumbnails.picture(3) == jpeg(shade=3)
    assert thumbnails.picture(4) is None
    assert latest_digests(tmp_path) == {
        thing: held.sha256 for thing, held in thumbnails.held.items()
    }


def test_without_any_night_there_is_no_picture(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "nowhere")
    assert thumbnails.things() == ()
    assert thumbnails.picture(1) is None


def test_a_content_is_stored_once_and_named_by_its_hash(tmp_path: Path) -> None:
    night_of(tmp_path, "2026-09-01", {1: jpeg(), 2: jpeg()})
    files = [path for path in (tmp_path / "content").rglob("*") if path.is_file()]
    assert files == [content_file(tmp_path, hashlib.sha256(jpeg()).hexdigest())]
    assert files[0].read_bytes() == jpeg()


def test_a_content_that_is_damaged_or_lost_is_not_given_out_and_can_be_replaced(
    tmp_path: Path,
) -> None:
    night_of(tmp_path, "2026-09-01", {1: jpeg()})
    path = content_file(tmp_path, hashlib.sha256(jpeg()).hexdigest())
    path.write_bytes(jpeg()[:-9])
    assert Thumbnails(tmp_path).picture(1) is None
    assert store_content(tmp_path, jpeg()) == path.name
    assert Thumbnails(tmp_path).picture(1) == jpeg()
    path.unlink()
    assert Thumbnails(tmp_path).picture(1) is None
    assert read_content(tmp_path, path.name) is None


def test_a_night_counts_once_its_manifest_is_there(tmp_path: Path) -> None:
    store_content(tmp_path, jpeg())
    (tmp_path / "2026-09-01").mkdir()
    (tmp_path / "2026-09-01" / "journal.jsonl").write_text("")
    assert read_night(tmp_path, "2026-09-01") is None
    assert Thumbnails(tmp_path).things() == ()
    manifest = night_of(tmp_path, "2026-09-01", {1: jpeg()})
    assert read_night(tmp_path, "2026-09-01") == manifest


def test_a_manifest_that_cannot_be_read_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    night_of(tmp_path, "2026-09-01", {1: jpeg()})
    path = tmp_path / "2026-09-01" / "manifest.json"
    path.write_text('{"night": "2026-09-01", "pictures": [{"thing_id": "one"}]}')
    with pytest.raises(ThingistatError, match=r"manifest\.json cannot be read"):
        Thumbnails(tmp_path).things()
    with pytest.raises(ThingistatError, match=r"manifest\.json cannot be read"):
        latest_digests(tmp_path)


def test_the_content_hash_tells_pictures_apart_and_not_when_they_came(tmp_path: Path) -> None:
    one, two = tried(tmp_path, 1, jpeg(shade=1)), tried(tmp_path, 2, jpeg(shade=2))
    later = tried(tmp_path, 1, jpeg(shade=1), when="2027-01-01T00:00:00Z")
    assert content_hash([one, two]) == content_hash([two, later])
    assert content_hash([one, two, tried(tmp_path, 3, None)]) == content_hash([one, two])
    assert content_hash([one]) != content_hash([tried(tmp_path, 1, jpeg(shade=9))])
    assert content_hash([one]) != content_hash([tried(tmp_path, 7, jpeg(shade=1))])
