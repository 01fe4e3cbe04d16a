"""Several pictures as one, for people to glance at."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image

from thingistat_pipeline.visual.pictures import upright

_GAP = 4
_QUALITY = 80


def picture_grid(contents: Sequence[bytes], *, columns: int = 8, pixels: int = 96) -> bytes:
    """Return pictures in rows, each in the middle of a square, as a JPEG.

    Parameters
    ----------
    contents : sequence of bytes
        JPEG, PNG or WebP files; at least one.
    columns : int
        Pictures in a row at most.
    pixels : int
        Side of a picture's square.

    Raises
    ------
    PictureRefusedError
        When one is no picture that we open.
    """
    across = min(columns, len(contents))
    down = -(-len(contents) // columns)
    step = pixels + _GAP
    sheet = Image.new("RGB", (_GAP + across * step, _GAP + down * step), "white")
    for number, content in enumerate(contents):
        picture = upright(content, pixels)
        left = _GAP + number % columns * step + (pixels - picture.width) // 2
        top = _GAP + number // columns * step + (pixels - picture.height) // 2
        sheet.paste(picture, (left, top))
    out = BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
