"""A data folder with things and their pictures, as a night and its thumbnails leave it."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.pictures import look_of
from thingistat_pipeline.visual.thumbnails import (
    Held,
    NightManifest,
    Tried,
    content_hash,
    store_content,
    write_night,
)
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline_tests.visual.pictures import noise
from thingistat_pipeline_tests.warehouse.support import live, write_load

NIGHT = "2026-09-01"


def picture_file(seed: int, *, quality: int = 95) -> bytes:
    """Return a JPEG like no other of another seed; of another quality, the same picture."""
    out = BytesIO()
    Image.fromarray(noise(seed, 96, 128)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def published(folder: Path, things: int, *, not_safe: frozenset[int] = frozenset()) -> Settings:
    """Return settings of a folder with a published database of things 1, 2 and so on."""
    settings = Settings(data_dir=folder)
    records = [live(thing, is_nsfw=thing in not_safe) for thing in range(1, things + 1)]
    write_load(settings.nights_dir, NIGHT, records)
    load_warehouse(
        settings.warehouse_file, settings.nights_dir, settings.snapshots_dir, run_id="run"
    )
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)
    return settings


def obtained(
    settings: Settings, contents: Mapping[int, bytes | None], *, night: str = NIGHT
) -> None:
    """Store pictures of things as a night's thumbnails; ``None`` is a host that has none."""
    pictures = [
        Tried(
            thing_id=thing,
            address=f"https://cdn.thingiverse.com/{thing}.jpg",
            tried_at="2026-09-01T12:00:00Z",
            held=None if content is None else _held(settings, content),
            reason="gone" if content is None else None,
        )
        for thing, content in contents.items()
    ]
    manifest = NightManifest(
        night=night,
        source="sandbox",
        pixels=320,
        content_hash=content_hash(pictures),
        pictures=pictures,
    )
    write_night(settings.thumbnails_dir, manifest)


def _held(settings: Settings, content: bytes) -> Held:
    kind, width, height = look_of(content)
    return Held(
        sha256=store_content(settings.thumbnails_dir, content),
        bytes=len(content),
        format=kind,
        width=width,
        height=height,
    )
