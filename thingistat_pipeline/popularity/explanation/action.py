"""A change that makers can make before they post, and which things show what goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.explanation.changes import Contrast, Doubling, Range, Steps


@dataclass(frozen=True, slots=True)
class Action:
    """A change that a maker can make before posting.

    Attributes
    ----------
    key : str
        Lower case and hyphens.
    sentence : str
        What to do, in the imperative.
    feature : str
        The registered feature that it changes.
    change : Contrast, Doubling or Steps
        Which things are compared.
    before, after : str
        Words for the two states; a number takes the place of `{}`, and "(s)" is its plural.
    kin : tuple of str
        Other features that contain the same thing, and so must not be held fixed; a name that ends
        in an asterisk stands for all that begin so.
    among : tuple of str and Range, optional
        Only things whose feature lies in that range are asked.
    """

    key: str
    sentence: str
    feature: str
    change: Contrast | Doubling | Steps
    before: str
    after: str
    kin: tuple[str, ...] = ()
    among: tuple[str, Range] | None = None

    def excluded(self, features: Sequence[str]) -> list[str]:
        """Return those of the features that must not be held fixed."""
        stems = tuple(name.removesuffix("*") for name in self.kin if name.endswith("*"))
        named = {self.feature, *self.kin}
        return [name for name in features if name in named or (stems and name.startswith(stems))]

    def values(self, rows: AdvisorRows) -> Floats:
        """Return the feature's values, NaN for things that are not asked.

        Raises
        ------
        ThingistatError
            If the rows lack a feature that it needs.
        """
        values = rows.column(self.feature).astype(np.float64)
        if self.among:
            condition, (low, high) = rows.column(self.among[0]), self.among[1]
            values[~((condition >= low) & (condition <= high))] = np.nan
        return values

    def words(self, values: Floats) -> tuple[str, str]:
        """Return how a thing looks before and after, with typical numbers."""
        before, after = self.change.span(values)
        if isinstance(self.change, Steps) and self.feature.endswith("_log_things"):
            before, after = exp(before), exp(after)
        return _counted(self.before, before), _counted(self.after, after)


def _counted(words: str, number: float) -> str:
    """Return words with a number in them, in the singular where it is one."""
    shown = f"{number:,.0f}"
    return words.format(shown).replace("(s)", "" if shown == "1" else "s")
