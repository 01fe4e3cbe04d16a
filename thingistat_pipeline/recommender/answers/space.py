"""All live things in one space: what likes taught of them, and what they are about.

Things with enough likes have the vectors that the ranker learned. A thing without them stands where
its features put it (Kula, "Metadata embeddings for user and item cold-start recommendations",
CBRecSys 2015), or nowhere, if none of them was learned. What a thing is about (`contents`) is kept
beside it, so that things can be compared, and tags suggested, where nobody likes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from thingistat_pipeline.nearest import Floats32
from thingistat_pipeline.recommender.answers.contents import Contents, Tags, contents_of, tags_of
from thingistat_pipeline.recommender.likes.interactions import Ids
from thingistat_pipeline.recommender.likes.side_information import (
    Weighting,
)

_SPARSE = ("contents", "bearing")


class Described(NamedTuple):
    """Things, drafts or tags as the space describes them, a row each.

    Attributes
    ----------
    vectors : ndarray of float32, shape (n, components)
        Zeros where nothing was learned.
    contents : scipy.sparse.csr_array of float32, shape (n, terms)
        Rows of length 1, or empty.
    bearing : scipy.sparse.csr_array of float32, shape (n, tags)
        1 where it bears the tag.
    """

    vectors: Floats32
    contents: csr_array
    bearing: csr_array


@dataclass(frozen=True, eq=False, slots=True)
class Space:
    """Where all live things are, and what it takes to put a draft there.

    Attributes
    ----------
    things : ndarray of int64, shape (things,)
        Ids of all live things that anything is known of, ascending.
    warm : ndarray of bool, shape (things,)
        Whether the thing has enough likes to have been learned from.
    vectors : ndarray of float32, shape (things, components)
        Zeros where nothing was learned; without any learning, there are no components.
    biases : ndarray of float32, shape (things,)
    feature_names : tuple of str, length features
        Kind and feature, as ``tag:robot``, of what the things learned from share.
    feature_vectors : ndarray of float32, shape (features, components)
    feature_biases : ndarray of float32, shape (features,)
    feature_uses : ndarray of int64, shape (features,)
        How many of the things learned from have each feature.
    weighting : {"divided", "raw"}
        Of features, see `side_information`.
    scale : float
        Weight of the shared features against a thing's own; 0 where they are not used.
    contents : Contents
        What the things are about.
    tags : Tags
        The tags that they bear.
    """

    things: Ids
    warm: NDArray[np.bool_]
    vectors: Floats32
    biases: Floats32
    feature_names: tuple[str, ...]
    feature_vectors: Floats32
    feature_biases: Floats32
    feature_uses: NDArray[np.int64]
    weighting: Weighting
    scale: float
    contents: Contents
    tags: Tags

    @property
    def described(self) -> Described:
        """The live things themselves."""
        return Described(self.vectors, self.contents.matrix, self.tags.bearing)

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all numbers of the space as arrays of one or two dimensions."""
        found: dict[str, NDArray[Any]] = {
            "things": self.things,
            "warm": self.warm,
            "vectors": self.vectors,
            "biases": self.biases,
            "feature_vectors": self.feature_vectors,
            "feature_biases": self.feature_biases,
            "feature_uses": self.feature_uses,
            "rarity": self.contents.rarity,
            "tag_things": self.tags.things,
        }
        for name, matrix in zip(_SPARSE, (self.contents.matrix, self.tags.bearing), strict=True):
            found[f"{name}_data"] = matrix.data
            found[f"{name}_indices"] = matrix.indices
            found[f"{name}_ends"] = matrix.indptr
        return found

    def meta(self) -> dict[str, Any]:
        """Return the names of the space, and how features are weighed, as what JSON can hold."""
        return {
            "feature_names": list(self.feature_names),
            "terms": list(self.contents.terms),
            "tags": list(self.tags.names),
            "weighting": self.weighting,
            "scale": self.scale,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Undo `as_arrays` and `meta`; the arrays may be maps of files."""
        things = len(arrays["things"])
        contents, bearing = (
            csr_array(
                tuple(arrays[f"{name}_{part}"] for part in ("data", "indices", "ends")),
                shape=(things, len(meta[names])),
            )
            for name, names in zip(_SPARSE, ("terms", "tags"), strict=True)
        )
        return cls(
            things=arrays["things"],
            warm=arrays["warm"],
            vectors=arrays["vectors"],
            biases=arrays["biases"],
            feature_names=tuple(meta["feature_names"]),
            feature_vectors=arrays["feature_vectors"],
            feature_biases=arrays["feature_biases"],
            feature_uses=arrays["feature_uses"],
            weighting=cast(Weighting, meta["weighting"]),
            scale=float(meta["scale"]),
            contents=Contents(tuple(meta["terms"]), arrays["rarity"], contents),
            tags=Tags(tuple(meta["tags"]), arrays["tag_things"], bearing),
        )


def content_space(features: pl.DataFrame) -> Space:
    """Return a space in which nothing was learned: things are known by what they are about.

    Parameters
    ----------
    features : polars.DataFrame
        thing_id, kind, feature of all live things, as `side_information.thing_features` returns
        them, with the words of their titles (`words.title_words`).
    """
    things = np.unique(features["thing_id"].to_numpy()).astype(np.int64)
    return unlearned_space(features, things, components=0)


def unlearned_space(features: pl.DataFrame, things: Ids, components: int) -> Space:
    """Return things in a space of so many components in which all of them stand at 0."""
    return Space(
        things=things,
        warm=np.zeros(len(things), np.bool_),
        vectors=np.zeros((len(things), components), np.float32),
        biases=np.zeros(len(things), np.float32),
        feature_names=(),
        feature_vectors=np.zeros((0, components), np.float32),
        feature_biases=np.zeros(0, np.float32),
        feature_uses=np.zeros(0, np.int64),
        weighting="divided",
        scale=0.0,
        contents=contents_of(features, things),
        tags=tags_of(features, things),
    )
