"""How far a hidden trait could shift an effect.

Makers who post photographs may also be the better designers, and nobody has measured that. What is
unmeasured cannot be held fixed, but it can be allowed for: by as much as a trait would shift the
effect that tells as much about the choice, and about the downloads, as the number of the creator's
followers does.

Cinelli and Hazlett, "Making sense of sensitivity: extending omitted variable bias", Journal of the
Royal Statistical Society B 82, 2020, sections 3.2 and 4.4.
"""

from math import sqrt

HIDDEN_LIKE = "count_of_followers"
"""The measured trait that the hidden one is thought to be as telling as."""


def partial_share(with_it: float, without_it: float) -> float:
    """Return which share of what is left unexplained without a trait it explains (partial R²).

    Parameters
    ----------
    with_it, without_it : float
        Variance left over on held-out things, with the trait held fixed and without.

    Returns
    -------
    float
        Not below 0: on held-out things a useless trait may make predictions worse.
    """
    return max(0.0, 1.0 - with_it / without_it) if without_it > 0 else 0.0


def allowance(of_treatment: float, of_outcome: float, *, spread: float) -> float:
    """Return the largest shift by a hidden trait that is as telling as a measured one.

    Parameters
    ----------
    of_treatment : float
        Partial R² of the measured trait with the treatment, given all other features; below 1/2,
        or the hidden trait would explain all of the treatment, and the shift is infinite.
    of_outcome : float
        The same with the outcome, given also the treatment.
    spread : float
        Standard deviation of what is left of the outcome, divided by that of what is left of the
        treatment.

    Returns
    -------
    float
        In the effect's unit.
    """
    if of_treatment >= 0.5:
        return float("inf")
    # The bounds of section 4.4 for a trait once as strong as the measured one.
    treatment = of_treatment / (1.0 - of_treatment)
    shared = of_treatment**2 / (1.0 - of_treatment) ** 2
    inflated = (1.0 + sqrt(shared)) ** 2 / (1.0 - shared)
    outcome = min(1.0, inflated * of_outcome / (1.0 - of_outcome)) if of_outcome < 1.0 else 1.0
    return sqrt(outcome * treatment / (1.0 - treatment)) * spread
