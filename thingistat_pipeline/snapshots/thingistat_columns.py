"""What ThingiStat's SQLite columns mean, and how a cell becomes a value of the record form.

Both schemas of ThingiStat are covered: the one of August 2022 (``likes_count``, empty and missing
values as the text 'NULL') and the later one (``accessed``, ``categories``, real NULLs). The text
'NULL' is read as missing in both, because the later database was converted from the earlier one
in part; a title or tag that is really the word NULL cannot be told from it.
"""

from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

THING_TEXTS = (
    "name",
    "thumbnail",
    "public_url",
    "description",
    "instructions",
    "details",
    "license",
)
THING_TIMES = ("added", "modified")
THING_FLAGS = (
    "is_wip",
    "is_featured",
    "is_nsfw",
    "allows_derivatives",
    "is_derivative",
    "can_comment",
)
THING_COUNTS = (
    "like_count",
    "collect_count",
    "comment_count",
    "file_count",
    "print_history_count",
    "download_count",
    "view_count",
    "remix_count",
    "make_count",
    "root_comment_count",
    "average_download_count",
)
CREATOR_TEXTS = ("name", "public_url")
CREATOR_COUNTS = ("count_of_followers", "count_of_following", "count_of_designs")
PERSONAL = ("first_name", "last_name", "location")

# Where every known column goes; the manifest repeats it. What is not here is listed as unmapped.
MAPPING = {
    "things": {
        "id": "thing_id",
        **{name: f"thing.{name}" for name in THING_TEXTS + THING_TIMES + THING_FLAGS},
        **{name: f"thing.{name}" for name in THING_COUNTS},
        "added_images_count": "thing.image_count, as the sum with file_count",
        "likes_ids": "likers, hashed",
        "likes_count": "the length of likers, and whether an empty list is known to be empty",
        "tags": "thing.tags",
        "ancestor_ids": "thing.ancestors",
        "creator_id": "thing.creator.id",
        "accessed": "observed_at",
        "categories": "categories",
    },
    "creators": {
        "id": "thing.creator.id",
        **{name: f"thing.creator.{name}" for name in CREATOR_TEXTS + CREATOR_COUNTS},
        "accepts_tips": "thing.creator.accepts_tips",
        **{name: f"thing.creator.{name}, if personal data are kept" for name in PERSONAL},
    },
    "tags": {name: f"thing.tags.{name}" for name in ("name", "tag", "absolute_url", "count")},
    "categories": {name: f"categories.{name}" for name in ("id", "name", "count", "slug")},
}


T = TypeVar("T")

_NUMBERS = msgspec.json.Decoder(list[int], strict=False)
_NAMES = msgspec.json.Decoder(list[str])


def fits_64_bits(number: int) -> bool:
    """Tell whether a number can be stored; JSON texts and sums can hold larger ones."""
    return -(2**63) <= number < 2**63


class UnreadableCell(Exception):  # noqa: N818  caught within this package and turned into a Reject
    """A cell holds something that its column cannot mean."""

    def __init__(self, column: str, value: object, why: str) -> None:
        super().__init__(f"{column} {why}")
        self.column = column
        self.value = value


class Cells:
    """One row of a table, its cells read by meaning. Counts the texts 'NULL' it meets.

    A column of a joined row bears the name of its own table: ``creators.name``.
    """

    def __init__(self, table: str, row: dict[str, Any], null_texts: dict[str, int]) -> None:
        self._table = table
        self._row = row
        self._null_texts = null_texts

    def text(self, column: str) -> str | None:
        """Return a text cell, which SQLite hands over as bytes so that bad ones can be told."""
        value = self._known(column)
        if value is None or isinstance(value, int | float):
            return None if value is None else str(value)
        try:
            return bytes(value).decode()
        except UnicodeDecodeError:
            raise self._unreadable(column, value, "is not UTF-8 text") from None

    def whole(self, column: str) -> int | None:
        """Return a whole number of either sign."""
        value = self._known(column)
        if value is None or isinstance(value, int):
            return value
        raise self._unreadable(column, value, "is not a whole number")

    def count(self, column: str) -> int | None:
        """Return a whole number that cannot be negative."""
        value = self.whole(column)
        if value is not None and value < 0:
            raise self._unreadable(column, value, "is a negative count")
        return value

    def identity(self, column: str) -> int:
        """Return a positive whole number that must be there."""
        value = self.whole(column)
        if value is None or value <= 0:
            raise self._unreadable(column, value, "is not a positive number")
        return value

    def flag(self, column: str) -> bool | None:
        """Return a flag, stored as 0 or 1."""
        value = self.whole(column)
        if value not in (None, 0, 1):
            raise self._unreadable(column, value, "is a flag but neither 0 nor 1")
        return None if value is None else bool(value)

    def time(self, column: str) -> str | None:
        """Return a time in UTC in the record form's writing, ``None`` for an empty cell."""
        text = self.text(column)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError):  # the latter at the ends of the calendar
            raise self._unreadable(column, text, "is not an ISO 8601 time") from None
        return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"

    def numbers(self, column: str) -> list[int] | None:
        """Return a JSON list of whole numbers, or ``None`` where the cell is empty."""
        numbers = self._list(column, _NUMBERS)
        if numbers and not all(fits_64_bits(number) for number in numbers):
            raise self._unreadable(column, self._row[column], "has a number beyond 64 bits")
        return numbers

    def names(self, column: str) -> list[str] | None:
        """Return a JSON list of texts, or ``None`` where the cell is empty."""
        return self._list(column, _NAMES)

    def _list(self, column: str, decoder: msgspec.json.Decoder[list[T]]) -> list[T] | None:
        text = self.text(column)
        if text is None:
            return None
        try:
            return decoder.decode(text)
        except msgspec.DecodeError as error:
            why = f"is not the JSON list it should be ({error})"
            raise self._unreadable(column, text, why) from None

    def _known(self, column: str) -> Any:  # noqa: ANN401  SQLite cells have any type
        value = self._row.get(column)
        if value != b"NULL":
            return value
        path = self._path(column)
        self._null_texts[path] = self._null_texts.get(path, 0) + 1
        return None

    def _path(self, column: str) -> str:
        return column if "." in column else f"{self._table}.{column}"

    def _unreadable(self, column: str, value: object, why: str) -> UnreadableCell:
        return UnreadableCell(self._path(column), value, why)
