"""A part of the rows that holds whole creators, and the same one every night.

A cap on the rows must not cut creators apart, because the creators are what is resampled
afterwards. And nobody should see a figure move from one night to the next because other creators
were drawn, so they are taken in the order of a keyed hash of their number.
"""

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.splits import Positions
from thingistat_pipeline.sampling.frame import splitmix64


def whole_creators(creators: NDArray[np.int64], *, most: int, seed: int) -> Positions:
    """Return the positions of at most `most` rows, all of a creator or none.

    A creator with more things than there is room left for is passed over. Where nobody has as few
    as `most` things, all of the first creator are taken, so that the sample is never empty.

    Parameters
    ----------
    creators : ndarray of int64, shape (n,)
        Whose each row is.
    most : int
        Where there are no more rows than that, all are taken.
    seed : int
        Key of the hash.

    Returns
    -------
    ndarray of intp
        Ascending.
    """
    if len(creators) <= most:
        return np.arange(len(creators))
    distinct, whose, sizes = np.unique(creators, return_inverse=True, return_counts=True)
    order = np.argsort(splitmix64(seed, distinct.astype(np.uint64)), kind="stable")
    chosen = np.zeros(len(distinct), dtype=bool)
    room = most
    for creator in order:
        if sizes[creator] <= room:
            chosen[creator] = True
            room -= sizes[creator]
    if not chosen.any():
        chosen[order[0]] = True
    return np.flatnonzero(chosen[whose])
