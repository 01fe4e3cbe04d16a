"""What a snapshot covers."""

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.sampling.known import covered_by
from thingistat_pipeline_tests.sampling.support import known, sorted_ids

IDS = st.sets(st.integers(0, 2**64 - 1) | st.integers(0, 40), max_size=30)


@given(live=IDS, dead=IDS, asked=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 40)))
def test_it_covers_what_it_tried_and_nothing_else(
    live: set[int], dead: set[int], asked: list[int]
) -> None:
    found = known(live, dead=dead).covers(np.array(asked, dtype=np.uint64))
    assert found.tolist() == [each in live | dead for each in asked]


def test_an_id_counts_as_covered_when_any_snapshot_has_it() -> None:
    both = (known([2, 5]), known([3], dead=[5, 9]))
    assert covered_by(both, sorted_ids(range(1, 11))).nonzero()[0].tolist() == [1, 2, 4, 8]
    assert not covered_by((), sorted_ids([1, 2])).any()


def test_the_fingerprint_is_that_of_the_ids_whatever_the_name() -> None:
    first = known([3, 1], name="first")
    assert first.fingerprint == known([1, 3], name="other", day=date(2018, 1, 1)).fingerprint
    assert first.fingerprint == known([1], dead=[3]).fingerprint
    assert first.fingerprint != known([1, 3, 4]).fingerprint
    # sha256sum of the bytes 01 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00
    assert first.fingerprint == "8e8f6841378f772c40db2f07e876776d50c481ed7329ebcab75312e3b1fa7807"
