"""Weights are read from the one file that was looked at, and nothing in a file can run."""

import pickle
import struct
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.weights import WeightsRefusedError, read_weights

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def _global(name: str) -> bytes:
    module, _, function = name.rpartition(".")
    return f"c{module}\n{function}\n".encode()


def _tensor_file(numbers: np.ndarray[Any, Any], shape: str, strides: str) -> bytes:
    """Return a file with one tensor ``layer.weight``, its pickles written opcode by opcode."""
    storage = (
        b"((Vstorage\n" + _global("torch.FloatStorage") + b"Vkey\nVcpu\nI%d\nNtQ" % numbers.size
    )
    rebuilt = (
        _global("torch._utils._rebuild_tensor_v2")
        + storage
        + b"I0\n"
        + shape.encode()
        + strides.encode()
        + b"tR"
    )
    described = _global("collections.OrderedDict") + b")R" + b"Vlayer.weight\n" + rebuilt + b"s."
    header: tuple[object, ...] = (_MAGIC, _PROTOCOL, {"little_endian": True})
    parts = [pickle.dumps(part, 2) for part in header]
    keys = pickle.dumps(["key"], 2)
    return b"".join([*parts, described, keys, struct.pack("<q", numbers.size), numbers.tobytes()])


def _read(content: bytes) -> Any:
    return read_weights(content, expected_sha256=sha256(content).hexdigest(), name="a network")


def test_a_tensor_is_read_with_its_shape_and_strides() -> None:
    numbers = np.arange(6, dtype="<f4")
    whole = _read(_tensor_file(numbers, "(I2\nI3\nt", "(I3\nI1\nt"))
    np.testing.assert_array_equal(whole["layer.weight"], [[0, 1, 2], [3, 4, 5]])
    turned = _read(_tensor_file(numbers, "(I3\nI2\nt", "(I1\nI3\nt"))
    np.testing.assert_array_equal(turned["layer.weight"], [[0, 3], [1, 4], [2, 5]])


def test_another_file_is_refused_before_anything_is_read() -> None:
    content = _tensor_file(np.zeros(1, "<f4"), "(I1\nt", "(I1\nt")
    with pytest.raises(WeightsRefusedError, match="weights of a network are not those"):
        read_weights(content, expected_sha256="0" * 64, name="a network")


@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "torch.load", "collections.deque"])
def test_a_pickle_that_names_anything_else_is_refused_even_with_the_right_hash(name: str) -> None:
    header: tuple[object, ...] = (_MAGIC, _PROTOCOL, {})
    parts = [pickle.dumps(part, 2) for part in header]
    program = _global(name) + b"(Vtouch marker\ntR."
    with pytest.raises(pickle.UnpicklingError, match="is not a part of weights"):
        _read(b"".join([*parts, program]))


def test_a_file_of_another_format_is_refused() -> None:
    with pytest.raises(WeightsRefusedError, match="old format"):
        _read(pickle.dumps(1, 2) + pickle.dumps(2, 2))


def test_the_installed_weights_are_those_of_the_published_architecture() -> None:
    weights = NETWORKS["efficientnet-lite0"].weights()
    assert weights["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert weights["_fc.weight"].shape == (1_000, 1_280)
    numbers = sum(
        array.size
        for name, array in weights.items()
        if not name.endswith(("running_mean", "running_var", "num_batches_tracked"))
    )
    # TensorFlow's table of the Lite networks says 4.7 million parameters (5.4 for Lite1).
    assert round(numbers / 1e6, 1) == 4.7
