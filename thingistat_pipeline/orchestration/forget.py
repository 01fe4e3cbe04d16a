"""Forgetting on a folder that Dagster runs in: nobody else at work, and its history too."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.forgetting.course import REMEMBERED, Step, begin, finish
from thingistat_pipeline.forgetting.lock import is_unfinished
from thingistat_pipeline.forgetting.search import Found, find_creator, find_thing
from thingistat_pipeline.orchestration.instance import prepare_dagster_home
from thingistat_pipeline.orchestration.runners import Runner, at_work
from thingistat_pipeline.orchestration.told import strike_texts
from thingistat_pipeline.settings import Settings

HISTORY = Step("events told in Dagster", lambda settings: strike_texts(settings.dagster_home))
NAMED = 5
NOT_SURELY_NOTED = (
    "A request to forget was killed before it was surely noted what it was about. Say it again: "
    "`thingistat forget` harms nothing when it is given twice."
)
_log = logging.getLogger(__name__)


def find(settings: Settings, target: str, *, is_creator: bool) -> Found:
    """Return what a request is about.

    Parameters
    ----------
    settings : Settings
    target : str
        A thing's number, or a creator's name.
    is_creator : bool
        A number is then a creator's.

    Raises
    ------
    ThingistatError
        When a raw file that has to be searched is damaged.
    """
    number = int(target) if target.isdecimal() else None
    if number is not None and not is_creator:
        return find_thing(settings, number)
    return find_creator(settings, name=None if number is not None else target, number=number)


def described(found: Found) -> str:
    """Return what was found, in words, for somebody who has to confirm it."""
    named = [f"{thing} ({title or 'no title known'})" for thing, title in found.things.items()]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    things = f"{len(named)} thing{'s' * (len(named) != 1)}: {', '.join(named[:NAMED])}{more}"
    if not (found.names or found.creators):
        return things
    names = ", ".join(sorted(found.names)) or "(name unknown)"
    if not found.creators:
        return (
            f"the creator {names}, of whom no thing is here. Their likes are known by their number "
            "alone: if you have it, give it with --creator"
        )
    return f"the creator {names}, their likes, and {things if named else 'no things'}"


def forget(settings: Settings, found: Found) -> dict[str, int]:
    """Forget what was found, and return what was removed, by what it was.

    Raises
    ------
    ThingistatError
        When a run or the UI is at work in the data folder, or a file is damaged. What was begun
        is then gone on with by the next `finish_interrupted`.
    """
    with _nobody_at_work(settings):
        begin(settings, found)
        return finish(settings, (HISTORY,))


def finish_interrupted(settings: Settings) -> dict[str, int] | None:
    """Finish a forgetting that was interrupted, if there is one; for whoever holds the locks."""
    if not is_unfinished(settings.raw_dir):
        return None
    removed = finish(settings, (HISTORY,))
    if not removed.get(REMEMBERED):
        _log.warning(NOT_SURELY_NOTED)
    return removed


def finish_alone(settings: Settings) -> dict[str, int]:
    """Do the same, for a command that does nothing else.

    Raises
    ------
    ThingistatError
        When there is none, or a run is at work.
    """
    with _nobody_at_work(settings):
        removed = finish_interrupted(settings)
    if removed is None:
        raise ThingistatError(
            f"No forgetting is unfinished in {settings.data_dir}. Name what is to be forgotten: a "
            "thing's number or a creator's name."
        )
    return removed


def removed_lines(removed: dict[str, int]) -> list[str]:
    """Return what was removed, one line each, for the terminal."""
    return [f"  {count:>8,}  {what}" for what, count in removed.items() if count]


@contextmanager
def _nobody_at_work(settings: Settings) -> Iterator[None]:
    home = prepare_dagster_home(settings.dagster_home)
    with at_work(home, Runner.COMMAND), at_work(home, Runner.UI):
        yield
