"""Parts and manifests: whole or absent, streamed, and never of two worlds."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    Part,
    Source,
    content_hash,
    loads_in,
    read_manifest,
    read_records,
    require_one_world,
    write_manifest,
    write_parts,
)
from thingistat_pipeline.thingiverse.records import Record, Thing


def records(count: int) -> Iterator[Record]:
    for index in range(1, count + 1):
        yield Record(
            thing_id=index,
            observed_at="2026-09-01T12:00:00Z",
            outcome="ok",
            thing=Thing(id=index, name=f"thing {index} é\r\n"),
        )


def manifest(name: str, source: Source = "sandbox", parts: list[Part] | None = None) -> Manifest:
    return Manifest(
        kind="night",
        name=name,
        source=source,
        content_hash="0" * 64,
        parts=parts or [],
        counts=Counts(attempted=3, ok=3),
        started_at="2026-09-01T12:00:00Z",
        finished_at="2026-09-01T12:05:00Z",
    )


def test_records_come_back_as_they_were_in_parts_of_the_size_asked_for(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, records(7), lines_per_part=3)
    assert [(part.name, part.lines) for part in parts] == [
        ("things-0000.jsonl.zst", 3),
        ("things-0001.jsonl.zst", 3),
        ("things-0002.jsonl.zst", 1),
    ]
    for part in parts:
        path = tmp_path / part.name
        assert (part.sha256, part.bytes) == (sha256_of(path), path.stat().st_size)
    assert list(read_records(tmp_path)) == list(records(7))


def test_equal_records_give_equal_bytes(tmp_path: Path) -> None:
    assert write_parts(tmp_path / "a", records(5)) == write_parts(tmp_path / "b", records(5))


def test_parts_of_an_earlier_attempt_do_not_stay(tmp_path: Path) -> None:
    write_parts(tmp_path, records(7), lines_per_part=3)
    write_parts(tmp_path, records(2), lines_per_part=3)
    assert [path.name for path in tmp_path.iterdir()] == ["things-0000.jsonl.zst"]


def test_a_part_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[Record]:
        yield from records(4)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parts(tmp_path, failing(), lines_per_part=3)
    assert [path.name for path in tmp_path.iterdir()] == ["things-0000.jsonl.zst"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"likers": [2**63]}, r"<= 9223372036854775807.*likers"),
        ({"thing": Thing(id=7, view_count=-(2**63) - 1)}, r">= -9223372036854775808.*view_count"),
        ({"thing": Thing(id=7, name=5)}, r"Expected `str \| null`.*name"),  # type: ignore[arg-type]
        ({"thing": Thing(id=7, name="\ud800")}, "surrogates not allowed"),
        ({"outcome": "lost"}, r"Invalid enum value 'lost'"),
    ],
)
def test_a_record_that_is_none_in_the_strict_sense_is_not_written(
    tmp_path: Path, values: dict[str, Any], why: str
) -> None:
    fields = {"thing_id": 7, "observed_at": "2026-09-01T12:00:00Z", "outcome": "ok", **values}
    with pytest.raises(ThingistatError, match=f"(?s)The thing 7 cannot be stored.*{why}"):
        write_parts(tmp_path, [*records(3), Record(**fields)])
    assert list(tmp_path.iterdir()) == []


def test_the_largest_numbers_of_64_bits_are_written(tmp_path: Path) -> None:
    record = Record(
        thing_id=2**63 - 1, observed_at="x", outcome="gone", likers=[-(2**63), 2**63 - 1]
    )
    write_parts(tmp_path, [record])
    assert list(read_records(tmp_path)) == [record]


def test_only_finished_loads_count_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("2026-09-02", "2026-09-01", "unfinished"):
        (tmp_path / name).mkdir()
    (tmp_path / ".sampling.lock").touch()
    write_manifest(tmp_path / "2026-09-02", manifest("2026-09-02"))
    write_manifest(tmp_path / "2026-09-01", manifest("2026-09-01"))
    assert [loaded.name for _, loaded in loads_in(tmp_path)] == ["2026-09-01", "2026-09-02"]
    assert read_manifest(tmp_path / "2026-09-02") == manifest("2026-09-02")
    assert read_manifest(tmp_path / "unfinished") is None
    assert loads_in(tmp_path / "nowhere") == []


def test_a_broken_manifest_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"kind": "day"}')
    with pytest.raises(ThingistatError, match="Restore it from a backup"):
        read_manifest(tmp_path)


def test_a_damaged_part_is_named_with_its_line(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, records(3))
    write_manifest(tmp_path, manifest("x", parts=parts))
    path = tmp_path / parts[0].name
    content = path.read_bytes()
    path.write_bytes(content[:-3])
    with pytest.raises(ThingistatError, match=r"things-0000\.jsonl\.zst cannot be read"):
        list(read_records(tmp_path))
    path.unlink()
    with pytest.raises(ThingistatError, match="at line 1"):
        list(read_records(tmp_path))


def test_the_content_hash_follows_content_and_outcomes_and_not_the_cost() -> None:
    part = Part(name="a", sha256="1" * 64, bytes=5, lines=1)
    other = Part(name="b", sha256="2" * 64, bytes=5, lines=1)
    base = content_hash([part, other], Counts(ok=1, requests=3))
    assert len(base) == len(hashlib.sha256().hexdigest())
    assert content_hash([other, part], Counts(ok=1, requests=4)) == base
    assert content_hash([part], Counts(ok=1)) != base
    assert content_hash([part, other], Counts(ok=1, gone=1)) != base


@pytest.mark.parametrize(
    ("held", "asked", "fits"),
    [
        ("sandbox", "sandbox", True),
        ("sandbox", "thingiverse", False),
        ("sandbox", "snapshot", False),
        ("thingiverse", "sandbox", False),
        ("snapshot", "sandbox", False),
        ("snapshot", "thingiverse", True),
        ("thingiverse", "snapshot", True),
    ],
)
def test_real_and_simulated_things_do_not_meet(
    tmp_path: Path, held: Source, asked: Source, fits: bool
) -> None:
    (tmp_path / "load").mkdir()
    write_manifest(tmp_path / "load", manifest("load", held))
    if fits:
        require_one_world(tmp_path, tmp_path / "nowhere", source=asked)
    else:
        with pytest.raises(ThingistatError, match="another data folder"):
            require_one_world(tmp_path / "nowhere", tmp_path, source=asked)


def test_an_unfinished_night_counts_for_its_world(tmp_path: Path) -> None:
    (tmp_path / "2026-09-01").mkdir()
    (tmp_path / "2026-09-01" / "plan.json").write_text('{"source": "sandbox", "night": "x"}')
    with pytest.raises(ThingistatError, match="simulated things"):
        require_one_world(tmp_path, source="thingiverse")
