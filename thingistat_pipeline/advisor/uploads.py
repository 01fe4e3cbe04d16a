"""Pictures that a client sends: read into memory, counted while they come, never written down."""

from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from thingistat_pipeline.advisor.asked import MOST_PICTURES

PICTURE_BYTES = 8_000_000
"""Bytes that one picture may have."""
PICTURES_BYTES = 40_000_000
"""Bytes that all pictures of one request may have together."""
ENVELOPE_BYTES = 64_000
"""Bytes that the form around them may have."""
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form.

    Attributes
    ----------
    name : str
        What the client calls it, made safe to print; from hostile hands all the same.
    content : bytes
        What is in it.
    """

    name: str
    content: bytes


class _TooLargeError(MultiPartException):
    """A picture has more bytes than one may have."""


class _InMemory(MultiPartParser):
    """Reads a form without touching the disk, and stops at the first picture that is too large."""

    spool_max_size = PICTURES_BYTES + ENVELOPE_BYTES

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._bytes += end - start
        if self._bytes > PICTURE_BYTES:
            raise _TooLargeError(f"A picture has more than {PICTURE_BYTES / 1e6:.0f} MB.")
        super().on_part_data(data, start, end)


async def uploaded_pictures(request: Request) -> list[Upload]:
    """Return the files in the field ``pictures`` of a multipart form, in their order.

    Raises
    ------
    HTTPException
        413 for too large a picture, 415 for another kind of body, 422 for a form that cannot be
        read or that has no pictures, or too many.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415, "Pictures are sent as multipart/form-data, in the field pictures.")
    parser = _InMemory(
        request.headers, request.stream(), max_files=MOST_PICTURES, max_fields=0, max_part_size=0
    )
    try:
        form = await parser.parse()
    except _TooLargeError as error:
        raise HTTPException(413, error.message) from None
    except MultiPartException as error:
        raise HTTPException(422, f"The form cannot be read: {error.message}") from None
    except UnicodeError:  # there are encodings that fail in ways of their own
        raise HTTPException(422, "The form cannot be read: its names are not text.") from None
    try:
        files = form.multi_items()
        if not files or any(field != "pictures" for field, _ in files):
            raise HTTPException(422, f"Send 1 to {MOST_PICTURES} files in the field pictures.")
        return [await _taken(file) for _, file in files if isinstance(file, UploadFile)]
    finally:
        await form.close()


async def _taken(file: UploadFile) -> Upload:
    """Return a file of a form, which lets go of it: nothing is in memory twice."""
    content = await file.read()
    await file.close()
    return Upload(_printable(file.filename or ""), content)


def _printable(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:_LONGEST_NAME]
