import io
import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from threadpoolctl import threadpool_limits

from thingistat_pipeline.popularity.explanation.packed_trees import trees_as_bytes, trees_from_bytes
from thingistat_pipeline.popularity.explanation.packing import packed
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.popularity.stored_files import TREES_FILE, load_trees
from thingistat_pipeline.stored_versions import ModelRefusedError

RNG = np.random.default_rng(7)
X = RNG.normal(size=(200, 3)).astype(np.float32)
X[RNG.random(X.shape) < 0.1] = np.nan
Y = np.nan_to_num(X).sum(axis=1)


@pytest.fixture(scope="module")
def forest() -> RandomForestRegressor:
    return RandomForestRegressor(n_estimators=5, max_depth=6, random_state=0).fit(X, Y)


def arrays(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content)) as stored:
        return dict(stored)


def as_bytes(parts: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **parts)
    return buffer.getvalue()


def test_trees_read_back_predict_as_before(forest):
    again = trees_from_bytes(trees_as_bytes(packed(forest)))

    np.testing.assert_allclose(again.predict(X), forest.predict(X), rtol=1e-12)
    assert again.depth == packed(forest).depth


def test_a_boosting_is_kept_as_well():
    with threadpool_limits(1):
        boosting = HistGradientBoostingRegressor(max_iter=20).fit(X, Y)
        expected = boosting.predict(X)

    again = trees_from_bytes(trees_as_bytes(packed(boosting)))

    np.testing.assert_allclose(again.predict(X), expected, rtol=1e-6)


def test_the_same_trees_are_the_same_bytes(forest):
    assert trees_as_bytes(packed(forest)) == trees_as_bytes(packed(forest))


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("left", 0, 0),
        ("left", 0, 10**6),
        ("right", 0, -7),
        ("feature", 0, 3),
        ("feature", 0, -1),
        ("value", 0, np.nan),
        ("roots", 0, 10**6),
        ("roots", 0, -1),
    ],
)
def test_trees_that_would_lead_astray_are_refused(forest, name, place, value):
    parts = arrays(trees_as_bytes(packed(forest)))
    parts[name][place] = value

    with pytest.raises(ModelRefusedError, match="not loaded"):
        trees_from_bytes(as_bytes(parts))


def test_a_path_longer_than_it_says_is_refused(forest):
    parts = arrays(trees_as_bytes(packed(forest)))

    with pytest.raises(ModelRefusedError, match="longer"):
        trees_from_bytes(as_bytes({**parts, "depth": parts["depth"] - 1}))


def test_other_files_are_refused_and_pickles_not_run(forest):
    parts = arrays(trees_as_bytes(packed(forest)))
    strange = {**parts, "left": np.array([{"a": 1}], dtype=object)}
    lacking = {name: part for name, part in parts.items() if name != "roots"}

    for content in (
        b"",
        b"nothing of the kind",
        pickle.dumps(1),
        as_bytes(strange),
        as_bytes(lacking),
        trees_as_bytes(packed(forest))[:-200],
    ):
        with pytest.raises(ModelRefusedError, match="not loaded"):
            trees_from_bytes(content)


def test_trees_lie_beside_the_model_and_are_refused_once_damaged(tmp_path, forest):
    content = trees_as_bytes(packed(forest))
    told = {"version": "v1", "source": "sandbox"}
    folder = save_model(
        tmp_path, "f", forest, metrics={"a": 1}, provenance=told, version="v1", trees=content
    )

    assert load_trees(tmp_path, "f") == content
    (folder / TREES_FILE).write_bytes(content[:-1] + b"x")
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        load_trees(tmp_path, "f")


def test_a_model_stored_without_packed_trees_has_none(tmp_path, forest):
    told = {"version": "v1", "source": "sandbox"}
    save_model(tmp_path, "f", forest, metrics={"a": 1}, provenance=told, version="v1")

    assert load_trees(tmp_path, "f") is None
