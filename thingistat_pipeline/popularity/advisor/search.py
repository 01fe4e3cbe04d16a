"""The search for the advisor's forest: one forest a trial and fold, and an optimiser between them.

Depth and number of trees are read off one grown forest (`popularity.tuning`: paths cut short,
prefixes of the trees), so they cost nothing. What changes the growing itself (leaf size, candidate
features at a node, share of the rows a tree draws) is proposed by a tree-structured Parzen
estimator (Bergstra et al., "Algorithms for hyper-parameter optimization", NIPS 2011) of Optuna's.
A trial that is clearly worse on the first fold is not tried on the others, and the search ends
early when it no longer finds anything better.

Of combinations whose mean R² lies within `TOLERANCE` of the best, the cheapest is taken. The usual
rule of one standard error (Breiman et al. 1984) would be too lax here: the folds are few, and most
of the spread between them is that some creators are harder to predict than others, for every
combination alike.

The search sees at most `SearchBudget.rows` things, whole creators. What it finds is carried over
to more rows as follows. The leaf size stays what it is, in things: it averages out the noise of
single things, which does not shrink as the sample grows. Candidate features are a share, and so are
the rows that a tree draws, up to `MOST_DRAWS`. A depth that was found to be a limit is raised by
the base-2 logarithm of the ratio of rows, since a tree needs so many more levels to cut more rows
into leaves of the same size. All this is right for one number of rows only: a fit on another number
starts again from what the search chose.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, Literal

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.samplers import TPESampler
from optuna.trial import TrialState
from sklearn.ensemble import RandomForestRegressor

from thingistat_pipeline.popularity.advisor.rows import AdvisorRows
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.evaluation import Floats
from thingistat_pipeline.popularity.splits import Progress, Split, creator_folds
from thingistat_pipeline.popularity.tuning import ForestGrid, score_truncated
from thingistat_pipeline.settings import Effort

MOST_DRAWS = 30_000
"""Rows that one tree draws at most; all trees together still see all rows."""
TOLERANCE = 0.001
"""Differences of R² below this count as none."""
CLEARLY_WORSE = 0.01
"""A trial that falls so far behind the best on the first fold is given up."""
DEPTHS = (6, 9, 12, 16, 24)
_UNCUT = 2
"""`min_samples_split` that cuts nothing off."""
_FIRST = {"min_samples_leaf": 3, "max_features": 0.33, "max_samples": 0.6}
_UNGUIDED_TRIALS = 4


@dataclass(frozen=True, order=True, slots=True)
class AdvisorParameters:
    """A forest's parameters, as `RandomForestRegressor` names them; the features as a share."""

    max_depth: int
    max_features: float
    max_samples: float
    min_samples_leaf: int
    n_estimators: int

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters as keyword arguments."""
        return asdict(self)

    @property
    def cost(self) -> float:
        """What growing costs, but for a factor: trees x levels x candidates x rows."""
        return self.n_estimators * self.max_depth * self.max_features * self.max_samples

    def grown(
        self, X: NDArray[np.float32], y: Floats, *, seed: int, threads: int
    ) -> RandomForestRegressor:
        """Return a forest fitted with these parameters, which predicts with one thread.

        With several threads scikit-learn adds up the trees in whatever order they finish.
        """
        forest = RandomForestRegressor(**self.as_dict(), random_state=seed, n_jobs=threads)
        return forest.fit(X, y).set_params(n_jobs=None)

    def carried_over(self, searched: int, fitted: int) -> "AdvisorParameters":
        """Return the parameters for a forest fitted on another number of rows than searched on."""
        levels = max(0, round(math.log2(fitted / searched)))
        return replace(
            self,
            max_depth=self.max_depth + levels,
            max_samples=min(self.max_samples, MOST_DRAWS / fitted),
        )


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """How much a search may cost: trials at most, trials without gain, trees, things, folds."""

    trials: int
    patience: int
    trees: tuple[int, ...]
    rows: int
    folds: int = 3


BUDGETS: dict[Effort, SearchBudget] = {
    "quick": SearchBudget(trials=8, patience=4, trees=(20, 40, 60), rows=2_000),
    "full": SearchBudget(trials=10, patience=4, trees=(30, 60, 90), rows=8_000),
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One growing tried: its best cut, and what that scored over the folds it was tried on."""

    number: int
    parameters: AdvisorParameters
    score: float
    std: float | None
    state: Literal["complete", "pruned"]

    def as_dict(self) -> dict[str, Any]:
        """Return the row of the search's table."""
        return {
            "number": self.number,
            **self.parameters.as_dict(),
            "score": self.score,
            "std": self.std,
            "state": self.state,
        }


@dataclass(frozen=True, slots=True)
class Search:
    """What was tried, what was chosen and why it ended.

    Attributes
    ----------
    trials : list of Trial
    chosen : AdvisorParameters
        Of those within the tolerance of the best, the cheapest; as searched, before being carried
        over to more rows.
    best : int
        Number of the trial that it is of.
    combinations : list of (AdvisorParameters, float)
        Mean R² of every cut of every complete trial.
    stopped : str
        Why the search ended, as a sentence.
    folds, rows, creators : int
        What it was done on.
    train_rows : int
        Rows that a fold's forest was fitted on, in the mean.
    """

    trials: list[Trial]
    chosen: AdvisorParameters
    best: int
    combinations: list[tuple[AdvisorParameters, float]]
    stopped: str
    folds: int
    rows: int
    creators: int
    train_rows: int

    def as_dict(self) -> dict[str, Any]:
        """Return what `metrics.json` says about the search."""
        growing = self.trials[self.best].parameters
        shared = [
            {
                "max_depth": found.max_depth,
                "n_estimators": found.n_estimators,
                "score": score,
            }
            for found, score in self.combinations
            if _growing(found) == _growing(growing)
        ]
        return {
            "trials": [trial.as_dict() for trial in self.trials],
            "best": self.best,
            "chosen": self.chosen.as_dict(),
            "grown_once": shared,
            "stopped": self.stopped,
            "folds": self.folds,
            "rows": self.rows,
            "creators": self.creators,
            "train_rows": self.train_rows,
        }

    def for_rows(self, rows: int) -> AdvisorParameters:
        """Return the parameters chosen, carried over to so many rows to fit on."""
        return self.chosen.carried_over(self.train_rows, rows)


def parameters_for(metrics: Mapping[str, Any], rows: int) -> dict[str, Any]:
    """Return a stored model's parameters for a forest fitted on so many rows.

    Parameters
    ----------
    metrics : mapping
        Of its `metrics.json`. Older ones do not tell what the search chose; then it is what the
        stored forest was fitted with.
    rows : int

    Returns
    -------
    dict
        Keyword arguments of `RandomForestRegressor`.
    """
    search = metrics["search"]
    if "chosen" not in search:
        return dict(metrics["best_params"])
    return AdvisorParameters(**search["chosen"]).carried_over(search["train_rows"], rows).as_dict()


def search_forest(
    rows: AdvisorRows,
    *,
    seed: int,
    effort: Effort,
    threads: int = 2,
    progress: Progress | None = None,
) -> Search:
    """Search a forest's parameters by cross-validation over creators.

    Parameters
    ----------
    rows : AdvisorRows
        Training rows only.
    seed : int
        Of the folds, the forests and the optimiser.
    effort : {"quick", "full"}
        See `BUDGETS`.
    threads : int, default=2
        Does not change the result.
    progress : callable, optional
        Told after every trial.

    Raises
    ------
    ThingistatError
        If the creators are too few for two folds.
    """
    budget = BUDGETS[effort]
    searched = rows.taken(whole_creators(rows.creators, most=budget.rows, seed=seed))
    folds = creator_folds(searched.creators, seed=seed, wanted=budget.folds)
    with _silent_optuna():
        study = optuna.create_study(
            direction="maximize", sampler=TPESampler(seed=seed, n_startup_trials=_UNGUIDED_TRIALS)
        )
    study.enqueue_trial(_FIRST)
    tried: list[_Tried] = []
    since = 0
    stopped = f"All {budget.trials} trials of the {effort} effort were made."
    while len(tried) < budget.trials:
        asked = study.ask()
        bar = max((one.scores[:, 0].max() for one in tried), default=-math.inf) - CLEARLY_WORSE
        one = _try(
            _asked_for(asked, budget), searched, folds, budget, bar=bar, seed=seed, threads=threads
        )
        best = max((other.score for other in tried if other.complete), default=-math.inf)
        since = 0 if one.complete and one.score > best + TOLERANCE else since + 1
        tried.append(one)
        asked.report(float(one.scores[:, 0].max()), 0)
        if one.complete:
            study.tell(asked, one.score)
        else:
            study.tell(asked, state=TrialState.PRUNED)
        if progress is not None:
            progress("searching", len(tried), budget.trials)
        if since >= budget.patience and len(tried) < budget.trials:
            stopped = (
                f"After {len(tried)} trials, because {since} in a row raised the mean R² by less "
                f"than {TOLERANCE}."
            )
            break
    combinations = [pair for one in tried if one.complete for pair in one.combinations()]
    chosen = cheapest_of_the_best(combinations)
    trials = [one.as_trial(number) for number, one in enumerate(tried)]
    return Search(
        trials=trials,
        chosen=chosen,
        best=next(t.number for t in trials if _growing(t.parameters) == _growing(chosen)),
        combinations=combinations,
        stopped=stopped,
        folds=len(folds),
        rows=len(searched.y),
        creators=len(np.unique(searched.creators)),
        train_rows=round(float(np.mean([len(fold.train) for fold in folds]))),
    )


def cheapest_of_the_best(
    combinations: Sequence[tuple[AdvisorParameters, float]],
) -> AdvisorParameters:
    """Return the cheapest of those whose score is within the tolerance of the best."""
    best = max(score for _, score in combinations)
    good = [parameters for parameters, score in combinations if score >= best - TOLERANCE]
    return min(good, key=lambda parameters: (parameters.cost, parameters))


@dataclass(frozen=True, eq=False, slots=True)
class _Tried:
    """The R² of all cuts of one growing, (cuts, folds tried), and whether all folds were tried."""

    cuts: list[AdvisorParameters]
    scores: Floats
    complete: bool

    @property
    def score(self) -> float:
        """Mean R² of the best cut."""
        return float(self.scores.mean(axis=1).max())

    def combinations(self) -> Iterator[tuple[AdvisorParameters, float]]:
        """Yield every cut with its mean R²."""
        yield from zip(self.cuts, self.scores.mean(axis=1).tolist(), strict=True)

    def as_trial(self, number: int) -> Trial:
        """Return the line that tells of it."""
        best = int(self.scores.mean(axis=1).argmax())
        if not self.complete:
            return Trial(number, self.cuts[best], self.score, None, "pruned")
        return Trial(
            number, self.cuts[best], self.score, float(self.scores[best].std()), "complete"
        )


def _try(
    growing: AdvisorParameters,
    rows: AdvisorRows,
    folds: Sequence[Split],
    budget: SearchBudget,
    *,
    bar: float,
    seed: int,
    threads: int,
) -> _Tried:
    """Score one growing fold by fold, or on the first only if that falls below the bar."""
    grid = ForestGrid(
        max_depth=DEPTHS, max_features=(), min_samples_split=(_UNCUT,), n_estimators=budget.trees
    )
    places = list(product(DEPTHS, budget.trees))
    columns: list[Floats] = []
    for fold in folds:
        forest = growing.grown(rows.X[fold.train], rows.y[fold.train], seed=seed, threads=threads)
        found = score_truncated(forest, rows.X[fold.test], rows.y[fold.test], grid, threads=threads)
        scores = np.array([found[depth, _UNCUT, trees] for depth, trees in places])
        # R² is undefined on a fold of equal outcomes; nothing can be told from it.
        columns.append(np.where(np.isfinite(scores), scores, 0.0))
        if columns[0].max() < bar:
            break
    cuts = [replace(growing, max_depth=depth, n_estimators=trees) for depth, trees in places]
    return _Tried(cuts, np.column_stack(columns), complete=len(columns) == len(folds))


def _asked_for(trial: optuna.Trial, budget: SearchBudget) -> AdvisorParameters:
    """Return the growing that the optimiser proposes, uncut."""
    return AdvisorParameters(
        max_depth=max(DEPTHS),
        max_features=trial.suggest_float("max_features", 0.1, 0.8, log=True),
        max_samples=trial.suggest_float("max_samples", 0.3, 0.9),
        min_samples_leaf=trial.suggest_int("min_samples_leaf", 1, 25, log=True),
        n_estimators=max(budget.trees),
    )


def _growing(parameters: AdvisorParameters) -> tuple[float, float, int]:
    return parameters.max_features, parameters.max_samples, parameters.min_samples_leaf


@contextmanager
def _silent_optuna() -> Iterator[None]:
    """Keep Optuna from writing to the terminal that a study exists."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)
