"""Picture files made for tests, honest ones and others."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

TOP, BOTTOM = (220, 30, 20), (20, 60, 200)


def two_halves(width: int = 64, height: int = 48) -> Image.Image:
    """Red above blue, so that it can be told which side is up."""
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    pixels[: height // 2], pixels[height // 2 :] = TOP, BOTTOM
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 64, height: int = 48, shade: int = 0) -> bytes:
    """A JPEG like no other with another shade."""
    image = two_halves(width, height)
    image.putpixel((0, 0), (shade % 256, shade // 256 % 256, 0))
    return encoded(image, quality=95, comment=str(shade))


def png_claiming(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels, and whose data are a few bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def jpeg_with_many_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    whole = encoded(two_halves(), progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * scans + whole[-2:]
