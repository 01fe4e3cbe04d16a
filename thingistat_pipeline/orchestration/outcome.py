"""What the command says in its last lines: what was found, on what data, and where to look."""

import json
import shlex
import sys
from datetime import date
from pathlib import Path

from thingistat_pipeline.orchestration.metadata import world
from thingistat_pipeline.report.summary import report_summary
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import Counts, Manifest, read_manifest
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.read import open_published


def starting_line(settings: Settings, night: date) -> str:
    """Return a line that says what is about to be sampled, or that it was sampled before."""
    complete = read_manifest(settings.nights_dir / night.isoformat())
    if complete is not None:
        return (
            f"Night {night} is complete with {complete.counts.ok} live things; nothing "
            "is asked again. To add things, name another night with --night."
        )
    where = "the sandbox (synthetic)" if settings.source == "sandbox" else settings.api_url
    return (
        f"Sampling {settings.things_per_night} live things of {where} for the night {night} "
        f"into {settings.data_dir}"
    )


def night_line(settings: Settings, night: date) -> str:
    """Return one line on what a finished night holds."""
    manifest = read_manifest(settings.nights_dir / night.isoformat())
    counts = manifest.counts if manifest else Counts()
    return (
        f"Night {night}: {counts.attempted} ids tried, {counts.ok} live, "
        f"{counts.requests} requests; kept in {settings.nights_dir / night.isoformat()}"
    )


def snapshot_line(settings: Settings, manifest: Manifest) -> str:
    """Return one line on what an import brought in."""
    folder = settings.snapshots_dir / manifest.name
    rejected = manifest.counts.rejected
    ledger = f", reasons in {folder / 'rejects.jsonl'}" if rejected else ""
    return (
        f"Snapshot {manifest.name}: {manifest.counts.ok} real things imported, "
        f"{rejected} rows rejected{ledger}"
    )


def data_line(settings: Settings) -> str:
    """Return one line on whose data the published database holds."""
    with open_published(settings.published_file) as con:
        source = source_label(con)
    return f"Data: {world(source)['data']}"


def outcome_lines(settings: Settings) -> list[str]:
    """Return the findings of the latest report and the places to look next."""
    latest = settings.reports_dir / "latest"
    metrics = json.loads((latest / "metrics.json").read_text())
    command = shlex.quote(sys.argv[0]) if Path(sys.argv[0]).name == "thingistat" else "thingistat"
    folder = f"--data-dir {shlex.quote(str(settings.data_dir))}"
    return [
        "",
        *report_summary(metrics),
        "",
        f"Report    {latest / 'report.html'}",
        f"Database  {settings.published_file}",
        f'Ask it    {command} query "SELECT count(*) FROM things" {folder}',
        f"Lineage   {command} ui {folder}",
    ]
