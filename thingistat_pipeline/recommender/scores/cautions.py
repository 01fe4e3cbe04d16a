"""What the figures of the methods do not say."""

import numpy as np

from thingistat_pipeline.recommender.likes.holdout import Holdout
from thingistat_pipeline.recommender.rivals.contenders import CONTENDERS
from thingistat_pipeline.recommender.search.choice import Choice, has_bpr

FEW_USERS, FEW_THINGS = 200, 200
"""With fewer to judge by, intervals are wide and not to be trusted to their last digit."""


def cautions_on(
    held: Holdout,
    choice: Choice,
    *,
    users: int,
    new_things: int,
    truncated: int,
    ease_share: float,
) -> list[str]:
    """Return what the figures of a scoreboard do not say, as sentences.

    Parameters
    ----------
    held : Holdout
    choice : Choice
    users : int
        How many were judged.
    new_things : int
        Those of the cold start.
    truncated : int
        Things with an incomplete list of likers.
    ease_share : float
        Share of the likes that are of things that EASE learned.
    """
    said = [*_of_the_measure(), *_of_the_choice(choice)]
    there = int((np.diff(held.test.indptr) > 0).sum())
    if users < there:
        said.append(
            f"The figures are those of {users:,} users, drawn from the {there:,} with hidden likes."
        )
    if users < FEW_USERS:
        said.append(
            f"Only {users:,} users have hidden likes: the intervals are wide, and themselves not "
            "exact."
        )
    if new_things < FEW_THINGS:
        said.append(
            f"Only {new_things:,} things play the new ones of the cold start, so that its "
            "intervals, which are over users and things, are wide and not exact."
        )
    if truncated:
        said.append(
            f"Of {held.train.shape[1]:,} things, {truncated:,} have an incomplete list of likers: "
            "a like that is missing from it counts as no like, in learning and in judging."
        )
    if ease_share < 1:
        said.append(
            f"EASE learned the most liked things only, which have {ease_share:.0%} of the likes, "
            "to stay within memory and time, and ranks all others behind them by their likes; it "
            "might do better with all of them."
        )
    return said


def _of_the_measure() -> list[str]:
    return [
        "A hidden like that is not among the first things counts as a miss, and so does a thing "
        "that the user would like but never met: the figures say how well hidden likes are found, "
        "not how well the recommendations would please.",
        "Which likes were hidden was drawn at random and not by time, because a like comes without "
        "its date: a method may have learned from likes that were given after those it is judged "
        "by, and would do less well on the likes of tomorrow.",
        "Users and things with too few likes were left out before, so that nothing is said of "
        "them; and intervals are over users, with the split and the fitted models held fixed.",
        "That the rankers with the losses of WARP and of BPR differ here is no law: with longer "
        "vectors, a higher rate, a penalty of its own and several times the epochs, BPR came level "
        "with WARP on other data, made up and real.",
        "The new things of the cold start are new to the ranker, but not to its parameters: these "
        "were searched for with likes of theirs in view, which flatters the ranker a little.",
    ]


def _of_the_choice(choice: Choice) -> list[str]:
    searches = choice.without, choice.with_side
    trials = [len(search.trials) for search in searches]
    said = []
    if all(trials):
        said.append(
            f"The rankers are the best of {trials[0]:,} and of {trials[1]:,} trials, the other "
            f"methods the best of at most {max(map(len, CONTENDERS.values()))} settings, by the "
            "very validation likes that the winner was chosen by: there all of them look better "
            "than they are, the rankers most, and the interval of the lead does not contain that. "
            "The test likes do not share this."
        )
    if min(search.share_of_likes for search in searches) < 1:
        share = min(search.share_of_likes for search in searches)
        said.append(
            f"The rankers' parameters were searched for on {share:.0%} of the likes for fitting; "
            "only the most promising were tried again on all of them, and a search on all might "
            "have found better ones. The other methods were tuned on all."
        )
    if not has_bpr(choice.with_side):
        said.append(
            "The ranker with the loss of BPR has the parameters that were searched for the ranker "
            "with side information; its own best ones may be others."
        )
    return said
