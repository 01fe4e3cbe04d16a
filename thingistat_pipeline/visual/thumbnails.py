"""The pictures of things on disk: one file a content, one manifest a night.

```
<thumbnails>/content/9f/9f86d0…       the bytes as received, named by their SHA-256
<thumbnails>/<night>/journal.jsonl    what came of every picture so far, while a night is fetched
<thumbnails>/<night>/manifest.json    the same, once all of the night's pictures were tried
```

A content file appears by rename, so that it is whole whenever a process is killed; that it is the
right one its name says, which is compared whenever it is read. A night's folder counts once its
manifest is there, and the manifest is only ever replaced as a whole.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.manifest import Source
from thingistat_pipeline.visual.pictures import Format, Reason

Told = TypeVar("Told")

CONTENT = "content"
MANIFEST = "manifest.json"


class Held(Struct, kw_only=True, frozen=True):
    """A picture that we hold: SHA-256 and number of its bytes, what it is, and its pixels."""

    sha256: str
    bytes: int
    format: Format
    width: int
    height: int


class Tried(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What came of a thing's picture: it is `held`, or there is a `reason` why it is not.

    `address` is where the site says that it is, `tried_at` our clock in UTC, `reused` that an
    earlier night had brought the content of the same address.
    """

    thing_id: int
    address: str | None
    tried_at: str
    held: Held | None = None
    reason: Reason | None = None
    reused: bool = False


class NightManifest(Struct, kw_only=True, frozen=True):
    """All that came of a night's pictures, one entry a live thing, ascending by its id.

    `pixels` is the setting under which they were chosen, `content_hash` identifies what is held.
    """

    night: str
    source: Source
    pixels: int
    content_hash: str
    pictures: list[Tried]


class _Named(Struct, frozen=True):
    sha256: str


class _OfThing(Struct, frozen=True):
    thing_id: int
    held: _Named | None = None


class _Night(Struct, frozen=True):
    """As much of a night's manifest as tells which content belongs to which thing."""

    pictures: list[_OfThing]


def content_hash(pictures: Iterable[Tried]) -> str:
    """Return what identifies the pictures held as 64 hexadecimal digits, whenever they came."""
    pairs = sorted((each.thing_id, each.held.sha256) for each in pictures if each.held)
    return hashlib.sha256(msgspec.json.encode(pairs)).hexdigest()


def read_night(thumbnails_dir: Path, night: str) -> NightManifest | None:
    """Return a night's manifest, or ``None`` where its pictures were not all tried yet.

    Raises
    ------
    ThingistatError
        When the file is there and cannot be understood.
    """
    return _read(thumbnails_dir / night / MANIFEST, NightManifest)


def _read(path: Path, kind: type[Told]) -> Told | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except NO_JSON as error:
        raise ThingistatError(
            f"The manifest {path} cannot be read ({error}). Restore it from a backup, or delete "
            "it and materialize the night's thumbnails again: pictures that are there already "
            "under an address are not fetched twice as long as another night names them."
        ) from None


def write_night(thumbnails_dir: Path, manifest: NightManifest) -> None:
    """Write a night's manifest, after which its pictures count."""
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    write_whole(thumbnails_dir / manifest.night / MANIFEST, content + b"\n")


def nights_with_pictures(thumbnails_dir: Path) -> Iterator[NightManifest]:
    """Yield the manifests of all nights, the earliest first."""
    for path in sorted(thumbnails_dir.glob(f"*/{MANIFEST}")):
        manifest = read_night(thumbnails_dir, path.parent.name)
        if manifest is not None:
            yield manifest


def latest_digests(thumbnails_dir: Path) -> dict[int, str]:
    """Return the SHA-256 of the latest picture of every thing that has one.

    For whoever needs no more of `Thumbnails.held`: in half the time, and a third of the memory.

    Raises
    ------
    ThingistatError
        When a manifest cannot be understood.
    """
    found: dict[int, str] = {}
    for path in sorted(thumbnails_dir.glob(f"*/{MANIFEST}")):
        if night := _read(path, _Night):
            found |= {each.thing_id: each.held.sha256 for each in night.pictures if each.held}
    return found


def content_file(thumbnails_dir: Path, sha256: str) -> Path:
    """Return where the bytes with a hash stand."""
    return thumbnails_dir / CONTENT / sha256[:2] / sha256


def store_content(thumbnails_dir: Path, content: bytes) -> str:
    """Put a picture's bytes where they belong, unless they are there, and return their SHA-256.

    The disk is not asked to confirm each of thousands of small files, which would take longer than
    fetching them; whoever names them in a manifest calls `os.sync` before.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    path = content_file(thumbnails_dir, sha256)
    if read_content(thumbnails_dir, sha256) is None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{sha256[:8]}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    return sha256


def clear_half_written(thumbnails_dir: Path) -> None:
    """Remove what a process that was killed while it wrote has left behind."""
    for path in (thumbnails_dir / CONTENT).glob("*/.*.tmp"):
        path.unlink(missing_ok=True)


def read_content(thumbnails_dir: Path, sha256: str) -> bytes | None:
    """Return the bytes with a hash, or ``None`` where they are missing or not those any more."""
    try:
        content = content_file(thumbnails_dir, sha256).read_bytes()
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


class Thumbnails:
    """The latest picture of every thing, of all nights that are complete.

    Parameters
    ----------
    folder : Path
        Of the thumbnails; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def picture(self, thing_id: int) -> bytes | None:
        """Return a thing's cover picture as received: a JPEG, PNG or WebP that could be decoded.

        Embed it by way of `pictures.small_picture`, which leaves nothing but its pixels.
        """
        held = self.held.get(thing_id)
        return None if held is None else read_content(self._folder, held.sha256)

    def things(self) -> tuple[int, ...]:
        """Return the ids of all things of which there is a picture, ascending."""
        return tuple(sorted(self.held))

    @cached_property
    def held(self) -> dict[int, Held]:
        """What is held of each thing: the hash of the content, its format and its size."""
        return {
            each.thing_id: each.held
            for manifest in nights_with_pictures(self._folder)
            for each in manifest.pictures
            if each.held is not None
        }
