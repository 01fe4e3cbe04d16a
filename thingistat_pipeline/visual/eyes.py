"""A pretrained network at work: pictures in, vectors out.

The graph is built here from the published architecture of EfficientNet-Lite (see `network`), with
each batch normalisation folded into the convolution before it, and run by onnxruntime. The last
layer but one, averaged over the picture, is the embedding: 1,280 numbers that are near each other
for pictures that look alike.
"""

import math
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from thingistat_pipeline.visual.network import DIMENSIONS, Network
from thingistat_pipeline.visual.weights import Weights

CLASSES = 1_000
_NORMALISATION_EPSILON = 1e-3
_OPSET, _IR_VERSION = 17, 8


class _Stage(NamedTuple):
    """Some blocks alike: how many, their kernel, stride, expansion and channels."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
_STEM_CHANNELS = 32


class Eyes:
    """A network that is ready to look at pictures.

    Parameters
    ----------
    network : Network
    threads : int, default=2
        The vectors do not depend on it beyond the last bits of float32.
    sparing : bool, default=False
        Whether the memory that a question takes is given back after it. The answer takes a quarter
        longer.

    Raises
    ------
    WeightsRefusedError
        If the weights cannot be had.
    """

    def __init__(self, network: Network, *, threads: int = 2, sparing: bool = False) -> None:
        self.network = network
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = not sparing
        # Threads that have nothing to do would otherwise keep a core busy, waiting for more.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        graph = graph_of(network, network.weights()).SerializeToString()
        self._session = onnxruntime.InferenceSession(
            graph, options, providers=["CPUExecutionProvider"]
        )

    def embeddings(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding of each picture.

        Parameters
        ----------
        pictures : ndarray of uint8, shape (n, side, side, 3)
            Red, green, blue; the side is best the network's resolution.

        Returns
        -------
        ndarray of float32, shape (n, 1280)
            Not scaled to any length; all numbers are 0 or more.
        """
        return self._output("embedding", pictures)

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how much each picture shows of each class of ImageNet, float32 (n, 1000)."""
        return self._output("logits", pictures)

    def _output(self, name: str, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        (found,) = self._session.run([name], {"image": _centred(pictures)})
        return np.asarray(found, dtype=np.float32)


def _centred(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return pictures as the network was trained on them: (x - 127) / 128, channels first."""
    scaled = (pictures.astype(np.float32) - np.float32(127)) / np.float32(128)
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def graph_of(network: Network, weights: Weights) -> onnx.ModelProto:
    """Return the network as a graph with the outputs ``embedding`` and ``logits``.

    Parameters
    ----------
    network : Network
        Its depth says how many blocks there are.
    weights : Mapping of str to ndarray
        As `Network.weights` returns them.
    """
    build = _Builder(weights)
    flow = build.convolution("image", "_conv_stem", "_bn0", stride=2)
    block, channels = 0, _STEM_CHANNELS
    for number, stage in enumerate(_STAGES):
        outermost = number in {0, len(_STAGES) - 1}
        blocks = stage.blocks if outermost else math.ceil(network.depth * stage.blocks)
        for place in range(blocks):
            stride = stage.stride if place == 0 else 1
            flow = build.block(flow, block, stage, stride=stride, channels=channels)
            block, channels = block + 1, stage.channels
    flow = build.convolution(flow, "_conv_head", "_bn1", stride=1)
    return build.model(flow, network.name)


class _Builder:
    """Collects a graph's nodes and numbers."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._numbers: list[TensorProto] = []
        self._constant("zero", np.float32(0))
        self._constant("six", np.float32(6))

    def convolution(
        self, flow: str, name: str, normalisation: str, *, stride: int, active: bool = True
    ) -> str:
        """Append a convolution with its normalisation folded in, and ReLU6 if it is active.

        A depthwise one is told by its weights, which have a single channel each.
        """
        weight, bias = self._folded(f"{name}.weight", normalisation)
        made = f"{name}.out"
        self._nodes.append(
            helper.make_node(
                "Conv",
                [flow, self._constant(f"{name}.w", weight), self._constant(f"{name}.b", bias)],
                [made],
                kernel_shape=weight.shape[2:],
                strides=[stride, stride],
                group=weight.shape[0] if weight.shape[1] == 1 else 1,
                auto_pad="SAME_UPPER",
            )
        )
        if not active:
            return made
        self._nodes.append(helper.make_node("Clip", [made, "zero", "six"], [f"{made}.active"]))
        return f"{made}.active"

    def block(self, flow: str, number: int, stage: _Stage, *, stride: int, channels: int) -> str:
        """Append an inverted residual: widen, look around, narrow; added to what came in."""
        name, entered = f"_blocks.{number}", flow
        if stage.expansion != 1:
            flow = self.convolution(flow, f"{name}._expand_conv", f"{name}._bn0", stride=1)
        flow = self.convolution(flow, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride)
        flow = self.convolution(
            flow, f"{name}._project_conv", f"{name}._bn2", stride=1, active=False
        )
        if stride != 1 or channels != stage.channels:
            return flow
        self._nodes.append(helper.make_node("Add", [flow, entered], [f"{name}.sum"]))
        return f"{name}.sum"

    def model(self, flow: str, name: str) -> onnx.ModelProto:
        """Append the average and the classes, and return the checked graph."""
        self._nodes += [
            helper.make_node("GlobalAveragePool", [flow], ["average"]),
            helper.make_node("Flatten", ["average"], ["embedding"]),
            helper.make_node(
                "Gemm",
                [
                    "embedding",
                    self._constant("classes.w", self._weights["_fc.weight"]),
                    self._constant("classes.b", self._weights["_fc.bias"]),
                ],
                ["logits"],
                transB=1,
            ),
        ]
        graph = helper.make_graph(
            self._nodes,
            name,
            [_tensor("image", "pictures", 3, "height", "width")],
            [_tensor("embedding", "pictures", DIMENSIONS), _tensor("logits", "pictures", CLASSES)],
            self._numbers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR_VERSION
        onnx.checker.check_model(model)
        return model

    def _folded(
        self, name: str, normalisation: str
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        gain, shift, mean, variance = (
            self._weights[f"{normalisation}.{part}"]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = np.asarray(gain / np.sqrt(variance + _NORMALISATION_EPSILON), dtype=np.float32)
        return self._weights[name] * scale[:, None, None, None], shift - mean * scale

    def _constant(self, name: str, numbers: NDArray[np.float32] | np.float32) -> str:
        array = np.asarray(numbers, dtype=np.float32, order="C")
        self._numbers.append(numpy_helper.from_array(array, name))
        return name


def _tensor(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
