"""All things and tags that are known, held in memory as far as lists and searches need them.

A list shows a few of very many things, picked by their numbers, and a search looks at every name:
both are asked at each key stroke. Frames in memory answer in a millisecond or two.
"""

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from thingistat_pipeline.advisor.answered import Card, Choice
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.lines import Lines
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.report.galleries import safe_url
from thingistat_pipeline.visual.thumbnails import latest_digests, read_content

_DIGEST = "S64"


class KnownThings:
    """Every thing of a published database, for lists and for searches by name.

    Parameters
    ----------
    database : Database
    pictures : Pictures
    """

    def __init__(self, database: Database, pictures: "Pictures") -> None:
        frame = database.frame("known_things").sort("id")
        self._ids = frame["id"].to_numpy()
        pictured = pl.Series("pictured", pictures.held(self._ids))
        listed = frame["listed"]
        self._frame = frame.drop("folded").with_columns(
            pl.col("published").dt.replace_time_zone("UTC"), has_picture=pictured & listed
        )
        order = (
            frame.select("downloads", "listed")
            .with_row_index("place")
            .filter("listed")
            .sort("downloads", descending=True, nulls_last=True, maintain_order=True)["place"]
        )
        self._names, self._order = Lines(frame["folded"].gather(order)), order.to_numpy()

    def cards(
        self,
        ids: Sequence[int],
        similarities: Sequence[float] | None = None,
        *,
        unlisted: bool = False,
    ) -> list[Card]:
        """Return what a list shows of things, in their order.

        Parameters
        ----------
        ids : sequence of int
            Unknown ones are left out.
        similarities : sequence of float, optional
            One for each, written on its card.
        unlisted : bool, default=False
            Whether things are shown that no list shows.
        """
        wanted = np.asarray(ids, dtype=np.int64)
        places = np.searchsorted(self._ids, wanted)
        there = places < len(self._ids)
        there[there] = self._ids[places[there]] == wanted[there]
        beside = np.asarray(similarities, dtype=float)[there] if similarities is not None else None
        rows = self._frame[places[there]].to_dicts()
        return [
            _card(row, None if beside is None else float(beside[number]))
            for number, row in enumerate(rows)
            if row["listed"] or unlisted
        ]

    def named(self, words: Sequence[str], most: int) -> NDArray[np.int64]:
        """Return the ids of things whose names hold all words, as `folded` has them.

        Names that begin with the words come first, then what is downloaded most; without words,
        that is all there is to go by.

        Returns
        -------
        ndarray of int64
            At most `most`.
        """
        found = self._names.holding(words, most)
        if words:
            begins = self._names.beginning(found, " ".join(words))
            found = np.concatenate([found[begins], found[~begins]])
        ids: NDArray[np.int64] = self._ids[self._order[found]]
        return ids


class KnownTags:
    """Every tag that a live thing bears, with how many bear it.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        frame = database.frame("known_tags")
        by_key = frame.select("key").with_row_index("place").sort("key")
        self._keys, self._order = by_key["key"], by_key["place"]
        self._names = Lines(frame.select(pl.concat_str("folded", "key", separator=" ")).to_series())
        self._frame = frame.drop("folded")

    def choices(self, keys: Iterable[str]) -> list[Choice]:
        """Return tags by their keys, in their order; unknown ones are left out."""
        return [Choice(**row) for row in self._frame[self._places(keys)].to_dicts()]

    def named(self, words: Sequence[str], key: str, most: int) -> list[Choice]:
        """Return tags that hold all words, the one of this key first, then the commonest."""
        found = self._names.holding(words, most).tolist()
        places = dict.fromkeys([*self._places([key]), *found])
        return [Choice(**row) for row in self._frame[list(places)[:most]].to_dicts()]

    def _places(self, keys: Iterable[str]) -> list[int]:
        rows = ((key, bisect_left(self._keys, key)) for key in keys)
        return [self._order[row] for key, row in rows if self._is_at(row, key)]

    def _is_at(self, row: int, key: str) -> bool:
        return row < len(self._keys) and self._keys[row] == key


class Pictures:
    """Which things have a picture, and where its bytes stand.

    Parameters
    ----------
    folder : Path
        Of the thumbnails; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            digests = latest_digests(folder)
        except ThingistatError:  # a broken manifest; the rest is worth showing without pictures
            digests = {}
        things = sorted(digests)
        self._ids = np.array(things, dtype=np.int64)
        self._digests = np.array([digests[thing].encode() for thing in things], dtype=_DIGEST)

    def held(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return of each thing whether there is a picture."""
        return np.isin(ids, self._ids)

    def content(self, thing_id: int) -> bytes | None:
        """Return a thing's picture as received, or ``None`` where there is none."""
        place = int(np.searchsorted(self._ids, thing_id))
        if place == len(self._ids) or self._ids[place] != thing_id:
            return None
        return read_content(self._folder, self._digests[place].decode())


def folded(text: str) -> str:
    """Return a text without case and accents, as the names that are searched are written."""
    bare = unicodedata.normalize("NFD", text)
    return "".join(each for each in bare if not unicodedata.combining(each)).lower()


def _card(row: dict[str, Any], similarity: float | None) -> Card:
    safe = safe_url(row["url"] or "")
    return Card(
        id=row["id"],
        name=row["name"],
        creator=row["creator"],
        downloads=row["downloads"],
        likes=row["likes"],
        published=row["published"],
        has_picture=row["has_picture"],
        url=safe if safe.startswith("https://") else None,
        similarity=similarity,
    )
