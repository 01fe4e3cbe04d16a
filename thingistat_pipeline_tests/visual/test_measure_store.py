"""What pictures measure: kept by content, made once, and whole whenever the run was killed."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual import measure_store
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.measure_store import SCHEMA, MeasureStore, add_missing, measured
from thingistat_pipeline.visual.picture_features import FEATURES, picture_features
from thingistat_pipeline_tests.visual.pictures import Picture, noise


def digest(seed: int) -> str:
    return sha256(str(seed).encode()).hexdigest()


def named(*seeds: int) -> list[tuple[str, Picture]]:
    return [(digest(seed), noise(seed)) for seed in seeds]


@pytest.fixture
def store(tmp_path: Path) -> MeasureStore:
    return MeasureStore(tmp_path / "measures" / "1")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of the pictures that are measured, as it happens."""
    seen: list[str] = []

    def counted(name: str, picture: Picture) -> pl.DataFrame:
        seen.append(name)
        return measured(name, picture)

    monkeypatch.setattr(measure_store, "measured", counted)
    return seen


def test_what_comes_back_is_what_a_picture_measures(store: MeasureStore) -> None:
    assert list(add_missing(store, named(3, 1, 2), part=2)) == [1, 2, 3]
    asked = [digest(2), digest(3), digest(99), digest(3)]
    found = store.measures(asked)
    assert found.schema == SCHEMA
    assert found["sha256"].to_list() == sorted({digest(2), digest(3)})
    (row,) = found.filter(sha256=digest(3)).iter_rows(named=True)
    assert [row[name] for name in FEATURES] == picture_features(noise(3)).tolist()
    assert row["fingerprint"] == int(fingerprint(noise(3)))


def test_nothing_is_measured_twice(store: MeasureStore, looked_at: list[str]) -> None:
    list(add_missing(store, named(1, 2, 1)))
    list(add_missing(store, named(2, 3)))
    assert looked_at == [digest(1), digest(2), digest(3)]
    assert store.known() == set(looked_at)


def test_a_run_that_was_killed_loses_the_part_it_was_at(
    store: MeasureStore, looked_at: list[str]
) -> None:
    for number in add_missing(store, named(1, 2, 3, 4, 5), part=2):
        if number == 5:
            break
    assert store.known() == {digest(seed) for seed in (1, 2, 3, 4)}
    looked_at.clear()
    list(add_missing(store, named(1, 2, 3, 4, 5), part=2))
    assert looked_at == [digest(5)]
    assert store.known() == {digest(seed) for seed in (1, 2, 3, 4, 5)}


def test_a_store_that_holds_nothing_answers_with_nothing(store: MeasureStore) -> None:
    assert list(add_missing(store, [])) == []
    assert not store.folder.exists()
    assert store.known() == frozenset()
    assert store.measures([digest(1)]).equals(pl.DataFrame(schema=SCHEMA))


@pytest.mark.parametrize("broken", [np.nan, np.inf, None])
def test_numbers_that_are_none_are_not_stored(store: MeasureStore, broken: float | None) -> None:
    row = measured(digest(1), noise(1)).with_columns(pl.lit(broken, pl.Float64).alias(FEATURES[3]))
    with pytest.raises(ThingistatError, match="not finite"):
        store.add(row)
    assert store.known() == frozenset()


def test_a_damaged_part_is_an_error_that_says_what_to_delete(store: MeasureStore) -> None:
    list(add_missing(store, named(1)))
    (part,) = store.folder.iterdir()
    part.write_bytes(part.read_bytes()[:-40])
    with pytest.raises(ThingistatError, match=r"measures-000001\.parquet.*Delete the folder"):
        store.known()
