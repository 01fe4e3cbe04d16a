"""The raw record form: one JSON line for every id that was tried.

Nights and snapshots both write it, the warehouse reads it with explicit columns, and nothing
else defines it. Counts are whole numbers, times are UTC in ISO 8601 with a ``Z``, flags are
booleans, and ``None`` means "not known" (never zero).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

FORMAT_VERSION = 1

Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number that fits the 64 bits of the warehouse's columns; checked whenever decoded."""

LONGEST_TEXT = 20_000
"""Characters kept of an answer that was not understood."""

Resource = Literal["thing", "categories", "likes", "files", "images"]
Outcome = Literal["ok", "gone", "private", "moderated", "retry", "quarantined"]


class Creator(Struct, kw_only=True, frozen=True):
    """Who published a thing, as public as the settings allow."""

    id: Whole
    name: str
    public_url: str | None = None
    count_of_followers: Whole | None = None
    count_of_following: Whole | None = None
    count_of_designs: Whole | None = None
    accepts_tips: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    location: str | None = None


class Tag(Struct, kw_only=True, frozen=True):
    """A tag: `name` as written, `tag` its normalised key, `count` its uses on the whole site."""

    name: str
    tag: str
    absolute_url: str | None = None
    count: Whole | None = None


class Category(Struct, kw_only=True, frozen=True):
    """A category of the site."""

    name: str
    slug: str | None = None
    id: Whole | None = None
    count: Whole | None = None


class File(Struct, kw_only=True, frozen=True):
    """A file of a thing; size in bytes."""

    id: Whole | None = None
    name: str | None = None
    size: Whole | None = None
    download_count: Whole | None = None
    added: str | None = None


class Image(Struct, kw_only=True, frozen=True):
    """A picture of a thing, in the order in which the site shows them."""

    id: Whole | None = None
    name: str | None = None
    url: str | None = None


class Thing(Struct, kw_only=True, frozen=True):
    """A thing's public state, the same shape whatever year's payload it came from."""

    id: Whole
    name: str | None = None
    thumbnail: str | None = None
    default_image_url: str | None = None
    public_url: str | None = None
    creator: Creator | None = None
    added: str | None = None
    modified: str | None = None
    is_published: bool | None = None
    is_wip: bool | None = None
    is_featured: bool | None = None
    is_nsfw: bool | None = None
    is_ai: bool | None = None
    is_private: bool | None = None
    is_derivative: bool | None = None
    allows_derivatives: bool | None = None
    can_comment: bool | None = None
    like_count: Whole | None = None
    collect_count: Whole | None = None
    comment_count: Whole | None = None
    root_comment_count: Whole | None = None
    download_count: Whole | None = None
    view_count: Whole | None = None
    remix_count: Whole | None = None
    make_count: Whole | None = None
    file_count: Whole | None = None
    image_count: Whole | None = None
    print_history_count: Whole | None = None
    app_count: Whole | None = None
    app_id: Whole | None = None
    average_download_count: float | None = None
    description: str | None = None
    instructions: str | None = None
    details: str | None = None
    print_settings: dict[str, str] | None = None
    license: str | None = None
    moderation: str | None = None
    tags: list[Tag] | None = None
    ancestors: list[Whole] | None = None


class Quarantined(Struct, kw_only=True, frozen=True):
    """An answer that was not understood: to which question, why, and the answer itself.

    `text` is JSON without personal data, cut at `LONGEST_TEXT` characters; the night's journal has
    all of it. It is ``None`` where the answer could not be written down, and for likers always:
    their numbers are nobody's business.
    """

    resource: Resource
    reason: str
    text: str | None = None


class Record(Struct, kw_only=True, frozen=True):
    """What became of one id at one moment.

    `thing` and the lists are there only for the outcome ``ok``. `likers` are keyed hashes of user
    ids; `likers_truncated` says whether the list was cut at the cap. `images` come from the
    thing's own answer where it names them, otherwise from a request of their own. `quarantined`
    are the answers that were not understood.
    """

    thing_id: Whole
    observed_at: str
    outcome: Outcome
    status: Whole | None = None
    reason: str | None = None
    panel: bool = False
    thing: Thing | None = None
    categories: list[Category] | None = None
    files: list[File] | None = None
    images: list[Image] | None = None
    likers: list[Whole] | None = None
    likers_truncated: bool | None = None
    quarantined: list[Quarantined] | None = None
