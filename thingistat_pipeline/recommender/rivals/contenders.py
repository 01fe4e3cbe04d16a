"""The baselines at their best: each with the settings that do best on the validation likes.

A ranker that was searched for a hundred trials would beat any baseline at its defaults, and nothing
would follow from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import Scorer, mean_ndcg
from thingistat_pipeline.recommender.rivals.alternating import alternating_least_squares
from thingistat_pipeline.recommender.rivals.baselines import ease, item_neighbours, most_popular


@dataclass(frozen=True, eq=False, slots=True)
class Contender:
    """A baseline with its settings.

    Attributes
    ----------
    name : str
        One of those of CONTENDERS.
    settings : Mapping of str to number
        Keyword arguments of its fitting function.
    """

    name: str
    settings: Mapping[str, Any]

    def fitted(self, likes: csr_array, *, seed: int) -> Scorer:
        """Return the model fitted on a matrix of likes; only least squares draw by the seed."""
        return _FITS[self.name](likes, seed, dict(self.settings))


_FITS: Mapping[str, Callable[[csr_array, int, dict[str, Any]], Scorer]] = MappingProxyType(
    {
        "most_popular": lambda likes, _, settings: most_popular(likes, **settings),
        "item_neighbours": lambda likes, _, settings: item_neighbours(likes, **settings),
        "ease": lambda likes, _, settings: ease(likes, **settings),
        "least_squares": lambda likes, seed, settings: alternating_least_squares(
            likes, seed=seed, **settings
        ),
    }
)

CONTENDERS: Mapping[str, Sequence[Mapping[str, Any]]] = MappingProxyType(
    {
        "most_popular": ({},),
        "item_neighbours": tuple({"shrink": shrink} for shrink in (0.0, 5.0, 20.0)),
        "ease": tuple({"penalty": penalty} for penalty in (50.0, 200.0, 500.0)),
        "least_squares": tuple(
            {"components": components, "confidence": confidence, "penalty": penalty}
            for components in (32, 96)
            for confidence, penalty in ((5.0, 10.0), (5.0, 30.0), (20.0, 30.0), (20.0, 100.0))
        ),
    }
)
"""Each baseline's name, and the settings that are tried."""


def tuned(
    name: str,
    fit: csr_array,
    validation: csr_array,
    *,
    seed: int,
    users: ArrayLike | None = None,
    choices: Mapping[str, Sequence[Mapping[str, Any]]] = CONTENDERS,
) -> tuple[Contender, float | None]:
    """Return a baseline with those of its settings that find most of the validation likes.

    Parameters
    ----------
    name : str
        A key of `choices`.
    fit, validation : scipy.sparse.csr_array of float32, shape (users, things)
        Those of a `Holdout`; the test has no part in it.
    seed : int
    users : array-like of int, optional
        Positions of the users to choose by; otherwise all.

    Returns
    -------
    Contender
        Of equals, the settings named first are taken, and so they are where nobody has validation
        likes.
    float or None
        The NDCG at 10 it was chosen for.
    """
    found = []
    for settings in choices[name]:
        contender = Contender(name, settings)
        model = contender.fitted(fit, seed=seed)
        found.append((contender, mean_ndcg(model, fit, validation, users=users)))
    return max(found, key=lambda one: -1.0 if one[1] is None else one[1])
