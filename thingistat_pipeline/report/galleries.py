"""Galleries of what goes together or looks alike: what strangers wrote and drew, made safe."""

import base64
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from thingistat_pipeline.report.blocks import Chip, Gallery, Shelf, Tile
from thingistat_pipeline.report.looks_examples import LookExamples
from thingistat_pipeline.report.recommender_examples import Examples
from thingistat_pipeline.report.shown_things import Thing
from thingistat_pipeline.report.wording import counted, number, plain

_JPEG = b"\xff\xd8\xff"
_ADDRESS = re.compile(r"[!-~]{1,500}")
_SITE = "www.thingiverse.com"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NAME = 60


class _Basis(NamedTuple):
    """What a likeness rests on: beside a picture, and in the caption."""

    beside: str
    means: str


_RESTS_ON = {
    "likes": _Basis("by likes", "who likes them decides"),
    "both": _Basis(
        "by likes and words",
        "who likes them decides, together with the words of their titles, tags and category",
    ),
    "features": _Basis(
        "by features",
        "one of the two has too few likes and stands where its tags, category, maker and licence "
        "put it; the words of their titles decide too",
    ),
    "content": _Basis(
        "by words",
        "likes tell nothing of one of the two: the words of their titles, tags and category decide",
    ),
}


def safe_url(url: str) -> str:
    """Return an address of a page of the site or of the sandbox, or nothing.

    Whoever publishes a thing must not choose where the page's readers are led.
    """
    if not _ADDRESS.fullmatch(url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if "@" in parts.netloc or "\\" in url:
        return ""
    is_site = parts.scheme in {"http", "https"} and parts.hostname == _SITE and port is None
    is_sandbox = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return url if is_site or is_sandbox else ""


def data_uri(picture: bytes | None) -> str:
    """Return a JPEG as an address that holds it, or nothing where it is none."""
    if picture is None or not picture.startswith(_JPEG):
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def similar_gallery(examples: Examples, learned_from: str) -> Gallery | None:
    """Show well-liked things, each with those most similar to it."""
    if not examples.similar:
        return None
    found = {basis for each in examples.similar for _, basis in each.neighbours}
    bases = [basis for basis in _RESTS_ON if basis in found]
    return Gallery(
        key="similar-things",
        title="Similar things",
        finding=_alike_in_words(bases),
        caption="The thing with the most likes of each category, the most liked first. "
        f"{learned_from} {_bases_in_words(bases)} Each picture leads to the thing’s page.",
        shelves=tuple(
            Shelf(
                heading=_name(each.thing),
                lead=_tile(each.thing),
                remark=counted(each.thing.likes, "like") if each.thing.likes is not None else "",
                tiles=tuple(
                    _tile(thing, _RESTS_ON[basis].beside if basis != bases[0] else "")
                    for thing, basis in each.neighbours
                ),
            )
            for each in examples.similar
        ),
    )


def _alike_in_words(bases: Sequence[str]) -> str:
    """Say what the neighbours shown have in common with their things."""
    if bases == ["likes"]:
        return "Well-liked things, each with what those who like it also tend to like."
    if not {"likes", "both"} & set(bases):
        return "Well-liked things, each with those that are about the same."
    return (
        "Well-liked things, each with those most alike: liked by the same people, about the same."
    )


def _bases_in_words(bases: Sequence[str]) -> str:
    """Say what likeness rests on where nothing is said beside a picture, and where something is."""
    first, *others = bases
    told = [f"Between a thing and what is shown beside it, {_RESTS_ON[first].means}."]
    told += [
        f"“{_RESTS_ON[each].beside.capitalize()}”: {_RESTS_ON[each].means}." for each in others
    ]
    return " ".join(told)


def tag_gallery(examples: Examples) -> Gallery | None:
    """Show tags, each with the things closest to it."""
    if not examples.tags:
        return None
    beyond = sum(not bears for each in examples.tags for _, bears in each.closest)
    total = sum(len(each.closest) for each in examples.tags)
    return Gallery(
        key="tag-things",
        title="Things closest to a tag",
        finding=f"{number(beyond)} of the {counted(total, 'thing')} below "
        f"{'does' if beyond == 1 else 'do'} not bear the tag they are shown under.",
        caption="Of each category the tag that stands out most in it, and the things whose place "
        "in the learned space is closest to the tag’s: close in kind, not the most popular ones.",
        shelves=tuple(
            Shelf(
                heading=_tag(each.tag),
                remark=f"on {counted(each.things, 'thing')}",
                tiles=tuple(
                    _tile(thing, "" if bears else "without the tag")
                    for thing, bears in each.closest
                ),
            )
            for each in examples.tags
        ),
    )


def suggestion_gallery(examples: Examples, method: str) -> Gallery | None:
    """Show things with the tags they bear and those suggested to them."""
    if not examples.suggestions:
        return None
    return Gallery(
        key="suggested-tags",
        title="Suggested tags",
        finding="Filled: tags that the thing bears. Outlined: tags that are suggested to it, the "
        "likeliest first.",
        caption="Things drawn by lot, one a category, of those with some tags. Beside a suggested "
        f"tag: on how many things it is.{f' Suggested by: {method.lower()}.' if method else ''}",
        shelves=tuple(
            Shelf(
                heading=_name(each.thing),
                lead=_tile(each.thing),
                chips=(*_borne(each.tags), *_offered(each.suggested)),
            )
            for each in examples.suggestions
        ),
    )


def look_alike_gallery(examples: LookExamples, finding: str, network: str) -> Gallery | None:
    """Show things, each with those whose pictures look most like its own."""
    if not examples.alike:
        return None
    return Gallery(
        key="look-alikes",
        title="Things that look alike",
        finding=finding,
        caption="Things drawn by lot, one a category, each with those whose cover pictures look "
        "most like its own. The number under a picture is its "
        f"similarity: the cosine of what {network} sees in both; 1 is the same picture. Each "
        "picture leads to the thing’s page.",
        shelves=tuple(
            Shelf(
                heading=_name(each.thing),
                lead=_tile(each.thing),
                tiles=tuple(
                    _tile(
                        other.thing,
                        number(other.similarity, 2)
                        + (", nearly the same" if other.duplicate else ""),
                    )
                    for other in each.neighbours
                ),
            )
            for each in examples.alike
        ),
    )


def duplicate_gallery(examples: LookExamples, finding: str, rule: str) -> Gallery | None:
    """Show things whose picture others bear as well."""
    if not examples.repeated:
        return None
    return Gallery(
        key="near-duplicates",
        title="Nearly the same picture",
        finding=finding,
        caption=f"Drawn by lot: a thing and later ones. {rule}",
        shelves=tuple(
            Shelf(
                heading=_name(each.thing),
                lead=_tile(each.thing),
                tiles=tuple(
                    _tile(thing, "same creator" if same_creator else "another creator")
                    for thing, same_creator in each.others
                ),
            )
            for each in examples.repeated
        ),
    )


def _borne(tags: Sequence[str]) -> tuple[Chip, ...]:
    return tuple(Chip(word=_tag(tag), filled=True) for tag in tags)


def _offered(tags: Sequence[tuple[str, int]]) -> tuple[Chip, ...]:
    return tuple(Chip(word=_tag(tag), remark=number(things)) for tag, things in tags)


def _tile(thing: Thing, remark: str = "") -> Tile:
    return Tile(
        name=_name(thing),
        maker=plain(thing.creator, 30),
        remark=remark,
        url=safe_url(thing.url),
        picture=data_uri(thing.picture),
    )


def _name(thing: Thing) -> str:
    return plain(thing.name, _NAME) or f"Thing {thing.id}"


def _tag(tag: str) -> str:
    return plain(tag.replace("_", " "), 40)
