"""The graph computes what the published architecture says, written out slowly in plain NumPy."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from thingistat_pipeline.visual.eyes import Eyes
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.weights import Weights

Maps = NDArray[np.float64]
"""Shape (channels, height, width)."""

EPSILON = 1e-3
# Stride, expansion and blocks of the stages of EfficientNet-B0 (Tan and Le 2019, table 1; strides
# and expansions as in MnasNet-A1), which the Lite variants keep. Kernels and channels are those
# of the weights.
STAGES = ((1, 1, 1), (2, 6, 2), (2, 6, 2), (2, 6, 3), (1, 6, 3), (2, 6, 4), (1, 6, 1))


def _surrounded(maps: Maps, kernel: int, stride: int) -> Maps:
    """TensorFlow's SAME: zeros around, the odd one below and to the right."""
    around = []
    for side in maps.shape[1:]:
        wanted = max((math.ceil(side / stride) - 1) * stride + kernel - side, 0)
        around.append((wanted // 2, wanted - wanted // 2))
    return np.pad(maps, ((0, 0), *around))


def _places(maps: Maps, down: int, right: int, kernel: int, stride: int) -> Maps:
    """What the kernel's number at (down, right) meets, for each place of the answer."""
    height, width = (maps.shape[1] - kernel) // stride + 1, (maps.shape[2] - kernel) // stride + 1
    rows = slice(down, down + (height - 1) * stride + 1, stride)
    return maps[:, rows, right : right + (width - 1) * stride + 1 : stride]


def convolved(maps: Maps, weight: Maps, stride: int = 1) -> Maps:
    return _summed("oc,chw->ohw", maps, weight, stride)


def convolved_depthwise(maps: Maps, weight: Maps, stride: int) -> Maps:
    return _summed("c,chw->chw", maps, weight[:, 0], stride)


def _summed(products: str, maps: Maps, weight: Maps, stride: int) -> Maps:
    kernel = weight.shape[-1]
    wide = _surrounded(maps, kernel, stride)
    terms = [
        np.einsum(products, weight[..., down, right], _places(wide, down, right, kernel, stride))
        for down in range(kernel)
        for right in range(kernel)
    ]
    return np.asarray(np.sum(terms, axis=0), dtype=np.float64)


class Slow:
    """The forward pass, batch normalisations and all, in float64."""

    def __init__(self, weights: Weights, depth: float) -> None:
        self._weights = {name: array.astype(np.float64) for name, array in weights.items()}
        self._depth = depth

    def logits(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        maps = ((picture.astype(np.float64) - 127) / 128).transpose(2, 0, 1)
        maps = relu6(self._normal(convolved(maps, self._weights["_conv_stem.weight"], 2), "_bn0"))
        number = 0
        for place, (first_stride, expansion, blocks) in enumerate(STAGES):
            deep = place not in (0, len(STAGES) - 1)
            for block in range(math.ceil(blocks * self._depth) if deep else blocks):
                maps = self._block(maps, number, expansion, first_stride if block == 0 else 1)
                number += 1
        maps = relu6(self._normal(convolved(maps, self._weights["_conv_head.weight"]), "_bn1"))
        average = maps.mean(axis=(1, 2))
        logits = self._weights["_fc.weight"] @ average + self._weights["_fc.bias"]
        return np.asarray(logits, dtype=np.float64)

    def _block(self, entered: Maps, number: int, expansion: int, stride: int) -> Maps:
        name, maps = f"_blocks.{number}", entered
        if expansion != 1:
            maps = convolved(maps, self._weights[f"{name}._expand_conv.weight"])
            maps = relu6(self._normal(maps, f"{name}._bn0"))
        maps = convolved_depthwise(maps, self._weights[f"{name}._depthwise_conv.weight"], stride)
        maps = relu6(self._normal(maps, f"{name}._bn1"))
        maps = convolved(maps, self._weights[f"{name}._project_conv.weight"])
        maps = self._normal(maps, f"{name}._bn2")
        return maps + entered if maps.shape == entered.shape and stride == 1 else maps

    def _normal(self, maps: Maps, name: str) -> Maps:
        gain, shift, mean, variance = (
            self._weights[f"{name}.{part}"][:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return gain * (maps - mean) / np.sqrt(variance + EPSILON) + shift


def relu6(maps: Maps) -> Maps:
    return np.clip(maps, 0, 6)


def test_the_slow_convolution_is_that_of_a_worked_example() -> None:
    maps = np.arange(1.0, 10).reshape(1, 3, 3)
    ones = np.ones((1, 1, 3, 3))
    # Sums of what lies within one step of each place; beyond the border there is nothing.
    assert convolved(maps, ones).tolist() == [[[12, 21, 16], [27, 45, 33], [24, 39, 28]]]
    assert convolved(maps, ones, 2).tolist() == [[[12, 16], [24, 28]]]
    # Of an even side, two steps at a time, only the end is surrounded.
    even = np.arange(1.0, 17).reshape(1, 4, 4)
    assert convolved_depthwise(even, ones, 2).tolist() == [[[54, 45], [72, 54]]]
    assert convolved(even, ones, 2).tolist() == [[[54, 45], [72, 54]]]


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_the_graph_agrees_with_the_architecture_written_out(name: str) -> None:
    network = NETWORKS[name]
    # The sides are halved five times, with an odd one on the way: both kinds of SAME are met.
    picture = np.random.default_rng(8).integers(0, 256, (72, 56, 3), dtype=np.uint8)
    picture[20:50, 10:40] = (200, 40, 30)
    slow = Slow(network.weights(), network.depth).logits(picture)
    fast = Eyes(network, threads=1).logits(picture[None])[0]
    np.testing.assert_allclose(fast, slow, atol=1e-3)
    assert np.ptp(slow) > 1
