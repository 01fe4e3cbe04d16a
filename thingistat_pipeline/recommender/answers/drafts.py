"""The same answers for a thing that is not there yet: its text, tags and category are enough.

A draft has no likes. It is compared with what is live by the words of its title, its tags and its
category, and by what likes taught of those that the space knows. Words of the description count
for less: it speaks of much that the thing is not.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from thingistat_pipeline.nearest import Floats32
from thingistat_pipeline.recommender.answers.contents import category_term, rows_of_length_one
from thingistat_pipeline.recommender.answers.likeness import Likeness, ranked_rows
from thingistat_pipeline.recommender.answers.space import Described, Space
from thingistat_pipeline.recommender.answers.tag_votes import METHODS, Method, TagVotes, suggestions
from thingistat_pipeline.recommender.answers.words import MOST_CHARACTERS, spelling, spellings_in
from thingistat_pipeline.thingiverse.payloads import tag_key

MOST_TAGS = 100
"""How many of a draft's tags are read."""
_LONGEST_NAME = 200  # characters of a tag or category that are read
_THE_DRAFT = pl.Series("draft", [0])
_OF_DESCRIPTION = 0.3  # weight of its words against those of the title


@dataclass(frozen=True, slots=True)
class Draft:
    """A thing that somebody thinks of publishing; any part may be empty, unknown or hostile.

    Attributes
    ----------
    title, description : str
    tags : tuple of str
        In any spelling.
    category : str
        Name of a category.
    """

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""


class Said(NamedTuple):
    """What a draft says, its words by their spellings (`words.spellings_in`).

    Attributes
    ----------
    title, description : sequence of str
        Spellings of words, and of pairs of them.
    tags : sequence of str
        As they are written.
    category : str
    """

    title: Sequence[str]
    description: Sequence[str] = ()
    tags: Sequence[str] = ()
    category: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class DraftAnswer:
    """What is known for a draft.

    Attributes
    ----------
    similar_things : polars.DataFrame
        thing_id, rank, score, best first.
    suggested_tags : polars.DataFrame
        tag, rank, score, and things: how many live things bear it.
    known_tags : Mapping of str to int
        Of the draft's tags those that live things bear: how many bear it under just the name given
        here, the commonest writing of it.
    named_tags : Mapping of str to int
        The same of tags that the title or description names and the draft does not bear.
    remark : str
        Why there is no answer; empty where there is one.
    """

    similar_things: pl.DataFrame
    suggested_tags: pl.DataFrame
    known_tags: Mapping[str, int]
    named_tags: Mapping[str, int]
    remark: str


class DraftAdvisor:
    """Answers for drafts; made once from a space, and then asked as often as one likes.

    Parameters
    ----------
    space : Space
    method : Method
        By which tags are suggested, as for `TagVotes.best`.
    """

    def __init__(self, space: Space, *, method: Method = METHODS[0]) -> None:
        self._space, self._method = space, method
        self._likeness = Likeness(space.described)
        self._votes = TagVotes(space, self._likeness)
        self._things = pl.Series("thing_id", space.things)
        self._names = (
            pl.Series("tag", space.tags.names, dtype=pl.String),
            pl.Series("things", space.tags.things),
        )
        self._tags = _places(spelling(name) for name in space.tags.names)
        self._features = _places(space.feature_names)
        self._spelled = _most_used_features(space)

    def answer(self, draft: Draft, n: int = 10) -> DraftAnswer:
        """Return things similar to a draft, and tags that it might bear.

        Parameters
        ----------
        draft : Draft
        n : int, default=10
            How many of each at most.
        """
        short = _shortened(draft)
        own = [spelling(tag) for tag in short.tags]
        title, description = spellings_in(short.title), spellings_in(short.description)
        row = self.described(Said(title, description, short.tags, short.category))
        near = self._likeness.nearest(row, n)
        similar = ranked_rows(near, _THE_DRAFT, self._things).drop(_THE_DRAFT.name)
        votes = self._votes.best(row, n, method=self._method)
        tags = suggestions(votes, _THE_DRAFT, *self._names).drop(_THE_DRAFT.name)
        answered = len(similar) or len(tags)
        return DraftAnswer(
            similar_things=similar,
            suggested_tags=tags,
            known_tags=self._uses(own),
            named_tags=self._uses(each for each in [*title, *description] if each not in own),
            remark="" if answered else _remark(short, len(self._things)),
        )

    def described(self, said: Said) -> Described:
        """Return a draft as a row of the space."""
        contents, tags = self._space.contents, self._space.tags
        own = [spelling(tag) for tag in said.tags]
        strengths = dict.fromkeys(said.description, _OF_DESCRIPTION)
        strengths |= dict.fromkeys([*said.title, *own, category_term(said.category)], 1.0)
        found = ((term, bisect_left(contents.terms, term)) for term in sorted(strengths))
        terms = [place for term, place in found if contents.terms[place : place + 1] == (term,)]
        weights = [strengths[contents.terms[term]] * contents.rarity[term] for term in terms]
        borne = sorted({self._tags[each] for each in own if each in self._tags})
        return Described(
            vectors=self._vector(said)[None],
            contents=rows_of_length_one(_one_row(terms, weights, len(contents.terms))),
            bearing=_one_row(borne, np.ones(len(borne)), len(tags.names)),
        )

    def _vector(self, said: Said) -> Floats32:
        """Return where its features put it; zeros where likes taught nothing of any."""
        space = self._space
        tags = (self._feature_of_tag(tag) for tag in said.tags)
        kinds = (set(tags), {self._features.get(category_term(said.category))})
        found = np.zeros(space.vectors.shape[1], np.float32)
        for kind in kinds:
            learned = sorted(feature for feature in kind if feature is not None)
            share = 1 / len(learned) if learned and space.weighting == "divided" else 1
            found += np.float32(space.scale * share) * space.feature_vectors[learned].sum(axis=0)
        return found

    def _feature_of_tag(self, tag: str) -> int | None:
        """Return the tag's feature, or the most used one of its spelling."""
        return self._features.get(f"tag:{tag_key(tag)}", self._spelled.get(spelling(tag)))

    def _uses(self, spellings: Iterable[str]) -> Mapping[str, int]:
        tags = self._space.tags
        found = [self._tags[each] for each in spellings if each in self._tags]
        return MappingProxyType({tags.names[tag]: int(tags.things[tag]) for tag in found})


def _shortened(draft: Draft) -> Draft:
    return Draft(
        title=draft.title[:MOST_CHARACTERS],
        description=draft.description[:MOST_CHARACTERS],
        tags=tuple(tag[:_LONGEST_NAME] for tag in draft.tags[:MOST_TAGS]),
        category=draft.category[:_LONGEST_NAME],
    )


def _remark(draft: Draft, things: int) -> str:
    if not any(
        spelling(text) for text in (draft.title, draft.description, draft.category, *draft.tags)
    ):
        return "The draft says nothing yet: give it a title, tags or a category."
    return (
        f"None of the {things:,} live things shares a word of its title, a tag or a category with "
        "the draft, so nothing is known of what it is like."
    )


def _one_row(columns: Sequence[int], values: ArrayLike, width: int) -> csr_array:
    """Return a sparse row."""
    numbers = np.asarray(values, dtype=np.float32)
    return csr_array((numbers, (np.zeros(len(columns), np.int32), columns)), shape=(1, width))


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def _most_used_features(space: Space) -> dict[str, int]:
    """Return of each spelling the tag that most of the things learned from have.

    Tags of signs alone have none: they have nothing in common.
    """
    tags = [place for place, name in enumerate(space.feature_names) if name.startswith("tag:")]
    by_use = sorted(tags, key=lambda place: (space.feature_uses[place], -place))
    spelled = {spelling(space.feature_names[each].removeprefix("tag:")): each for each in by_use}
    return {name: place for name, place in spelled.items() if name}
