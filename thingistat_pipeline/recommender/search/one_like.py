"""How well a method knows what is like a thing: users known by one like, and their others found.

What recommends best to users who are known by many likes need not say best what is like one thing.
So that is judged by itself: of each user one known like is drawn, all things are ranked by how
alike to it the method calls them, and the user's hidden likes are looked up in the ranking. The
user's other known likes are told to nobody, and not ranked. A user's second like need not be like
the first: the figures are low, and say which method comes closer, not how alike what is found is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.nearest import Floats32, of_length_one
from thingistat_pipeline.recommender.judging.measures import Scorer
from thingistat_pipeline.recommender.likes.interactions import Positions
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.alternating import Factors
from thingistat_pipeline.recommender.rivals.baselines import Ease, ItemNeighbours, MostPopular

METHODS = ("item_neighbours", "ease", "least_squares", "ranker", "ranker_with_side")
"""The methods that know how alike things are; of equals, the simpler comes first."""

Likeness = Callable[[Positions], Floats32]
"""Returns how alike all things are to each of some: float32, shape (n, things)."""


def likeness_by(model: Scorer) -> Likeness:
    """Return how alike a model calls things.

    Parameters
    ----------
    model : Scorer
        Of neighbours their cosine, of EASE its weights, of a factorisation or a ranker the cosine
        of the things' vectors.

    Raises
    ------
    ValueError
        If the model knows nothing of likeness.
    """
    match model:
        case Ranker():
            return _cosines(model.item_vectors_)
        case Factors():
            return _cosines(model.things)
        case ItemNeighbours():
            similarity = model.similarity
            return lambda things: similarity[things].toarray()
        case Ease():
            return model.likeness
        case _:
            raise ValueError(f"a {type(model).__name__} does not know how alike things are")


@dataclass(frozen=True, eq=False, slots=True)
class KnownByOneLike:
    """Ranks things by how alike they are to the one like that a user is known by.

    Attributes
    ----------
    likes : ndarray of intp, shape (users,)
        The thing that each user is known by; -1 where there is none.
    likeness : callable
    """

    likes: Positions
    likeness: Likeness

    def scores(self, users: Positions) -> Floats32:
        """Return the likeness to each user's like: float32, shape (n, things)."""
        known = self.likes[users]
        found = self.likeness(np.maximum(known, 0))
        found[known < 0] = 0
        return found


def by_one_like(model: Scorer, likes: Positions) -> Scorer:
    """Return what ranks by a model's likeness to one like; popularity ranks as it always does.

    Parameters
    ----------
    model : Scorer
    likes : ndarray of intp, shape (users,)
        What `drawn_likes` returned.
    """
    return model if isinstance(model, MostPopular) else KnownByOneLike(likes, likeness_by(model))


def drawn_likes(known: csr_array, *, seed: int) -> Positions:
    """Return one of each user's likes, drawn at random: intp, shape (users,); -1 for none.

    Parameters
    ----------
    known : scipy.sparse.csr_array of float32, shape (users, things)
    seed : int
    """
    counts = np.diff(known.indptr)
    places = (np.random.default_rng(seed).random(len(counts)) * counts).astype(np.intp)
    found = np.full(len(counts), -1, dtype=np.intp)
    some = counts > 0
    found[some] = known.indices[known.indptr[:-1][some] + places[some]]
    return found


def _cosines(vectors: Floats32) -> Likeness:
    units = of_length_one(vectors)

    def cosines(things: Positions) -> Floats32:
        found: Floats32 = units[things] @ units.T
        return found

    return cosines
