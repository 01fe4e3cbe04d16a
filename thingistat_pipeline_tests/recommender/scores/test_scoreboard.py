import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from thingistat_pipeline.recommender.judging.measures import PER_USER, difference, evaluate
from thingistat_pipeline.recommender.likes.draws import seed_for
from thingistat_pipeline.recommender.likes.holdout import holdout
from thingistat_pipeline.recommender.rivals import baselines, contenders
from thingistat_pipeline.recommender.scores import scoreboard as module
from thingistat_pipeline.recommender.scores.scoreboard import Scoreboard, scoreboard
from thingistat_pipeline.recommender.search.choice import BPR, METHODS, fitted_method
from thingistat_pipeline.recommender.search.one_like import METHODS as LIKENESS_METHODS
from thingistat_pipeline.recommender.search.one_like import by_one_like, drawn_likes
from thingistat_pipeline.recommender.search.ranker_trials import Trial
from thingistat_pipeline_tests.recommender.scores.groups_of_taste import (
    choice,
    parameters,
    searched,
    world,
)

LIKES, SIDE = world(120)
HELD = holdout(LIKES, seed=0)
CHOICE = choice()
JUDGED = int((np.diff(HELD.test.indptr) > 0).sum())
"""Users with hidden likes."""
RESAMPLING = seed_for(5, "resampling")


@pytest.fixture(scope="module")
def board() -> Scoreboard:
    return scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick")


def values(board: Scoreboard) -> dict[str, float]:
    return {one.method: one.value for one in board.methods}


def test_every_method_and_bpr_is_judged_and_the_best_comes_first(board: Scoreboard):
    assert set(values(board)) == {*METHODS, BPR}
    assert list(values(board).values()) == sorted(values(board).values(), reverse=True)


@pytest.mark.parametrize("method", [*METHODS, BPR])
def test_a_method_is_fitted_on_the_training_likes_and_judged_by_the_test(
    method: str, board: Scoreboard
):
    model = fitted_method(method, CHOICE, HELD.train, SIDE, seed=5)
    expected = evaluate(model, HELD.train, HELD.test, seed=RESAMPLING)
    found = next(one for one in board.methods if one.method == method)
    assert found.evaluation.as_dict() == expected.as_dict()


def test_settings_are_those_that_the_methods_were_fitted_with(board: Scoreboard):
    settings = {one.method: one.settings for one in board.methods}
    assert settings["ranker"] == parameters(scale=None).as_dict()
    assert settings["ranker_with_side"] == parameters(epochs=4).as_dict()
    assert settings[BPR] == {**parameters(epochs=4).as_dict(), "loss": "bpr"}
    assert settings["ease"] == {"penalty": 50.0}


def test_the_same_model_is_shown_with_and_without_known_likes_in_the_ranking(board: Scoreboard):
    ours, seeds = board.known_ranked
    assert (ours.method, seeds.method) == ("ranker_with_side", "ranker_with_side")
    assert (ours.evaluation.rank_known, seeds.evaluation.rank_known) == (False, True)
    model = fitted_method("ranker_with_side", CHOICE, HELD.train, SIDE, seed=5)
    as_seed = evaluate(model, HELD.train, HELD.test, seed=RESAMPLING, rank_known=True)
    assert seeds.evaluation.as_dict() == as_seed.as_dict()
    assert seeds.value < ours.value


@pytest.mark.parametrize("winner", ["ranker_with_side", "ease"])
def test_the_differences_that_people_ask_for_are_there_once(winner: str):
    board = scoreboard(HELD, SIDE, choice(winner), seed=5, effort="quick")
    everything = {*METHODS, BPR}
    expected = {(one, "most_popular") for one in everything - {"most_popular"}}
    expected |= {("ranker_with_side", "ranker")}
    expected |= {(winner, other) for other in everything - {winner}}
    found = [(one.method, one.against, one.measure) for one in board.differences]
    assert sorted(found) == sorted((*pair, measure) for pair in expected for measure in PER_USER)


def test_differences_are_paired(board: Scoreboard):
    of = {one.method: one.evaluation for one in board.methods}
    for one in board.differences:
        alone = difference(of[one.method], of[one.against], one.measure, seed=RESAMPLING)
        assert (one.value, one.low, one.high) == pytest.approx(
            (alone.value, alone.low, alone.high), rel=1e-9
        )


def test_the_winner_is_the_choices_and_a_remark_says_where_another_did_better():
    board = scoreboard(HELD, SIDE, choice("most_popular"), seed=5, effort="quick")
    assert (board.winner, board.winner_reason) == ("most_popular", "It was told so.")
    best = board.methods[0]
    assert best.method != "most_popular"
    assert f"{best.value:.3f} against {values(board)['most_popular']:.3f}" in board.remark
    assert "more than other users would explain" in board.remark


def test_nothing_is_remarked_where_the_winner_did_best(board: Scoreboard):
    best = board.methods[0].method
    assert scoreboard(HELD, SIDE, choice(best), seed=5, effort="quick").remark == ""


def test_curves_are_drawn_of_the_rankers_with_and_without_side_information(board: Scoreboard):
    assert {one.method for one in board.learning_curves} == {"ranker", "ranker_with_side"}
    assert {one.epoch for one in board.learning_curves if one.method == "ranker"} >= {1, 6}


def test_new_things_are_held_out_of_all_likes(board: Scoreboard):
    assert board.cold_start.things == 12
    users = np.flatnonzero(np.diff(LIKES.indptr))
    assert board.cold_start.users <= len(users)


def test_the_figures_are_json_and_the_same_for_the_same_seed(board: Scoreboard):
    told = json.dumps(board.as_dict(), allow_nan=False)
    again = scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick")
    assert json.dumps(again.as_dict()) == told
    assert set(json.loads(told)) == {
        "measure",
        "methods",
        "known_ranked",
        "winner",
        "winner_reason",
        "remark",
        "differences",
        "one_like",
        "learning_curves",
        "cold_start",
        "cautions",
    }


def test_a_sample_of_the_users_is_judged_where_they_are_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MOST_JUDGED", {"quick": 50})
    board = scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick")
    assert {len(one.evaluation.users) for one in (*board.methods, *board.known_ranked)} == {50}
    assert any(f"50 users, drawn from the {JUDGED}" in one for one in board.cautions)


def test_progress_is_told_part_by_part():
    told: list[tuple[str, int, int]] = []
    scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick", progress=lambda *part: told.append(part))
    assert [done for _, done, _ in told] == list(range(len(told)))
    assert {total for _, _, total in told} == {len(told) - 1}


def test_things_that_ease_left_out_are_said(monkeypatch: pytest.MonkeyPatch):
    def small(likes, **settings):
        return baselines.ease(likes, most_things=30, **settings)

    monkeypatch.setattr(contenders, "ease", small)
    share = small(HELD.train).share_of_likes
    board = scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick")
    assert any("EASE" in one and f"{share:.0%}" in one for one in board.cautions)


def test_bpr_that_was_not_tried_is_the_ranker_with_side_information_but_for_its_loss():
    only_loss = replace(parameters(epochs=4), loss="bpr").ranker(seed=5)
    only_loss.fit(HELD.train, item_features=parameters(epochs=4).item_features(SIDE))
    expected = evaluate(only_loss, HELD.train, HELD.test, seed=RESAMPLING)
    found = scoreboard(HELD, SIDE, CHOICE, seed=5, effort="quick")
    bpr = next(one for one in found.methods if one.method == BPR)
    assert bpr.evaluation.as_dict() == expected.as_dict()


def test_bpr_is_shown_with_the_settings_that_it_was_fitted_with():
    best, worse = (
        replace(parameters(epochs=epochs), loss="bpr", learning_rate=0.3) for epochs in (9, 2)
    )
    trials = tuple(
        Trial(number, "complete", value, tried, ((tried.epochs, value),), False)
        for number, (value, tried) in enumerate([(0.1, worse), (0.2, best)])
    )
    told = choice(with_side=replace(searched(parameters(epochs=4)), trials=trials))
    board = scoreboard(HELD, SIDE, told, seed=5, effort="quick")
    bpr = next(one for one in board.methods if one.method == BPR)
    assert bpr.settings == best.as_dict()
    fitted = best.ranker(seed=5).fit(HELD.train, item_features=best.item_features(SIDE))
    expected = evaluate(fitted, HELD.train, HELD.test, seed=RESAMPLING)
    assert bpr.evaluation.as_dict() == expected.as_dict()
    assert not any("its own best ones may be others" in one for one in board.cautions)


def test_methods_that_know_likeness_are_judged_by_one_like_of_each_user(board: Scoreboard):
    told = board.as_dict()["one_like"]
    assert (told["likeness"], told["reason"]) == ("item_neighbours", "It was told so, too.")
    methods = {one["method"]: one for one in told["methods"]}
    assert set(methods) == {*LIKENESS_METHODS, "most_popular"}
    values = [one["ndcg_at_10"]["value"] for one in told["methods"]]
    assert values == sorted(values, reverse=True)
    likes = drawn_likes(HELD.train, seed=seed_for(5, "one like"))
    model = baselines.item_neighbours(HELD.train, shrink=20.0)
    found = evaluate(by_one_like(model, likes), HELD.train, HELD.test, seed=RESAMPLING)
    assert methods["item_neighbours"] == {
        "method": "item_neighbours",
        "settings": {"shrink": 20.0},
        **found.as_dict(),
    }
    popular = next(one for one in board.methods if one.method == "most_popular")
    assert methods["most_popular"] == popular.as_dict()
    with_all = next(one for one in board.methods if one.method == "item_neighbours")
    assert values[0] < with_all.value


def test_the_number_of_threads_changes_no_figure():
    code = (
        "import json, sys; "
        "from thingistat_pipeline_tests.recommender.scores.test_scoreboard import *; "
        "held = holdout(world(200, 900).likes, seed=0); "
        "model = fitted_method('ease', CHOICE, held.train, SIDE, seed=5); "
        "sys.stdout.write(model.weights.tobytes().hex())"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            check=True,
            capture_output=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert found[0] == found[1]
