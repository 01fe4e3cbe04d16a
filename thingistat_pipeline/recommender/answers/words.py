"""Which words and tags mean the same, so that a title can name a tag.

"Phone Stand", ``phone_stand``, ``phonestand`` and ``phone-stands`` are one and the same to whoever
looks for it. All are compared by their spelling: letters and digits only, folded to one case,
without the s of a plural. It is crude on purpose: it needs no language, and no list of words but a
short one of those that say nothing.
"""

import re
import unicodedata
from collections.abc import Iterator

import duckdb
import polars as pl

from thingistat_pipeline.recommender.likes.interactions import query_named

MOST_CHARACTERS = 2_000
"""How much of a text is read: what it is about is said by then, and texts may be of any length."""
_LONGEST_WORD = 40
_LETTERS = re.compile(r"[^\W_]+")
_SAY_NOTHING = frozenset(
    _LETTERS.findall(
        "an and are as at be but by can for from has have if in into is it its just me my no not "
        "of on or so that the there they this to use was will with you your "
        "aus das der die ein eine für im ist mit und von zu avec dans de des du en est et la le "
        "les pour sur un une con del el para por que los las di il per che"
    )
)


def spelling(text: str) -> str:
    """Return a tag's or word's letters and digits, in one case and without a plural's s.

    Empty where it has neither.
    """
    letters = "".join(_LETTERS.findall(_folded(text)))
    plural = len(letters) > 3 and letters.endswith("s") and not letters.endswith("ss")
    return letters[:-1] if plural else letters


def spellings_in(text: str) -> list[str]:
    """Return the spellings of a text's words and of its pairs of neighbouring words, each once.

    Words of one letter, numbers and words that say nothing are left out, and pairs with one of
    those that say nothing; of a long text, only the first 2,000 characters are read.
    """
    return list(dict.fromkeys(_spellings(_folded(text[:MOST_CHARACTERS]))))


def title_words(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Return what the titles of all live things name.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Open on a published database.

    Returns
    -------
    polars.DataFrame
        thing_id (Int64), kind (String, always ``word``) and feature (String): the shape of
        `side_information.thing_features`, to be appended to it.
    """
    titles: pl.DataFrame = con.sql(query_named("titles")).pl()
    named = [spellings_in(title) for title in titles["title"]]
    words = pl.Series("feature", named, dtype=pl.List(pl.String))
    return (
        titles.select("thing_id", words)
        .explode("feature", empty_as_null=False)
        .select("thing_id", pl.lit("word").alias("kind"), "feature")
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _spellings(folded: str) -> Iterator[str]:
    before = ""
    for word in _LETTERS.findall(folded):
        if len(word) > _LONGEST_WORD or word in _SAY_NOTHING:
            before = ""
            continue
        if len(word) > 1 and not word.isdecimal():
            yield spelling(word)
        if before:
            yield spelling(before + word)
        before = word
