import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.stats import mannwhitneyu
from sklearn.metrics import ndcg_score

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.judging import measures
from thingistat_pipeline.recommender.judging.measures import (
    PER_USER,
    Evaluation,
    difference,
    evaluate,
)
from thingistat_pipeline.recommender.judging.user_bootstrap import FEWEST_USERS, MOST_GROUPS, ratios
from thingistat_pipeline.recommender.likes.interactions import like_matrix


@dataclass
class Fixed:
    """A scorer that reads its scores off a table and remembers how many rows were asked for."""

    table: np.ndarray[Any, Any]
    asked: list[int] = field(default_factory=list)

    def scores(self, users: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        self.asked.append(len(users))
        return np.asarray(self.table[users])


def likes(rows: list[list[int]], things: int) -> csr_array:
    users = [user for user, row in enumerate(rows) for _ in row]
    return like_matrix(users, [thing for row in rows for thing in row], (len(rows), things))


def judged(table: Any, known: list[list[int]], held: list[list[int]], **options: Any) -> Evaluation:
    table = np.asarray(table, dtype=np.float32)
    things = table.shape[1]
    return evaluate(Fixed(table), likes(known, things), likes(held, things), seed=0, **options)


# The first example of a process waits for the kernel's compilation: no deadlines.
@st.composite
def cases(draw: st.DrawFn, things: int, scores: st.SearchStrategy[float]) -> dict[str, Any]:
    """Draw scores of some users, and for every thing whether it is known, held out or neither."""
    users = draw(st.integers(1, 4))
    roles = st.lists(st.sampled_from("khnnn"), min_size=things, max_size=things)
    told = [draw(roles) for _ in range(users)]
    return {
        "table": [draw(st.lists(scores, min_size=things, max_size=things)) for _ in range(users)],
        "known": [[i for i, role in enumerate(row) if role == "k"] for row in told],
        "held": [[i for i, role in enumerate(row) if role == "h"] for row in told],
    }


def each_user(case: dict[str, Any]):
    """Yield the row in the evaluation, the scores and the likes of each user that is judged."""
    held_by = [user for user, held in enumerate(case["held"]) if held]
    for row, user in enumerate(held_by):
        kept = [i for i in range(len(case["table"][user])) if i not in case["known"][user]]
        scores = np.array(case["table"][user], dtype=np.float32)[kept]
        yield row, scores, np.isin(kept, case["held"][user])


@settings(max_examples=60, deadline=None)
@given(cases(30, st.integers(0, 6).map(float)))
def test_ndcg_is_scikit_learns_which_averages_over_ties(case):
    found = judged(**case).per_user["ndcg_at_10"]
    for row, scores, liked in each_user(case):
        if len(scores) > 1:
            assert_allclose(found[row], ndcg_score([liked], [scores], k=10), rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(cases(12, st.sampled_from([-np.inf, -1.0, 0.0, 0.5, 3.0, np.inf])))
def test_auc_is_mann_and_whitneys(case):
    found = judged(**case).per_user["auc"]
    for row, scores, liked in each_user(case):
        if liked.all():
            assert np.isnan(found[row])
        else:
            expected = mannwhitneyu(scores[liked], scores[~liked]).statistic
            assert_allclose(found[row], expected / (liked.sum() * (~liked).sum()), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(cases(7, st.integers(0, 2).map(float)))
def test_equal_scores_are_judged_by_the_mean_over_all_their_orders(case):
    found = judged(**case).per_user
    for row, scores, liked in each_user(case):
        orders = [
            liked[list(order)]
            for order in permutations(range(len(scores)))
            if (np.diff(scores[list(order)]) <= 0).all()
        ]
        hits = np.mean([order[:5].sum() for order in orders])
        assert_allclose(found["precision_at_5"][row], hits / 5, rtol=1e-9)
        assert_allclose(found["recall_at_20"][row], 1.0, rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(cases(40, st.floats(-1e3, 1e3, width=32)))
def test_without_ties_precision_and_recall_are_counts_in_the_sorted_list(case):
    found = judged(**case).per_user
    for row, scores, liked in each_user(case):
        if len(np.unique(scores)) == len(scores):
            order = liked[np.argsort(-scores)]
            assert_allclose(found["precision_at_5"][row], order[:5].sum() / 5)
            assert_allclose(found["recall_at_20"][row], order[:20].sum() / liked.sum())


def test_known_likes_are_not_ranked_unless_asked_for_as_in_the_seed():
    table, known, held = [[9, 8, 7, 6, 5, 4, 3]], [[0, 1, 2, 3]], [[4]]
    assert judged(table, known, held).estimates["precision_at_5"].value == pytest.approx(1 / 5)
    assert judged(table, known, held).estimates["auc"].value == 1.0
    as_in_the_seed = judged(table, [[0, 1, 2, 3]], [[5]], rank_known=True)
    assert as_in_the_seed.estimates["precision_at_5"].value == 0.0
    assert as_in_the_seed.estimates["auc"].value == pytest.approx(1 / 6)
    assert as_in_the_seed.as_dict()["known_likes_ranked"] is True


def test_only_candidates_are_ranked():
    found = judged([[9, 8, 7, 6]], [[0]], [[3]], candidates=[2, 3])
    assert found.candidates == 2
    assert found.estimates["auc"].value == 0.0
    assert found.estimates["ndcg_at_10"].value == pytest.approx(1 / np.log2(3))
    assert found.estimates["coverage_at_10"].value == 1.0


def test_coverage_and_popularity_are_those_of_the_lists_shown():
    # Thing 0 is known to three users, thing 1 to one; everybody is shown things 0 to 9 of 20.
    table = np.tile(-np.arange(20.0), (5, 1))
    found = judged(table, [[0], [0], [0, 1], [], []], [[], [], [], [0], [1, 15]])
    assert found.users.tolist() == [3, 4]
    assert found.held_out == 3
    assert found.estimates["coverage_at_10"].value == 0.5
    # Shown: (3 + 1) / 10 likes on average to both. Held out: 3 to one, (1 + 0) / 2 to the other.
    assert found.estimates["popularity_lift_at_10"].value == pytest.approx(0.8 / 3.5)


def test_lists_may_be_shorter_than_ten():
    found = judged([[1, 2, 3], [1, 2, 3]], [[0], []], [[1], [0]])
    assert found.estimates["coverage_at_10"].value == 1.0
    assert found.estimates["popularity_lift_at_10"].value == pytest.approx((0 + 1 / 3) / (0 + 1))
    assert found.per_user["precision_at_5"].tolist() == [0.2, 0.2]


def random_case(users: int, things: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    role = rng.random((users, things))
    scores = rng.normal(size=(users, things)).astype(np.float32)
    return scores, likes_in(role < 0.05), likes_in(role > 0.95)


def likes_in(liked: NDArray[np.bool_]) -> csr_array:
    users, things = np.nonzero(liked)
    return like_matrix(users, things, liked.shape)


def test_blocks_of_users_are_scored_one_after_another_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
):
    table, known, held = random_case(50, 20)
    whole = Fixed(table)
    expected = evaluate(whole, known, held, seed=3)
    assert whole.asked == [len(expected.users)]
    monkeypatch.setattr(measures, "_BLOCK_SCORES", 145)
    in_blocks = Fixed(table)
    assert evaluate(in_blocks, known, held, seed=3).as_dict() == expected.as_dict()
    assert max(in_blocks.asked) == 7


def test_a_sample_of_users_has_the_figures_that_they_have_among_all():
    table, known, held = random_case(40, 20)
    everybody = evaluate(Fixed(table), known, held, seed=0)
    some = evaluate(Fixed(table), known, held, seed=0, users=[31, 2, 2, 17])
    assert set(some.users.tolist()) <= {2, 17, 31}
    among = np.isin(everybody.users, some.users)
    for name in PER_USER:
        assert some.per_user[name].tolist() == everybody.per_user[name][among].tolist()


def test_the_interval_is_that_of_a_mean_over_users():
    table, known, held = random_case(1500, 30)
    found = evaluate(Fixed(table), known, held, seed=1, effort="full")
    for name in PER_USER:
        values = found.per_user[name][~np.isnan(found.per_user[name])]
        estimate = found.estimates[name]
        error = 1.96 * values.std() / np.sqrt(len(values))
        assert estimate.value == pytest.approx(values.mean())
        assert estimate.low == pytest.approx(values.mean() - error, abs=0.1 * error)
        assert estimate.high == pytest.approx(values.mean() + error, abs=0.1 * error)
    assert found.estimates["coverage_at_10"].low is None
    json.dumps(found.as_dict(), allow_nan=False)


def test_groups_of_users_give_the_interval_of_single_ones():
    values = np.random.default_rng(0).normal(size=(3 * MOST_GROUPS, 1))
    found = ratios(values, np.ones_like(values), seed=0)[0]
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert found.high is not None
    assert found.high == pytest.approx(values.mean() + error, abs=0.2 * error)


def test_a_difference_is_paired():
    table, known, held = random_case(400, 30)
    first = evaluate(Fixed(table), known, held, seed=0)
    better = table + np.float32(0.1) * held.toarray()
    second = evaluate(Fixed(better), known, held, seed=0)
    gain = difference(second, first, "auc", seed=0)
    assert gain.low is not None
    assert gain.low > 0
    single = second.estimates["auc"]
    assert single.low is not None
    assert first.estimates["auc"].high is not None
    assert single.low < first.estimates["auc"].high
    assert difference(first, first, "auc", seed=0).value == 0.0
    some = evaluate(Fixed(table), known, held, seed=0, users=[1, 2])
    with pytest.raises(ValueError, match="same users"):
        difference(first, some, "auc", seed=0)


def test_few_users_have_no_interval_and_no_users_no_figures():
    def of(users: int) -> Evaluation:
        return judged([[1, 2, 3]] * users, [[]] * users, [[0]] * users)

    assert of(FEWEST_USERS - 1).estimates["auc"].value == 0.0
    assert of(FEWEST_USERS - 1).estimates["auc"].low is None
    assert of(FEWEST_USERS).estimates["auc"].low == 0.0
    nobody = judged([[1, 2, 3]], [[0]], [[]])
    assert {estimate.value for estimate in nobody.estimates.values()} == {None}
    nothing = judged(np.empty((0, 0)), [], [])
    assert {estimate.value for estimate in nothing.estimates.values()} == {None}


def test_scores_that_are_not_numbers_are_refused_in_words():
    with pytest.raises(ThingistatError, match="smaller learning rate"):
        judged([[1, np.nan, 3]], [[]], [[0]])
    # Where nobody looks they do no harm.
    assert judged([[1, np.nan, 3]], [[1]], [[0]]).estimates["auc"].value == 0.0


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda: judged([[1, 2]], [[0]], [[0, 1]]), "both known and held out"),
        (lambda: judged([[1, 2]], [[]], [[0]], candidates=[1]), "no candidates"),
        (
            lambda: evaluate(Fixed(np.ones((1, 2))), likes([[]], 3), likes([[0]], 3), seed=0),
            "shape",
        ),
        (
            lambda: evaluate(Fixed(np.ones((1, 2))), likes([[]], 3), likes([[0]], 2), seed=0),
            "differ",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(broken: Callable[[], Evaluation], message: str):
    with pytest.raises(ValueError, match=message):
        broken()
