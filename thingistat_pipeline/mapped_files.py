"""Arrays that lie in files and are paged in as they are used."""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray


def let_go(array: NDArray[Any]) -> None:
    """Take the pages of a mapped file out of this process's memory; the next use maps them again.

    For whoever goes through a large file in blocks. An array that is not mapped, or that can be
    written to, stays as it is.

    Parameters
    ----------
    array : ndarray
        As ``numpy.load(..., mmap_mode="r")`` returns it, or a part of it.
    """
    if array.flags.writeable or not hasattr(mmap, "MADV_DONTNEED"):
        return
    base: object = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
