"""The searches can be opened with Optuna's own tools."""

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.ranking_model import known_features
from thingistat_pipeline.recommender.search.choice import Choice, chosen_models
from thingistat_pipeline.recommender.search.studies import STUDIES_FILE, studies
from thingistat_pipeline_tests.recommender.planted import (
    TRIALS,
    features_of,
    planted_likes,
    small_searches,
)


@pytest.fixture(scope="module")
def choice() -> Iterator[Choice]:
    likes = planted_likes()
    side = known_features(features_of(), likes.things, things_per_tag=5)
    with small_searches():
        yield chosen_models(holdout(likes.matrix, seed=3), side, seed=3, effort="quick")


@pytest.mark.parametrize("name", ["without", "with_side"])
def test_optuna_opens_both_searches_with_all_of_their_trials(
    choice: Choice, tmp_path: Path, name: str
):
    path = tmp_path / STUDIES_FILE
    path.write_bytes(studies(choice, effort="quick"))
    storage = JournalStorage(JournalFileBackend(str(path)))
    study = optuna.load_study(study_name=name, storage=storage)
    search = getattr(choice, name)
    assert len(study.trials) == TRIALS
    assert study.best_trial.number == search.best
    assert study.best_value == search.trials[search.best].value
    for found, trial in zip(study.trials, search.trials, strict=True):
        assert found.params["learning_rate"] == trial.parameters.learning_rate
        assert found.params["loss"] == trial.parameters.loss
        assert ("scale" in found.params) == (name == "with_side")
        assert found.user_attrs["epochs"] == trial.parameters.epochs
        assert found.intermediate_values == dict(trial.curve)
        assert found.state.name.lower() == {"failed": "fail"}.get(trial.state, trial.state)
