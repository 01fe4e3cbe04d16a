import functools
import hashlib
import json
import os
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from thingistat_pipeline import stored_versions
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.popularity.splits import read_split
from thingistat_pipeline.popularity.store import load_model, load_winner, save_model
from thingistat_pipeline.stored_versions import ModelRefusedError, read_metrics

X = np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture(scope="module")
def forest() -> RandomForestRegressor:
    return RandomForestRegressor(5, random_state=1).fit(X, X[:, 0])


def saved(models_dir: Path, forest: RandomForestRegressor, version: str = "v1") -> Path:
    return save_model(
        models_dir,
        "parity_forest",
        forest,
        metrics={"r2_test": 0.5},
        provenance={"seed": 12},
        version=version,
    )


def put(folder: Path, content: bytes) -> None:
    """Exchange a stored model for something else, with a provenance that fits."""
    (folder / "model.skops").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (folder / "provenance.json").write_text(json.dumps({"model_sha256": digest}))


def test_a_model_read_back_predicts_identically(tmp_path: Path, forest: RandomForestRegressor):
    saved(tmp_path, forest)
    model, metrics, provenance = load_model(tmp_path, "parity_forest")
    assert model.predict(X).tolist() == forest.predict(X).tolist()
    assert metrics == {"r2_test": 0.5}
    assert provenance["seed"] == 12


def test_a_version_is_a_folder_of_three_files_and_latest_links_to_it(
    tmp_path: Path, forest: RandomForestRegressor
):
    saved(tmp_path, forest, "v1")
    folder = saved(tmp_path, forest, "v2")
    assert folder == tmp_path / "parity_forest" / "v2"
    assert {path.name for path in folder.iterdir()} == {
        "model.skops",
        "metrics.json",
        "provenance.json",
    }
    assert (tmp_path / "parity_forest" / "latest").resolve() == folder.resolve()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["latest", "v1", "v2"]


def test_an_older_version_can_be_asked_for(tmp_path: Path, forest: RandomForestRegressor):
    saved(tmp_path, forest, "v1")
    other = RandomForestRegressor(2, random_state=5).fit(X, X[:, 1])
    saved(tmp_path, other, "v2")
    assert load_model(tmp_path, "parity_forest", version="v1")[0].n_estimators == 5
    assert load_model(tmp_path, "parity_forest")[0].n_estimators == 2


def test_a_tampered_model_is_refused(tmp_path: Path, forest: RandomForestRegressor):
    path = saved(tmp_path, forest) / "model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        load_model(tmp_path, "parity_forest")


def test_a_pickle_is_refused_and_never_run(tmp_path: Path, forest: RandomForestRegressor):
    trace = tmp_path / "it-ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    put(saved(tmp_path, forest), pickle.dumps(Hostile()))
    with pytest.raises(ModelRefusedError, match="not a skops file"):
        load_model(tmp_path, "parity_forest")
    assert not trace.exists()


def test_a_skops_file_of_untrusted_types_is_refused(tmp_path: Path, forest: RandomForestRegressor):
    put(saved(tmp_path, forest), skops.io.dumps(functools.partial(os.system, "true")))
    with pytest.raises(ModelRefusedError, match=r"posix\.system"):
        load_model(tmp_path, "parity_forest")


def test_something_trusted_that_is_no_forest_is_refused(
    tmp_path: Path, forest: RandomForestRegressor
):
    put(saved(tmp_path, forest), skops.io.dumps([1, 2, 3]))
    with pytest.raises(ModelRefusedError, match="list"):
        load_model(tmp_path, "parity_forest")


@pytest.mark.parametrize("missing", ["model.skops", "metrics.json", "provenance.json"])
def test_an_incomplete_folder_is_refused(
    tmp_path: Path, forest: RandomForestRegressor, missing: str
):
    (saved(tmp_path, forest) / missing).unlink()
    with pytest.raises(ModelRefusedError, match="cannot be read"):
        load_model(tmp_path, "parity_forest")


def test_a_provenance_without_a_hash_is_refused(tmp_path: Path, forest: RandomForestRegressor):
    (saved(tmp_path, forest) / "provenance.json").write_text("[]")
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        load_model(tmp_path, "parity_forest")


def test_a_model_that_was_never_stored_is_reported_as_a_thing_to_mend(tmp_path: Path):
    with pytest.raises(ThingistatError, match="fit it again"):
        load_model(tmp_path, "parity_forest")


def test_saving_the_same_again_leaves_the_stored_version_as_it_is(
    tmp_path: Path, forest: RandomForestRegressor
):
    before = (saved(tmp_path, forest) / "model.skops").read_bytes()
    folder = saved(tmp_path, forest)
    assert (folder / "model.skops").read_bytes() == before


def test_a_stored_version_is_never_overwritten_by_another_model(
    tmp_path: Path, forest: RandomForestRegressor
):
    saved(tmp_path, forest)
    with pytest.raises(ThingistatError, match="another model"):
        save_model(tmp_path, "parity_forest", forest, metrics={}, provenance={}, version="v1")
    assert load_model(tmp_path, "parity_forest")[1] == {"r2_test": 0.5}


def test_a_save_that_dies_leaves_nothing_behind(
    tmp_path: Path, forest: RandomForestRegressor, monkeypatch: pytest.MonkeyPatch
):
    def full_disk(_: Path) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(stored_versions, "flush_to_disk", full_disk)
    with pytest.raises(OSError, match="no space"):
        saved(tmp_path, forest)
    assert not list((tmp_path / "parity_forest").iterdir())


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".hidden", "/abs", "a\0b", "latest/x"])
def test_a_name_cannot_lead_out_of_the_folder(
    tmp_path: Path, forest: RandomForestRegressor, name: str
):
    with pytest.raises(ThingistatError, match="cannot be the name"):
        saved(tmp_path, forest, version=name)
    with pytest.raises(ThingistatError, match="cannot be the name"):
        load_model(tmp_path, name)


def test_the_split_is_stored_with_the_model(tmp_path: Path, forest: RandomForestRegressor):
    split = pl.DataFrame({"id": [1, 2], "split": ["train", "test"]})
    folder = save_model(tmp_path, "m", forest, metrics={}, provenance={}, version="v1", split=split)
    assert read_split(folder).equals(split)


def test_a_model_without_a_split_says_that_it_has_none(
    tmp_path: Path, forest: RandomForestRegressor
):
    with pytest.raises(ThingistatError, match=r"split\.parquet"):
        read_split(saved(tmp_path, forest))


def test_metrics_can_be_read_without_the_model(tmp_path: Path, forest: RandomForestRegressor):
    (saved(tmp_path, forest) / "model.skops").write_bytes(b"damaged")
    assert read_metrics(tmp_path, "parity_forest") == {"r2_test": 0.5}
    with pytest.raises(ModelRefusedError, match="cannot be read"):
        read_metrics(tmp_path, "parity_forest", version="v9")


def test_metrics_that_json_cannot_hold_are_refused(tmp_path: Path, forest: RandomForestRegressor):
    with pytest.raises(ValueError, match="JSON"):
        save_model(tmp_path, "m", forest, metrics={"r2": float("nan")}, provenance={}, version="v1")
    assert not (tmp_path / "m" / "v1").exists()


def save_with_winner(models_dir: Path, forest: RandomForestRegressor) -> Path:
    boosting = HistGradientBoostingRegressor(max_iter=3).fit(X, X[:, 1])
    return save_model(
        models_dir, "advisor", forest, metrics={}, provenance={}, version="v1", winner=boosting
    )


def test_a_winner_lies_beside_the_forest_and_predicts_identically(
    tmp_path: Path, forest: RandomForestRegressor
):
    folder = save_with_winner(tmp_path, forest)
    expected = HistGradientBoostingRegressor(max_iter=3).fit(X, X[:, 1]).predict(X)
    assert load_winner(tmp_path, "advisor").predict(X).tolist() == expected.tolist()
    assert load_model(tmp_path, "advisor")[0].predict(X).tolist() == forest.predict(X).tolist()
    provenance = json.loads((folder / "provenance.json").read_text())
    for name, key in (("model.skops", "model_sha256"), ("winner.skops", "winner_sha256")):
        assert provenance[key] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_a_tampered_winner_is_refused_and_the_forest_still_loads(
    tmp_path: Path, forest: RandomForestRegressor
):
    path = save_with_winner(tmp_path, forest) / "winner.skops"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelRefusedError, match="SHA-256"):
        load_winner(tmp_path, "advisor")
    assert load_model(tmp_path, "advisor")[0].n_estimators == 5
    with pytest.raises(ThingistatError, match="another model"):
        save_with_winner(tmp_path, forest)


def test_something_trusted_that_is_neither_boosting_nor_linear_does_not_serve(
    tmp_path: Path, forest: RandomForestRegressor
):
    save_model(tmp_path, "m", forest, metrics={}, provenance={}, version="v1", winner=forest)
    with pytest.raises(ModelRefusedError, match="neither"):
        load_winner(tmp_path, "m")


def test_where_the_forest_serves_itself_there_is_no_winner_to_load(
    tmp_path: Path, forest: RandomForestRegressor
):
    saved(tmp_path, forest)
    with pytest.raises(ModelRefusedError, match="cannot be read"):
        load_winner(tmp_path, "parity_forest")


def test_a_model_that_was_not_fitted_has_no_file_and_is_refused_with_the_reason(tmp_path: Path):
    metrics = {"fitted": False, "reason": "There are 33 things."}
    for _ in range(2):
        folder = save_model(tmp_path, "m", None, metrics=metrics, provenance={}, version="v1")
    assert {path.name for path in folder.iterdir()} == {"metrics.json", "provenance.json"}
    with pytest.raises(ModelRefusedError, match="There are 33 things"):
        load_model(tmp_path, "m")
    assert read_metrics(tmp_path, "m") == metrics


def test_a_version_that_was_not_fitted_is_not_overwritten_by_one_that_was(
    tmp_path: Path, forest: RandomForestRegressor
):
    save_model(tmp_path, "m", None, metrics={"fitted": False}, provenance={}, version="v1")
    with pytest.raises(ThingistatError, match="another model"):
        save_model(tmp_path, "m", forest, metrics={}, provenance={}, version="v1")


def test_metrics_that_are_no_mapping_are_refused(tmp_path: Path, forest: RandomForestRegressor):
    (saved(tmp_path, forest) / "metrics.json").write_text("[]")
    with pytest.raises(ModelRefusedError, match="cannot be read"):
        load_model(tmp_path, "parity_forest")
