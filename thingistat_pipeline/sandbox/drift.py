"""How the shape of an answer changed over the years, after real answers of 2014 to 2025.

A thing's publication year decides its era. The era decides the types of the flags (booleans until
2020, then 0/1; `is_featured` null in 2023), how creators, tags and ancestors are written, and which
dead keys are still there. One answer in ten is *as recorded*: it has exactly the keys that answers
of its era had, which for the first two eras means no tags, no comment, make or remix counts and no
`is_derivative`, and up to 2023 no `zip_data`. The others carry today's keys as well, as the real
API does for old things. That is a choice: were every old thing answered as in its year, six things
in ten would lack the counts that popularity is fitted on; so it is one in sixteen.
"""

from enum import Enum
from typing import Any

from thingistat_pipeline.sandbox.randomness import uniform
from thingistat_pipeline.sandbox.vocabulary import words

AS_RECORDED_SHARE = 0.10
"""Share of answers with exactly the keys that answers of their era had."""
CREATOR_NULL_SHARE = 0.004
TAGS_DOUBLED_SHARE = 0.03
NULL_FLAG_SHARE = 0.02

ADDED_LATER = frozenset(
    words(
        "is_nsfw,comment_count,allows_derivatives,tags,remix_count,make_count,app_count,"
        "root_comment_count,moderation,is_derivative,ancestors,can_comment,type_name,is_banned,"
        "needs_moderation,zip_data"
    )
)
"""Keys that no answer of 2019 had."""
ADDED_AFTER_2023 = frozenset(
    words("is_ai,is_winner,is_edu_approved,is_printable,is_comments_disabled,is_decoy,zip_data")
)
"""Keys that no answer of 2023 had."""
DROPPED_BY_2025 = frozenset(
    words("layout_count,layouts_url,in_library,print_history_count,can_comment")
)
"""Keys that the answers of 2025 no longer have."""
UNKNOWN_IN_2014 = frozenset(words("edu_details,edu_details_parts,education"))
"""Keys of 2019 that came with the site's education pages in 2016."""

_FLAGS = ("is_published", "is_wip", "is_private", "is_purchased", "needs_moderation", "is_decoy")
_CREATOR_COUNTS = frozenset(
    words(
        "count_of_followers,count_of_following,count_of_designs,collection_count,make_count,"
        "is_following,location,cover,is_admin,is_moderator,is_featured,is_verified"
    )
)
_CREATOR_AFTER_2023 = frozenset(words("is_moderator,is_featured,is_verified"))


class Era(Enum):
    """A span of publication years whose answers look alike."""

    Y2014 = "2014"
    Y2019 = "2019"
    Y2023 = "2023"
    Y2025 = "2025"

    @property
    def has_boolean_flags(self) -> bool:
        """Whether flags are true/false rather than 1/0."""
        return self in {Era.Y2014, Era.Y2019}


def era_of(year: int) -> Era:
    """Return the era of a publication year."""
    if year <= 2016:
        return Era.Y2014
    if year <= 2020:
        return Era.Y2019
    return Era.Y2023 if year <= 2023 else Era.Y2025


def is_as_recorded(seed: int, number: int) -> bool:
    """Return whether a thing is answered with exactly the keys of its era."""
    return uniform(seed, "as recorded", number) < AS_RECORDED_SHARE


def drifted(seed: int, answer: dict[str, Any], era: Era) -> dict[str, Any]:
    """Return today's full answer for a thing as its era would write it.

    Parameters
    ----------
    seed : int
        The catalogue's seed.
    answer : dict
        The full answer: today's keys and those that have been dropped, flags as 0/1.
    era : Era
        The era of the thing's publication.

    Returns
    -------
    dict
        A new dictionary; the creator and the tags are new too.
    """
    number = int(answer["id"])
    recorded = is_as_recorded(seed, number)
    absent = _absent_keys(era, recorded)
    changed = {key: value for key, value in answer.items() if key not in absent}
    if era.has_boolean_flags:
        changed.update({flag: bool(changed[flag]) for flag in _FLAGS if flag in changed})
    if era is Era.Y2023:
        changed["is_featured"] = None if not changed["is_featured"] else True
    if uniform(seed, "null flag", number) < NULL_FLAG_SHARE and "is_nsfw" in changed:
        changed["is_nsfw"] = None
    if "ancestors" in changed:
        changed["ancestors"] = _ancestors_as_of(era, changed["ancestors"])
    if "tags" in changed:
        changed["tags"] = _tags_as_of(seed, number, era, changed["tags"])
    changed["creator"] = _creator_as_of(seed, number, era, recorded, changed["creator"])
    return changed


def _absent_keys(era: Era, recorded: bool) -> frozenset[str]:
    absent: frozenset[str] = frozenset()
    if era is Era.Y2025:
        absent = DROPPED_BY_2025
    elif recorded:
        absent = ADDED_AFTER_2023 if era is Era.Y2023 else ADDED_AFTER_2023 | ADDED_LATER
    if era is Era.Y2014:
        absent |= UNKNOWN_IN_2014
    return absent


def _ancestors_as_of(era: Era, ancestors: list[dict[str, Any]]) -> list[Any]:
    """Return ancestors as addresses (2014), numbers in strings (2019) or objects (later)."""
    if era is Era.Y2014:
        return [ancestor["url"] for ancestor in ancestors]
    if era is Era.Y2019:
        return [str(ancestor["id"]) for ancestor in ancestors]
    return ancestors


def _tags_as_of(seed: int, number: int, era: Era, tags: list[dict[str, Any]]) -> list[Any]:
    """Return tags with relative addresses in 2025 and absolute ones before, now and then twice."""
    written = [dict(tag) for tag in tags]
    if era is Era.Y2025:
        for tag in written:
            tag["absolute_url"] = tag["absolute_url"][tag["absolute_url"].index("/tag:") :]
    if written and uniform(seed, "doubled tags", number) < TAGS_DOUBLED_SHARE:
        written.append(dict(written[0]))
    return written


def _creator_as_of(
    seed: int, number: int, era: Era, recorded: bool, creator: dict[str, Any]
) -> dict[str, Any] | None:
    if uniform(seed, "creator null", number) < CREATOR_NULL_SHARE:
        return None
    absent: frozenset[str] = frozenset()
    if era is Era.Y2023:
        absent = _CREATOR_AFTER_2023
    elif recorded and era is not Era.Y2025:
        absent = _CREATOR_COUNTS
    changed = {key: value for key, value in creator.items() if key not in absent}
    if era is Era.Y2023:
        changed["is_admin"] = 0
    return changed
