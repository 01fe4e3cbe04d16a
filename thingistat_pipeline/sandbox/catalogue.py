"""The simulated catalogue: every thing as a pure function of (seed, id, today).

The generative model, from causes to consequences
--------------------------------------------------
1. *Time.* Ids are given out in order (`timeline`); a thing's age is today's noon less its moment.
2. *Survival.* An id is live with a probability that falls with age from 0.45 to about 0.29, which
   leaves 35 % of all ids live. The others were deleted (91 %), were never published (5 %), are
   private (2.5 %) or under moderation (1.5 %). Survival is independent of everything else.
3. *Creators* (`users`) publish it: reputation, a habit of photographs, a habit of long texts, a
   favourite category. *Categories*: ten with ThingiPano's shares, seven parts each; 60 % of the
   things go to the creator's favourite.
4. *Kind.* Since 2013 some 45 % (later 30 %) are "customized" versions of a customizer, one in ten
   of the rest is a remix; both have an ancestor (`originals`).
5. *Presentation.* Photographs follow the creator's habit, reputation and the years; text lengths
   are lognormal and follow wordiness, reputation and the years; tags, files and licences.
6. *Quality* is hidden and skewed: most things are plain, a few are superb. Customized things vary
   much less.
7. *Downloads* = attention(age) · exp(planted effects + quality). Attention is what crawlers and
   passers-by give to every thing: it accrued fast until 2014 and in 2021, slowly in between and
   since. The planted effects (`effects`) are therefore exactly additive on log downloads, and
   reputation and the years confound the planted nulls.
8. *Likes, collects, comments, makes, remixes* are noisy consequences of the downloads that exceed
   attention; they share a hidden readiness to engage. Nobody's likes cause downloads.
9. *Views* stopped being counted in June 2020. *Likers* (`likers`) are drawn by their tastes.

Every count is `whole(rate(today), draw)` with a rate that never falls and a draw that is fixed, so
counts never shrink while the days go by; a thing may vanish, never come back.

Steps 4 to 6 are in `traits`, 7 to 9 in `responses`. What does not belong here: the JSON of an
answer (`payloads`) and its drift over the years (`drift`).
"""

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.randomness import Floats, Ids, uniform, uniforms
from thingistat_pipeline.sandbox.responses import attention_until, lift_of, responses_to
from thingistat_pipeline.sandbox.timeline import (
    DAY,
    DEFAULT_TODAY,
    NEWEST_ID,
    newest_id,
    noon_of,
    published_seconds,
)
from thingistat_pipeline.sandbox.traits import traits_of
from thingistat_pipeline.sandbox.users import creators_of, profiles

__all__ = [
    "DEFAULT_TODAY",
    "NEWEST_ID",
    "State",
    "Thing",
    "describe_thing",
    "describe_things",
    "is_live",
    "live_ids",
    "newest_id",
    "state_of",
]

State = str
"""'live', 'deleted', 'unpublished', 'private', 'moderated' or 'never' (not given out yet)."""


class Thing(NamedTuple):
    """One thing: what the API shows and, last, what it hides.

    Counts are as of `today`; `added` in seconds since 1970; `top` is an index into
    `vocabulary.TOP_CATEGORIES` and `part` one within it, -1 where there is none; lengths in
    characters; `renders` counts pictures drawn by the site, `photos` real ones.
    """

    id: int
    creator: int
    added: float
    age_days: float
    top: int
    part: int
    customized: bool
    remix: bool
    customizer: bool
    ancestor: int
    photos: int
    renders: int
    file_count: int
    plain_files: int
    tag_count: int
    description_length: int
    instructions_length: int
    wip: bool
    featured: bool
    ai: bool
    nsfw: bool
    download_count: int
    like_count: int
    collect_count: int
    comment_count: int
    root_comment_count: int
    make_count: int
    remix_count: int
    view_count: int
    followers: int
    following: int
    designs: int
    reputation: float
    wordiness: float
    quality: float
    attention: float

    @property
    def is_derivative(self) -> bool:
        """Whether it descends from another thing."""
        return self.ancestor > 0


def live_probability(age_days: Floats | float) -> Floats:
    """Return the share of ids of that age that are still live."""
    return np.asarray(0.313 + 0.16 * np.exp(-np.asarray(age_days, dtype=np.float64) / 1_400.0))


def state_of(seed: int, number: int, today: date) -> State:
    """Return what has become of an id on a day."""
    if not 1 <= number <= newest_id(today):
        return "never"
    age = (noon_of(today).timestamp() - float(published_seconds(np.array([number]))[0])) / DAY
    if uniform(seed, "survival", number) < float(live_probability(age)):
        return "live"
    fate = uniform(seed, "fate", number)
    if fate < 0.91:
        return "deleted"
    if fate < 0.96:
        return "unpublished"
    return "private" if fate < 0.985 else "moderated"


def is_live(seed: int, number: int, today: date) -> bool:
    """Return whether an id is live on a day."""
    return state_of(seed, number, today) == "live"


def live_ids(ids: Ids, seed: int, today: date) -> Ids:
    """Return those of `ids` that are live on a day, in the same order."""
    ids = ids[(ids >= 1) & (ids <= newest_id(today))]
    age = (noon_of(today).timestamp() - published_seconds(ids)) / DAY
    return np.asarray(ids[uniforms(seed, "survival", ids) < live_probability(age)])


@lru_cache(maxsize=4096)
def describe_thing(number: int, seed: int, today: date) -> Thing:
    """Return one thing, whether live or not; it must have been given out."""
    columns = describe_things(np.array([number], dtype=np.int64), seed, today)
    return Thing(**{name: column[0].item() for name, column in columns.items()})


def describe_things(ids: Ids, seed: int, today: date) -> dict[str, NDArray[Any]]:
    """Return the columns of `Thing` for many ids at once.

    Parameters
    ----------
    ids : array of int64, shape (n,)
        Ids given out by `today`; see `live_ids` for those that are live.
    seed : int
        The catalogue's seed.
    today : date
        The day whose noon is "now".

    Returns
    -------
    dict of str to array, each of shape (n,)
        One column for every field of `Thing`, in its order.
    """
    now = noon_of(today).timestamp()
    added = published_seconds(ids)
    creator = creators_of(seed, ids, added)
    who = profiles(seed, creator, today)
    traits = traits_of(seed, ids, added, who)
    lift = lift_of(traits, who)
    columns: dict[str, NDArray[Any]] = {
        "id": ids,
        "creator": creator,
        "added": added,
        "age_days": (now - added) / DAY,
        "attention": attention_until(added, now),
        **traits._asdict(),
        **responses_to(seed, ids, added, lift, today)._asdict(),
        **who._asdict(),
    }
    return {name: columns[name] for name in Thing._fields}
