"""Whatever stands in a raw file: what it says, or an error that names the file."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from hypothesis import strategies as st

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.journal import (
    CLOSED_JOURNAL,
    JOURNAL,
    Answered,
    Tried,
    cut_torn_tail,
    journal_lines,
    open_journal,
    visits,
)
from thingistat_pipeline.sampling.plan import Plan, read_plan
from thingistat_pipeline.sampling.standing import standing_of
from thingistat_pipeline.sampling.visit import record_of
from thingistat_pipeline.thingiverse.manifest import (
    MANIFEST,
    PLAN,
    Counts,
    Manifest,
    Part,
    Retry,
    read_manifest,
    read_records,
    require_one_world,
)
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import bytes_like, honest_answers, spoilt, trees

MOMENT = "2026-09-01T12:00:00Z"
PART = "things-0000.jsonl.zst"

encode = msgspec.json.Encoder().encode


def lines_of_a_thing(number: int) -> list[bytes]:
    """The journal lines of a live thing."""
    answers = {
        "thing": honest_answers("thing")[number],
        "categories": honest_answers("categories")[number],
        "files": honest_answers("files")[number],
    }
    thing_id = answers["thing"]["id"]
    lines: list[Answered | Tried] = [
        Answered(
            thing_id=thing_id,
            resource=resource,  # type: ignore[arg-type]  # a literal, drawn
            observed_at=MOMENT,
            status=200,
            tree=msgspec.Raw(encode(tree)),
        )
        for resource, tree in answers.items()
    ]
    lines.append(
        Answered(thing_id=thing_id, resource="likes", observed_at=MOMENT, likers=[3, 5], status=200)
    )
    lines.append(
        Tried(
            thing_id=thing_id,
            why="frame",
            outcome="ok",
            observed_at=MOMENT,
            fetched_at=MOMENT,
            requests=4,
        )
    )
    return [encode(line) + b"\n" for line in lines]


LINES = [line for number in range(3) for line in lines_of_a_thing(number)]
WHOLE = b"".join(LINES)
MANIFEST_BYTES = encode(
    Manifest(
        kind="night",
        name="2026-09-01",
        source="sandbox",
        content_hash="0" * 64,
        parts=[Part(name=PART, sha256="0" * 64, bytes=1, lines=1)],
        counts=Counts(attempted=1, ok=1),
        started_at=MOMENT,
        finished_at=MOMENT,
        retries=[Retry(thing_id=3, attempts=1, next_at=MOMENT)],
        panel=[4],
        origin={"files": ["a"]},
    )
)
PLAN_BYTES = encode(
    Plan(
        night="2026-09-01",
        source="sandbox",
        planned_at=MOMENT,
        started_at=MOMENT,
        frame_seed=12,
        newest_id=1000,
        target_live=10,
        panel_fraction=0.05,
        subresources=["categories"],
        likers_cap=300,
    )
)
RECORDS = b"".join(
    encode(Record(thing_id=number, observed_at=MOMENT, outcome="gone")) + b"\n"
    for number in range(1, 4)
)


def with_file(name: str, content: bytes, use: Callable[[Path], object]) -> object | None:
    """Return what comes of a folder with one file, nothing where it is refused by name."""
    with tempfile.TemporaryDirectory(dir=_quick()) as scratch:
        folder = Path(scratch)
        (folder / name).write_bytes(content)
        try:
            return use(folder)
        except ThingistatError as error:
            assert name in str(error)  # noqa: PT017 - which file it is, is what this promises
            return None


def _quick() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def records_in_journal(folder: Path) -> list[Record]:
    standing_of(folder)
    return [record_of(visit) for visit in visits(folder)]


@fuzzed(content=bytes_like(WHOLE, MANIFEST_BYTES), cases=[{"content": b"\xff\xfe\n"}])
def test_any_journal_is_read_or_called_damaged(content: bytes) -> None:
    with_file(JOURNAL, content, records_in_journal)


@fuzzed(content=bytes_like(zstandard.compress(WHOLE), WHOLE))
def test_any_compressed_journal_is_read_or_called_damaged(content: bytes) -> None:
    with_file(CLOSED_JOURNAL, content, records_in_journal)


@fuzzed(
    content=bytes_like(WHOLE).map(zstandard.compress), cases=[{"content": zstandard.compress(b"")}]
)
def test_any_lines_in_a_compressed_journal_are_read_or_called_damaged(content: bytes) -> None:
    with_file(CLOSED_JOURNAL, content, records_in_journal)


@fuzzed(line=trees.map(encode) | bytes_like(*LINES), before=st.integers(1, len(LINES)))
def test_a_torn_tail_costs_no_whole_line(line: bytes, before: int) -> None:
    torn = line.replace(b"\n", b" ")

    def go_on(folder: Path) -> list[Any]:
        cut_torn_tail(folder / JOURNAL)
        with open_journal(folder):
            pass
        return list(journal_lines(folder))

    kept = b"".join(LINES[:before])
    found = with_file(JOURNAL, kept + torn, go_on)
    assert isinstance(found, list)
    assert [encode(each) + b"\n" for each in found] == LINES[:before]


@fuzzed(content=bytes_like(MANIFEST_BYTES, PLAN_BYTES), examples=150)
def test_any_manifest_is_read_or_refused_by_name(content: bytes) -> None:
    with_file(MANIFEST, content, read_manifest)


@fuzzed(content=bytes_like(PLAN_BYTES, MANIFEST_BYTES), examples=150)
def test_any_plan_is_read_or_refused_by_name(content: bytes) -> None:
    with_file(PLAN, content, read_plan)


@fuzzed(content=bytes_like(PLAN_BYTES, MANIFEST_BYTES))
def test_any_header_tells_the_world_or_nothing(content: bytes) -> None:
    def look(folder: Path) -> None:
        inner = folder / "2026-09-01"
        inner.mkdir()
        (folder / PLAN).rename(inner / PLAN)
        require_one_world(folder, source="sandbox")

    with tempfile.TemporaryDirectory(dir=_quick()) as scratch:
        (Path(scratch) / PLAN).write_bytes(content)
        try:
            look(Path(scratch))
        except ThingistatError as error:
            assert "already holds" in str(error)  # noqa: PT017 - only if


@fuzzed(
    content=spoilt((RECORDS,)).map(zstandard.compress) | bytes_like(zstandard.compress(RECORDS))
)
def test_any_part_is_read_or_refused_by_name(content: bytes) -> None:
    with_file(PART, content, lambda folder: list(read_records(folder)))
