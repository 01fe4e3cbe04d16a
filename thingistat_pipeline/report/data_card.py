"""What a reader must know about the data before any number on it: the data card.

Everything is read from the published database in a handful of small queries; see "Data Cards"
(Pushkarna et al., FAccT 2022) for the idea.
"""

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from thingistat_pipeline.features.frame import table_of
from thingistat_pipeline.features.intervals import wilson_interval

SYNTHETIC = "sandbox"
UNDECIDED = frozenset({"retry", "quarantined"})


@dataclass(frozen=True, kw_only=True)
class Load:
    """One night or snapshot that the warehouse holds."""

    name: str
    kind: str
    source: str
    content_hash: str
    records: int
    live: int
    rejected: int


@dataclass(frozen=True, kw_only=True)
class Downloads:
    """How downloads are spread over things, counted on raw downloads.

    Attributes
    ----------
    things : int
        Things whose downloads are known.
    median, ninth_decile, largest : float or None
        Downloads of the middle thing, of the thing above nine tenths, of the first.
    top_share : float or None
        Part of all downloads that the most downloaded hundredth of things holds.
    largest_deviation : float or None
        Part of the raw squared deviation from the mean that one thing carries.
    """

    things: int
    median: float | None
    ninth_decile: float | None
    largest: float | None
    top_share: float | None
    largest_deviation: float | None


@dataclass(frozen=True, kw_only=True)
class DataCard:
    """Where the data come from and what they hold.

    Attributes
    ----------
    loads : tuple of Load
        What was loaded, by name.
    outcomes : tuple of (str, int)
        Ids that the random frame drew, by what became of them; empty for snapshots alone.
    live_share, live_low, live_high : float or None
        Share of live things among the drawn ids whose outcome is decided, with its Wilson 95 %
        interval; None where nothing was drawn at random, because a published data set holds only
        what its author kept.
    things, creators, tags, categories, likes, files, observations : int
        Rows of the tables.
    observed_again : int
        Things observed more than once.
    sharing_a_creator : int
        Things whose creator made another thing of the sample.
    first_observation, last_observation, first_publication, last_publication : datetime or None
        Range of the dates, UTC.
    missing : tuple of (str, float)
        Columns of `things` that are not complete, with the share of things that lack them.
    downloads : Downloads
        How downloads are spread.
    """

    loads: tuple[Load, ...]
    outcomes: tuple[tuple[str, int], ...]
    live_share: float | None
    live_low: float | None
    live_high: float | None
    things: int
    creators: int
    tags: int
    categories: int
    likes: int
    files: int
    observations: int
    observed_again: int
    sharing_a_creator: int
    first_observation: datetime | None
    last_observation: datetime | None
    first_publication: datetime | None
    last_publication: datetime | None
    missing: tuple[tuple[str, float], ...]
    downloads: Downloads

    @property
    def source(self) -> str:
        """Where the data come from; several sources are joined by a plus sign."""
        return "+".join(sorted({load.source for load in self.loads})) or "nothing"

    @property
    def is_synthetic(self) -> bool:
        """Whether any of the data describe the simulated site."""
        return any(load.source == SYNTHETIC for load in self.loads)

    @property
    def drawn(self) -> int:
        """Ids that the random frame drew."""
        return sum(ids for _, ids in self.outcomes)

    @property
    def decided(self) -> int:
        """Drawn ids of which it is known whether they are live."""
        return sum(ids for outcome, ids in self.outcomes if outcome not in UNDECIDED)

    @property
    def live(self) -> int:
        """Drawn ids that are live."""
        return dict(self.outcomes).get("ok", 0)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain values, without anything that differs from run to run."""
        return {
            "loads": [
                {
                    "load": load.name,
                    "kind": load.kind,
                    "source": load.source,
                    "records": load.records,
                    "live": load.live,
                    "rejected": load.rejected,
                }
                for load in self.loads
            ],
            "ids_drawn": self.drawn,
            "ids_decided": self.decided,
            "outcomes": dict(self.outcomes),
            "live_share": self.live_share,
            "live_share_low": self.live_low,
            "live_share_high": self.live_high,
            "things": self.things,
            "creators": self.creators,
            "tags": self.tags,
            "categories": self.categories,
            "likes": self.likes,
            "files": self.files,
            "observations": self.observations,
            "observed_again": self.observed_again,
            "sharing_a_creator": self.sharing_a_creator,
            "first_observation": _iso(self.first_observation),
            "last_observation": _iso(self.last_observation),
            "first_publication": _iso(self.first_publication),
            "last_publication": _iso(self.last_publication),
            "missing": dict(self.missing),
            "downloads": {
                "things": self.downloads.things,
                "median": self.downloads.median,
                "ninth_decile": self.downloads.ninth_decile,
                "largest": self.downloads.largest,
                "share_of_top_hundredth": self.downloads.top_share,
                "largest_share_of_squared_deviation": self.downloads.largest_deviation,
            },
        }


def data_card(con: DuckDBPyConnection) -> DataCard:
    """Read the data card from the warehouse's tables.

    Parameters
    ----------
    con : DuckDBPyConnection
        A connection to a published (or working) database.

    Returns
    -------
    DataCard
        Also for an empty database: counts are 0 and shares None.
    """
    outcomes = tuple((str(name), int(ids)) for name, ids in _read(con, "outcomes").iter_rows())
    counts = _read(con, "counts").row(0, named=True)
    downloads = _read(con, "downloads").row(0, named=True)
    drawn = dict(outcomes)
    decided = sum(ids for outcome, ids in outcomes if outcome not in UNDECIDED)
    low, high = wilson_interval(drawn.get("ok", 0), decided)
    return DataCard(
        loads=tuple(
            Load(
                name=row["load"],
                kind=row["kind"],
                source=row["source"],
                content_hash=row["content_hash"] or "",
                records=row["records"] or 0,
                live=row["live"] or 0,
                rejected=row["rejected"] or 0,
            )
            for row in _read(con, "loads").iter_rows(named=True)
        ),
        outcomes=outcomes,
        live_share=drawn.get("ok", 0) / decided if decided else None,
        live_low=float(low) if decided else None,
        live_high=float(high) if decided else None,
        missing=tuple(
            (str(name), float(share)) for name, share in _read(con, "missing").iter_rows()
        ),
        downloads=Downloads(
            things=downloads["things"],
            median=downloads["median"],
            ninth_decile=downloads["ninth_decile"],
            largest=downloads["largest"],
            top_share=downloads["top_share"],
            largest_deviation=downloads["largest_deviation"],
        ),
        **counts,
    )


def _read(con: DuckDBPyConnection, query: str) -> pl.DataFrame:
    """Run one of this package's queries."""
    sql = files("thingistat_pipeline.report").joinpath("sql", f"{query}.sql").read_text("utf-8")
    return table_of(con, sql)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")
