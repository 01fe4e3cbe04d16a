"""Rows of look-alikes: who is next to whom, and what is counted of them."""

import numpy as np

from thingistat_pipeline.visual.look_alikes import LookAlikes, look_alikes
from thingistat_pipeline.visual.look_tables import SCHEMA, look_alike_rows, look_figures

THINGS = np.array([40, 50, 70])
FOUND = LookAlikes(
    positions=np.array([[1, 2], [0, -1], [1, 0]]),
    similarities=np.array([[1.0004, 0.5], [0.99, np.nan], [0.25, -0.1]], dtype=np.float32),
    duplicates=np.array([[True, False], [True, False], [False, False]]),
    recall=None,
    judged_on=0,
)


def test_every_thing_has_a_list_that_is_counted_from_one() -> None:
    rows = look_alike_rows(THINGS, FOUND)
    assert rows.schema == SCHEMA
    assert rows.rows() == [
        (40, 50, 1, 1.0, True),
        (40, 70, 2, 0.5, False),
        (50, 40, 1, 0.99, True),
        (70, 50, 1, 0.25, False),
        (70, 40, 2, -0.1, False),
    ]


def test_a_pair_that_is_listed_from_both_sides_is_counted_once() -> None:
    figures = look_figures(
        look_alike_rows(THINGS, FOUND), FOUND, pictures=2, network="eyes", dimensions=8
    )
    assert figures == {
        "things": 3,
        "pictures": 2,
        "network": "eyes",
        "dimensions": 8,
        "recall": None,
        "judged_on": 0,
        "duplicates": 2,
        "duplicate_pairs": 1,
    }


def test_no_things_have_no_rows() -> None:
    none = look_alikes(np.empty((0, 8), np.float16), np.empty(0, np.uint64), seed=0)
    rows = look_alike_rows(np.empty(0, np.int64), none)
    assert rows.is_empty()
    assert look_figures(rows, none, pictures=0, network="", dimensions=8)["duplicates"] == 0
