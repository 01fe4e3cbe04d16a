"""The stored models that candidate pictures meet, loaded from their arrays: nothing that runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.advisor.candidates import Candidate, CoverShape
from thingistat_pipeline.advisor.database import Database, served_version
from thingistat_pipeline.advisor.reasons import MAKE_ANEW, UNUSABLE, why_unusable
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.pictures import PHOTOGRAPH, PREFIX
from thingistat_pipeline.recommender.store import Stored, load_version
from thingistat_pipeline.report.looks_results import Looks
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.addresses import LONGER_SIDES
from thingistat_pipeline.visual.choice_figures import SEEN_PREFIX
from thingistat_pipeline.visual.compression import Compression
from thingistat_pipeline.visual.network import NETWORKS, Network
from thingistat_pipeline.visual.photograph import PhotographWeights
from thingistat_pipeline.visual.picture_choice import PictureChoice

Part = TypeVar("Part")
Floats = NDArray[np.float64]

LOOKS, CHOICE, PHOTOGRAPH_MODEL = "looks", "picture_choice", "photograph"
FURTHEST = 2.5
"""Standard deviations: what lies further out than nearly all covers is taken as if it lay there."""
_ONE_SHAPE = 0.01
"""Standard deviation of width by height, below which all covers have one shape."""


@dataclass(frozen=True, eq=False, slots=True)
class KnownCovers:
    """Covers of things, to find what a new picture looks like.

    Attributes
    ----------
    vectors : ndarray of float16, shape (things, dimensions)
        Mapped from a file.
    things : ndarray of int64, shape (things,)
    fingerprints : ndarray of uint64, shape (things,), or None
        None where they were stored without, by an older version.
    network : Network
        Which made the vectors.
    """

    vectors: NDArray[np.float16]
    things: NDArray[np.int64]
    fingerprints: NDArray[np.uint64] | None
    network: Network


@dataclass(frozen=True, eq=False, slots=True)
class PictureOrder:
    """What tells the better of two pictures, and how well it was found to do so.

    Attributes
    ----------
    choice : PictureChoice
    errors : ndarray of float64, shape (figures,)
        Standard errors of its weights.
    compression : Compression
        Of what the network sees.
    results : Looks
        How well it does on creators that it was not learned from.
    network : str or None
        Version of the network that it was learned with, where that was noted.
    version : str
    effort : str or None
    """

    choice: PictureChoice
    errors: Floats
    compression: Compression
    results: Looks
    network: str | None
    version: str
    effort: str | None

    @property
    def named(self) -> tuple[str, ...]:
        """The features of pictures among the figures; they come first."""
        return tuple(name for name in self.choice.names if not name.startswith(SEEN_PREFIX))

    def figures(self, found: Sequence[Candidate]) -> Floats:
        """Return what candidates are judged by, float64 (candidates, figures).

        Parameters
        ----------
        found : sequence of Candidate
            All with a vector, and with every measure in `named`.
        """
        measures = np.array([[each.measures[name] for name in self.named] for each in found])
        seen = self.compression.compressed(np.array([each.vector for each in found]))
        reach = FURTHEST * self.choice.spread
        centre = self.choice.centre
        figures: Floats = np.clip(np.hstack([measures, seen]), centre - reach, centre + reach)
        return figures


@dataclass(frozen=True, eq=False, slots=True)
class PictureModels:
    """All that is known of pictures; what is not there is None.

    `reason` says why pictures cannot be ranked, and what to do; there is then no `order`. `loading`
    says that they can be, soon.
    """

    known: KnownCovers | None
    photograph: PhotographWeights | None
    order: PictureOrder | None
    reason: str | None
    shape: CoverShape
    loading: bool = False


def picture_models(settings: Settings, database: Database) -> PictureModels:
    """Load the models that go with a database; none of them has to be there."""
    known, no_covers = _or_reason(settings, lambda: _known_covers(settings, database))
    photograph, no_kinds = _or_reason(settings, lambda: _photograph(settings, database))
    order, no_order = _or_reason(settings, lambda: _order(settings, database))
    shape = CoverShape(_cover_pixels(settings), None if order is None else _aspect(order))
    reason = no_order or no_covers
    if order is not None and known is not None:
        if order.network not in (None, known.network.version):
            reason = (
                "The known covers and the model that ranks pictures were looked at by two "
                "different networks. Run `make run` to have both from one."
            )
        elif photograph is None and PHOTOGRAPH in order.named:
            reason = no_kinds
    return PictureModels(known, photograph, None if reason else order, reason, shape)


def _or_reason(settings: Settings, load: Callable[[], Part]) -> tuple[Part | None, str | None]:
    """Return what was loaded, or why it was not."""
    try:
        return load(), None
    except UNUSABLE as problem:
        return None, why_unusable(problem, "A stored model of pictures", settings)


def _stored(settings: Settings, database: Database, model: str) -> Stored:
    version = served_version(settings, database, model)
    return load_version(settings.models_dir, model, version=version)


def _known_covers(settings: Settings, database: Database) -> KnownCovers:
    stored = _stored(settings, database, LOOKS)
    if stored.metrics.get("reason"):
        raise ThingistatError(str(stored.metrics["reason"]))
    networks = {network.version: network for network in NETWORKS.values()}
    named = str(stored.metrics["network"])
    if named not in networks:
        raise ThingistatError(
            f"The known covers were looked at by the network {named}, which this version does not "
            f"know. {MAKE_ANEW}"
        )
    arrays = stored.arrays
    return KnownCovers(
        arrays["vectors"], arrays["things"], arrays.get("fingerprints"), networks[named]
    )


def _photograph(settings: Settings, database: Database) -> PhotographWeights:
    stored = _stored(settings, database, PHOTOGRAPH_MODEL)
    if not stored.metrics["fitted"]:
        raise ThingistatError(str(stored.metrics["reason"]))
    return PhotographWeights.from_arrays(stored.arrays, stored.metrics.get("predictors", ()))


def _order(settings: Settings, database: Database) -> PictureOrder:
    stored = _stored(settings, database, CHOICE)
    if not stored.metrics["judged"]:
        raise ThingistatError(str(stored.metrics["reason"]))
    arrays = stored.arrays
    centre, spread, weights, errors = (
        np.array(arrays[part]) for part in ("centre", "spread", "weights", "errors")
    )
    return PictureOrder(
        choice=PictureChoice(centre, spread, weights, tuple(stored.metrics["names"])),
        errors=errors,
        compression=Compression(arrays["seen_centre"], arrays["seen_directions"]),
        results=Looks(choice=stored.metrics),
        network=stored.provenance.get("parameters", {}).get("network"),
        version=stored.version,
        effort=stored.provenance.get("effort"),
    )


def _aspect(order: PictureOrder) -> float | None:
    """Return the width by height that all covers have; None where they differ."""
    place = order.choice.names.index(f"{PREFIX}aspect")
    if order.choice.spread[place] > _ONE_SHAPE:
        return None
    return float(order.choice.centre[place])


def _cover_pixels(settings: Settings) -> int:
    """Return the longer side of the covers that were obtained."""
    return min(side for side in LONGER_SIDES.values() if side >= settings.thumbnail_pixels)
