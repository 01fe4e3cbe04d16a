"""Pictures from strangers: decoded within bounds, or refused with a reason.

Only JPEG, PNG and WebP are opened, by the first bytes and never by name. What a header claims is
compared with the bounds before a pixel is decoded, so that a few kilobytes cannot become gigabytes.
Whatever else a file carries (a second format behind the first, comments, places, colour profiles)
ends here: `small_picture` hands on pixels, encoded anew.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image, ImageOps

Format = Literal["JPEG", "PNG", "WEBP"]
Reason = Literal[
    "no_picture",
    "model_file",
    "foreign_host",
    "private_address",
    "lost_on_the_way",
    "gone",
    "refused",
    "empty",
    "too_many_bytes",
    "not_a_picture",
    "too_many_pixels",
    "too_few_pixels",
    "broken",
    "unavailable",
    "host_is_down",
]
"""Why there is no picture of a thing; what each means is said in `REASONS`."""

REASONS: dict[Reason, str] = {
    "no_picture": "the site has no picture of the thing and shows a stand-in",
    "model_file": "a 3D model where the picture should be",
    "foreign_host": "the address is none of the site's picture hosts",
    "private_address": "a picture host's name leads into a private network",
    "lost_on_the_way": "redirected again and again, or to nowhere",
    "gone": "the host does not have it (any more)",
    "refused": "the host does not give it out",
    "empty": "an empty answer",
    "too_many_bytes": "larger than the setting allows",
    "not_a_picture": "an answer that is neither JPEG nor PNG nor WebP",
    "too_many_pixels": "more pixels than we decode",
    "too_few_pixels": "too small to show anything",
    "broken": "damaged or cut off",
    "unavailable": "no usable answer after all tries",
    "host_is_down": "not asked for, because the host did not answer several times in a row",
}

LARGEST_SIDE = 8_192
LARGEST_AREA = 16_000_000
SMALLEST_SIDE = 16
MOST_SCANS = 100
"""A progressive JPEG has ten scans or so; each is a pass over all pixels, and costs ten bytes."""

BYTES_TO_RECOGNISE = 12
_JPEG_SCAN = b"\xff\xda"
_QUALITY = 85


class PictureRefusedError(ValueError):
    """These bytes are no picture that we open; `reason` says why, in one of our words."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(REASONS[reason])
        self.reason: Reason = reason


class Look(NamedTuple):
    """What kind of picture some bytes are, and its width and height in pixels, as stored."""

    format: Format
    width: int
    height: int


def format_of(start: bytes) -> Format | None:
    """Return the format that the first `BYTES_TO_RECOGNISE` bytes announce, if we open it."""
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    return None


def look_of(content: bytes) -> Look:
    """Return what a picture is, after decoding all of it once to be sure that it can be.

    Raises
    ------
    PictureRefusedError
        When it cannot, or is larger or smaller than our bounds.
    """
    look, _ = _decoded(content, None)
    return look


def upright(content: bytes, pixels: int | None = None) -> Image.Image:
    """Return a picture as people see it: turned as its EXIF says, on white, red, green and blue.

    Parameters
    ----------
    content : bytes
        A JPEG, PNG or WebP file; of an animated one, the first frame counts.
    pixels : int, optional
        The longer side is made no longer than this.

    Returns
    -------
    Image
        Mode ``RGB``.

    Raises
    ------
    PictureRefusedError
        When the bytes are no picture that we open.
    """
    _, image = _decoded(content, pixels)
    return image


def small_picture(content: bytes, pixels: int) -> bytes:
    """Return a picture as a new JPEG that is safe to embed: pixels, and nothing else of the file.

    Parameters
    ----------
    content : bytes
        A JPEG, PNG or WebP file.
    pixels : int
        The longer side is made no longer than this.

    Raises
    ------
    PictureRefusedError
        When the bytes are no picture that we open.
    """
    if pixels < 1:
        raise ValueError(f"a picture of {pixels} pixels shows nothing")
    out = BytesIO()
    upright(content, pixels).save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _decoded(content: bytes, pixels: int | None) -> tuple[Look, Image.Image]:
    kind = format_of(content[:BYTES_TO_RECOGNISE])
    if kind is None:
        raise PictureRefusedError("not_a_picture" if content else "empty")
    if kind == "JPEG" and content.count(_JPEG_SCAN) > MOST_SCANS:
        raise PictureRefusedError("broken")
    try:
        with (
            _bombs_alone_matter(),
            Image.open(BytesIO(content), formats=(kind,)) as image,
        ):
            look = Look(kind, *image.size)
            _require_sensible(look)
            if pixels is not None:
                image.draft("RGB", (pixels, pixels))  # a JPEG is decoded at a fraction of its size
            shown = _on_white(ImageOps.exif_transpose(image))
            if pixels is not None:
                shown.thumbnail((pixels, pixels))
            return look, _pixels_only(shown)
    except PictureRefusedError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureRefusedError("too_many_pixels") from None
    except Exception as error:
        # A decoder fails in a dozen ways on bytes that were made to fail: OSError, SyntaxError,
        # struct.error, IndexError, zlib.error and others. None of them is worth a run.
        raise PictureRefusedError("broken") from error


@contextmanager
def _bombs_alone_matter() -> Iterator[None]:
    """Hear no warning about oddities of a stranger's file, but take one of a bomb for an error."""
    with warnings.catch_warnings(action="ignore"):
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _require_sensible(look: Look) -> None:
    if max(look.width, look.height) > LARGEST_SIDE or look.width * look.height > LARGEST_AREA:
        raise PictureRefusedError("too_many_pixels")
    if min(look.width, look.height) < SMALLEST_SIDE:
        raise PictureRefusedError("too_few_pixels")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, which `convert` would cut off at 255
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if not (image.has_transparency_data or image.mode in ("LA", "La", "PA", "RGBa")):
        return image.convert("RGB")
    seen = image.convert("RGBA")
    white = Image.new("RGBA", seen.size, "white")
    return Image.alpha_composite(white, seen).convert("RGB")


def _pixels_only(image: Image.Image) -> Image.Image:
    """Return a copy without what Pillow would carry over into another file, such as comments."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    return bare
