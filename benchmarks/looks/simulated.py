"""Vectors as if of very many pictures, and pictures of the sandbox."""

from pathlib import Path

import numpy as np

from thingistat_pipeline.sandbox.addresses import Address, Picture
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, describe_thing, live_ids
from thingistat_pipeline.sandbox.pictures import picture_bytes
from thingistat_pipeline.visual.network import DIMENSIONS

COVER = "display_small"
_THINGS_A_FAMILY = 20
_SHARED, _DECAY, _WITHIN = 0.77, 0.6, 0.6
_ROWS_AT_ONCE = 4_096
_STEP = 37
"""Ids between two things, so that they are of all times."""


def write_vectors(path: Path, things: int, *, seed: int) -> None:
    """Write vectors of length 1, float16 (things, 1280), that vary as those of pictures do.

    Families of things around centres, both spread over the directions by a power law. Of 1,749
    embeddings of the sandbox's pictures the first 1, 32, 128 and 512 directions hold .37, .80, .93
    and .99 of all, and the cosine of two is .37 on average, .90 to the nearest (median).
    """
    random = np.random.default_rng(seed)
    spread = np.arange(1, DIMENSIONS + 1, dtype=np.float32) ** -_DECAY
    spread /= np.linalg.norm(spread)
    families = max(2, things // _THINGS_A_FAMILY)
    centres = random.standard_normal((families, DIMENSIONS), dtype=np.float32) * spread
    vectors = np.lib.format.open_memmap(path, "w+", np.float16, (things, DIMENSIONS))
    for start in range(0, things, _ROWS_AT_ONCE):
        rows = min(_ROWS_AT_ONCE, things - start)
        own = random.standard_normal((rows, DIMENSIONS), dtype=np.float32) * spread
        made = centres[random.integers(0, families, rows)] + np.float32(_WITHIN) * own
        made /= np.float32(np.hypot(1, _WITHIN))
        made[:, 0] += np.float32(_SHARED)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        vectors[start : start + rows] = made
    vectors.flush()


def covers(count: int, *, seed: int) -> list[bytes]:
    """Return covers of things of the sandbox as JPEG, every other one drawn by the site."""
    ids = live_ids(np.arange(1, _STEP * 4 * count, _STEP), seed, DEFAULT_TODAY)[:count]
    return [
        picture_bytes(
            seed,
            describe_thing(int(number), seed, DEFAULT_TODAY),
            Address(Picture(int(number), 0, rendered=place % 2 == 1), COVER),
        )
        for place, number in enumerate(ids)
    ]
