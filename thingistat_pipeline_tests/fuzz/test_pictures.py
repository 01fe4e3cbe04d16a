"""Whatever bytes claim to be a picture: pixels within bounds, or a reason in our own words."""

import atexit
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image

from thingistat_pipeline.advisor.decoding import Decoder, Refused
from thingistat_pipeline.visual.pictures import (
    LARGEST_AREA,
    REASONS,
    PictureRefusedError,
    look_of,
    small_picture,
)
from thingistat_pipeline_tests.fuzz.fuzzing import fuzzed
from thingistat_pipeline_tests.fuzz.hostile import bytes_like
from thingistat_pipeline_tests.visual.picture_files import encoded, png_claiming, two_halves

SMALL = 32
PICTURES = (
    encoded(two_halves(), "JPEG"),
    encoded(two_halves(), "JPEG", progressive=True),
    encoded(two_halves().convert("CMYK"), "JPEG"),
    encoded(two_halves(), "PNG"),
    encoded(two_halves().convert("P"), "PNG", transparency=0),
    encoded(two_halves().convert("I;16"), "PNG"),
    encoded(two_halves(), "WEBP"),
    encoded(two_halves().convert("RGBA"), "WEBP", lossless=True),
    png_claiming(8_000, 2_000),
)


@fuzzed(content=bytes_like(*PICTURES), examples=150)
def test_any_bytes_are_a_picture_within_bounds_or_refused(content: bytes) -> None:
    try:
        look = look_of(content)
        small = small_picture(content, SMALL)
    except PictureRefusedError as refused:
        assert refused.reason in REASONS  # noqa: PT017 - a reason is all that may come of it
        return
    assert look.width * look.height <= LARGEST_AREA
    with Image.open(BytesIO(small), formats=("JPEG",)) as image:
        image.load()
        assert max(image.size) <= SMALL
        assert image.mode == "RGB"


@cache
def decoder() -> Decoder:
    made = Decoder(pixels=SMALL)
    atexit.register(made.close)
    return made


@fuzzed(content=bytes_like(*PICTURES), examples=60)
def test_the_process_that_opens_pictures_answers_whatever_it_is_sent(content: bytes) -> None:
    found, honest = decoder().decoded([content, PICTURES[3]])
    assert isinstance(found, Refused) or (found.dtype == np.uint8 and max(found.shape) <= SMALL)
    assert isinstance(honest, np.ndarray)  # the picture after it is none the worse
    assert honest.shape == (24, SMALL, 3)
