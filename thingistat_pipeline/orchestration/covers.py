"""Where the cover pictures of a night's things are, read from what the night has kept.

The records name one address a thing; its other sizes stand in the answers, which the night's
journal holds as they came.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.journal import Answered, journal_lines
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.manifest import Source, read_manifest, read_records
from thingistat_pipeline.thingiverse.wire import Empty, WireImage
from thingistat_pipeline.visual.addresses import Cover, PictureHosts, cover_of


class NightCovers(NamedTuple):
    """One cover a live thing of a night, whose things they are, and which show nudity."""

    covers: list[Cover]
    source: Source
    not_safe: frozenset[int]


class _WithImage(Struct):
    default_image: WireImage | Empty | None = None


def night_covers(folder: Path, hosts: PictureHosts, *, source: Source, pixels: int) -> NightCovers:
    """Return where the pictures of a night's live things are.

    Parameters
    ----------
    folder : Path
        The night's raw partition.
    hosts : PictureHosts
        Who may be asked.
    source : {"sandbox", "thingiverse"}
        Whose pictures these hosts have.
    pixels : int
        See `addresses.cover_of`.

    Raises
    ------
    ThingistatError
        When the night is not finished or damaged, or of another source.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise ThingistatError(
            f"The night {folder.name} is not sampled yet, so nobody knows which pictures it needs. "
            f"Materialize raw_things for it first: thingistat sample --night {folder.name}."
        )
    if manifest.source != source:
        raise ThingistatError(
            f"The night {folder.name} was sampled from {manifest.source}, and its pictures would "
            f"be asked of {source}, which has none of them. Set THINGISTAT_SOURCE="
            f"{manifest.source}, or name another folder with --data-dir."
        )
    images = _default_images(folder)
    covers, not_safe = [], set()
    for record in read_records(folder):
        if record.thing is not None:
            image = images.get(record.thing_id)
            covers.append(cover_of(record.thing, image, hosts, pixels=pixels))
            if record.thing.is_nsfw:
                not_safe.add(record.thing_id)
    return NightCovers(covers, manifest.source, frozenset(not_safe))


def _default_images(folder: Path) -> dict[int, WireImage]:
    """Return what the answers of a night say about cover pictures; what none can read is passed."""
    decoder = msgspec.json.Decoder(_WithImage, strict=False)
    images = {}
    for line in journal_lines(folder):
        if isinstance(line, Answered) and line.resource == "thing" and line.has_tree:
            try:
                image = decoder.decode(line.tree).default_image
            except NO_JSON:
                continue
            if isinstance(image, WireImage):
                images[line.thing_id] = image
    return images
