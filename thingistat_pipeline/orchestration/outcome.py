"""What the command says in its last lines: what was found, on what data, and where to look."""

import json
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from thingistat_pipeline.orchestration.metadata import world
from thingistat_pipeline.orchestration.snapshot_tables import span
from thingistat_pipeline.report.summary import report_summary
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.manifest import Counts, Manifest, read_manifest
from thingistat_pipeline.warehouse.contents import source_label
from thingistat_pipeline.warehouse.read import open_published

FIELDS_NAMED = 8


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


def snapshot_lines(settings: Settings, manifest: Manifest) -> list[str]:
    """Return what an import brought in, what it did not, and what can be done next."""
    counts = manifest.counts
    folder = settings.snapshots_dir / manifest.name
    ledger = f", reasons in {folder / 'rejects.jsonl'}" if counts.rejected else ""
    lines = [
        f"Snapshot {manifest.name}: {counts.ok:,} real things imported, "
        f"{counts.rejected:,} rows rejected{ledger}"
    ]
    others = [
        f"{number:,} {what}"
        for number, what in (
            (counts.gone, "gone"),
            (counts.private, "private"),
            (counts.moderated, "under moderation"),
        )
        if number
    ]
    if others:
        lines.append(f"  besides:   ids that were {', '.join(others)}")
    for name, said in (("observed", "observed:  "), ("added", "published: ")):
        if days := span(manifest, name):
            known_by = manifest.origin.get("observed_at") if name == "observed" else None
            lines.append(f"  {said}{' to '.join(days)}{f' ({known_by})' if known_by else ''}")
    for key, said in (("unmapped", "left out:  "), ("dropped_personal", "personal:  ")):
        if fields := manifest.origin.get(key):
            lines.append(f"  {said}{_some(fields)}, not carried over")
    command, data_dir = _command(), _data_dir(settings)
    return [
        *lines,
        f"  kept in:   {folder}",
        f"To go on   {command} sample --source thingiverse {data_dir}",
        "           samples ids that it does not cover, and observes a part of its things again",
    ]


def _some(fields: Sequence[str]) -> str:
    more = len(fields) - FIELDS_NAMED
    named = ", ".join(fields[:FIELDS_NAMED])
    return f"{named} and {more} more fields" if more > 0 else named


def data_line(settings: Settings) -> str:
    """Return one line on whose data the published database holds."""
    with open_published(settings.published_file) as con:
        source = source_label(con)
    return f"Data: {world(source)['data']}"


def outcome_lines(settings: Settings) -> list[str]:
    """Return the findings of the latest report and the places to look next."""
    latest = settings.reports_dir / "latest"
    metrics = json.loads((latest / "metrics.json").read_text())
    command, folder = _command(), _data_dir(settings)
    return [
        "",
        *report_summary(metrics),
        "",
        f"Report    {latest / 'report.html'}",
        f"Database  {settings.published_file}",
        f'Ask it    {command} query "SELECT count(*) FROM things" {folder}',
        f"Lineage   {command} ui {folder}",
    ]


def _command() -> str:
    return shlex.quote(sys.argv[0]) if Path(sys.argv[0]).name == "thingistat" else "thingistat"


def _data_dir(settings: Settings) -> str:
    return f"--data-dir {shlex.quote(str(settings.data_dir))}"
