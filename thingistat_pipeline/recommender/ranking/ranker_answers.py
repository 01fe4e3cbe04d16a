"""What a ranker that has learned answers: scores, recommendations, what is close to what."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from thingistat_pipeline.nearest import Floats32, Nearest, best, closest
from thingistat_pipeline.recommender.ranking.ranking_input import (
    RankingError,
    SparseMatrix,
    feature_rows,
    positions,
)
from thingistat_pipeline.recommender.ranking.ranking_kernel import Side, represented

_PAIRS_AT_ONCE = 1 << 16


class RankerAnswers:
    """The part of `Ranker` that reads what was learned and changes nothing.

    Attributes
    ----------
    item_vectors_, user_vectors_, item_biases_, user_biases_
        As in `Ranker`, which sets them when it learns.
    """

    item_vectors_: Floats32
    user_vectors_: Floats32
    item_biases_: Floats32
    user_biases_: Floats32
    item_feature_vectors_: Floats32
    item_feature_biases_: Floats32
    item_feature_uses_: NDArray[np.int64]
    _items: Side

    def predict(self, users: ArrayLike, items: ArrayLike) -> Floats32:
        """Return the scores of pairs of a user and an item; only their order means something.

        Parameters
        ----------
        users, items : int or ndarray of int
            Positions. Where one of them is single, it is paired with all of the other.

        Returns
        -------
        ndarray of float32, shape (pairs,)
        """
        self._require_learned()
        user = positions(users, len(self.user_vectors_), "users")
        item = positions(items, len(self.item_vectors_), "items")
        if len(user) != len(item) and 1 not in {len(user), len(item)}:
            raise RankingError(f"{len(user)} users cannot be paired with {len(item)} items.")
        user, item = np.broadcast_arrays(user, item)
        scores = self.user_biases_[user] + self.item_biases_[item]
        for start in range(0, len(user), _PAIRS_AT_ONCE):
            pairs = slice(start, start + _PAIRS_AT_ONCE)
            scores[pairs] += np.einsum(
                "pk,pk->p", self.user_vectors_[user[pairs]], self.item_vectors_[item[pairs]]
            )
        return scores

    def scores(self, users: ArrayLike) -> Floats32:
        """Return the scores of all items for some users, shape (users, items).

        Parameters
        ----------
        users : int or ndarray of int
            Positions; as many at once as there is memory for.
        """
        self._require_learned()
        user = positions(users, len(self.user_vectors_), "users")
        scores: Floats32 = self.user_vectors_[user] @ self.item_vectors_.T
        scores += self.item_biases_
        scores += self.user_biases_[user, None]
        return scores

    def recommend(
        self, users: ArrayLike, n: int = 10, *, exclude: SparseMatrix | None = None
    ) -> Nearest:
        """Return the `n` items with the highest scores for each of some users.

        Parameters
        ----------
        users : int or ndarray of int
            Positions.
        n : int, default=10
        exclude : sparse array, shape (users, items), optional
            What not to recommend to whom: usually the likes that are known.
        """
        self._require_learned()
        user = positions(users, len(self.user_vectors_), "users")
        shape = len(self.user_vectors_), len(self.item_vectors_)
        if exclude is not None and exclude.shape != shape:
            raise RankingError(
                f"What to exclude has the shape {exclude.shape}, but there are {shape[0]} users "
                f"and {shape[1]} items."
            )
        excluded = None if exclude is None else csr_array(exclude)[user]

        def allowed_scores(block: slice) -> Floats32:
            found = self.scores(user[block])
            if excluded is not None:
                found[excluded[block].nonzero()] = -np.inf
            return found

        return best(len(user), shape[1], n, allowed_scores)

    def similar_items(self, items: ArrayLike, n: int = 10) -> Nearest:
        """Return the `n` items closest to each of some items by cosine, itself left out.

        Parameters
        ----------
        items : int or ndarray of int
            Positions.
        n : int, default=10
        """
        self._require_learned()
        item = positions(items, len(self.item_vectors_), "items")
        return closest(self.item_vectors_[item], self.item_vectors_, n, but=item)

    def similar_to_feature(self, features: ArrayLike, n: int = 10) -> Nearest:
        """Return the `n` items closest to each of some features of items by cosine.

        Parameters
        ----------
        features : int or ndarray of int
            Positions of columns of `item_features`.
        n : int, default=10

        Raises
        ------
        RankingError
            If no item has the feature: nothing was learned of it, and its vector is chance.
        """
        self._require_learned()
        feature = positions(features, len(self.item_feature_vectors_), "features of items")
        unused = feature[self.item_feature_uses_[feature] == 0]
        if len(unused):
            raise RankingError(
                f"No item has the feature at position {unused[0]}, so nothing was learned of it "
                "and nothing is close to it. Ask for a feature that is in use."
            )
        return closest(self.item_feature_vectors_[feature], self.item_vectors_, n)

    def represent_items(self, item_features: SparseMatrix) -> tuple[Floats32, Floats32]:
        """Return vectors and biases of items that need not have been learned from: a draft's.

        Parameters
        ----------
        item_features : sparse array, shape (rows, n_item_features)
            The columns are those of `fit`.

        Returns
        -------
        ndarray of float32, shape (rows, components)
        ndarray of float32, shape (rows,)
        """
        self._require_learned()
        described = feature_rows(item_features, item_features.shape[0], "items")
        if described.shape[1] != len(self.item_feature_biases_):
            raise RankingError(
                f"These items have {described.shape[1]} features, those that were learned "
                f"{len(self.item_feature_biases_)}. The columns must be the same."
            )
        return represented(described, self._items)

    def _require_learned(self) -> None:
        if not hasattr(self, "item_vectors_"):
            raise NotFittedError("This ranker has not learned yet: call fit or partial_fit first.")
