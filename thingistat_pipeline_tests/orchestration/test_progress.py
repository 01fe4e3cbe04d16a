"""The bar that people at a terminal see."""

import io
import sys

import pytest

from thingistat_pipeline.orchestration.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_each_thing_that_is_done_has_its_own_beginning_and_end(monkeypatch: pytest.MonkeyPatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("import") as tell:
        tell("MB checked", 400, 400)
        tell("rows", 90_000, 100_000)  # an earlier import had come so far
    checked, *_, rows = [line for line in terminal.getvalue().split("\r") if "/" in line]
    assert "400/400" in terminal.getvalue()
    assert "import: rows" in rows
    assert "90000/100000" in rows
    assert "?it/s" in rows  # what was read before says nothing about the speed
    assert "rows" not in checked


def test_nothing_is_written_where_nobody_watches(capsys: pytest.CaptureFixture[str]):
    with progress_bar("import") as tell:
        tell("rows", 1, 2)
    assert capsys.readouterr().err == ""
