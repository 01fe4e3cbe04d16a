"""What the UI shows of a recommender: thresholds, searches, scores and curves.

Everything is read from the metrics as they are stored, so that what is shown is what was kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from math import nan
from typing import Any

import dagster as dg
import polars as pl

from thingistat_pipeline.orchestration.metadata import (
    Line,
    best_so_far,
    lines,
    number,
    sentences,
    titled,
    whiskers,
    whole_table,
)
from thingistat_pipeline.recommender.likes.interactions import Size, ThresholdReport

Metadata = dict[str, Any]
Row = Mapping[str, Any]

HEADLINE = "ndcg_at_10"
_MEASURES = (
    *("precision_at_5", "recall_at_20", "ndcg_at_10", "auc"),
    *("coverage_at_10", "popularity_lift_at_10"),
)
_WHETHER = {False: "left out of the ranking", True: "ranked as well, as the seed did"}
_RANKERS = ("ranker_with_side", "ranker")
_SEARCHES = {"without": "without side information", "with_side": "with side information"}


def threshold_metadata(threshold: ThresholdReport) -> Metadata:
    """Return how many users, things and likes there were and remain, and how sparse that is."""
    table = pl.DataFrame(
        [
            {"when": when, **asdict(size), "pairs_that_are_likes_in_percent": size.sparsity}
            for when, size in (("before", threshold.before), ("after", threshold.after))
        ],
        schema_overrides={"pairs_that_are_likes_in_percent": pl.Float64},
    )
    return {
        "before_and_after": whole_table(table, digits=4),
        **_sized("before", threshold.before),
        **_sized("after", threshold.after),
        "least_likes_of_a_user": threshold.least_by_user,
        "least_likes_of_a_thing": threshold.least_by_thing,
        "rounds": threshold.rounds,
        "things_with_truncated_lists": threshold.truncated,
        **({"reason": threshold.not_enough} if threshold.not_enough else {}),
    }


def caps_metadata(caps: Mapping[str, int]) -> Metadata:
    """Return with which cap on the likers of a thing the nights were sampled.

    Parameters
    ----------
    caps : Mapping of str to int
        By night, as the nights' plans have them.
    """
    rows = pl.DataFrame({"night": list(caps), "cap": list(caps.values())})
    by_cap = rows.group_by("cap").agg(
        nights=pl.len(), first=pl.col("night").min(), last=pl.col("night").max()
    )
    shown: object = (
        whole_table(by_cap.sort("cap"))
        if caps
        else "No night fetched lists of likers; those of snapshots were cut by their publishers."
    )
    return {"caps_on_likers_fetched_for_a_thing": shown}


def _sized(when: str, size: Size) -> Metadata:
    return {
        **{f"{what}_{when}": count for what, count in asdict(size).items()},
        f"sparsity_{when}": number(size.sparsity),
    }


def model_metadata(metrics: Row, source: str) -> Metadata:
    """Return what is worth seeing of a model that was fitted: both searches, and the choice."""
    choice = metrics["choice"]
    validation = choice["validation"]
    shown: Metadata = {
        "winner": choice["winner"],
        "winner_reason": choice["winner_reason"],
        "likes": dg.MetadataValue.json(metrics["likes"]),
        "features": dg.MetadataValue.json(metrics["features"]),
        "validation": whole_table(
            pl.DataFrame({"method": list(validation), HEADLINE: list(validation.values())}).sort(
                HEADLINE, descending=True
            ),
            digits=4,
        ),
        "ndcg_at_10_of_winner": number(validation.get(choice["winner"])),
    }
    for name, words in _SEARCHES.items():
        shown |= _search(name, words, choice[name], source)
    return shown


def _search(name: str, words: str, search: Row, source: str) -> Metadata:
    shown: Metadata = {
        f"search_{name}_chosen": dg.MetadataValue.json(search["chosen"]),
        f"search_{name}_ended": search["stopped"],
    }
    trials = search["trials"]
    if not trials:
        return shown
    table = pl.DataFrame(
        [{key: value for key, value in trial.items() if key != "curve"} for trial in trials],
        infer_schema_length=None,
    )
    return {
        **shown,
        f"search_{name}": whole_table(table, digits=6),
        f"search_{name}_progress": best_so_far(
            [nan if trial["value"] is None else trial["value"] for trial in trials],
            [trial["state"] == "complete" for trial in trials],
            title=titled(f"Search {words}, trial by trial", source),
            unit="NDCG at 10, validation likes",
        ),
    }


def evaluation_metadata(scores: Row, tags: Row | None, source: str) -> Metadata:
    """Return the scoreboard as tables and pictures, and what became of hidden tags."""
    cold = scores["cold_start"]
    by_name = {method["method"]: method for method in scores["methods"]}
    return {
        "winner": scores["winner"],
        "winner_reason": scores["winner_reason"],
        **({"remark": scores["remark"]} if scores["remark"] else {}),
        "cautions": sentences(scores["cautions"]),
        **_headline(by_name.get(scores["winner"])),
        "methods": _methods_table(scores["methods"]),
        "methods_ndcg": _methods_plot(
            scores["methods"], titled("NDCG at 10 on hidden likes, 95 % intervals", source)
        ),
        "known_likes_ranked_or_not": _methods_table(
            [
                {**method, "method": f"{method['method']}, known likes {_WHETHER[known]}"}
                for method in scores["known_ranked"]
                for known in [method["known_likes_ranked"]]
            ]
        ),
        "differences": whole_table(pl.DataFrame(scores["differences"]), digits=4),
        **_curves(scores["learning_curves"], source),
        "cold_start": _methods_table(cold["methods"]),
        "cold_start_ndcg": _methods_plot(
            cold["methods"],
            titled(f"NDCG at 10 on {cold['things']} things held out, 95 % intervals", source),
        ),
        **_rankers_against_popularity(scores["differences"]),
        **(tag_metadata(tags, source) if tags else {}),
    }


def effect_metadata(effect: Row) -> Metadata:
    """Return what the ranker gains from pictures, or why that is not known."""
    if not effect["measured"]:
        return {"pictures": effect["reason"]}
    gains = [
        {"things": things, **gain}
        for things, found in (("liked", effect), ("new", effect["cold_start"]))
        for gain in found["differences"]
        if gain["method"] != "chance" and gain["against"] != "chance"
    ]
    return {
        "pictures": effect["remark"],
        "pictures_gain": number(effect["difference"]["value"]),
        "pictures_gains": whole_table(pl.DataFrame(gains), digits=4),
        "pictures_weights": whole_table(pl.DataFrame(effect["weights"]), digits=4),
    }


def _rankers_against_popularity(differences: Sequence[Row]) -> Metadata:
    """Return how much better the rankers are than popularity, whichever method recommends."""
    return {
        f"{row['method']}_minus_most_popular_ndcg_at_10{suffix}": number(row[end])
        for row in differences
        if row["method"] in _RANKERS
        and (row["against"], row["measure"]) == ("most_popular", HEADLINE)
        for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
        if row[end] is not None
    }


def tag_metadata(trial: Row, source: str) -> Metadata:
    """Return which way of suggesting tags finds those that were hidden."""
    shown: Metadata = {"tags_offered_by": trial["offered"]}
    for name, found in (("tags", trial), ("tags_of_drafts", trial["drafts"])):
        methods = found["methods"]
        if methods:
            shown[f"{name}_found"] = whiskers(
                [method["method"] for method in methods],
                *([method[end] for method in methods] for end in ("recall_at_10", "low", "high")),
                title=titled(
                    f"Hidden tags found among ten, {found['things']} things, 95 % intervals", source
                ),
                unit="recall at 10",
            )
    return shown


def _headline(method: Row | None) -> Metadata:
    if method is None:
        return {}
    return {
        f"{measure}{suffix}": number(method[measure][end])
        for measure in _MEASURES
        for end, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
        if method[measure][end] is not None
    }


def _methods_table(methods: Sequence[Row]) -> dg.MarkdownMetadataValue:
    rows = [
        {
            "method": method["method"],
            **{measure: _with_interval(method[measure]) for measure in _MEASURES},
            "users": method["users"],
        }
        for method in methods
    ]
    return whole_table(pl.DataFrame(rows))


def _with_interval(estimate: Row) -> str | None:
    value, low, high = (estimate[end] for end in ("value", "low", "high"))
    if value is None:
        return None
    return f"{value:.3f}" if low is None else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _methods_plot(methods: Sequence[Row], title: str) -> dg.MarkdownMetadataValue:
    return whiskers(
        [method["method"] for method in methods],
        *([method[HEADLINE][end] for method in methods] for end in ("value", "low", "high")),
        title=title,
        unit="NDCG at 10",
    )


def _curves(points: Sequence[Row], source: str) -> Metadata:
    shown = {}
    for measure in dict.fromkeys(point["measure"] for point in points):
        of_measure = [point for point in points if point["measure"] == measure]
        shown[f"learning_curves_{measure}"] = lines(
            list(_lines(of_measure)),
            title=titled("Learning curves, 95 % bands over a sample of users", source),
            x="epoch",
            unit=str(measure),
        )
    return shown


def _lines(points: Iterable[Row]) -> Iterator[Line]:
    drawn: dict[tuple[str, str], list[Row]] = {}
    for point in points:
        drawn.setdefault((point["method"], point["split"]), []).append(point)
    for (method, split), along in drawn.items():
        yield Line(
            f"{method}, {split}",
            *([point[name] for point in along] for name in ("epoch", "value", "low", "high")),
        )
