"""The grid of 72 forests, five folds."""

import numpy as np

from benchmarks.stage import Facts, require_equal

FOLDS = 5
TITLE = f"tuning, 72 combinations × {FOLDS} folds"
REFERENCE = (
    "scikit-learn's `GridSearchCV` over the same grid, the same folds and the same seed, without "
    "the final fit, on as many threads as `--jobs` says; ours grows one forest a fold, on one "
    "thread. On a random part of the training rows (`--tuning-rows`) unless all are asked for, "
    "because the reference fits 360 forests. With `--reference-folds K` it runs only the first K "
    "folds, and its times are estimated from theirs"
)
NEEDS: tuple[str, ...] = ("training",)


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Say how far the scores and the choices lie apart, over the folds that the reference ran.

    They are not equal: a truncated tree and one grown under the same limit are two draws from one
    distribution. So nothing is demanded of the scores here; tests do that on seeds in plenty.
    """
    require_equal(ours, reference, "rows", "combinations")
    theirs = np.array(reference["scores"])
    ran = theirs.shape[1]
    all_ours = np.array(ours["scores"])
    means = all_ours[:, :ran].mean(axis=1), theirs.mean(axis=1)
    best = int(means[0].argmax()), int(means[1].argmax())
    apart = np.abs(means[0] - means[1])
    choice = "chose the same combination"
    if best[0] != best[1]:
        ours_is, reference_is = (reference["combinations"][row] for row in best)
        choice = (
            f"chose differently ({ours_is} against {reference_is}); in the reference our choice "
            f"scores {means[1].max() - means[1][best[0]]:.4f} less than the best"
        )
    remark = (
        f"Tuning, the reference on {reference['jobs']} thread(s): mean R² over "
        f"{'all folds' if ran == FOLDS else f'{ran} of the {FOLDS} folds'} differs by "
        f"{apart.max():.4f} at most over the combinations ({apart.mean():.4f} on average), "
        f"where our scores of the {all_ours.shape[1]} folds spread by "
        f"{all_ours.std(axis=1).mean():.4f}; by these means the two {choice}."
    )
    if ran == FOLDS:
        return [remark]
    return [
        remark,
        f"Tuning: **the reference ran {ran} of its {FOLDS} folds, its times are multiplied by "
        f"{FOLDS}/{ran}: an estimate**, marked ≈. Ours ran all.",
    ]
