"""The stream of numbers: as published, even, and the same for one id as for many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.sandbox.randomness import Dice, mixed, picks, uniform, uniforms, whole

# First outputs of splitmix64 seeded with 1234567, as printed by the reference implementation
# (Vigna, https://prng.di.unimi.it/splitmix64.c).
REFERENCE = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431)
GOLDEN = 0x9E3779B97F4A7C15


def test_mixing_gives_the_published_sequence() -> None:
    state = 1234567
    assert tuple(mixed(state + (k + 1) * GOLDEN) for k in range(4)) == REFERENCE


@given(st.integers(0, 2**31), st.integers(1, 2**40))
def test_one_id_gets_the_number_that_it_gets_among_many(seed: int, number: int) -> None:
    many = uniforms(seed, "any", np.array([number, number + 1], dtype=np.int64))
    assert uniform(seed, "any", number) == many[0]
    assert many.min() > 0.0
    assert many.max() < 1.0


def test_numbers_are_spread_evenly() -> None:
    counts, _ = np.histogram(uniforms(1, "even", np.arange(100_000)), bins=10, range=(0, 1))
    # Five standard deviations of a binomial count with p = 1/10.
    assert np.abs(counts - 10_000).max() < 5 * 95


def test_streams_and_seeds_are_independent() -> None:
    ids = np.arange(20_000)
    first = uniforms(1, "a", ids)
    for other in (uniforms(1, "b", ids), uniforms(2, "a", ids), np.roll(first, 1)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.04


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0.001, 0.999))
def test_a_rounded_count_never_falls_as_its_rate_grows(a: float, b: float, draw: float) -> None:
    low, high = sorted((a, b))
    counts = whole(np.array([low, high]), np.array([draw, draw]))
    assert counts[0] <= counts[1]
    assert abs(counts[0] - low) <= 1


def test_picking_follows_the_shares() -> None:
    chosen = picks(np.array([0.2, 0.5, 1.0]), np.array([0.0, 0.19, 0.2, 0.49, 0.5, 0.999]))
    assert chosen.tolist() == [0, 0, 1, 1, 2, 2]


def test_dice_repeat_themselves_and_prefer_what_zipf_prefers() -> None:
    assert [Dice(1, "d", 5).random() for _ in range(2)] == [Dice(1, "d", 5).random()] * 2
    dice = Dice(1, "zipf", 1)
    drawn = [dice.zipf("abcd") for _ in range(4_000)]
    counts = [drawn.count(letter) for letter in "abcd"]
    assert counts == sorted(counts, reverse=True)
