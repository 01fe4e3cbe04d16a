"""Memory that was freed, and that the C library keeps for itself."""

import ctypes


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can be told to (glibc).

    For a process that lives long after it has read or built something large.
    """
    trim = getattr(ctypes.pythonapi, "malloc_trim", None)
    if trim is not None:
        trim(0)
