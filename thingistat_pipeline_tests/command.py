"""The `thingistat` command, run in this process as a shell would run it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest

from thingistat_pipeline.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands in a folder of its own, with an environment of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self.folder = folder

    def __call__(self, *words: object, **environment: str) -> Ended:
        """Run ``thingistat WORDS`` with extra environment variables."""
        self._capsys.readouterr()
        with _surroundings(self.folder, [str(word) for word in words], environment):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        captured = self._capsys.readouterr()
        return Ended(code, captured.out, captured.err)


@contextmanager
def _surroundings(folder: Path, words: list[str], environment: dict[str, str]) -> Iterator[None]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("THINGISTAT_", "DAGSTER_"))}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with (
            mock.patch.dict(os.environ, {**clean, **environment}, clear=True),
            mock.patch.object(sys, "argv", ["thingistat", *words]),
        ):
            yield
    finally:
        os.chdir(before)
