"""Tags for things: by the vote of the nearest things that bear any, and the ways it is better than.

The seed took the tags whose vectors are closest to the thing's. That finds tags that people no more
often chose than the commonest of all, so it is kept as what has to be beaten, as are the tags that
go together with those a thing has, and the commonest.

Common tags are suggested to many things, and are not held back for it: on planted tastes, votes
divided by a power of how common the tag is find fewer hidden tags the higher the power, and so do
votes of which only those count that exceed the share of all things. A suggestion comes with how
many things bear it, for whoever wants the rare ones.
"""

from functools import cached_property
from typing import Literal, get_args

import numpy as np
import polars as pl
from scipy.sparse import csr_array, diags_array

from thingistat_pipeline.nearest import Floats32, Nearest, best, of_length_one
from thingistat_pipeline.recommender.answers.contents import Tags
from thingistat_pipeline.recommender.answers.likeness import (
    By,
    Likeness,
    only_above_0,
    ranked_rows,
    some_rows,
)
from thingistat_pipeline.recommender.answers.space import Described, Space
from thingistat_pipeline.recommender.answers.words import spelling
from thingistat_pipeline.recommender.likes.interactions import Positions

Method = Literal[
    "both_votes", "neighbours_vote", "content_vote", "co_occurrence", "cosine", "frequency"
]
METHODS: tuple[Method, ...] = get_args(Method)
VOTERS = 50
"""How many of the nearest things vote. With 30 nearly as many hidden tags are found."""
SET_BY_THE_SITE = frozenset({"customized"})
"""Spellings of tags that no maker chooses: whatever Thingiverse's Customizer makes bears this one.
They are not suggested, nor does a thing without any other tag vote."""
_VECTORS_AND_CONTENTS: tuple[By, By] = ("vectors", "contents")
_SHARPNESS = 5.0  # of the votes by vectors, whose cosines lie close to each other


class TagVotes:
    """Scores of all tags for things or drafts.

    Parameters
    ----------
    space : Space
    likeness : Likeness, optional
        Of all things of the space, where it is at hand: it is used instead of one of the voters
        alone, which takes its time and memory again, but answers for very many rows sooner.
    """

    def __init__(self, space: Space, likeness: Likeness | None = None) -> None:
        self._space = space
        bearing = _chosen(space.tags)
        self._uses = np.bincount(bearing.indices, minlength=bearing.shape[1])
        votes = np.diff(bearing.indptr) > 0
        self._all_bearing = bearing
        if likeness is None:
            voters = np.flatnonzero(votes)
            self._place = np.full(len(votes), -1, np.intp)
            self._place[voters] = np.arange(len(voters))
            self._bearing = bearing[voters]
            self._likeness = Likeness(some_rows(space.described, voters))
            self._never = None
        else:
            self._place = np.arange(len(votes))
            self._bearing, self._likeness = bearing, likeness
            self._never = np.flatnonzero(~votes)

    def best(
        self, asked: Described, n: int, *, method: Method, themselves: Positions | None = None
    ) -> Nearest:
        """Return the `n` tags with the highest scores for each row, without those that it bears.

        Parameters
        ----------
        asked : Described
            Its `bearing` are tags that are not offered, in no spelling.
        n : int
        method : Method
            - ``neighbours_vote``: the share of the nearest things, weighted by e to the power of
              five times the cosine of the vectors, that bear the tag.
            - ``content_vote``: the same of those that are nearest by what they are about, weighted
              by the cosine.
            - ``both_votes``: the mean of the two, or one of them where the other knows nothing.
            - ``co_occurrence``: the sum of the cosines between the tag and those that the row
              bears, by which things bear both.
            - ``cosine``: of the tag's learned vector and the row's.
            - ``frequency``: the number of things that bear it.
        themselves : ndarray of intp, shape (rows,), optional
            Where the rows are among the live things, so that none votes on its own tags.
        """

        def scores(block: slice) -> Floats32:
            own = None if themselves is None else themselves[block]
            rows = some_rows(asked, block)
            found = self._scores(rows, own, method)
            found[rows.bearing.nonzero()] = -np.inf
            return found

        rows, tags = asked.bearing.shape
        return only_above_0(best(rows, tags, n, scores))

    def _scores(self, asked: Described, own: Positions | None, method: Method) -> Floats32:
        match method:
            case "co_occurrence":
                found = asked.bearing @ self._together
            case "cosine":
                return of_length_one(asked.vectors) @ self._tag_units.T
            case "frequency":
                return np.tile(self._uses.astype(np.float32), (asked.bearing.shape[0], 1))
            case "neighbours_vote":
                found = self._vote(asked, own, "vectors")
            case "content_vote":
                found = self._vote(asked, own, "contents")
            case "both_votes":
                learned, about = (self._vote(asked, own, by) for by in _VECTORS_AND_CONTENTS)
                voting = np.sign(np.diff(learned.indptr)) + np.sign(np.diff(about.indptr))
                share = (1 / np.maximum(voting, 1)).astype(np.float32)
                found = diags_array(share) @ (learned + about)
        dense: Floats32 = found.toarray()
        return dense

    def _vote(self, asked: Described, own: Positions | None, by: By) -> csr_array:
        """Return the share of the nearest things' votes that each tag has."""
        but = None if own is None else self._place[own]
        near = self._likeness.nearest(asked, VOTERS, by=by, but=but, never=self._never)
        there = near.positions >= 0
        scores = np.where(there, near.scores, 0)
        weights = np.exp(_SHARPNESS * scores) * there if by == "vectors" else scores
        total = weights.sum(axis=1, keepdims=True)
        shares = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        votes = csr_array(
            (shares[there].astype(np.float32), near.positions[there], ends),
            shape=(len(there), self._bearing.shape[0]),
        )
        return (votes @ self._bearing).tocsr()

    @cached_property
    def _together(self) -> csr_array:
        """The cosines of tags with each other by which things bear both; 0 with themselves."""
        bearing = self._all_bearing
        lengths = diags_array((1 / np.sqrt(np.maximum(self._uses, 1))).astype(np.float32))
        cosines = (lengths @ (bearing.T @ bearing) @ lengths).tocsr()
        cosines.setdiag(0)
        return cosines

    @cached_property
    def _tag_units(self) -> Floats32:
        """The learned vectors of the tags at length 1; zeros where there are none."""
        space = self._space
        columns = {name: place for place, name in enumerate(space.feature_names)}
        places = [
            columns.get(f"tag:{name}", -1) if uses else -1
            for name, uses in zip(space.tags.names, self._uses, strict=True)
        ]
        found = np.zeros((len(places), space.vectors.shape[1]), np.float32)
        learned = np.array(places, dtype=np.intp) >= 0
        found[learned] = space.feature_vectors[[place for place in places if place >= 0]]
        return of_length_one(found)


def _chosen(tags: Tags) -> csr_array:
    """Return which things bear which tags, without those that makers do not choose."""
    chosen = [spelling(name) not in SET_BY_THE_SITE for name in tags.names]
    bearing = (tags.bearing @ diags_array(np.array(chosen, dtype=np.float32))).tocsr()
    bearing.eliminate_zeros()
    return bearing


def suggested_tags(space: Space, n: int = 10, *, method: Method = METHODS[0]) -> pl.DataFrame:
    """Return tags for all live things, none that the thing bears in any spelling.

    Parameters
    ----------
    space : Space
    n : int, default=10
    method : Method
        As for `TagVotes.best`; the trial says which finds most of the tags that were hidden.

    Returns
    -------
    polars.DataFrame
        thing_id (Int64), tag (String), rank (Int32, from 1), score (Float64), which compares
        within a thing only, and things (Int64): how many live things bear the tag.
    """
    nearest = TagVotes(space).best(
        space.described, n, method=method, themselves=np.arange(len(space.things))
    )
    names = pl.Series("tag", space.tags.names, dtype=pl.String)
    things = pl.Series("thing_id", space.things)
    return suggestions(nearest, things, names, pl.Series("things", space.tags.things))


def suggestions(
    nearest: Nearest, asked: pl.Series, names: pl.Series, things: pl.Series
) -> pl.DataFrame:
    """Return the best tags as a table, with how many live things bear each.

    Parameters
    ----------
    nearest : Nearest
        What `TagVotes.best` returned.
    asked : polars.Series
        What the rows asked for are called.
    names, things : polars.Series
        Of all tags.
    """
    uses = things.gather(nearest.positions[nearest.positions >= 0])
    return ranked_rows(nearest, asked, names).with_columns(uses)
