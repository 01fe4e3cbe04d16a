"""Whoever reads what is published, from outside and all the time, through three runs."""

import multiprocessing
import time
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

from thingistat_pipeline.orchestration.run import run_job
from thingistat_pipeline.settings import Settings

NIGHTS = 3
THINGS = 12


@dataclass
class Readings:
    """What an outside process saw: rows at each reading, errors, and through its oldest reader."""

    rows: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    halves: int = 0


def read_on_and_on(link: str, stop: Event, results: "Queue[Readings]") -> None:
    seen = Readings()
    oldest: duckdb.DuckDBPyConnection | None = None
    while not stop.is_set():
        if seen.rows or Path(link).exists():  # once there, it stays
            try:
                with duckdb.connect(link, read_only=True) as con:
                    things, view, live = con.execute(
                        "SELECT (SELECT count(*) FROM things), "
                        "(SELECT count(*) FROM thingistat.things), "
                        "(SELECT sum(live) FROM meta.loads)"
                    ).fetchall()[0]
                seen.rows.append(things)
                seen.halves += things != view or things > live
                if oldest is None:
                    oldest = duckdb.connect(str(Path(link).resolve()), read_only=True)
                seen.kept.append(oldest.execute("SELECT count(name) FROM things").fetchall()[0][0])
            except duckdb.Error as error:
                seen.errors.append(str(error))
        time.sleep(0.05)
    results.put(seen)


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("readers") / "data",
        things_per_night=THINGS,
        panel_share=0.0,
    )
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    reader = context.Process(
        target=read_on_and_on, args=(str(settings.published_file), stop, results)
    )
    reader.start()
    try:
        for day in range(1, NIGHTS + 1):
            run_job(settings, "nightly_sampling", night=date(2026, 9, day))
            time.sleep(0.3)
    finally:
        stop.set()
        seen = results.get(timeout=60)
        reader.join(timeout=60)
    assert isinstance(seen, Readings)
    return seen


def test_no_reading_fails_or_sees_half_a_state_through_three_runs(readings: Readings):
    assert readings.errors == []
    assert readings.halves == 0
    assert len(readings.rows) > NIGHTS


def test_the_rows_that_a_reader_sees_only_grow(readings: Readings):
    assert readings.rows == sorted(readings.rows)
    assert set(readings.rows) == {THINGS * night for night in range(1, NIGHTS + 1)}


def test_a_reader_with_an_old_file_open_keeps_it(readings: Readings):
    assert set(readings.kept) == {readings.rows[0]}
