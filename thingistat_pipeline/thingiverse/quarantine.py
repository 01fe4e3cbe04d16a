"""When answers that were not understood are too many to go on as if nothing had been.

One strange record harms itself only: it is put aside with its reason and its text, and everybody
else is published. Many of them say that the API has changed, and that a sample without them would
no longer be one.
"""

SHARE_ALLOWED = 0.01
"""Of the things that answered in a night: those that may be in quarantine, if no setting says."""


def too_many(held: int, answered: int, allowed: float = SHARE_ALLOWED) -> bool:
    """Tell whether a night has too many things in quarantine.

    Parameters
    ----------
    held : int
        Things of which at least one answer was not understood. A single one is never too many.
    answered : int
        Things that gave an answer, understood or not; what is gone is none of them.
    allowed : float
        The share that may be held.
    """
    return held > 1 and held > allowed * answered
