"""What the UI shows of pictures: grids of them, and the figures of what was learned from them."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.registry import is_feature
from thingistat_pipeline.orchestration.metadata import (
    bars,
    number,
    sentences,
    titled,
    whole_table,
)
from thingistat_pipeline.visual.grid import picture_grid

Picture = Callable[[int], bytes | None]

COLUMNS = 8
EXAMPLES = 8
STRONGEST = 16
_INTERVAL = ("value", "low", "high")


def grid(
    contents: Sequence[bytes], title: str, *, columns: int = COLUMNS
) -> dg.MarkdownMetadataValue:
    """Return pictures in rows as one inline picture, or that there is none."""
    if not contents:
        return dg.MetadataValue.md("No picture yet.")
    encoded = base64.b64encode(picture_grid(contents, columns=columns)).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/jpeg;base64,{encoded})")


def reason_metadata(reason: str | None) -> dict[str, str]:
    """Return the entry that says why there is nothing, where there is nothing."""
    return {"reason": reason} if reason else {}


def looks_table(frame: pl.DataFrame) -> dg.MarkdownMetadataValue:
    """Return how the features of pictures are spread: quantiles, one line a feature."""
    names = [feature.name for feature in LOOKS]
    spread = pl.DataFrame({"feature": names}).with_columns(
        pl.Series(label, [frame[name].quantile(share) for name in names], dtype=pl.Float64)
        for label, share in (("5 %", 0.05), ("half", 0.5), ("95 %", 0.95))
    )
    return whole_table(spread)


def photograph_metadata(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return how well photographs are told from the site's drawings, or why they are not."""
    if not figures["fitted"]:
        return {"photograph": figures["reason"]}
    measures = figures["measures"]
    table = pl.DataFrame([{"measure": name, **found} for name, found in measures.items()])
    return {
        **interval("photograph_accuracy", measures["accuracy"]),
        "photograph": whole_table(table),
        "photograph_cautions": sentences(figures["cautions"]),
    }


def interval(name: str, found: Mapping[str, float | None]) -> dict[str, Any]:
    """Return a figure and the ends of its interval, as numbers that the UI draws over time."""
    value, low, high = (number(found[end]) for end in _INTERVAL)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def look_alike_grids(
    rows: pl.DataFrame, picture: Picture, hidden: frozenset[int], source: str
) -> dict[str, Any]:
    """Return things with those that look like them, and pairs of nearly the same picture.

    Parameters
    ----------
    rows : polars.DataFrame
        What `look_tables.look_alike_rows` returns.
    picture : callable
        Returns a thing's picture, or None.
    hidden : frozenset of int
        Things that are not for everybody; no row with one of them is shown.
    source : str
        Whose things they are.
    """
    lists = (
        rows.sort("thing_id", "rank")
        .group_by("thing_id", maintain_order=True)
        .agg(pl.col("neighbour_id").head(COLUMNS - 1))
        .filter(pl.col("neighbour_id").list.len() == COLUMNS - 1)
    )
    alike = [(thing, *neighbours) for thing, neighbours in lists.iter_rows()]
    same = rows.filter(pl.col("duplicate") & (pl.col("thing_id") < pl.col("neighbour_id")))
    pairs = list(same.select("thing_id", "neighbour_id").iter_rows())
    return {
        "look_alikes": grid(
            _shown(_spread(alike, hidden), picture),
            titled("A thing a row, first, and those that look most like it", source),
        ),
        "near_duplicates": grid(
            _shown(_spread(pairs, hidden, EXAMPLES * COLUMNS // 2), picture),
            titled("Pairs of things with nearly the same picture", source),
        ),
    }


def choice_metadata(metrics: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return how well pictures are chosen, and by what, or why that is not known."""
    if not metrics["judged"]:
        return {"reason": metrics["reason"]}
    named = [
        (name, weight)
        for name, weight in zip(metrics["names"], metrics["weights"], strict=True)
        if is_feature(name)
    ]
    strongest = sorted(named, key=lambda item: (-abs(item[1]), item[0]))[:STRONGEST]
    return {
        **interval("accuracy", metrics["accuracy"]),
        **interval("uplift", metrics["uplift"]),
        **{name: metrics[name] for name in ("pairs", "groups", "creators", "best_of", "strength")},
        "weights": bars(
            [name for name, _ in strongest],
            [weight for _, weight in strongest],
            title=titled("What speaks for a picture", source),
            unit="log odds for a standard deviation",
        ),
    }


def gain_metadata(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the features of pictures add to the prediction of downloads, or why unknown."""
    if not metrics["measured"]:
        return {"reason": metrics["reason"]}
    return {
        **interval("r2_log_gain", metrics["difference"]),
        **interval("r2_log_with", metrics["with"]),
        **interval("r2_log_without", metrics["without"]),
        "things": metrics["n_test"],
        "creators": metrics["creators"],
        "remark": metrics["remark"],
    }


def _spread(
    groups: Sequence[tuple[int, ...]], hidden: frozenset[int], most: int = EXAMPLES
) -> list[tuple[int, ...]]:
    """Return at most so many groups without hidden things, spread evenly over all."""
    safe = [group for group in groups if hidden.isdisjoint(group)]
    return safe[:: max(1, len(safe) // most)][:most]


def _shown(groups: Sequence[Sequence[int]], picture: Picture) -> list[bytes]:
    """Return the pictures of groups one after the other; of a group, all or none."""
    found = ([picture(thing) for thing in group] for group in groups)
    return [each for group in found if None not in group for each in group if each is not None]
