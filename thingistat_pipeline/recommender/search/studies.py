"""The searches as Optuna's own studies, for whoever wants to look at them with its tools.

`optuna.load_study(study_name="with_side", storage=JournalStorage(JournalFileBackend(path)))` opens
one; the other is "without". The figures of the searches in the metrics are the record; this is a
copy of them in another program's format.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from thingistat_pipeline.recommender.search.choice import Choice
from thingistat_pipeline.recommender.search.search import BUDGETS, Trial, search_space
from thingistat_pipeline.settings import Effort

STUDIES_FILE = "studies.jsonl"
_STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


def studies(choice: Choice, *, effort: Effort) -> bytes:
    """Return the searches as a journal of Optuna's: lines of JSON, with the time they were written.

    Parameters
    ----------
    choice : Choice
        With both searches.
    effort : {"quick", "full"}
        Of the searches; it tells the ranges that were searched.
    """
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as afterwards:
        afterwards.callback(optuna.logging.set_verbosity, verbosity)
        path = Path(folder) / STUDIES_FILE
        storage = JournalStorage(JournalFileBackend(str(path)))
        for name, search in (("without", choice.without), ("with_side", choice.with_side)):
            space = search_space(BUDGETS[effort], with_side=name == "with_side")
            number = storage.create_new_study([optuna.study.StudyDirection.MAXIMIZE], name)
            for trial in search.trials:
                storage.create_new_trial(number, _frozen(trial, space))
        return path.read_bytes()


def _frozen(trial: Trial, space: dict[str, BaseDistribution]) -> FrozenTrial:
    told = trial.parameters.as_dict()
    return create_trial(
        state=_STATES[trial.state],
        value=trial.value if trial.state == "complete" else None,
        params={name: told[name] for name in space},
        distributions=space,
        user_attrs={"epochs": trial.parameters.epochs, "warm_started": trial.warm_started},
        intermediate_values=dict(trial.curve),
    )
