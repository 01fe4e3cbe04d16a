"""Made-up results about cover pictures, in the shapes that the other parts hand over.

As in `samples`, every number is written down here and computed from nothing.
"""

from typing import Any

from thingistat_pipeline.report.looks_examples import (
    AlikeThings,
    LookAlike,
    LookCounts,
    LookExamples,
    RepeatedPicture,
)
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline_tests.report.ranking_samples import thing

WEIGHTS = (
    ("picture_saturation_mean", 0.11), ("picture_sharpness", 0.07), ("picture_border", -0.09),
    ("picture_photograph", 0.182), ("picture_hue_entropy", 0.0), ("component_1", 0.2),
    ("component_2", -0.1),
)  # fmt: skip


def estimate(value: float, low: float, high: float) -> dict[str, float]:
    """A value with its interval as it is stored."""
    return {"value": value, "low": low, "high": high}


def looks(**changes: Any) -> Looks:
    """Pictures of 1,900 of 1,998 things, all of whose questions are answered."""
    told: dict[str, Any] = {
        "looks": look_alikes(), "choice": choice(), "gain": gain(), "photograph": photograph(),
        "pictures_in_ranker": in_ranker(), "version": "100c5a11ce00", "examples": examples(),
    }  # fmt: skip
    return Looks(**{**told, **changes})


def look_alikes(**changes: Any) -> dict[str, Any]:
    """Metrics of look-alikes, all pairs compared in full."""
    return {
        "things": 1900, "pictures": 1871, "network": "efficientnet-lite0-0123456789ab",
        "dimensions": 1280, "recall": None, "judged_on": 0, "duplicates": 37,
        "duplicate_pairs": 21, **changes,
    }  # fmt: skip


def choice(**changes: Any) -> dict[str, Any]:
    """A comparison that tells the better picture somewhat better than a coin."""
    return {
        "judged": True, "things": 1876, "creators": 1502, "pairs": 6120, "groups": 588,
        "best_of": 3, "accuracy": estimate(0.563, 0.541, 0.584),
        "uplift": estimate(0.0953, 0.0296, 0.1655), "strength": 0.01,
        "names": [name for name, _ in WEIGHTS], "weights": [weight for _, weight in WEIGHTS],
        **changes,
    }  # fmt: skip


def not_judged() -> dict[str, Any]:
    """What is stored where there are too few pairs."""
    return {
        "judged": False,
        "reason": "Only 12 pairs of similar things by creators not learned from have pictures; "
        "200 are needed before anything can be said about choosing pictures.",
    }


def no_better_than_a_coin() -> dict[str, Any]:
    """A comparison that tells nothing."""
    return choice(accuracy=estimate(0.507, 0.484, 0.53), uplift=estimate(0.012, -0.05, 0.07))


def gain(**changes: Any) -> dict[str, Any]:
    """What the features of pictures add to the prediction of downloads."""
    return {
        "measured": True, "reason": None, "n_train": 1201, "n_test": 402, "creators": 331,
        "pictured_train": 1150, "pictured_test": 381, "features": ["picture_brightness"],
        "with": estimate(0.421, 0.352, 0.489), "without": estimate(0.409, 0.341, 0.478),
        "difference": estimate(0.012, 0.003, 0.022),
        "against_shuffled": estimate(0.015, 0.004, 0.026), "trees": 150,
        "remark": "What pictures tell that other features tell as well adds nothing here.",
        **changes,
    }  # fmt: skip


def adds_nothing() -> dict[str, Any]:
    """The same where pictures add nothing."""
    return gain(
        **{"with": estimate(0.41, 0.34, 0.479), "difference": estimate(0.001, -0.004, 0.006)}
    )


def photograph(**changes: Any) -> dict[str, Any]:
    """What tells photographs from renders."""
    return {
        "fitted": True, "reason": "", "pictures": 1640, "photographs": 1010, "drawings": 630,
        "creators": 1300, "not_told": 260,
        "measures": {
            "accuracy": estimate(0.912, 0.896, 0.926),
            "photographs_recognised": estimate(0.931, 0.913, 0.945),
            "drawings_recognised": estimate(0.882, 0.854, 0.905),
            "always_the_commoner": estimate(0.616, 0.589, 0.642),
        },
        "coefficients": [{"feature": "picture_background_unevenness", "value": 1.4}],
        "cautions": ["Screenshots that a creator uploaded count as photographs."],
        **changes,
    }  # fmt: skip


def in_ranker(**changes: Any) -> dict[str, Any]:
    """What the ranker gains from pictures: nothing beyond chance, but for new things."""
    return {
        "measured": True, "reason": None, "measure": "ndcg_at_10", "users": 1034, "likes": 2291,
        "with": estimate(0.203, 0.183, 0.223), "without": estimate(0.201, 0.181, 0.221),
        "difference": estimate(0.002, -0.003, 0.007),
        "remark": "Both rankers have the same parameters.",
        "cold_start": {
            "things": 51, "users": 604,
            "methods": [
                {"method": "ranker_with_side_and_pictures",
                 "ndcg_at_10": estimate(0.13, 0.11, 0.15)},
                {"method": "ranker_with_side", "ndcg_at_10": estimate(0.112, 0.09, 0.13)},
            ],
            "differences": [
                {"method": "ranker_with_side_and_pictures", "against": "ranker_with_side",
                 "measure": measure, **gap}
                for measure, gap in (("auc", estimate(0.1, 0.05, 0.15)),
                                     ("ndcg_at_10", estimate(0.018, 0.006, 0.031)))
            ],
        },
        **changes,
    }  # fmt: skip


def examples() -> LookExamples:
    """Three things with look-alikes, of which some are nearly the same; two repeated pictures."""

    def alike(first: int) -> tuple[LookAlike, ...]:
        return tuple(
            LookAlike(thing(first + i, has_picture=i != 4), 0.98 - 0.05 * i, i == 0)
            for i in range(6)
        )

    return LookExamples(
        alike=(
            AlikeThings(thing(700, "Calibration Cube"), alike(701)),
            AlikeThings(thing(710, "Vase in Spiral Mode", has_picture=False), alike(711)),
            AlikeThings(thing(720, "Gear Bearing"), alike(721)),
        ),
        repeated=(
            RepeatedPicture(thing(730, "Tower"), ((thing(731), True), (thing(732), False))),
            RepeatedPicture(thing(740, "Lid"), ((thing(741), False),)),
        ),
        counts=LookCounts(
            things=1900, repeated=37, pairs=21, pairs_of_two_creators=12, judged=1800,
            same_category=612, by_lot=0.118,
        ),
    )  # fmt: skip
