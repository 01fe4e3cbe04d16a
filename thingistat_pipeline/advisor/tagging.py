"""Tags for a draft, from the space that the recommender learned."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

from thingistat_pipeline.advisor.answered import Interval, ModelState, SuggestedTag, TagSuggestions
from thingistat_pipeline.advisor.asked import TagsAsked
from thingistat_pipeline.advisor.database import Database, served_version
from thingistat_pipeline.advisor.known import KnownTags
from thingistat_pipeline.advisor.reasons import UNUSABLE, why_unusable
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.answers.drafts import Draft, DraftAdvisor
from thingistat_pipeline.recommender.answers.space import Space
from thingistat_pipeline.recommender.answers.words import spelling
from thingistat_pipeline.recommender.model_names import EVALUATION, RECOMMENDER
from thingistat_pipeline.recommender.store import load_version
from thingistat_pipeline.report.wording import percent
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_metrics, version_folder
from thingistat_pipeline.thingiverse.payloads import tag_key

SUGGESTED = 10
"""How many tags are suggested; the held-out figure is for just as many."""


_ANY = Draft(title="a vase", tags=("vase",))


@dataclass(frozen=True, eq=False)
class Tagger:
    """Suggests tags for drafts, or says why it cannot.

    Attributes
    ----------
    advisor : DraftAdvisor or None
    model : ModelState
    recovered : Interval or None
        Of hidden tags of things of which title and category alone were told, the share among those
        suggested; with its 95 % interval over things.
    things : int or None
        Live things that tags are counted on.
    tags : KnownTags
    synthetic : bool
    """

    advisor: DraftAdvisor | None
    model: ModelState
    recovered: Interval | None
    things: int | None
    tags: KnownTags
    _: KW_ONLY
    synthetic: bool

    @classmethod
    def load(cls, settings: Settings, database: Database, tags: KnownTags | None = None) -> Self:
        """Load the recommender that goes with a database.

        Without one, or with a damaged one, the tagger says so whenever it is asked.

        Parameters
        ----------
        settings : Settings
        database : Database
        tags : KnownTags, optional
            Of the database, where they are at hand.
        """
        tags = tags or KnownTags(database)
        version = None
        try:
            version = served_version(settings, database, RECOMMENDER)
            stored = load_version(settings.models_dir, RECOMMENDER, version=version)
            told, inputs = stored.metrics, stored.provenance["inputs"]
            advisor = DraftAdvisor(
                Space.from_arrays(stored.arrays, told["space"]), method=told["tags_by"]
            )
            advisor.answer(_ANY, SUGGESTED)  # now, and not when the first client waits: it compiles
        except UNUSABLE as problem:
            why = why_unusable(problem, f"The stored model {RECOMMENDER}", settings)
            state = ModelState(name=RECOMMENDER, available=False, version=version, reason=why)
            return cls(None, state, None, None, tags, synthetic=database.synthetic)
        judged = _evaluation(settings, inputs.get(EVALUATION))
        recovered = _recovered(judged, told["tags_by"])
        state = ModelState(
            name=RECOMMENDER,
            available=True,
            version=version,
            reason=told.get("reason"),
            skill=_skill(recovered),
            effort=stored.provenance.get("effort"),
        )
        return cls(
            advisor, state, recovered, told.get("things"), tags, synthetic=database.synthetic
        )

    def suggestions(self, asked: TagsAsked) -> TagSuggestions:
        """Return tags that a draft might bear, and how common its own are."""
        if self.advisor is None:
            return TagSuggestions(
                available=False,
                loading=self.model.loading,
                reason=self.model.reason,
                synthetic=self.synthetic,
            )
        draft = Draft(asked.title, asked.description, tuple(asked.tags), asked.category or "")
        answer = self.advisor.answer(draft, SUGGESTED)
        rows = answer.suggested_tags.to_dicts()
        written = self._as_written([row["tag"] for row in rows])
        uses = {spelling(tag): things for tag, things in answer.known_tags.items()}
        return TagSuggestions(
            available=True,
            reason=answer.remark or None,
            suggested=[
                SuggestedTag(
                    tag=written.get(row["tag"], row["tag"]), things=row["things"], rank=row["rank"]
                )
                for row in rows
            ],
            known={tag: uses.get(spelling(tag), 0) for tag in asked.tags},
            recovered=self.recovered,
            things=self.things,
            synthetic=self.synthetic,
        )

    def _as_written(self, keys: list[str]) -> dict[str, str]:
        """Return how creators write tags, where that is the same tag."""
        known = self.tags.choices(keys)
        return {tag.key: tag.label for tag in known if tag_key(tag.label) == tag.key}

    def state(self) -> ModelState:
        """Return which model this is, and how well it does."""
        return self.model


def _evaluation(settings: Settings, version: str | None) -> Mapping[str, Any]:
    """Return how the version that the recommender was made with was judged, if that is known."""
    if version is None or not version_folder(settings.models_dir, EVALUATION, version).is_dir():
        return {}
    try:
        return read_metrics(settings.models_dir, EVALUATION, version=version)
    except ThingistatError:
        return {}


def _recovered(judged: Mapping[str, Any], method: str) -> Interval | None:
    drafts = (judged.get("tags") or {}).get("drafts") or {}
    for row in drafts.get("methods", ()):
        if row["method"] == method:
            return Interval(value=row["recall_at_10"], low=row["low"], high=row["high"])
    return None


def _skill(recovered: Interval | None) -> str | None:
    if recovered is None:
        return None
    return (
        f"The ten tags suggested from title and category alone hold {percent(recovered.value, 0)} "
        f"of hidden ones (95 % interval {percent(recovered.low, 0)} to "
        f"{percent(recovered.high, 0)})."
    )
