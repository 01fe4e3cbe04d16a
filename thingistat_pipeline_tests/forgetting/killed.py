"""Forgettings killed at steps that touch the disk, each in a process forked from this one.

Run as a module with a data folder, a scratch folder and how many of the steps to try (0: all);
prints a JSON object for each: whether it was killed, whether the published file could be opened
then, and what the next attempt left of the thing.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from thingistat_pipeline.forgetting.course import begin, finish
from thingistat_pipeline.forgetting.search import find_thing
from thingistat_pipeline.orchestration.forget import HISTORY, finish_interrupted
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline_tests.forgetting.traces import traces
from thingistat_pipeline_tests.forgetting.world import THING, TITLE, settings_of

_STEPS = ("fsync", "rename", "replace", "unlink", "rmdir", "mkdir")


def forget(settings: Settings) -> None:
    begin(settings, find_thing(settings, THING))
    finish(settings, (HISTORY,))


def go_on(settings: Settings) -> None:
    finish_interrupted(settings)
    if not Forgotten(settings.raw_dir).thing(THING):
        forget(settings)  # killed before it was noted: it is asked for again
    with open_published(settings.published_file) as con:
        rows = con.execute("SELECT id FROM things ORDER BY id").fetchall()
    left = traces(settings.data_dir, numbers=(THING,), words=(TITLE,))
    (settings.data_dir / "result.json").write_text(json.dumps({"left": left, "rows": rows}))


def opened(settings: Settings) -> None:
    with open_published(settings.published_file) as con:
        con.execute("SELECT count(*) FROM things").fetchall()


def status_of(work: Callable[[Settings], None], settings: Settings, arm: int | None = None) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            if arm is not None:
                _arm(arm, settings.data_dir.parent / "steps")
            work(settings)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _arm(at_step: int, count_file: Path) -> None:
    done = 0

    def stepping(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal done
            done += 1
            if done == at_step:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*args, **kwargs)

        return call

    for name in _STEPS:
        setattr(os, name, stepping(getattr(os, name)))
    if at_step == 0:
        exit_now = os._exit

        def tell(code: int) -> None:
            count_file.write_text(str(done))
            exit_now(code)

        os._exit = tell  # type: ignore[assignment]  # it exits in the end


def main(original: Path, scratch: Path, tries: int) -> None:
    def copy(name: str) -> Settings:
        shutil.copytree(original, scratch / name / "data", symlinks=True)
        return settings_of(scratch / name / "data")

    assert status_of(forget, copy("whole"), 0) == 0
    steps = int((scratch / "whole" / "steps").read_text())
    at = range(1, steps + 1) if not tries else range(1, steps + 1, max(steps // tries, 1))
    for number in at:
        settings = copy(str(number))
        killed = status_of(forget, settings, number) == -signal.SIGKILL
        readable = status_of(opened, settings) == 0
        ended = status_of(go_on, settings)
        result = json.loads((settings.data_dir / "result.json").read_text()) if not ended else {}
        print(json.dumps({"step": number, "killed": killed, "readable": readable, **result}))
        shutil.rmtree(settings.data_dir.parent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
