"""How alike things are: the cosine of their vectors, that of what they are about, or both added.

Likes tell apart what words do not, and words tell apart the many things that nobody has liked,
which often share all that was learned of them. Added, the two find things that the same people
would like better than either alone, for things with likes and without.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import polars as pl
from threadpoolctl import ThreadpoolController

from thingistat_pipeline.mapped_files import let_go
from thingistat_pipeline.nearest import Floats32, Nearest, best, of_length_one
from thingistat_pipeline.recommender.answers.space import Described
from thingistat_pipeline.recommender.likes.interactions import Positions

By = Literal["vectors", "contents", "both"]
_STEPS = np.float32(1e5)  # in 1: what 32 bits cannot tell apart is equal, the first is taken


class Likeness:
    """Finds, among some rows, those most alike to others.

    Parameters
    ----------
    among : Described
        What is found.
    """

    def __init__(self, among: Described) -> None:
        self._rows = among.contents.shape[0]
        self._vectors = of_length_one(among.vectors).T
        self._threads = ThreadpoolController()
        self._contents = among.contents.T.tocsr()
        for read in (among.vectors, among.contents.data, among.contents.indices):
            let_go(read)

    def nearest(
        self,
        asked: Described,
        n: int,
        *,
        by: By = "both",
        but: Positions | None = None,
        never: Positions | None = None,
    ) -> Nearest:
        """Return the `n` rows most alike to each of those asked for; of equal ones, the first.

        Parameters
        ----------
        asked : Described
        n : int
        by : {"both", "vectors", "contents"}
            A cosine of -1 to 1, or the sum of two.
        but : ndarray of intp, shape (asked,), optional
            Of each row, one position to leave out: itself; -1 for none.
        never : ndarray of intp, shape (left out,), optional
            Positions to leave out of all rows.

        Returns
        -------
        Nearest
            Only of likeness above 0: fewer than `n` where little is known.
        """
        scores = self._scores(asked, by)

        def rounded(block: slice) -> Floats32:
            found = scores(block)
            found *= _STEPS
            np.rint(found, out=found)
            if but is not None:
                own = but[block]
                found[np.flatnonzero(own >= 0), own[own >= 0]] = -np.inf
            if never is not None:
                found[:, never] = -np.inf
            return found

        # One thread adds up in the same order whatever the machine.
        with self._threads.limit(limits=1):
            found = best(asked.contents.shape[0], self._rows, n, rounded)
        return only_above_0(found._replace(scores=found.scores / _STEPS))

    def _scores(self, asked: Described, by: By) -> Callable[[slice], Floats32]:
        units = of_length_one(asked.vectors)

        def of_vectors(block: slice) -> Floats32:
            found: Floats32 = units[block] @ self._vectors
            return found

        def of_contents(block: slice) -> Floats32:
            found: Floats32 = (asked.contents[block] @ self._contents).toarray()
            return found

        def of_both(block: slice) -> Floats32:
            found = of_contents(block)
            found += of_vectors(block)
            return found

        return {"vectors": of_vectors, "contents": of_contents, "both": of_both}[by]


def some_rows(described: Described, rows: Positions | slice) -> Described:
    """Return some rows, in the order asked for."""
    return Described(*(matrix[rows] for matrix in described))


def ranked_rows(nearest: Nearest, asked: pl.Series, among: pl.Series) -> pl.DataFrame:
    """Return what is nearest as a table.

    Parameters
    ----------
    nearest : Nearest
    asked, among : polars.Series
        What the rows asked for and those found are called.

    Returns
    -------
    polars.DataFrame
        The names in columns as the series are called, rank (Int32, from 1) and score (Float64);
        in the order of the rows asked for.
    """
    rows, places = np.nonzero(nearest.positions >= 0)
    return pl.DataFrame(
        [
            asked.gather(rows),
            among.gather(nearest.positions[rows, places]),
            pl.Series("rank", places + 1, dtype=pl.Int32),
            pl.Series("score", nearest.scores[rows, places], dtype=pl.Float64),
        ]
    )


def only_above_0(nearest: Nearest) -> Nearest:
    """Return the nearest without those whose score is 0 or less."""
    alike = nearest.scores > 0
    return Nearest(
        positions=np.where(alike, nearest.positions, -1),
        scores=np.where(alike, nearest.scores, np.float32(np.nan)),
    )
