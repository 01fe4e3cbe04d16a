"""Similar things: liked by the same people where people like them, about the same where not."""

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from thingistat_pipeline.nearest import Floats32, Nearest, best
from thingistat_pipeline.recommender.answers.likeness import Likeness, only_above_0, ranked_rows
from thingistat_pipeline.recommender.answers.space import Space
from thingistat_pipeline.recommender.judging.measures import Scorer
from thingistat_pipeline.recommender.likes.interactions import Ids, Interactions
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.search.choice import Choice, fitted_likeness
from thingistat_pipeline.recommender.search.one_like import likeness_by

_BASES = ("both", "features", "content")
_BY_LIKES = "likes"


def likeness_model(
    choice: Choice, interactions: Interactions, side: SideInformation, *, seed: int
) -> Scorer | None:
    """Return what tells how alike things with likes are, fitted on all likes.

    None says that too few validate to choose by, so that the space decides.

    Parameters
    ----------
    choice : Choice
    interactions : Interactions
        Of the users and things with enough likes.
    side : SideInformation
        Of the things of `interactions`.
    seed : int
    """
    if choice.likeness is None:
        return None
    return fitted_likeness(choice.likeness, choice, interactions.matrix, side, seed=seed)


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

        - ``likes``: by the method that was chosen to say what is similar. Both things have enough
          likes, and where it finds neighbours of a thing, the thing has no others.
        - ``both``: both have enough likes, but such a method there is not, or it finds nothing.
          The score is the cosine of the vectors and that of what the things are about, added.
        - ``features``: one of them has not, and stands where its features put it. The score is
          the same sum.
        - ``content``: of one of them nothing was learned, and what they are about decides.

        Scores compare within a thing only. A thing of which nothing is known has no rows, and one
        that is like few others has fewer than `n`.
    """
    here = Likeness(space.described).nearest(space.described, n, but=np.arange(len(space.things)))
    found = _rows(here, space.things).with_columns(basis=_bases(space, here))
    if model is None:
        return found
    liked = interactions.things
    by_likes = _rows(_by_likes(model, len(liked), n), liked).with_columns(basis=pl.lit(_BY_LIKES))
    others = found.join(by_likes, on="thing_id", how="anti")
    return pl.concat([by_likes, others]).sort("thing_id", "rank")


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


def _by_likes(model: Scorer, things: int, n: int) -> Nearest:
    """Return the things most alike by a model of likes, of a likeness above 0."""
    likeness = likeness_by(model)

    def of_others(block: slice) -> Floats32:
        asked = np.arange(block.start, block.stop)
        found = likeness(asked)
        found[np.arange(len(asked)), asked] = -np.inf
        return found

    with threadpool_limits(1):
        return only_above_0(best(things, things, n, of_others))
