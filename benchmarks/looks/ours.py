"""From JPEGs to vectors and measures, and from vectors to look-alikes, step by step."""

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.feature import hog

from benchmarks.looks.simulated import covers, write_vectors
from benchmarks.stage import Facts, Inputs, Task
from benchmarks.steps import Steps
from thingistat_pipeline.visual.approximate import ApproximateIndex
from thingistat_pipeline.visual.embedding import BATCH, embedded, square
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.fingerprint import fingerprint
from thingistat_pipeline.visual.look_alikes import look_alikes, looks_like
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.picture_features import picture_features
from thingistat_pipeline.visual.pictures import upright

_THREADS = 2
_FEWEST_PICTURES, _MOST_PICTURES = 8, 300
_THINGS_A_PICTURE = 100
_NEIGHBOURS = 10
_HOG_SIDE = 128
_ASKED_EXACTLY, _ASKED_THE_INDEX = 30, 1_000
_EXACT_UP_TO = 20_000
_SMALL_SHARE = 10
"""At sizes below the usual limit, all but a tenth of the things are beyond it here."""

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float16]


def prepare(inputs: Inputs) -> Task:
    """Draw the pictures, simulate the vectors, and build the networks."""
    folder = Path(inputs.work) / "looks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vectors.npy"
    write_vectors(path, inputs.things, seed=inputs.seed)
    count = min(max(_FEWEST_PICTURES, inputs.things // _THINGS_A_PICTURE), _MOST_PICTURES)
    files = covers(count, seed=inputs.seed)
    eyes = {name: Eyes(network, threads=_THREADS) for name, network in NETWORKS.items()}
    _warmed_up(eyes)
    return Task(lambda: _work(files, eyes, path, inputs.seed), lambda facts: facts)


def _warmed_up(eyes: dict[str, Eyes]) -> None:
    """Have everything compiled that is compiled when first used."""
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    for each in eyes.values():
        embedded(each, list(noise))
    picture_features(noise[0])
    few = np.eye(4, 8, dtype=np.float16)
    look_alikes(few, np.zeros(4, dtype=np.uint64), 1, seed=0, exact_up_to=1)
    looks_like(few[0], few, 1)


def _work(files: list[bytes], eyes: dict[str, Eyes], path: Path, seed: int) -> Facts:
    steps = Steps()
    pictures = _seen(steps, files, eyes)
    vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    random = np.random.default_rng(seed)
    fingerprints = random.integers(0, 2**63, len(vectors), dtype=np.uint64)
    limit = min(_EXACT_UP_TO, len(vectors) // _SMALL_SHARE)
    alike = look_alikes(vectors, fingerprints, _NEIGHBOURS, seed=seed, exact_up_to=limit)
    steps.end("the 10 nearest of all things")
    exactly = _milliseconds(lambda one: looks_like(one, vectors), _drawn(vectors, _ASKED_EXACTLY))
    steps.end(f"{_ASKED_EXACTLY} questions answered exactly")
    index = ApproximateIndex(vectors, seed=seed, threads=_THREADS)
    steps.end("index: built")
    asked = _drawn(vectors, _ASKED_THE_INDEX)
    by_index = _milliseconds(index.looks_like, asked)
    steps.end(f"index: {_ASKED_THE_INDEX:,} questions")
    recall = index.recall(vectors, _NEIGHBOURS, asked=200, seed=seed)
    steps.end("index: recall")
    taken = {step["title"]: step for step in steps.taken}
    return {
        "rows": len(vectors),
        "steps": steps.taken,
        "pictures": pictures,
        "look_alikes": {
            "recall": alike.recall,
            "judged_on": alike.judged_on,
            **taken["the 10 nearest of all things"],
        },
        "exact_milliseconds": exactly,
        "index": {
            "recall": recall,
            "milliseconds": by_index,
            "built_in": taken["index: built"]["wall_seconds"],
        },
    }


def _seen(steps: Steps, files: list[bytes], eyes: dict[str, Eyes]) -> Facts:
    """Look at pictures in every way, each a step, and return what one costs."""
    pictures = [np.asarray(upright(content)) for content in files]
    steps.end("decode")
    lite0, lite1 = NETWORKS
    _embed(eyes[lite0], pictures)
    steps.end(lite0)
    for picture in pictures:
        picture_features(picture)
        fingerprint(picture)
    steps.end("measures and fingerprint")
    whole = sum(step["wall_seconds"] for step in steps.taken)
    _embed(eyes[lite1], pictures)
    steps.end(lite1)
    for picture in pictures:
        hog(cv2.cvtColor(square(picture, _HOG_SIDE), cv2.COLOR_RGB2GRAY))
    steps.end(f"HOG at {_HOG_SIDE} pixels")
    height, width = pictures[0].shape[:2]
    return {
        "count": len(pictures),
        "width": width,
        "height": height,
        "a_second": len(pictures) / whole,
        "cpu_milliseconds": {
            step["title"]: 1_000 * step["cpu_seconds"] / len(pictures) for step in steps.taken
        },
    }


def _embed(eyes: Eyes, pictures: list[Picture]) -> None:
    for start in range(0, len(pictures), BATCH):
        embedded(eyes, pictures[start : start + BATCH])


def _drawn(vectors: Vectors, count: int) -> Vectors:
    rows = np.random.default_rng(0).integers(0, len(vectors), count)
    return np.asarray(vectors[np.sort(rows)])


def _milliseconds(answer: Callable[[Vectors], Any], asked: Vectors) -> float:
    """Return the median wall time of an answer."""
    taken = []
    for one in asked:
        start = time.perf_counter()
        answer(one)
        taken.append(time.perf_counter() - start)
    return 1_000 * median(taken)
