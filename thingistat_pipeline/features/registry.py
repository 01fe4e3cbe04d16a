"""What every column of the popularity frame is: its family, its unit and its meaning.

The family decides which model may see a column. A model that shall tell people what to change
before they post must not see what happened after they posted, so it asks `require_families` and
gets an error where a consequence of popularity has slipped in. What belongs here: names and
meanings. What does not: how a column is computed (that is in `sql/`, one file a family).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from thingistat_pipeline.errors import ThingistatError


class Family(StrEnum):
    """When a column's value comes to be, and through whom."""

    CONTENT = "content"
    """What the creator put into the post: files, pictures, words, categories."""
    CREATOR_AT_PUBLISH = "creator_at_publish"
    """Who posted it: reach and experience of the creator."""
    CONTEXT = "context"
    """Circumstances that nobody chooses, such as age."""
    ENGAGEMENT = "engagement"
    """What visitors did after publication: consequences of popularity."""
    OUTCOME = "outcome"
    """What is to be explained."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the popularity frame, described for a human."""

    name: str
    family: Family
    unit: str
    meaning: str


class FeatureFamilyError(ThingistatError):
    """A model was offered a column that its purpose forbids, or that nobody has registered."""


CATEGORY_PREFIX = "category_"
"""Columns of this prefix are one-hot categories; which ones exist depends on the data."""

REGISTRY: tuple[Feature, ...] = (
    Feature(
        "description_length",
        Family.CONTENT,
        "characters",
        "Length of the description in Unicode code points, line ends as stored; no text is 0.",
    ),
    Feature(
        "instructions_length",
        Family.CONTENT,
        "characters",
        "Length of the printing instructions in Unicode code points; no text is 0.",
    ),
    Feature("file_count", Family.CONTENT, "files", "Files that can be downloaded."),
    Feature("image_count", Family.CONTENT, "pictures", "Pictures, rendered ones among them."),
    Feature(
        "added_images_count",
        Family.CONTENT,
        "pictures",
        "Pictures minus files: what the creator added to the one rendering a file gets by "
        "itself. Below zero where files have no rendering.",
    ),
    Feature("is_derivative", Family.CONTENT, "yes or no", "Declared a remix of another thing."),
    Feature(
        "count_of_followers",
        Family.CREATOR_AT_PUBLISH,
        "people",
        "Followers of the creator, read when the thing was observed and so later than its "
        "publication: a stand-in for the reach on that day.",
    ),
    Feature(
        "count_of_designs",
        Family.CREATOR_AT_PUBLISH,
        "things",
        "Things the creator has published, read when the thing was observed.",
    ),
    Feature(
        "age_days",
        Family.CONTEXT,
        "days",
        "Calendar days (UTC) from publication to observation; unknown where the observation "
        "lies before the publication.",
    ),
    Feature("like_count", Family.ENGAGEMENT, "likes", "Likes received."),
    Feature("collect_count", Family.ENGAGEMENT, "collections", "Collections it was put into."),
    Feature("comment_count", Family.ENGAGEMENT, "comments", "Comments, replies among them."),
    Feature(
        "root_comment_count",
        Family.ENGAGEMENT,
        "comments",
        "Comments that open a thread; the creator's own count too.",
    ),
    Feature("make_count", Family.ENGAGEMENT, "makes", "Prints that others have shown."),
    Feature("remix_count", Family.ENGAGEMENT, "things", "Things derived from this one."),
    Feature(
        "view_count",
        Family.ENGAGEMENT,
        "views",
        "Page views; the site stopped counting in 2020, so it is unknown or stale for newer ones.",
    ),
    Feature(
        "download_count",
        Family.OUTCOME,
        "downloads",
        "Downloads of the thing. Every file counts by itself: a visitor who takes five files "
        "makes five downloads.",
    ),
    Feature(
        "average_download_count",
        Family.OUTCOME,
        "downloads per file",
        "Mean of its files' own download counts.",
    ),
)

_BY_NAME = {feature.name: feature for feature in REGISTRY}


def feature_named(name: str) -> Feature:
    """Return what is registered under `name`, one-hot categories included.

    Raises
    ------
    FeatureFamilyError
        If nobody has registered the name.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith(CATEGORY_PREFIX) and name != CATEGORY_PREFIX:
        slug = name.removeprefix(CATEGORY_PREFIX)
        return Feature(name, Family.CONTENT, "yes or no", f"Filed under the category {slug!r}.")
    raise FeatureFamilyError(
        f"The column {name!r} is not registered as a feature. Give it a family, a unit and a "
        "meaning in features/registry.py before a model may use it."
    )


def features_of(*families: Family | str) -> tuple[Feature, ...]:
    """Return the fixed features of the given families, in the registry's order.

    The one-hot categories of a data set are not among them; `columns_of` finds those in a frame.
    """
    wanted = {Family(family) for family in families}
    return tuple(feature for feature in REGISTRY if feature.family in wanted)


def columns_of(columns: Iterable[str], *families: Family | str) -> tuple[str, ...]:
    """Return those of a frame's columns that belong to the given families, in their order.

    Columns that are no features (ids, dates) are passed over.
    """
    wanted = {Family(family) for family in families}
    return tuple(
        name for name in columns if is_feature(name) and feature_named(name).family in wanted
    )


def is_feature(name: str) -> bool:
    """Say whether a column is registered, by name or as a one-hot category."""
    return name in _BY_NAME or (name.startswith(CATEGORY_PREFIX) and name != CATEGORY_PREFIX)


def require_families(names: Iterable[str], allowed: Iterable[Family | str]) -> None:
    """Refuse columns that do not belong to the allowed families.

    Parameters
    ----------
    names : iterable of str
        The columns that a model is about to be trained on.
    allowed : iterable of Family or str
        The families that its purpose permits.

    Raises
    ------
    FeatureFamilyError
        Names every column in the way with its family, or the one that is not registered.
    """
    permitted = {Family(family) for family in allowed}
    refused = [f for f in map(feature_named, names) if f.family not in permitted]
    if refused:
        listed = ", ".join(f"{feature.name} ({feature.family})" for feature in refused)
        raise FeatureFamilyError(
            f"These columns may not enter this model: {listed}. It accepts only the families "
            f"{', '.join(sorted(permitted))}; anything else would let it learn from the "
            "consequences of what it shall explain. Leave the columns out."
        )
