"""Pictures without those of forgotten things, and what was made of each picture by its hash."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from thingistat_pipeline.forgetting.files import drop, rewrite_lines
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.visual.embedding import EmbeddingStore
from thingistat_pipeline.visual.measure_store import MeasureStore
from thingistat_pipeline.visual.obtain import JOURNAL
from thingistat_pipeline.visual.thumbnails import (
    CONTENT,
    Tried,
    content_hash,
    nights_with_pictures,
    write_night,
)


def rewrite_picture_nights(thumbnails_dir: Path, forgotten: Forgotten) -> int:
    """Take forgotten things out of the nights' manifests and journals; return how many entries."""
    removed = 0
    for night in list(nights_with_pictures(thumbnails_dir)):
        kept = [each for each in night.pictures if not forgotten.thing(each.thing_id)]
        removed += len(night.pictures) - len(kept)
        if len(kept) < len(night.pictures):
            write_night(
                thumbnails_dir, replace(night, pictures=kept, content_hash=content_hash(kept))
            )
    for journal in thumbnails_dir.glob(f"*/{JOURNAL}"):
        removed += rewrite_lines(
            journal,
            lambda line: (
                None if (tried := _tried(line)) and forgotten.thing(tried.thing_id) else line
            ),
        )
    return removed


def drop_unnamed_contents(thumbnails_dir: Path) -> int:
    """Remove the pictures that no night names any more, and return how many."""
    named = set(_named(thumbnails_dir))
    contents = (thumbnails_dir / CONTENT).glob("*/*")
    return drop(path for path in contents if path.name not in named)


def forget_what_pictures_showed(
    thumbnails_dir: Path, embeddings_dir: Path, measures_dir: Path
) -> int:
    """Remove vectors and measures of pictures that no night names, and return how many.

    Parameters
    ----------
    thumbnails_dir : Path
    embeddings_dir, measures_dir : Path
        Folders of the stores, one for each network and for each version of the measures.
    """
    named = set(_named(thumbnails_dir))
    stores: list[EmbeddingStore | MeasureStore] = [
        *(EmbeddingStore(path) for path in embeddings_dir.glob("*") if path.is_dir()),
        *(MeasureStore(path) for path in measures_dir.glob("*") if path.is_dir()),
    ]
    return sum(store.keep_only(named) for store in stores)


def _named(thumbnails_dir: Path) -> Iterator[str]:
    for night in nights_with_pictures(thumbnails_dir):
        yield from (each.held.sha256 for each in night.pictures if each.held)
    for journal in thumbnails_dir.glob(f"*/{JOURNAL}"):
        for line in journal.read_bytes().splitlines():
            tried = _tried(line)
            if tried and tried.held:
                yield tried.held.sha256


def _tried(line: bytes) -> Tried | None:
    try:
        return msgspec.json.decode(line, type=Tried)
    except NO_JSON:
        return None  # a torn tail
