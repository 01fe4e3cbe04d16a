"""A process of its own that opens strangers' pictures, and has nothing else to lose.

It is started with an empty environment, so that no secret is in its memory; it may write no file
and take no more memory than it is given. Asked on its standard input and answering on its standard
output, both with plain bytes: what comes back from a process that a picture may have taken over
must not be able to run anything where it arrives.
"""

import os
import resource
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from thingistat_pipeline.visual.pictures import PictureRefusedError, upright

READY = b"\x01"
ASKED = struct.Struct(">I")
"""How many bytes follow: a picture file."""
ANSWERED = struct.Struct(">HHH")
"""Height and width of the pixels that follow; or nought, nought and how many letters follow."""
TOO_MUCH_MEMORY = "too_much_memory"


def answer(content: bytes, pixels: int) -> bytes:
    """Return what is answered about a picture file: its pixels, or a word that says why not."""
    try:
        picture = np.asarray(upright(content, pixels), dtype=np.uint8)
    except PictureRefusedError as refused:
        in_vain = isinstance(refused.__cause__, MemoryError)
        return _refusal(TOO_MUCH_MEMORY if in_vain else refused.reason)
    except MemoryError:
        return _refusal(TOO_MUCH_MEMORY)
    return ANSWERED.pack(*picture.shape[:2], 0) + picture.tobytes()


def _refusal(word: str) -> bytes:
    return ANSWERED.pack(0, 0, len(word)) + word.encode()


def serve(asked: BinaryIO, answers: BinaryIO, pixels: int) -> None:
    """Answer until nobody asks any more."""
    answers.write(READY)
    answers.flush()
    while len(head := asked.read(ASKED.size)) == ASKED.size:
        (size,) = ASKED.unpack(head)
        answers.write(answer(asked.read(size), pixels))
        answers.flush()


def _limit(which: int, most: int) -> None:
    with suppress(ValueError, OSError):  # not every system knows or grants every limit
        resource.setrlimit(which, (most, most))


def _main(pixels: int, memory: int) -> None:
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    serve(sys.stdin.buffer, answers, pixels)


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]))
