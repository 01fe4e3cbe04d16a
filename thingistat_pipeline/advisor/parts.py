"""The parts of a post as a designer knows them, each with the features that it decides.

A form has a field for the title; the model has its words and its characters, which stand for one
another, so that a forest splits what is due to either between both. What is told of a part is told
of all its features together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, isnan

from thingistat_pipeline.features.pictures import PHOTOGRAPH
from thingistat_pipeline.features.registry import YES_OR_NO
from thingistat_pipeline.report.feature_names import feature_words, unit_of
from thingistat_pipeline.report.wording import counted, listed, number, percent

Values = Mapping[str, float]
"""Features of one post, NaN where unknown."""

UNKNOWN = "not known"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a post.

    Attributes
    ----------
    key, label : str
    features : tuple of str
        Names, or what they begin with where an asterisk ends one.
    words : callable
        Says what the features come to.
    """

    key: str
    label: str
    features: tuple[str, ...]
    words: Callable[[Values], str]

    def has(self, feature: str) -> bool:
        """Say whether a feature belongs to it."""
        return any(
            feature.startswith(name[:-1]) if name.endswith("*") else feature == name
            for name in self.features
        )


def value_words(feature: str, value: float) -> str:
    """Return one feature's value in words, with its unit."""
    if isnan(value):
        return UNKNOWN
    unit = unit_of(feature)
    if unit in _SAID:
        return _SAID[unit](value)
    digits = 0 if float(value).is_integer() or abs(value) >= 100 else 2
    said = number(value, digits)
    if not unit.isalpha() or unit in _WITHOUT_WORD:
        return said
    return f"{said} {unit.removesuffix('s') if value == 1 else unit}"


def _bytes(value: float) -> str:
    small = value < _MEGABYTE / 10
    return f"{number(value / 1e3)} kB" if small else f"{number(value / _MEGABYTE, 1)} MB"


def _common(value: float) -> str:
    things = exp(value)
    return f"on {number(things, 0 if things >= 10 else 1)} of 10,000 things"


def _weekday(value: float) -> str:
    return _WEEKDAYS[int(min(max(value, 1), 7)) - 1]


_SAID: dict[str, Callable[[float], str]] = {
    "share": lambda value: percent(value, 0),
    YES_OR_NO: lambda value: "yes" if value >= 0.5 else "no",
    "bytes": _bytes,
    "day of the week": _weekday,
    "hour": lambda value: f"{value:02.0f}:00 UTC",
    "log(things in 10,000)": _common,
}
"""How values of some units are said."""
_WITHOUT_WORD = ("correlation", "probability")


def _single(feature: str) -> Callable[[Values], str]:
    return lambda values: value_words(feature, values.get(feature, float("nan")))


def _amount(values: Values, feature: str, noun: str, none: str) -> str:
    value = values.get(feature, float("nan"))
    if isnan(value):
        return UNKNOWN
    return counted(round(value), noun) if value >= 0.5 else none


def _title(values: Values) -> str:
    return _amount(values, "title_words", "word", "none")


def _description(values: Values) -> str:
    said = _amount(values, "description_length", "character", "none")
    links = values.get("description_links", 0.0)
    return f"{said}, {counted(round(links), 'link')}" if links >= 1 and said != "none" else said


def _instructions(values: Values) -> str:
    return _amount(values, "instructions_length", "character", "none")


def _tags(values: Values) -> str:
    said = _amount(values, "tag_count", "tag", "none")
    common = values.get("tag_mean_log_things", float("nan"))
    if isnan(common) or said == "none":
        return said
    return f"{said}, {value_words('tag_mean_log_things', common)}"


def _licence(values: Values) -> str:
    return _flags(values, "license_", "no conditions known")


def _category(values: Values) -> str:
    return _flags(values, "category_", "no particular one")


def _flags(values: Values, prefix: str, none: str) -> str:
    names = [name for name, value in values.items() if name.startswith(prefix) and value >= 0.5]
    return listed([name.removeprefix(prefix).replace("_", " ") for name in names]) or none


def _files(values: Values) -> str:
    said = _amount(values, "file_count", "file", "none")
    size = values.get("file_bytes", float("nan"))
    return said if isnan(size) else f"{said}, {value_words('file_bytes', size)}"


def _photographs(values: Values) -> str:
    return _amount(values, "photo_count", "photograph", "none")


def _cover(values: Values) -> str:
    likely = values.get(PHOTOGRAPH, float("nan"))
    if isnan(likely):
        render = values.get("thumbnail_is_render", float("nan"))
        return UNKNOWN if isnan(render) else ("a rendering" if render >= 0.5 else "a photograph")
    said = "a photograph" if likely >= 0.5 else "a rendering"
    lightness = values.get("picture_brightness", float("nan"))
    return said if isnan(lightness) else f"{said}, brightness {number(100 * lightness)} %"


def _settings(values: Values) -> str:
    said = _amount(values, "print_setting_count", "filled in", "none")
    said = said.replace("ins", "in") if said.endswith("ins") else said
    supports = values.get("needs_supports", float("nan"))
    if isnan(supports):
        return said
    return f"{said}, {'supports needed' if supports >= 0.5 else 'no supports needed'}"


def _origin(values: Values) -> str:
    remix = values.get("is_derivative", float("nan"))
    if isnan(remix):
        return UNKNOWN
    return "a remix" if remix >= 0.5 else "its own design"


def _customizing(values: Values) -> str:
    if values.get("is_customized", 0.0) >= 0.5:
        return "a customised copy"
    return "customisable" if values.get("is_customizer", 0.0) >= 0.5 else "not customisable"


def _audience(values: Values) -> str:
    followers = _amount(values, "count_of_followers", "follower", "no followers")
    designs = _amount(values, "count_of_designs", "design", "no designs")
    return followers if followers == UNKNOWN else f"{followers}, {designs}"


def _record(values: Values) -> str:
    said = _amount(values, "creator_earlier_designs", "earlier design", "no earlier design")
    middle = values.get("creator_earlier_median_downloads", float("nan"))
    return said if isnan(middle) else f"{said}, median {counted(round(middle), 'download')}"


PARTS = (
    Part("title", "title", ("title_*",), _title),
    Part(
        "description",
        "description",
        ("description_*", "language_*", "page_length"),
        _description,
    ),
    Part("instructions", "printing instructions", ("instructions_*",), _instructions),
    Part("category", "category", ("category_*",), _category),
    Part("tags", "tags", ("tag_*",), _tags),
    Part("licence", "licence", ("license_*", "allows_derivatives"), _licence),
    Part(
        "files",
        "files",
        ("file_*", "files_*", "largest_file_bytes", "render_count"),
        _files,
    ),
    Part(
        "photographs",
        "photographs",
        ("photo_count", "image_count", "added_images_count"),
        _photographs,
    ),
    Part("cover", "cover picture", ("picture_*", "thumbnail_*"), _cover),
    Part(
        "print_settings",
        "print settings",
        (
            "print_setting*",
            "supports_given",
            "rafts_given",
            "resolution_given",
            "infill_given",
            "needs_*",
        ),
        _settings,
    ),
    Part("remix", "origin", ("is_derivative", "ancestor_count"), _origin),
    Part("customizable", "customising", ("is_customizer", "is_customized"), _customizing),
    Part("work_in_progress", "work in progress", ("is_wip",), _single("is_wip")),
    Part("weekday", "weekday", ("published_weekday",), _single("published_weekday")),
    Part("hour", "hour", ("published_hour",), _single("published_hour")),
    Part(
        "audience",
        "creator’s audience",
        ("count_of_*", "accepts_tips"),
        _audience,
    ),
    Part("record", "creator’s record", ("creator_*",), _record),
)
"""In the order of a form."""


@cache
def part_of(feature: str) -> Part:
    """Return the part that a feature belongs to; one that belongs to none is a part of its own."""
    for part in PARTS:
        if part.has(feature):
            return part
    return Part(feature, feature_words(feature), (feature,), _single(feature))
