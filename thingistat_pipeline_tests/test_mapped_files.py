"""Pages of mapped files leave the process's memory, and come back as they were."""

import sys
from pathlib import Path

import numpy as np
import pytest

from thingistat_pipeline.mapped_files import let_go

_ROWS, _COLUMNS = 4_096, 1_024


def _mapped_kib() -> int:
    """Return how much of files this process has in memory."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssFile"].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_pages_of_a_mapped_file_are_given_back(tmp_path: Path) -> None:
    written = np.arange(_ROWS * _COLUMNS, dtype=np.float32).reshape(_ROWS, _COLUMNS)
    np.save(tmp_path / "a.npy", written)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    total = float(mapped.sum(dtype=np.float64))
    before = _mapped_kib()
    let_go(mapped[10:20])
    assert before - _mapped_kib() > 0.9 * written.nbytes / 1024
    assert float(mapped.sum(dtype=np.float64)) == total
    np.testing.assert_array_equal(mapped, written)


def test_what_was_written_to_a_copy_in_memory_is_kept(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(10_000))
    changed = np.load(tmp_path / "a.npy", mmap_mode="c")
    changed[:] = 1
    let_go(changed)
    assert (changed == 1).all()
    plain = np.ones(10)
    let_go(plain)
    assert (plain == 1).all()
