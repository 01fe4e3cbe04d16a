"""Arrays and frames on disk are those that were written, or are not loaded."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.recommender.store import load_version, save_version
from thingistat_pipeline.stored_versions import ModelRefusedError

LIKES = pl.DataFrame({"liker": [7, 8], "thing_id": [1, 2]})


def vectors() -> dict[str, NDArray[Any]]:
    return {
        "vectors": np.arange(6, dtype=np.float32).reshape(3, 2),
        "things": np.array([5, 6, 9]),
        "warm": np.array([True, False, True]),
        "nothing": np.zeros((0, 4), np.float32),
    }


def saved(models_dir: Path, version: str = "v1", **changes: Any) -> Path:
    given: dict[str, Any] = {
        "arrays": vectors(),
        "frames": {"likes": LIKES},
        "metrics": {"fitted": True},
        "provenance": {"version": version, "source": "sandbox"},
    }
    return save_version(models_dir, "recommender", version=version, **{**given, **changes})


def exchanged(folder: Path, file: str, content: bytes) -> None:
    """Exchange a file for something else, with a provenance that fits."""
    (folder / file).write_bytes(content)
    provenance = json.loads((folder / "provenance.json").read_text())
    provenance["files"][file] = sha256_of(folder / file)
    (folder / "provenance.json").write_text(json.dumps(provenance))


def test_what_is_read_back_is_what_was_written(tmp_path: Path):
    folder = saved(tmp_path)
    found = load_version(tmp_path, "recommender")
    assert found.arrays.keys() == vectors().keys()
    for name, array in vectors().items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].tolist() == array.tolist()
    assert found.frame("likes").equals(LIKES)
    assert (found.metrics, found.folder) == ({"fitted": True}, folder.resolve())
    assert (found.version, found.source, found.fitted) == ("v1", "sandbox", True)


def test_arrays_stay_on_disk_and_cannot_be_changed(tmp_path: Path):
    saved(tmp_path)
    array = load_version(tmp_path, "recommender").arrays["vectors"]
    assert isinstance(array, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 9


def test_every_file_is_in_the_provenance_and_the_latest_version_is_linked(tmp_path: Path):
    saved(tmp_path, "v1")
    folder = saved(tmp_path, "v2")
    assert (tmp_path / "recommender" / "latest").resolve() == folder.resolve()
    files = json.loads((folder / "provenance.json").read_text())["files"]
    there = {path.name for path in folder.iterdir()} - {"metrics.json", "provenance.json"}
    assert files == {name: sha256_of(folder / name) for name in there}
    assert load_version(tmp_path, "recommender", version="v1").version == "v1"


@pytest.mark.parametrize("file", ["vectors.npy", "likes.parquet"])
def test_a_file_that_was_tampered_with_is_refused(tmp_path: Path, file: str):
    path = saved(tmp_path) / file
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelRefusedError, match=rf"{file}.*SHA-256"):
        load_version(tmp_path, "recommender")


@pytest.mark.parametrize("file", ["vectors.npy", "metrics.json", "provenance.json"])
def test_an_incomplete_folder_is_refused(tmp_path: Path, file: str):
    (saved(tmp_path) / file).unlink()
    with pytest.raises(ModelRefusedError, match=r"cannot be read.*Materialize recommender"):
        load_version(tmp_path, "recommender")


def test_a_pickle_is_refused_and_never_run(tmp_path: Path):
    trace = tmp_path / "it-ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    folder = saved(tmp_path)
    exchanged(folder, "vectors.npy", pickle.dumps(Hostile()))
    with pytest.raises(ModelRefusedError, match="not an array of numbers"):
        load_version(tmp_path, "recommender")
    np.save(folder / "hidden.npy", np.array([Hostile()], dtype=object), allow_pickle=True)
    exchanged(folder, "vectors.npy", (folder / "hidden.npy").read_bytes())
    with pytest.raises(ModelRefusedError, match="not an array of numbers"):
        load_version(tmp_path, "recommender")
    assert not trace.exists()


def test_text_where_numbers_belong_is_refused(tmp_path: Path):
    folder = saved(tmp_path)
    np.save(folder / "text.npy", np.array(["a", "b"]))
    exchanged(folder, "vectors.npy", (folder / "text.npy").read_bytes())
    with pytest.raises(ModelRefusedError, match="instead of numbers"):
        load_version(tmp_path, "recommender")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_neither_stored_nor_loaded(tmp_path: Path, value: float):
    bad = np.array([[0, value], [1, 2]], np.float32)
    with pytest.raises(ThingistatError, match="1 numbers that are not finite"):
        saved(tmp_path, arrays={"vectors": bad})
    folder = saved(tmp_path)
    np.save(folder / "bad.npy", bad)
    exchanged(folder, "vectors.npy", (folder / "bad.npy").read_bytes())
    with pytest.raises(ModelRefusedError, match="1 numbers that are not finite"):
        load_version(tmp_path, "recommender")


def test_saving_the_same_again_leaves_the_stored_version_as_it_is(tmp_path: Path):
    first = (saved(tmp_path) / "provenance.json").read_bytes()
    again = saved(tmp_path, provenance={"version": "v1", "source": "sandbox", "run_id": "other"})
    assert (again / "provenance.json").read_bytes() == first


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": {"fitted": False}},
        {"arrays": {"vectors": np.zeros(2)}},
        {"frames": {}},
        {"frames": {"likes": LIKES.reverse()}},
    ],
)
def test_a_stored_version_is_never_overwritten_by_other_content(tmp_path: Path, changes):
    saved(tmp_path)
    with pytest.raises(ThingistatError, match="holds another model"):
        saved(tmp_path, **changes)
    assert load_version(tmp_path, "recommender").frame("likes").equals(LIKES)


def test_a_version_of_which_nothing_was_learned_has_figures_only(tmp_path: Path):
    saved(tmp_path, arrays={}, frames={}, metrics={"fitted": False, "reason": "too few likes"})
    found = load_version(tmp_path, "recommender")
    assert (found.arrays, found.fitted) == ({}, False)
    with pytest.raises(ModelRefusedError, match="no frame 'likes'; it has none"):
        found.frame("likes")


@pytest.mark.parametrize("name", ["../up", "a/b", "", "A", "metrics.json"])
def test_a_name_of_an_array_cannot_be_a_path(tmp_path: Path, name: str):
    with pytest.raises(ThingistatError, match="cannot be the name"):
        saved(tmp_path, arrays={name: np.zeros(2)})
    assert not list(tmp_path.rglob("*.npy"))


def test_files_for_other_programs_lie_beside_and_make_no_difference(tmp_path: Path):
    folder = saved(tmp_path, beside={"studies.jsonl": b"at noon"})
    assert saved(tmp_path, beside={"studies.jsonl": b"at one"}) == folder
    assert (folder / "studies.jsonl").read_bytes() == b"at noon"
    assert load_version(tmp_path, "recommender").arrays.keys() == vectors().keys()
    with pytest.raises(ThingistatError, match="cannot be the name"):
        saved(tmp_path, "v2", beside={"../studies.jsonl": b""})
