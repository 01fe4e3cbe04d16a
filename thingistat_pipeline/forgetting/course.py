"""The course of a forgetting: its steps in order, and the note by which it is finished later."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import flush_to_disk, write_whole
from thingistat_pipeline.forgetting import derived, pictures
from thingistat_pipeline.forgetting.lock import NOTE, while_forgetting
from thingistat_pipeline.forgetting.nights import night_folders, rewrite_night
from thingistat_pipeline.forgetting.search import Found
from thingistat_pipeline.forgetting.snapshots import (
    drop_unfinished_imports,
    known_from_now_on,
    rewrite_snapshot,
)
from thingistat_pipeline.leftovers import remove_leftovers
from thingistat_pipeline.sampling.journal import exclusive
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import loads_in
from thingistat_pipeline.visual.obtain import LOCK

REMEMBERED = "requests that were noted"
"""Counted beside what was removed; none where a request was killed before it was surely noted."""
EMBEDDINGS, MEASURES = "picture_embeddings", "picture_measures"


class Step(NamedTuple):
    """One step: what it counts, and the function that does it and says how many there were."""

    removed: str
    take: Callable[[Settings], int]


def begin(settings: Settings, found: Found) -> None:
    """Remember what is forgotten and note that the rest is still to be done.

    Raises
    ------
    ThingistatError
        When the raw data are being written by another process.
    """
    with while_forgetting(settings.raw_dir):
        _write_note(settings.raw_dir, {REMEMBERED: 0})
        found.remember(settings)
        _write_note(settings.raw_dir, {REMEMBERED: 1})


def finish(settings: Settings, others: tuple[Step, ...] = ()) -> dict[str, int]:
    """Take all the steps that are still to be taken, and return what was removed.

    Parameters
    ----------
    settings : Settings
    others : tuple of Step
        Steps of whoever knows of further places; taken before the last.

    Raises
    ------
    ThingistatError
        When another process is at work, or a file is damaged; the next call goes on.
    """
    with _alone(settings):
        removed = _read_note(settings.raw_dir)
        for step in (*STEPS[:-1], *others, STEPS[-1]):
            if step.removed not in removed:
                removed[step.removed] = step.take(settings)
                _write_note(settings.raw_dir, removed)
        (settings.raw_dir / NOTE).unlink()
        flush_to_disk(settings.raw_dir)
    return removed


def _rewrite_nights(settings: Settings) -> int:
    forgotten = Forgotten(settings.raw_dir)
    known = known_from_now_on(settings.snapshots_dir, forgotten)
    return sum(
        rewrite_night(folder, forgotten, known) for folder in night_folders(settings.nights_dir)
    )


def _rewrite_snapshots(settings: Settings) -> int:
    drop_unfinished_imports(settings.raw_dir)
    forgotten = Forgotten(settings.raw_dir)
    return sum(
        rewrite_snapshot(folder, forgotten) for folder, _ in loads_in(settings.snapshots_dir)
    )


def _rewrite_picture_nights(settings: Settings) -> int:
    return pictures.rewrite_picture_nights(settings.thumbnails_dir, Forgotten(settings.raw_dir))


def _drop_what_pictures_showed(settings: Settings) -> int:
    return pictures.forget_what_pictures_showed(
        settings.thumbnails_dir,
        settings.features_dir / EMBEDDINGS,
        settings.features_dir / MEASURES,
    )


STEPS = (
    Step("lines and records of nights", _rewrite_nights),
    Step("records and rows of snapshots", _rewrite_snapshots),
    Step("entries of nights' pictures", _rewrite_picture_nights),
    Step("pictures", lambda settings: pictures.drop_unnamed_contents(settings.thumbnails_dir)),
    Step("vectors and measures of pictures", _drop_what_pictures_showed),
    Step("versions of feature frames", lambda settings: derived.drop_frames(settings.features_dir)),
    Step("versions of models", lambda settings: derived.drop_models(settings.models_dir)),
    Step("reports", lambda settings: derived.drop_reports(settings.reports_dir)),
    Step("older published databases", derived.publish_anew),
    Step("half-written files", lambda settings: remove_leftovers(settings.data_dir)),
)
"""In this order: the loads are rewritten before anything is made of them."""


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with while_forgetting(settings.raw_dir), exclusive(settings.nights_dir):
        if not settings.thumbnails_dir.exists():
            yield
            return
        lock = FileLock(settings.thumbnails_dir / LOCK, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise ThingistatError(
                f"Another process is fetching pictures into {settings.thumbnails_dir}. Wait until "
                "it has finished, then run `thingistat forget` to go on."
            ) from None
        try:
            yield
        finally:
            lock.release()


def _read_note(raw_dir: Path) -> dict[str, int]:
    try:
        noted: dict[str, int] = json.loads((raw_dir / NOTE).read_bytes())
    except ValueError:
        return {}  # changed by hand; every step can be taken twice
    return noted


def _write_note(raw_dir: Path, removed: dict[str, int]) -> None:
    write_whole(raw_dir / NOTE, json.dumps(removed) + "\n")
