"""Never more requests in any window than allowed, restarts included."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.thingiverse.budget import WINDOW_SECONDS, RequestBudget, request_budget
from thingistat_pipeline_tests.thingiverse.conftest import Clock


def most_in_any_window(moments: list[float]) -> int:
    return max(
        sum(start <= moment < start + WINDOW_SECONDS for moment in moments) for start in moments
    )


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(1, 12),
    gaps=st.lists(st.floats(0, 400), min_size=1, max_size=60),
)
def test_no_window_holds_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    clock = Clock()
    budget = request_budget(limit, share=1, now=clock.now, steady=clock.now, sleep=clock.sleep)
    moments = []
    for gap in gaps:
        clock.time += gap
        budget.take()
        moments.append(clock.time)
    assert most_in_any_window(moments) <= limit


def test_a_restart_does_not_forget_the_window(tmp_path: Path) -> None:
    clock = Clock()
    moments = []
    for _ in range(4):  # four processes' worth of budgets on one file
        budget = request_budget(
            10,
            share=1,
            file=tmp_path / "b.sqlite",
            now=clock.now,
            steady=clock.now,
            sleep=clock.sleep,
        )
        for _ in range(7):
            budget.take()
            moments.append(clock.time)
        budget.close()
        clock.time += 1
    assert most_in_any_window(moments) == 10


def test_the_share_is_what_is_used(tmp_path: Path) -> None:
    clock = Clock()
    budget = request_budget(300, now=clock.now, steady=clock.now, sleep=clock.sleep)
    waits = [budget.take() for _ in range(241)]
    assert waits[:240] == [0.0] * 240
    assert waits[240] > 299


def test_two_budgets_on_one_file_share_it(tmp_path: Path) -> None:
    clock = Clock()

    def another() -> RequestBudget:
        return request_budget(
            10,
            share=1,
            file=tmp_path / "b.sqlite",
            now=clock.now,
            steady=clock.now,
            sleep=clock.sleep,
        )

    first, second = another(), another()
    moments = []
    for index in range(25):
        (first if index % 2 else second).take()
        moments.append(clock.time)
    first.close()
    second.close()
    assert most_in_any_window(moments) == 10


@settings(max_examples=25, deadline=None)
@given(
    limit=st.integers(1, 5),
    steps=st.lists(
        st.tuples(st.floats(0, 400), st.integers(-(10**9), 10**9)), min_size=1, max_size=25
    ),
    in_a_file=st.booleans(),
)
def test_a_clock_that_is_set_neither_breaks_the_limit_nor_blocks(
    limit: int,
    steps: list[tuple[float, int]],
    in_a_file: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    file = tmp_path_factory.mktemp("window") / "b.sqlite" if in_a_file else None
    steady, set_by = Clock(time=0.0), [0]
    budget = request_budget(
        limit,
        share=1,
        file=file,
        now=lambda: 1.8e9 + steady.time + set_by[0],
        steady=steady.now,
        sleep=steady.sleep,
    )
    moments = []
    for gap, setting in steps:
        steady.time += gap
        set_by[0] = setting
        assert budget.take() <= 2 * WINDOW_SECONDS + 3
        moments.append(steady.time)
    budget.close()
    assert most_in_any_window(moments) <= limit


def test_a_clock_set_back_between_two_runs_neither_breaks_the_limit_nor_blocks(
    tmp_path: Path,
) -> None:
    real, set_by = Clock(time=1e9), [0.0]
    moments = []
    for setting in (0, -3600, -86400 * 365, -86400):
        set_by[0] = setting
        budget = request_budget(  # each run has a steady clock of its own, and forgets its window
            10,
            share=1,
            file=tmp_path / "b.sqlite",
            now=lambda: real.time + set_by[0],
            steady=real.now,
            sleep=real.sleep,
        )
        for _ in range(12):
            assert budget.take() <= WINDOW_SECONDS + 2
            moments.append(real.time)
        budget.close()
        real.time += 1
        if setting == -86400 * 365:
            real.time += WINDOW_SECONDS  # set forward again only when nothing counts any more
    assert most_in_any_window(moments) <= 10


TAKER = """
import sys, time
from pathlib import Path
from thingistat_pipeline.thingiverse.budget import request_budget
file, seconds, limit, requests = sys.argv[1:]
budget = request_budget(
    int(limit), share=1, file=Path(file), window_seconds=float(seconds)
)
for _ in range(int(requests)):
    budget.take()
    print(time.monotonic(), flush=True)
"""


def test_real_processes_share_one_window_by_a_real_clock(tmp_path: Path) -> None:
    seconds, limit = 3.0, 8

    def taker(requests: int) -> subprocess.Popen[str]:
        arguments = [str(tmp_path / "b.sqlite"), str(seconds), str(limit), str(requests)]
        return subprocess.Popen(
            [sys.executable, "-c", TAKER, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def moments_of(process: subprocess.Popen[str]) -> list[float]:
        told, _ = process.communicate(timeout=60)
        return [json.loads(line) for line in told.splitlines()]

    first, second = taker(12), taker(100)
    moments = moments_of(first)
    second.send_signal(signal.SIGKILL)  # in mid-window, most likely while it waits
    moments += moments_of(second)
    assert second.returncode == -signal.SIGKILL
    moments += moments_of(taker(12))  # a restart on the same file
    assert len(moments) > 24
    # The moments are told a little after they were granted: half a second covers a busy machine.
    span = seconds - 0.5
    assert max(sum(start <= each < start + span for each in moments) for start in moments) <= limit
