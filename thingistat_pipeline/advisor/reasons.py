"""What went wrong, as clients are told it."""

import logging

import polars as pl

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.settings import Settings

logger = logging.getLogger(__name__)

UNUSABLE = (
    ThingistatError, OSError, LookupError, TypeError, ValueError, pl.exceptions.PolarsError,
)  # fmt: skip
"""What loading something that was stored may raise, whatever is wrong with it on the disk."""
MAKE_ANEW = "Run `make run` to have one that does."
_FOLDER = "the data folder"


def reason_of(problem: Exception | str, settings: Settings) -> str:
    """Return an error in words that do not tell strangers where on the machine the data are."""
    text = str(problem)
    folder = settings.data_dir.absolute()
    for each in {str(folder), str(folder.resolve())} - {"/"}:
        text = text.replace(each, _FOLDER)
    return text


def why_unusable(problem: Exception, what: str, settings: Settings) -> str:
    """Return why something that was stored cannot be used, and what to do.

    What was not foreseen, and may be a bug, is logged with all that is known of it.

    Parameters
    ----------
    problem : Exception
        One of `UNUSABLE`.
    what : str
        What it is, as the subject of a sentence.
    settings : Settings
    """
    if isinstance(problem, ThingistatError):
        return reason_of(problem, settings)
    logger.warning("%s cannot be used", what, exc_info=problem)
    return f"{what} does not hold what this program expects ({type(problem).__name__}). {MAKE_ANEW}"
