"""What the web app is asked, as its API and its pages send it.

Every model forbids what it does not know, every text and list has an end, and numbers are finite.
These bounds are part of the documentation of the API.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

MOST_TAGS = 50
MOST_PICTURES = 8
MOST_MEGABYTES = 1e6
LARGEST_COUNT = 1_000_000_000
LARGEST_ID = 2**53 - 1
"""Ids that JavaScript, too, keeps exactly; the site's have eight digits."""

Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Amount = Annotated[FiniteFloat, Field(ge=0, le=LARGEST_COUNT)]
Measure = Annotated[FiniteFloat, Field(ge=-LARGEST_COUNT, le=LARGEST_COUNT)]
ThingId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Tag = Annotated[str, Field(max_length=100)]
Setting = Literal["supports", "rafts", "resolution", "infill"]


class Asked(BaseModel):
    """Something that a client sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DraftCreator(Asked):
    """Who posts it, as far as they tell; what is left out is taken as usual in the category."""

    followers: Count | None = Field(None, description="People who follow the creator")
    following: Count | None = Field(None, description="Users whom the creator follows")
    designs: Count | None = Field(None, description="Things the creator has published")
    accepts_tips: bool | None = None
    earlier_designs: Count | None = Field(
        None, description="Of the sampled things, those that the creator published earlier"
    )
    days_since_first: Count | None = Field(None, description="Days since the first of them")
    days_since_previous: Count | None = Field(None, description="Days since the last of them")
    earlier_median_downloads: Amount | None = Field(None, description="Their median downloads")
    earlier_most_downloads: Amount | None = Field(None, description="Downloads of the best of them")


class DraftPost(Asked):
    """A post that somebody prepares. Every part may be left out."""

    title: str = Field("", max_length=300)
    description: str = Field("", max_length=20_000)
    instructions: str = Field("", max_length=20_000)
    category: str | None = Field(None, max_length=200, description="A name from /options")
    tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS)
    licence: str | None = Field(None, max_length=100, description="A key from /options")
    files: dict[Annotated[str, Field(max_length=20)], Annotated[int, Field(ge=0, le=10_000)]] = (
        Field(default_factory=dict, max_length=20, description="Files by kind: a key from /options")
    )
    megabytes: Annotated[FiniteFloat, Field(ge=0, le=MOST_MEGABYTES)] | None = Field(
        None, description="Size of all files together, in megabytes (10^6 bytes)"
    )
    photographs: Annotated[int, Field(ge=0, le=1_000)] | None = Field(
        None, description="Pictures that the creator uploads"
    )
    remix: bool | None = None
    work_in_progress: bool | None = None
    customizable: bool | None = None
    print_settings: list[Setting] | None = Field(
        None, max_length=4, description="Print settings that are filled in; null is not decided"
    )
    needs_supports: bool | None = None
    weekday: Annotated[int, Field(ge=1, le=7)] | None = Field(
        None, description="Planned day of publication (UTC), Monday 1 to 7"
    )
    hour: Annotated[int, Field(ge=0, le=23)] | None = Field(None, description="Planned hour (UTC)")
    creator: DraftCreator = Field(default_factory=DraftCreator)
    cover: dict[Annotated[str, Field(max_length=60)], Measure] | None = Field(
        None,
        max_length=60,
        description="What the cover picture measures, as /pictures answered (`measures`)",
    )
    based_on: ThingId | None = Field(
        None, description="Known thing whose figures stand for what the draft leaves out"
    )


class TagsAsked(Asked):
    """What tags are asked for."""

    title: str = Field("", max_length=300)
    description: str = Field("", max_length=20_000)
    category: str | None = Field(None, max_length=200)
    tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS)
