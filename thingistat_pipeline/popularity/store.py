"""Fitted models on disk: written whole, read back only if they are what was written.

A stored model is a folder `models/<name>/<version>/` with `model.skops`, `metrics.json`,
`provenance.json`, which holds the SHA-256 of every model's file, and `split.parquet`: which things
it was fitted on. Where another kind of model beat the one that the folder is named for, that one
lies beside it in `winner.skops`. The trees of the one that serves may lie there once more as plain
arrays, `trees.npz`, which are read in no time. Where there was too little to fit a model on, the
metrics say so and there is none. The folder appears complete, by rename; `models/<name>/latest` is
a link turned afterwards.

There is no pickle. skops rebuilds a model from a description and from arrays, and only of types
that are trusted: its own list of scikit-learn and NumPy types and `TRUSTED_TYPES` below. The
SHA-256 tells damage and mix-ups. It is no signature: someone who can write to the folder can
write both files, so a data folder deserves the care that one's code gets.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import skops.io
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.pipeline import Pipeline

from thingistat_pipeline.files import sha256_of
from thingistat_pipeline.popularity.stored_files import (
    DIGESTS,
    MODEL_FILE,
    SPLIT_FILE,
    TREES_FILE,
    WINNER_FILE,
    content_of,
    description_of,
)
from thingistat_pipeline.stored_versions import (
    LATEST,
    METRICS_FILE,
    PROVENANCE_FILE,
    ModelRefusedError,
    held_already,
    json_text,
    make_latest,
    parquet_bytes,
    version_folder,
    write_folder,
)

TRUSTED_TYPES = (
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "numpy.nan_to_num",
)
"""What forests, boosting and the linear model need beyond the types that skops trusts by itself."""
_WINNERS = (HistGradientBoostingRegressor, Pipeline)


def save_model(
    models_dir: Path,
    name: str,
    model: RandomForestRegressor | None,
    *,
    metrics: Mapping[str, Any],
    provenance: Mapping[str, Any],
    version: str,
    split: pl.DataFrame | None = None,
    winner: BaseEstimator | None = None,
    trees: bytes | None = None,
) -> Path:
    """Store a fitted model with its metrics and provenance, and make it the latest.

    Saving a version that is stored already, with equal metrics, leaves it as it is, so that a
    step which died after saving can be run again.

    Parameters
    ----------
    models_dir : Path
        Folder of all models.
    name, version : str
        Plain names: letters, digits, dot, plus, hyphen and underscore.
    model : RandomForestRegressor or None
        Fitted; None where there was too little to fit it on, which the metrics tell.
    metrics, provenance : mapping
        What JSON can hold; the SHA-256 of each model's file is added to the provenance.
    split : polars.DataFrame, optional
        Which things the model was fitted on and which were held out (`splits.split_frame`).
    winner : HistGradientBoostingRegressor or Pipeline, optional
        Serves in the model's place.
    trees : bytes, optional
        The trees of the one that serves once more, as arrays (`explanation.packed_trees`), for
        those who serve it and have no time to rebuild its estimator.

    Returns
    -------
    Path
        The version's folder.

    Raises
    ------
    ThingistatError
        If a name is not plain, or another model is stored under this version.
    ModelRefusedError
        If the model holds types that `load_model` would refuse.
    """
    folder = version_folder(models_dir, name, version)
    metrics_text = json_text(metrics)
    if folder.exists():
        _require_same(folder, metrics_text)
    else:
        given = {MODEL_FILE: model, WINNER_FILE: winner}
        models = {file: _skops(one, name) for file, one in given.items() if one is not None}
        if trees is not None:
            models[TREES_FILE] = trees
        digests = {
            DIGESTS[file]: hashlib.sha256(content).hexdigest() for file, content in models.items()
        }
        contents = {
            **models,
            METRICS_FILE: metrics_text.encode(),
            PROVENANCE_FILE: json_text({**provenance, **digests}).encode(),
        }
        if split is not None:
            contents[SPLIT_FILE] = parquet_bytes(split)
        write_folder(folder, contents)
    make_latest(folder)
    return folder


def load_model(
    models_dir: Path, name: str, *, version: str = LATEST
) -> tuple[RandomForestRegressor, dict[str, Any], dict[str, Any]]:
    """Return a stored model, its metrics and its provenance, after checking what it is.

    Raises
    ------
    ModelRefusedError
        If a file is missing, the model's SHA-256 is not the one in its provenance, it is no skops
        file (a pickle, for instance), it names types that we do not trust, or there was too little
        to fit a model on.
    """
    folder = version_folder(models_dir, name, version)
    metrics, provenance = description_of(folder)
    if metrics.get("fitted") is False:
        raise ModelRefusedError(
            f"There is no model {name!r} to load ({version}): it was not fitted. "
            f"{metrics.get('reason')} Sample or import more things and run again."
        )
    model = _loaded(folder / MODEL_FILE, provenance)
    if not isinstance(model, RandomForestRegressor):
        raise ModelRefusedError(
            f"{folder / MODEL_FILE} holds a {type(model).__name__}, not a random forest."
        )
    return model, metrics, provenance


def load_winner(models_dir: Path, name: str, *, version: str = LATEST) -> BaseEstimator:
    """Return the model that serves in place of the one a folder is named for.

    Raises
    ------
    ModelRefusedError
        As `load_model`; also where the folder has no such model.
    """
    folder = version_folder(models_dir, name, version)
    winner = _loaded(folder / WINNER_FILE, description_of(folder)[1])
    if not isinstance(winner, _WINNERS):
        raise ModelRefusedError(
            f"{folder / WINNER_FILE} holds a {type(winner).__name__}, which is neither a boosting "
            "nor a linear model."
        )
    return winner


def _loaded(path: Path, provenance: Mapping[str, Any]) -> object:
    """Return what a file of the store holds, after checking that it is what was written."""
    content = content_of(path, provenance)
    # The very bytes that were checked are loaded, not the file, which could change in between.
    _require_trusted(content, where=str(path))
    return skops.io.loads(content, trusted=list(TRUSTED_TYPES))


def _skops(model: BaseEstimator, name: str) -> bytes:
    content: bytes = skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED, compresslevel=6)
    _require_trusted(content, where=f"the model {name!r} to be saved")
    return content


def _require_trusted(content: bytes, *, where: str) -> None:
    try:
        strangers = set(skops.io.get_untrusted_types(data=content)) - set(TRUSTED_TYPES)
    except Exception as problem:
        # skops reports a malformed file by whatever its parsing runs into.
        raise ModelRefusedError(
            f"{where} is not a skops file ({type(problem).__name__}) and is not loaded. Models "
            "in other formats, pickles among them, can run code when they are opened."
        ) from problem
    if strangers:
        raise ModelRefusedError(
            f"{where} names types that are not trusted: {', '.join(sorted(strangers))}. It is "
            "not loaded. If a new kind of model needs them, add them to TRUSTED_TYPES in "
            "popularity/store.py after reading what they do."
        )


def _require_same(folder: Path, metrics_text: str) -> None:
    """Accept a stored version only if it is whole and has the same metrics."""
    try:
        provenance = json.loads((folder / PROVENANCE_FILE).read_bytes())
        whole = all(
            sha256_of(folder / file) == provenance[digest]
            for file, digest in DIGESTS.items()
            if digest in provenance or (folder / file).exists()
        )
        same = (folder / METRICS_FILE).read_text(encoding="utf-8") == metrics_text
    except (OSError, ValueError, KeyError):
        whole = same = False
    if not (whole and same):
        raise held_already(folder)
