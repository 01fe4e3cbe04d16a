"""A seed of its own for everything that is drawn, so that no two draws come from one stream.

Words that tell what a draw is for are mixed with the seed that is set (numpy's `SeedSequence` sees
to it that others give unrelated numbers). Numbers of one sequence would not do: the first two of
three are those of two, and a split and a search would draw alike.
"""

import numpy as np


def seed_for(seed: int, purpose: str) -> int:
    """Return the seed of what is drawn for a purpose: another for another one, or another seed."""
    return int(np.random.SeedSequence([seed, *purpose.encode()]).generate_state(1)[0])
