import json
import logging

import numpy as np
import optuna
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

from thingistat_pipeline.popularity.advisor import search as searching
from thingistat_pipeline.popularity.advisor.rows import AdvisorRows, advisor_rows
from thingistat_pipeline.popularity.advisor.search import (
    AdvisorParameters,
    Search,
    SearchBudget,
    cheapest_of_the_best,
    parameters_for,
    search_forest,
)
from thingistat_pipeline.popularity.creator_sample import whole_creators
from thingistat_pipeline.popularity.splits import creator_folds
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

SMALL = SearchBudget(trials=6, patience=6, trees=(5, 10), rows=500)


def rows_of(things: int) -> AdvisorRows:
    return advisor_rows(sandbox_frame(things))


def searched(
    rows: AdvisorRows, *, budget: SearchBudget = SMALL, threads: int = 2, seed: int = 3
) -> Search:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(searching.BUDGETS, "quick", budget)
        return search_forest(rows, seed=seed, effort="quick", threads=threads)


@pytest.fixture(scope="module")
def rows() -> AdvisorRows:
    return rows_of(600)


@pytest.fixture(scope="module")
def found(rows: AdvisorRows) -> Search:
    return searched(rows)


def test_an_uncut_forest_scores_what_scikit_learns_own_does(found: Search, rows: AdvisorRows):
    some = rows.taken(whole_creators(rows.creators, most=500, seed=3))
    assert np.isnan(some.X).any()
    trial = found.trials[0].parameters
    scores = []
    for fold in creator_folds(some.creators, seed=3, wanted=3):
        forest = RandomForestRegressor(
            n_estimators=10,
            max_depth=24,
            max_features=trial.max_features,
            max_samples=trial.max_samples,
            min_samples_leaf=trial.min_samples_leaf,
            random_state=3,
        ).fit(some.X[fold.train], some.y[fold.train])
        scores.append(r2_score(some.y[fold.test], forest.predict(some.X[fold.test])))
    uncut = AdvisorParameters(
        24, trial.max_features, trial.max_samples, trial.min_samples_leaf, n_estimators=10
    )
    assert dict(found.combinations)[uncut] == pytest.approx(np.mean(scores), abs=1e-12)


def test_a_trials_score_is_that_of_its_best_cut(found: Search):
    for trial in (trial for trial in found.trials if trial.state == "complete"):
        cuts = [
            (score, cut)
            for cut, score in found.combinations
            if (cut.max_features, cut.max_samples)
            == (trial.parameters.max_features, trial.parameters.max_samples)
        ]
        assert len(cuts) == len(searching.DEPTHS) * 2
        assert max(score for score, _ in cuts) == trial.score
        assert {cut: score for score, cut in cuts}[trial.parameters] == trial.score


def test_the_chosen_one_is_within_the_tolerance_of_the_best_and_no_equal_is_cheaper(found: Search):
    best = max(score for _, score in found.combinations)
    scores = dict(found.combinations)
    assert scores[found.chosen] >= best - 0.001
    equals = [cut for cut, score in found.combinations if score >= best - 0.001]
    assert found.chosen.cost == min(cut.cost for cut in equals)


def test_of_equals_the_cheaper_is_taken_and_not_of_others():
    dear = AdvisorParameters(12, 0.5, 0.5, 1, 60)
    cheap = AdvisorParameters(9, 0.5, 0.5, 1, 60)
    worse = AdvisorParameters(6, 0.1, 0.3, 1, 20)
    assert cheapest_of_the_best([(dear, 0.8), (cheap, 0.7995), (worse, 0.79)]) == cheap
    assert cheapest_of_the_best([(dear, 0.8), (cheap, 0.798), (worse, 0.79)]) == dear


def test_threads_do_not_change_what_is_found(found: Search, rows: AdvisorRows):
    assert searched(rows, threads=1).as_dict() == found.as_dict()


def test_another_seed_tries_other_forests(found: Search, rows: AdvisorRows):
    assert searched(rows, seed=4).as_dict() != found.as_dict()


def test_a_trial_clearly_worse_on_the_first_fold_is_not_tried_on_the_others(found: Search):
    pruned = [trial for trial in found.trials if trial.state == "pruned"]
    assert pruned
    assert {trial.std for trial in pruned} == {None}
    assert found.chosen.min_samples_leaf in {
        t.parameters.min_samples_leaf for t in found.trials if t.state == "complete"
    }


def test_the_search_ends_early_where_nothing_gets_better(rows: AdvisorRows):
    budget = SearchBudget(trials=6, patience=1, trees=(5,), rows=500)
    ended = searched(rows, budget=budget)
    assert len(ended.trials) < 6
    assert "1 in a row" in ended.stopped


def test_the_search_says_what_it_was_done_on(found: Search):
    said = found.as_dict()
    assert said["rows"] <= 500
    assert said["creators"] <= said["rows"]
    assert said["folds"] == 3
    assert said["stopped"] == "All 6 trials of the quick effort were made."
    assert [trial["number"] for trial in said["trials"]] == list(range(6))
    assert said["trials"][said["best"]]["max_features"] == found.chosen.max_features
    assert len(said["grown_once"]) == len(searching.DEPTHS) * 2


def test_optuna_is_silent_and_its_loudness_is_put_back(
    rows: AdvisorRows, capfd: pytest.CaptureFixture[str]
):
    before = optuna.logging.get_verbosity()
    searched(rows.taken(np.arange(80)), budget=SearchBudget(1, 1, (2,), 80))
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before
    assert logging.getLogger("optuna").level == before


def test_shuffled_targets_give_no_skill(rows: AdvisorRows):
    shuffled = np.random.default_rng(0).permutation(rows.y)
    ended = searched(
        AdvisorRows(
            rows.ids,
            rows.creators,
            rows.X,
            shuffled,
            rows.age_days,
            rows.added,
            rows.features,
            {},
            {},
        )
    )
    assert max(score for _, score in ended.combinations) < 0.05


def test_more_rows_get_more_depth_and_nothing_else():
    found = AdvisorParameters(12, 0.4, 0.5, 3, 60)
    assert found.carried_over(1000, 1000) == found
    assert found.carried_over(1000, 8100).max_depth == 12 + 3
    assert found.carried_over(1000, 500) == found
    more = found.carried_over(1000, 8100)
    assert {**more.as_dict(), "max_depth": 12} == found.as_dict()


def test_of_very_many_rows_a_tree_draws_no_more_than_the_cap():
    found = AdvisorParameters(12, 0.4, 0.5, 3, 60)
    assert found.carried_over(1000, 60_000).max_samples == 0.5
    assert found.carried_over(1000, 120_000).max_samples == 0.25


def test_the_stored_search_gives_each_number_of_rows_its_own_parameters(found: Search):
    stored = {
        "best_params": found.for_rows(1_000_000).as_dict(),
        "search": json.loads(json.dumps(found.as_dict())),
    }
    assert stored["best_params"]["max_samples"] == 0.03
    for rows in (300, found.train_rows, 10_000, 1_000_000):
        assert parameters_for(stored, rows) == found.for_rows(rows).as_dict()
    # What the cap leaves of a million rows is not what is drawn of a few.
    assert parameters_for(stored, 300)["max_samples"] == found.chosen.max_samples > 0.03


def test_of_an_older_stored_search_the_forests_own_parameters_are_taken():
    stored = {"best_params": {"max_depth": 9, "max_samples": 0.2}, "search": {"trials": []}}
    assert parameters_for(stored, 300) == {"max_depth": 9, "max_samples": 0.2}


def test_a_grown_forest_predicts_the_same_whatever_the_threads(rows: AdvisorRows):
    parameters = AdvisorParameters(8, 0.4, 0.5, 3, 12)
    one, two = (parameters.grown(rows.X, rows.y, seed=1, threads=threads) for threads in (1, 2))
    assert one.predict(rows.X).tolist() == two.predict(rows.X).tolist()
    assert two.n_jobs is None
