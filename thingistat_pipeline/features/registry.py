"""What every column of the popularity frame is: its family, its unit and its meaning.

The family decides which model may see a column. A model that shall tell people what to change
before they post must not see what happened after they posted, so it asks `require_families` and
gets an error where a consequence of popularity has slipped in. What belongs here: names and
meanings (the entries are in `content`, `pictures` and `circumstances`). What does not: how a column
is computed (that is in `sql/`, and in the package `visual` for what pictures look like).
"""

from collections.abc import Iterable

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.circumstances import (
    CONTEXT,
    CREATOR_AT_PUBLISH,
    ENGAGEMENT,
    OUTCOME,
)
from thingistat_pipeline.features.content import CONTENT
from thingistat_pipeline.features.families import YES_OR_NO, Family, Feature
from thingistat_pipeline.features.pictures import LOOKS

__all__ = [
    "CATEGORY_PREFIX",
    "REGISTRY",
    "YES_OR_NO",
    "Family",
    "Feature",
    "FeatureFamilyError",
    "columns_of",
    "feature_named",
    "features_of",
    "is_feature",
    "require_families",
]


class FeatureFamilyError(ThingistatError):
    """A model was offered a column that its purpose forbids, or that nobody has registered."""


CATEGORY_PREFIX = "category_"
"""Columns of this prefix are one-hot categories; which ones exist depends on the data."""

REGISTRY: tuple[Feature, ...] = (
    *CONTENT,
    *LOOKS,
    *CREATOR_AT_PUBLISH,
    *CONTEXT,
    *ENGAGEMENT,
    *OUTCOME,
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
        return Feature(name, Family.CONTENT, YES_OR_NO, f"Filed under the category {slug!r}.")
    raise FeatureFamilyError(
        f"The column {name!r} is not registered as a feature. Give it a family, a unit and a "
        "meaning in features/content.py or features/circumstances.py before a model may use it."
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
