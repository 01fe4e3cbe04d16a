"""Similar things: liked by the same people where people like them, about the same where not."""

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from thingistat_pipeline.nearest import Floats32, Nearest, best, closest
from thingistat_pipeline.recommender.answers.likeness import Likeness, only_above_0, ranked_rows
from thingistat_pipeline.recommender.answers.space import Space
from thingistat_pipeline.recommender.judging.measures import Scorer
from thingistat_pipeline.recommender.likes.interactions import Ids, Interactions
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.rivals.alternating import Factors
from thingistat_pipeline.recommender.rivals.baselines import Ease, ItemNeighbours
from thingistat_pipeline.recommender.search.choice import Choice, fitted_method

_BASES = ("likes", "features", "content")
_WITH_THE_SPACE = ("ranker_with_side", "most_popular")


def likeness_model(
    choice: Choice, interactions: Interactions, side: SideInformation, *, seed: int
) -> Scorer | None:
    """Return what tells how alike things with likes are, fitted on all likes.

    None says that the space does: it is the winner's own where the ranker with side information
    won, and popularity, where that won, knows nothing of likeness.

    Parameters
    ----------
    choice : Choice
    interactions : Interactions
        Of the users and things with enough likes.
    side : SideInformation
        Of the things of `interactions`.
    seed : int
    """
    if choice.winner in _WITH_THE_SPACE:
        return None
    return fitted_method(choice.winner, choice, interactions.matrix, side, seed=seed)


def similar_things(
    space: Space, interactions: Interactions, model: Scorer | None, n: int = 10
) -> pl.DataFrame:
    """Return the things most similar to each.

    Parameters
    ----------
    space : Space
    interactions : Interactions
        What `space` and `model` were fitted on; empty with a space in which nothing was learned.
    model : Scorer or None
        What `likeness_model` returned.
    n : int, default=10

    Returns
    -------
    polars.DataFrame
        thing_id, neighbour_id (Int64), rank (Int32, from 1), score (Float64) and basis (String):

        - ``likes``: by the method that won. Both things have enough likes.
        - ``features``: one of them has not, and stands where its features put it. The score is the
          cosine of the vectors and that of what the things are about, added.
        - ``content``: of one of them nothing was learned, and what they are about decides.

        Where the space decides for things with likes too, their score is that same sum. Scores
        compare within a thing only. A thing of which nothing is known has no rows, and one that is
        like few others has fewer than `n`.
    """
    here = Likeness(space.described).nearest(space.described, n, but=np.arange(len(space.things)))
    found = _rows(here, space.things).with_columns(basis=_bases(space, here))
    if model is None:
        return found
    liked = _rows(_by_likes(model, n), interactions.things).with_columns(basis=pl.lit(_BASES[0]))
    others = found.join(liked, on="thing_id", how="anti")
    return pl.concat([liked, others]).sort("thing_id", "rank")


def _rows(nearest: Nearest, things: Ids) -> pl.DataFrame:
    ids = pl.Series(things)
    return ranked_rows(nearest, ids.alias("thing_id"), ids.alias("neighbour_id"))


def _bases(space: Space, nearest: Nearest) -> pl.Series:
    """Return what each of the rows rests on."""
    rows, places = np.nonzero(nearest.positions >= 0)
    learned = np.abs(space.vectors).sum(axis=1) > 0
    standing = np.where(space.warm, 0, np.where(learned, 1, 2))
    weaker = np.maximum(standing[rows], standing[nearest.positions[rows, places]])
    return pl.Series(np.array(_BASES)[weaker], dtype=pl.String)


def _by_likes(model: Scorer, n: int) -> Nearest:
    """Return the things most alike by a model of likes, of a likeness above 0."""
    with threadpool_limits(1):
        match model:
            case Ranker():
                found = _of_vectors(model.item_vectors_, n)
            case Factors():
                found = _of_vectors(model.things, n)
            case ItemNeighbours():
                found = _of_neighbours(model.similarity, n)
            case Ease():
                found = _of_ease(model, n)
            case _:
                raise ValueError(f"a {type(model).__name__} does not know how alike things are")
    return only_above_0(found)


def _of_vectors(vectors: Floats32, n: int) -> Nearest:
    return closest(vectors, vectors, n, but=np.arange(len(vectors)))


def _of_neighbours(similarity: csr_array, n: int) -> Nearest:
    things = similarity.shape[0]
    return best(things, things, n, lambda block: similarity[block].toarray())


def _of_ease(model: Ease, n: int) -> Nearest:
    known = len(model.things)
    among = best(known, known, n, lambda block: model.weights[block])
    shape = model.n_things, among.positions.shape[1]
    found = Nearest(np.full(shape, -1, np.int64), np.full(shape, np.nan, np.float32))
    there = among.positions >= 0
    found.positions[model.things] = np.where(there, model.things[among.positions], -1)
    found.scores[model.things] = among.scores
    return found
