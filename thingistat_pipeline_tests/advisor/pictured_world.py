"""A small published world with models of pictures that were made by hand."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.embedding import embedded
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.network import DIMENSIONS, NETWORKS
from thingistat_pipeline.visual.photograph import PREDICTORS
from thingistat_pipeline_tests.advisor.small_worlds import small_world
from thingistat_pipeline_tests.warehouse.support import live

Picture = NDArray[np.uint8]

NETWORK = NETWORKS["efficientnet-lite0"]
HEIGHT, WIDTH = 90, 120
NAMES = (*(look.name for look in LOOKS), "seen_1")
HIDDEN = 3


def plain(shade: int) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), shade, dtype=np.uint8)


def spotted(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Picture:
    """Large spots of colours, different for each seed."""
    spots = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    rows = np.arange(height) * 3 // height
    columns = np.arange(width) * 4 // width
    return np.ascontiguousarray(spots[rows][:, columns])


COVERS = {1: (spotted(1), 10), 2: (spotted(2), 900), HIDDEN: (spotted(3), 5_000),
          **{each: (spotted(each), each) for each in range(4, 15)}}  # fmt: skip
"""Cover and downloads of each thing."""


def pictured_world(folder: Path) -> Settings:
    """Return settings of things with covers, and with all three models of pictures."""
    records = [
        live(thing, name=f"Thing {thing}", download_count=downloads, is_nsfw=thing == HIDDEN)
        for thing, (_, downloads) in COVERS.items()
    ]
    settings = small_world(folder, records)
    store_looks(settings)
    store_photograph(settings)
    store_choice(settings)
    return settings


def store_looks(settings: Settings, *, seen_by: str = NETWORK.version, **changes: Any) -> None:
    arrays = {
        "vectors": _vectors(),
        "things": np.array(list(COVERS)),
        "fingerprints": np.array([fingerprint(picture) for picture, _ in COVERS.values()]),
    }
    stored(settings, "looks", arrays, {"network": seen_by}, **changes)


@cache
def _vectors() -> NDArray[np.float16]:
    return embedded(Eyes(NETWORK, threads=1), [picture for picture, _ in COVERS.values()])


def store_photograph(settings: Settings, **changes: Any) -> None:
    """Store a model by which grey pictures are renders, and others photographs."""
    tells = np.array([name == "picture_colourfulness" for name in PREDICTORS], dtype=np.float64)
    arrays = {
        "centre": 10 * tells,
        "spread": np.ones(len(PREDICTORS)),
        "weights": tells,
        "intercept": np.zeros(1),
    }
    metrics = {"fitted": True, "predictors": list(PREDICTORS)}
    stored(settings, "photograph", arrays, metrics, **changes)


def store_choice(
    settings: Settings, *, spread: float = 0.25, aspect_spread: float = 1e-9, **changes: Any
) -> None:
    """Store a model in which brightness alone counts: one in log odds for a spread of it."""
    bright = np.array([name == "picture_brightness" for name in NAMES], dtype=np.float64)
    shape = np.array([name == "picture_aspect" for name in NAMES], dtype=np.float64)
    arrays = {
        "centre": 0.5 * bright + WIDTH / HEIGHT * shape,
        "spread": np.where(bright > 0, spread, np.where(shape > 0, aspect_spread, 1.0)),
        "weights": bright,
        "errors": np.full(len(NAMES), 0.1),
        "seen_centre": np.zeros(DIMENSIONS),
        "seen_directions": np.zeros((DIMENSIONS, 1)),
    }
    metrics = {
        "judged": True,
        "names": list(NAMES),
        "pairs": 400,
        "best_of": 3,
        "accuracy": {"value": 0.6, "low": 0.55, "high": 0.65},
        "uplift": {
            "value": float(np.log(1.5)),
            "low": float(np.log(1.2)),
            "high": float(np.log(2)),
        },
    }
    stored(settings, "picture_choice", arrays, metrics, **changes)


def stored(
    settings: Settings,
    name: str,
    arrays: Mapping[str, NDArray[Any]],
    metrics: Mapping[str, Any],
    *,
    version: str = "one",
    without: str = "",
    network: str = NETWORK.version,
    **changed: Any,
) -> None:
    """Store a model; `without` an array, and with other metrics."""
    save_version(
        settings.models_dir,
        name,
        arrays={key: array for key, array in arrays.items() if key != without},
        metrics={**metrics, **changed},
        provenance={
            "version": version,
            "source": "sandbox",
            "effort": "quick",
            "parameters": {"network": network},
        },
        version=version,
    )
