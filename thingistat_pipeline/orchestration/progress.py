"""What people at a terminal see: a bar while a step works, and a line when it has ended."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

import dagster as dg
from dagster import DagsterEventType
from tqdm import tqdm


class _StepLines(logging.Handler):
    """Print a line when a step ends and for every check that did not pass."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._started: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        if event is None:
            if record.levelno >= logging.INFO:
                self._write(f"          {meta.get('orig_message', record.getMessage())}")
            return
        step = (event.step_key or "").split(".")[0]
        match event.event_type:
            case DagsterEventType.STEP_START:
                self._started[step] = time.monotonic()
            case DagsterEventType.STEP_SUCCESS:
                seconds = time.monotonic() - self._started.get(step, time.monotonic())
                self._write(f"  done    {step:<48} {seconds:6.1f} s")
            case DagsterEventType.STEP_FAILURE:
                self._write(f"  FAILED  {step}")
            case DagsterEventType.ASSET_CHECK_EVALUATION:
                check = event.asset_check_evaluation_data
                if not check.passed:
                    self._write(
                        f"  {check.severity.value:<7} {check.asset_key.to_user_string()}: "
                        f"{check.check_name}: {check.description or 'did not pass'}"
                    )
            case _:
                pass

    def _write(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def _step_logger(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("thingistat.steps", level=logging.DEBUG)
    logger.addHandler(_StepLines(sys.stderr))
    return logger


step_lines = dg.LoggerDefinition(
    _step_logger, description="One line a step on standard error, for people at a terminal."
)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function to be told what is being done, how many parts are done and of how many."""
    with tqdm(
        desc=f"  {title}", leave=False, mininterval=0.5, file=sys.stderr, disable=None
    ) as bar:
        doing = ""

        def tell(what: str, done: int, total: int) -> None:
            nonlocal doing
            if what != doing:  # speed and time left are those of what is done now
                bar.reset(total)
                bar.initial, doing = done, what
            bar.set_description(f"  {title}: {what}", refresh=False)
            bar.total = total
            bar.n = done
            bar.refresh()

        yield tell
