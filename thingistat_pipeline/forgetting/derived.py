"""What follows from the raw data: dropped, and the database that users open written anew."""

from pathlib import Path

from thingistat_pipeline.forgetting.files import drop
from thingistat_pipeline.popularity.advisor.history import TOLD
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import drop_versions
from thingistat_pipeline.warehouse.load import load_warehouse
from thingistat_pipeline.warehouse.publish import publish


def drop_frames(features_dir: Path) -> int:
    """Remove all versions of all feature frames, and return how many."""
    links = [path for path in features_dir.glob("*/*.parquet") if path.is_symlink()]
    drop(links)
    return drop(features_dir.glob("*/*.parquet"))


def drop_models(models_dir: Path) -> int:
    """Remove all versions of all models, and return how many."""
    removed = 0
    for folder in sorted(path for path in models_dir.glob("*") if path.is_dir()):
        drop(folder.glob(".search"))
        removed += len(drop_versions(models_dir, folder.name, told=folder.name in TOLD))
    return removed


def drop_reports(reports_dir: Path) -> int:
    """Remove all reports, and return how many."""
    drop(path for path in reports_dir.glob("*") if path.is_symlink())
    return drop(path for path in reports_dir.glob("*") if not path.name.startswith("."))


def publish_anew(settings: Settings) -> int:
    """Load and publish what is left, remove all older versions, and return how many those were.

    The working file is made anew: in the old one deleted rows live on until their room is needed.
    Readers find the old published version until the new one is there. Tables of models are empty
    in it until these are fitted again.
    """
    working, published = settings.warehouse_file, settings.published_dir
    if not working.exists() and not published.exists():
        return 0
    drop(working.parent.glob("*"))
    load_warehouse(
        working,
        settings.nights_dir,
        settings.snapshots_dir,
        run_id="forgetting",
        quarantine_share_allowed=1,
    )
    before = set(published.glob("*"))
    newest = publish(working, published, settings.published_file, keep=1)
    drop(path for path in published.glob("*") if path != newest.path)
    return len(before - {newest.path})
