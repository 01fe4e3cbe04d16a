"""Who may forget, and who must not write meanwhile."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thingistat_pipeline.errors import ThingistatError

NOTE = "forgetting.json"
_LOCK = ".forgetting.lock"


@contextmanager
def while_forgetting(raw_dir: Path) -> Iterator[None]:
    """Hold the raw data for a forgetting.

    Raises
    ------
    ThingistatError
        When an import or another forgetting is at work.
    """
    with _held(
        raw_dir,
        fcntl.LOCK_EX,
        "Something is being imported or forgotten at this moment. Wait for it to end; what was "
        "begun of this forgetting is kept, and `thingistat forget` without more finishes it.",
    ):
        yield


@contextmanager
def while_nothing_is_forgotten(raw_dir: Path) -> Iterator[None]:
    """Keep forgettings out while raw data are written.

    Raises
    ------
    ThingistatError
        When one is at work, or one was interrupted and is to be finished first.
    """
    with _held(
        raw_dir, fcntl.LOCK_SH, "Something is being forgotten at this moment. Wait for it to end."
    ):
        if is_unfinished(raw_dir):
            raise ThingistatError(
                f"A forgetting in {raw_dir.parent} was interrupted. Finish it first: `thingistat "
                "forget` without more does it."
            )
        yield


def is_unfinished(raw_dir: Path) -> bool:
    """Tell whether a forgetting was begun and not finished."""
    return (raw_dir / NOTE).exists()


@contextmanager
def _held(raw_dir: Path, how: int, otherwise: str) -> Iterator[None]:
    raw_dir.mkdir(parents=True, exist_ok=True)
    with (raw_dir / _LOCK).open("a+b") as stream:
        try:
            fcntl.flock(stream, how | fcntl.LOCK_NB)
        except OSError:
            raise ThingistatError(otherwise) from None
        yield
