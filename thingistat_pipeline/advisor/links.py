"""The links that a run of the pipeline turns when it publishes: of the database, of each model."""

from pathlib import Path

from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.recommender.model_names import RECOMMENDER
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import LATEST

CHOICE_MODELS = ("picture_choice", "looks", "photograph")
"""What ranks pictures; the first tells whether it can."""
MODELS = (ADVISOR, RECOMMENDER, *CHOICE_MODELS)
"""What is loaded, by the names of the folders; what judged them is found by way of them."""

Links = tuple[tuple[str, str, int], ...]
"""Every link that is watched, where it leads, and which folder or file stands there."""


def links_now(settings: Settings, database: Database | None) -> Links:
    """Return what is published now, as far as it matters beside a database.

    Parameters
    ----------
    settings : Settings
    database : Database or None
        Of the models whose results it holds, the versions that it names are looked at; of the
        others, the latest.
    """
    named = database.model_versions if database else {}
    watched = [
        settings.published_file,
        *(settings.models_dir / model / named.get(model, LATEST) for model in MODELS),
    ]
    return tuple(_link(path) for path in watched)


def _link(path: Path) -> tuple[str, str, int]:
    try:
        return str(path), path.resolve().name, path.stat().st_ino
    except (OSError, RuntimeError):  # it is not there, or leads to itself
        return str(path), "", 0
