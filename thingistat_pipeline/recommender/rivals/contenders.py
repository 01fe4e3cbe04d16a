"""The baselines at their best: each with the settings that do best on the validation likes.

A ranker that was searched for a hundred trials would beat any baseline at its defaults, and nothing
would follow from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import Scorer, mean_of
from thingistat_pipeline.recommender.judging.user_bootstrap import Floats
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

    def as_dict(self) -> dict[str, Any]:
        """Return the name and the settings as what JSON can hold."""
        return {"name": self.name, "settings": dict(self.settings)}

    def fitted(self, likes: csr_array, *, seed: int) -> Scorer:
        """Return the model fitted on a matrix of likes; only least squares draw by the seed."""
        return _FITS[self.name](likes, seed, dict(self.settings))


Judge = Callable[[Scorer], Floats]
"""Returns a figure of each of some users, always the same: the higher, the better."""


class Tuned(NamedTuple):
    """A baseline at its best, and the figures of the users that it was chosen for."""

    contender: Contender
    figures: Floats


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
    judges: Sequence[Judge],
    *,
    seed: int,
    choices: Mapping[str, Sequence[Mapping[str, Any]]] = CONTENDERS,
) -> list[Tuned]:
    """Return a baseline with those of its settings that a judge finds best, for each judge.

    Parameters
    ----------
    name : str
        A key of `choices`.
    fit : scipy.sparse.csr_array of float32, shape (users, things)
        That of a `Holdout`; the test has no part in it.
    judges : sequence of callable
        Each judges every model that is fitted, which is then forgotten.
    seed : int

    Returns
    -------
    list of Tuned
        In the order of the judges. Of equals, the settings named first are taken, and so they are
        where nobody can be judged by.
    """
    found: list[list[Tuned]] = [[] for _ in judges]
    for settings in choices[name]:
        contender = Contender(name, settings)
        model = contender.fitted(fit, seed=seed)
        for judge, results in zip(judges, found, strict=True):
            results.append(Tuned(contender, judge(model)))
    return [max(results, key=lambda one: mean_of(one.figures) or 0.0) for results in found]
