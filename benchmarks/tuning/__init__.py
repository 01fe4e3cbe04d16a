"""The grid of 72 forests, five folds."""

import numpy as np

from benchmarks.stage import Facts, require_equal

TITLE = "tuning, 72 combinations × 5 folds"
REFERENCE = (
    "scikit-learn's `GridSearchCV` over the same grid, the same folds and the same seed, without "
    "the final fit; ours grows one forest a fold. Both on one thread, and on a random part of the "
    "training rows, because the reference fits 360 forests"
)
NEEDS: tuple[str, ...] = ("training",)


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Say how far the scores and the choices lie apart.

    They are not equal: a truncated tree and one grown under the same limit are two draws from one
    distribution. So nothing is demanded of the scores here; tests do that on seeds in plenty.
    """
    require_equal(ours, reference, "rows", "combinations")
    means = np.array(ours["means"]), np.array(reference["means"])
    noise = np.array(reference["deviations"]).mean()
    chosen = [facts["combinations"][int(np.argmax(facts["means"]))] for facts in (ours, reference)]
    lost = means[1].max() - means[1][int(np.argmax(means[0]))]
    choice = "chose the same combination"
    if chosen[0] != chosen[1]:
        choice = (
            f"chose differently ({chosen[0]} against {chosen[1]}); in the reference our choice "
            f"scores {lost:.4f} less than the best"
        )
    return [
        f"Tuning: mean R² differs by {np.abs(means[0] - means[1]).max():.4f} at most over the "
        f"combinations ({np.abs(means[0] - means[1]).mean():.4f} on average), where the scores of "
        f"the five folds spread by {noise:.4f}; the two {choice}."
    ]
