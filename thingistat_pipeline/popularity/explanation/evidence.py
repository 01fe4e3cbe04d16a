"""How strong the evidence for a change is, and what to say beside it: defined here only."""

from dataclasses import dataclass

from thingistat_pipeline.popularity.explanation.effects import PartialEffect

LEAST_SUPPORT = 100
"""Things that look like "after", for more than weak evidence."""
LEAST_EFFECT = 0.03
"""In log downloads, for more than weak evidence: less than 3 % is not worth anybody's while."""
EVIDENCE = ("strong", "moderate", "weak", "no evidence")
"""From best to none; `evidence_for` says what they mean."""


@dataclass(frozen=True, slots=True)
class ModelView:
    """What the forest says about one change.

    Attributes
    ----------
    ale : float or None
        Its accumulated local effect from before to after, in log downloads.
    group : str or None
        The group of features that stand for one another, to which the change's feature belongs.
    importance, importance_low : float or None
        Fall of held-out R² when the group is shuffled, and the lower end of its interval.
    """

    ale: float | None = None
    group: str | None = None
    importance: float | None = None
    importance_low: float | None = None


def evidence_for(effect: PartialEffect, *, significant: bool, support: int, view: ModelView) -> str:
    """Return how strong the evidence for one change is.

    - `no evidence`: it could be chance, judged together with all other changes.
    - `weak`: more than chance, but a trait as telling as the creator's followers could explain it
      (or the followers are unknown), or it is less than 3 %, or fewer than 100 things look like
      it, or the model's own effect has the other sign.
    - `moderate`: none of these.
    - `strong`: moreover, the model's own effect has the same sign, and with the feature's group
      shuffled it predicts worse on held-out creators.
    """
    if not significant:
        return "no evidence"
    explained = effect.allowance is None or effect.low <= 0.0 <= effect.high
    opposed = view.ale is not None and view.ale * effect.effect < 0.0
    small = abs(effect.effect) < LEAST_EFFECT
    if explained or small or support < LEAST_SUPPORT or opposed:
        return "weak"
    backed = view.ale is not None and view.ale * effect.effect > 0.0
    missed = view.importance_low is not None and view.importance_low > 0.0
    return "strong" if backed and missed else "moderate"


def remark(effect: PartialEffect, evidence: str, *, support: int, view: ModelView) -> str:
    """Return what a reader must know beside the figures; empty where nothing."""
    if evidence == "no evidence":
        return "No evidence: the difference could be chance, as one of several that were tried."
    said = []
    if effect.effect < 0.0:
        said.append("It goes with fewer downloads, not more.")
    if effect.allowance is None:
        said.append(
            "The creators' followers are unknown, so that nothing is allowed for hidden traits."
        )
    elif effect.low <= 0.0 <= effect.high:
        said.append("A hidden trait as telling as the creator's followers could explain it.")
    if abs(effect.effect) < LEAST_EFFECT:
        said.append("It is less than 3 %, hardly worth the while.")
    if support < LEAST_SUPPORT:
        said.append(f"Only {support} things look like it.")
    if view.ale is not None and view.ale * effect.effect < 0.0:
        said.append("The model's own effect has the other sign.")
    return " ".join(said)
