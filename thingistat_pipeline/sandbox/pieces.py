"""The pieces that answers are put together from: people, tags, categories, pictures, files."""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from thingistat_pipeline.sandbox.addresses import ORIGINAL, SIZES, Picture, path_of
from thingistat_pipeline.sandbox.catalogue import Thing
from thingistat_pipeline.sandbox.drift import Era, is_as_recorded
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.texts import WrittenTag, rare_word, subcategory_of
from thingistat_pipeline.sandbox.timeline import newest_id, written
from thingistat_pipeline.sandbox.users import personal, profiles, user_name
from thingistat_pipeline.sandbox.vocabulary import (
    LIVE_SHARE,
    PARTS_PER_TOP,
    TOP_CATEGORIES,
    slug_of,
    tag_key,
)

Json = dict[str, Any]

_SHAPE_ENDINGS = ("stl", "stl", "stl", "stl", "stl", "stl", "STL", "obj", "3mf")
_PLAIN_ENDINGS = ("scad", "f3d", "step", "pdf", "txt", "dxf", "FCStd", "zip")


class World(NamedTuple):
    """What an answer depends on: the seed, the day, and the address that it names."""

    seed: int
    today: date
    url: str

    @property
    def newest(self) -> int:
        """The greatest id given out."""
        return newest_id(self.today)


class FileSketch(NamedTuple):
    """A file of a thing: its number, name, size in bytes, whether the site can draw it."""

    id: int
    name: str
    size: int
    rendered: bool
    share_of_downloads: float


def people(world: World, users: list[int]) -> list[Json]:
    """Return the public summaries of users."""
    who = profiles(world.seed, np.array(users, dtype=np.int64), world.today)
    counts = zip(who.followers, who.following, who.designs, strict=True)
    return [
        _person(world, user, *(int(count) for count in three))
        for user, three in zip(users, counts, strict=True)
    ]


def creator_answer(world: World, thing: Thing) -> Json:
    """Return the public summary of a thing's creator."""
    return _person(world, thing.creator, thing.followers, thing.following, thing.designs)


def _person(world: World, user: int, followers: int, following: int, designs: int) -> Json:
    """Return a user's summary with all keys that any year's answers have."""
    name = user_name(world.seed, user)
    first, last, place, tips = personal(world.seed, user)
    return {
        "id": user,
        "name": name,
        "first_name": first,
        "last_name": last,
        "url": f"{world.url}/users/{name}",
        "public_url": f"{world.url}/{name}",
        "thumbnail": f"{world.url}/site/img/default/avatar/avatar_default_thumb_medium.jpg",
        "count_of_followers": followers,
        "count_of_following": following,
        "count_of_designs": designs,
        "collection_count": following // 3,
        "make_count": following // 4,
        "accepts_tips": tips,
        "is_following": False,
        "location": place,
        "cover": f"{world.url}/site/img/default/cover/cover-{user % 12}_preview_large.jpg",
        "is_admin": False,
        "is_moderator": False,
        "is_featured": False,
        "is_verified": False,
    }


def tag_answers(world: World, tags: list[WrittenTag]) -> list[Json]:
    """Return tags as a thing's answer lists them."""
    answers = []
    for tag in tags:
        key = tag_key(tag.name)
        url = f"{world.url}/tags/{key}"
        answers.append(
            {
                "name": tag.name,
                "tag": key,
                "url": url,
                "count": tag.uses,
                "things_url": f"{url}/things",
                "absolute_url": f"{world.url}/tag:{tag.name.replace(' ', '_')}",
            }
        )
    return answers


def category_answers(world: World, thing: Thing) -> list[Json]:
    """Return a thing's categories: the part, then the top category it lies in; maybe none."""
    if thing.top < 0:
        return []
    answers = [top_category(world, thing.top)]
    if thing.part >= 0:
        part = TOP_CATEGORIES[thing.top].parts[thing.part]
        number = 11 + PARTS_PER_TOP * thing.top + thing.part
        share = (1 / (thing.part + 1.5)) / sum(1 / (k + 1.5) for k in range(PARTS_PER_TOP))
        count = int(answers[0]["count"] * share)
        answers.insert(0, _category(world, number, part.name, slug_of(part.name), count))
    return answers


def top_category(world: World, top: int) -> Json:
    """Return one of the ten top categories."""
    category = TOP_CATEGORIES[top]
    share = category.things / sum(other.things for other in TOP_CATEGORIES)
    count = int(world.newest * LIVE_SHARE * share)
    return _category(world, top + 1, category.name, category.slug, count)


def _category(world: World, number: int, name: str, slug: str, count: int) -> Json:
    url = f"{world.url}/categories/{slug}"
    return {
        "id": number,
        "name": name,
        "url": url,
        "count": count,
        "slug": slug,
        "things_url": f"{url}/things",
    }


@lru_cache(maxsize=512)
def files_of(seed: int, thing: Thing) -> tuple[FileSketch, ...]:
    """Return a thing's files; as many of them are rendered as it has renders."""
    dice = Dice(seed, "files", thing.id)
    word = dice.zipf(subcategory_of(thing).tags).replace(" ", "_")
    sketches = []
    for k in range(thing.file_count):
        rendered = k < thing.renders
        shaped = k < thing.file_count - thing.plain_files
        ending = dice.choice(_SHAPE_ENDINGS if shaped else _PLAIN_ENDINGS)
        part = "" if thing.file_count == 1 else f"_{rare_word(dice.below(400))}{k + 1}"
        size = int(40 * 10 ** (5 * dice.random() ** 0.8 + 1))
        # Every click on a file counts, so that files may be taken more often than the thing.
        share = 0.97 if thing.file_count == 1 else 0.5 + 1.4 * dice.random() ** 1.5
        name = f"{word}{part}.{ending}"
        sketches.append(FileSketch(128 * thing.id + k, name, size, rendered, share))
    return tuple(sketches)


@lru_cache(maxsize=512)
def pictures_of(seed: int, thing: Thing) -> tuple[tuple[Picture, str], ...]:
    """Return a thing's pictures with their names (without ending): photographs, then renders."""
    dice = Dice(seed, "pictures", thing.id)
    photographs = [
        (Picture(thing.id, k, False), f"IMG_{dice.below(10_000):04d}") for k in range(thing.photos)
    ]
    rendered = [file.name.rpartition(".")[0] for file in files_of(seed, thing) if file.rendered]
    renders = [(Picture(thing.id, k, True), name) for k, name in enumerate(rendered)]
    return (*photographs, *renders)


def image_answer(world: World, thing: Thing, era: Era, position: int) -> Json:
    """Return one of a thing's pictures as ``/images`` lists it."""
    picture, name = pictures_of(world.seed, thing)[position]
    answer: Json = {
        "id": image_id(picture),
        "url": f"{world.url}/things/{thing.id}/images/{image_id(picture)}",
        "name": f"{name}.{'png' if picture.rendered else 'jpg'}",
        "sizes": sizes_of(world, picture, name),
    }
    if era is not Era.Y2014:
        answer["added"] = written(thing.added - 90)
    return answer


def default_image(world: World, thing: Thing, era: Era) -> Json | None:
    """Return the picture that a thing is shown with; its address ends in .stl where drawn."""
    pictures = pictures_of(world.seed, thing)
    if not pictures:
        return None
    picture, name = pictures[0]
    answer = image_answer(world, thing, Era.Y2025, 0)
    path = path_of(picture, name, ORIGINAL)
    if picture.rendered and era in {Era.Y2023, Era.Y2025}:
        path = path.removesuffix(".jpg").replace("/renders/", "/assets/") + ".stl"
    answer["url"] = world.url + path
    return answer


def thumbnail(world: World, thing: Thing, size: str) -> str:
    """Return the address of a thing's thumbnail; three gears where it has no picture."""
    pictures = pictures_of(world.seed, thing)
    if not pictures:
        return f"{world.url}/site/img/default/Gears_{size}.jpg"
    picture, name = pictures[0]
    return world.url + path_of(picture, name, size)


def sizes_of(world: World, picture: Picture, name: str) -> list[Json]:
    """Return the addresses of a picture in all fifteen sizes."""
    listed = []
    for size in SIZES:
        kind, _, measure = size.partition("_")
        url = world.url + path_of(picture, name, size)
        listed.append({"type": kind, "size": measure, "url": url})
    return listed


def image_id(picture: Picture) -> int:
    """Return a picture's number on the site."""
    return 512 * picture.thing_id + 2 * picture.number + picture.rendered


def file_answer(world: World, thing: Thing, era: Era, position: int) -> Json:
    """Return one of a thing's files as ``/files`` lists it."""
    file = files_of(world.seed, thing)[position]
    url = f"{world.url}/files/{file.id}"
    drawn = Picture(thing.id, position, True)
    stem = file.name.rpartition(".")[0]
    answer: Json = {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "url": url,
        "public_url": f"{world.url}/download:{file.id}",
        "download_url": f"{url}/download",
        "threejs_url": f"{url}/threejs.js" if file.rendered else "",
        "thumbnail": world.url
        + (
            path_of(drawn, stem, "thumb_medium")
            if file.rendered
            else "/site/img/default/Gears_thumb_medium.jpg"
        ),
        "default_image": None,
        "date": written(thing.added - 120)[:19].replace("T", " "),
        "formatted_size": f"{max(1, file.size // 1024)} kb",
        "meta_data": [],
        "download_count": int(thing.download_count * file.share_of_downloads),
    }
    if file.rendered:
        answer["default_image"] = {
            "id": image_id(drawn),
            "url": world.url + path_of(drawn, stem, ORIGINAL),
            "name": f"{stem}.png",
            "sizes": sizes_of(world, drawn, stem),
            "added": written(thing.added - 90),
        }
    if era is Era.Y2014 and is_as_recorded(world.seed, thing.id):
        del answer["download_count"]
    return answer
