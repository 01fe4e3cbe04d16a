"""Things and tags to look around in: search, a thing's page, a tag's page, pictures.

Whatever a page lists passes over things that are not safe for work, private or unpublished. Their
own pages can be opened by those who know their numbers, and show no picture.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache, partial

from thingistat_pipeline.advisor.answered import Card, Found, Observation, TagPage, ThingPage
from thingistat_pipeline.advisor.asked import LARGEST_ID
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.known import KnownTags, KnownThings, Pictures, folded
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.payloads import tag_key
from thingistat_pipeline.visual.pictures import PictureRefusedError, small_picture

PAGE = 24
"""Things on a page of what a search found."""
MOST_FOUND = 10_000
_MOST_PAGES = math.ceil(MOST_FOUND / PAGE)
PICTURE_PIXELS = 320
_TAGS, _NEIGHBOURS, _CLOSEST = 12, 10, 50
_MOST_WORDS = 10
_LONGEST_QUERY = 200
_PICTURES_HELD = 512
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?thingiverse\.com/thing:(\d{1,16})(?!\d).*", re.I)
_NUMBER = re.compile(r"(?:thing:)?(\d{1,16})", re.I)
_NEARLY_SAME = "nearly the same picture"
_BASES = {
    "likes": "By the likes of both.",
    "both": "By likes and by what the things are about.",
    "features": "Few people like this or those: by tags, category, creator and licence as well.",
    "content": "Likes tell nothing of this yet: by the words of title, tags and category.",
}
_NO_LIKENESS = "Nothing is known of what it is like."
_CLOSENESS = "Closeness to the tag, learned from likes and from what things bear; not popularity."
_BEARERS = (
    "Too few things bear this tag to learn what is close to it: these bear it, those that name it "
    "first among their tags first."
)


class Catalogue:
    """What there is to look around in, of one published database.

    Parameters
    ----------
    database : Database
    settings : Settings
        Whose folder of thumbnails holds the pictures.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        pictures = Pictures(settings.thumbnails_dir)
        self._things, self.tags = KnownThings(database, pictures), KnownTags(database)
        self._small = lru_cache(maxsize=_PICTURES_HELD)(partial(_small, pictures))

    def search(self, text: str, page: int = 1) -> Found:
        """Return things and tags whose names hold all words of a text.

        Parameters
        ----------
        text : str
            Words; or the number or the address of a thing, which is then named in the answer if it
            is known. Without any word, the things that are downloaded most.
        page : int, default=1
        """
        query = text.strip()[:_LONGEST_QUERY]
        named = _ADDRESS.fullmatch(query)
        known = self._named_thing(named or _NUMBER.fullmatch(query))
        if named:
            return Found(query=query, thing=known)
        words = folded(query).split()[:_MOST_WORDS]
        found = self._things.named(words, MOST_FOUND)
        page = min(max(page, 1), _MOST_PAGES)
        shown = found[PAGE * (page - 1) : PAGE * page]
        return Found(
            query=query,
            thing=known,
            tags=self.tags.named(words, tag_key(query), _TAGS) if page == 1 else [],
            things=self._things.cards(shown.tolist()),
            total=len(found),
            page=page,
            pages=math.ceil(len(found) / PAGE),
        )

    def thing(self, thing_id: int) -> ThingPage | None:
        """Return everything about a thing, or ``None`` where it is not known."""
        cards = self._card_of(thing_id)
        if not cards:
            return None
        (told,) = self._database.rows("thing", thing=thing_id)
        liked = self._database.rows("liked_too", thing=thing_id)
        looks = self._database.rows("looks_like", thing=thing_id)
        duplicates = {row["id"] for row in looks if row["duplicate"]}
        look_alikes = self.cards([row["id"] for row in looks], [row["similarity"] for row in looks])
        return ThingPage(
            card=cards[0],
            category=told["category"] or [],
            licence=told["licence"],
            description=told["description"] or "",
            tags=self.tags.choices(
                row["tag"] for row in self._database.rows("thing_tags", thing=thing_id)
            ),
            observations=[
                Observation(**{**row, "observed_at": row["observed_at"].replace(tzinfo=UTC)})
                for row in self._database.rows("observations", thing=thing_id)
            ],
            liked_too=self.cards([row["id"] for row in liked]),
            liked_too_basis=_basis([row["basis"] for row in liked]),
            looks_like=[
                card.model_copy(update={"remark": _NEARLY_SAME}) if card.id in duplicates else card
                for card in look_alikes
            ],
            synthetic=self._database.synthetic,
        )

    def tag(self, name: str) -> TagPage | None:
        """Return what is closest to a tag, in any spelling, or ``None`` where no thing bears it."""
        found = self.tags.choices([tag_key(name[:_LONGEST_QUERY])])
        if not found:
            return None
        tag = found[0]
        closest = self._database.rows("closest", tag=tag.key)
        bearers = [] if closest else self._database.rows("bearers", tag=tag.key, size=_CLOSEST)
        neighbours = self._database.rows("tag_neighbours", tag=tag.key)
        return TagPage(
            tag=tag.label,
            things=tag.things or 0,
            closest=self.cards([row["id"] for row in closest or bearers]),
            basis=_CLOSENESS if closest else _BEARERS,
            neighbours=self.tags.choices(row["tag"] for row in neighbours)[:_NEIGHBOURS],
            synthetic=self._database.synthetic,
        )

    def cards(self, ids: Sequence[int], similarities: Sequence[float] | None = None) -> list[Card]:
        """Return what a list shows of things, in their order.

        Parameters
        ----------
        ids : sequence of int
            Unknown ones are left out, and those that no list shows.
        similarities : sequence of float, optional
            One for each, written on its card.
        """
        return self._things.cards(ids, similarities)

    def picture(self, thing_id: int) -> bytes | None:
        """Return a thing's cover as a small JPEG of its own, or ``None`` where none is shown."""
        cards = self.cards([thing_id]) if 0 < thing_id <= LARGEST_ID else []
        return self._small(thing_id) if cards and cards[0].has_picture else None

    def _card_of(self, thing_id: int) -> list[Card]:
        known = 0 < thing_id <= LARGEST_ID
        return self._things.cards([thing_id], unlisted=True) if known else []

    def _named_thing(self, named: re.Match[str] | None) -> int | None:
        cards = self._card_of(int(named[1])) if named else []
        return cards[0].id if cards else None


def _small(pictures: Pictures, thing_id: int) -> bytes | None:
    content = pictures.content(thing_id)
    if content is None:
        return None
    try:
        return small_picture(content, PICTURE_PIXELS)
    except PictureRefusedError:
        return None


def _basis(bases: Sequence[str]) -> str:
    """Return in words what most of a list rests on; of equally many, the first."""
    return _BASES[max(bases, key=bases.count)] if bases else _NO_LIKENESS
