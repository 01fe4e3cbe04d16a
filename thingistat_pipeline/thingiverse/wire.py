"""The shapes of the API's answers as they come, one tolerant model for the answers of every year.

Flags come as 0/1, booleans, ``"1"`` or null, counts as numbers or numeric strings, empty objects as
``[]``; whatever a year does not have is ``None``. Only what the records need is named here, all
else in an answer is passed over. What the values mean is decided in `payloads`.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)] | None
Flag = bool | None
Text = str | int | float | None
Empty = list[Any]  # how the server writes an empty object


class WireCreator(Struct):
    """Who published; the personal fields are there only where settings keep them."""

    id: Id
    name: Text = None
    public_url: Text = None
    count_of_followers: Count = None
    count_of_following: Count = None
    count_of_designs: Count = None
    accepts_tips: Flag = None
    first_name: Text = None
    last_name: Text = None
    location: Text = None


class WireTag(Struct):
    """A tag; in 2019 the key was in the address only."""

    name: Text = None
    tag: Text = None
    url: Text = None
    absolute_url: Text = None
    count: Count = None


class WireSize(Struct):
    """One rendering of a picture."""

    type: Text = None
    size: Text = None
    url: Text = None


class WireImage(Struct):
    """A picture: from ``/images``, from ``default_image`` or from ``zip_data``."""

    id: Id | None = None
    name: Text = None
    url: Text = None
    sizes: list[WireSize] | None = None


class WireFile(Struct):
    """A file: from ``/files``, or name and address only from ``zip_data``."""

    id: Id | None = None
    name: Text = None
    size: Count = None
    date: Text = None
    download_count: Count = None


class WireCategory(Struct):
    """A category; in 2015 name and address only."""

    name: str
    id: Id | None = None
    slug: Text = None
    url: Text = None
    count: Count = None


class WireZip(Struct):
    """The names of files and images that newer answers carry."""

    files: list[WireFile] | None = None
    images: list[WireImage] | None = None


class WirePart(Struct):
    """A section of the details: its data is a list of objects, an object, text or missing."""

    type: Text = None
    data: Any = None


class WireReference(Struct):
    """A thing named by another; zero where it names none."""

    id: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class WireUser(Struct):
    """A user in a list of likers."""

    id: Id


class WireThing(Struct):
    """A thing of any year, long or short."""

    id: Id
    name: Text = None
    thumbnail: Text = None
    public_url: Text = None
    creator: WireCreator | Empty | None = None
    added: str | None = None
    created_at: str | None = None
    modified: str | None = None
    is_published: Flag = None
    is_wip: Flag = None
    is_featured: Flag = None
    is_nsfw: Flag = None
    is_ai: Flag = None
    is_private: Flag = None
    is_derivative: Flag = None
    allows_derivatives: Flag = None
    can_comment: Flag = None
    is_comments_disabled: Flag = None
    like_count: Count = None
    collect_count: Count = None
    comment_count: Count = None
    root_comment_count: Count = None
    download_count: Count = None
    view_count: Count = None
    remix_count: Count = None
    make_count: Count = None
    file_count: Count = None
    image_count: Count = None
    print_history_count: Count = None
    app_count: Count = None
    app_id: Count = None
    default_image: WireImage | Empty | None = None
    description: Text = None
    instructions: Text = None
    details: Text = None
    details_parts: list[WirePart] | None = None
    license: Text = None
    moderation: Text = None
    tags: list[WireTag | str] | None = None
    ancestors: list[WireReference | int | str] | None = None
    zip_data: WireZip | Empty | None = None


class WireSearch(Struct):
    """A page of search hits."""

    hits: list[WireThing]
    total: Count = None
