"""What was learned from the same in the same way is not learned again."""

from pathlib import Path

import numpy as np
import pytest

from thingistat_pipeline.orchestration import reuse
from thingistat_pipeline.orchestration.reuse import recipe_of, stored_or_made
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_version

INPUTS = {"interactions": "a", "side_information": "b"}


def made(settings: Settings, recipe: str, version: str) -> tuple[str, bool, bool]:
    """Return the version, whether it is said to be an old one, and whether it was made now."""
    told: list[str] = []

    def make() -> None:
        told.append(version)
        save_version(
            settings.models_dir,
            "m",
            arrays={"vectors": np.ones(3)},
            metrics={"fitted": True},
            provenance={"version": version, "source": "sandbox", "recipe": recipe},
            version=version,
        )

    stored, reused = stored_or_made(settings, "m", recipe, make)
    assert read_version(settings.models_dir, "m").version == stored.version
    return stored.version, reused, bool(told)


def test_what_a_recipe_made_is_taken_and_is_the_latest_again(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    assert made(settings, "flour", "v1") == ("v1", False, True)
    assert made(settings, "rye", "v2") == ("v2", False, True)
    assert made(settings, "flour", "v3") == ("v1", True, False)


def test_what_is_damaged_is_made_again(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    made(settings, "flour", "v1")
    (settings.models_dir / "m" / "v1" / "vectors.npy").write_bytes(b"damaged")
    assert made(settings, "flour", "v1") == ("v1", False, True)


def test_three_versions_stay(tmp_path: Path):
    settings = Settings(data_dir=tmp_path)
    for number in range(5):
        made(settings, f"recipe {number}", f"v{number}")
    assert {path.name for path in (settings.models_dir / "m").iterdir()} == {
        *("v2", "v3", "v4", "latest")
    }


def test_a_recipe_changes_with_whatever_changes_what_is_learned(
    monkeypatch: pytest.MonkeyPatch,
):
    def recipe(inputs=INPUTS, code_version="1", things_per_tag=5, **changes):
        settings = Settings().with_changes(**changes)
        return recipe_of(settings, inputs, code_version=code_version, things_per_tag=things_per_tag)

    recipes = [
        recipe(),
        recipe(inputs={**INPUTS, "interactions": "c"}),
        recipe(code_version="2"),
        recipe(things_per_tag=6),
        recipe(seed=13),
        recipe(effort="full"),
    ]
    assert recipe(data_dir=Path("elsewhere"), things_per_night=9) == recipes[0]
    monkeypatch.setattr(reuse, "sources_version", lambda *_: "other code")
    recipes.append(recipe())
    monkeypatch.setattr(reuse, "library_versions", lambda: {"numba": "0"})
    recipes.append(recipe())
    assert len(set(recipes)) == len(recipes)
