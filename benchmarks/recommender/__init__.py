"""Learning to rank likes, beside LightFM in one process, epoch by epoch in turns."""

from statistics import median

from benchmarks.stage import Facts

TITLE = "the recommender"
REFERENCE = None
NEEDS: tuple[str, ...] = ()
MOST_OF_REFERENCE = 0.4
"""Our CPU per epoch against that of rectools-lightfm, at most."""


def remarks(facts: Facts, _figures: dict[str, float]) -> list[str]:
    """Say what was learned from, CPU per epoch and precision on both sides, and whether it is met.

    Best epochs are compared, without the first, in which nearly every draw is a violation.
    """
    said = [facts["data"]]
    for race in facts["races"]:
        ours, reference = race["ours"], race["reference"]
        told = f"{race['title']}: ours {_said(ours)}"
        if reference is None:
            said.append(f"{told}; rectools-lightfm is not installed, so ours alone.")
            continue
        ratio = min(ours["epochs"][1:]) / min(reference["epochs"][1:])
        paired = [a / b for a, b in zip(ours["epochs"][1:], reference["epochs"][1:], strict=True)]
        met = "met" if ratio <= MOST_OF_REFERENCE else "**not met**"
        said.append(
            f"{told}; rectools-lightfm {_said(reference)}: {ratio:.2f} of its CPU by the best "
            f"epochs, {median(paired):.2f} by the median of neighbouring ones; at most "
            f"{MOST_OF_REFERENCE} is {met}."
        )
    return said


def _said(side: Facts) -> str:
    return (
        f"{min(side['epochs'][1:]):.2f} s of CPU in the best epoch, precision@5 "
        f"{side['precision']:.4f} ({side['low']:.4f} to {side['high']:.4f})"
    )
