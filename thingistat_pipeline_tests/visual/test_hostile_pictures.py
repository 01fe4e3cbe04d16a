"""Whatever a stranger sends goes through the whole chain, from bytes to numbers, or is refused.

What comes out is that of the honest picture: it is not enough that nothing crashes.
"""

import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from thingistat_pipeline.visual.cover_pictures import LARGEST_SIDE, pixels_of
from thingistat_pipeline.visual.embedding import embedded
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.fingerprint import differing_bits, fingerprint
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features
from thingistat_pipeline.visual.pictures import LARGEST_SIDE as LARGEST_DECODED
from thingistat_pipeline.visual.pictures import PictureRefusedError
from thingistat_pipeline_tests.visual.picture_files import encoded, png_claiming

WIDTH, HEIGHT = 96, 72
ORIENTATION = 0x0112
CORNERS = ((220, 40, 30), (30, 150, 60), (20, 60, 200), (240, 200, 40))
"""Red, green; blue, yellow: so that every turn and every mirror can be told."""

# How a camera stores what should be seen, for each way to say so: the inverse of what EXIF 2.3 has
# a viewer do (table 4.6.4-A: which side of the scene the first row and the first column are).
STORED_AS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}

Pixels = NDArray[np.uint8]


def four_corners(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    upper, left = slice(0, height // 2), slice(0, width // 2)
    lower, right = slice(height // 2, None), slice(width // 2, None)
    for place, colour in zip(
        ((upper, left), (upper, right), (lower, left), (lower, right)), CORNERS, strict=True
    ):
        pixels[place] = colour
    return Image.fromarray(pixels)


def turned(orientation: int) -> Image.Image:
    how = STORED_AS[orientation]
    return four_corners() if how is None else four_corners().transpose(how)


def saying(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return exif.tobytes()


def png_with(name: bytes, data: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    whole = encoded(four_corners(), "PNG")
    chunk = struct.pack(">I", len(data)) + name + data
    chunk += struct.pack(">I", zlib.crc32(name + data))
    after_header = 8 + 25
    return whole[:after_header] + chunk + whole[after_header:]


def zipped() -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("part.stl", "solid part")
    return out.getvalue()


def with_alpha() -> Image.Image:
    """A picture with colours under what cannot be seen."""
    seen = four_corners().convert("RGBA")
    seen.putalpha(Image.new("L", seen.size, 255))
    return seen


def palette_with_alpha() -> bytes:
    return encoded(with_alpha().quantize(8), "PNG", transparency=bytes([255] * 8))


def animated(kind: str) -> bytes:
    others = [Image.new("RGB", (WIDTH, HEIGHT), shade) for shade in ("black", "white")]
    return encoded(four_corners(), kind, save_all=True, append_images=others, duration=50)


JPEG = encoded(four_corners(), quality=95, subsampling=0)

HONEST: dict[str, bytes] = {
    "jpeg": JPEG,
    "progressive": encoded(four_corners(), quality=95, progressive=True),
    "png": encoded(four_corners(), "PNG"),
    "webp": encoded(four_corners(), "WEBP", quality=95),
    "cmyk": encoded(four_corners().convert("CMYK"), quality=95),
    "palette": encoded(four_corners().quantize(8), "PNG"),
    "palette with alpha": palette_with_alpha(),
    "alpha": encoded(with_alpha(), "PNG"),
    "alpha in webp": encoded(with_alpha(), "WEBP", quality=95),
    "animated png": animated("PNG"),
    "animated webp": animated("WEBP"),
    "a zip behind": JPEG + zipped(),
    "a page behind": JPEG + b"<!DOCTYPE html><script>alert(1)</script>",
    "a program behind": encoded(four_corners(), "PNG") + b"\x7fELF" + bytes(400),
    "a script in a comment": encoded(four_corners(), quality=95, comment=b"<script>alert(1)"),
    "nonsense for exif": encoded(four_corners(), quality=95, exif=b"Exif\0\0" + b"\xff" * 60),
    "a turn that is none": encoded(four_corners(), quality=95, exif=saying(99)),
    **{
        f"turned {how}": encoded(turned(how), quality=95, exif=saying(how))
        for how in STORED_AS
    },
    "turned in png": encoded(turned(6), "PNG", exif=saying(6)),
    "turned in webp": encoded(turned(8), "WEBP", exif=saying(8), quality=95),
}  # fmt: skip

REFUSED: dict[str, tuple[bytes, str]] = {
    "1x1": (encoded(Image.new("RGB", (1, 1)), "PNG"), "too_few_pixels"),
    "1x1 jpeg": (encoded(Image.new("RGB", (1, 1))), "too_few_pixels"),
    "a hair": (encoded(Image.new("RGB", (3, 4_000))), "too_few_pixels"),
    "20,000 wide": (encoded(Image.new("L", (20_000, 30))), "too_many_pixels"),
    "20,000 high": (encoded(Image.new("1", (30, 20_000)), "PNG"), "too_many_pixels"),
    "a promise of 2.5 billion pixels": (png_claiming(50_000, 50_000), "too_many_pixels"),
    "64 million pixels in 10 kB": (
        encoded(Image.new("1", (8_000, 8_000)), "PNG", optimize=True),
        "too_many_pixels",
    ),
    "a bomb for text": (png_with(b"zTXt", b"a\0\0" + zlib.compress(bytes(9 << 20))), "broken"),
    "a bomb for colours": (
        png_with(b"iCCP", b"a\0\0" + zlib.compress(bytes(80 << 20), 9)),
        "broken",
    ),
    "truncated": (JPEG[: len(JPEG) // 2], "broken"),
    "truncated png": (encoded(four_corners(), "PNG")[:-60], "broken"),
    "truncated webp": (encoded(four_corners(), "WEBP")[:100], "broken"),
    "only a header": (JPEG[:20], "broken"),
    "png that goes on as jpeg": (b"\x89PNG\r\n\x1a\n" + JPEG, "broken"),
    "a page before": (b"<html>" + JPEG, "not_a_picture"),
    "a zip before": (zipped() + JPEG, "not_a_picture"),
    "gif": (encoded(four_corners(), "GIF"), "not_a_picture"),
    "bmp": (encoded(four_corners(), "BMP"), "not_a_picture"),
    "tiff": (encoded(four_corners(), "TIFF"), "not_a_picture"),
    "stl": (b"solid part\nfacet normal 0 0 1\n outer loop\n", "not_a_picture"),
    "binary stl": (bytes(80) + struct.pack("<I", 1) + bytes(50), "not_a_picture"),
    "page": (b"<!DOCTYPE html><title>Just a moment...</title>", "not_a_picture"),
    "nothing": (b"", "empty"),
}


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes(NETWORKS["efficientnet-lite0"], threads=1)


@pytest.fixture(scope="module")
def plain(eyes: Eyes) -> tuple[NDArray[np.float32], NDArray[np.float64], np.uint64]:
    """What the chain makes of the picture as it was drawn."""
    return numbers_of(np.asarray(four_corners()), eyes)


def numbers_of(
    picture: Pixels, eyes: Eyes
) -> tuple[NDArray[np.float32], NDArray[np.float64], np.uint64]:
    (vector,) = embedded(eyes, [picture]).astype(np.float32)
    features = picture_features(picture)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=2e-3)
    assert np.isfinite(features).all()
    return vector, features, fingerprint(picture)


@pytest.mark.parametrize("name", HONEST)
def test_what_can_be_opened_shows_the_picture_and_measures_as_it_does(
    name: str, eyes: Eyes, plain: tuple[NDArray[np.float32], NDArray[np.float64], np.uint64]
) -> None:
    picture = pixels_of(HONEST[name])
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.dtype(np.uint8)
    quarters = picture[HEIGHT // 4 :: HEIGHT // 2, WIDTH // 4 :: WIDTH // 2].reshape(4, 3)
    assert np.abs(quarters.astype(int) - CORNERS).max() <= 15
    vector, features, bits = numbers_of(picture, eyes)
    assert vector @ plain[0] > 0.9
    assert differing_bits(np.array([bits]), np.array([plain[2]]))[0] <= 6
    for named in ("picture_brightness", "picture_saturation_mean", "picture_aspect"):
        column = FEATURES.index(named)
        assert features[column] == pytest.approx(plain[1][column], abs=0.05)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_is_refused_and_says_why(name: str) -> None:
    content, reason = REFUSED[name]
    with pytest.raises(PictureRefusedError) as refused:
        pixels_of(content)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "draw",
    [
        lambda: Image.new("RGB", (LARGEST_DECODED, 16), "red"),
        lambda: Image.new("L", (16, LARGEST_DECODED)),
        lambda: Image.new("1", (4_000, 4_000), 1),
        lambda: Image.new("I;16", (700, 300), 40_000),
        lambda: Image.new("LA", (40, 40), (90, 0)),
        lambda: Image.effect_noise((900, 17), 90),
    ],
    ids=["as wide as may be", "as high", "as large", "16 bits", "all transparent", "noise"],
)
def test_the_oddest_pictures_within_the_bounds_become_numbers(
    draw: Callable[[], Image.Image], eyes: Eyes
) -> None:
    picture = pixels_of(encoded(draw(), "PNG"))
    assert picture.ndim == 3
    assert max(picture.shape) <= LARGEST_SIDE
    numbers_of(picture, eyes)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_leads_to_numbers_or_a_reason(data: st.DataObject) -> None:
    content = bytearray(HONEST[data.draw(st.sampled_from(sorted(HONEST)))])
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PictureRefusedError):
        picture = pixels_of(bytes(content[: data.draw(st.integers(1, len(content)))]))
        assert np.isfinite(picture_features(picture)).all()
        fingerprint(picture)
