"""What a page is made of; the template knows these shapes and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Plot = Mapping[str, Any]
Width = Literal["full", "half", "beside"]
"""On a wide screen: the whole width, half of it, or the whole with the words beside the plot."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot: plotly's data and layout (without a theme), and its height in pixels.

    One of several panels can bear a title, and a sentence of its own in place of the figure's.
    """

    key: str
    plot: Plot
    height: int
    title: str = ""
    finding: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One or more panels with all that a reader must know to read them.

    Attributes
    ----------
    key : str
        Anchor of the figure in the page.
    title : str
        What the figure is about.
    finding : str
        A sentence computed from the figure's numbers.
    shows : str
        What is drawn, with units.
    data : str
        On what data, with the number of rows.
    uncertainty : str
        What the bars or bands mean, or that none is drawn.
    panels : tuple of Panel
        The plots.
    width : {"full", "half", "beside"}
        Room on a wide screen.
    roomy : bool
        Whether each of several panels needs the whole width of a narrow screen.
    """

    kind: ClassVar[str] = "figure"
    key: str
    title: str
    finding: str
    shows: str
    data: str
    uncertainty: str
    panels: tuple[Panel, ...]
    width: Width = "full"
    roomy: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """A table's column; numbers are set to the right."""

    name: str
    numeric: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of finished words, with a caption that says what every number is.

    A cell may have a second line, after a line feed: the interval of the number on the first.
    """

    kind: ClassVar[str] = "table"
    key: str
    title: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    width: Width = "full"
    folded: bool = False


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A number with its name, and its uncertainty or remark."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts side by side."""

    kind: ClassVar[str] = "facts"
    items: tuple[Fact, ...]


@dataclass(frozen=True, kw_only=True)
class Point:
    """A sentence under a short heading."""

    topic: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points below each other; numbered where their order matters."""

    kind: ClassVar[str] = "points"
    items: tuple[Point, ...]
    numbered: bool = False


@dataclass(frozen=True, kw_only=True)
class Note:
    """A remark in place of, or about, a figure: why it is absent, or a warning."""

    kind: ClassVar[str] = "note"
    title: str
    text: str
    warning: bool = False


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A thing by its picture, with a link to its page.

    Attributes
    ----------
    name, maker : str
    remark : str
        What to know of it in this place.
    url : str
        An address that `galleries.safe_url` let through; without one there is no link.
    picture : str
        A ``data:`` address; without one a tile is drawn that bears the name.
    """

    name: str
    maker: str = ""
    remark: str = ""
    url: str = ""
    picture: str = ""


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A word with a remark; a filled chip is one that the thing bears already."""

    word: str
    remark: str = ""
    filled: bool = False


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A heading, what it is about, and what goes with it: tiles or chips."""

    heading: str
    remark: str = ""
    lead: Tile | None = None
    tiles: tuple[Tile, ...] = ()
    chips: tuple[Chip, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Shelves below each other, with a caption that says how they were chosen."""

    kind: ClassVar[str] = "gallery"
    key: str
    title: str
    finding: str
    caption: str
    shelves: tuple[Shelf, ...]


Block = Figure | Table | Facts | Points | Note | Gallery


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page."""

    key: str
    title: str
    lead: str
    blocks: tuple[Block, ...]
