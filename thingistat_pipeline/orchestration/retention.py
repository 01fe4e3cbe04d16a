"""How many old versions stay: of reports and of models, so that a disk does not fill by itself."""

from pathlib import Path

from thingistat_pipeline.popularity.advisor.history import TOLD
from thingistat_pipeline.report.page import prune_reports
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import prune_versions


def prune(settings: Settings) -> list[Path]:
    """Remove the versions beyond those that the settings keep, and return their folders."""
    models = sorted(path for path in settings.models_dir.glob("*") if path.is_dir())
    removed = [
        folder
        for model in models
        for folder in prune_versions(
            settings.models_dir, model.name, keep=settings.models_kept, told=model.name in TOLD
        )
    ]
    return removed + prune_reports(settings.reports_dir, keep=settings.reports_kept)
