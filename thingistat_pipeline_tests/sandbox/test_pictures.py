"""Pictures: of the right kind, the same for everybody, photographs unlike renders."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from thingistat_pipeline.sandbox.addresses import (
    ORIGINAL,
    SIZES,
    Address,
    Picture,
    address_at,
    path_of,
)
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, Thing, describe_thing
from thingistat_pipeline.sandbox.pictures import gears_bytes, picture_bytes
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.shape_families import FAMILIES
from thingistat_pipeline.sandbox.texts import subcategory_of
from thingistat_pipeline.sandbox.vocabulary import SUBCATEGORIES


def _pixels(thing: Thing, picture: Picture, size: str = "thumb_large") -> np.ndarray:
    content = picture_bytes(12, thing, Address(picture, size))
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"), dtype=float)


@pytest.fixture(scope="module")
def shown(things: dict[str, Any]) -> list[Thing]:
    """Things that have both a photograph and a render."""
    both = (things["photos"] > 0) & (things["renders"] > 0)
    return [describe_thing(int(n), 12, DEFAULT_TODAY) for n in things["id"][both][::150]][:60]


@given(
    st.integers(1, 2**25 - 1),
    st.integers(0, 255),
    st.booleans(),
    st.sampled_from([*SIZES, ORIGINAL]),
)
def test_an_address_leads_back_to_its_picture(
    number: int, index: int, rendered: bool, size: str
) -> None:
    picture = Picture(number, index, rendered)
    path = path_of(picture, "IMG_0001", size)
    assert path.startswith("/renders/" if rendered else "/assets/")
    assert address_at(path) == Address(picture, size)


@pytest.mark.parametrize(
    "path", ["/assets/", "/assets/00/00/00/00/00/a.jpg", "/renders/zz/00/00/00/00/a.jpg", "/x"]
)
def test_other_addresses_lead_nowhere(path: str) -> None:
    assert address_at(path) is None


@pytest.mark.parametrize("size", [*SIZES, ORIGINAL])
def test_pictures_have_the_size_that_their_address_names(shown: list[Thing], size: str) -> None:
    for rendered in (True, False):
        picture = Picture(shown[0].id, 0, rendered)
        image = Image.open(BytesIO(picture_bytes(12, shown[0], Address(picture, size))))
        assert image.size == SIZES.get(size, (960, 720))
        assert image.format == ("PNG" if rendered and size == ORIGINAL else "JPEG")


def test_a_picture_is_the_same_for_everybody_and_another_seed_shows_another(
    shown: list[Thing],
) -> None:
    address = Address(Picture(shown[3].id, 0, False), "preview_card")
    assert picture_bytes(12, shown[3], address) == picture_bytes(12, shown[3], address)
    assert picture_bytes(12, shown[3], address) != picture_bytes(13, shown[3], address)


def _border(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def test_renders_have_an_even_ground_and_photographs_do_not(shown: list[Thing]) -> None:
    renders = [_border(_pixels(t, Picture(t.id, 0, True))).std(axis=0).max() for t in shown]
    photographs = [_border(_pixels(t, Picture(t.id, 0, False))).std(axis=0).max() for t in shown]
    assert max(renders) < min(photographs)


def test_every_kind_of_shape_can_be_seen_and_kinds_differ() -> None:
    assert {part.shape for part in SUBCATEGORIES} == set(FAMILIES)
    for name, family in FAMILIES.items():
        for number in range(4):
            corners = np.concatenate(family(Dice(1, "shape", number)))
            assert np.isfinite(corners).all(), name
            # No side is so thin that the shape could not be recognised.
            assert (np.ptp(corners, axis=0) > 0.05).all(), name


def test_things_of_a_kind_look_more_alike_than_others(things: dict[str, Any]) -> None:
    """Outlines of renders, compared pixel by pixel within and between families."""
    pictures: dict[str, list[np.ndarray]] = {}
    for number in things["id"][things["renders"] > 0][::25]:
        thing = describe_thing(int(number), 12, DEFAULT_TODAY)
        shape = subcategory_of(thing).shape
        if shape in {"bottle", "ring", "board", "tree"} and len(pictures.get(shape, [])) < 8:
            pixels = _pixels(thing, Picture(thing.id, 0, True), "thumb_small")
            outline = np.abs(pixels - pixels[0, 0]).sum(axis=2) > 60
            assert outline.mean() > 0.03
            pictures.setdefault(shape, []).append(outline)
    assert len(pictures) == 4

    def unlike(a: str, b: str) -> float:
        pairs = [(x != y).mean() for x in pictures[a] for y in pictures[b] if x is not y]
        return float(np.mean(pairs))

    for shape in pictures:
        others = [unlike(shape, other) for other in pictures if other != shape]
        assert unlike(shape, shape) < min(others)


def test_the_pictures_of_a_thing_differ_and_so_do_things(shown: list[Thing]) -> None:
    several = next(t for t in shown if t.photos >= 2)
    first, second = (
        picture_bytes(12, several, Address(Picture(several.id, k, False), "thumb_large"))
        for k in (0, 1)
    )
    assert first != second
    renders = {picture_bytes(12, t, Address(Picture(t.id, 0, True), "thumb_large")) for t in shown}
    assert len(renders) > 0.95 * len(shown)


def test_three_gears_stand_for_no_picture() -> None:
    image = Image.open(BytesIO(gears_bytes("display_large")))
    assert image.size == SIZES["display_large"]
    assert np.asarray(image).std() > 3
