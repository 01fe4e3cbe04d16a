"""What the web app answers, as its API and its pages see it.

Counts are whole, shares lie between 0 and 1, times are UTC. A figure that is unknown is null, never
zero; one that is known is finite.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from thingistat_pipeline.advisor.asked import DraftCreator, DraftPost

Evidence = Literal["strong", "moderate", "weak", "none", "not examined"]
_LOADING = Field(
    default=False,
    description="Whether it is not there yet, but will be in a few seconds: the server has just "
    "started. Ask again then",
)


class Answered(BaseModel):
    """Something that a client gets."""

    model_config = ConfigDict(frozen=True)


class Interval(Answered):
    """A figure and where it lies: 80 % for predictions, 95 % for everything else."""

    value: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat


class ModelState(Answered):
    """One of the published models."""

    name: str
    available: bool
    version: str | None
    loading: bool = _LOADING
    reason: str | None = Field(None, description="Why there is none, and what to do")
    skill: str | None = Field(None, description="How well it does, with its interval, in words")
    effort: str | None = Field(None, description="Size of the searches: quick or full")


class Status(Answered):
    """What everything rests on; on every page and in every answer that shows figures."""

    source: str = Field(description="sandbox, thingiverse or a mixture, in words")
    synthetic: bool = Field(description="Whether the data were made up by the sandbox")
    things: int
    observed_from: datetime | None
    observed_to: datetime | None
    version: str = Field(description="Version of the published database")
    models: list[ModelState]
    problem: str | None = Field(
        None, description="Why what was published last is not shown, and what to do"
    )
    notice: str = Field(
        "Figures tell what is associated with more downloads, not what causes them.",
        description="How figures are to be read",
    )


class Choice(Answered):
    """Something to choose from a list."""

    key: str
    label: str
    things: int | None = Field(None, description="How many things have it")


class Options(Answered):
    """What the fields of a draft can be."""

    categories: list[Choice]
    licences: list[Choice]
    file_kinds: list[Choice]
    print_settings: list[Choice]


class Percentile(Answered):
    """Place among known posts of the same category and about the same age, 0 to 100."""

    value: FiniteFloat
    low: FiniteFloat = Field(description="At the lower end of the prediction's interval")
    high: FiniteFloat
    things: int = Field(description="Posts that it is compared with")
    from_days: int = Field(description="Their age at least")
    to_days: int = Field(description="Their age at most")
    category: str | None = Field(
        description="Their category; null: all of them, for want of others"
    )


class Forecast(Answered):
    """Downloads that are predicted for one age."""

    days: int
    downloads: Interval = Field(description="With the 80 % interval")
    coverage: Interval | None = Field(
        None, description="How often such intervals held on creators never seen, with 95 % interval"
    )
    percentile: Percentile | None
    caution: str | None = Field(None, description="Why to trust it less, where there is a reason")


class Push(Answered):
    """What a feature of the draft does to the prediction, against the category's typical post."""

    feature: str
    label: str
    value: str = Field(description="The draft's, in words")
    typical: str = Field(description="The typical post's, in words")
    factor: FiniteFloat = Field(description="Predicted downloads are multiplied by this")


class Change(Answered):
    """A change that a creator can make, and what goes with it in the data."""

    key: str
    sentence: str
    before: str
    after: str
    state: Literal["possible", "done", "does not apply", "not told"] = Field(
        description="Whether the draft can still make it"
    )
    factor: Interval | None = Field(None, description="Of downloads, with the 95 % interval")
    evidence: Evidence
    evidence_in_words: str
    support: int | None = Field(None, description="Things that have made it")
    outside: str | None = Field(
        None, description="Why it is greyed out: the draft lies outside what the model has seen"
    )
    note: str = ""


class Outside(Answered):
    """A value of the draft that the model has not seen the like of."""

    feature: str
    label: str
    value: str = Field(description="In words; empty where no number says anything")
    seen: str = Field(
        description="The range that holds 98 % of what it was fitted on, in words; or empty"
    )


class Advice(Answered):
    """What is known for a draft."""

    available: bool
    reason: str | None = Field(None, description="Why there is none, and what to do")
    forecasts: list[Forecast] = Field(default_factory=list)
    pushes: list[Push] = Field(default_factory=list, description="Strongest first")
    others: FiniteFloat | None = Field(None, description="Factor of all features not listed")
    typical: str = Field("", description="What the typical post is, in words")
    typical_downloads: FiniteFloat | None = None
    pushes_at_days: int | None = None
    changes: list[Change] = Field(default_factory=list, description="Worth most first")
    outside: list[Outside] = Field(default_factory=list)
    assumed: list[str] = Field(
        default_factory=list, description="What was not told and taken as usual, in words"
    )
    model: ModelState | None = None
    fitted_on: int | None = Field(None, description="Things that the model was fitted on")
    synthetic: bool = False


class Card(Answered):
    """A thing in a list."""

    id: int
    name: str
    creator: str | None
    downloads: int | None
    likes: int | None
    published: datetime | None
    has_picture: bool
    url: str | None = Field(description="Its page on the site; https, or null")
    similarity: FiniteFloat | None = None
    remark: str = Field("", description="For instance: nearly the same picture")


class Reason(Answered):
    """What speaks for or against a picture."""

    feature: str
    label: str
    value: str
    compared: str = Field(description="Beside the average cover picture, in words")
    speaks: Literal["for", "against", "neither"]


class RankedPicture(Answered):
    """A candidate picture, or why it could not be looked at."""

    number: int = Field(description="Which of the pictures sent, from 0")
    name: str
    place: int | None = Field(None, description="1 is the best; null if it was refused")
    refused: str | None = None
    chance: FiniteFloat | None = Field(
        None, description="How likely it would do better than the average of the others"
    )
    photograph: FiniteFloat | None = Field(None, description="How likely it is a photograph")
    reasons: list[Reason] = Field(default_factory=list)
    look_alikes: list[Card] = Field(default_factory=list)
    measures: dict[str, FiniteFloat] = Field(
        default_factory=dict, description="For `cover` of a draft"
    )


class PictureRanking(Answered):
    """Candidate pictures, in the order in which they were sent."""

    available: bool
    loading: bool = _LOADING
    reason: str | None = None
    pictures: list[RankedPicture] = Field(default_factory=list)
    best: int | None = Field(None, description="Number of the best")
    uplift: Interval | None = Field(
        None, description="Downloads of the best of `best_of` over a random one, on held-out data"
    )
    best_of: int | None = None
    accuracy: Interval | None = Field(
        None, description="How often the better of two was told, on creators never seen"
    )
    caution: str = ""
    look_alikes_basis: str = Field("", description="How look-alikes are chosen, in words")
    synthetic: bool = False


class SuggestedTag(Answered):
    """A tag that the draft might bear."""

    tag: str
    things: int = Field(description="Live things that bear it")
    rank: int


class TagSuggestions(Answered):
    """Tags for a draft."""

    available: bool
    loading: bool = _LOADING
    reason: str | None = None
    suggested: list[SuggestedTag] = Field(default_factory=list)
    known: dict[str, int] = Field(
        default_factory=dict, description="Of the draft's own tags: how many things bear each"
    )
    recovered: Interval | None = Field(
        None, description="Share of hidden tags that are among the ten suggested, on held-out tags"
    )
    things: int | None = Field(None, description="Things that tags are counted on")
    synthetic: bool = False


class Found(Answered):
    """What a search found."""

    query: str
    thing: int | None = Field(None, description="The thing whose id or address was given")
    tags: list[Choice] = Field(default_factory=list)
    things: list[Card] = Field(default_factory=list)
    total: int = Field(0, description="Things that match, at most 10,000 counted")
    page: int = 1
    pages: int = 0


class Observation(Answered):
    """A thing's figures on one day."""

    observed_at: datetime
    downloads: int | None
    likes: int | None
    makes: int | None
    comments: int | None


class ThingPage(Answered):
    """Everything about one thing."""

    card: Card
    category: list[str]
    licence: str | None
    description: str
    tags: list[Choice]
    observations: list[Observation]
    liked_too: list[Card]
    liked_too_basis: str = Field(description="What the list rests on, in words")
    looks_like: list[Card]
    synthetic: bool


class TagPage(Answered):
    """A tag: what is closest to it, and which tags are near."""

    tag: str
    things: int
    closest: list[Card]
    basis: str = Field(description="What closeness is, in words")
    neighbours: list[Choice]
    synthetic: bool


class CreatorFound(Answered):
    """A known creator, whose figures can stand in a draft."""

    name: str
    figures: DraftCreator


class ExistingDraft(Answered):
    """A known thing as a draft to play with."""

    card: Card
    draft: DraftPost
    remark: str


class Problem(Answered):
    """What went wrong, and what to do."""

    error: str = Field(description="One sentence")
    hint: str = Field("", description="What to do")
