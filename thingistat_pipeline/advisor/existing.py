"""Known things and known creators as something to start a draft from."""

from dataclasses import dataclass
from datetime import UTC
from math import isnan
from typing import Any

from thingistat_pipeline.advisor.answered import Card, CreatorFound, ExistingDraft
from thingistat_pipeline.advisor.asked import (
    LARGEST_COUNT,
    MOST_MEGABYTES,
    MOST_TAGS,
    DraftCreator,
    DraftPost,
)
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.draft_features import (
    CREATOR_FEATURES,
    FILE_KINDS,
    FILES,
    SETTINGS,
    Base,
)
from thingistat_pipeline.advisor.population import Population
from thingistat_pipeline.report.galleries import safe_url
from thingistat_pipeline.report.wording import counted, plain

_LONGEST_TEXT, _LONGEST_TITLE, _LONGEST_TAG = 20_000, 300, 100
_MEGABYTE = 1e6
_AMOUNTS = ("earlier_median_downloads", "earlier_most_downloads")
"""What need not be whole."""


@dataclass(frozen=True, eq=False, slots=True)
class Existing:
    """A known thing, as the database and the features tell it."""

    told: dict[str, Any]
    draft: DraftPost

    def as_base(self) -> Base:
        """Return it as what a draft can be based on."""
        return Base(self.told["id"], plain(self.told["name"] or ""), self.draft)

    def answer(self) -> ExistingDraft:
        """Return it as what a client gets."""
        told = self.told
        name = plain(told["name"] or f"thing {told['id']}", 120)
        card = Card(
            id=told["id"],
            name=name,
            creator=plain(told["creator"], 60) if told["creator"] else None,
            downloads=told["downloads"],
            likes=told["likes"],
            published=told["published"] and told["published"].replace(tzinfo=UTC),
            has_picture=bool(told["has_picture"]) and not told["is_nsfw"],
            url=safe_url(told["url"] or "") or None,
        )
        return ExistingDraft(card=card, draft=self.draft, remark=self._remark())

    def _remark(self) -> str:
        downloads, seen = self.told["downloads"], self.told["observed_at"]
        if downloads is None or seen is None:
            return "What the form does not show stays as it is known of the thing."
        return (
            f"It had {counted(downloads, 'download')} when it was seen on {seen:%Y-%m-%d}. What "
            "the form does not show stays as it is known of the thing."
        )


def existing_draft(database: Database, known: Population | None, thing_id: int) -> Existing | None:
    """Return a known thing with the draft that it would have been, or None."""
    rows = database.rows("existing_thing", id=thing_id)
    if not rows:
        return None
    told = rows[0]
    row = known.row(thing_id) if known else None
    values: dict[str, float] = {}
    if known is not None and row is not None:
        values = dict(zip(known.features, row.tolist(), strict=True))
    given: dict[str, Any] = {
        "title": (told["name"] or "")[:_LONGEST_TITLE],
        "description": (told["description"] or "")[:_LONGEST_TEXT],
        "instructions": (told["instructions"] or "")[:_LONGEST_TEXT],
        "category": _first(told["categories"], 200),
        "tags": [tag for tag in told["tags"] or () if len(tag) <= _LONGEST_TAG][:MOST_TAGS],
        "licence": told["licence"] if 0 < len(told["licence"] or "") <= 100 else None,
        "files": _files(values),
        "megabytes": _bounded(_known(values, "file_bytes", 1 / _MEGABYTE), MOST_MEGABYTES),
        "photographs": _count(values, "photo_count", most=1_000),
        "remix": _flag(values, "is_derivative"),
        "work_in_progress": _flag(values, "is_wip"),
        "customizable": _flag(values, "is_customizer"),
        "print_settings": _settings(values),
        "needs_supports": _flag(values, "needs_supports"),
        "weekday": _count(values, "published_weekday", most=7),
        "hour": _count(values, "published_hour", most=23),
        "creator": _creator(values),
        "based_on": thing_id,
    }
    return Existing(told, DraftPost(**given))


def creators_found(database: Database, text: str) -> list[CreatorFound]:
    """Return creators whose name holds a text, those whose name begins with it first."""
    wanted = text.strip()
    if not wanted:
        return []
    return [
        CreatorFound(
            name=plain(row["name"], 60),
            figures=DraftCreator(
                **{
                    name: _bounded(value) if name != "accepts_tips" else value
                    for name, value in row.items()
                    if name in CREATOR_FEATURES
                }
            ),
        )
        for row in database.rows("creators_found", text=wanted)
        if row["name"]
    ]


def _bounded(value: float | None, most: float = LARGEST_COUNT) -> float | None:
    return None if value is None else min(max(value, 0), most)


def _first(names: list[str] | None, longest: int) -> str | None:
    return next((name for name in names or () if 0 < len(name) <= longest), None)


def _known(values: dict[str, float], name: str, scale: float = 1.0) -> float | None:
    value = values.get(name, float("nan"))
    return None if isnan(value) or value < 0 else value * scale


def _count(values: dict[str, float], name: str, most: int) -> int | None:
    value = _known(values, name)
    return None if value is None else min(round(value), most)


def _flag(values: dict[str, float], name: str) -> bool | None:
    value = _known(values, name)
    return None if value is None else value >= 0.5


def _files(values: dict[str, float]) -> dict[str, int]:
    counts = {kind: _count(values, FILES + kind, most=10_000) for kind in FILE_KINDS}
    return {kind: count for kind, count in counts.items() if count}


def _settings(values: dict[str, float]) -> list[str] | None:
    if not values:
        return None
    return [name for name in SETTINGS if _flag(values, f"{name}_given")]


def _creator(values: dict[str, float]) -> DraftCreator:
    found: dict[str, Any] = {}
    for name, feature in CREATOR_FEATURES.items():
        value = _known(values, feature)
        if value is None:
            continue
        if name == "accepts_tips":
            found[name] = value >= 0.5
        else:
            whole = name not in _AMOUNTS
            found[name] = min(round(value) if whole else value, LARGEST_COUNT)
    return DraftCreator(**found)
