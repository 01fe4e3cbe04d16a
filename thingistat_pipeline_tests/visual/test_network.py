"""The network answers as published, on photographs that everybody can look at."""

from importlib.machinery import ModuleSpec

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from onnx import numpy_helper

from thingistat_pipeline.visual import network as networks
from thingistat_pipeline.visual.eyes import Eyes, graph_of
from thingistat_pipeline.visual.network import NETWORKS, Network
from thingistat_pipeline.visual.weights import WeightsRefusedError

Picture = NDArray[np.uint8]

CATS = {281, 282, 285}
"""Tabby, tiger cat and Egyptian cat among ImageNet's classes."""
ESPRESSO, MISSILE = 967, 657


@pytest.fixture(scope="module", params=sorted(NETWORKS))
def eyes(request: pytest.FixtureRequest) -> Eyes:
    return Eyes(NETWORKS[request.param])


def _square(photograph: Picture, side: int) -> Picture:
    height, width = photograph.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    middle = photograph[top : top + edge, left : left + edge, :3]
    shrunk = cv2.resize(middle, (side, side), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.uint8)


def test_sample_photographs_are_recognised(eyes: Eyes) -> None:
    side = eyes.network.resolution
    photographs = (skimage.data.chelsea(), skimage.data.coffee(), skimage.data.rocket())
    logits = eyes.logits(np.stack([_square(each, side) for each in photographs]))
    cat, coffee, rocket = np.argsort(-logits, axis=1)
    assert set(cat[:3]) == CATS
    assert coffee[0] == ESPRESSO
    assert MISSILE in rocket[:3]


def test_embeddings_lead_to_the_same_classes_through_the_published_last_layer(eyes: Eyes) -> None:
    side = eyes.network.resolution
    pictures = np.stack(
        [_square(skimage.data.chelsea(), side), _square(skimage.data.coffee(), side)]
    )
    embeddings = eyes.embeddings(pictures)
    assert embeddings.shape == (2, 1_280)
    assert embeddings.min() >= 0
    weights = eyes.network.weights()
    by_hand = embeddings @ weights["_fc.weight"].T + weights["_fc.bias"]
    np.testing.assert_allclose(eyes.logits(pictures), by_hand, atol=1e-4)


def test_a_picture_is_seen_the_same_alone_and_among_others(eyes: Eyes) -> None:
    side = eyes.network.resolution
    pictures = np.random.default_rng(3).integers(0, 256, (5, side, side, 3), dtype=np.uint8)
    together = eyes.embeddings(pictures)
    alone = np.concatenate([eyes.embeddings(pictures[place : place + 1]) for place in range(5)])
    np.testing.assert_allclose(alone, together, rtol=1e-3, atol=1e-4)


def test_pictures_of_the_same_thing_are_nearer_than_of_others(eyes: Eyes) -> None:
    side = eyes.network.resolution
    cat, coffee = _square(skimage.data.chelsea(), side), _square(skimage.data.coffee(), side)
    found = eyes.embeddings(np.stack([cat, cat[:, ::-1], coffee]))
    unit = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert unit[0] @ unit[1] > unit[0] @ unit[2] + 0.2


def test_the_stem_is_a_convolution_as_written_in_the_textbook() -> None:
    network = NETWORKS["efficientnet-lite0"]
    weights = network.weights()
    graph = graph_of(network, weights)
    first = next(node for node in graph.graph.node if node.op_type == "Conv")
    numbers = {array.name: numpy_helper.to_array(array) for array in graph.graph.initializer}
    # A batch normalisation after the convolution is the same as one folded into it.
    kernel, picture = weights["_conv_stem.weight"], np.random.default_rng(0).normal(size=(3, 3, 3))
    plain = (kernel * picture).sum(axis=(1, 2, 3))
    scale = weights["_bn0.weight"] / np.sqrt(weights["_bn0.running_var"] + 1e-3)
    normalised = (plain - weights["_bn0.running_mean"]) * scale + weights["_bn0.bias"]
    folded = (numbers[first.input[1]] * picture).sum(axis=(1, 2, 3)) + numbers[first.input[2]]
    np.testing.assert_allclose(folded, normalised, rtol=1e-4, atol=1e-5)


def test_a_network_that_is_not_installed_says_which_extra_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nowhere(name: str) -> ModuleSpec | None:
        return None

    monkeypatch.setattr(networks, "find_spec", nowhere)
    with pytest.raises(WeightsRefusedError, match=r"extra 'lite1'.*THINGISTAT_NETWORK"):
        NETWORKS["efficientnet-lite1"].weights()


def test_the_version_names_the_network_and_its_weights() -> None:
    plain = Network("some", "package", "file", "ab" * 32, resolution=224, depth=1.0)
    assert plain.version == "some-abababababab"
