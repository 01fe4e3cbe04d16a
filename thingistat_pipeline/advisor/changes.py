"""Which of the examined changes a draft can still make, and what goes with them in the data."""

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from math import inf, isfinite, isnan, sqrt
from typing import Any, Literal

import numpy as np

from thingistat_pipeline.advisor.answered import Change, Evidence, Interval, Outside
from thingistat_pipeline.advisor.drafts import ReadDraft
from thingistat_pipeline.advisor.parts import part_of, value_words
from thingistat_pipeline.advisor.population import Population, Row
from thingistat_pipeline.features.pictures import PREFIX
from thingistat_pipeline.popularity.explanation.action import Action
from thingistat_pipeline.popularity.explanation.actions import ACTIONS
from thingistat_pipeline.popularity.explanation.changes import Contrast, Doubling
from thingistat_pipeline.report.feature_names import feature_words, is_yes_or_no, look_words
from thingistat_pipeline.report.wording import plain

State = Literal["possible", "done", "does not apply", "not told"]
_CLOSED = {"possible": 0, "not told": 0, "done": 1, "does not apply": 2}
"""In which order they are listed."""
_MADE = ("page_length", "render_count", "image_count", "added_images_count")
"""Features that the site makes of what a creator gives: nothing to reproach anybody with."""
_PLAIN_LOOKS = tuple(
    PREFIX + name
    for name in ("brightness", "contrast_rms", "contrast_range", "saturation_mean", "subject_area")
)
"""What is measured of a picture that says something to somebody with a camera."""
_EVIDENCE: dict[str, Evidence] = {
    "strong": "strong",
    "moderate": "moderate",
    "weak": "weak",
    "no evidence": "none",
}
_IN_WORDS: dict[str, str] = {
    "strong": "Strong: more than chance and than hidden traits explain, and the model leans on it.",
    "moderate": "Moderate: more than chance, and than a hidden trait like the creator’s followers "
    "explains.",
    "weak": "Weak: more than chance, but something else could explain it.",
    "none": "No evidence: it could be chance.",
    "not examined": "Not examined: these data cannot tell.",
}


@dataclass(frozen=True, eq=False, slots=True)
class Changes:
    """The table of advice, ready to be held against drafts.

    Attributes
    ----------
    known : Population
    rows : sequence of Mapping
        Of the table `advice`, by rank.
    not_examined : sequence of Mapping
        change, remark.
    ends : (ndarray of float32, ndarray of float32), each of shape (p,)
        Between which 98 % of what the model was fitted on lie.
    """

    known: Population
    rows: InitVar[Sequence[Mapping[str, Any]]]
    not_examined: InitVar[Sequence[Mapping[str, Any]]]
    ends: tuple[Row, Row] = field(init=False)
    _listed: list[tuple[Action, Change]] = field(init=False)
    _doubled: dict[str, float] = field(init=False)

    def __post_init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        not_examined: Sequence[Mapping[str, Any]],
    ) -> None:
        """Find what all drafts are held against, once."""
        by_key = {action.key: action for action in ACTIONS}
        by_sentence = {action.sentence: action for action in ACTIONS}
        examined = [
            (by_key[row["action"]], _examined(row)) for row in rows if row["action"] in by_key
        ]
        # A stable sort: within these the table's own order stays, which is by evidence and size.
        examined.sort(key=lambda each: _worth(each[1]))
        others = [
            (action, _unexamined(action, row["remark"]))
            for row in not_examined
            if (action := by_sentence.get(row["change"])) is not None
        ]
        object.__setattr__(self, "_listed", examined + others)
        object.__setattr__(self, "ends", self.known.ranges())
        object.__setattr__(self, "_doubled", {a.key: self._enough(a) for a, _ in examined})

    def of(self, draft: ReadDraft) -> list[Change]:
        """Return all changes: those open to the draft first, those not examined last."""
        found = [self._held_against(draft, action, change) for action, change in self._listed]
        return sorted(
            found, key=lambda change: (change.evidence == "not examined", _CLOSED[change.state])
        )

    def outside(self, draft: ReadDraft) -> list[Outside]:
        """Return what the draft tells that the model has hardly seen, one of each part."""
        found: dict[str, Outside] = {}
        # Of a picture, what can be said in plain words is said first.
        for name in sorted(self.known.places, key=lambda name: name not in _PLAIN_LOOKS):
            place = self.known.places[name]
            part = part_of(name).key
            value = float(draft.row[place])
            if (
                part in draft.told
                and part not in found
                and name not in _MADE
                and self._is_outside(place, value)
            ):
                found[part] = self._outside(name, value)
        return list(found.values())

    def _outside(self, name: str, value: float) -> Outside:
        if name.startswith(PREFIX) and name not in _PLAIN_LOOKS:
            return Outside(feature=name, label="the cover picture’s composition", value="", seen="")
        is_look = name.startswith(PREFIX)
        return Outside(
            feature=name,
            label=f"the cover picture’s {look_words(name)}" if is_look else feature_words(name),
            value=value_words(name, value),
            seen=self._seen(name),
        )

    def _held_against(self, draft: ReadDraft, action: Action, change: Change) -> Change:
        state = self._state(action, draft)
        update: dict[str, object] = {"state": state, "outside": self._why_outside(action, draft)}
        value = self._told(action.feature, draft)
        counted = not isinstance(action.change, Contrast)
        if state == "possible" and counted and value is not None:
            # What it would be for this draft, and not for a usual thing.
            update["before"], update["after"] = action.words(np.array([value]))
        return change.model_copy(update=update)

    def _state(self, action: Action, draft: ReadDraft) -> State:
        if action.among is not None:
            condition = self._told(action.among[0], draft)
            if condition is None:
                return "not told"
            if not action.among[1][0] <= condition <= action.among[1][1]:
                return "does not apply"
        value = self._told(action.feature, draft)
        if value is None:
            return "not told"
        return self._reached(action, value)

    def _reached(self, action: Action, value: float) -> State:
        change = action.change
        if isinstance(change, Contrast):
            if change.before[0] <= value <= change.before[1]:
                return "possible"
            inside = change.after[0] <= value <= change.after[1]
            return "done" if inside else "does not apply"
        if isinstance(change, Doubling):
            if value < change.least:
                return "does not apply"
            return "possible" if value < self._doubled.get(action.key, inf) else "done"
        return "possible" if value <= change.most - change.step else "done"

    def _told(self, feature: str, draft: ReadDraft) -> float | None:
        if part_of(feature).key not in draft.told or feature not in self.known.places:
            return None
        value = float(draft.row[self.known.places[feature]])
        return None if isnan(value) else value

    def _why_outside(self, action: Action, draft: ReadDraft) -> str | None:
        for name in (action.feature, *([action.among[0]] if action.among else [])):
            value = self._told(name, draft)
            if value is not None and self._is_outside(self.known.places[name], value):
                return (
                    f"{feature_words(name)}: {value_words(name, value)}, while 98 % of the things "
                    f"that the model was fitted on have {self._seen(name)}."
                )
        return None

    def _seen(self, name: str) -> str:
        low, high = (float(end[self.known.places[name]]) for end in self.ends)
        if isnan(low):
            return "nothing"
        return _range_words(name, low, high)

    def _is_outside(self, place: int, value: float) -> bool:
        low, high = float(self.ends[0][place]), float(self.ends[1][place])
        if isnan(value):
            return False
        if isnan(low):
            return True
        if is_yes_or_no(self.known.features[place]):
            return False
        slack = 1e-4 * max(abs(low), abs(high))
        return not low - slack <= value <= high + slack

    def _enough(self, action: Action) -> float:
        """Return from where on a thing has as much as a doubling makes of what is usual."""
        if not isinstance(action.change, Doubling) or action.feature not in self.known.places:
            return inf
        values = self.known.column(action.feature).astype(np.float64)
        if not (values >= action.change.least).any():
            return inf
        before, after = action.change.span(values)
        return sqrt(before * after)


def _examined(row: Mapping[str, Any]) -> Change:
    evidence = _EVIDENCE.get(str(row["evidence"]), "none")
    factors = [row["factor"], row["factor_low"], row["factor_high"]]
    known = all(value is not None and isfinite(value) for value in factors)
    return Change(
        key=str(row["action"]),
        sentence=plain(row["change"], 120),
        before=plain(row["before"], 80),
        after=plain(row["after"], 80),
        state="not told",
        factor=Interval(value=factors[0], low=factors[1], high=factors[2]) if known else None,
        evidence=evidence,
        evidence_in_words=_IN_WORDS[evidence],
        support=row["support"],
        note=plain(row["note"] or "", 600),
    )


def _unexamined(action: Action, why: str) -> Change:
    return Change(
        key=action.key,
        sentence=action.sentence,
        # What is said in numbers has none here.
        before="" if "{}" in action.before else action.before,
        after="" if "{}" in action.before else action.after,
        state="not told",
        evidence="not examined",
        evidence_in_words=plain(why, 200),
    )


def _worth(change: Change) -> int:
    """Say where a change belongs: what helps, what harms, what nothing is known of."""
    if change.evidence == "none" or change.factor is None:
        return 2
    return 0 if change.factor.value >= 1.0 else 1


def _range_words(name: str, low: float, high: float) -> str:
    """Return a range in words, the unit once where both ends have it."""
    first, last = value_words(name, low), value_words(name, high)
    if first == last:
        return first
    number_, _, unit = first.partition(" ")
    shared = unit and last.endswith(f" {unit}")
    return f"{number_ if shared else first} to {last}"
