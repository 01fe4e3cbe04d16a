import cv2
import numpy as np
import pytest

from thingistat_pipeline.visual.composition import KERNELS, composition_features
from thingistat_pipeline.visual.subject import Subject, subject_of
from thingistat_pipeline.visual.working_picture import Picture, working_picture
from thingistat_pipeline_tests.visual.drawn import BLUE, GREY, WHITE, disc, plain


def measured(picture: Picture) -> dict[str, float]:
    return composition_features(subject_of(working_picture(picture)))


def standing_out(pattern: np.ndarray) -> Subject:
    """Return a subject that stands out as a pattern says."""
    large = cv2.resize(pattern - pattern.min(), (256, 256), interpolation=cv2.INTER_NEAREST)
    return Subject(np.asarray(large, dtype=np.float32), np.ones((256, 256), dtype=np.bool_))


@pytest.mark.parametrize("name", KERNELS)
def test_what_is_composed_by_a_rule_fits_this_rule_best(name: str):
    found = composition_features(standing_out(KERNELS[name]))
    assert found.pop("symmetry") <= 1.0
    assert found[name] == pytest.approx(1.0)
    assert max(found, key=lambda rule: found[rule]) == name


def test_patterns_are_standardised_and_there_are_seven_at_least():
    assert len(KERNELS) >= 7
    for pattern in KERNELS.values():
        assert pattern.mean() == pytest.approx(0.0, abs=1e-12)
        assert pattern.std() == pytest.approx(1.0)


def test_discs_at_the_centre_on_a_third_and_in_a_corner_are_told_apart():
    centre, third, corner = (measured(disc(p, p, 0.1)) for p in (0.5, 1 / 3, 0.12))
    assert centre["centre"] > third["centre"] > corner["centre"]
    assert third["thirds"] > max(centre["thirds"], corner["thirds"])
    assert corner["border"] > 0 > centre["border"]
    # All three lie on the falling diagonal; of these, only the centre is on the rising one.
    assert min(found["diagonal_falling"] for found in (centre, third, corner)) > 0
    assert centre["diagonal_rising"] > 0 > max(third["diagonal_rising"], corner["diagonal_rising"])


@pytest.mark.parametrize(
    ("x", "y", "left", "top"),
    [(0.25, 0.5, 1, 0), (0.75, 0.5, -1, 0), (0.5, 0.25, 0, 1), (0.5, 0.75, 0, -1)],
)
def test_the_balance_tells_the_side(x: float, y: float, left: int, top: int):
    found = measured(disc(x, y, 0.1))
    assert np.sign(np.round([found["balance_left"], found["balance_top"]], 3)).tolist() == [
        left,
        top,
    ]


def test_bands_are_told_by_their_direction():
    lying, upright = plain(WHITE), plain(WHITE)
    lying[112:144, 20:-20] = BLUE
    upright[20:-20, 112:144] = BLUE
    assert measured(lying)["band_horizontal"] > 0.6 > measured(lying)["band_vertical"]
    assert measured(upright)["band_vertical"] > 0.6 > measured(upright)["band_horizontal"]


def test_a_symmetric_picture_mirrors_itself_and_another_does_not():
    assert measured(disc(0.5, 0.3, 0.15))["symmetry"] == pytest.approx(1.0, abs=1e-3)
    assert measured(disc(0.25, 0.5, 0.15))["symmetry"] < 0.0


def test_where_nothing_stands_out_no_rule_is_kept_or_broken():
    found = measured(plain(GREY))
    assert found.pop("symmetry") == 1.0
    assert found == dict.fromkeys(KERNELS, 0.0)
