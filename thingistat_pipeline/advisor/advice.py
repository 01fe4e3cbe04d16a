"""The advisor of drafts: what is predicted, what pushes it, what could be changed.

A published version's model and figures as one value that answers drafts, in threads at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from math import expm1, log1p
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from thingistat_pipeline.advisor.answered import (
    Advice,
    CreatorFound,
    ExistingDraft,
    ModelState,
    Options,
)
from thingistat_pipeline.advisor.asked import DraftPost
from thingistat_pipeline.advisor.changes import Changes
from thingistat_pipeline.advisor.database import Database, served_version
from thingistat_pipeline.advisor.draft_features import Base, DraftFeatures, DraftRefusedError
from thingistat_pipeline.advisor.draft_texts import PageGrowth
from thingistat_pipeline.advisor.drafts import read_draft
from thingistat_pipeline.advisor.existing import Existing, creators_found, existing_draft
from thingistat_pipeline.advisor.forecasts import DAYS, Forecaster
from thingistat_pipeline.advisor.options import options_of, with_files
from thingistat_pipeline.advisor.population import Population, Row, read_population
from thingistat_pipeline.advisor.pushes import pushes
from thingistat_pipeline.advisor.reasons import UNUSABLE, why_unusable
from thingistat_pipeline.advisor.served import Served, load_served
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.frame import MOST_CATEGORIES, TopCategory
from thingistat_pipeline.features.storage import LATEST as LATEST_FRAME
from thingistat_pipeline.popularity.advisor.intervals import PredictionIntervals
from thingistat_pipeline.popularity.advisor.rows import ADVISOR, LOG_AGE
from thingistat_pipeline.popularity.stored_files import SPLIT_FILE
from thingistat_pipeline.report.wording import plain
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_description, read_metrics, version_folder

PUSHES_AT = 90
"""Age, in days, at which what pushes a draft is told."""
_FRAME = "popularity_features"
_BASES_KEPT = 128
_LEAST_DOWNLOADS = 0.01
"""Less is predicted only where the trees know of nothing, and is no number to divide by."""


@dataclass(frozen=True, eq=False, slots=True)
class _Ready:
    """Everything that a fitted model's answers need."""

    model: Served
    features: DraftFeatures
    forecaster: Forecaster
    changes: Changes
    known: Population
    base: Callable[[int], Existing | None]


@dataclass(frozen=True, eq=False, slots=True)
class Adviser:
    """Answers drafts from one published version."""

    database: Database
    model_state: ModelState
    choices: Options
    ready: _Ready | None

    @classmethod
    def load(cls, settings: Settings, database: Database) -> "Adviser":
        """Return the adviser of what is published; without a model it says so in every answer.

        Parameters
        ----------
        settings : Settings
        database : Database
            The published version to advise from.
        """
        categories = database.top_categories(MOST_CATEGORIES)
        licences = database.frame("draft_licences")
        options = options_of(categories, licences)
        version = None
        try:
            version = served_version(settings, database, ADVISOR)
            metrics = read_metrics(settings.models_dir, ADVISOR, version=version)
            if metrics.get("fitted") is False:
                return cls(database, _not_fitted(metrics, version), options, None)
            ready = _ready(settings, database, version, categories, licences)
        except UNUSABLE as problem:
            why = why_unusable(problem, "The stored model of downloads", settings)
            return cls(database, _missing(why, version), options, None)
        return cls(database, _state(metrics, version), with_files(options, ready.known), ready)

    def warm_up(self) -> None:
        """Ask the model once: what walks trees is compiled then, which takes seconds."""
        if self.ready is not None:
            row = self.ready.known.typical(None)
            self.ready.model.predict(row[None])
            self.ready.model.contributions(row, row)

    def state(self) -> ModelState:
        """Return what serves, or why nothing does."""
        return self.model_state

    def options(self) -> Options:
        """Return what the fields of a draft can be."""
        return self.choices

    def advice(self, draft: DraftPost) -> Advice:
        """Return all that is known for a draft.

        Raises
        ------
        DraftRefusedError
            If it names something that there is not.
        """
        if self.ready is None:
            return Advice(
                available=False,
                reason=self.model_state.reason,
                model=self.model_state,
                synthetic=self.database.synthetic,
            )
        ready = self.ready
        read = read_draft(ready.features, draft, _base_of(draft, ready))
        rows = np.stack(
            [_at_age(ready.known, read.row, days) for days in DAYS]
            + [_at_age(ready.known, read.typical, PUSHES_AT)]
        )
        predicted = ready.model.predict(rows).tolist()
        own, usual = expm1(predicted[DAYS.index(PUSHES_AT)]), expm1(predicted[-1])
        ratio = max(own, _LEAST_DOWNLOADS) / max(usual, _LEAST_DOWNLOADS)
        credit = ready.model.contributions(rows[DAYS.index(PUSHES_AT)], rows[-1])
        listed, others = pushes(credit, ready.known.features, read.row, read.typical, ratio)
        return Advice(
            available=True,
            forecasts=ready.forecaster.forecasts(predicted[:-1], read.category),
            pushes=listed,
            others=others,
            typical=_typical_words(read.category, ready.known),
            typical_downloads=max(usual, 0.0),
            pushes_at_days=PUSHES_AT,
            changes=ready.changes.of(read),
            outside=ready.changes.outside(read),
            assumed=read.assumed,
            model=self.model_state,
            fitted_on=int(ready.known.fitted.sum()),
            synthetic=self.database.synthetic,
        )

    def existing(self, thing_id: int) -> ExistingDraft | None:
        """Return a known thing as a draft to play with, or None if it is not known."""
        known = self.ready.known if self.ready else None
        found = existing_draft(self.database, known, thing_id)
        return found.answer() if found else None

    def creators(self, text: str) -> list[CreatorFound]:
        """Return known creators whose name holds a text, with what their next post would know."""
        return creators_found(self.database, text)


def _ready(
    settings: Settings,
    database: Database,
    version: str,
    categories: Sequence[TopCategory],
    licences: pl.DataFrame,
) -> _Ready:
    folder = version_folder(settings.models_dir, ADVISOR, version)
    metrics, provenance = read_description(folder)
    model = load_served(settings.models_dir, version, metrics)
    split = pl.read_parquet(folder / SPLIT_FILE)
    known = read_population(
        _frame_of(settings.features_dir, provenance),
        metrics["features"],
        database.frame("draft_members"),
        split.filter(pl.col("split") == "train")["id"].to_numpy(),
    )
    named = {"model": ADVISOR, "version": version}
    intervals = PredictionIntervals.from_dict(metrics["intervals"]["table"])
    return _Ready(
        model=model,
        features=DraftFeatures(
            known=known,
            columns={top.name: top.column for top in categories if top.column in known.places},
            licences=_licences(known, licences),
            tags=dict(database.frame("draft_tags").iter_rows()),
            page=PageGrowth.among(known),
        ),
        forecaster=Forecaster(known, intervals, metrics),
        changes=Changes(
            known,
            database.rows("advice_table", **named),
            database.rows("advice_not_examined", **named),
        ),
        known=known,
        # The thing that a form starts from is asked for again with every change of the form.
        base=lru_cache(maxsize=_BASES_KEPT)(partial(existing_draft, database, known)),
    )


def _base_of(draft: DraftPost, ready: _Ready) -> Base | None:
    if draft.based_on is None:
        return None
    found = ready.base(draft.based_on)
    if found is None:
        raise DraftRefusedError(
            f"Thing {draft.based_on} is not in the published data, so that no draft can be based "
            "on it. Leave `based_on` out, or name another thing."
        )
    return found.as_base()


def _frame_of(features_dir: Path, provenance: Mapping[str, Any]) -> Path:
    """Return the file of the features that a model was fitted on; the newest, if it is gone."""
    version = str((provenance.get("inputs") or {}).get(_FRAME))
    path = features_dir / _FRAME / f"{version}.parquet"
    if not path.exists():
        path = features_dir / _FRAME / LATEST_FRAME
    if not path.exists():
        raise ThingistatError(
            f"There are no features in {features_dir / _FRAME}, which tell what is usual. Run "
            "`make run` to have them."
        )
    # The link may be turned while rows are still read.
    return path.resolve()


def _at_age(known: Population, row: Row, days: int) -> Row:
    aged = row.copy()
    aged[known.places[LOG_AGE]] = log1p(days)
    return aged


def _licences(known: Population, licences: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return what each licence says: what most things under it have."""
    names = [n for n in known.features if n.startswith("license_") or n == "allows_derivatives"]
    columns = known.columns(names).astype(np.float64)
    places = pl.DataFrame({"thing_id": known.ids, "place": np.arange(len(known.ids))})
    said = {}
    for (licence,), group in licences.join(places, on="thing_id").group_by("licence"):
        X = columns[group["place"].to_numpy()]
        ordered, count = np.sort(X, axis=0), (~np.isnan(X)).sum(axis=0)
        middle = ordered[np.maximum(count - 1, 0) // 2, np.arange(len(names))]
        said[str(licence)] = dict(zip(names, middle.tolist(), strict=True))
    return said


def _not_fitted(metrics: Mapping[str, Any], version: str) -> ModelState:
    return _missing(
        f"{metrics.get('reason') or 'No model was fitted.'} Sample or import more things and run "
        "`make run` again.",
        version,
    )


def _missing(why: str, version: str | None) -> ModelState:
    return ModelState(name=ADVISOR, available=False, version=version, reason=plain(why, 600))


def _state(metrics: Mapping[str, Any], version: str) -> ModelState:
    scores = {
        entry["model"]: entry["scores"]["r2_log"]
        for entry in metrics["models"]
        if entry["split"] == "creator"
    }
    found = scores.get(metrics["winner"]) or {}
    skill = None
    if found.get("value") is not None:
        skill = f"It explains {100 * found['value']:.0f} % of how the logarithm of downloads varies"
        if found.get("low") is not None:
            skill += f" (95 % interval {100 * found['low']:.0f} to {100 * found['high']:.0f} %)"
        skill += f" among {metrics['n_test_creators']:,} creators that it has never seen."
    return ModelState(
        name=str(metrics["winner"]),
        available=True,
        version=version,
        skill=skill,
        effort=metrics.get("effort"),
    )


def _typical_words(category: str | None, known: Population) -> str:
    if category is None:
        return f"the typical post among all {len(known.ids):,} things"
    things = len(known.members[category])
    return f"the typical post among {things:,} things in {plain(category, 40)}"
