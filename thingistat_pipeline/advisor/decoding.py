"""Pictures that somebody drops onto the page: opened in a bounded process, or refused in words.

Decoders of pictures are large programs in C that are fed whatever a stranger made up. So they run
in another process (`decoding_worker`), one picture at a time, with a bound on its memory; one that
takes too long is killed with its process, and the next picture meets a new one.
"""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

import thingistat_pipeline
from thingistat_pipeline.advisor import decoding_worker
from thingistat_pipeline.advisor.decoding_worker import ANSWERED, ASKED, READY, TOO_MUCH_MEMORY
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual.cover_pictures import LARGEST_SIDE as PIXELS
from thingistat_pipeline.visual.pictures import LARGEST_AREA, LARGEST_SIDE, SMALLEST_SIDE

Picture = NDArray[np.uint8]

SECONDS = 5.0
"""For one picture; the largest that is opened takes less than one."""
MEMORY = 512 << 20
"""Bytes of addresses for the process: libraries take 120 MB, the largest picture twice as much."""
LARGEST_FILE = 8_000_000
"""Bytes of a picture file."""
_SECONDS_TO_START = 60.0
_LONGEST_WORD = 40
_PROGRAM = Path(*thingistat_pipeline.__path__).parent
_ENVIRONMENT = {"PYTHONPATH": str(_PROGRAM), "OPENBLAS_NUM_THREADS": "1"}
"""All that the process inherits: no token, and no threads that it does not need."""

_TOO_LONG = (
    "It takes too long to open. Save it again as a plain JPEG or PNG, smaller, and try once more."
)
_TOO_LARGE = (
    f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Make the picture smaller, or save it "
    "as JPEG, and try again."
)
_BROKEN = "The file is damaged or cut off. Save it again and try once more."
_IN_WORDS: Mapping[str, str] = {
    "empty": "The file is empty.",
    "not_a_picture": "This is no JPEG, PNG or WebP picture. Save it as one of these and try again.",
    "too_many_pixels": (
        f"It has more pixels than we open: at most {LARGEST_SIDE:,} on a side and "
        f"{LARGEST_AREA // 1_000_000} million in all. Make it smaller and try again."
    ),
    "too_few_pixels": f"It is too small: at least {SMALLEST_SIDE} pixels on a side are needed.",
    "broken": _BROKEN,
    TOO_MUCH_MEMORY: "Opening it takes too much memory. Make it smaller and try again.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a picture is not looked at, in words for whoever sent it, with what to do."""

    reason: str


class Decoder:
    """Opens pictures in a process of its own; may be used by several threads.

    Parameters
    ----------
    seconds : float
        That a picture may take.
    memory : int
        Bytes of addresses that the process may have.
    pixels : int
        The longer side of a picture is made no longer than this.
    """

    def __init__(
        self, *, seconds: float = SECONDS, memory: int = MEMORY, pixels: int = PIXELS
    ) -> None:
        self._seconds = seconds
        self._memory = memory
        self._pixels = pixels
        self._one_at_a_time = Lock()
        self._closed = False
        self._worker = self._new_worker()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; whoever asks afterwards gets an error."""
        with self._one_at_a_time:
            self._closed = True
            self._worker.end()

    def decoded(self, contents: Sequence[bytes]) -> list[Picture | Refused]:
        """Return the pixels of each picture file, or why it was refused.

        Parameters
        ----------
        contents : sequence of bytes
            JPEG, PNG or WebP; anything else is refused.

        Returns
        -------
        list of ndarray of uint8, shape (height, width, 3), or Refused
            In the order of the contents: red, green and blue, upright, on white.

        Raises
        ------
        ThingistatError
            When the process cannot be started, or the decoder was closed.
        """
        return [self._one(content) for content in contents]

    def _one(self, content: bytes) -> Picture | Refused:
        if len(content) > LARGEST_FILE:
            return Refused(_TOO_LARGE)
        with self._one_at_a_time:
            if self._closed:
                raise ThingistatError("Pictures are not opened any more: the decoder was closed.")
            if not self._worker.is_alive:
                self._worker = self._new_worker()
            found = self._worker.ask(content, self._seconds)
            if not self._worker.is_alive:
                self._worker = self._new_worker()  # ready when the next picture comes
            return found

    def _new_worker(self) -> "_Worker":
        return _Worker(self._pixels, self._memory)


class _NonsenseError(Exception):
    """The process answered too little, or something that is no answer."""


class _Deadline:
    """Kills a process that is not done in time; whoever waits for its answer then sees it end."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self.passed = False
        self._process = process
        self._timer = Timer(seconds, self._kill)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _kill(self) -> None:
        self.passed = True
        self._process.kill()


class _Worker:
    """The process; killed when it takes too long or answers nonsense."""

    def __init__(self, pixels: int, memory: int) -> None:
        self._pixels = pixels
        self._is_ready = False
        self._process = subprocess.Popen(  # noqa: S603 (our own program and two numbers)
            [sys.executable, "-P", "-m", decoding_worker.__name__, str(pixels), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # what was still to be written, nobody reads

    def ask(self, content: bytes, seconds: float) -> Picture | Refused:
        self._wait_until_ready()
        with _Deadline(self._process, seconds) as deadline:
            try:
                return self._exchange(content)
            except (OSError, _NonsenseError):
                self.end()
                return Refused(_TOO_LONG if deadline.passed else _BROKEN)

    def _wait_until_ready(self) -> None:
        if self._is_ready:
            return
        with _Deadline(self._process, _SECONDS_TO_START):
            try:
                self._is_ready = self._read(len(READY)) == READY
            except _NonsenseError:
                self.end()
                raise ThingistatError(
                    "The process that opens pictures does not start. Too little memory is the "
                    "likely reason; free some, and try again."
                ) from None

    def _exchange(self, content: bytes) -> Picture | Refused:
        stdin = self._process.stdin
        if stdin is None:
            raise _NonsenseError
        stdin.write(ASKED.pack(len(content)) + content)
        stdin.flush()
        height, width, letters = ANSWERED.unpack(self._read(ANSWERED.size))
        if 0 < letters <= _LONGEST_WORD:
            word = self._read(letters).decode(errors="replace")
            return Refused(_IN_WORDS.get(word, _BROKEN))
        if letters or not (0 < height <= self._pixels and 0 < width <= self._pixels):
            raise _NonsenseError
        pixels = np.frombuffer(self._read(3 * height * width), dtype=np.uint8)
        return pixels.reshape(height, width, 3)

    def _read(self, size: int) -> bytes:
        stdout = self._process.stdout
        found = stdout.read(size) if stdout is not None else b""
        if len(found) < size:
            raise _NonsenseError
        return found
