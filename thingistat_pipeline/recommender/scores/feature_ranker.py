"""A ranker's users, and things that it never saw, represented by what they share with others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array, hstack

from thingistat_pipeline.recommender.likes.interactions import Positions
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.search.search import RankerParameters

Floats32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class FeatureRanker:
    """A ranker's users, and new things represented by their features.

    Attributes
    ----------
    users : ndarray of float32, shape (users, components)
    things : ndarray of float32, shape (new things, components)
    biases : ndarray of float32, shape (new things,)
    """

    users: Floats32
    things: Floats32
    biases: Floats32

    def scores(self, users: Positions) -> Floats32:
        """Return the scores of the new things: float32, shape (n, new things)."""
        found: Floats32 = self.users[users] @ self.things.T
        found += self.biases
        return found


def feature_ranker(
    likes: csr_array,
    known: SideInformation,
    new: csr_array,
    parameters: RankerParameters,
    *,
    seed: int,
) -> FeatureRanker:
    """Fit a ranker on known things, and represent new ones by their features alone.

    Parameters
    ----------
    likes : scipy.sparse.csr_array of float32, shape (users, known things)
    known : SideInformation
        Of the known things.
    new : scipy.sparse.csr_array of float32, shape (new things, features)
        Weights of the same features in the new things. One that no known thing has counts for
        nothing: its vector is still what it was drawn as.
    parameters : RankerParameters
        With a scale of the side information.
    seed : int

    Raises
    ------
    ValueError
        If the parameters are those of a ranker without side information.
    """
    if parameters.scale is None:
        raise ValueError("a ranker without side information cannot tell new things apart")
    ranker = parameters.ranker(seed=seed).fit(likes, item_features=parameters.item_features(known))
    learned = np.bincount(known.matrix.indices, minlength=new.shape[1]) > 0
    shared = new @ diags_array(learned * np.float32(parameters.scale))
    own = csr_array((new.shape[0], likes.shape[1]), dtype=np.float32)
    vectors, biases = ranker.represent_items(hstack([own, shared], format="csr"))
    return FeatureRanker(ranker.user_vectors_, vectors, biases)
