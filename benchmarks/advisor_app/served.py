"""A data folder as a run leaves it, with the things of a night and models of the size they need.

The things, their features, the forest and what is told of drafts by words are made as the pipeline
makes them. What only has to have the right size is simulated: vectors of pictures and of tastes,
and which things are alike. The folder is made once for each size and seed, and kept in the scratch
folder.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.advisor_app.covers import Covers, given_covers
from benchmarks.advisor_app.tables import alike_tables
from benchmarks.looks.simulated import write_vectors
from thingistat_pipeline.features.frame import popularity_frame
from thingistat_pipeline.features.pictures import with_looks
from thingistat_pipeline.features.storage import write_frame
from thingistat_pipeline.popularity.advisor.fit import fit_advisor
from thingistat_pipeline.popularity.advisor.model import Advisor, AdvisorForest, NotFitted
from thingistat_pipeline.popularity.advisor.panel_rates import panel_rates
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, advisor_rows
from thingistat_pipeline.popularity.advisor.search import BUDGETS, DEPTHS, AdvisorParameters
from thingistat_pipeline.popularity.explanation.explain import advised, explained, importances
from thingistat_pipeline.popularity.explanation.packing import trees_of
from thingistat_pipeline.popularity.splits import creator_roles
from thingistat_pipeline.popularity.store import save_model
from thingistat_pipeline.recommender.answers.space import Space, content_space
from thingistat_pipeline.recommender.answers.words import title_words
from thingistat_pipeline.recommender.likes.side_information import thing_features
from thingistat_pipeline.recommender.model_names import EVALUATION, RECOMMENDER
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.choice_figures import pictured_things
from thingistat_pipeline.visual.choice_fit import fit_choice, standard_errors
from thingistat_pipeline.visual.choice_trial import choice_trial
from thingistat_pipeline.visual.compression import fit_compression
from thingistat_pipeline.visual.network import NETWORKS
from thingistat_pipeline.visual.photograph_fit import photograph_model
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline.warehouse.results import write_results

FEATURES, CHOICE, KINDS, SEEN = "popularity_features", "picture_choice", "photograph", "looks"
_RECIPE = 1
"""Raised when this module makes other folders than before, or the app wants others."""
_VERSION = "benchmark"
_SAMPLED = 3_000
"""Things that everything is measured on that does not decide how large a model is."""
_JUDGED_BY_PICTURES = 2_000
_COMPONENTS = 64
_WARM = 0.17
"""Share of things with enough likes: 25,655 of the seed's 154,393."""


def settings_of(folder: Path, *, seed: int) -> Settings:
    """Return settings that know this folder and nothing of the environment's."""
    return Settings(_env_file=None, data_dir=folder, seed=seed, effort="full")


def served_folder(nights: Path, *, seed: int) -> Path:
    """Return the data folder of a night's things, made if it is not there yet."""
    folder = nights.with_name(f"{nights.name}-served-{_RECIPE}")
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        _make(settings_of(unfinished, seed=seed), nights)
        unfinished.rename(folder)
    return folder


def _make(settings: Settings, nights: Path) -> None:
    load_warehouse(settings.warehouse_file, nights, settings.snapshots_dir, run_id=_VERSION)
    _publish(settings)
    with open_published(settings.published_file) as con:
        things, panel = popularity_frame(con), panel_rates(con)
        told = pl.concat(
            [
                each.select("thing_id", "kind", "feature")
                for each in (thing_features(con), title_words(con))
            ]
        )
        bearing = con.sql("SELECT tag, count(*) AS things FROM thing_tags GROUP BY tag").pl()
    random = np.random.default_rng(settings.seed)
    covers = given_covers(settings.thumbnails_dir, things, random, seed=settings.seed)
    kinds = _store_pictures(settings, things, covers)
    frame = with_looks(things, covers.looks_with(kinds))
    write_frame(
        settings.features_dir, FEATURES, frame, provenance={"source": "sandbox", "version": "1"}
    )
    tables = _store_advisor(settings, frame, panel, random)
    _store_space(settings, content_space(told), random)
    ids = things["id"].to_numpy()
    tables |= alike_tables(
        ids, bearing, random, {"recommender": RECOMMENDER, "looks": SEEN}, _VERSION
    )
    write_results(settings.warehouse_file, tables, models=[ADVISOR, RECOMMENDER, SEEN])
    _publish(settings)


def _publish(settings: Settings) -> None:
    publish(settings.warehouse_file, settings.published_dir, settings.published_file)


def _made(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"version": _VERSION, "source": "sandbox", "effort": "full", "inputs": {}} | more


def _save(settings: Settings, name: str, metrics: dict[str, Any], **more: Any) -> None:  # noqa: ANN401
    arrays, made = more.pop("arrays", {}), _made(**more)
    save_version(
        settings.models_dir,
        name,
        arrays=arrays,
        metrics=metrics,
        provenance=made,
        version=_VERSION,
    )


def _store_advisor(
    settings: Settings, frame: pl.DataFrame, panel: pl.DataFrame, random: np.random.Generator
) -> dict[str, pl.DataFrame]:
    """Store a forest as large as a full search makes any, judged and explained on a sample."""
    seed = settings.seed
    sample = frame.filter(pl.Series(random.permutation(frame.height) < _SAMPLED))
    rows = advisor_rows(frame)
    fitted = fit_advisor(sample, panel, seed=seed, effort="quick", features=rows.features)
    if isinstance(fitted, NotFitted):
        raise SystemExit(f"Name more things: {fitted.reason}")
    roles = creator_roles(rows.creators, seed=seed)
    parameters = largest_parameters(len(roles.train))
    forest = parameters.grown(rows.X[roles.train], rows.y[roles.train], seed=seed, threads=2)
    metrics = fitted.metrics | {
        "winner": ADVISOR,
        "winner_scale": None,
        "effort": "full",
        "best_params": parameters.as_dict(),
        "n_train": len(roles.train),
    }
    whole = AdvisorForest(forest, forest, metrics, rows, roles, fitted.predicted)
    save_model(
        settings.models_dir,
        ADVISOR,
        forest,
        metrics=metrics,
        provenance=_made(),
        version=_VERSION,
        split=whole.split_frame(),
        trees=trees_of(forest),
    )
    serving = Advisor(ADVISOR, fitted.forest, rows.features, fitted.metrics, fitted.forest)
    model = explained(serving, sample, fitted.split_frame())
    measured = importances(model, seed=seed, effort="quick")
    found = advised(model, sample, measured, seed=seed, effort="quick")
    named = (pl.lit(ADVISOR).alias("model"), pl.lit(_VERSION).alias("version"))
    return {
        "advice": found.advice.table.select(*named, pl.all()),
        "advice_remarks": found.remarks().select(*named, pl.all()),
    }


def largest_parameters(rows: int) -> AdvisorParameters:
    """Return a forest's parameters as a full search leaves them at most, for so many rows.

    It has as many trees, and as deep ones, as the search considers; the others are what it tries
    first.
    """
    budget = BUDGETS["full"]
    searched = round(budget.rows * (1 - 1 / budget.folds))
    largest = AdvisorParameters(
        max_depth=max(DEPTHS),
        n_estimators=max(budget.trees),
        max_features=0.33,
        max_samples=0.6,
        min_samples_leaf=3,
    )
    return largest.carried_over(min(searched, rows), rows)


def _store_space(settings: Settings, bare: Space, random: np.random.Generator) -> None:
    """Store what is told of drafts: words as they are, tastes simulated."""
    things, features = len(bare.things), min(len(bare.tags.names), 20_000)
    space = replace(
        bare,
        warm=random.random(things) < _WARM,
        vectors=random.standard_normal((things, _COMPONENTS), dtype=np.float32),
        feature_names=tuple(f"tag:{name}" for name in bare.tags.names[:features]),
        feature_vectors=random.standard_normal((features, _COMPONENTS), dtype=np.float32),
        feature_biases=np.zeros(features, np.float32),
        feature_uses=bare.tags.things[:features],
        scale=1.0,
    )
    metrics = {
        "fitted": True,
        "reason": None,
        "winner": "ranker_with_side",
        "tags_by": "both_votes",
        "things": things,
        "warm": int(space.warm.sum()),
        "space": space.meta(),
    }
    _save(
        settings,
        RECOMMENDER,
        metrics,
        arrays=space.as_arrays(),
        inputs={EVALUATION: _VERSION},
    )
    judged = {"method": "both_votes", "recall_at_10": 0.3, "low": 0.28, "high": 0.32}
    _save(settings, EVALUATION, {"fitted": True, "tags": {"drafts": {"methods": [judged]}}})


def _store_pictures(settings: Settings, things: pl.DataFrame, covers: Covers) -> Any:  # noqa: ANN401
    """Store what is known of pictures, and return the model that tells photographs."""
    seed, network = settings.seed, NETWORKS[settings.network].version
    path = settings.data_dir / "vectors.npy"
    write_vectors(path, things.height, seed=seed)
    vectors = np.load(path, mmap_mode="r")
    ids = things["id"].to_numpy()
    _save(
        settings,
        SEEN,
        {"network": network, "things": len(ids), "reason": ""},
        arrays={"vectors": vectors, "things": ids, "fingerprints": covers.fingerprints},
    )
    few = things.head(_SAMPLED)
    photograph = photograph_model(covers.looks.head(_SAMPLED), few, seed=seed)
    arrays = {} if photograph.model is None else photograph.model.as_arrays()
    _save(settings, KINDS, dict(photograph.figures), arrays=arrays)
    looks = covers.looks_with(photograph.model).head(_JUDGED_BY_PICTURES)
    compression = fit_compression(vectors, seed=seed)
    pictured = pictured_things(looks, np.array(vectors[: looks.height]), compression, few)
    metrics = choice_trial(pictured, seed=seed, effort="quick")
    how = {"seed": seed, "strength": metrics["strength"]}
    choice = fit_choice(pictured, **how)
    _save(
        settings,
        CHOICE,
        metrics | {"names": list(choice.names), "weights": choice.weights.tolist()},
        arrays={
            "centre": choice.centre,
            "spread": choice.spread,
            "weights": choice.weights,
            "errors": standard_errors(choice, pictured, **how),
            "seen_centre": compression.centre,
            "seen_directions": compression.directions,
        },
        parameters={"network": network},
    )
    path.unlink()
    return photograph.model
