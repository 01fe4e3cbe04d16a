"""Fingerprints: equal for the same picture saved again, half different for two others."""

import numpy as np

from thingistat_pipeline.visual.fingerprint import differing_bits, fingerprint
from thingistat_pipeline_tests.visual.pictures import noise, saved_again


def test_bits_say_where_a_picture_gets_darker_to_the_right() -> None:
    falling = np.repeat(np.arange(255, 0, -1, dtype=np.uint8)[None, :, None], 3, axis=2)
    falling = np.repeat(falling, 64, axis=0)
    assert int(fingerprint(falling)) == 2**64 - 1
    assert int(fingerprint(falling[:, ::-1])) == 0


def test_differing_bits_are_counted() -> None:
    ones = np.array([0b1011, 0], dtype=np.uint64)
    others = np.array([0b0001, 2**64 - 1], dtype=np.uint64)
    np.testing.assert_array_equal(differing_bits(ones, others), [2, 64])


def test_a_picture_saved_and_scaled_again_keeps_its_fingerprint_and_others_have_another() -> None:
    for seed in range(20):
        picture = noise(seed, 180, 240)
        same = fingerprint(saved_again(picture)[::2, ::2])
        near = differing_bits(np.array([fingerprint(picture)]), np.array([same]))
        far = differing_bits(
            np.array([fingerprint(picture)]), np.array([fingerprint(noise(seed + 100, 180, 240))])
        )
        assert near[0] <= 6 < 12 <= far[0]


def test_even_one_pixel_has_a_fingerprint() -> None:
    assert int(fingerprint(np.full((1, 1, 3), 7, dtype=np.uint8))) == 0
