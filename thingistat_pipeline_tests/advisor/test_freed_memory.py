"""What was freed leaves the process."""

import platform
from pathlib import Path

import pytest

from thingistat_pipeline.advisor.freed_memory import give_back


def _own_kib() -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["RssAnon"].split()[0])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library keeps nothing")
def test_freed_memory_goes_back_to_the_system_while_what_is_used_stays() -> None:
    pieces = [bytes([number % 256]) * 10_000 for number in range(5_000)]
    kept = pieces[::100]
    del pieces
    before = _own_kib()
    give_back()
    assert before - _own_kib() > 20_000
    assert all(piece == bytes([100 * number % 256]) * 10_000 for number, piece in enumerate(kept))
