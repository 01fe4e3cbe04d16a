"""Nights without what is forgotten: journal, plan, parts, and last the manifest."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from thingistat_pipeline.files import write_whole
from thingistat_pipeline.forgetting.files import (
    Keep,
    rewrite_compressed_lines,
    rewrite_lines,
)
from thingistat_pipeline.forgetting.loads import drop_empty_parts, rewrite_parts
from thingistat_pipeline.sampling.close import EARLIER_MANIFEST
from thingistat_pipeline.sampling.journal import (
    CLOSED_JOURNAL,
    JOURNAL,
    Answered,
    Tried,
    journal_lines,
)
from thingistat_pipeline.sampling.plan import KnownSnapshot, covered, read_plan, write_plan
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.manifest import (
    Counts,
    Manifest,
    content_hash,
    read_manifest,
    write_manifest,
)

OUTCOMES = tuple(
    name
    for name in Counts.__struct_fields__
    if name not in {"attempted", "incomplete", "requests", "rejected", "not_understood"}
)


def night_folders(nights_dir: Path) -> Iterator[Path]:
    """Yield the folders of all nights, finished or not."""
    yield from sorted(path for path in nights_dir.glob("*") if path.is_dir())


def rewrite_night(
    folder: Path, forgotten: Forgotten, snapshots: Mapping[str, KnownSnapshot]
) -> int:
    """Take what is forgotten out of one night.

    Parameters
    ----------
    folder : Path
        Nobody else may write into it meanwhile.
    forgotten : Forgotten
    snapshots : Mapping of str to KnownSnapshot
        What is known now of snapshots, by the fingerprint that they had before: plans name them by
        it.

    Returns
    -------
    int
        Journal lines and records that went or lost something.
    """
    changes = 0
    if (folder / JOURNAL).exists():
        changes += rewrite_lines(folder / JOURNAL, _keeper(forgotten))
    if (folder / CLOSED_JOURNAL).exists():
        changes += rewrite_compressed_lines(folder / CLOSED_JOURNAL, _keeper(forgotten))
    _rewrite_plan(folder, forgotten, snapshots)
    _rewrite_earlier_manifest(folder, forgotten)
    manifest = read_manifest(folder)
    now = rewrite_parts(folder, forgotten)
    if manifest is not None:
        counts = replace(
            manifest.counts,
            **dict.fromkeys(OUTCOMES, 0) | now.outcomes,
            attempted=now.outcomes.total(),
            incomplete=now.incomplete,
            not_understood=now.not_understood,
        )
        renewed = _by_journal(
            replace(_without(manifest, forgotten), parts=now.parts, counts=counts), folder
        )
        renewed = replace(renewed, content_hash=content_hash(renewed.parts, renewed.counts))
        if renewed != manifest:
            write_manifest(folder, renewed)
        drop_empty_parts(folder, renewed.parts)
    return changes + now.changes


def _keeper(forgotten: Forgotten) -> Keep:
    decoder: msgspec.json.Decoder[Answered | Tried] = msgspec.json.Decoder(Answered | Tried)

    def keep(raw: bytes) -> bytes | None:
        try:
            line = decoder.decode(raw)
        except NO_JSON:
            return raw if raw else None  # a torn tail; whoever goes on with the night cuts it off
        if forgotten.thing(line.thing_id):
            return None
        if isinstance(line, Tried):
            return raw
        kept = _answer_without(line, forgotten)
        return raw if kept is line else msgspec.json.encode(kept)

    return keep


def _answer_without(line: Answered, forgotten: Forgotten) -> Answered:
    if any(map(forgotten.liker, line.likers or ())):
        likers = [each for each in line.likers or () if not forgotten.liker(each)]
        return replace(line, likers=likers)
    if line.resource == "thing" and b'"ancestors"' in bytes(line.tree):
        tree = msgspec.json.decode(line.tree)
        kept = forgotten.answer(tree)
        if kept is not tree:
            return replace(line, tree=msgspec.Raw(msgspec.json.encode(kept)))
    return line


def _rewrite_plan(
    folder: Path, forgotten: Forgotten, snapshots: Mapping[str, KnownSnapshot]
) -> None:
    plan = read_plan(folder)
    if plan is None:
        return
    renewed = replace(
        plan,
        panel=[each for each in plan.panel if not forgotten.thing(each)],
        retries=[each for each in plan.retries if not forgotten.thing(each.thing_id)],
        known=[
            replace(now, name=each.name) if (now := snapshots.get(each.fingerprint)) else each
            for each in plan.known
        ],
    )
    if renewed != plan:
        write_plan(folder, renewed)


def _rewrite_earlier_manifest(folder: Path, forgotten: Forgotten) -> None:
    path = folder / EARLIER_MANIFEST
    if path.exists():
        earlier = msgspec.json.decode(path.read_bytes(), type=Manifest)
        renewed = _without(earlier, forgotten)
        if renewed != earlier:
            write_whole(path, msgspec.json.encode(renewed))


def _without(manifest: Manifest, forgotten: Forgotten) -> Manifest:
    return replace(
        manifest,
        retries=[each for each in manifest.retries if not forgotten.thing(each.thing_id)],
        panel=[each for each in manifest.panel if not forgotten.thing(each)],
        panel_gone=[each for each in manifest.panel_gone if not forgotten.thing(each)],
    )


def _by_journal(manifest: Manifest, folder: Path) -> Manifest:
    """Return a manifest with what `close_night` reads from the journal: requests and frame."""
    plan = read_plan(folder)
    tries = [line for line in journal_lines(folder) if isinstance(line, Tried)]
    if plan is None or not (folder / CLOSED_JOURNAL).exists():
        return manifest
    last = {line.thing_id: line for line in tries}
    return replace(
        manifest,
        counts=replace(manifest.counts, requests=1 + sum(line.requests for line in tries)),
        frame=covered(plan, (each for each, line in last.items() if line.why == "frame")),
    )
