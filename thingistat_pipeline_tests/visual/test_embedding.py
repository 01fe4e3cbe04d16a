"""Embeddings: of length one, made once, and whole whenever the run was killed."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.visual import embedding
from thingistat_pipeline.visual.embedding import (
    EmbeddingStore,
    Picture,
    add_missing,
    embedded,
    square,
)
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline_tests.visual.pictures import noise


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes(NETWORKS["efficientnet-lite0"])


def _digest(picture: Picture) -> str:
    return sha256(picture.tobytes()).hexdigest()


def _named(*seeds: int) -> list[tuple[str, Picture]]:
    return [(_digest(noise(seed)), noise(seed)) for seed in seeds]


def test_a_wide_picture_gives_its_middle() -> None:
    picture = np.zeros((100, 300, 3), dtype=np.uint8)
    picture[:, 100:200] = 200
    assert square(picture, 50).shape == (50, 50, 3)
    assert square(picture, 50).min() == 200


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 2), (224, 224)])
def test_pictures_of_any_shape_have_vectors_of_length_one(
    eyes: Eyes, shape: tuple[int, int]
) -> None:
    (vector,) = embedded(eyes, [np.full((*shape, 3), 90, dtype=np.uint8)]).astype(np.float32)
    assert vector.shape == (1_280,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=2e-3)


def test_no_pictures_have_no_vectors(eyes: Eyes) -> None:
    assert embedded(eyes, []).shape == (0, 1_280)


def test_vectors_come_back_in_the_order_asked_for(tmp_path: Path, eyes: Eyes) -> None:
    store = EmbeddingStore(tmp_path / "lite0")
    pictures = _named(1, 2, 3, 4, 5)
    assert list(add_missing(store, eyes, pictures, part=2)) == [1, 2, 3, 4, 5]
    asked = [pictures[place][0] for place in (4, 0, 2)]
    expected = embedded(eyes, [noise(5), noise(1), noise(3)])
    np.testing.assert_allclose(
        store.vectors(asked).astype(np.float32), expected.astype(np.float32), atol=2e-3
    )


def test_nothing_is_embedded_twice(
    tmp_path: Path, eyes: Eyes, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def counted(eyes: Eyes, pictures: list[Picture]) -> embedding.Vectors:
        seen.append(len(pictures))
        return embedded(eyes, pictures)

    monkeypatch.setattr(embedding, "embedded", counted)
    store = EmbeddingStore(tmp_path / "lite0")
    list(add_missing(store, eyes, [*_named(1, 2), *_named(1)]))
    list(add_missing(store, eyes, _named(2, 3)))
    assert seen == [2, 1]
    assert len(store.known()) == 3


def test_a_run_killed_between_the_two_files_of_a_part_makes_the_part_again(
    tmp_path: Path, eyes: Eyes
) -> None:
    store = EmbeddingStore(tmp_path / "lite0")
    list(add_missing(store, eyes, _named(1)))
    (tmp_path / "lite0" / "vectors-000002.npy").write_bytes(b"torn")
    assert len(store.known()) == 1
    list(add_missing(store, eyes, _named(1, 2)))
    assert store.vectors([_named(2)[0][0]]).shape == (1, 1_280)


def test_what_was_made_before_a_kill_is_kept(tmp_path: Path, eyes: Eyes) -> None:
    store = EmbeddingStore(tmp_path / "lite0")
    progress = add_missing(store, eyes, _named(*range(64)), part=32)
    for _ in range(40):
        next(progress)
    progress.close()  # type: ignore[attr-defined]
    assert len(store.known()) == 32


def test_numbers_that_are_not_finite_are_not_stored(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path / "lite0")
    with pytest.raises(ThingistatError, match="not finite"):
        store.add(["00" * 32], np.full((1, 1_280), np.nan, dtype=np.float16))
    assert not store.known()


def test_a_damaged_part_says_what_to_do(tmp_path: Path, eyes: Eyes) -> None:
    store = EmbeddingStore(tmp_path / "lite0")
    list(add_missing(store, eyes, _named(1)))
    (tmp_path / "lite0" / "vectors-000001.npy").write_bytes(b"not numbers")
    with pytest.raises(ThingistatError, match="Delete the folder"):
        store.vectors([_named(1)[0][0]])
