"""Permutation importance of the largest forest of the grid, on its training rows."""

import numpy as np

from benchmarks.stage import Disagreement, Facts, require_equal

TITLE = "permutation importance, 8 repeats"
REFERENCE = (
    "`sklearn.inspection.permutation_importance` with the same forest, rows and shuffles; ours "
    "walks a tree again only where a shuffled value leaves the row's path. Both on one thread"
)
NEEDS: tuple[str, ...] = ("training",)
TOLERANCE = 1e-9


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Demand equal importances, feature by feature and repeat by repeat."""
    require_equal(ours, reference, "rows", "features")
    difference = float(np.abs(np.array(ours["falls"]) - np.array(reference["falls"])).max())
    if not difference <= TOLERANCE:
        raise Disagreement(f"permutation importances differ by {difference}")
    return [
        f"Permutation importance: {ours['features']} features, {ours['repeats']} repeats; the "
        f"largest difference is {difference:.1e}. Compiling our kernel, once in a process, took "
        f"another {ours['compile_seconds']:.1f} s, which the table leaves out."
    ]
