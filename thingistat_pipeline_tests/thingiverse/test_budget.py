"""Never more requests in any window than allowed, restarts included."""

from pathlib import Path

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
    budget = request_budget(limit, share=1, now=clock.now, sleep=clock.sleep)
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
            10, share=1, file=tmp_path / "b.sqlite", now=clock.now, sleep=clock.sleep
        )
        for _ in range(7):
            budget.take()
            moments.append(clock.time)
        budget.close()
        clock.time += 1
    assert most_in_any_window(moments) == 10


def test_the_share_is_what_is_used(tmp_path: Path) -> None:
    clock = Clock()
    budget = request_budget(300, now=clock.now, sleep=clock.sleep)
    waits = [budget.take() for _ in range(241)]
    assert waits[:240] == [0.0] * 240
    assert waits[240] > 299


def test_two_budgets_on_one_file_share_it(tmp_path: Path) -> None:
    clock = Clock()

    def another() -> RequestBudget:
        return request_budget(
            10, share=1, file=tmp_path / "b.sqlite", now=clock.now, sleep=clock.sleep
        )

    first, second = another(), another()
    moments = []
    for index in range(25):
        (first if index % 2 else second).take()
        moments.append(clock.time)
    first.close()
    second.close()
    assert most_in_any_window(moments) == 10
