"""What the network sees as near is the same thing, far more often than simpler measures do.

On renders of real parts: other files of the same thing. On the sandbox's photographs: other things
of the same family of shapes, each with proportions, a view, colours and a table of its own.
"""

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from thingistat_pipeline.sandbox.addresses import Address
from thingistat_pipeline.sandbox.addresses import Picture as Which
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, Thing, describe_thing, live_ids
from thingistat_pipeline.sandbox.pictures import picture_bytes
from thingistat_pipeline.sandbox.texts import subcategory_of
from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.pictures import upright
from thingistat_pipeline_tests.visual.neighbours import (
    Picture,
    advantage,
    by_colours,
    by_gradients,
    by_network,
    found_by,
    mean_with_interval,
)

SEED, OF_EACH = 12, 4

Labelled = tuple[list[Picture], NDArray[np.generic]]


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return Eyes(NETWORKS["efficientnet-lite0"])


@pytest.fixture(scope="module")
def renders(real_data: Path) -> Labelled:
    """Real parts: from every picture the thing that it belongs to."""
    folder = real_data / "renders"
    if not (folder / "index.csv").is_file():
        pytest.skip("the renders of real parts (../shared/real/renders) are not here")
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["png"])
    pictures = [np.asarray(upright((folder / row["png"]).read_bytes())) for row in rows]
    return pictures, np.array([int(row["thing_id"]) for row in rows])


@pytest.fixture(scope="module")
def photographs() -> Labelled:
    """Things of the sandbox as if through a camera, some of every family of shapes."""
    things: dict[str, list[Thing]] = defaultdict(list)
    for number in live_ids(np.arange(1, 120_000, 37), SEED, DEFAULT_TODAY):
        thing = describe_thing(int(number), SEED, DEFAULT_TODAY)
        family = things[subcategory_of(thing).shape]
        if len(family) < OF_EACH:
            family.append(thing)
    labelled = [(family, thing) for family, each in things.items() for thing in each]
    pictures = [_photograph(thing) for _, thing in labelled]
    return pictures, np.array([family for family, _ in labelled])


def _photograph(thing: Thing) -> Picture:
    address = Address(Which(thing.id, 0, rendered=False), "preview_medium")
    return np.asarray(upright(picture_bytes(SEED, thing, address)))


def test_only_the_nearest_of_the_same_label_counts_and_loners_are_not_asked() -> None:
    # Both of "a" point the same way; those of "b" are at a right angle, nearer to "c".
    vectors = np.array([[1, 0, 0], [2, 0.1, 0], [0, 1, 0], [0, 0, 1], [0, 0.9, 0.8]])
    found = found_by(vectors.astype(np.float32), np.array(["a", "a", "b", "b", "c"]))
    assert found.nearest.tolist() == [True, True, False, False]
    # From the first "b": c, then the second "a" (.05), then the others at 0: the first "a" comes
    # before the "b". From the second "b": c, then both "a" and the other "b", all at 0.
    assert found.precision == pytest.approx([1, 1, 1 / 4, 1 / 4])


def test_the_measures_to_beat_see_what_they_are_made_for() -> None:
    ground = np.full((64, 64, 3), 255, dtype=np.uint8)
    red_disc, green_disc, red_cross = ground.copy(), ground.copy(), ground.copy()
    cv2.circle(red_disc, (32, 32), 20, (255, 0, 0), -1)
    cv2.circle(green_disc, (32, 32), 20, (0, 90, 0), -1)
    red_cross[28:36], red_cross[:, 28:36] = (255, 0, 0), (255, 0, 0)
    pictures = [red_disc, green_disc, red_cross]
    shape, colour = (
        found / np.linalg.norm(found, axis=1, keepdims=True)
        for found in (by_gradients(pictures), by_colours(pictures))
    )
    assert shape[0] @ shape[1] > shape[0] @ shape[2] + 0.2
    assert colour[0] @ colour[2] > colour[0] @ colour[1] + 0.2


def test_a_part_of_the_same_real_thing_is_nearer_than_by_simpler_measures(
    eyes: Eyes, renders: Labelled
) -> None:
    pictures, things = renders
    network = found_by(by_network(eyes, pictures), things)
    assert len(network.nearest) == 57
    # Before this project .49 was measured, against .35 for gradients and .30 for colours.
    assert network.nearest.mean() > 0.45
    for simpler in (by_gradients(pictures), by_colours(pictures)):
        found = found_by(simpler, things)
        assert advantage(network.nearest, found.nearest).value > 0.08
        # 57 pictures say little by their nearest alone; all their parts, in order, say more.
        assert advantage(network.precision, found.precision).low > 0


def test_a_thing_of_the_same_kind_is_nearest_far_more_often_than_by_simpler_measures(
    eyes: Eyes, photographs: Labelled
) -> None:
    pictures, families = photographs
    assert len(pictures) > 150
    network = found_by(by_network(eyes, pictures), families).nearest
    gradients = found_by(by_gradients(pictures), families).nearest
    colours = found_by(by_colours(pictures), families).nearest
    assert mean_with_interval(network).low > 0.75
    assert advantage(network, gradients).low > 0.2
    assert advantage(network, colours).low > 0.6
