from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.sparse import csr_array

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.recommender.likes.side_information import (
    SideInformation,
    described,
    only,
    read_side_information,
    side_information,
    thing_features,
    with_identity,
    with_vectors,
)
from thingistat_pipeline_tests.features.database import database

EVERYTHING = {"tag": 1, "category": 1, "creator": 1, "license": 1}


def features_of(*rows: tuple[int, str, str]) -> pl.DataFrame:
    schema = {"thing_id": pl.Int64, "kind": pl.String, "feature": pl.String}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def weights_in(side: SideInformation) -> list[dict[str, float]]:
    return [
        {side.names[j]: float(row[j]) for j in np.flatnonzero(row)} for row in side.matrix.toarray()
    ]


def test_tags_categories_creator_and_licence_are_read_in_the_order_of_the_things(tmp_path: Path):
    with database(
        tmp_path / "published.duckdb",
        things=[
            {"id": 1, "creator_id": 77, "license": "GNU - GPL"},
            {"id": 2, "creator_id": None, "license": ""},
        ],
        tags=[{"tag": "robot"}, {"tag": "cat"}, {"tag": "nobodys"}],
        thing_tags=[
            {"thing_id": 1, "tag": "robot"},
            {"thing_id": 1, "tag": "robot"},
            {"thing_id": 1, "tag": "cat"},
            {"thing_id": 2, "tag": "robot"},
            {"thing_id": 9, "tag": "robot"},
        ],
        thing_categories=[{"thing_id": 2, "category": "Art <b>"}],
    ) as con:
        side = read_side_information(con, [9, 2, 1], least=EVERYTHING)
        assert len(thing_features(con)) == 6
    assert weights_in(side) == [
        {},
        {"tag:robot": 1.0, "category:Art <b>": 1.0},
        {"tag:cat": 0.5, "tag:robot": 0.5, "creator:77": 1.0, "license:GNU - GPL": 1.0},
    ]
    assert side.blocks == {
        "tag": slice(0, 2),
        "category": slice(2, 3),
        "creator": slice(3, 4),
        "license": slice(4, 5),
    }
    assert side.matrix.dtype == np.float32


def test_a_rare_tag_has_no_column_and_takes_no_share_of_the_weight():
    rows = [(thing, "tag", "common") for thing in range(5)]
    rows += [(0, "tag", "rare"), (7, "tag", "rare"), (8, "tag", "rare")]
    side = side_information(features_of(*rows), range(5), least={"tag": 2})
    assert weights_in(side) == [{"tag:common": 1.0}] * 5


def test_raw_weights_are_ones():
    rows = [(1, "tag", "a"), (1, "tag", "b"), (1, "creator", "5"), (1, "tag", "a")]
    side = side_information(features_of(*rows), [1], least=EVERYTHING, weighting="raw")
    assert weights_in(side) == [{"tag:a": 1.0, "tag:b": 1.0, "creator:5": 1.0}]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6), st.sampled_from(["tag", "category"]), st.text("ab:", max_size=2)
        ),
        max_size=40,
    ),
    st.integers(1, 3),
)
def test_each_kind_of_a_things_weights_adds_up_to_one_or_nothing(rows, fewest):
    things = [3, 0, 5, 1]
    side = side_information(features_of(*rows), things, least={"tag": fewest, "category": fewest})
    told = {(kind, name, thing) for thing, kind, name in rows if thing in things}
    for kind in ("tag", "category"):
        block = side.matrix.toarray()[:, side.blocks[kind]]
        names = side.names[side.blocks[kind]]
        common = {
            name
            for _, name, _ in told
            if sum((kind, name, thing) in told for thing in things) >= fewest
        }
        assert names == tuple(f"{kind}:{name}" for name in sorted(common))
        for row, thing in enumerate(things):
            own = sorted(name for name in common if (kind, name, thing) in told)
            assert [names[j] for j in np.flatnonzero(block[row])] == [f"{kind}:{n}" for n in own]
            assert_allclose(block[row][block[row] > 0], 1 / max(len(own), 1), rtol=1e-6)


def test_an_unseen_draft_is_described_in_the_same_columns():
    known = features_of((1, "tag", "a"), (2, "tag", "b"), (2, "category", "Art"))
    side = side_information(known, [1, 2], least=EVERYTHING)
    draft = features_of(
        (-1, "tag", "b"), (-1, "tag", "a"), (-1, "tag", "new"), (-1, "category", "Unheard of")
    )
    assert side.names == ("tag:a", "tag:b", "category:Art")
    assert described(draft, [-1], side).toarray().tolist() == [[0.5, 0.5, 0.0]]


def test_without_features_or_things_the_matrix_is_empty():
    assert side_information(features_of(), [1, 2]).matrix.shape == (2, 0)
    assert side_information(features_of((1, "tag", "a")), []).matrix.shape == (0, 0)
    assert with_identity(side_information(features_of(), [1, 2]), 3.0).toarray().tolist() == [
        [1, 0],
        [0, 1],
    ]


def test_the_identity_stands_beside_the_scaled_features():
    side = side_information(
        features_of((1, "tag", "a"), (1, "tag", "b"), (2, "tag", "b")), [1, 2], least=EVERYTHING
    )
    joined = with_identity(side, 3.0)
    assert joined.toarray().tolist() == [[1, 0, 1.5, 1.5], [0, 1, 0, 3]]
    assert joined.dtype == np.float32
    assert isinstance(joined, csr_array)


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), -1.0])
def test_a_senseless_scale_is_refused_in_words(scale: float):
    with pytest.raises(ThingistatError, match="finite number of at least 0"):
        with_identity(side_information(features_of((1, "tag", "a")), [1]), scale)


def test_weights_that_are_not_numbers_are_refused_in_words():
    side = side_information(features_of((1, "tag", "a"), (2, "tag", "a")), [1, 2], least=EVERYTHING)
    side.matrix.data[1] = np.nan
    with pytest.raises(ThingistatError, match="Of 2 weights in the features of things, 1 are not"):
        with_identity(side, 1.0)
    with pytest.raises(ThingistatError, match=r"Of 4 weights in the vectors of kind 'picture', 1"):
        with_vectors(side, "picture", np.array([[1.0, 2.0], [np.inf, 0.0]]))


def test_vectors_become_a_block_whose_weights_add_up_to_one():
    side = side_information(features_of((1, "tag", "a")), [1, 2, 3], least=EVERYTHING)
    joined = with_vectors(side, "picture", np.array([[1.0, -3.0], [0.0, 0.0], [2.0, 2.0]]))
    assert joined.names == ("tag:a", "picture:0", "picture:1")
    assert joined.blocks["picture"] == slice(1, 3)
    assert joined.matrix.toarray().tolist() == [[1, 0.25, -0.75], [0, 0, 0], [0, 0.5, 0.5]]
    with pytest.raises(ThingistatError, match="one row for each thing"):
        with_vectors(side, "picture", np.ones((2, 2)))


def test_kinds_can_be_chosen_afterwards():
    side = side_information(
        features_of((1, "tag", "a"), (2, "creator", "5"), (2, "tag", "b")), [1, 2], least=EVERYTHING
    )
    chosen = only(side, ["creator", "tag"])
    assert chosen.names == ("creator:5", "tag:a", "tag:b")
    assert chosen.blocks == {"creator": slice(0, 1), "tag": slice(1, 3)}
    assert chosen.matrix.toarray().tolist() == [[0, 1, 0], [1, 0, 1]]
    assert only(side, []).matrix.shape == (2, 0)
