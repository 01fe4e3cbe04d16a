"""What things are about: the words, tags and categories that describe them, as sparse matrices.

Where a thing has few likes or none, its description is all that tells what it is like. A tag and a
word of a title with the same spelling are one term, so that a draft called "Phone stand" is close
to what others tagged ``phone_stand``. Rare terms count for more (Jones, "A statistical
interpretation of term specificity and its application in retrieval", Journal of Documentation 28,
1972). Creators and licences are no terms: a draft need not have them.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from thingistat_pipeline.nearest import Floats32
from thingistat_pipeline.recommender.answers.words import spelling
from thingistat_pipeline.recommender.likes.interactions import Ids

FEWEST_THINGS = 2
"""On how many things a term or a tag must be: what one thing alone has makes it like no other."""
FEW_THINGS = 1_000
"""With fewer things, a tag that a single one bears is offered too: there is little to choose."""
MOST_THINGS = 10_000
"""A term of more things than this is left out: it says next to nothing, and comparing all of its
things with each other would take most of the time."""


class Contents(NamedTuple):
    """What some things are about.

    Attributes
    ----------
    terms : tuple of str
        Spellings of tags and words of titles, and ``category:`` with a category's name; ascending.
    rarity : ndarray of float32, shape (terms,)
        Logarithm of how many things there are, and one more, divided by those that have the term.
    matrix : scipy.sparse.csr_array of float32, shape (things, terms)
        Rarity of the terms that a thing has, scaled to rows of length 1; a row may be empty.
    """

    terms: tuple[str, ...]
    rarity: Floats32
    matrix: csr_array


class Tags(NamedTuple):
    """The tags that some things bear, those of one spelling taken together.

    Attributes
    ----------
    names : tuple of str
        Of each spelling, the tag that most things bear; ordered by spelling.
    things : ndarray of int64, shape (tags,)
        How many things bear the tag under just this name.
    bearing : scipy.sparse.csr_array of float32, shape (things, tags)
        1 where the thing bears a tag of that spelling.
    """

    names: tuple[str, ...]
    things: NDArray[np.int64]
    bearing: csr_array


def category_term(category: str) -> str:
    """Return the term of a category; no spelling has a colon in it."""
    return f"category:{category}"


def contents_of(features: pl.DataFrame, things: Ids) -> Contents:
    """Return what things are about.

    Parameters
    ----------
    features : polars.DataFrame
        thing_id, kind, feature; of the kinds tag, category and word (`words.title_words`), others
        are passed over.
    things : ndarray of int64, shape (n,)
        Ids, ascending, of all things that have features.
    """
    told = pl.concat(
        [
            spelled_tags(features).select("thing_id", term="spelling"),
            features.filter(pl.col("kind") == "word").select("thing_id", term="feature"),
            features.filter(pl.col("kind") == "category").select(
                "thing_id", term=pl.concat_str(pl.lit(category_term("")), "feature")
            ),
        ]
    ).unique()
    counts = told.group_by("term").len("things").sort("term")
    known = counts.filter(pl.col("things").is_between(FEWEST_THINGS, MOST_THINGS))
    rarity = np.log((1 + len(things)) / known["things"].to_numpy()).astype(np.float32)
    having = _membership(told, things, known["term"])
    return Contents(tuple(known["term"]), rarity, rows_of_length_one(having @ diags_array(rarity)))


def tags_of(features: pl.DataFrame, things: Ids) -> Tags:
    """Return the tags that at least two things bear in some writing; one where things are few.

    Parameters
    ----------
    features, things
        As for `contents_of`.
    """
    spelled = spelled_tags(features)
    fewest = FEWEST_THINGS if len(things) >= FEW_THINGS else 1
    known = (
        spelled.group_by("spelling", "feature")
        .agg(things=pl.len())
        .sort("things", "feature", descending=[True, False])
        .group_by("spelling", maintain_order=True)
        .agg(pl.col("feature").first(), pl.col("things").first())
        .join(
            spelled.group_by("spelling").agg(bearers=pl.col("thing_id").n_unique()), on="spelling"
        )
        .filter(pl.col("bearers") >= fewest)
        .sort("spelling")
    )
    told = spelled.select("thing_id", term="spelling").unique()
    return Tags(
        names=tuple(known["feature"]),
        things=known["things"].to_numpy().astype(np.int64),
        bearing=_membership(told, things, known["spelling"]),
    )


def rows_of_length_one(rows: csr_array) -> csr_array:
    """Return the rows of a sparse matrix scaled to length 1; rows of zeros stay."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64))
    factors = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return (diags_array(factors.astype(np.float32)) @ rows).tocsr()


def spelled_tags(features: pl.DataFrame) -> pl.DataFrame:
    """Return thing_id, feature and spelling of every tag with letters or digits, each once."""
    tags = features.filter(pl.col("kind") == "tag").select("thing_id", "feature").unique()
    written = tags["feature"].unique()
    spellings = pl.Series("spelling", [spelling(tag) for tag in written], dtype=pl.String)
    known = pl.DataFrame({"feature": written, "spelling": spellings})
    return tags.join(known, on="feature").filter(pl.col("spelling") != "")


def _membership(told: pl.DataFrame, things: Ids, terms: pl.Series) -> csr_array:
    """Return ones where things have terms, shape (things, terms)."""
    columns = pl.DataFrame({"term": terms, "column": np.arange(len(terms), dtype=np.int32)})
    rows = pl.DataFrame({"thing_id": things, "row": np.arange(len(things), dtype=np.int32)})
    entries = told.join(columns, on="term").join(rows, on="thing_id").sort("row", "column")
    places = entries["row"].to_numpy(), entries["column"].to_numpy()
    return csr_array((np.ones(len(entries), np.float32), places), shape=(len(things), len(terms)))
