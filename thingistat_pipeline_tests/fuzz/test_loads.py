"""Whatever the API answered in a night, the night is loaded, and the neighbours are whole."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from thingistat_pipeline.sampling.visit import record_of
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import answers_to, honest_answers
from thingistat_pipeline_tests.fuzz.test_answers import visit
from thingistat_pipeline_tests.warehouse.support import Places, write_load

RESOURCES = ("thing", "categories", "files", "images")


def numbered(tree: Any, number: int) -> Any:
    """The answer as that of the thing that was asked for, so that more of it is looked at."""
    return {**tree, "id": number} if isinstance(tree, dict) else tree


@fuzzed(
    night=st.lists(st.tuples(*map(answers_to, RESOURCES)), min_size=1, max_size=4),
    examples=4,
)
def test_any_night_is_loaded(night: list[tuple[Any, ...]]) -> None:
    honest = tuple(honest_answers(resource)[0] for resource in RESOURCES)
    records = [
        record_of(
            visit(number, dict(zip(RESOURCES, (numbered(thing, number), *lists), strict=True)))
        )
        for number, (thing, *lists) in enumerate([*night, honest], start=1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        write_load(places.nights, "2026-09-01", records)
        rows = places.load(quarantine_share_allowed=1).rows
        last = places.rows(f"SELECT name FROM things WHERE id = {len(records)}")
    assert rows["attempts"] == len(records)
    assert rows["things"] == sum(record.outcome == "ok" for record in records)
    assert rows["quarantine"] == sum(len(record.quarantined or []) for record in records)
    assert last == [(honest[0]["name"],)]
