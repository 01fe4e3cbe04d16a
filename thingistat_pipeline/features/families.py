"""The kinds of features, by when their values come to be, and what is told of each feature."""

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """When a column's value comes to be, and through whom."""

    CONTENT = "content"
    """What the creator put into the post: files, pictures, words, categories. It is read as it
    stands when the thing is observed; what was edited since the publication is not undone."""
    CREATOR_AT_PUBLISH = "creator_at_publish"
    """Who posted it: reach and experience of the creator."""
    CONTEXT = "context"
    """Circumstances that nobody chooses, such as age."""
    ENGAGEMENT = "engagement"
    """What came after publication, mostly through visitors: consequences of popularity."""
    OUTCOME = "outcome"
    """What is to be explained."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A column of the popularity frame, described for a human."""

    name: str
    family: Family
    unit: str
    meaning: str


YES_OR_NO = "yes or no"
"""The unit of Boolean columns."""
