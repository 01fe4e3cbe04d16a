"""What a module that is run in a process of its own tells, one JSON object a line."""

import json
import subprocess
import sys
from typing import Any

_SHOWN = 150


class TrialFailedError(RuntimeError):
    """A trial ended before it told its outcome; what it wrote to stderr is on the terminal."""


def lines_of(words: list[str]) -> list[dict[str, Any]]:
    """Run Python with these words, show on stderr that it goes on, and return what it told.

    Raises
    ------
    TrialFailedError
        When it ended with an error.
    """
    told = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter, arguments of our own
        [sys.executable, "-W", "ignore", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            told.append(json.loads(line))
            print(f"  {len(told)}: {line.strip()[:_SHOWN]}", file=sys.stderr, flush=True)
    if process.returncode:
        raise TrialFailedError(f"{' '.join(words[:2])} ended with {process.returncode}")
    return told
