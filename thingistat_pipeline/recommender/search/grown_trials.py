"""One ranker a trial, grown once: it learns from checkpoint to checkpoint and is judged at each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.judging.measures import mean_of, ndcg_of_users
from thingistat_pipeline.recommender.search.ranker_trials import Outcome, RankerParameters, Trial
from thingistat_pipeline.recommender.search.search_sample import SearchSample

PATIENCE = 2
"""Checkpoints in a row without gain, after which a trial has seen its best."""
TRIED_AGAIN = 6
"""Of the best trials on a part of the likes, how many are tried again on all of them."""


def grown_trial(
    number: int,
    proposed: RankerParameters,
    sample: SearchSample,
    checkpoints: Sequence[int],
    *,
    seed: int,
    warm_started: bool,
    is_hopeless: Callable[[int, float], bool] | None = None,
) -> Trial:
    """Let one ranker learn for as long as it is worth it.

    Parameters
    ----------
    number : int
        Of the trial.
    proposed : RankerParameters
        Whose epochs do not matter.
    sample : SearchSample
        With users to judge by.
    checkpoints : sequence of int
        Epochs after which it is judged.
    seed : int
        Of the ranker.
    warm_started : bool
        Whether an earlier search proposed it.
    is_hopeless : callable, optional
        Asked with the epochs and the value after each checkpoint but the last.
    """
    proposed = replace(proposed, epochs=checkpoints[0])
    ranker = proposed.ranker(seed=seed)
    features = proposed.item_features(sample.side)
    curve: list[tuple[int, float]] = []
    state: Outcome = "complete"
    try:
        for epoch in checkpoints:
            ranker.partial_fit(sample.fit, item_features=features, epochs=epoch - ranker.epochs_)
            found = ndcg_of_users(ranker, sample.fit, sample.validation, users=sample.judged)
            value = mean_of(found) or 0.0  # never None: there are users to judge by
            curve.append((epoch, value))
            given_up = is_hopeless is not None and is_hopeless(epoch, value)
            if _has_seen_its_best(curve):
                break
            if given_up and epoch < checkpoints[-1]:
                state = "pruned"
                break
    except ThingistatError:  # the vectors grew beyond all bounds
        return Trial(number, "failed", None, proposed, tuple(curve), warm_started)
    best, highest = max(curve, key=lambda point: point[1])
    parameters = replace(proposed, epochs=best)
    return Trial(number, state, highest, parameters, tuple(curve), warm_started)


def worth_trying_again(trials: Sequence[Trial], first: int) -> list[Trial]:
    """Return the trials that may be best on more likes than they saw, by their numbers.

    Parameters
    ----------
    trials : sequence of Trial
    first : int
        How many of them the search began with: what is usually good, or was good elsewhere.

    Returns
    -------
    list of Trial
        The best few, those begun with, and the best of every loss; none that failed.
    """
    ranked = sorted((one for one in trials if one.state == "complete"), key=from_the_best)
    best_by_loss = {one.parameters.loss: one for one in reversed(ranked)}
    begun_with = [one for one in trials[:first] if one.state != "failed"]
    chosen = [*ranked[:TRIED_AGAIN], *begun_with, *best_by_loss.values()]
    return list({one.number: one for one in sorted(chosen, key=lambda one: one.number)}.values())


def tried_again(
    trials: Sequence[Trial],
    everything: SearchSample,
    checkpoints: Sequence[int],
    *,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """Return trials as they are with all likes, each judged at every checkpoint that is worth it.

    Parameters
    ----------
    trials : sequence of Trial
        Whose numbers and parameters are taken.
    everything : SearchSample
        All likes.
    checkpoints, seed
        As for `grown_trial`.
    progress : callable, optional
        Told after each how many are done, of how many.
    """
    found = []
    for trial in trials:
        again = grown_trial(
            trial.number,
            trial.parameters,
            everything,
            checkpoints,
            seed=seed,
            warm_started=trial.warm_started,
        )
        found.append(again)
        if progress is not None:
            progress(len(found), len(trials))
    return found


def from_the_best(trial: Trial) -> tuple[float, int, int]:
    """Sort by value, of equals the cheaper first."""
    return -(trial.value or 0.0), trial.parameters.cost, trial.number


def _has_seen_its_best(curve: Sequence[tuple[int, float]]) -> bool:
    values = [value for _, value in curve]
    return len(values) > PATIENCE and max(values[:-PATIENCE]) >= max(values[-PATIENCE:])
