"""Whatever predicts downloads from the advisor's features."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.evaluation import Floats


class Predictor(Protocol):
    """What serves as the advisor's model."""

    def predict(self, X: NDArray[np.float32]) -> Floats:
        """Return the expected ln(1 + downloads) of each row."""
