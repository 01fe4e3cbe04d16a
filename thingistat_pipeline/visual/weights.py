"""A network's weights, read from the file that ships in a Python package, without running anything.

The files are those of PyTorch before version 1.6: pickles of a description, then the numbers. A
pickle is a program. This one is read only if its bytes are those that were looked at (SHA-256), and
by a reader that knows four names and refuses every other, so that nothing in it can run.
"""

import collections
import io
import pickle
import struct
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.errors import ThingistatError

Weights = Mapping[str, NDArray[Any]]

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_NUMBERS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class WeightsRefusedError(ThingistatError):
    """A file of weights is missing, or not the one that was looked at."""


class _Tensor(NamedTuple):
    """Where a tensor's numbers lie."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Reader(pickle.Unpickler):
    """Rebuilds dictionaries of tensors, and nothing else."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.storages: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 (pickle's own signature)
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in _NUMBERS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not a part of weights")

    def persistent_load(self, pid: Any) -> str:  # noqa: ANN401 (pickle's own signature)
        kind, numbers, key, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"{kind} is not a part of weights")
        self.storages[key] = numbers
        return str(key)


def _tensor(
    storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


def read_weights(content: bytes, *, expected_sha256: str, name: str) -> Weights:
    """Return the tensors in a file of weights.

    Parameters
    ----------
    content : bytes
        The whole file.
    expected_sha256 : str
        Hexadecimal digest of the file that was looked at.
    name : str
        What it is, for the message.

    Returns
    -------
    Mapping of str to ndarray
        float32 and int64 arrays by name.

    Raises
    ------
    WeightsRefusedError
        If the file is another one.
    """
    found = sha256(content).hexdigest()
    if found != expected_sha256:
        raise WeightsRefusedError(
            f"The weights of {name} are not those that this version was made for (SHA-256 {found} "
            f"instead of {expected_sha256}). Nothing was read from them. Install the packages "
            "again with `make install`."
        )
    stream = io.BytesIO(content)
    if [_object(stream)[0] for _ in range(2)] != [_MAGIC, _PROTOCOL]:
        raise WeightsRefusedError(f"The weights of {name} are not in PyTorch's old format.")
    _object(stream)  # the machine that wrote it
    tensors, storages = _object(stream)
    keys, _ = _object(stream)
    numbers: dict[str, NDArray[Any]] = {}
    for key in keys:
        (count,) = struct.unpack("<q", stream.read(8))
        dtype = np.dtype(_NUMBERS[storages[key]])
        numbers[key] = np.frombuffer(stream.read(count * dtype.itemsize), dtype)
    return {
        tensor_name: _array(numbers[tensor.storage], tensor)
        for tensor_name, tensor in tensors.items()
    }


def _object(stream: io.BytesIO) -> tuple[Any, dict[str, str]]:
    reader = _Reader(stream)
    load: Callable[[], Any] = reader.load
    return load(), reader.storages


def _array(numbers: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    strides = [step * numbers.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides)
    return np.ascontiguousarray(view)
