"""Stored models of pictures: loaded whole, or not at all and with the reason."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.picture_models import PictureModels, picture_models
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.pictured_world import (
    COVERS,
    HEIGHT,
    NETWORK,
    WIDTH,
    store_choice,
    store_looks,
    store_photograph,
)
from thingistat_pipeline_tests.advisor.small_worlds import small_world
from thingistat_pipeline_tests.warehouse.support import live

Store = Callable[..., None]
STORES: dict[str, Store] = {
    "looks": store_looks,
    "photograph": store_photograph,
    "picture_choice": store_choice,
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_world(tmp_path, [live(1), live(2)])


def loaded(settings: Settings, but: str = "", **changes: object) -> PictureModels:
    """Store all models, one of them changed, and load what can be."""
    for name, store in STORES.items():
        store(settings, **(changes if name == but else {}))
    return picture_models(settings, Database(settings.published_file))


def test_all_are_there_and_covers_have_their_shape(settings: Settings) -> None:
    found = loaded(settings)
    assert found.reason is None
    assert found.known is not None
    assert found.known.network == NETWORK
    assert found.known.things.tolist() == list(COVERS)
    assert found.order is not None
    assert found.order.version == "one"
    assert found.photograph is not None
    # the smallest size of the site with a longer side of at least the setting's 320 pixels
    assert found.shape.pixels == 330
    assert found.shape.aspect == pytest.approx(WIDTH / HEIGHT)


@pytest.mark.parametrize(
    ("model", "changes", "said"),
    [
        ("picture_choice", {"without": "errors"}, "make run"),
        ("picture_choice", {"without": "seen_directions"}, "make run"),
        ("picture_choice", {"network": "another-000000000000"}, "two different networks"),
        ("picture_choice", {"judged": False, "reason": "Too few pairs."}, "Too few pairs."),
        ("photograph", {"without": "weights"}, "Materialize picture_features"),
        ("photograph", {"predictors": ["picture_warmth"]}, "Materialize picture_features"),
        ("looks", {"seen_by": "a-network-unheard-of"}, "Run `make run`"),
        ("looks", {"without": "vectors"}, "make run"),
        ("looks", {"reason": "There is no picture of any thing."}, "no picture of any thing"),
    ],
)
def test_what_does_not_fit_is_not_used_and_the_reason_told(
    settings: Settings, model: str, changes: dict[str, object], said: str
) -> None:
    found = loaded(settings, model, **changes)
    assert found.order is None
    assert said in (found.reason or "")


def test_covers_stored_without_fingerprints_are_compared_all_the_same(settings: Settings) -> None:
    found = loaded(settings, "looks", without="fingerprints")
    assert found.reason is None
    assert found.known is not None
    assert found.known.fingerprints is None


def test_covers_of_many_shapes_have_none(settings: Settings) -> None:
    found = loaded(settings, "picture_choice", aspect_spread=0.2)
    assert found.reason is None
    assert found.shape.aspect is None


@pytest.mark.parametrize("model", STORES)
def test_a_damaged_file_is_told_and_nothing_is_loaded_from_it(
    settings: Settings, model: str
) -> None:
    loaded(settings)
    path = min((settings.models_dir / model / "latest").glob("*.npy"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    found = picture_models(settings, Database(settings.published_file))
    assert found.order is None
    assert "SHA-256 differs" in (found.reason or "")


def test_a_pickle_is_not_opened(settings: Settings) -> None:
    loaded(settings)
    path = settings.models_dir / "picture_choice" / "latest" / "weights.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert picture_models(settings, Database(settings.published_file)).order is None


def test_nothing_stored_says_what_to_do(settings: Settings) -> None:
    found = picture_models(settings, Database(settings.published_file))
    assert (found.known, found.photograph, found.order) == (None, None, None)
    assert "picture_choice" in (found.reason or "")
    assert found.shape.aspect is None
