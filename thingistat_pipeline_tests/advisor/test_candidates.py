"""Candidates become what they would be as covers, and are measured and seen as covers are."""

from typing import Any

import numpy as np
import pytest

from thingistat_pipeline.advisor.candidates import Candidate, CoverShape, as_cover, candidates
from thingistat_pipeline.features.pictures import LOOKS, MEASURED_LOOKS, PHOTOGRAPH
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.photograph import PREDICTORS, PhotographWeights
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features

SITE = CoverShape(330, 4 / 3)


def stripes(height: int, width: int, *, along: int) -> np.ndarray:
    """A picture whose red tells the column (along 1) or the row (along 0)."""
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    places = np.linspace(0, 255, (height, width)[along]).astype(np.uint8)
    picture[..., 0] = places[None, :] if along else places[:, None]
    return picture


def one(picture: np.ndarray, shape: CoverShape = SITE, **models: Any) -> Candidate:
    (found,) = candidates([picture], shape, **{"eyes": None, "photograph": None, **models})
    return found


def test_a_cover_stays_as_it_is() -> None:
    cover = stripes(248, 330, along=1)
    assert np.array_equal(as_cover(cover, CoverShape(330, 330 / 248)), cover)


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (400, 1_600, (248, 330)),  # 400 x 533 is left
        (1_600, 400, (248, 330)),  # 300 x 400
        (300, 400, (248, 330)),
        (120, 120, (90, 120)),  # smaller than a cover: cut, and not blown up
        (1, 200, (1, 1)),
    ],
)
def test_others_are_cut_to_the_shape_of_covers_and_made_as_small(
    height: int, width: int, expected: tuple[int, int]
) -> None:
    assert as_cover(stripes(height, width, along=1), SITE).shape == (*expected, 3)


def test_what_is_cut_off_is_the_same_on_both_sides() -> None:
    wide = as_cover(stripes(300, 1_200, along=1), SITE)[..., 0]
    # the middle third of the columns, of which the first third and the last third are cut
    assert (int(wide.min()), int(wide.max())) == pytest.approx((85, 170), abs=2)
    high = as_cover(stripes(1_200, 400, along=0), SITE)[..., 0]
    # 300 of 1,200 rows
    assert (int(high.min()), int(high.max())) == pytest.approx((0.375 * 255, 0.625 * 255), abs=2)


def test_where_covers_have_no_shape_nothing_is_cut() -> None:
    assert as_cover(stripes(300, 1_200, along=1), CoverShape(330, None)).shape == (82, 330, 3)


def test_measures_bear_the_names_of_features_and_are_those_of_the_cover() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (200, 800, 3), dtype=np.uint8)
    found = one(picture)
    cover = as_cover(picture, SITE)
    assert list(found.measures) == [feature.name for feature in MEASURED_LOOKS]
    assert list(found.measures.values()) == picture_features(cover).tolist()
    assert found.fingerprint == fingerprint(cover)
    assert found.vector is None


def test_with_a_model_it_is_told_how_likely_it_is_a_photograph() -> None:
    # Only brightness counts; a white picture is one spread above the centre of it.
    tells = np.array([name == "picture_brightness" for name in PREDICTORS], dtype=np.float64)
    model = PhotographWeights(0.5 * tells, np.where(tells > 0, 0.5, 1.0), 2 * tells, -1.0)
    white = one(np.full((60, 80, 3), 255, dtype=np.uint8), photograph=model)
    black = one(np.zeros((60, 80, 3), dtype=np.uint8), photograph=model)
    assert list(white.measures) == [feature.name for feature in LOOKS]
    assert white.measures[PHOTOGRAPH] == pytest.approx(1 / (1 + np.exp(-1)), abs=1e-6)
    assert black.measures[PHOTOGRAPH] == pytest.approx(1 / (1 + np.exp(3)), abs=1e-6)


def test_no_pictures_are_no_candidates() -> None:
    assert candidates([], SITE, eyes=None, photograph=None) == []


def test_the_network_sees_the_same_in_a_picture_alone_and_among_others() -> None:
    eyes = Eyes(NETWORKS["efficientnet-lite0"], threads=1)
    pictures = [stripes(300, 500, along=1), stripes(500, 300, along=0), stripes(90, 90, along=1)]
    together = candidates(pictures, SITE, eyes=eyes, photograph=None)
    for picture, found in zip(pictures, together, strict=True):
        alone = one(picture, eyes=eyes)
        assert found.measures == alone.measures
        assert found.vector is not None
        assert alone.vector is not None
        np.testing.assert_allclose(found.vector, alone.vector, atol=2e-3)
        assert len(found.measures) == len(FEATURES)
