"""What is said for and against a picture: words, numbers and directions by hand."""

import pytest

from thingistat_pipeline.advisor.answered import Reason
from thingistat_pipeline.advisor.picture_reasons import Weighed, reasons
from thingistat_pipeline.features.pictures import LOOKS

MEASURES = {
    **{feature.name: 0.0 for feature in LOOKS},
    "picture_contrast_rms": 0.2,
    "picture_saturation_mean": 0.31,
    "picture_subject_area": 0.25,
    "picture_subject_off_centre": 0.07,
    "picture_sharpness": 6.24,
    "picture_brightness": 0.4,
    "picture_photograph": 0.875,
}
SHOWN = (
    "picture_contrast_rms",
    "picture_saturation_mean",
    "picture_subject_off_centre",
    "picture_sharpness",
    "picture_brightness",
    "picture_photograph",
)


def weighed(
    name: str, *, centre: float = 0.0, spread: float = 1.0, adds: float = 0.0, sure: bool = True
) -> dict[str, Weighed]:
    return {name: Weighed(MEASURES[name], centre, spread, adds, sure)}


def by_feature(found: list[Reason]) -> dict[str, Reason]:
    return {reason.feature: reason for reason in found}


def test_values_are_in_plain_units() -> None:
    found = by_feature(reasons(MEASURES, {}, 0.0))
    assert {name: reason.value for name, reason in found.items()} == {
        "picture_contrast_rms": "20 %",
        "picture_saturation_mean": "31 %",
        "picture_subject_off_centre": "7 % off the middle",
        "picture_sharpness": "not compared",
        "picture_brightness": "40 %",
        "picture_photograph": "photograph (88 % likely)",
    }


def test_where_pictures_are_not_judged_nothing_speaks() -> None:
    found = reasons(MEASURES, {}, 0.0)
    assert tuple(reason.feature for reason in found) == SHOWN
    assert {(reason.compared, reason.speaks) for reason in found} == {("", "neither")}


@pytest.mark.parametrize(
    ("centre", "spread", "said"),
    [
        (0.40, 0.1, "about like the average cover (40 %)"),
        (0.42, 0.1, "about like the average cover (42 %)"),
        (0.45, 0.1, "darker than the average cover (45 %)"),
        (0.55, 0.1, "much darker than the average cover (55 %)"),
        (0.30, 0.2, "brighter than the average cover (30 %)"),
        (0.30, 0.05, "much brighter than the average cover (30 %)"),
        (0.10, 0.1, "much brighter than the average cover (10 %), as few covers are"),
    ],
)
def test_a_value_is_told_beside_the_average_cover(centre: float, spread: float, said: str) -> None:
    about = weighed("picture_brightness", centre=centre, spread=spread)
    assert by_feature(reasons(MEASURES, about, 0.0))["picture_brightness"].compared == said


@pytest.mark.parametrize(
    ("centre", "value", "compared"),
    [
        (6.3, "as usual", "about like the average cover"),
        (5.9, "as usual", "sharper than the average cover"),
        (5.0, "sharp", "much sharper than the average cover"),
        (8.0, "soft", "much softer than the average cover"),
    ],
)
def test_sharpness_is_said_without_a_number(centre: float, value: str, compared: str) -> None:
    about = weighed("picture_sharpness", centre=centre, spread=1.0)
    found = by_feature(reasons(MEASURES, about, 0.0))["picture_sharpness"]
    assert (found.value, found.compared) == (value, compared)


@pytest.mark.parametrize(
    ("adds", "sure", "speaks"),
    [
        (0.2, True, "for"),
        (-0.2, True, "against"),
        (0.029, True, "neither"),
        (-0.029, True, "neither"),
        (0.2, False, "neither"),
        (-0.2, False, "neither"),
    ],
)
def test_it_speaks_where_its_part_is_large_enough_and_its_direction_sure(
    adds: float, sure: bool, speaks: str
) -> None:
    for name in SHOWN:
        found = by_feature(reasons(MEASURES, weighed(name, adds=adds, sure=sure), 0.0))
        assert found[name].speaks == speaks
        assert {reason.speaks for key, reason in found.items() if key != name} == {"neither"}


def test_all_that_has_no_reason_of_its_own_is_one_together() -> None:
    others = weighed("picture_warmth", adds=0.05, sure=False) | weighed(
        "picture_entropy", adds=-0.01
    )
    own = weighed("picture_brightness", adds=5.0)
    for unnamed, speaks in ((0.0, "for"), (-0.03, "neither"), (-0.1, "against")):
        found = reasons(MEASURES, {**others, **own}, unnamed)
        assert (found[-1].label, found[-1].value) == ("everything else", "")
        assert found[-1].speaks == speaks


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.5, "photograph (50 % likely)"),
        (0.3, "render (70 % likely)"),
        (0.9999, "photograph (more than 99 % likely)"),
        (0.0001, "render (more than 99 % likely)"),
    ],
)
def test_photographs_and_renders_are_told_with_how_sure_that_is(
    probability: float, said: str
) -> None:
    measures = {**MEASURES, "picture_photograph": probability}
    about = {"picture_photograph": Weighed(probability, 0.31, 0.46, 0.1, is_sure=True)}
    kind = by_feature(reasons(measures, about, 0.0))["picture_photograph"]
    assert (kind.value, kind.compared) == (said, "31 % of covers are photographs")


def test_without_a_model_that_tells_nothing_is_said_of_photographs() -> None:
    measures = {key: value for key, value in MEASURES.items() if key != "picture_photograph"}
    assert "picture_photograph" not in by_feature(reasons(measures, {}, 0.0))


def test_a_picture_of_nothing_has_no_place_of_its_subject() -> None:
    measures = {**MEASURES, "picture_subject_area": 0.0, "picture_subject_off_centre": 0.0}
    found = by_feature(reasons(measures, {}, 0.0))
    assert found["picture_subject_off_centre"].value == "nothing stands out"
