"""Honest pictures are opened as people see them; whatever else comes is refused with a reason."""

from contextlib import suppress
from io import BytesIO
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from thingistat_pipeline.visual.pictures import (
    LARGEST_AREA,
    LARGEST_SIDE,
    MOST_SCANS,
    REASONS,
    SMALLEST_SIDE,
    Look,
    PictureRefusedError,
    Reason,
    format_of,
    look_of,
    small_picture,
    upright,
)
from thingistat_pipeline_tests.visual.picture_files import (
    BOTTOM,
    TOP,
    encoded,
    jpeg_with_many_scans,
    png_claiming,
    two_halves,
)

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def colours(image: Image.Image) -> tuple[np.ndarray, np.ndarray]:
    """The colour in the middle of the upper and of the lower half."""
    pixels = np.asarray(image, dtype=int)
    height, width = pixels.shape[:2]
    return pixels[height // 4, width // 2], pixels[3 * height // 4, width // 2]


def shows_two_halves(image: Image.Image, *, tolerance: int = 12) -> bool:
    upper, lower = colours(image)
    return bool(
        (np.abs(upper - TOP) <= tolerance).all() and (np.abs(lower - BOTTOM) <= tolerance).all()
    )


def refusal(content: bytes) -> str:
    with pytest.raises(PictureRefusedError) as refused:
        small_picture(content, 32)
    with pytest.raises(PictureRefusedError) as again:
        look_of(content)
    assert refused.value.reason == again.value.reason
    return refused.value.reason


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(get_args(Reason))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_are_recognised_by_their_bytes_and_opened(kind: str) -> None:
    content = encoded(two_halves(), kind)
    assert format_of(content[:12]) == kind
    assert look_of(content) == Look(kind, 64, 48)
    assert shows_two_halves(upright(content), tolerance=40)


def test_a_small_picture_is_a_jpeg_of_that_size_with_the_proportions_kept() -> None:
    small = small_picture(encoded(two_halves(640, 480), "PNG"), 160)
    image = Image.open(BytesIO(small))
    assert (image.format, image.size, image.mode) == ("JPEG", (160, 120), "RGB")
    assert shows_two_halves(image)
    tall = Image.open(BytesIO(small_picture(encoded(two_halves(300, 900)), 90)))
    assert tall.size == (30, 90)


def test_a_picture_smaller_than_asked_for_is_not_blown_up() -> None:
    assert Image.open(BytesIO(small_picture(encoded(two_halves(), "PNG"), 500))).size == (64, 48)
    with pytest.raises(ValueError, match="shows nothing"):
        small_picture(encoded(two_halves()), 0)


def test_a_photograph_taken_upside_down_or_sideways_is_turned_as_its_exif_says() -> None:
    for orientation, turned in ((3, 180), (6, 90), (8, 270)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        # PIL turns against the clock; a camera held that way stores this, and says how to undo it.
        stored = two_halves(96, 64).rotate(turned, expand=True)
        content = encoded(stored, exif=exif.tobytes(), quality=95)
        assert upright(content).size == (96, 64)
        assert shows_two_halves(upright(content)), orientation


def test_other_ways_to_store_colours_show_the_same_picture() -> None:
    same = {
        "cmyk": encoded(two_halves().convert("CMYK"), "JPEG", quality=95),
        "palette": encoded(two_halves().quantize(4), "PNG"),
        "alpha": encoded(two_halves().convert("RGBA"), "PNG"),
        "animated": encoded(
            two_halves(), "WEBP", save_all=True, append_images=[Image.new("RGB", (64, 48))] * 3,
            lossless=True,
        ),
        "animated png": encoded(
            two_halves(), "PNG", save_all=True, append_images=[Image.new("RGB", (64, 48))] * 3
        ),
    }  # fmt: skip
    for name, content in same.items():
        assert shows_two_halves(upright(content), tolerance=20), name


def test_what_is_transparent_is_white() -> None:
    seen = two_halves().convert("RGBA")
    seen.putalpha(Image.new("L", seen.size, 0))
    palette = Image.new("P", (64, 48), 1)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    for content in (
        encoded(seen, "PNG"),
        encoded(palette, "PNG", transparency=1),
        encoded(Image.new("LA", (64, 48), (0, 0)), "PNG"),
    ):
        assert np.asarray(upright(content)).min() == 255


def test_sixteen_bits_of_grey_are_scaled_and_not_cut_off() -> None:
    ramp = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    shown = np.asarray(upright(encoded(Image.fromarray(ramp), "PNG")), dtype=int)
    assert np.abs(shown[..., 0] - ramp / 257).max() <= 1.5


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><title>Just a moment...</title>", "not_a_picture"),
        (SVG, "not_a_picture"),
        (b"solid part\nfacet normal 0 0 1\n", "not_a_picture"),
        (bytes(84) + bytes(50), "not_a_picture"),
        (b"GIF89a" + bytes(100), "not_a_picture"),
        (b"\xff\xd8\xff", "broken"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "broken"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "broken"),
        (png_claiming(50_000, 50_000), "too_many_pixels"),
        (png_claiming(20_000, 20), "too_many_pixels"),
        (png_claiming(10_000, 10_000), "too_many_pixels"),
        (png_claiming(2_000, 2_000), "broken"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    assert refusal(content) == reason


def test_the_bounds_are_met_before_a_pixel_is_decoded() -> None:
    assert refusal(encoded(Image.new("L", (LARGEST_SIDE + 1, 20)), "PNG")) == "too_many_pixels"
    side = int(LARGEST_AREA**0.5) + 1
    assert refusal(encoded(Image.new("L", (side, side)), "PNG")) == "too_many_pixels"
    assert refusal(encoded(Image.new("L", (SMALLEST_SIDE - 1, 200)), "PNG")) == "too_few_pixels"
    assert refusal(encoded(Image.new("L", (1, 1)), "PNG")) == "too_few_pixels"
    assert look_of(encoded(Image.new("L", (SMALLEST_SIDE, 200)), "PNG")).height == 200


def test_a_warning_of_a_decompression_bomb_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(two_halves(), "PNG")
    seen = look_of(content)
    monkeypatch.setattr(
        Image, "MAX_IMAGE_PIXELS", seen.width * seen.height - 1
    )  # twice as many are an error
    assert refusal(content) == "too_many_pixels"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_is_cut_off_is_broken(kind: str) -> None:
    noise = np.random.default_rng(3).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), kind)
    assert refusal(whole[: len(whole) // 2]) == "broken"


def test_a_jpeg_of_endless_scans_is_not_decoded() -> None:
    assert look_of(jpeg_with_many_scans(3)).format == "JPEG"
    assert refusal(jpeg_with_many_scans(MOST_SCANS + 1)) == "broken"


def test_nothing_but_pixels_of_a_polyglot_is_handed_on() -> None:
    hidden = b"<script>canary()</script>PK\x03\x04canary"
    exif = Image.Exif()
    exif[0x010E] = "canary in the description"
    content = encoded(two_halves(), exif=exif.tobytes(), comment=hidden) + hidden
    assert b"canary" in content
    small = small_picture(content, 48)
    assert b"canary" not in small
    assert small.endswith(b"\xff\xd9")
    assert not Image.open(BytesIO(small)).getexif()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_is_either_borne_or_refused(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    content = bytearray(encoded(two_halves(), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PictureRefusedError):
        assert max(Image.open(BytesIO(small_picture(bytes(content), 32))).size) <= 32
