"""Which of several pictures would do best: a comparison learned from similar things.

No site tells how one thing would have done with another picture. What can be learned from are
pairs of different things that are alike otherwise (the same creator, or the same category, and
nearly the same age), of which one did better than things of its age usually do. The chance that the
first of two did better is modelled by the difference of their pictures' figures (R. A. Bradley and
M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952). What it finds is
associated with doing better; things differ in more than their pictures, and another picture for the
same thing may change less.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class PicturedThings:
    """Things with what is known of their cover picture.

    Attributes
    ----------
    figures : ndarray of float64, shape (things, figures)
        Picture features and compressed embeddings; finite.
    names : sequence of str
        What the figures are called.
    creators, categories : ndarray of int64, shape (things,)
        Any numbers that tell them apart; a negative category is none.
    ages : ndarray of float64, shape (things,)
        Days from publication to observation, at least 1.
    downloads : ndarray of float64, shape (things,)
        Logarithm of 1 + downloads.
    """

    figures: Floats
    names: Sequence[str]
    creators: NDArray[np.int64]
    categories: NDArray[np.int64]
    ages: Floats
    downloads: Floats

    def taken(self, rows: Positions) -> "PicturedThings":
        """Return some of the things."""
        return PicturedThings(
            self.figures[rows],
            self.names,
            self.creators[rows],
            self.categories[rows],
            self.ages[rows],
            self.downloads[rows],
        )


@dataclass(frozen=True, eq=False, slots=True)
class PictureChoice:
    """How much each figure speaks for a picture.

    Attributes
    ----------
    centre, spread, weights : ndarray of float64, shape (figures,)
    names : tuple of str
    """

    centre: Floats
    spread: Floats
    weights: Floats
    names: tuple[str, ...]

    def appeal(self, figures: Floats) -> Floats:
        """Return a number for each picture; of two, the higher is expected to do better.

        The chance that it does is the logistic function of the difference.

        Parameters
        ----------
        figures : ndarray of float64, shape (pictures, figures)
        """
        found: Floats = ((figures - self.centre) / self.spread) @ self.weights
        return found

    def contributions(self, figures: Floats) -> Floats:
        """Return what each figure adds to the appeal, against the average picture."""
        found: Floats = (figures - self.centre) / self.spread * self.weights
        return found
