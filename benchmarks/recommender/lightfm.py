"""The reference: LightFM (Kula 2015) in its maintained build, rectools-lightfm, where installed."""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_array, csr_matrix, eye_array

INSTALLED = find_spec("lightfm") is not None


class LightFMRanker:
    """LightFM with our options: WARP and Adagrad, from the same likes and features.

    It takes 32-bit indices and scipy's older matrices only.
    """

    def __init__(
        self,
        likes: csr_array,
        item_features: csr_array | None,
        *,
        components: int,
        learning_rate: float,
        max_sampled: int,
        seed: int,
    ) -> None:
        from lightfm import LightFM  # type: ignore[import-not-found]  # noqa: PLC0415 (only if there)

        self._model = LightFM(
            no_components=components,
            loss="warp",
            learning_schedule="adagrad",
            learning_rate=learning_rate,
            max_sampled=max_sampled,
            random_state=seed,
        )
        self._model._get_positives_lookup_matrix = _narrow
        users, things = likes.shape
        self._likes = coo_matrix(likes)
        self._likes.coords = tuple(each.astype(np.int32) for each in self._likes.coords)
        self._of_users = _narrow(eye_array(users, dtype=np.float32))
        own = eye_array(things, dtype=np.float32) if item_features is None else item_features
        self._of_things = _narrow(own)

    def learn_epoch(self) -> None:
        """Go once through all likes, with one thread."""
        self._model.fit_partial(
            self._likes,
            user_features=self._of_users,
            item_features=self._of_things,
            epochs=1,
            num_threads=1,
        )

    def scores(self, users: NDArray[np.integer]) -> NDArray[np.float32]:
        """Return the scores of all things for some users."""
        biases, vectors = self._model.get_item_representations(self._of_things)
        found = self._model.user_embeddings[users] @ vectors.T + biases
        return np.asarray(found, dtype=np.float32)


def _narrow(matrix: Any) -> csr_matrix:  # noqa: ANN401
    rows = csr_matrix(matrix)
    rows.indices, rows.indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return rows
