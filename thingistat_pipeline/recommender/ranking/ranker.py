"""Learning to rank things by likes, with what is known of things and users in the same space.

A thing's vector is the weighted sum of the vectors of its features (itself, its tags, its
category), a user's likewise; the score of a thing for a user is the inner product of the two
vectors plus both biases. What is learned is not how much is liked, but that what a user likes
comes before what the user does not.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, Self, get_args

import numpy as np
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.ranking.ranker_answers import RankerAnswers
from thingistat_pipeline.recommender.ranking.ranking_input import (
    RankingError,
    SparseMatrix,
    distinct_likes,
    feature_rows,
)
from thingistat_pipeline.recommender.ranking.ranking_kernel import (
    BPR,
    LOGISTIC,
    WARP,
    Likes,
    Rule,
    Side,
    learn,
    new_side,
    rank_weights,
    represented,
    side_features,
)

Loss = Literal["warp", "bpr", "logistic"]
Negatives = Literal["uniform", "popular"]
_LOSS_NUMBERS = {"warp": WARP, "bpr": BPR, "logistic": LOGISTIC}


class Ranker(RankerAnswers):
    """Matrix factorisation that learns to rank from likes, with features of things and users.

    Parameters
    ----------
    components : int, default=64
        Length of the vectors.
    learning_rate : float, default=0.05
        Adagrad's: the most by which a number moves in a step, unless features are shared.
    loss : {"warp", "bpr", "logistic"}, default="warp"
        "warp" draws things that the user does not like until one comes within 1 of the liked one's
        score, and counts the step by the rank that the number of draws tells of: with d draws among
        n things by 1 + 1/2 + ... + 1/⌊(n - 1) / d⌋ (Weston 2011). It cares for the top of the list.
        "bpr" draws one and lowers the logistic loss of the difference (Rendle 2009): AUC.
        "logistic" tells the liked thing from a drawn one, each by itself.
    item_alpha, user_alpha : float, default=0
        L2 penalty on the features of things and of users, each time that a step touches them.
    max_sampled : int, default=10
        How often another thing is drawn for a like at most.
    negatives : {"uniform", "popular"}, default="uniform"
        Whether the other things are drawn all alike or by their number of likes.
    epochs : int, default=30
        How often `fit` goes through all likes, each time in another order.
    seed : int, default=0
        Of the first vectors, the orders and the draws.
    threads : int, default=1
        With one, the same input gives the same vectors, bit for bit. With more, the threads share
        the vectors without waiting for each other (HOGWILD), and the results vary a little.

    Attributes
    ----------
    item_vectors_, user_vectors_ : ndarray of float32, shapes (items, components), (users, ...)
    item_biases_, user_biases_ : ndarray of float32, shapes (items,), (users,)
    item_feature_vectors_, user_feature_vectors_ : ndarray of float32
        Shapes (n_item_features, components), (n_user_features, components).
    item_feature_biases_, user_feature_biases_ : ndarray of float32
    item_feature_uses_ : ndarray of int64, shape (n_item_features,)
        How many items have each feature.
    epochs_ : int
        Epochs learned from so far.
    losses_ : list of float
        Mean loss a like, while learning, of each epoch. In WARP's, steps that found no violation
        count as 0.
    skipped_users_ : int
        Users who like everything; their likes teach nothing.

    References
    ----------
    S. Rendle, C. Freudenthaler, Z. Gantner, L. Schmidt-Thieme, "BPR: Bayesian personalized ranking
    from implicit feedback", UAI 2009.
    J. Weston, S. Bengio, N. Usunier, "WSABIE: scaling up to large vocabulary image annotation",
    IJCAI 2011.
    M. Kula, "Metadata embeddings for user and item cold-start recommendations", CBRecSys 2015.
    """

    def __init__(
        self,
        *,
        components: int = 64,
        learning_rate: float = 0.05,
        loss: Loss = "warp",
        item_alpha: float = 0.0,
        user_alpha: float = 0.0,
        max_sampled: int = 10,
        negatives: Negatives = "uniform",
        epochs: int = 30,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        for name, count, least in (
            ("components", components, 1),
            ("max_sampled", max_sampled, 1),
            ("epochs", epochs, 1),
            ("threads", threads, 1),
            ("seed", seed, 0),
        ):
            if count < least:
                raise RankingError(f"{name} of a ranker must be {least} or more, not {count}.")
        if not (0 < learning_rate < math.inf):
            raise RankingError(f"The learning rate must be above 0 and finite: {learning_rate}.")
        if not (0 <= item_alpha < math.inf and 0 <= user_alpha < math.inf):
            raise RankingError(
                f"Penalties must be 0 or more and finite: {item_alpha} for items, {user_alpha} "
                "for users."
            )
        if loss not in get_args(Loss) or negatives not in get_args(Negatives):
            raise RankingError(
                f"There is no ranker with the loss {loss!r} and negatives {negatives!r}. Losses: "
                f"{', '.join(get_args(Loss))}; negatives: {', '.join(get_args(Negatives))}."
            )
        self.components = components
        self.learning_rate = learning_rate
        self.loss = loss
        self.item_alpha = item_alpha
        self.user_alpha = user_alpha
        self.max_sampled = max_sampled
        self.negatives = negatives
        self.epochs = epochs
        self.seed = seed
        self.threads = threads
        self.epochs_ = 0

    def fit(
        self,
        interactions: SparseMatrix,
        *,
        item_features: SparseMatrix | None = None,
        user_features: SparseMatrix | None = None,
    ) -> Self:
        """Learn anew from all likes, for `epochs` epochs.

        Parameters
        ----------
        interactions : sparse array, shape (users, items)
            A like is a weight above zero: how much it counts. One that is given twice counts once.
        item_features : sparse array, shape (items, n_item_features), optional
            Weights of each item's features; include an identity block for items to have something
            of their own. Without it, each item has itself as its only feature.
        user_features : sparse array, shape (users, n_user_features), optional
            The same for users.

        Raises
        ------
        RankingError
            If there is nothing to learn from, a matrix is broken or does not match another, or the
            vectors grow beyond float32.
        """
        self.epochs_ = 0
        return self.partial_fit(
            interactions,
            item_features=item_features,
            user_features=user_features,
            epochs=self.epochs,
        )

    def partial_fit(
        self,
        interactions: SparseMatrix,
        *,
        item_features: SparseMatrix | None = None,
        user_features: SparseMatrix | None = None,
        epochs: int = 1,
    ) -> Self:
        """Go on learning where it stopped: 5 epochs and 5 more are as 10 at once.

        Parameters
        ----------
        interactions, item_features, user_features
            As for `fit`, and each time of the same shapes. Features that are not given are those
            of the time before.
        epochs : int, default=1

        Raises
        ------
        RankingError
            As `fit`. After one that says that vectors grew beyond float32, start anew.
        """
        matrix = distinct_likes(interactions)
        users, items = self._sides(matrix, item_features, user_features)
        likes = Likes(
            pointers=matrix.indptr.astype(np.int64),
            things=matrix.indices,
            users=np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr)),
            weights=matrix.data,
        )
        with ThreadPoolExecutor(self.threads) as pool:
            for _ in range(epochs):
                self._learn_epoch(likes, users, items, pool)
        self._users, self._items = users, items
        self.item_feature_vectors_, self.item_feature_biases_ = items.vectors, items.biases
        self.user_feature_vectors_, self.user_feature_biases_ = users.vectors, users.biases
        self.item_feature_uses_ = np.bincount(items.features, minlength=len(items.biases))
        self.item_vectors_, self.item_biases_ = represented(side_features(items), items)
        self.user_vectors_, self.user_biases_ = represented(side_features(users), users)
        self.skipped_users_ = int((np.diff(likes.pointers) == matrix.shape[1]).sum())
        return self

    def _sides(
        self,
        likes: csr_array,
        item_features: SparseMatrix | None,
        user_features: SparseMatrix | None,
    ) -> tuple[Side, Side]:
        """Return users and items to learn of: new ones, or where it stopped."""
        n_users, n_items = likes.shape
        if self.epochs_ == 0:
            self.losses_: list[float] = []
            random = np.random.default_rng([self.seed, 0])
            by_user = feature_rows(user_features, n_users, "users")
            by_item = feature_rows(item_features, n_items, "items")
            return (
                new_side(by_user, self.components, self.user_alpha, random),
                new_side(by_item, self.components, self.item_alpha, random),
            )
        return (
            _going_on(self._users, user_features, n_users, "users"),
            _going_on(self._items, item_features, n_items, "items"),
        )

    def _learn_epoch(
        self, likes: Likes, users: Side, items: Side, pool: ThreadPoolExecutor
    ) -> None:
        """Go once through all likes."""
        random = np.random.default_rng([self.seed, self.epochs_ + 1])
        order = random.permutation(np.arange(len(likes.things), dtype=np.int32))
        key = random.integers(2**64, dtype=np.uint64)
        n_items = len(items.pointers) - 1
        rule = Rule(
            loss=_LOSS_NUMBERS[self.loss],
            learning_rate=np.float32(self.learning_rate),
            attempt_weights=rank_weights(n_items, self.max_sampled)
            if self.loss == "warp"
            else np.ones(self.max_sampled),
            popular=self.negatives == "popular",
        )
        parts = np.array_split(order, self.threads)
        losses = pool.map(lambda part: learn(likes, part, (users, items), rule, key), parts)
        mean_loss = sum(losses) / len(order)
        learned = (users.vectors, users.biases, items.vectors, items.biases)
        if not (math.isfinite(mean_loss) and all(np.isfinite(array).all() for array in learned)):
            raise RankingError(
                f"In epoch {self.epochs_ + 1} the vectors grew beyond what 32 bits hold, with the "
                f"learning rate {self.learning_rate} and the penalties {self.item_alpha} and "
                f"{self.user_alpha}. Choose smaller ones (learning rates of 0.005 to 0.2 are "
                "usual, penalties below 0.001), or smaller weights of likes and features."
            )
        self.losses_.append(float(mean_loss))
        self.epochs_ += 1


def _going_on(side: Side, given: SparseMatrix | None, rows: int, what: str) -> Side:
    """Return what was learned of a side, with the features given now of its rows, if any."""
    known = len(side.pointers) - 1, len(side.biases)
    features = None if given is None else feature_rows(given, rows, what)
    shape = (rows, known[1]) if features is None else features.shape
    if shape != known:
        raise RankingError(
            f"So far it learned of {known[0]} {what} with {known[1]} features, and cannot go on "
            f"with {shape[0]} and {shape[1]}. Use fit to start anew."
        )
    if features is None:
        return side
    return side._replace(
        pointers=features.indptr.astype(np.int64),
        features=features.indices,
        weights=features.data,
    )
