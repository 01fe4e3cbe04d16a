"""One night's pictures: from where they are to files on disk, however often it is interrupted.

What came of each picture is appended to the night's journal as soon as its content is stored; the
manifest is written when all were tried, and the journal goes. Killed at any moment, the same call
goes on where it stopped. A picture that an earlier night brought from the same address is not asked
for again, because an address on these hosts names a content and not a place.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec
from filelock import FileLock, Timeout

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.thingiverse.answers import NO_JSON, iso_z
from thingistat_pipeline.thingiverse.manifest import Source
from thingistat_pipeline.visual.addresses import Cover
from thingistat_pipeline.visual.pictures import PictureRefusedError, Reason, look_of
from thingistat_pipeline.visual.thumbnails import (
    Held,
    NightManifest,
    Tried,
    clear_half_written,
    content_hash,
    nights_with_pictures,
    read_content,
    read_night,
    store_content,
    write_night,
)

Fetch = Callable[[str], bytes]
Progress = Callable[[str, int, int], None]

JOURNAL = "journal.jsonl"
LOCK = ".obtaining.lock"
SETTLED: frozenset[Reason] = frozenset(
    {"gone", "model_file", "too_many_pixels", "too_few_pixels", "broken"}
)
"""What a picture itself decided. For any other reason it is asked for again the next time."""


def obtain_night(
    thumbnails_dir: Path,
    night: str,
    covers: Sequence[Cover],
    open_fetch: Callable[[], AbstractContextManager[Fetch]],
    *,
    source: Source,
    pixels: int,
    progress: Progress | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> NightManifest:
    """Obtain the pictures of a night's things, or go on with that, or just return its manifest.

    Parameters
    ----------
    thumbnails_dir : Path
    night : str
        Its date.
    covers : sequence of Cover
        One a live thing.
    open_fetch : callable
        Returns a context that gives the function to fetch an address with (see
        `download.PictureClient.fetch`). It is called only when something is to be asked for.
    source : {"sandbox", "thingiverse"}
        Whose things they are.
    pixels : int
        The size under which the covers were chosen.
    progress : callable, optional
        Told what is being done, how many things are done and of how many.
    now : callable
        Our clock.

    Returns
    -------
    NightManifest
        With an entry for every cover. When all that can be had is there, it costs no request.

    Raises
    ------
    ThingistatError
        When another process is fetching pictures into the folder.
    """
    folder = thumbnails_dir / night
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(thumbnails_dir):
        before = read_night(thumbnails_dir, night)
        known = {each.thing_id: each for each in (before.pictures if before else ())}
        known |= {each.thing_id: each for each in _journaled(folder / JOURNAL)}
        tried = {
            cover.thing_id: known[cover.thing_id]
            for cover in covers
            if cover.thing_id in known
            and _still_counts(thumbnails_dir, known[cover.thing_id], cover)
        }
        wanted = [cover for cover in covers if cover.thing_id not in tried]
        if wanted:
            clear_half_written(thumbnails_dir)
            moment = iso_z(now())
            with (folder / JOURNAL).open("ab") as journal:
                for each in _tried_now(thumbnails_dir, wanted, night, open_fetch, moment):
                    _append(journal, each)
                    tried[each.thing_id] = each
                    if progress is not None:
                        progress("pictures", len(tried), len(covers))
        pictures = [tried[thing_id] for thing_id in sorted(tried)]
        manifest = NightManifest(
            night=night,
            source=source,
            pixels=pixels,
            content_hash=content_hash(pictures),
            pictures=pictures,
        )
        if manifest != before:
            os.sync()  # the contents are on disk before a manifest names them
            write_night(thumbnails_dir, manifest)
        (folder / JOURNAL).unlink(missing_ok=True)
    return manifest


def _tried_now(
    thumbnails_dir: Path,
    wanted: Sequence[Cover],
    night: str,
    open_fetch: Callable[[], AbstractContextManager[Fetch]],
    moment: str,
) -> Iterator[Tried]:
    """Yield what comes of each cover: first those that need no request, then the others."""
    at_hand = _by_address(thumbnails_dir, night)
    to_fetch: list[tuple[int, str]] = []
    for cover in wanted:
        if cover.address is None:
            yield _entry(cover, moment, reason=cover.reason)
        elif (held := at_hand.get(cover.address)) and read_content(thumbnails_dir, held.sha256):
            yield _entry(cover, moment, held=held, reused=True)
        else:
            to_fetch.append((cover.thing_id, cover.address))
    if not to_fetch:
        return
    with open_fetch() as fetch:
        for thing_id, address in to_fetch:
            yield _fetched(thumbnails_dir, Cover(thing_id, address), fetch, moment)


def _fetched(thumbnails_dir: Path, cover: Cover, fetch: Fetch, moment: str) -> Tried:
    try:
        content = fetch(cover.address or "")
        look = look_of(content)
    except PictureRefusedError as refused:
        return _entry(cover, moment, reason=refused.reason)
    held = Held(
        sha256=store_content(thumbnails_dir, content),
        bytes=len(content),
        format=look.format,
        width=look.width,
        height=look.height,
    )
    return _entry(cover, moment, held=held)


def _entry(
    cover: Cover,
    moment: str,
    *,
    held: Held | None = None,
    reason: Reason | None = None,
    reused: bool = False,
) -> Tried:
    return Tried(
        thing_id=cover.thing_id,
        address=cover.address,
        tried_at=moment,
        held=held,
        reason=reason,
        reused=reused,
    )


def _still_counts(thumbnails_dir: Path, tried: Tried, cover: Cover) -> bool:
    """Whether what came of a picture before need not be asked again."""
    if tried.address != cover.address:
        return False
    if tried.held is not None:
        return read_content(thumbnails_dir, tried.held.sha256) is not None
    return tried.reason in SETTLED or (tried.address is None and tried.reason == cover.reason)


def _by_address(thumbnails_dir: Path, night: str) -> Mapping[str, Held]:
    """Return what other nights have brought from where."""
    return {
        each.address: each.held
        for manifest in nights_with_pictures(thumbnails_dir)
        if manifest.night != night
        for each in manifest.pictures
        if each.held is not None and each.address is not None
    }


def _journaled(path: Path) -> list[Tried]:
    """Return the lines of a journal up to the first that is torn, which is cut off."""
    if not path.exists():
        return []
    lines: list[Tried] = []
    end = 0
    with path.open("r+b") as stream:
        for line in stream:
            try:
                if not line.endswith(b"\n"):
                    break
                lines.append(msgspec.json.decode(line, type=Tried))
            except NO_JSON:
                break
            end += len(line)
        stream.truncate(end)
    return lines


def _append(journal: IO[bytes], line: Tried) -> None:
    journal.write(msgspec.json.encode(line) + b"\n")
    journal.flush()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the thumbnails for this process; the system lets go however the process ends."""
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ThingistatError(
            f"Another process is fetching pictures into {folder}. Two at once would ask for the "
            "same pictures, at twice the rate. Wait until it has finished, or stop it: whatever it "
            "has fetched is kept."
        ) from None
    try:
        yield
    finally:
        lock.release()
