"""What each part of a draft does to its prediction, against the typical post of its category.

Contributions are interventional Shapley values against one background row (see
`popularity.explanation.contributions`), so that they add up to what the draft's prediction exceeds
that of the typical post by. Those of a part's features are added up: which of two features that
mean the same gets the credit is the trees' whim.
"""

from math import exp

from thingistat_pipeline.advisor.answered import Push
from thingistat_pipeline.advisor.parts import part_of
from thingistat_pipeline.advisor.population import Row
from thingistat_pipeline.popularity.evaluation import Floats

MOST_LISTED = 12
LEAST_SHOWN = 0.005
"""On the logarithmic scale: what does less is counted among the others."""


def pushes(
    credit: Floats,
    features: tuple[str, ...],
    row: Row,
    typical: Row,
    ratio: float,
) -> tuple[list[Push], float]:
    """Return the parts that move the prediction most, and the factor of all others.

    Parameters
    ----------
    credit : ndarray of float64, shape (p,)
        Contributions of the features.
    features : tuple of str, length p
    row, typical : ndarray of float32, shape (p,)
        The draft and the typical post.
    ratio : float
        Predicted downloads of the draft by those of the typical post: the product of all factors.
    """
    own = dict(zip(features, row.tolist(), strict=True))
    usual = dict(zip(features, typical.tolist(), strict=True))
    sums: dict[str, float] = {}
    parts = {}
    for name, value in zip(features, credit.tolist(), strict=True):
        part = part_of(name)
        parts[part.key] = part
        sums[part.key] = sums.get(part.key, 0.0) + value
    ranked = sorted(sums.items(), key=lambda item: (-abs(item[1]), item[0]))
    listed = [(key, sum_) for key, sum_ in ranked[:MOST_LISTED] if abs(sum_) >= LEAST_SHOWN]
    found = [
        Push(
            feature=key,
            label=parts[key].label,
            value=parts[key].words(own),
            typical=parts[key].words(usual),
            factor=exp(sum_),
        )
        for key, sum_ in listed
    ]
    product = exp(sum(sum_ for _, sum_ in listed))
    return found, ratio / product
