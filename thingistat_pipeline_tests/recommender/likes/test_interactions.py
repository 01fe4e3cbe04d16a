from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline.recommender.likes.interactions import (
    Interactions,
    Size,
    interactions_from,
    like_matrix,
    likes_of,
    read_interactions,
    with_enough,
)
from thingistat_pipeline_tests.features.database import Row, database

PAIRS = st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 12)), max_size=120)


def made_of(pairs: list[tuple[int, int]], truncated: tuple[int, ...] = ()) -> Interactions:
    return interactions_from([u for u, _ in pairs], [t for _, t in pairs], truncated=truncated)


def pairs_in(found: Interactions) -> set[tuple[int, int]]:
    users, things = likes_of(found.matrix)
    return set(zip(found.users[users].tolist(), found.things[things].tolist(), strict=True))


def read(folder: Path, things: list[Row], likes: list[tuple[int, int | None]]) -> Interactions:
    rows = [{"thing_id": thing, "liker": liker} for thing, liker in likes]
    with database(folder / "published.duckdb", things=things, likes=rows) as con:
        return read_interactions(con)


def test_likes_are_read_once_each_and_of_live_things_only(tmp_path: Path):
    hashed = -(2**62)
    found = read(
        tmp_path,
        [{"id": 30}, {"id": 10}, {"id": 20}],
        [(30, 7), (30, 7), (10, 7), (10, hashed), (99, hashed), (30, None)],
    )
    assert found.users.tolist() == [hashed, 7]
    assert found.things.tolist() == [10, 30]
    assert found.matrix.toarray().tolist() == [[1, 0], [1, 1]]
    assert found.matrix.dtype == np.float32


def test_a_list_that_is_cut_or_shorter_than_the_count_is_flagged(tmp_path: Path):
    found = read(
        tmp_path,
        [
            {"id": 1, "like_count": 1, "likers_truncated": True},
            {"id": 2, "like_count": 1, "likers_truncated": False},
            {"id": 3, "like_count": 22, "likers_truncated": False},
            {"id": 4},
            {"id": 5, "like_count": 22},
            {"id": 6, "like_count": 0},
        ],
        [(1, 8), (2, 8), (3, 8), (4, 8), (5, 8), (6, 8)],
    )
    flagged = dict(zip(found.things.tolist(), found.truncated.tolist(), strict=True))
    assert flagged == {1: True, 2: False, 3: True, 4: False, 5: True, 6: False}


def test_a_database_without_likes_says_so_and_what_to_do(tmp_path: Path):
    kept, report = with_enough(read(tmp_path, [{"id": 1}], []))
    assert kept.matrix.shape == (0, 0)
    assert report.before == report.after == Size(0, 0, 0)
    assert report.after.sparsity is None
    assert report.not_enough is not None
    assert "0 likes between 0 users and 0 things" in report.not_enough
    assert "THINGISTAT_LIKERS_PER_THING" in report.not_enough


def test_one_user_is_not_enough():
    kept, report = with_enough(made_of([(1, thing) for thing in range(50)]), least_by_thing=1)
    assert kept.size == Size(1, 50, 50)
    assert report.not_enough is not None
    assert "50 likes between 1 user and 50 things remain" in report.not_enough


def test_ten_users_of_ten_things_are_enough():
    _, report = with_enough(made_of([(u, t) for u in range(10) for t in range(10)]))
    assert report.not_enough is None
    assert report.after == Size(10, 10, 100)
    assert report.after.sparsity == 100.0


def test_who_falls_below_the_threshold_takes_others_along():
    # Without user 3, thing 30 has one liker; without thing 30, user 2 likes one thing only.
    pairs = [(1, 10), (1, 20), (4, 10), (4, 20), (2, 10), (2, 30), (3, 30)]
    kept, report = with_enough(
        made_of(pairs, truncated=(20, 30)), least_by_user=2, least_by_thing=2
    )
    assert pairs_in(kept) == {(1, 10), (1, 20), (4, 10), (4, 20)}
    assert kept.truncated.tolist() == [False, True]
    assert (report.before, report.after) == (Size(4, 3, 7), Size(2, 2, 4))
    assert report.truncated == 1
    assert report.rounds == 3


@given(PAIRS, st.integers(0, 4), st.integers(0, 4), st.randoms())
def test_what_remains_is_what_leaving_out_one_by_one_in_any_order_leaves(
    pairs, least_by_user, least_by_thing, random
):
    left = set(pairs)
    while True:
        users, things = Counter(u for u, _ in left), Counter(t for _, t in left)
        short = [("user", u) for u in users if users[u] < least_by_user]
        short += [("thing", t) for t in things if things[t] < least_by_thing]
        if not short:
            break
        kind, gone = random.choice(short)
        left = {(u, t) for u, t in left if (u if kind == "user" else t) != gone}
    kept, report = with_enough(
        made_of(pairs), least_by_user=least_by_user, least_by_thing=least_by_thing
    )
    assert pairs_in(kept) == left
    assert report.after.likes == len(left)


@given(PAIRS)
def test_likes_in_any_order_and_number_make_one_canonical_matrix(pairs):
    found, again = made_of(pairs), made_of(sorted(pairs + pairs, key=lambda pair: -pair[1]))
    assert pairs_in(found) == set(pairs)
    assert found.matrix.has_canonical_format
    assert set(found.matrix.data.tolist()) <= {1.0}
    assert found.matrix.indices.tolist() == again.matrix.indices.tolist()
    assert found.matrix.indptr.tolist() == again.matrix.indptr.tolist()


def test_a_position_outside_the_matrix_is_refused():
    with pytest.raises(ValueError, match="index"):
        like_matrix([0], [3], (1, 3))
