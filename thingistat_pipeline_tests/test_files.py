"""Files are whole or absent."""

import hashlib
from pathlib import Path

import pytest

from thingistat_pipeline.files import point_link, sha256_of, whole_file, write_whole


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path):
    target = tmp_path / "report.html"
    write_whole(target, "old")

    def die_half_way() -> None:
        with whole_file(target) as temporary:
            temporary.write_text("half of the ne")
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        die_half_way()
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_reader_sees_the_old_content_until_the_block_ends(tmp_path: Path):
    target = tmp_path / "manifest.json"
    write_whole(target, b"1")
    with whole_file(target) as temporary:
        temporary.write_bytes(b"2")
        assert target.read_bytes() == b"1"
    assert target.read_bytes() == b"2"


def test_a_link_moves_to_its_new_target_and_stays_relative(tmp_path: Path):
    for name in ("a", "b"):
        write_whole(tmp_path / "published" / name, name)
    link = tmp_path / "latest"
    point_link(link, tmp_path / "published" / "a")
    point_link(link, tmp_path / "published" / "b")
    assert link.read_text() == "b"
    assert str(link.readlink()) == "published/b"


def test_a_link_never_replaces_a_folder_of_the_user(tmp_path: Path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine").write_text("keep")
    with pytest.raises(OSError, match="latest"):
        point_link(tmp_path / "latest", tmp_path / "elsewhere")
    assert (tmp_path / "latest" / "mine").read_text() == "keep"


def test_a_file_is_hashed_as_sha256_beyond_one_chunk(tmp_path: Path):
    content = b"x" * 3_000_000
    (tmp_path / "part").write_bytes(content)
    assert sha256_of(tmp_path / "part") == hashlib.sha256(content).hexdigest()
