"""The finished trials of a search, line by line, in a file that survives being killed.

The first line says what is searched (a key made of the data and the settings), every other one is a
finished trial, numbered from 0. A line is handed to the operating system at once, so that a killed
search loses only the trial that was under way. The journal saves work and is no record: what stands
behind the first line that is torn, damaged or out of turn is cut off and searched again, and so is
everything where the key is another.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

Row = dict[str, Any]


class TrialJournal:
    """An open journal; `open_trial_journal` makes one.

    Attributes
    ----------
    found : list of dict
        The trials that were finished before, in their order.
    """

    def __init__(self, found: list[Row], stream: IO[bytes]) -> None:
        self.found = found
        self._stream = stream

    def append(self, row: Mapping[str, Any]) -> None:
        """Write a finished trial so that it survives the end of this process."""
        self._stream.write(_line(row))
        self._stream.flush()


@contextmanager
def open_trial_journal(path: Path | None, key: str) -> Iterator[TrialJournal]:
    """Open the journal of a search to go on with it, or begin one.

    Parameters
    ----------
    path : Path or None
        Its folder is made if it is missing. With None, nothing is kept beyond this process.
    key : str
        What tells this search from any other. A journal of another key is begun anew.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    with BytesIO() if path is None else path.open("a+b") as stream:
        stream.seek(0)
        found, end = _finished(stream, key)
        stream.truncate(end)
        if not end:
            stream.write(_line({"key": key}))
            stream.flush()
        yield TrialJournal(found, stream)


def _finished(stream: IO[bytes], key: str) -> tuple[list[Row], int]:
    """Return the trials in order, and where in the file the last of them ends."""
    header = stream.readline()
    if _row(header) != {"key": key}:
        return [], 0
    rows: list[Row] = []
    end = len(header)
    for line in stream:
        row = _row(line)
        if row is None or row.get("number") != len(rows):
            break
        rows.append(row)
        end += len(line)
    return rows, end


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, allow_nan=False).encode() + b"\n"


def _row(line: bytes) -> Row | None:
    """Return what a line says; None where it is torn or damaged."""
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
