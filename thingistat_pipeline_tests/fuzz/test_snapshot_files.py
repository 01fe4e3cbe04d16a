"""Whatever a published data set holds: records, lines in the ledger, or an error; never a loss."""

import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.snapshots.json_lists import split_list
from thingistat_pipeline.snapshots.source import SnapshotError
from thingistat_pipeline.thingiverse.manifest import read_records
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import EDGES, bytes_like, changed, texts, trees
from thingistat_pipeline_tests.snapshots.support import ANN, EARLY, LATER, database, thing
from thingistat_pipeline_tests.snapshots.thingipano_support import GONE, design, user

KEY = b"a key for tests"
DAY = date(2022, 8, 11)
FIRST, LAST = design(1), design(3)
DESIGNS = json.dumps([FIRST, design(2), GONE, LAST]).encode()
USERS = json.dumps([user("ann", 70), user("bob", 71)]).encode()

Rows = list[dict[str, Any]]


def imported(path: Path) -> tuple[list[int], int, int] | None:
    """Return ids, records and rows refused of an import, nothing where all of it is refused."""
    target = path.parent / "snapshots"
    try:
        manifest = import_snapshot(path, target, liker_key=KEY, observed_on=DAY, name="fuzzed")
    except SnapshotError as error:
        assert len(str(error)) > 20  # noqa: PT017 - says what and where
        assert not (target / "fuzzed").exists()
        return None
    ids = [record.thing_id for record in read_records(target / "fuzzed")]
    return ids, manifest.counts.attempted, manifest.counts.rejected


def of_bytes(name: str, content: bytes) -> tuple[list[int], int, int] | None:
    with tempfile.TemporaryDirectory(dir=_quick()) as scratch:
        path = Path(scratch) / name
        path.write_bytes(content)
        return imported(path)


def _quick() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.json", content)
    return out.getvalue()


@fuzzed(body=bytes_like(DESIGNS, b"[1,2]", b"[]"), examples=150)
def test_any_list_is_cut_into_its_elements(body: bytes) -> None:
    elements, _ = split_list(body)
    assert sum(len(bytes(each)) for each in elements) <= len(body)


@fuzzed(content=bytes_like(DESIGNS, USERS))
def test_any_json_file_is_imported_or_refused(content: bytes) -> None:
    of_bytes("designs.json", content)


@fuzzed(between=changed((design(2), GONE)) | trees)
def test_a_strange_design_costs_only_itself(between: Any) -> None:
    found = of_bytes("designs.json", json.dumps([FIRST, between, LAST]).encode())
    assert found is not None
    ids, attempted, rejected = found
    assert {1, 3} <= set(ids)
    assert attempted + rejected == 3


@fuzzed(between=bytes_like(json.dumps(design(2)).encode()), examples=60)
def test_bytes_between_two_designs_cost_the_first_one_nothing(between: bytes) -> None:
    whole = b"[" + json.dumps(FIRST).encode() + b"," + between + b"," + json.dumps(LAST).encode()
    found = of_bytes("designs.json", whole + b"]")
    assert found is not None
    assert 1 in found[0]


@fuzzed(
    content=bytes_like(zipped(a=DESIGNS, b=USERS), zipped())
    | bytes_like(DESIGNS, USERS).map(lambda inner: zipped(a=DESIGNS, b=inner))
)
def test_any_archive_is_imported_or_refused(content: bytes) -> None:
    of_bytes("designs.zip", content)


@cache
def honest_databases() -> tuple[bytes, ...]:
    found = []
    for schema in (EARLY, LATER):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "honest.sqlite"
            database(path, schema, things=[thing(number) for number in (1, 2, 3)])
            found.append(path.read_bytes())
    return tuple(found)


@fuzzed(content=bytes_like(*honest_databases()), examples=40)
def test_any_database_file_is_imported_or_refused(content: bytes) -> None:
    of_bytes("things.sqlite", content)


COLUMNS = (
    "name", "thumbnail", "added", "modified", "is_wip", "like_count", "description", "details",
    "file_count", "download_count", "added_images_count", "likes_ids", "average_download_count",
    "tags", "ancestor_ids", "creator_id", "accessed", "categories",
)  # fmt: skip
CREATOR_COLUMNS = ("id", "name", "count_of_followers", "accepts_tips", "location")
cells = (
    st.sampled_from([each for each in EDGES if not isinstance(each, list | dict)])
    .filter(lambda value: not isinstance(value, int) or -(2**63) <= value < 2**63)
    | texts
    | trees.map(json.dumps)
    | st.binary(max_size=20)
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
)  # fmt: skip


@fuzzed(
    row=st.dictionaries(st.sampled_from(COLUMNS), cells, min_size=1, max_size=4),
    creator=st.dictionaries(st.sampled_from(CREATOR_COLUMNS), cells, max_size=2),
)
def test_a_strange_row_costs_only_itself(row: dict[str, Any], creator: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(dir=_quick()) as scratch:
        path = database(
            Path(scratch) / "things.sqlite",
            LATER,
            things=[thing(1, accessed="2022-01-01"), thing(3, accessed="2022-01-01")],
            creators=[{**ANN, "id": 71, **creator}, ANN] if creator.get("id") != 70 else [ANN],
        )
        with closing(sqlite3.connect(path)) as con, con:
            whole = {**thing(2), "accessed": "2022-01-01", **row}
            names = ", ".join(whole)
            marks = ", ".join("?" * len(whole))
            con.execute(f"INSERT INTO things ({names}) VALUES ({marks})", [*whole.values()])
        found = imported(path)
    assert found is not None
    ids, attempted, _ = found
    assert {1, 3} <= set(ids)
    assert attempted in (2, 3)
