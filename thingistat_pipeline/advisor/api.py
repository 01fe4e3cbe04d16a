"""The JSON API under ``/api/v1``: what the pages themselves use, and anybody else may.

Endpoints only hand over: what comes in is in `asked`, what goes out in `answered`, what is
computed is in the modules that they call. Each looks at one published version from its beginning
to its end, whatever is published meanwhile. Whatever goes wrong is a `Problem`.
"""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from thingistat_pipeline.advisor.answered import (
    Advice,
    CreatorFound,
    ExistingDraft,
    Found,
    Options,
    PictureRanking,
    Problem,
    Status,
    TagPage,
    TagSuggestions,
    ThingPage,
)
from thingistat_pipeline.advisor.asked import LARGEST_ID, MOST_PICTURES, DraftPost, TagsAsked
from thingistat_pipeline.advisor.desk import AtDesk
from thingistat_pipeline.advisor.uploads import (
    PICTURE_BYTES,
    PICTURES_BYTES,
    uploaded_pictures,
)

Answer = TypeVar("Answer")

PREFIX = "/api/v1"
BODY_BYTES = 256_000
"""Bytes that the body of any request but the pictures' may have."""
BODY_SECONDS = 60
_KEPT = {"cache-control": "private, max-age=86400"}


_WAIT = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}


def _problems(**meanings: str) -> dict[int | str, dict[str, Any]]:
    return {
        name.removeprefix("_"): {"model": Problem, "description": meaning}
        for name, meaning in meanings.items()
    }


_ALWAYS = _problems(
    _400="The body cannot be read.",
    _401="Where the server asks for a token: `Authorization: Bearer TOKEN` is missing or wrong.",
    _403="The request comes from a page of another site.",
    _408="The body did not come in time.",
    _413="The body is too large.",
    _421="The server does not answer under that host name.",
    _422="Something asked is out of its bounds; the error says what.",
    _429="Too many requests of this client in a minute.",
    _500="A bug in ThingiStat.",
    _503="Nothing is published yet, or too many requests are being answered.",
)
_ALWAYS["429"]["headers"] = _ALWAYS["503"]["headers"] = _WAIT
_UNKNOWN = _problems(_404="Nothing of that name or number is in the sample.")

router = APIRouter(prefix=PREFIX, responses=_ALWAYS)

ThingNumber = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Number of the thing")]
Text = Annotated[str, Query(max_length=300)]
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/status", summary="What all figures rest on")
async def status(desk: AtDesk) -> Status:
    """Return which data are published, their dates, and which models with how much skill."""
    return await desk.answer(lambda published: published.status)


@router.get("/options", summary="What the fields of a draft can be")
async def options(desk: AtDesk) -> Options:
    """Return categories, licences, kinds of files and print settings."""
    return await desk.answer(lambda published: published.adviser.options())


@router.post("/advice", summary="Advise on a draft")
async def advice(draft: DraftPost, desk: AtDesk) -> Advice:
    """Return predicted downloads, what pushes them up and down, and what could be changed.

    Downloads are whole counts since publication, at ages in days, with 80 % intervals; factors
    multiply downloads and carry 95 % intervals. Figures tell what is associated with more
    downloads, not what causes them.
    """
    return await desk.answer(lambda published: published.adviser.advice(draft))


@router.post(
    "/pictures",
    summary="Rank candidate pictures",
    responses=_problems(_415="The body is no multipart form."),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": f"1 to {MOST_PICTURES} pictures (JPEG, PNG or WebP), each of at most "
            f"{PICTURE_BYTES / 1e6:.0f} MB, {PICTURES_BYTES / 1e6:.0f} MB together. "
            "They are looked at and forgotten.",
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["pictures"],
                        "additionalProperties": False,
                        "properties": {
                            "pictures": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": MOST_PICTURES,
                                "items": {"type": "string", "format": "binary"},
                            }
                        },
                    }
                }
            },
        }
    },
)
async def pictures(request: Request, desk: AtDesk) -> PictureRanking:
    """Return which picture would make the best cover, why, and what it looks like.

    Chances lie between 0 and 1, the uplift multiplies downloads (95 % interval, on held-out data).
    A picture that cannot be looked at says why in `refused`; 422 if that is true of all.
    """
    return await desk.ranking(await uploaded_pictures(request))


@router.post("/tags", summary="Suggest tags for a draft")
async def tags(draft: TagsAsked, desk: AtDesk) -> TagSuggestions:
    """Return tags that posts like this draft bear, the best first, and how common each is."""
    return await desk.answer(lambda published: published.tagger.suggestions(draft))


@router.get("/search", summary="Search things by name, tag, number or address")
async def search(
    desk: AtDesk, q: Text = "", page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Found:
    """Return the tags and things that match; of a thing's number or address, that thing."""
    return await desk.answer(lambda published: published.catalogue.search(q, page))


@router.get("/things/{thing_id}", summary="A thing", responses=_UNKNOWN)
async def thing(thing_id: ThingNumber, desk: AtDesk) -> ThingPage:
    """Return a thing's figures over time (counts, times in UTC), its likes and its likenesses."""
    found = await desk.answer(lambda published: published.catalogue.thing(thing_id))
    return _found(found, f"Thing {thing_id}")


@router.get("/things/{thing_id}/draft", summary="A thing as a draft", responses=_UNKNOWN)
async def thing_as_draft(thing_id: ThingNumber, desk: AtDesk) -> ExistingDraft:
    """Return a known thing as the draft of a post, to ask what if."""
    found = await desk.answer(lambda published: published.adviser.existing(thing_id))
    return _found(found, f"Thing {thing_id}")


@router.get(
    "/things/{thing_id}/picture",
    summary="A thing's picture",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "A small JPEG, re-encoded here."},
        **_UNKNOWN,
    },
)
async def picture(thing_id: ThingNumber, desk: AtDesk) -> Response:
    """Return a small copy of a thing's cover picture."""
    found = await desk.answer(lambda published: published.catalogue.picture(thing_id))
    content = _found(found, f"A picture of thing {thing_id}")
    return Response(content, media_type="image/jpeg", headers=_KEPT)


@router.get("/tags/{tag:path}", summary="A tag", responses=_UNKNOWN)
async def tag_page(tag: Annotated[str, Path(max_length=100)], desk: AtDesk) -> TagPage:
    """Return the things that are closest to a tag, and the tags near it."""
    found = await desk.answer(lambda published: published.catalogue.tag(tag))
    return _found(found, f"The tag {tag}")


@router.get("/creators", summary="Look up a creator")
async def creators(desk: AtDesk, q: Text = "") -> list[CreatorFound]:
    """Return known creators whose names begin like this, with figures for a draft."""
    return await desk.answer(lambda published: published.adviser.creators(q))


def _found(answer: Answer | None, what: str) -> Answer:
    if answer is None:
        raise HTTPException(404, f"{what} is not in the sample.")
    return answer
