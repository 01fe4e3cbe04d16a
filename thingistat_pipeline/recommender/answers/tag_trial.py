"""Whether suggested tags are those that people chose: some are hidden, and looked for.

Of things with five tags or more, a fifth of the tags is hidden, everything is learned without them,
and each way of suggesting is judged by how many of them are among its first ten. Other things stand
in for drafts: everything is learned as if they were not there, and their title and a category are
told to what answers for drafts. Which way is offered is decided by half of the things whose tags
were hidden in part; the figures are those of the other half, and of the drafts.

People leave out tags that would fit, so a suggestion that was not hidden need not be wrong: the
shares tell ways of suggesting apart, and are no measure of how many suggestions are good.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from thingistat_pipeline.recommender.answers.contents import spelled_tags
from thingistat_pipeline.recommender.answers.drafts import DraftAdvisor, Said
from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.likeness import some_rows
from thingistat_pipeline.recommender.answers.space import Described, Space, content_space
from thingistat_pipeline.recommender.answers.tag_votes import (
    METHODS,
    SET_BY_THE_SITE,
    VOTERS,
    Method,
    TagVotes,
)
from thingistat_pipeline.recommender.answers.words import spelling
from thingistat_pipeline.recommender.judging.user_bootstrap import Estimate, ratios
from thingistat_pipeline.recommender.likes.interactions import (
    FEWEST_TO_LEARN,
    Ids,
    Interactions,
    Positions,
    interactions_from,
    likes_of,
)
from thingistat_pipeline.recommender.likes.side_information import LEAST_THINGS
from thingistat_pipeline.recommender.search.search import RankerParameters
from thingistat_pipeline.settings import Effort

LIST_LENGTH = 10
FEWEST_TAGS = 5
HIDDEN_SHARE = 0.2
DRAFT_SHARE = 0.2
"""Share of the things with enough tags that stand in for drafts."""
MOST_THINGS: Mapping[Effort, int] = MappingProxyType({"quick": 2_000, "full": 20_000})
"""Of how many things tags are hidden, and how many stand in for drafts, at most each."""

_CAUTIONS = (
    "A suggested tag that was not among the hidden ones need not be wrong: people leave out tags "
    "that would fit. The shares tell ways of suggesting apart, and not how many suggestions are "
    "good.",
    "Things that stand in for drafts are known by title and category, the narrowest if they are in "
    "several. The words of a draft's description, which count for less, have no part in the trial.",
    "Tags that the site itself sets, and no maker chooses, are neither hidden nor suggested: "
    f"{', '.join(sorted(SET_BY_THE_SITE))}.",
    "Tags that differ only in spelling (case, hyphens, the s of a plural) count as one.",
)


@dataclass(frozen=True, slots=True)
class MethodScore:
    """How many hidden tags a way of suggesting finds.

    Attributes
    ----------
    method : Method
    recall_at_10 : Estimate
        Mean over things of the share of the hidden tags that are among the first ten suggested;
        of more than ten hidden ones, the share of ten. With a 95 % interval over things.
    hit_at_10 : Estimate
        Share of the things of which any hidden tag is among them.
    """

    method: Method
    recall_at_10: Estimate
    hit_at_10: Estimate

    def as_dict(self) -> dict[str, Any]:
        """Return the score as what JSON can hold."""
        return {
            "method": self.method,
            "recall_at_10": self.recall_at_10.value,
            "low": self.recall_at_10.low,
            "high": self.recall_at_10.high,
            "hit_at_10": self.hit_at_10.value,
            "hit_low": self.hit_at_10.low,
            "hit_high": self.hit_at_10.high,
        }


@dataclass(frozen=True, slots=True)
class Hunt:
    """How all ways did on the same things.

    Attributes
    ----------
    things : int
        Those that judge.
    hidden, findable : int
        Their hidden tags, and how many of them enough other things bear to be offered: no way
        finds the others.
    methods : tuple of MethodScore
        The best first.
    differences : Mapping of Method to Estimate
        Recall of the way that is offered less that of each other, paired by thing.
    """

    things: int
    hidden: int
    findable: int
    methods: tuple[MethodScore, ...]
    differences: Mapping[Method, Estimate]

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as what JSON can hold."""
        return {
            "things": self.things,
            "hidden": self.hidden,
            "findable": self.findable,
            "methods": [score.as_dict() for score in self.methods],
            "differences": [
                {"against": other, "value": each.value, "low": each.low, "high": each.high}
                for other, each in self.differences.items()
            ],
        }


@dataclass(frozen=True, slots=True)
class TagTrial:
    """What a trial of all ways to suggest tags found.

    Attributes
    ----------
    offered : Method
        The first of METHODS, unless others find more on the things that choose and the interval
        of the difference is above 0: then the best of those.
    choosers : int
        How many things chose it.
    hunt, drafts : Hunt
        Of things some of whose tags were hidden, and of things as drafts.
    cautions : tuple of str
        Sentences on what the figures do not say.
    """

    offered: Method
    choosers: int
    hunt: Hunt
    drafts: Hunt
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the trial as what JSON can hold."""
        return {
            **self.hunt.as_dict(),
            "offered": self.offered,
            "choosers": self.choosers,
            "voters": VOTERS,
            "drafts": {**self.drafts.as_dict(), "offered": self.offered},
            "cautions": list(self.cautions),
        }


def tag_trial(
    interactions: Interactions,
    features: pl.DataFrame,
    parameters: RankerParameters,
    *,
    seed: int,
    effort: Effort,
    least: Mapping[str, int] = LEAST_THINGS,
) -> TagTrial:
    """Hide tags of some things, and look for them in every way.

    Parameters
    ----------
    interactions : Interactions
        Of the users and things with enough likes; with fewer than ten of either, nothing is
        learned, and things are known by what they are about.
    features : polars.DataFrame
        thing_id, kind, feature, with the words of titles: as for `fit_space`.
    parameters : RankerParameters
        Of the ranker that is fitted without what is hidden.
    seed : int
        Of what is hidden, of the ranker and of the resampling.
    effort : {"quick", "full"}
        2,000 or 20,000 things at most, and as of `user_bootstrap.ratios`.
    least : Mapping of str to int
        As for `fit_space`.
    """

    def learned(likes: Interactions, told: pl.DataFrame) -> Space:
        if min(likes.matrix.shape) < FEWEST_TO_LEARN:
            return content_space(told)
        return fit_space(likes, told, parameters, seed=seed, least=least)

    rng = np.random.default_rng(seed)
    chosen_by_makers = ~pl.col("spelling").is_in(SET_BY_THE_SITE)
    tags = spelled_tags(features).filter(chosen_by_makers).sort("thing_id", "spelling", "feature")
    for_drafts, choosing, judging = _parts(tags, rng, MOST_THINGS[effort])
    some = _hidden(tags, np.concatenate([choosing, judging]), rng, HIDDEN_SHARE)
    space = learned(interactions, _without_tags(features, some))
    chosen, judged = (_found_for_things(space, some, part) for part in (choosing, judging))
    offered = _offered(chosen, seed, effort)
    others = ~pl.col("thing_id").is_in(pl.Series(for_drafts).implode())
    drafts = _found_for_drafts(
        learned(_without_likes(interactions, for_drafts), features.filter(others)),
        _hidden(tags, for_drafts, rng, 1.0),
        features,
    )
    return TagTrial(
        offered=offered,
        choosers=len(chosen.shares),
        hunt=_hunt(judged, offered, seed, effort),
        drafts=_hunt(drafts, offered, seed, effort),
        cautions=_CAUTIONS,
    )


class _Found(NamedTuple):
    """Of each thing and method, which part of the hidden tags was found, and whether any was."""

    shares: NDArray[np.float64]
    hits: NDArray[np.float64]
    hidden: int
    findable: int


def _parts(tags: pl.DataFrame, rng: np.random.Generator, most: int) -> tuple[Ids, Ids, Ids]:
    """Return things with enough tags: those for drafts, those that choose and those that judge."""
    counts = tags.group_by("thing_id").agg(tags=pl.col("spelling").n_unique())
    enough = counts.filter(pl.col("tags") >= FEWEST_TAGS)["thing_id"].sort().to_numpy()
    drawn = rng.permutation(enough)
    drafts, others = np.split(drawn, [int(DRAFT_SHARE * len(drawn))])
    others = others[:most]
    return drafts[:most], others[: len(others) // 2], others[len(others) // 2 :]


def _hidden(
    tags: pl.DataFrame, things: Ids, rng: np.random.Generator, share: float
) -> pl.DataFrame:
    """Return thing_id and spelling of tags to hide, one at the least of each thing."""
    of_these = tags.filter(pl.col("thing_id").is_in(pl.Series(things).implode()))
    spellings = of_these.select("thing_id", "spelling").unique(maintain_order=True)
    place = pl.col("draw").rank("ordinal").over("thing_id")
    wanted = (pl.len().over("thing_id") * share).floor().clip(lower_bound=1)
    return (
        spellings.with_columns(draw=pl.Series(rng.random(len(spellings)), dtype=pl.Float64))
        .filter(place <= wanted)
        .select("thing_id", "spelling")
    )


def _without_tags(features: pl.DataFrame, hidden: pl.DataFrame) -> pl.DataFrame:
    """Return features without the hidden tags, in any spelling."""
    written = spelled_tags(features).join(hidden, on=["thing_id", "spelling"], how="semi")
    gone = written.select("thing_id", pl.lit("tag").alias("kind"), "feature")
    return features.join(gone, on=["thing_id", "kind", "feature"], how="anti")


def _without_likes(interactions: Interactions, things: Ids) -> Interactions:
    """Return the likes of all other things."""
    users, liked = likes_of(interactions.matrix)
    others = ~np.isin(interactions.things[liked], things)
    return interactions_from(interactions.users[users[others]], interactions.things[liked[others]])


def _found_for_things(space: Space, hidden: pl.DataFrame, things: Ids) -> _Found:
    """Look for the hidden tags of some things of the space."""
    judged = np.sort(things)
    rows = np.searchsorted(space.things, judged)
    return _found(space, hidden, judged, some_rows(space.described, rows), rows)


def _found_for_drafts(space: Space, hidden: pl.DataFrame, features: pl.DataFrame) -> _Found:
    """Look for the tags of things that the space does not know, as for drafts.

    Parameters
    ----------
    features : polars.DataFrame
        Of these things and of all others; only their words and categories are read.
    """
    advisor = DraftAdvisor(space)
    judged = hidden["thing_id"].unique().sort().to_numpy()
    of_these = pl.col("thing_id").is_in(pl.Series(judged).implode())
    titles, categories = _titles(features, of_these), _categories(features, of_these)
    rows = [
        advisor.described(Said(titles.get(thing, ()), category=categories.get(thing, "")))
        for thing in judged
    ]
    # Without any draft, there are no rows to be put on top of each other.
    vectors, contents, bearing = zip(some_rows(space.described, slice(0)), *rows, strict=True)
    asked = Described(
        vectors=np.concatenate(vectors),
        contents=vstack(contents, format="csr"),
        bearing=vstack(bearing, format="csr"),
    )
    return _found(space, hidden, judged, asked, None)


def _titles(features: pl.DataFrame, of_these: pl.Expr) -> dict[int, list[str]]:
    words = features.filter(of_these, pl.col("kind") == "word").sort("thing_id", "feature")
    return dict(words.group_by("thing_id").agg("feature").iter_rows())


def _categories(features: pl.DataFrame, of_these: pl.Expr) -> dict[int, str]:
    """Return the category of each thing; of several, the one with the fewest things."""
    categories = features.filter(pl.col("kind") == "category")
    sized = categories.with_columns(things=pl.len().over("feature")).sort("things", "feature")
    narrowest = sized.filter(of_these).unique("thing_id", keep="first")
    return dict(narrowest.select("thing_id", "feature").iter_rows())


def _found(
    space: Space, hidden: pl.DataFrame, judged: Ids, asked: Described, themselves: Positions | None
) -> _Found:
    """Look for the hidden tags of what is described, whose ids ascend, in every way."""
    sought = hidden.filter(pl.col("thing_id").is_in(pl.Series(judged).implode()))
    counts = np.bincount(np.searchsorted(judged, sought["thing_id"]), minlength=len(judged))
    wanted = _sought(space, sought, judged)
    votes = TagVotes(space)
    shares, hits = np.zeros((2, len(judged), len(METHODS)))
    for place, method in enumerate(METHODS):
        offers = votes.best(asked, LIST_LENGTH, method=method, themselves=themselves).positions
        row, rank = np.nonzero(offers >= 0)
        right = np.asarray(wanted[row, offers[row, rank]]).ravel()
        found = np.bincount(row, right, minlength=len(judged))
        shares[:, place] = found / np.minimum(counts, LIST_LENGTH)
        hits[:, place] = found > 0
    return _Found(shares, hits, hidden=len(sought), findable=int(wanted.nnz))


def _sought(space: Space, hidden: pl.DataFrame, things: Ids) -> csr_array:
    """Return 1 where a tag that the space knows was hidden, shape (things, tags)."""
    tags = {spelling(name): place for place, name in enumerate(space.tags.names)}
    known = hidden.filter(pl.col("spelling").is_in(list(tags)))
    rows = np.searchsorted(things, known["thing_id"])
    columns = np.array([tags[each] for each in known["spelling"]], dtype=np.intp)
    shape = len(things), len(space.tags.names)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _offered(chosen: _Found, seed: int, effort: Effort) -> Method:
    """Return the first way, or the best of those that beat it by the interval.

    By the highest figure alone, what is offered would change from night to night by chance.
    """
    gains = chosen.shares - chosen.shares[:, [0]]
    estimates = ratios(gains, np.ones_like(gains), seed=seed, effort=effort)
    surely = [gain.value if gain.value and gain.low and gain.low > 0 else 0.0 for gain in estimates]
    return METHODS[int(np.argmax(surely))]


def _hunt(found: _Found, offered: Method, seed: int, effort: Effort) -> Hunt:
    own = found.shares[:, [METHODS.index(offered)]]
    figures = np.concatenate([found.shares, found.hits, own - found.shares], axis=1)
    estimates = ratios(figures, np.ones_like(figures), seed=seed, effort=effort)
    recalls, hits, differences = (
        estimates[start : start + len(METHODS)] for start in range(0, len(estimates), len(METHODS))
    )
    scores = [MethodScore(*each) for each in zip(METHODS, recalls, hits, strict=True)]
    return Hunt(
        things=len(figures),
        hidden=found.hidden,
        findable=found.findable,
        methods=tuple(sorted(scores, key=lambda score: -(score.recall_at_10.value or 0.0))),
        differences=MappingProxyType(
            {
                method: difference
                for method, difference in zip(METHODS, differences, strict=True)
                if method != offered
            }
        ),
    )
