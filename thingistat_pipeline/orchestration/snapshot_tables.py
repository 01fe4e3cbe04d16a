"""What a snapshot's manifest tells, as small tables for the UI and spans for the terminal.

A manifest of three thousand files is 300 KB of JSON. Here it becomes what somebody looks at: what
came in, from which files, what was refused and why, and what is not carried over.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from thingistat_pipeline.thingiverse.manifest import Manifest

FILES_SHOWN = 20


def overview(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return one row a snapshot: what it is, what came in, of which days, and its identity."""
    rows = []
    for manifest in manifests:
        counts = manifest.counts
        rows.append(
            {
                "snapshot": manifest.name,
                "kind": str(manifest.origin.get("kind", "")),
                "things": counts.ok,
                "gone": counts.gone,
                "private": counts.private,
                "moderated": counts.moderated,
                "rejected": counts.rejected,
                "observed": " to ".join(span(manifest, "observed")),
                "known by": str(manifest.origin.get("observed_at", "")),
                "published": " to ".join(span(manifest, "added")),
                "files": len(_files(manifest)),
                "content hash": manifest.content_hash[:12],
            }
        )
    return pl.DataFrame(rows)


def span(manifest: Manifest, name: str) -> tuple[str, ...]:
    """Return the first and the last day of a span, or the one day that it is.

    Parameters
    ----------
    manifest : Manifest
    name : {"observed", "added"}

    Returns
    -------
    tuple of str
        Days, ``YYYY-MM-DD``; empty when the manifest does not say.
    """
    told = manifest.origin.get(name) or []
    ends = told.values() if isinstance(told, dict) else told  # a list in older manifests
    return tuple(sorted({str(end)[:10] for end in ends if end}))


def files(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return the files and their SHA-256, of each snapshot the first `FILES_SHOWN`."""
    rows = [
        {"snapshot": manifest.name, "file": name, "sha256": digest}
        for manifest in manifests
        for name, digest in _files(manifest)[:FILES_SHOWN]
    ]
    return pl.DataFrame(rows)


def file_digests(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return for each snapshot how many files it has, and one SHA-256 over all of them.

    It is that of the lines which ``sha256sum`` prints for the files, sorted.
    """
    rows = []
    for manifest in manifests:
        found = _files(manifest)
        lines = sorted(f"{digest}  {name}\n" for name, digest in found)
        rows.append(
            {
                "snapshot": manifest.name,
                "files": len(found),
                "shown": min(len(found), FILES_SHOWN),
                "sha256 of all": hashlib.sha256("".join(lines).encode()).hexdigest(),
            }
        )
    return pl.DataFrame(rows)


def rejects(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return why rows were refused and how often, the most frequent reasons first."""
    return _times(manifests, "rejects", "reason")


def notes(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return what else was met in the data, and how often."""
    return _times(manifests, "notes", "note")


def left_behind(manifests: Sequence[Manifest]) -> pl.DataFrame:
    """Return the fields that no record carries, and why."""
    rows = [
        {"snapshot": manifest.name, "field": field, "why": why}
        for manifest in manifests
        for key, why in (
            ("unmapped", "has no place in a record"),
            ("dropped_personal", "personal"),
        )
        for field in manifest.origin.get(key) or []
    ]
    return pl.DataFrame(rows)


def _times(manifests: Sequence[Manifest], key: str, what: str) -> pl.DataFrame:
    rows = [
        {"snapshot": manifest.name, what: each, "times": times}
        for manifest in manifests
        for each, times in (manifest.origin.get(key) or {}).items()
    ]
    return pl.DataFrame(sorted(rows, key=lambda row: (-row["times"], row[what])))


def _files(manifest: Manifest) -> list[tuple[str, str]]:
    return [(file["name"], file["sha256"]) for file in manifest.origin.get("files") or []]
