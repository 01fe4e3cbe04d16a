from typing import Any

import pytest

from benchmarks.growth_table import Growth, growth_page


def run(things: int, cpu: float, peak: float, stage: str = "load") -> dict[str, Any]:
    return {
        "stage": stage,
        "things": things,
        "cpu_seconds": cpu,
        "wall_seconds": cpu,
        "peak_mib": peak,
        "others_busy": None,
    }


def test_exponents_of_exact_powers_are_found():
    growth = Growth.of(
        "load", [run(10, 1.0, 100), run(100, 10.0, 1_000), run(1_000, 100.0, 10_000)]
    )
    assert growth.time_exponent == pytest.approx(1.0)
    assert growth.last_memory_exponent == pytest.approx(1.0)
    growth = Growth.of("load", [run(10, 1.0, 5), run(100, 100.0, 5)])
    assert growth.time_exponent == pytest.approx(2.0)
    assert growth.memory_exponent == pytest.approx(0.0)


def test_the_last_exponent_sees_what_fixed_costs_hide():
    runs = [run(10, 5.0, 1), run(100, 5.0, 1), run(1_000, 50.0, 1)]
    growth = Growth.of("load", runs)
    assert growth.time_exponent == pytest.approx(0.5)
    assert growth.last_time_exponent == pytest.approx(1.0)


def test_the_limit_is_extrapolated_from_the_two_largest_sizes():
    # 1 MiB a thousand things: 8,192 MiB are reached 7,192 thousand things after 1,000 MiB
    growth = Growth.of("load", [run(1_000, 1, 7), run(500_000, 1, 500), run(1_000_000, 1, 1_000)])
    assert growth.fits == 8_192_000


def test_a_peak_that_does_not_grow_sets_no_limit():
    assert Growth.of("load", [run(10, 1, 300), run(20, 1, 300)]).fits is None


def test_other_stages_do_not_count():
    runs = [run(10, 1, 1), run(20, 2, 2), run(30, 900, 900, "publish")]
    assert Growth.of("load", runs).things == 20


def test_the_page_says_plainly_what_grows_faster_than_linearly():
    runs = [run(10, 1.0, 100), run(100, 40.0, 100)]
    growth = {"load": vars(Growth.of("load", runs))}
    machine = {"cores": 2, "processor": "x", "memory_gib": 8.0, "system": "y"}
    page = growth_page(
        {"started_at": "2026-01-01", "machine": machine, "versions": {}, "runs": runs}
        | {"growth": growth}
    )
    # log10(40) = 1.602
    assert "**faster than linearly** (exponent 1.60" in page
    assert "memory no faster than linearly" in page
    assert "| 1.0 / 1.0 / 100 | 40.0 / 40.0 / 100 |" in page
