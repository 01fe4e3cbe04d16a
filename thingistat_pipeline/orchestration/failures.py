"""Which failures are worth another try.

Retries live in one place each: a request's in the client, a crashed run's in Dagster's run
retries. A failure that a user must mend fails the run at once and says how to mend it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from thingistat_pipeline.errors import ThingistatError


@contextmanager
def lasting_failures() -> Iterator[None]:
    """Turn an error that only a user can mend into a failure that Dagster does not retry."""
    try:
        yield
    except ThingistatError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
