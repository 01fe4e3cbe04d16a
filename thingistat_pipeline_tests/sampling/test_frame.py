"""The order of ids: as published, uniform, and never the same id twice."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from thingistat_pipeline.sampling.frame import SamplingFrame, hash_of, in_panel, splitmix64
from thingistat_pipeline.thingiverse.manifest import Frame
from thingistat_pipeline_tests.sampling.support import known, sorted_ids


def ids_to(newest: int) -> np.ndarray:
    return np.arange(1, newest + 1, dtype=np.uint64)


def test_the_hash_is_the_published_generator() -> None:
    # First five numbers of SplitMix64 seeded with 1234567 (rosettacode.org, "Splitmix64").
    assert splitmix64(1234567, ids_to(5)).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_hashes_do_not_tie_and_their_input_is_left_alone() -> None:
    ids = ids_to(200_000)
    assert len(np.unique(splitmix64(12, ids))) == 200_000
    assert ids[:3].tolist() == [1, 2, 3]


def test_all_ids_come_once_in_the_order_of_their_hashes() -> None:
    order = list(SamplingFrame(seed=12, newest_id=20_000).in_hash_order())
    assert sorted(order) == list(range(1, 20_001))
    hashes = splitmix64(12, np.array(order, dtype=np.uint64))
    assert bool((hashes[1:] > hashes[:-1]).all())


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(-(2**70), 2**70),
    nights=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 120)), min_size=1, max_size=6),
)
def test_nights_never_repeat_and_leave_nothing_out(
    seed: int, nights: list[tuple[int, int]]
) -> None:
    newest, done, finished = 50, set[int](), list[Frame]()
    for growth, wanted in nights:
        newest += growth
        frame = SamplingFrame(seed=seed, newest_id=newest, finished=tuple(finished))
        batch = list(itertools.islice(frame.in_hash_order(), wanted))
        assert not done.intersection(batch)
        assert len(batch) == min(wanted, newest - len(done))
        done.update(batch)
        if batch:
            tau = max(hash_of(seed, each) for each in batch)
            finished.append(Frame(seed=seed, newest_id=newest, tau=tau))
    rest = set(SamplingFrame(seed=seed, newest_id=newest, finished=tuple(finished)).in_hash_order())
    assert rest == set(range(1, newest + 1)) - done


def test_new_ids_below_tau_come_first() -> None:
    tau = 2**62
    frame = SamplingFrame(
        seed=12, newest_id=2000, finished=(Frame(seed=12, newest_id=1000, tau=tau),)
    )
    new = {each for each in range(1001, 2001) if hash_of(12, each) <= tau}
    assert len(new) > 100
    assert set(itertools.islice(frame.in_hash_order(), len(new))) == new


def test_the_sample_is_uniform_over_the_ids() -> None:
    sample = list(itertools.islice(SamplingFrame(12, 1_000_000).in_hash_order(), 20_000))
    counts, _ = np.histogram(sample, bins=50, range=(0, 1_000_000))
    assert stats.chisquare(counts).pvalue > 1e-4


def test_nights_of_another_seed_are_left_out_too() -> None:
    finished = (Frame(seed=99, newest_id=500, tau=2**63),)
    rest = set(SamplingFrame(12, 500, finished).in_hash_order())
    assert rest == {each for each in range(1, 501) if hash_of(99, each) > 2**63}


def test_what_a_snapshot_covers_is_left_out() -> None:
    frame = SamplingFrame(12, 100, known=(known(range(2, 101, 2)),))
    assert set(frame.in_hash_order()) == set(range(1, 101, 2))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**64),
    newest=st.integers(0, 300),
    first=st.sets(st.integers(1, 400)),
    second=st.sets(st.integers(1, 400)),
    tried=st.sets(st.integers(1, 400)),
    tau=st.integers(0, 2**64 - 1),
    done_to=st.integers(0, 300),
)
def test_every_id_that_is_not_known_comes_once_in_hash_order(
    seed: int,
    newest: int,
    first: set[int],
    second: set[int],
    tried: set[int],
    tau: int,
    done_to: int,
) -> None:
    frame = SamplingFrame(
        seed,
        newest,
        finished=(Frame(seed=seed, newest_id=done_to, tau=tau),),
        known=(known(first), known([], dead=second)),
        tried=sorted_ids(tried),
    )
    left_out = first | second | tried
    expected = [
        each
        for each in range(1, newest + 1)
        if each not in left_out and not (each <= done_to and hash_of(seed, each) <= tau)
    ]
    expected.sort(key=lambda each: hash_of(seed, each))
    assert list(frame.in_hash_order()) == expected


def test_the_sample_is_uniform_over_the_ids_that_no_snapshot_covers() -> None:
    old = known(range(1, 500_001, 2))  # half of the older half
    frame = SamplingFrame(12, 1_000_000, known=(old,))
    sample = np.array(list(itertools.islice(frame.in_hash_order(), 20_000)), dtype=np.uint64)
    assert not old.covers(sample).any()
    counts, _ = np.histogram(sample, bins=20, range=(0, 1_000_000))
    shares = np.repeat([0.5, 1.0], 10)
    assert stats.chisquare(counts, 20_000 * shares / shares.sum()).pvalue > 1e-4


@pytest.mark.parametrize("newest", [0, 1])
def test_the_smallest_frames_end(newest: int) -> None:
    assert list(SamplingFrame(12, newest).in_hash_order()) == list(range(1, newest + 1))


def test_the_panel_is_its_share_nested_and_independent_of_the_order() -> None:
    ids = ids_to(400_000)
    panel = in_panel(12, ids, 0.05)
    assert stats.binomtest(int(panel.sum()), 400_000, 0.05).pvalue > 1e-4
    assert bool((in_panel(12, ids, 0.1) | ~panel).all())
    early = splitmix64(12, ids) < np.uint64(2**63)
    assert stats.binomtest(int(panel[early].sum()), int(early.sum()), 0.05).pvalue > 1e-4
    assert not in_panel(12, ids, 0.0).any()
    assert in_panel(12, ids, 1.0).all()
