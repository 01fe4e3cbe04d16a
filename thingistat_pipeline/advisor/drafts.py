"""A draft as one row of the advisor's features.

What a draft tells is counted as in published things (`draft_features`). What it leaves out is as in
the thing that it is based on, or else as usual in its category. Which is which is kept, because
advice on what nobody told would be advice to nobody.
"""

from dataclasses import dataclass

import numpy as np

from thingistat_pipeline.advisor.asked import DraftPost
from thingistat_pipeline.advisor.draft_features import (
    EARLIER,
    FIELDS,
    HISTORY,
    Base,
    DraftFeatures,
    DraftRefusedError,
    Reading,
    creator_features,
)
from thingistat_pipeline.advisor.parts import PARTS
from thingistat_pipeline.advisor.population import Row
from thingistat_pipeline.report.wording import plain

__all__ = ["DraftRefusedError", "ReadDraft", "read_draft"]

_NEVER_EMPTY = ("title", "files")
"""There is no post without these, so that nothing in them tells nothing."""
_PART_OF = {"creator": "audience"}
"""The part that a field tells, where it has another name."""


@dataclass(frozen=True, eq=False, slots=True)
class ReadDraft:
    """A draft as the model sees it.

    Attributes
    ----------
    row : ndarray of float32, shape (p,)
        Its features; the age is not set.
    typical : ndarray of float32, shape (p,)
        The typical post of its category.
    category : str or None
        Of the typical post; None: of all.
    told : frozenset of str
        Keys of the parts that the draft, or the thing that it is based on, tells.
    assumed : list of str
        What was not told and taken as usual, in words.
    """

    row: Row
    typical: Row
    category: str | None
    told: frozenset[str]
    assumed: list[str]


def read_draft(features: DraftFeatures, draft: DraftPost, base: Base | None = None) -> ReadDraft:
    """Return a draft as a row.

    Parameters
    ----------
    features : DraftFeatures
    draft : DraftPost
        A field that is not among those set, or null, is not told.
    base : Base, optional
        The thing that stands for what the draft leaves out; what the draft tells just as it does
        leaves the thing's own features as they are.

    Raises
    ------
    DraftRefusedError
        If it names a category, a licence, a kind of file or a measure of a picture that there is
        not.
    """
    known = features.known
    own = _own_category(features, draft, base)
    typical = known.typical(own)
    start = known.row(base.thing_id) if base else None
    if base is not None and start is None:
        # Published after the model was fitted: it is told by what can be told in a form alone.
        given = {name: getattr(draft, name) for name in draft.model_fields_set}
        draft, base = base.draft.model_copy(update=given), None
    row = typical if start is None else start
    reading = Reading(draft, dict(zip(known.features, row.tolist(), strict=True)), own, base)
    told = _told(draft, base)
    for name in FIELDS:
        if name in told:
            reading.values.update(features.of_field(name, reading))
    row = np.array([reading.values[name] for name in known.features], dtype=np.float32)
    if base is not None:
        everything = frozenset(part.key for part in PARTS)
        assumed = [f"What the draft leaves out is as in thing {base.thing_id}, {base.name}."]
        return ReadDraft(row, typical, own, everything, assumed)
    parts = _parts_told(draft, told)
    values = dict(zip(known.features, row.tolist(), strict=True))
    usual = f"as usual in {plain(own, 40)}" if own else "as usual"
    assumed = [
        f"{part.label}: {part.words(values)} ({usual})"
        for part in PARTS
        if part.key not in parts and any(map(part.has, values))
    ]
    return ReadDraft(row, typical, own, parts, assumed)


def _own_category(features: DraftFeatures, draft: DraftPost, base: Base | None) -> str | None:
    """Return the draft's category, if it has things enough to tell what is usual in it."""
    category = draft.category
    if category is None and base is not None:
        category = base.draft.category
    elif category is not None and category not in features.columns:
        raise DraftRefusedError(
            f"There is no category {plain(category)!r} in the published data. Choose one of those "
            "that /api/v1/options lists, or leave it out."
        )
    return category if features.known.enough(category) else None


def _told(draft: DraftPost, base: Base | None) -> set[str]:
    """Return the fields that a draft tells: given, not null, and not as in what it is based on.

    An empty description is a description that is left empty; a post without a title or without
    files there is not.
    """
    given = {
        name
        for name in FIELDS
        if name in draft.model_fields_set
        and (value := getattr(draft, name)) is not None
        and (value or name not in _NEVER_EMPTY)
    }
    if not creator_features(draft.creator):
        given.discard("creator")
    supports = draft.needs_supports
    if base is not None:
        given = {name for name in given if getattr(draft, name) != getattr(base.draft, name)}
        if supports == base.draft.needs_supports:
            supports = None
    # Who says whether supports are needed fills in a print setting.
    return given | {"print_settings"} if supports is not None else given


def _parts_told(draft: DraftPost, told: set[str]) -> frozenset[str]:
    parts = {_PART_OF.get(name, name) for name in told}
    figures = creator_features(draft.creator)
    if any(name in figures for name in (EARLIER, *HISTORY)):
        parts.add("record")
    if not figures.keys() - {EARLIER, *HISTORY}:
        parts.discard("audience")
    return frozenset(parts)
