"""The `thingistat` command in a process of its own that is killed at a chosen moment.

The process is forked from one that has imported everything, which saves seconds a round; it is as
real as any other. What it does to files and to the network is counted by Python's audit events,
step by step; at the chosen one it kills itself with SIGKILL, or calls for it and is killed from
outside a little later, wherever it is by then.
"""

import os
import resource
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thingistat_pipeline.cli import main
from thingistat_pipeline.orchestration import progress

PATIENCE = 900.0
BEFORE_ANY_STEP = "start"

_TOUCHES = frozenset(
    {
        *("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.truncate"),
        *("os.chmod", "os.utime", "sqlite3.connect", "http.client.send", "fcntl.flock"),
    }
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Moment:
    """The n-th touch of disk or network within a step, or its end, and so many seconds after."""

    step: str
    touch: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Ended:
    """How a process ended: its status, the step it was in, its touches by step, its CPU seconds."""

    status: int
    step: str
    touches: Counter[str]
    seconds: float
    said: str

    @property
    def was_killed(self) -> bool:
        return self.status == -signal.SIGKILL


def run_until(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    moment: Moment | None = None,
) -> Ended:
    """Run ``thingistat WORDS`` in a process of its own until it ends or the moment has come.

    Parameters
    ----------
    words : sequence of str
    environment : mapping
        What is added to the environment, from which our own settings are removed before.
    folder : Path
        The working folder; ``steps`` and ``said`` are written there.
    moment : Moment, optional
        When to kill it; without one it is left in peace.
    """
    steps, said = folder / "steps", folder / "said"
    steps.write_bytes(b"")
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _be_the_command(words, environment, folder, moment, theirs)
    os.close(theirs)
    try:
        if _is_called(ours) and moment is not None:
            time.sleep(moment.seconds)
            os.kill(pid, signal.SIGKILL)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        _, waited, used = os.wait4(pid, 0)
        os.close(ours)
    seen = steps.read_text().split()
    return Ended(
        os.waitstatus_to_exitcode(waited),
        seen[-1] if seen else BEFORE_ANY_STEP,
        Counter(seen),
        used.ru_utime + used.ru_stime,
        said.read_text(errors="replace"),
    )


def _is_called(pipe: int) -> bool:
    """Wait for the child's call or its end, and tell which it was."""
    if not select.select([pipe], [], [], PATIENCE)[0]:
        raise TimeoutError("a command did not end")
    return os.read(pipe, 1) != b""


def _be_the_command(
    words: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    moment: Moment | None,
    caller: int,
) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.chdir(folder)
        for name in [name for name in os.environ if name.startswith(("THINGISTAT_", "DAGSTER_"))]:
            del os.environ[name]
        os.environ.update(environment)
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.argv = ["thingistat", *words]
        _count_touches(os.open("steps", os.O_WRONLY | os.O_APPEND), moment, caller)
        main()
        code = 0
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _count_touches(steps: int, moment: Moment | None, caller: int) -> None:
    now = [BEFORE_ANY_STEP]
    count: Counter[str] = Counter()
    called: list[str] = []
    lines = progress._StepLines
    shown = lines.emit

    def emit(handler: Any, record: Any) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is not None and event.event_type_value == "STEP_START":
            now[0] = event.step_key.split(".")[0]
        shown(handler, record)

    lines.emit = emit  # type: ignore[assignment,method-assign]  # watched

    def hook(name: str, given: tuple[Any, ...]) -> None:
        if name not in _TOUCHES and not (name == "open" and (given[2] or 0) & _WRITES):
            return
        step = now[0]
        count[step] += 1
        os.write(steps, f"{step}\n".encode())
        if moment is None or called or not count[moment.step]:
            return
        if count[moment.step] >= moment.touch or step != moment.step:  # or it is over
            if not moment.seconds:
                os.kill(os.getpid(), signal.SIGKILL)
            called.append(step)
            os.write(caller, b"!")

    sys.addaudithook(hook)
