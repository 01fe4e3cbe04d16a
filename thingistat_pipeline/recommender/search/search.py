"""The search for a ranker's parameters: one ranker a trial, grown once, and an optimiser between.

Epochs cost nothing to search: a ranker goes on learning from checkpoint to checkpoint and is judged
at each, so that a trial's value is its best and its epochs are where that was. Everything else is
proposed by a tree-structured Parzen estimator (Bergstra et al., "Algorithms for hyper-parameter
optimization", NIPS 2011) of Optuna's. A trial that is behind the median of those before it at the
same epoch is given up, and one that two checkpoints in a row did not make better has seen its best.

A search with side information begins with the best of the one without, at two scales, and with a
few other good ones: what differs between the two is then what the side information adds, and not
that one of them was luckier.

The optimiser is seeded anew for each trial, from the seed and the trial's number. What it proposes
depends on nothing but the trials before, so a search that was killed goes on from its journal to
the same end.

The search sees whole users, at most `SearchBudget.likes` of their likes, and the things these like.
What is best on a part of the likes need not be best on all: more likes bear more epochs, longer
vectors and smaller penalties. So where the likes are more, the most promising trials are tried once
more on all of them, for as many epochs as any, and one of these is chosen.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.trial import TrialState, create_trial
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from thingistat_pipeline.recommender.judging.user_bootstrap import FEWEST_USERS
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.side_information import SideInformation
from thingistat_pipeline.recommender.ranking.ranker import Loss, Negatives
from thingistat_pipeline.recommender.search.grown_trials import (
    PATIENCE,
    from_the_best,
    grown_trial,
    tried_again,
    worth_trying_again,
)
from thingistat_pipeline.recommender.search.ranker_trials import (
    RankerParameters,
    RankerSearch,
    Trial,
)
from thingistat_pipeline.recommender.search.search_sample import (
    SearchSample,
    search_sample,
    validating_users,
)
from thingistat_pipeline.recommender.search.trial_journal import open_trial_journal
from thingistat_pipeline.settings import Effort

__all__ = [
    "BUDGETS",
    "FIRST",
    "Progress",
    "RankerParameters",
    "RankerSearch",
    "SearchBudget",
    "Trial",
    "search_ranker",
    "search_space",
]

Progress = Callable[[str, int, int], None]

SCALES_FIRST = (1.0, 2.5)
"""Scales of the side information at which the best of the search without it is tried first."""
_UNGUIDED_TRIALS = 6
_SHORTEST = 8  # components
_ALPHAS = 1e-3, 3.0
"""A penalty stands beside slopes as large as WARP's weights of ranks: less changes nothing."""
_CODE = 2
"""Raised where the same parameters would come to another value than before: the sample, the ranker
or the measure are computed in another way, and no journal of the time before is believed."""


_FIRST = RankerParameters(
    components=64,
    learning_rate=0.05,
    loss="warp",
    max_sampled=20,
    item_alpha=0.4,
    user_alpha=0.4,
    negatives="uniform",
    epochs=24,
    scale=None,
)
FIRST = (
    _FIRST,
    replace(_FIRST, loss="bpr", learning_rate=0.2, item_alpha=0.03, user_alpha=0.03),
    replace(_FIRST, loss="logistic", learning_rate=0.2, item_alpha=0.03, user_alpha=0.03),
)
"""What a search without an earlier one begins with; the first is taken where none is possible. The
losses that do not weigh by rank make smaller steps and need smaller penalties."""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How much a search may cost.

    Attributes
    ----------
    trials : int
    components : int
        The longest vectors that are tried.
    checkpoints : tuple of int
        Epochs after which a trial is judged.
    warm_up : int
        Epochs before which no trial is given up: slow learners still look like bad ones.
    others : int
        How many more trials of the search without side information the one with it begins with.
    likes, users : int
        Likes that a trial sees and validation users that it is judged by, at most.
    """

    trials: int
    components: int
    checkpoints: tuple[int, ...]
    warm_up: int
    others: int
    likes: int
    users: int


BUDGETS: Mapping[Effort, SearchBudget] = MappingProxyType(
    {
        "quick": SearchBudget(
            trials=20,
            components=64,
            checkpoints=(3, 6, 12, 24),
            warm_up=6,
            others=2,
            likes=50_000,
            users=1_000,
        ),
        "full": SearchBudget(
            trials=100,
            components=128,
            checkpoints=(3, 6, 12, 24, 48, 96),
            warm_up=12,
            others=4,
            likes=200_000,
            users=2_000,
        ),
    }
)


def search_ranker(
    fit: csr_array,
    validation: csr_array,
    side: SideInformation | None,
    *,
    seed: int,
    effort: Effort,
    warm_start: RankerSearch | None = None,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> RankerSearch:
    """Search a ranker's parameters.

    Parameters
    ----------
    fit, validation : scipy.sparse.csr_array of float32, shape (users, things)
        Those of a `Holdout`; the test has no part in it.
    side : SideInformation or None
        What is known of the things beside their likes. With None the search is one for a ranker
        that knows likes only.
    seed : int
        Of the sample, the rankers and the optimiser.
    effort : {"quick", "full"}
        See `BUDGETS`.
    warm_start : RankerSearch, optional
        A search without side information to begin with.
    journal : Path, optional
        Where finished trials are kept, so that a search that was killed goes on.
    progress : callable, optional
        Told after every trial.

    Returns
    -------
    RankerSearch
        Without trials where fewer than ten users have validation likes: what is best for so few
        would be chance.
    """
    budget = BUDGETS[effort]
    drawn = seed_for(seed, "sample")
    sample = search_sample(
        fit, validation, side, likes=budget.likes, users=budget.users, seed=drawn
    )
    if len(sample.judged) < FEWEST_USERS:
        return _searched(
            [],
            [],
            sample,
            int(fit.nnz),
            f"Nothing was searched: {len(sample.judged)} users have likes to choose by, and at "
            f"least {FEWEST_USERS} are needed.",
        )
    space = search_space(budget, with_side=side is not None)
    queue = _first_proposals(budget, warm_start, with_side=side is not None)
    warm = 0 if warm_start is None else len(queue)
    trials: list[Trial] = []
    key = _key(sample, [asdict(budget), repr(space), queue, warm, seed])
    # Sums in a model's scores are taken in another order by more threads.
    with open_trial_journal(journal, key) as kept, threadpool_limits(1):
        trials += [Trial.from_dict(row) for row in kept.found[: budget.trials]]
        while len(trials) < budget.trials:
            study = _study_after(trials, space, budget, seed)
            if len(trials) < len(queue):
                study.enqueue_trial(queue[len(trials)])
            asked = study.ask(space)
            trials.append(_tried(asked, sample, budget, seed=seed, warm=asked.number < warm))
            kept.append(trials[-1].as_dict())
            if progress is not None:
                progress("searching", len(trials), budget.trials)
    stopped = f"All {budget.trials} trials of the {effort} effort were made."
    if sample.fit.nnz == fit.nnz:
        return _searched(trials, [], sample, int(fit.nnz), stopped)
    everything = replace(
        sample,
        fit=fit,
        validation=validation,
        side=side,
        judged=validating_users(validation, most=budget.users, seed=drawn),
    )
    told = None if progress is None else partial(progress, "trying the best again on all likes")
    promising = worth_trying_again(trials, len(queue))
    with threadpool_limits(1):
        again = tried_again(promising, everything, budget.checkpoints, seed=seed, progress=told)
    stopped += (
        f" They saw {sample.fit.nnz / fit.nnz:.0%} of the likes for fitting; the {len(again)} most "
        "promising were tried again on all of them, and the best of these was chosen."
    )
    return _searched(trials, again, sample, int(fit.nnz), stopped)


def _tried(
    asked: optuna.Trial, sample: SearchSample, budget: SearchBudget, *, seed: int, warm: bool
) -> Trial:
    """Return what the optimiser asked for, given up where it is behind the others."""

    def is_behind(epoch: int, value: float) -> bool:
        asked.report(value, epoch)
        return asked.should_prune()

    proposed = RankerParameters(**{"scale": None, **asked.params}, epochs=budget.checkpoints[0])
    return grown_trial(
        asked.number,
        proposed,
        sample,
        budget.checkpoints,
        seed=seed,
        warm_started=warm,
        is_hopeless=is_behind,
    )


def search_space(budget: SearchBudget, *, with_side: bool) -> dict[str, BaseDistribution]:
    """Return what is searched, and in which ranges: what a `Trial` tells of a ranker's parameters.

    Epochs are not among it: they are found on the way.
    """
    space: dict[str, BaseDistribution] = {
        "components": IntDistribution(_SHORTEST, budget.components, log=True),
        "learning_rate": FloatDistribution(0.005, 0.4, log=True),
        "loss": CategoricalDistribution(get_args(Loss)),
        "max_sampled": IntDistribution(3, 50, log=True),
        "item_alpha": FloatDistribution(*_ALPHAS, log=True),
        "user_alpha": FloatDistribution(*_ALPHAS, log=True),
        "negatives": CategoricalDistribution(get_args(Negatives)),
    }
    if with_side:
        space["scale"] = FloatDistribution(0.1, 10.0, log=True)
    return space


def _first_proposals(
    budget: SearchBudget, warm_start: RankerSearch | None, *, with_side: bool
) -> list[dict[str, Any]]:
    """Return what is tried before the optimiser proposes anything: every loss, for one.

    So few trials are complete by then that none of them is given up.
    """
    scales: tuple[float | None, ...] = SCALES_FIRST if with_side else (None,)
    if warm_start is None:
        return [_proposal(parameters, budget, scales[0]) for parameters in FIRST]
    complete = [trial for trial in warm_start.trials if trial.state == "complete"]
    ranked = [trial.parameters for trial in sorted(complete, key=from_the_best)]
    best_by_loss = {parameters.loss: parameters for parameters in reversed(ranked)}
    best_by_loss.pop(warm_start.chosen.loss, None)
    others = [parameters for parameters in ranked[1:] if parameters not in best_by_loss.values()]
    return [
        *(_proposal(warm_start.chosen, budget, scale) for scale in scales),
        *(_proposal(parameters, budget, scales[0]) for parameters in best_by_loss.values()),
        *(_proposal(parameters, budget, scales[0]) for parameters in others[: budget.others]),
    ]


def _proposal(
    parameters: RankerParameters, budget: SearchBudget, scale: float | None
) -> dict[str, Any]:
    proposal = {**parameters.as_dict(), "scale": scale}
    proposal["components"] = min(proposal["components"], budget.components)
    del proposal["epochs"]
    if scale is None:
        del proposal["scale"]
    return proposal


def _study_after(
    trials: Sequence[Trial], space: Mapping[str, BaseDistribution], budget: SearchBudget, seed: int
) -> optuna.Study:
    """Return a study that knows the trials before, and whose next proposal is always the same."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(
            direction="maximize",
            sampler=TPESampler(
                n_startup_trials=_UNGUIDED_TRIALS,
                seed=seed_for(seed, f"proposal {len(trials)}"),
            ),
            pruner=MedianPruner(n_startup_trials=_UNGUIDED_TRIALS, n_warmup_steps=budget.warm_up),
        )
    finally:
        optuna.logging.set_verbosity(verbosity)
    study.add_trials(_as_optunas(trial, space) for trial in trials)
    return study


def _as_optunas(trial: Trial, space: Mapping[str, BaseDistribution]) -> optuna.trial.FrozenTrial:
    told = trial.parameters.as_dict()
    # A failed trial would be as if it had never been, and be proposed again; pruned, it is bad.
    is_complete = trial.state == "complete"
    return create_trial(
        state=TrialState.COMPLETE if is_complete else TrialState.PRUNED,
        value=trial.value if is_complete else None,
        params={name: told[name] for name in space},
        distributions=dict(space),
        intermediate_values={} if trial.state == "failed" else dict(trial.curve),
    )


def _searched(
    trials: Sequence[Trial], again: Sequence[Trial], sample: SearchSample, likes: int, stopped: str
) -> RankerSearch:
    first = FIRST[0] if sample.side is None else replace(FIRST[0], scale=SCALES_FIRST[0])
    search = RankerSearch(
        trials=tuple(trials),
        best=None,
        chosen=first,
        stopped=stopped,
        users=sample.fit.shape[0],
        things=sample.fit.shape[1],
        likes=int(sample.fit.nnz),
        validation_users=len(sample.judged),
        share_of_likes=int(sample.fit.nnz) / likes if likes else 1.0,
        tried_again=tuple(again),
    )
    best = min(search.compared, key=from_the_best, default=None)
    if best is None:
        return search
    return replace(search, best=best.number, chosen=best.parameters)


def _key(sample: SearchSample, settings: Sequence[object]) -> str:
    """Return what two searches have in common only if all of their trials are the same."""
    versions = [_CODE, optuna.__version__, PATIENCE, _UNGUIDED_TRIALS]
    digest = hashlib.sha256(json.dumps([*versions, *settings]).encode())
    matrices = [sample.fit, sample.validation]
    matrices += [] if sample.side is None else [sample.side.matrix]
    for matrix in matrices:
        for part in (np.array(matrix.shape), matrix.indptr, matrix.indices, matrix.data):
            digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
