"""Names of columns as a reader says them; the code's own name is for those who compute.

A name is made by a few rules (``files_stl`` is ".stl files"), with the exceptions listed. What it
means in full, and its unit, are in the features' registry.
"""

import re

from thingistat_pipeline.features.pictures import PREFIX
from thingistat_pipeline.features.registry import (
    CATEGORY_PREFIX,
    YES_OR_NO,
    feature_named,
    is_feature,
)
from thingistat_pipeline.report.wording import listed, plain

_SPOKEN = {
    "log_age_days": "age",
    "age_days": "age in days",
    "published_weekday": "weekday of publication",
    "published_hour": "hour of publication",
    "count_of_followers": "followers of the creator",
    "count_of_following": "users the creator follows",
    "count_of_designs": "designs of the creator",
    "accepts_tips": "creator accepts tips",
    "creator_earlier_designs": "creator’s earlier designs",
    "creator_days_since_first": "days since the creator’s first design",
    "creator_days_since_previous": "days since the creator’s previous design",
    "creator_earlier_median_downloads": "creator’s earlier median downloads",
    "creator_earlier_most_downloads": "creator’s most downloads earlier",
    "tag_mean_log_things": "how common the tags are",
    "tag_max_log_things": "how common the commonest tag is",
    "tag_min_log_things": "how common the rarest tag is",
    "file_bytes": "size of all files",
    "largest_file_bytes": "size of the largest file",
    "files_f3d": "Fusion 360 files",
    "files_other_cad": "files of other CAD programs",
    "files_drawing": "drawings among the files",
    "files_document": "documents among the files",
    "files_picture": "pictures among the files",
    "files_archive": "archives among the files",
    "added_images_count": "pictures beyond one a file",
    "photo_count": "photographs",
    "render_count": "rendered pictures",
    "image_count": "pictures",
    "inline_image_count": "pictures in the page",
    "ancestor_count": "things it remixes",
    "print_setting_count": "print settings",
    "list_item_count": "list items",
    "thumbnail_is_render": "cover picture is a rendering",
    "thumbnail_is_placeholder": "cover picture is missing",
    "names_youtube": "mentions YouTube",
    "is_derivative": "is a remix",
    "is_wip": "work in progress",
    "remix_count": "remixes",
    "is_nsfw": "not safe for work",
    "is_ai": "made with AI",
    "is_customizer": "can be customised",
    "is_customized": "is a customised copy",
    "allows_derivatives": "allows remixes",
}

_LOOKS = {
    "contrast_rms": "contrast",
    "contrast_range": "range of lightness",
    "saturation_mean": "saturation",
    "saturation_spread": "variation of saturation",
    "hue_entropy": "variety of hues",
    "edge_density": "edges",
    "entropy": "variety of grey values",
    "subject_area": "area of the subject",
    "subject_x": "subject to the right",
    "subject_y": "subject low down",
    "subject_off_centre": "subject off the centre",
    "subject_box": "size of the box around the subject",
    "subject_fill": "how well the subject fills its box",
    "subject_touches_border": "subject touches the border",
    "subject_contrast": "subject unlike the background",
    "background_unevenness": "uneven background",
    "centre": "weight in the centre",
    "thirds": "weight at the thirds",
    "border": "weight along the border",
    "diagonal_falling": "weight on the falling diagonal",
    "diagonal_rising": "weight on the rising diagonal",
    "band_horizontal": "weight on a horizontal band",
    "band_vertical": "weight on a vertical band",
    "balance_left": "weight on the left",
    "balance_top": "weight at the top",
    "aspect": "width by height",
    "photograph": "photograph, not render",
}
_LOOK = "picture: "

_PREFIXES = {
    CATEGORY_PREFIX: "category {}",
    "language_": "language: {}",
    "license_": "licence: {}",
    "files_": ".{} files",
}
_SUFFIXES = {"_count": "{}s", "_length": "length of the {}"}
_FAMILIES = {"license": "licence"}
_GROUP = re.compile(r"(.+) \(\+(\d+)\)")
_BLANKS = str.maketrans("_-", "  ")


def feature_words(name: str, limit: int = 60) -> str:
    """Return a column's name in words; nothing is escaped."""
    if name in _SPOKEN:
        return _SPOKEN[name]
    if name.startswith(PREFIX):
        return _LOOK + look_words(name, limit)
    for prefix, spoken in _PREFIXES.items():
        if name.startswith(prefix):
            return plain(spoken.format(name.removeprefix(prefix).translate(_BLANKS)), limit)
    for suffix, spoken in _SUFFIXES.items():
        if name.endswith(suffix):
            return plain(spoken.format(name.removesuffix(suffix).translate(_BLANKS)), limit)
    return plain(name.replace("_", " "), limit)


def look_words(name: str, limit: int = 60) -> str:
    """Return the name of a picture's feature in words where it is plain that it is a picture's."""
    look = name.removeprefix(PREFIX)
    return _LOOKS.get(look) or plain(look.translate(_BLANKS), limit)


def group_words(name: str, limit: int = 60) -> str:
    """Return a group's name in words: that of its most central column, and how many go with it."""
    cluster = _GROUP.fullmatch(name)
    central, more = cluster.groups() if cluster else (name, None)
    spoken = feature_words(_FAMILIES.get(central, central), limit)
    return f"{spoken} and {more} alike" if more else spoken


def unit_of(name: str) -> str:
    """Return a column's unit, empty where it is not registered."""
    return feature_named(name).unit if is_feature(name) else ""


def is_yes_or_no(name: str) -> bool:
    """Say whether a column is a flag."""
    return unit_of(name) == YES_OR_NO


def features_in_words(names: list[str], most: int = 4) -> str:
    """Return names as a list in prose, the rest of a long one as a count."""
    spoken = [feature_words(name, 48) for name in names[:most]]
    more = len(names) - most
    return listed([*spoken, f"{more} more"] if more > 0 else spoken)
