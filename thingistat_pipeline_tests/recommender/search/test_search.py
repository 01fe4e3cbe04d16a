"""The search for a ranker's parameters, on planted tastes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from thingistat_pipeline.recommender.judging.measures import evaluate
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import Holdout, holdout
from thingistat_pipeline.recommender.likes.interactions import like_matrix
from thingistat_pipeline.recommender.likes.side_information import SideInformation, with_identity
from thingistat_pipeline.recommender.ranking.ranker import Ranker
from thingistat_pipeline.recommender.ranking.ranking_input import RankingError
from thingistat_pipeline.recommender.search import search as searching
from thingistat_pipeline.recommender.search.search import (
    BUDGETS,
    RankerParameters,
    RankerSearch,
    Trial,
    search_ranker,
)
from thingistat_pipeline.recommender.search.search_sample import search_sample, validating_users

SEED = 3


def planted_likes(users: int = 60, things: int = 40) -> csr_array:
    """Each user likes most of one of four groups of things, and a few others."""
    draw = np.random.default_rng(0).random((users, things))
    own = np.arange(users)[:, None] % 4 == np.arange(things) * 4 // things
    rows, columns = np.nonzero(draw < np.where(own, 0.7, 0.05))
    return like_matrix(rows, columns, (users, things))


def planted_side(things: int = 40) -> SideInformation:
    """Each thing's tag is its group."""
    groups = np.arange(things) * 4 // things
    matrix = csr_array(
        (np.ones(things, np.float32), (np.arange(things), groups)), shape=(things, 4)
    )
    return SideInformation(matrix, tuple(f"tag:{g}" for g in range(4)), {}, "divided")


@pytest.fixture(scope="module")
def held() -> Holdout:
    return holdout(planted_likes(), seed=0)


@pytest.fixture(scope="module")
def without(held: Holdout) -> RankerSearch:
    return search_ranker(held.fit, held.validation, None, seed=SEED, effort="quick")


@pytest.fixture(scope="module")
def with_side(held: Holdout, without: RankerSearch) -> RankerSearch:
    return search_ranker(
        held.fit, held.validation, planted_side(), seed=SEED, effort="quick", warm_start=without
    )


def test_the_value_of_a_trial_is_what_its_parameters_reach_when_fitted_anew(
    held: Holdout, with_side: RankerSearch
):
    for trial in [with_side.trials[with_side.best or 0], with_side.trials[2], with_side.trials[-1]]:
        parameters = trial.parameters
        ranker = parameters.ranker(seed=SEED)
        ranker.fit(held.fit, item_features=parameters.item_features(planted_side()))
        value = evaluate(ranker, held.fit, held.validation, seed=0).estimates["ndcg_at_10"].value
        assert trial.value == pytest.approx(value, rel=1e-12)
        assert (parameters.epochs, trial.value) in trial.curve


def test_the_parameters_chosen_are_those_of_the_best_complete_trial(without: RankerSearch):
    complete = [trial for trial in without.trials if trial.state == "complete"]
    best = max(complete, key=lambda trial: trial.value or 0.0)
    assert without.trials[without.best or 0].value == best.value
    assert without.chosen == without.trials[without.best or 0].parameters
    assert len(without.trials) == BUDGETS["quick"].trials
    assert "20 trials" in without.stopped


def test_of_equally_good_trials_the_cheapest_is_chosen(held: Holdout):
    # Whoever likes one thing of two has one left: every ranking is the same, and perfect.
    users, things = np.arange(20), np.arange(20) % 2
    fit, validation = (like_matrix(users, of, (20, 2)) for of in (things, 1 - things))
    found = search_ranker(fit, validation, None, seed=0, effort="quick")
    assert {trial.value for trial in found.trials if trial.state == "complete"} == {1.0}
    costs = [
        trial.parameters.epochs * trial.parameters.components
        for trial in found.trials
        if trial.state == "complete"
    ]
    assert found.chosen.epochs * found.chosen.components == min(costs)
    assert found.chosen.epochs == 3


def test_a_trial_is_judged_at_the_checkpoints_and_no_further_than_it_is_worth(
    without: RankerSearch, with_side: RankerSearch
):
    checkpoints = BUDGETS["quick"].checkpoints
    states = set()
    for trial in (*without.trials, *with_side.trials):
        epochs, values = zip(*trial.curve, strict=True)
        assert epochs == checkpoints[: len(epochs)]
        assert trial.value == max(values)
        states.add(trial.state)
        if trial.state == "complete" and len(epochs) < len(checkpoints):
            assert max(values[:-2]) >= max(values[-2:])
        if trial.state == "pruned":
            assert BUDGETS["quick"].warm_up <= epochs[-1] < checkpoints[-1]
    assert states == {"complete", "pruned"}


def test_a_pruned_trial_is_behind_the_median_of_the_complete_ones_before_it(
    without: RankerSearch, with_side: RankerSearch
):
    for search in (without, with_side):
        for trial in search.trials:
            if trial.state == "pruned":
                epoch = trial.curve[-1][0]
                before = [
                    dict(other.curve)[epoch]
                    for other in search.trials[: trial.number]
                    if other.state == "complete" and epoch in dict(other.curve)
                ]
                assert trial.value is not None
                assert trial.value < np.median(before)


def test_every_loss_is_tried_whatever_the_optimiser_proposes(
    without: RankerSearch, with_side: RankerSearch
):
    for search in (without, with_side):
        complete = {t.parameters.loss for t in search.trials if t.state == "complete"}
        assert complete == {"warp", "bpr", "logistic"}


def test_a_search_with_side_information_begins_with_the_best_of_the_one_without(
    without: RankerSearch, with_side: RankerSearch
):
    first, second = with_side.trials[:2]
    assert first.warm_started
    assert second.warm_started
    for trial, scale in ((first, 1.0), (second, 2.5)):
        epochs = trial.parameters.epochs
        assert trial.parameters == replace(without.chosen, scale=scale, epochs=epochs)
    assert 3 <= sum(trial.warm_started for trial in with_side.trials) < len(with_side.trials)
    assert not any(trial.warm_started for trial in without.trials)


def test_only_a_search_with_side_information_scales_it(
    without: RankerSearch, with_side: RankerSearch
):
    assert {trial.parameters.scale for trial in without.trials} == {None}
    scales = [trial.parameters.scale for trial in with_side.trials]
    assert all(scale is not None and 0.1 <= scale <= 10 for scale in scales)
    side = planted_side()
    parameters = replace(without.chosen, scale=0.7)
    found = parameters.item_features(side)
    assert found is not None
    assert_array_equal(found.toarray(), with_identity(side, 0.7).toarray())
    assert replace(parameters, scale=None).item_features(side) is None


def test_what_was_searched_goes_into_json_and_back(with_side: RankerSearch):
    told = json.loads(json.dumps(with_side.as_dict(), allow_nan=False))
    assert RankerSearch.from_dict(told) == with_side
    assert told["measure"] == "ndcg_at_10"
    assert RankerParameters(**told["chosen"]) == with_side.chosen


def test_searching_again_finds_the_same(held: Holdout, without: RankerSearch):
    again = search_ranker(held.fit, held.validation, None, seed=SEED, effort="quick")
    assert again == without


_KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_search import SEED, holdout, planted_likes, search_ranker

def wait_to_be_killed(step, done, total):
    if done == 7:
        print("seven trials are finished", flush=True)
        time.sleep(600)

held = holdout(planted_likes(), seed=0)
search_ranker(held.fit, held.validation, None, seed=SEED, effort="quick",
              journal=Path(sys.argv[2]), progress=wait_to_be_killed)
"""


def test_a_search_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(
    held: Holdout, without: RankerSearch, tmp_path: Path
):
    journal = tmp_path / "journal.jsonl"
    command = [sys.executable, "-c", _KILLED, str(Path(__file__).parent), str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "seven trials are finished\n"
        process.kill()
    assert len(journal.read_text().splitlines()) == 1 + 7
    with journal.open("a") as stream:
        stream.write('{"number": 7, "sta')
    steps: list[int] = []
    found = search_ranker(
        held.fit,
        held.validation,
        None,
        seed=SEED,
        effort="quick",
        journal=journal,
        progress=lambda step, done, total: steps.append(done),
    )
    assert found == without
    assert steps == list(range(8, 21))


def test_a_journal_of_other_likes_is_not_believed(held: Holdout, tmp_path: Path):
    journal = tmp_path / "journal.jsonl"

    def numbers_done(likes: Holdout) -> list[int]:
        """Search until the second trial is finished."""
        numbers: list[int] = []

        def stop_at_the_second(step: str, done: int, total: int) -> None:
            numbers.append(done)
            if len(numbers) == 2:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            search_ranker(
                likes.fit,
                likes.validation,
                None,
                seed=SEED,
                effort="quick",
                journal=journal,
                progress=stop_at_the_second,
            )
        return numbers

    assert numbers_done(holdout(planted_likes(), seed=1)) == [1, 2]
    assert numbers_done(held) == [1, 2]
    assert numbers_done(held) == [3, 4]


def test_a_trial_that_diverges_is_told_as_failed_and_the_search_goes_on(
    held: Holdout, monkeypatch: pytest.MonkeyPatch
):
    learn = Ranker.partial_fit

    def diverging(self: Ranker, *args, **options):
        if self.loss == "logistic" and self.epochs_ >= 3:
            raise RankingError("The vectors grew beyond what 32 bits hold.")
        return learn(self, *args, **options)

    monkeypatch.setattr(Ranker, "partial_fit", diverging)
    found = search_ranker(held.fit, held.validation, None, seed=SEED, effort="quick")
    failed = [trial for trial in found.trials if trial.state == "failed"]
    assert failed
    assert {trial.parameters.loss for trial in failed} == {"logistic"}
    assert all(trial.value is None and len(trial.curve) == 1 for trial in failed)
    assert found.chosen.loss != "logistic"
    assert RankerSearch.from_dict(json.loads(json.dumps(found.as_dict()))) == found


@pytest.mark.parametrize("users", [2, 10])
def test_too_few_users_to_choose_by_are_told_and_nothing_is_searched(users: int):
    likes = planted_likes(users=users, things=10)
    parts = holdout(likes, seed=0)
    for side in (None, planted_side(10)):
        found = search_ranker(parts.fit, parts.validation, side, seed=0, effort="quick")
        assert found.trials == ()
        assert found.best is None
        assert "at least 10 are needed" in found.stopped
        found.chosen.ranker(seed=0).fit(parts.fit, item_features=found.chosen.item_features(side))
        told = json.loads(json.dumps(found.as_dict()))
        assert RankerSearch.from_dict(told) == found


def test_a_sample_is_of_whole_users_within_the_cap_and_the_things_they_like(held: Holdout):
    side = planted_side()
    sample = search_sample(held.fit, held.validation, side, likes=120, users=5, seed=0)
    assert 60 < sample.fit.nnz + sample.validation.nnz <= 120
    assert np.bincount(np.r_[sample.fit.indices, sample.validation.indices]).min() > 0
    assert sample.side is not None
    assert sample.side.matrix.shape == (sample.fit.shape[1], 4)
    assert len(sample.judged) == 5
    assert np.diff(sample.validation.indptr)[sample.judged].min() > 0

    def tastes(fit: csr_array, validation: csr_array, tags: csr_array) -> set[tuple[float, ...]]:
        """How many likes of each tag a user has, to fit on and to validate by."""
        return set(map(tuple, np.hstack([(fit @ tags).toarray(), (validation @ tags).toarray()])))

    drawn = tastes(sample.fit, sample.validation, sample.side.matrix)
    assert drawn <= tastes(held.fit, held.validation, side.matrix)


def test_a_sample_of_everything_is_everything(held: Holdout):
    side = planted_side()
    sample = search_sample(held.fit, held.validation, side, likes=10**6, users=10**6, seed=0)
    assert sample.fit is held.fit
    assert sample.validation is held.validation
    assert sample.side is side
    assert_array_equal(sample.judged, validating_users(held.validation, most=10**6, seed=5))


@pytest.fixture(scope="module")
def on_a_part(held: Holdout) -> RankerSearch:
    """A search with side information, of eight trials on 300 likes."""
    small = replace(BUDGETS["quick"], trials=8, likes=300, users=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "BUDGETS", {"quick": small})
        return search_ranker(held.fit, held.validation, planted_side(), seed=0, effort="quick")


def test_a_search_on_a_part_of_the_likes_says_what_it_saw(
    on_a_part: RankerSearch, held: Holdout, without: RankerSearch
):
    assert len(on_a_part.trials) == 8
    assert on_a_part.likes < 300
    assert on_a_part.users < 60
    assert on_a_part.validation_users == 20
    share = on_a_part.likes / held.fit.nnz
    assert on_a_part.as_dict()["share_of_likes"] == pytest.approx(share)
    assert f"{share:.0%} of the likes" in on_a_part.stopped
    assert (without.share_of_likes, without.tried_again) == (1.0, ())
    assert RankerSearch.from_dict(json.loads(json.dumps(on_a_part.as_dict()))) == on_a_part


def test_what_is_best_on_a_part_of_the_likes_is_chosen_on_all_of_them(
    on_a_part: RankerSearch, held: Holdout
):
    again = {trial.number: trial for trial in on_a_part.tried_again}
    ranked = sorted(
        (one for one in on_a_part.trials if one.state == "complete"),
        key=lambda one: -(one.value or 0.0),
    )
    assert {0, 1, 2, *(one.number for one in ranked[:6])} <= set(again)
    users = validating_users(held.validation, most=20, seed=seed_for(0, "sample"))
    for number, trial in again.items():
        before = on_a_part.trials[number].parameters
        assert replace(trial.parameters, epochs=before.epochs) == before
        epochs = [epoch for epoch, _ in trial.curve]
        assert epochs == list(BUDGETS["quick"].checkpoints[: len(epochs)])
        assert len(epochs) >= 3
    best = max(again.values(), key=lambda one: one.value or 0.0)
    assert on_a_part.chosen == best.parameters
    assert on_a_part.best == best.number
    ranker = best.parameters.ranker(seed=0)
    ranker.fit(held.fit, item_features=best.parameters.item_features(planted_side()))
    found = evaluate(ranker, held.fit, held.validation, seed=0, users=users)
    assert best.value == pytest.approx(found.estimates["ndcg_at_10"].value, rel=1e-12)


@pytest.mark.parametrize("setting", ["_CODE", "PATIENCE", "_UNGUIDED_TRIALS"])
def test_a_journal_of_other_rules_is_not_believed(
    setting: str, held: Holdout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(searching, "BUDGETS", {"quick": replace(BUDGETS["quick"], trials=1)})

    def search() -> str:
        path = tmp_path / "journal.jsonl"
        search_ranker(held.fit, held.validation, None, seed=0, effort="quick", journal=path)
        return path.read_text().splitlines()[0]

    before = search()
    assert search() == before
    monkeypatch.setattr(searching, setting, getattr(searching, setting) + 1)
    assert search() != before


def test_a_trial_that_failed_before_its_first_checkpoint_has_an_empty_curve():
    parameters = RankerParameters(8, 0.1, "warp", 5, 0.0, 0.0, "uniform", 3, None)
    trial = Trial(0, "failed", None, parameters, (), False)
    assert Trial.from_dict(json.loads(json.dumps(trial.as_dict()))) == trial
