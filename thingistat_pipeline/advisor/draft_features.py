"""What each field of a draft makes of the features: counted as in published things.

A test holds this module to the SQL that counts those.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isnan, log

from thingistat_pipeline.advisor.asked import DraftCreator, DraftPost
from thingistat_pipeline.advisor.draft_texts import LanguageTeller, PageGrowth, words_of
from thingistat_pipeline.advisor.population import Population, Where
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.content import CONTENT
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.report.wording import listed, plain
from thingistat_pipeline.thingiverse.payloads import tag_key

Values = dict[str, float]
"""Features by name, NaN where unknown."""

FILES = "files_"
FILE_KINDS = tuple(
    feature.name.removeprefix(FILES) for feature in CONTENT if feature.name.startswith(FILES)
)
CREATOR_FEATURES = {
    "followers": "count_of_followers",
    "following": "count_of_following",
    "designs": "count_of_designs",
    "accepts_tips": "accepts_tips",
    "earlier_designs": "creator_earlier_designs",
    "days_since_first": "creator_days_since_first",
    "days_since_previous": "creator_days_since_previous",
    "earlier_median_downloads": "creator_earlier_median_downloads",
    "earlier_most_downloads": "creator_earlier_most_downloads",
}
"""What is told of a creator, and the feature that it is."""
EARLIER = "creator_earlier_designs"
HISTORY = tuple(CREATOR_FEATURES.values())[5:]
"""What there is of a creator only who has published before."""
SETTINGS = ("supports", "rafts", "resolution", "infill")
_UNKNOWN = float("nan")
_DRAWN = ("stl", "obj", "3mf")
"""Kinds of files of which the site draws a picture by itself."""
_LOOKS = frozenset(look.name for look in LOOKS)
_MEGABYTE = 1e6


class DraftRefusedError(ThingistatError):
    """A draft holds something that nobody can make sense of."""


@dataclass(frozen=True, slots=True)
class Base:
    """The known thing that a draft starts from.

    Attributes
    ----------
    thing_id : int
    name : str
    draft : DraftPost
        The draft that it would have been.
    """

    thing_id: int
    name: str
    draft: DraftPost


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """A draft that is being read.

    Attributes
    ----------
    draft : DraftPost
    values : dict of str to float
        Its features as far as they have been read; the others are as usual, or as in the base.
    own : str or None
        Its category, if that has things enough to tell what is usual.
    base : Base or None
    """

    draft: DraftPost
    values: Values
    own: str | None
    base: Base | None


@dataclass(frozen=True, eq=False, slots=True)
class DraftFeatures:
    """Turns the fields of a draft into features.

    Attributes
    ----------
    known : Population
    columns : Mapping of str to str
        The feature of each category's name.
    licences : Mapping of str to Mapping
        What each licence says, by its name: features of licences.
    tags : Mapping of str to int
        How many of the known things bear each tag.
    page : PageGrowth
    """

    known: Population
    columns: Mapping[str, str]
    licences: Mapping[str, Mapping[str, float]]
    tags: Mapping[str, int]
    page: PageGrowth
    languages: LanguageTeller = field(default_factory=LanguageTeller)

    def of_field(self, name: str, reading: Reading) -> Values:
        """Return the features that a field decides.

        Raises
        ------
        DraftRefusedError
            If it holds a licence, a kind of file or a measure of a picture that there is not.
        """
        return _READERS[name](self, reading)

    def _title(self, of: Reading) -> Values:
        return {"title_length": len(of.draft.title), "title_words": words_of(of.draft.title)}

    def _description(self, of: Reading) -> Values:
        length = len(of.draft.description)
        grown = self.page.description * (length - of.values.get("description_length", 0.0))
        return {
            "description_length": length,
            "description_words": words_of(of.draft.description),
            "description_links": of.draft.description.count("://"),
            "page_length": self._page(of.values, grown),
            **self.languages.features(of.draft.description),
        }

    def _instructions(self, of: Reading) -> Values:
        length = len(of.draft.instructions)
        grown = self.page.instructions * (length - of.values.get("instructions_length", 0.0))
        return {
            "instructions_length": length,
            "instructions_given": length > 0,
            "page_length": self._page(of.values, grown),
        }

    def _category(self, of: Reading) -> Values:
        usual = self._typical(of.own) if of.own else {}
        found = {name: usual.get(name, 0.0) for name in of.values if name.startswith("category_")}
        return found | {self.columns[str(of.draft.category)]: 1.0}

    def _tags(self, of: Reading) -> Values:
        keys = {key for tag in of.draft.tags if (key := tag_key(tag))}
        counted = {tag_key(tag) for tag in of.base.draft.tags} if of.base else set()
        things = len(self.known.ids) + (of.base is None)
        common = [
            log(10_000 * (self.tags.get(key, 0) + (key not in counted)) / things)
            for key in sorted(keys)
        ]
        found: Values = {
            "tag_count": len(keys),
            "tag_mean_log_things": sum(common) / len(common) if common else _UNKNOWN,
            "tag_max_log_things": max(common, default=_UNKNOWN),
            "tag_min_log_things": min(common, default=_UNKNOWN),
            "is_customized": "customized" in keys,
        }
        return found | {"is_customizer": True} if "customizer" in keys else found

    def _licence(self, of: Reading) -> Values:
        licence = self.licences.get(str(of.draft.licence))
        if licence is None:
            raise DraftRefusedError(
                f"There is no licence {plain(of.draft.licence)!r} in the published data. Choose "
                "one of those that /api/v1/options lists, or leave it out."
            )
        return dict(licence)

    def _files(self, of: Reading) -> Values:
        kinds = [name for name in of.values if name.startswith(FILES)]
        if strangers := [kind for kind in of.draft.files if kind not in FILE_KINDS]:
            raise DraftRefusedError(
                f"Nobody knows files of the kind {plain(strangers[0])!r}. The kinds are "
                f"{listed(list(FILE_KINDS))}."
            )
        found: Values = {name: of.draft.files.get(name.removeprefix(FILES), 0) for name in kinds}
        total = sum(of.draft.files.values())
        drawn = sum(of.draft.files.get(kind, 0) for kind in _DRAWN)
        photographs = of.values.get("photo_count", _UNKNOWN)
        return found | {
            "file_count": total,
            "render_count": drawn,
            "image_count": photographs + drawn,
            "added_images_count": photographs + drawn - total,
        }

    def _megabytes(self, of: Reading) -> Values:
        size = _MEGABYTE * float(of.draft.megabytes or 0.0)
        files = max(of.values.get("file_count", 1.0), 1.0)
        before = of.values.get("file_bytes", _UNKNOWN)
        share = of.values.get("largest_file_bytes", _UNKNOWN) / before if before else _UNKNOWN
        largest = 1.0 if files == 1 else min(max(share, 1.0 / files), 1.0)
        return {"file_bytes": size, "largest_file_bytes": size * largest}

    def _photographs(self, of: Reading) -> Values:
        photographs = int(of.draft.photographs or 0)
        drawn = of.values.get("render_count", _UNKNOWN)
        pictures = photographs + drawn
        render = float(photographs == 0)
        looks: Values = {}
        if of.values.get("thumbnail_is_render") != render:
            # Another kind of picture than there was: it looks as such pictures usually do.
            looks = self._typical(of.own, ("thumbnail_is_render", render, render))
        return {
            "photo_count": photographs,
            "image_count": pictures,
            "added_images_count": pictures - of.values.get("file_count", _UNKNOWN),
            "thumbnail_is_render": _UNKNOWN if pictures == 0 else render,
            "thumbnail_is_placeholder": pictures == 0,
            **{name: value for name, value in looks.items() if name in _LOOKS},
        }

    def _cover(self, of: Reading) -> Values:
        measures = dict(of.draft.cover or {})
        if strangers := sorted(measures.keys() - _LOOKS):
            raise DraftRefusedError(
                f"{plain(strangers[0])!r} is not measured of a picture. Send `measures` as "
                "/api/v1/pictures answered them."
            )
        found: Values = {name: measures.get(name, _UNKNOWN) for name in of.values if name in _LOOKS}
        # A picture that is uploaded is not the site's drawing, whatever it shows.
        return found | {"thumbnail_is_render": 0.0, "thumbnail_is_placeholder": 0.0}

    def _print_settings(self, of: Reading) -> Values:
        given = set(of.draft.print_settings or ())
        if of.draft.print_settings is None:
            given = {"supports"}
        usual = self._typical(of.own, ("print_settings_given", 1.0, 1.0))
        count = float(len(given))
        if len(given) == len(SETTINGS):
            count = max(count, usual.get("print_setting_count", count))
        supports = of.draft.needs_supports if "supports" in given else None
        return {
            "print_setting_count": count,
            "print_settings_given": bool(given),
            **{f"{name}_given": name in given for name in SETTINGS},
            "needs_supports": _UNKNOWN if supports is None else supports,
            "needs_rafts": usual.get("needs_rafts", _UNKNOWN) if "rafts" in given else _UNKNOWN,
        }

    def _remix(self, of: Reading) -> Values:
        return {
            "is_derivative": bool(of.draft.remix),
            "ancestor_count": float(bool(of.draft.remix)),
        }

    def _work_in_progress(self, of: Reading) -> Values:
        return {"is_wip": bool(of.draft.work_in_progress)}

    def _customizable(self, of: Reading) -> Values:
        return {"is_customizer": bool(of.draft.customizable)}

    def _weekday(self, of: Reading) -> Values:
        return {"published_weekday": float(of.draft.weekday or 1)}

    def _hour(self, of: Reading) -> Values:
        return {"published_hour": float(of.draft.hour or 0)}

    def _creator(self, of: Reading) -> Values:
        found = creator_features(of.draft.creator)
        earlier = found.get(EARLIER)
        history = [name for name in HISTORY if name in found]
        if earlier == 0.0:
            return found | dict.fromkeys(HISTORY, _UNKNOWN)
        if earlier is None and not history:
            return found
        usual = self._typical(of.own, (EARLIER, 1.0, inf))
        return {name: usual.get(name, _UNKNOWN) for name in (EARLIER, *HISTORY)} | found

    def _page(self, values: Values, grown: float) -> float:
        """Return how long the page is with more text; no page is shorter than the shortest."""
        length = values.get("page_length", _UNKNOWN) + grown
        return length if isnan(length) else max(length, self.page.least)

    def _typical(self, category: str | None, where: Where | None = None) -> Values:
        row = self.known.typical(category, where)
        return dict(zip(self.known.features, row.tolist(), strict=True))


def creator_features(creator: DraftCreator) -> Values:
    """Return the features that are told of a creator."""
    return {
        feature: float(value)
        for name, feature in CREATOR_FEATURES.items()
        if (value := getattr(creator, name)) is not None
    }


_Reader = Callable[[DraftFeatures, Reading], Values]
_READERS: dict[str, _Reader] = {
    "category": DraftFeatures._category,
    "title": DraftFeatures._title,
    "description": DraftFeatures._description,
    "instructions": DraftFeatures._instructions,
    "customizable": DraftFeatures._customizable,
    "tags": DraftFeatures._tags,
    "licence": DraftFeatures._licence,
    "files": DraftFeatures._files,
    "megabytes": DraftFeatures._megabytes,
    "photographs": DraftFeatures._photographs,
    "cover": DraftFeatures._cover,
    "print_settings": DraftFeatures._print_settings,
    "remix": DraftFeatures._remix,
    "work_in_progress": DraftFeatures._work_in_progress,
    "weekday": DraftFeatures._weekday,
    "hour": DraftFeatures._hour,
    "creator": DraftFeatures._creator,
}
"""Who reads which field of a draft, in this order: some go by what an earlier one found."""
FIELDS = tuple(_READERS)
"""The fields that decide features, in the order in which they are read."""
