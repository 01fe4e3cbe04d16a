"""From raw parts to the report."""

from benchmarks.stage import Facts, require_equal

TITLE = "everything, raw parts → report"
REFERENCE = (
    "the sum of what the references of load, features, tuning (all training rows) and importance "
    "took in this run, and of fitting the best forest once more, which is measured by itself; its "
    "peak is the highest of theirs. It writes no report. Ours is one process: load, publish, "
    "features, the model tuned, fitted and judged against baselines with intervals, importances on "
    "training and held-out rows, the second publishing, and the report"
)
NEEDS: tuple[str, ...] = ("training",)
ADDS = ("load", "features", "tuning", "importance")


def agreement(ours: Facts, reference: Facts) -> list[str]:
    """Compare the number of training rows."""
    require_equal(ours, reference, "training_rows")
    return [
        f"Everything: {ours['training_rows']:,} training rows; our forest {ours['best']} has an R² "
        f"of {ours['r2_test']:.3f} on held-out rows, the reference's fit one of "
        f"{reference['r2_train']:.3f} on training rows (ours {ours['r2_train']:.3f}); the report "
        f"has {ours['report_kilobytes']:.0f} kB."
    ]
