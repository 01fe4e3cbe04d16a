"""Packed trees as a file: plain arrays that are read in no time and can hold no code.

scikit-learn's forests are rebuilt tree by tree, which takes seconds and several times the memory at
the size that serves well. Who only predicts and explains needs the packed form alone.
"""

import io
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thingistat_pipeline.popularity.explanation.ensemble import PackedEnsemble
from thingistat_pipeline.popularity.explanation.tree_kernels import NODE, Nodes, Trees
from thingistat_pipeline.stored_versions import ModelRefusedError

_NOT_OURS = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What NumPy reports of a file that is none, or not whole."""


def trees_as_bytes(ensemble: PackedEnsemble) -> bytes:
    """Return packed trees as the content of an .npz file, the same for the same trees."""
    buffer = io.BytesIO()
    nodes = ensemble.trees.nodes
    arrays: dict[str, Any] = {name: nodes[name] for name in NODE.names or ()}
    arrays |= {"roots": ensemble.trees.roots, "scale": ensemble.scale, "base": ensemble.base}
    arrays |= {"n_features": ensemble.n_features, "depth": ensemble.depth}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def trees_from_bytes(content: bytes) -> PackedEnsemble:
    """Return what `trees_as_bytes` was made from.

    Raises
    ------
    ModelRefusedError
        If it is something else: what walks the trees does not look where it steps.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            nodes = np.zeros(stored["left"].shape, dtype=NODE)
            for name in NODE.names or ():
                nodes[name] = stored[name]
            ensemble = PackedEnsemble(
                Trees(nodes, stored["roots"].astype(np.int64)),
                scale=float(stored["scale"]),
                base=float(stored["base"]),
                n_features=int(stored["n_features"]),
                depth=int(stored["depth"]),
            )
    except _NOT_OURS as problem:
        raise _refused(type(problem).__name__) from problem
    _require_sound(ensemble)
    return ensemble


def _require_sound(ensemble: PackedEnsemble) -> None:
    nodes, roots = ensemble.trees
    if nodes.ndim != 1 or roots.ndim != 1 or not len(roots):
        raise _refused("there is no tree in it")
    if roots.min() < 0 or roots.max() >= len(nodes):
        raise _refused("a root lies outside")
    inner = np.flatnonzero(nodes["left"] >= 0)
    for side in ("left", "right"):
        children = nodes[side][inner]
        # A child behind its parent: so every path comes to an end.
        if (children <= inner).any() or (children >= len(nodes)).any():
            raise _refused("a branch leads nowhere")
    if not 0 <= _steps(nodes, roots) <= ensemble.depth:
        raise _refused("a path is longer than it says")
    features = nodes["feature"][inner]
    if ((features < 0) | (features >= ensemble.n_features)).any():
        raise _refused("it asks for a feature that there is not")
    if not (
        np.isfinite(nodes["value"]).all() and np.isfinite([ensemble.scale, ensemble.base]).all()
    ):
        raise _refused("a value is not finite")


def _steps(nodes: Nodes, roots: NDArray[np.int64]) -> int:
    """Return how many splits the longest path passes."""
    # Each column by itself and close together: most of the time goes into fetching them.
    left, right = (np.ascontiguousarray(nodes[side]) for side in ("left", "right"))
    depth, level = 0, roots
    while True:
        inner = level[left[level] >= 0]
        if not len(inner):
            return depth
        level = np.concatenate([left[inner], right[inner]])
        depth += 1


def _refused(why: str) -> ModelRefusedError:
    return ModelRefusedError(
        f"The stored trees are not loaded: {why}. The file is damaged or of another version; fit "
        "the model again."
    )
