"""What ThingiStat's SQLite columns mean, and how a cell becomes a value of the record form.

Both schemas of ThingiStat are covered: the one of August 2022 (``likes_count``, empty and missing
values as the text 'NULL') and the later one (``accessed``, ``categories``, real NULLs). The text
'NULL' is read as missing in both, because the later database was converted from the earlier one
in part; a title or tag that is really the word NULL cannot be told from it.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from thingistat_pipeline.snapshots.source import Findings
from thingistat_pipeline.thingiverse.answers import NO_JSON

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

NULL_TEXT = "the text 'NULL' in "
"""What a `Findings` count of such texts begins with; the column follows."""

Cell = Any  # SQLite cells have any type; texts come as bytes, so that bad ones can be told
Reader = Callable[[Cell], Any]
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


class RowReader:
    """Reads the rows of one query, every cell by what its column means.

    Parameters
    ----------
    columns : iterable of (str, callable)
        For every selected column, in order: its path (``creators.name``) and the function that
        reads its cells (`text`, `whole`, …).
    """

    def __init__(self, columns: Iterable[tuple[str, Reader]]) -> None:
        self._columns = tuple(columns)
        self._readers = tuple(reader for _, reader in self._columns)

    def read(self, row: tuple[Cell, ...], findings: Findings) -> list[Any]:
        """Return a row's values, ``None`` where nothing is known; counts the texts 'NULL'.

        Raises
        ------
        UnreadableCell
            For the first cell that cannot be read.
        """
        if b"NULL" in row:
            row = tuple(self._without_null_text(row, findings))
        try:
            return [read(cell) for read, cell in zip(self._readers, row, strict=True)]
        except _Misread:
            raise self._first_unreadable(row) from None

    def _without_null_text(self, row: tuple[Cell, ...], findings: Findings) -> Iterable[Cell]:
        for (path, _), cell in zip(self._columns, row, strict=True):
            if cell == b"NULL":
                findings.count(f"{NULL_TEXT}{path}")
                yield None
            else:
                yield cell

    def _first_unreadable(self, row: tuple[Cell, ...]) -> UnreadableCell:
        for (path, read), cell in zip(self._columns, row, strict=True):
            try:
                read(cell)
            except _Misread as misread:
                return UnreadableCell(path, cell, str(misread))
        raise AssertionError("a cell that could not be read can be read now")


class _Misread(ValueError):  # noqa: N818  never leaves this module
    """Why a cell cannot be read."""


def text(cell: Cell) -> str | None:
    """Return a text cell."""
    if not isinstance(cell, bytes):
        return None if cell is None else str(cell)
    try:
        return cell.decode()
    except UnicodeDecodeError:
        raise _Misread("is not UTF-8 text") from None


def whole(cell: Cell) -> int | None:
    """Return a whole number of either sign."""
    if cell is None or isinstance(cell, int):
        return cell
    raise _Misread("is not a whole number")


def count(cell: Cell) -> int | None:
    """Return a whole number that cannot be negative."""
    if cell is None or (isinstance(cell, int) and cell >= 0):
        return cell
    whole(cell)
    raise _Misread("is a negative count")


def identity(cell: Cell) -> int:
    """Return a positive whole number that must be there."""
    number = whole(cell)
    if number is None or number <= 0:
        raise _Misread("is not a positive number")
    return number


def flag(cell: Cell) -> bool | None:
    """Return a flag, stored as 0 or 1."""
    if cell is None:
        return None
    if isinstance(cell, int) and 0 <= cell <= 1:
        return cell == 1
    whole(cell)
    raise _Misread("is a flag but neither 0 nor 1")


def time(cell: Cell) -> str | None:
    """Return a time in UTC in the record form's writing, ``None`` for an empty cell."""
    written = text(cell)
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is not UTC and moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter at the ends of the calendar
        raise _Misread("is not an ISO 8601 time") from None
    return f"{moment.isoformat(timespec='seconds')[:19]}Z"


def numbers(cell: Cell) -> list[int] | None:
    """Return a JSON list of whole numbers, or ``None`` where the cell is empty."""
    listed = _listed(cell, _NUMBERS)
    if listed and not (fits_64_bits(min(listed)) and fits_64_bits(max(listed))):
        raise _Misread("has a number beyond 64 bits")
    return listed


def names(cell: Cell) -> list[str] | None:
    """Return a JSON list of texts, or ``None`` where the cell is empty."""
    return _listed(cell, _NAMES)


def _listed(cell: Cell, decoder: msgspec.json.Decoder[list[T]]) -> list[T] | None:
    written = text(cell)
    if written is None:
        return None
    try:
        return decoder.decode(written)
    except NO_JSON as error:
        raise _Misread(f"is not the JSON list it should be ({error})") from None


# The columns of `things` whose values a record's thing has under the same name.
OWN_COLUMNS: dict[str, Reader] = {
    **dict.fromkeys(THING_TEXTS, text),
    **dict.fromkeys(THING_TIMES, time),
    **dict.fromkeys(THING_FLAGS, flag),
    **dict.fromkeys(THING_COUNTS, count),
}
# Those that need a thought, in the order in which the reader takes them up.
OTHER_COLUMNS: dict[str, Reader] = {
    "accessed": time,
    "likes_ids": numbers,
    "tags": names,
    "ancestor_ids": numbers,
    "categories": names,
    "added_images_count": whole,
    "creator_id": whole,
}
CREATOR_COLUMNS: dict[str, Reader] = {
    "id": whole,
    **dict.fromkeys(CREATOR_TEXTS, text),
    **dict.fromkeys(CREATOR_COUNTS, count),
    "accepts_tips": flag,
    **dict.fromkeys(PERSONAL, text),
}
