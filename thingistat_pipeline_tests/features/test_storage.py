from pathlib import Path

import polars as pl
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.storage import content_version, read_frame, write_frame

FRAME = pl.DataFrame({"id": [1, 2, 3], "share": [0.1, None, 2.5], "flag": [True, None, False]})


def test_a_frame_comes_back_as_it_was(tmp_path: Path):
    written = write_frame(tmp_path, "popularity_features", FRAME)
    found = read_frame(tmp_path, "popularity_features")
    assert found.frame.equals(FRAME)
    assert found.frame.schema == FRAME.schema
    assert (found.version, found.path.name) == (written.version, written.path.name)


def test_equal_frames_have_one_version_and_different_ones_have_others():
    assert content_version(FRAME) == content_version(pl.concat([FRAME[:1], FRAME[1:]]))
    others = [
        FRAME.with_columns(pl.col("share").fill_null(0.0)),
        FRAME.rename({"share": "part"}),
        FRAME.with_columns(pl.col("id").cast(pl.Int32)),
        FRAME.reverse(),
        FRAME.clear(),
    ]
    assert len({content_version(frame) for frame in [FRAME, *others]}) == 6


def test_the_latest_is_the_one_written_last_even_if_it_had_been_written_before(tmp_path: Path):
    other = FRAME.head(1)
    for frame in (FRAME, other, FRAME):
        write_frame(tmp_path, "f", frame)
        assert read_frame(tmp_path, "f").frame.equals(frame)


def test_only_the_newest_versions_are_kept(tmp_path: Path):
    frames = [FRAME.with_columns(id=pl.lit(number)) for number in range(5)]
    for frame in frames:
        write_frame(tmp_path, "f", frame, keep=2)
    kept = {path.stem for path in (tmp_path / "f").iterdir() if not path.is_symlink()}
    assert kept == {content_version(frame) for frame in frames[-2:]}


def test_a_frame_that_was_never_written_is_reported_as_a_thing_to_mend(tmp_path: Path):
    with pytest.raises(ThingistatError, match="popularity_features"):
        read_frame(tmp_path, "popularity_features")


def test_a_frame_carries_what_made_it_in_its_own_file(tmp_path: Path):
    write_frame(tmp_path, "f", FRAME, provenance={"seed": 12, "inputs": {"things": "abc"}})
    assert read_frame(tmp_path, "f").provenance == {"seed": 12, "inputs": {"things": "abc"}}
    again = write_frame(tmp_path, "f", FRAME, provenance={"seed": 13})
    assert again.provenance == {"seed": 12, "inputs": {"things": "abc"}}
    assert write_frame(tmp_path, "g", FRAME).provenance == {}


def test_a_frame_that_was_stored_without_its_origin_gets_it_later(tmp_path: Path):
    write_frame(tmp_path, "f", FRAME)
    assert write_frame(tmp_path, "f", FRAME, provenance={"seed": 1}).provenance == {"seed": 1}


def test_what_is_told_of_a_frame_is_always_that_of_the_latest(tmp_path: Path):
    empty = FRAME.clear()
    first = write_frame(tmp_path, "f", empty, told={"likes": 0}, provenance={"run": 1})
    second = write_frame(tmp_path, "f", empty, told={"likes": 4000}, provenance={"run": 2})
    assert first.version != second.version == content_version(empty, {"likes": 4000})
    found = read_frame(tmp_path, "f")
    assert (found.told, found.provenance) == ({"likes": 4000}, {"run": 2})
    again = write_frame(tmp_path, "f", empty, told={"likes": 0})
    assert (again.version, again.told) == (first.version, {"likes": 0})
    assert write_frame(tmp_path, "f", empty).told == {}
