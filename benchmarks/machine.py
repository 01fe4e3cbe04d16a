"""What a measurement was made on and with, without anything that names a machine or a person."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = ("duckdb", "polars", "numpy", "scikit-learn", "numba", "msgspec", "zstandard")
_CPU = Path("/proc/cpuinfo")


def machine_facts() -> dict[str, Any]:
    """Return cores, processor, memory in GiB, and the operating system."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "processor": _processor(),
        "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        "system": f"{platform.system()} {platform.machine()}",
    }


def library_versions() -> dict[str, str]:
    """Return the versions of Python, of SQLite, of ours and of what the stages stand on."""
    installed = {name: version(name) for name in ("thingistat-pipeline", *_LIBRARIES)}
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **installed,
    }


def _processor() -> str:
    if _CPU.exists():
        for line in _CPU.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
