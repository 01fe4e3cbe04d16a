"""Made-up results of the recommender, in the shapes that the other parts hand over.

As in `samples`, every number is written down here and computed from nothing.
"""

import io
from math import exp
from typing import Any

from PIL import Image, ImageDraw

from thingistat_pipeline.report.recommender_examples import (
    Examples,
    SimilarThings,
    TagSuggestions,
    TagThings,
)
from thingistat_pipeline.report.shown_things import Thing

# method, precision@5, recall@20, NDCG@10, AUC, coverage, lift
METHODS = (
    ("ranker_with_side", 0.142, 0.331, 0.201, 0.871, 0.64, 1.42),
    ("ranker", 0.131, 0.302, 0.183, 0.852, 0.58, 1.51),
    ("bpr", 0.119, 0.281, 0.166, 0.861, 0.71, 1.22),
    ("ease", 0.128, 0.294, 0.178, 0.823, 0.49, 1.63),
    ("item_neighbours", 0.117, 0.27, 0.161, 0.811, 0.55, 1.38),
    ("least_squares", 0.121, 0.289, 0.169, 0.844, 0.52, 1.49),
    ("most_popular", 0.062, 0.151, 0.083, 0.702, 0.04, 3.91),
)
COLD = (
    ("ranker_features", 0.071, 0.24, 0.112, 0.71, 0.8, 1.1),
    ("content_neighbours", 0.068, 0.23, 0.108, 0.69, 0.8, 1.0),
    ("feature_popularity", 0.04, 0.16, 0.071, 0.6, 0.3, 1.3),
    ("chance", 0.021, 0.1, 0.041, 0.5, 1.0, 1.0),
)
ONE_LIKE = (
    ("ease", 0.031, 0.11, 0.046, 0.66, 0.5, 1.2),
    ("item_neighbours", 0.03, 0.1, 0.044, 0.65, 0.6, 1.1),
)
MEASURES = (
    "precision_at_5", "recall_at_20", "ndcg_at_10", "auc", "coverage_at_10",
    "popularity_lift_at_10",
)  # fmt: skip
TAGS = (
    ("neighbours_vote", 0.474, 0.86), ("content_vote", 0.441, 0.83), ("co_occurrence", 0.332, 0.7),
    ("cosine", 0.204, 0.52), ("frequency", 0.191, 0.5),
)  # fmt: skip


def results() -> dict[str, Any]:
    """All that a report is told of the recommender."""
    return {
        "ranking": ranking(),
        "ranking_scores": ranking_scores(),
        "ranking_version": "a5b1e000c0de",
        "examples": examples(),
    }


def ranking(**changes: Any) -> dict[str, Any]:
    """Metrics of a fitted ranker that knows tags and wins."""
    return {
        "fitted": True, "reason": None, "effort": "quick", "seed": 12,
        "threshold": {
            "least_by_user": 5, "least_by_thing": 5, "rounds": 4, "truncated": 31,
            "before": {"users": 4512, "things": 1822, "likes": 17040},
            "after": {"users": 1160, "things": 507, "likes": 11496},
        },
        "choice": {
            "without": search(False), "with_side": search(True),
            "baselines": [{"name": "ease", "settings": {"penalty": 200.0}}],
            "validation": {name: ndcg for name, _, _, ndcg, *_ in METHODS if name != "bpr"},
            "winner": "ranker_with_side", "winner_reason": "It has the highest NDCG at 10.",
        },
        **changes,
    }  # fmt: skip


def not_fitted() -> dict[str, Any]:
    """Metrics where likes were too few."""
    return {
        "fitted": False,
        "reason": "Not enough likes to learn from: of 12 likes between 9 users and 8 things, 0 "
        "likes between 0 users and 0 things remain once every user has at least 5 and every thing "
        "at least 5.",
    }


def search(with_side: bool) -> dict[str, Any]:
    """Twenty trials; of every six one is given up, and one came to nothing."""
    trials: list[dict[str, Any]] = []
    for number in range(20):
        loss = ("warp", "bpr", "warp", "logistic", "warp")[number % 5]
        rate = 0.01 * 1.26**number
        value = (
            0.21 * exp(-(((number - 12) / 14) ** 2)) - 0.02 * (loss != "warp") + 0.01 * with_side
        )
        failed = number == 7
        trials.append({
            "number": number, "state": "failed" if failed else "pruned" if number % 6 == 4
            else "complete",
            "value": None if failed else value, "components": 8 + 6 * number,
            "learning_rate": rate, "loss": loss, "max_sampled": 4 + number,
            "item_alpha": 1e-6 * 1.6**number, "user_alpha": 1e-6 * 1.3**number,
            "negatives": "uniform" if number % 3 else "popular",
            "epochs": (3, 6, 12, 24)[number % 4],
            "scale": 0.3 * 1.2**number if with_side else None,
            "curve": [[3, 0.1], [6, 0.12]], "warm_started": with_side and number < 3,
        })  # fmt: skip
    best = 12
    settings = ("number", "state", "value", "curve", "warm_started")
    return {
        "measure": "ndcg_at_10", "trials": trials, "best": best,
        "chosen": {k: v for k, v in trials[best].items() if k not in settings},
        "stopped": "All 20 trials were made.",
        "users": 1160, "things": 507, "likes": 8012, "validation_users": 812,
    }  # fmt: skip


def evaluation(entry: tuple[str, *tuple[float, ...]], half: float = 0.02) -> dict[str, Any]:
    """One method's figures as they are stored; coverage has no interval."""
    method, *values = entry
    return {
        "method": method, "settings": {}, "users": 1034, "held_out_likes": 2291,
        "candidates": 507, "known_likes_ranked": False,
        **{
            name: {"value": value,
                   "low": None if name == "coverage_at_10" else value - half,
                   "high": None if name == "coverage_at_10" else value + half}
            for name, value in zip(MEASURES, values, strict=True)
        },
    }  # fmt: skip


def difference(method: str, against: str, value: float, half: float = 0.01) -> dict[str, Any]:
    """A paired difference of NDCG at 10 as it is stored."""
    return {
        "method": method, "against": against, "measure": "ndcg_at_10",
        "value": value, "low": value - half, "high": value + half,
    }  # fmt: skip


def scores(**changes: Any) -> dict[str, Any]:
    """A scoreboard, with the same model ranked twice, learning curves and a cold start."""
    ndcg = {name: value for name, _, _, value, *_ in METHODS}
    best = METHODS[0]
    ranked = evaluation((best[0], 0.041, 0.12, 0.055, *best[4:]))
    return {
        "measure": "ndcg_at_10",
        "methods": [evaluation(entry) for entry in METHODS],
        "known_ranked": [evaluation(best), {**ranked, "known_likes_ranked": True}],
        "winner": "ranker_with_side", "winner_reason": "It has the highest NDCG at 10.",
        "remark": "",
        "differences": [
            *(difference(name, "most_popular", value - ndcg["most_popular"])
              for name, value in ndcg.items() if name not in {"most_popular", "ranker_with_side"}),
            *(difference("ranker_with_side", name, ndcg["ranker_with_side"] - value)
              for name, value in ndcg.items() if name != "ranker_with_side"),
        ],
        "learning_curves": [
            {
                "method": method, "split": split, "epoch": epoch, "measure": measure,
                "value": value, "low": value - 0.015, "high": value + 0.015,
            }
            for method, top in (("ranker", 0.18), ("ranker_with_side", 0.2))
            for measure, scale in (("precision_at_5", 0.7), ("ndcg_at_10", 1.0))
            for split, gain in (("train", 2.1), ("test", 1.0))
            for epoch in (1, 2, 3, 6, 9, 12, 18, 24, 36, 48)
            for value in (
                scale * top * gain * (1 - exp(-epoch / 7)) - (0.0012 * epoch * (split == "test")),
            )
        ],
        "cold_start": {
            "things": 51, "users": 604, "methods": [evaluation(entry) for entry in COLD],
            "differences": [
                difference("ranker_features", "chance", 0.071),
                difference("ranker_features", "content_neighbours", 0.004),
            ],
        },
        "one_like": {
            "methods": [evaluation(entry) for entry in ONE_LIKE], "likeness": "item_neighbours",
            "reason": "It cannot be told from the best, and is the simplest of those.",
        },
        "cautions": ["Of 507 things, 31 have lists of likers that were cut."],
        **changes,
    }  # fmt: skip


def tags(**changes: Any) -> dict[str, Any]:
    """A trial of tag suggestions, with its drafts."""
    return {
        "things": 612, "hidden": 803, "findable": 741,
        "methods": [tag_method(*entry) for entry in TAGS],
        "offered": "neighbours_vote",
        "drafts": {
            "things": 300, "hidden": 1610, "offered": "neighbours_vote",
            "methods": [
                tag_method("content_vote", 0.33, 0.8), tag_method("neighbours_vote", 0.31, 0.7),
                tag_method("frequency", 0.14, 0.5),
            ],
        },
        "cautions": ["A suggested tag need not be wrong."],
        **changes,
    }  # fmt: skip


def tag_method(method: str, recall: float, hit: float) -> dict[str, Any]:
    """One way of suggesting tags with its recall, as it is stored."""
    return {
        "method": method, "recall_at_10": recall, "low": recall - 0.03, "high": recall + 0.03,
        "hit_at_10": hit, "hit_low": hit - 0.02, "hit_high": hit + 0.02,
    }  # fmt: skip


def ranking_scores(**changes: Any) -> dict[str, Any]:
    """What the evaluation stores."""
    return {"scores": scores(**changes), "tags": tags()}


def beaten() -> dict[str, Any]:
    """An evaluation in which EASE was chosen and beats the ranker."""
    told = scores(
        winner="ease",
        methods=[
            evaluation(("ease", 0.16, 0.35, 0.231, 0.83, 0.5, 1.6)),
            *(evaluation(entry) for entry in METHODS if entry[0] != "ease"),
        ],
        differences=[
            difference("ease", "ranker_with_side", 0.03),
            difference("ease", "most_popular", 0.148),
            difference("ranker_with_side", "ranker", 0.018),
        ],
    )
    return {"scores": told, "tags": tags()}


def picture(thing_id: int, *, pixels: int = 112) -> bytes:
    """A JPEG of some shape, another for each thing."""
    shades = [(37 * thing_id + 80 * i) % 200 + 40 for i in range(3)]
    image = Image.new("RGB", (pixels, pixels), (236, 240, 238))
    drawing = ImageDraw.Draw(image)
    edge = 8 + thing_id % 5 * 4
    drawing.ellipse((edge, edge, pixels - edge, pixels - edge), fill=tuple(shades))
    drawing.rectangle((pixels // 3, pixels // 2, pixels - 14, pixels - 10), fill=(60, 70, 80))
    written = io.BytesIO()
    image.save(written, "JPEG", quality=80)
    return written.getvalue()


def thing(thing_id: int, name: str = "", *, has_picture: bool = True, **changes: Any) -> Thing:
    """A thing with a name, a maker, a page and mostly a picture."""
    told: dict[str, Any] = {
        "id": thing_id,
        "name": name or f"Cable Holder No. {thing_id}",
        "creator": f"maker_{thing_id % 7}",
        "url": f"https://www.thingiverse.com/thing:{thing_id}",
        "likes": 3000 - thing_id,
        "picture": picture(thing_id) if has_picture else None,
    }
    return Thing(**{**told, **changes})


def examples() -> Examples:
    """Examples of all three kinds; every fifth thing has no picture."""

    def some(first: int, count: int) -> tuple[tuple[Thing, bool], ...]:
        return tuple(
            (thing(i, has_picture=i % 5 != 0), i % 4 != 0) for i in range(first, first + count)
        )

    def alike(first: int, count: int) -> tuple[tuple[Thing, str], ...]:
        return tuple((each, "likes" if told else "features") for each, told in some(first, count))

    return Examples(
        similar=(
            SimilarThings(thing(100, "Lightweight Pen Holder for Ender 3"), alike(101, 6)),
            SimilarThings(thing(200, "Robot Dovangra", has_picture=False), alike(201, 6)),
            SimilarThings(thing(300, "A thing whose very long name goes on and on and on, v2 fix"),
                          alike(301, 6)),
        ),
        tags=(TagThings("spool_holder", 41, some(400, 7)), TagThings("kitchen", 32, some(500, 7))),
        suggestions=(
            TagSuggestions(thing(600, "Kitchen Hook"), ("hook", "kitchen", "wall_mount"),
                           (("holder", 120), ("towel", 9), ("hanger", 14))),
            TagSuggestions(thing(605, "Planter", has_picture=False), ("pot", "plant"),
                           (("garden", 22), ("flower", 11))),
        ),
    )  # fmt: skip
