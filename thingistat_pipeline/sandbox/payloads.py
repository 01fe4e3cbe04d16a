"""The bodies of the answers, as the real API writes them.

Each function returns plain JSON values for a `World` (seed, day, address); `encoded` writes them
with escaped slashes and escaped non-ASCII characters, as PHP's encoder does.
"""

import json
from html import escape

import msgspec
import numpy as np

from thingistat_pipeline.sandbox.addresses import ORIGINAL, Picture, path_of
from thingistat_pipeline.sandbox.catalogue import (
    State,
    Thing,
    describe_thing,
    is_live,
    state_of,
)
from thingistat_pipeline.sandbox.drift import drifted, era_of
from thingistat_pipeline.sandbox.likers import likers_of
from thingistat_pipeline.sandbox.pieces import (
    Json,
    World,
    category_answers,
    creator_answer,
    default_image,
    file_answer,
    files_of,
    image_answer,
    people,
    pictures_of,
    tag_answers,
    thumbnail,
    top_category,
)
from thingistat_pipeline.sandbox.randomness import Dice
from thingistat_pipeline.sandbox.texts import description, instructions, tags_of, title
from thingistat_pipeline.sandbox.timeline import noon_of, written
from thingistat_pipeline.sandbox.users import is_registered, profiles, user_number
from thingistat_pipeline.sandbox.vocabulary import (
    FILAMENTS,
    LICENSES,
    PRINTERS,
    TOP_CATEGORIES,
)

SEARCH_TOTAL_CAP = 10_000

_STATUS_AND_ERROR: dict[State, tuple[int, str]] = {
    "never": (404, "Thing {id} does not exist"),
    "deleted": (404, "Thing {id} does not exist"),
    "unpublished": (403, "Thing has not been published"),
    "private": (401, "Thing is private"),
    "moderated": (403, "Thing is under moderation"),
}
# The status of the last two was never recorded. One is given as 401 and one as 403, because a
# client must take neither for a revoked token or a ban.

_EDU_PARTS: list[Json] = [
    {
        "type": "grades",
        "name": "Grade",
        "required": "recommended",
        "save_as_component": False,
        "template": "taglist_select",
        "fieldname": "grades",
        "default": "Choose a range",
        "opts": {"15": "Kindergarten", "16": "1st Grade", "28": "Higher Education"},
    },
    {
        "type": "skills",
        "name": "Skills",
        "label": "Enter each skill",
        "required": False,
        "template": "taglist",
        "fieldname": "skills",
        "default": "Choose skills",
        "opts": [],
    },
    {"type": "overview", "name": "Overview", "required": "required"},
]


def encoded(body: object) -> bytes:
    """Return a body as bytes: slashes escaped, characters beyond ASCII as four hex digits."""
    text = msgspec.json.encode(body)
    if not text.isascii():
        text = json.dumps(body, separators=(",", ":")).encode("ascii")
    return text.replace(b"/", b"\\/")


def refusal(world: World, number: int) -> tuple[int, Json] | None:
    """Return status and body for an id that is not live, None for one that is."""
    state = state_of(world.seed, number, world.today)
    if state == "live":
        return None
    status, error = _STATUS_AND_ERROR[state]
    return status, {"error": error.format(id=number)}


def thing_of(world: World, number: int) -> Thing:
    """Return the thing behind an answer."""
    return describe_thing(number, world.seed, world.today)


def thing_answer(world: World, number: int) -> Json:
    """Return the body of ``/things/{id}`` in the shape of the thing's year."""
    thing = thing_of(world, number)
    era = era_of(int(written(thing.added)[:4]))
    return drifted(world.seed, _full_answer(world, thing), era)


def _full_answer(world: World, thing: Thing) -> Json:
    """Return today's keys and those that were dropped over the years, flags as 0 and 1."""
    url = f"{world.url}/things/{thing.id}"
    text, manual = description(world.seed, thing), instructions(world.seed, thing)
    era = era_of(int(written(thing.added)[:4]))
    return {
        "id": thing.id,
        "name": title(world.seed, thing),
        "thumbnail": thumbnail(world, thing, "display_large"),
        "url": url,
        "public_url": f"{world.url}/thing:{thing.id}",
        "creator": creator_answer(world, thing),
        "added": written(thing.added),
        "modified": written(thing.added),
        "is_published": 1,
        "is_wip": int(thing.wip),
        "is_featured": thing.featured,
        "is_nsfw": thing.nsfw,
        "is_ai": thing.ai,
        "is_winner": False,
        "is_edu_approved": False,
        "is_printable": False,
        "like_count": thing.like_count,
        "is_liked": False,
        "collect_count": thing.collect_count,
        "is_collected": False,
        "comment_count": thing.comment_count,
        "is_watched": False,
        "default_image": default_image(world, thing, era),
        "description": text,
        "instructions": manual,
        "description_html": _paragraphs(text),
        "instructions_html": _paragraphs(manual),
        "details": f'<div><h1 class="thing-component-header summary summary">Summary</h1>\n'
        f"{_paragraphs(text)}</div>",
        "details_parts": _details_parts(world.seed, thing, text),
        "edu_details": "",
        "edu_details_parts": _EDU_PARTS,
        "license": Dice(world.seed, "license", thing.id).zipf(LICENSES),
        "allows_derivatives": True,
        "files_url": f"{url}/files",
        "images_url": f"{url}/images",
        "likes_url": f"{url}/likes",
        "ancestors_url": f"{url}/ancestors",
        "derivatives_url": f"{url}/derivatives",
        "tags_url": f"{url}/tags",
        "tags": tag_answers(world, tags_of(world.seed, thing, world.newest)),
        "categories_url": f"{url}/categories",
        "file_count": thing.file_count,
        "layout_count": 0,
        "layouts_url": f"{world.url}/layouts/{thing.id}",
        "is_private": 0,
        "is_purchased": 0,
        "in_library": False,
        "print_history_count": 0,
        "app_id": thing.id if thing.customizer else None,
        "download_count": thing.download_count,
        "view_count": thing.view_count,
        "education": {"grades": [], "subjects": []},
        "remix_count": thing.remix_count,
        "make_count": thing.make_count,
        "app_count": 4 if thing.renders else 0,
        "root_comment_count": thing.root_comment_count,
        "moderation": "",
        "is_derivative": thing.is_derivative,
        "ancestors": _ancestors(world, thing),
        "can_comment": True,
        "type_name": "Thing",
        "is_banned": False,
        "is_comments_disabled": False,
        "needs_moderation": 0,
        "is_decoy": 0,
        "zip_data": _zip_data(world, thing),
    }


def _paragraphs(text: str) -> str:
    if not text:
        return "<div></div>\n"
    parts = text.replace("\r\n", "\n").split("\n\n")
    return f"<div>{''.join(f'<p>{escape(part, quote=False)}</p>' for part in parts)}</div>\n"


def _details_parts(seed: int, thing: Thing, text: str) -> list[Json]:
    dice = Dice(seed, "details", thing.id)
    settings: Json = {"type": "settings", "name": "Print Settings"}
    if not thing.customized and dice.chance(0.35):
        settings["data"] = [
            {
                "printer": f"<div><p>{dice.choice(PRINTERS)}</p></div>\n",
                "rafts": dice.choice(("Yes", "No", "Doesn't Matter")),
                "supports": dice.choice(("Yes", "No")),
                "resolution": dice.choice(("0.1", "0.15", "0.2", "0.2mm", "0.28")),
                "infill": dice.choice(("10", "15%", "20%", "100 %")),
                "filament_material": f"<div><p>{dice.choice(FILAMENTS)}</p></div>\n",
            }
        ]
    tips: Json = {"type": "tips", "name": "Post-Printing"}
    if dice.chance(0.05):
        # Seen in the field: content may be a list, or not be there at all.
        tips["data"] = [{"content": ["Sand it", "Paint it"]} if dice.chance(0.5) else {}]
    return [
        {
            "type": "summary",
            "name": "Summary",
            "required": True if dice.chance(0.05) else "required",
            "data": [{"content": _paragraphs(text)}],
        },
        settings,
        tips,
        {"type": "design", "name": "How I Designed This"},
        {"type": "custom", "name": "Custom Section"},
    ]


def _ancestors(world: World, thing: Thing) -> list[Json]:
    if not thing.is_derivative:
        return []
    parent = thing_of(world, thing.ancestor)
    return [
        {
            "id": parent.id,
            "name": title(world.seed, parent),
            "url": f"{world.url}/things/{parent.id}",
            "public_url": f"{world.url}/thing:{parent.id}",
        }
    ]


def _zip_data(world: World, thing: Thing) -> Json:
    files = [
        {"name": file.name, "url": f"{world.url}/files/{file.id}/download"}
        for file in files_of(world.seed, thing)
    ]
    images = [
        {
            "name": f"{name}.{'png' if picture.rendered else 'jpg'}",
            "url": world.url + path_of(picture, name, ORIGINAL),
        }
        for picture, name in pictures_of(world.seed, thing)
    ]
    return {"files": files, "images": images}


def images_answer(world: World, number: int) -> list[Json]:
    """Return the body of ``/things/{id}/images``."""
    thing = thing_of(world, number)
    era = era_of(int(written(thing.added)[:4]))
    count = len(pictures_of(world.seed, thing))
    return [image_answer(world, thing, era, position) for position in range(count)]


def files_answer(world: World, number: int) -> list[Json]:
    """Return the body of ``/things/{id}/files``."""
    thing = thing_of(world, number)
    era = era_of(int(written(thing.added)[:4]))
    return [file_answer(world, thing, era, position) for position in range(thing.file_count)]


def categories_answer(world: World, number: int) -> list[Json]:
    """Return the body of ``/things/{id}/categories``."""
    return category_answers(world, thing_of(world, number))


def root_categories(world: World) -> list[Json]:
    """Return the body of ``/categories``: the top categories only."""
    return [top_category(world, top) for top in range(len(TOP_CATEGORIES))]


def likes_page(world: World, number: int, page: int, per_page: int) -> tuple[list[Json], int]:
    """Return one page of a thing's likers, counted from 1, and the number of all likers."""
    everybody = likers_of(world.seed, thing_of(world, number), world.newest)
    start = (page - 1) * per_page
    shown = list(everybody[start : start + per_page])
    return (people(world, shown) if shown else []), len(everybody)


def newest_things(world: World, page: int, per_page: int) -> Json:
    """Return the body of a search for things, newest first."""
    hits: list[Json] = []
    skip = (page - 1) * per_page
    for number in range(world.newest, 0, -1):
        if len(hits) == per_page:
            break
        if not is_live(world.seed, number, world.today):
            continue
        if skip > 0:
            skip -= 1
            continue
        hits.append(_hit(world, thing_of(world, number)))
    return {"total": SEARCH_TOTAL_CAP, "hits": hits}


def _hit(world: World, thing: Thing) -> Json:
    return {
        "id": thing.id,
        "name": title(world.seed, thing),
        "url": f"{world.url}/things/{thing.id}",
        "public_url": f"{world.url}/thing:{thing.id}",
        "created_at": written(thing.added),
        "thumbnail": thumbnail(world, thing, "thumb_medium"),
        "preview_image": thumbnail(world, thing, "preview_card"),
        "creator": creator_answer(world, thing),
        "is_private": 0,
        "is_purchased": 0,
        "is_published": 1,
        "is_featured": thing.featured,
        "is_edu_approved": None,
        "is_printable": False,
        "is_winner": False,
        "allows_derivatives": True,
        "comment_count": thing.comment_count,
        "make_count": thing.make_count,
        "like_count": thing.like_count,
        "tags": tag_answers(world, tags_of(world.seed, thing, world.newest)),
        "is_nsfw": None,
        "is_ai": thing.ai,
        "rank": None,
        "collect_count": thing.collect_count,
        "moderation": "",
        "is_banned": False,
        "needs_moderation": 0,
        "is_decoy": 0,
        "is_comments_disabled": False,
    }


def user_answer(world: World, name: str) -> Json | None:
    """Return the body of ``/users/{name}``, None where nobody has that name."""
    number = user_number(world.seed, name)
    if number is None or not is_registered(number, world.today):
        return None
    who = profiles(world.seed, np.array([number]), world.today)
    registered = min(float(who.registered[0]), noon_of(world.today).timestamp())
    answer = people(world, [number])[0]
    answer.update(
        {
            "bio": "",
            "level": 10,
            "country": None,
            "registered": written(registered),
            "things_url": f"{world.url}/users/{name}/things",
            "likes_url": f"{world.url}/users/{name}/likes",
            "types": [],
            "skill_level": "",
        }
    )
    return answer


def picture_exists(world: World, picture: Picture) -> bool:
    """Return whether a live thing has that picture."""
    if not is_live(world.seed, picture.thing_id, world.today):
        return False
    thing = thing_of(world, picture.thing_id)
    return picture.number < (thing.renders if picture.rendered else thing.photos)
