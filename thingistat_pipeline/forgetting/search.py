"""What a request to forget is about: which things, which creators, which likes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from thingistat_pipeline.forgetting.nights import night_folders
from thingistat_pipeline.sampling.journal import CLOSED_JOURNAL, JOURNAL, Answered, journal_lines
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.answers import NO_JSON
from thingistat_pipeline.thingiverse.forgotten import Forgotten, folded
from thingistat_pipeline.thingiverse.likers import hash_liker, hash_liker_name, liker_key
from thingistat_pipeline.thingiverse.manifest import loads_in, read_records


@dataclass
class Found:
    """What is to be forgotten.

    Attributes
    ----------
    things : dict of int to str or None
        Ids, with the title where one is known.
    creators : set of int
    names : set of str
    """

    things: dict[int, str | None] = field(default_factory=dict)
    creators: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def remember(self, settings: Settings) -> None:
        """Write down by keyed hashes that all of it is forgotten."""
        sources = [manifest.source for _, manifest in loads_in(settings.nights_dir)] or ["snapshot"]
        keys = [
            liker_key(settings.liker_key_file, source, settings.seed)
            for source in sorted(
                {"sandbox" if each == "sandbox" else "snapshot" for each in sources}
            )
            if source == "sandbox" or settings.liker_key_file.exists()
        ]
        Forgotten(settings.raw_dir).remember(
            things=self.things,
            creators=self.creators,
            names=self.names,
            likers=[
                *(hash_liker(number, key) for number in self.creators for key in keys),
                *(hash_liker_name(name, key) for name in self.names for key in keys),
            ],
        )


def find_thing(settings: Settings, thing_id: int) -> Found:
    """Return a thing with its title, if the raw data have one."""
    titles = (
        str(tree["name"])
        for tree in _things_in(settings)
        if tree["id"] == thing_id and tree["name"] is not None
    )
    return Found(things={thing_id: next(titles, None)})


def find_creator(
    settings: Settings, *, name: str | None = None, number: int | None = None
) -> Found:
    """Return a creator, known by name or by number, with all things of theirs in the raw data."""
    found = Found()
    if name is not None:
        found.names.add(name)
    if number is not None:
        found.creators.add(number)
    for tree in _things_in(settings):
        creator = tree["creator"] or {}
        if (number is not None and creator.get("id") == number) or (
            name is not None and folded(str(creator.get("name") or "")) == folded(name)
        ):
            found.things[int(tree["id"])] = tree["name"]
            found.names.add(str(creator.get("name")))
            if isinstance(creator.get("id"), int):
                found.creators.add(creator["id"])
    return found


def _things_in(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield id, title and creator of every thing that any raw file holds."""
    for parent in (settings.nights_dir, settings.snapshots_dir):
        for folder, _ in loads_in(parent):
            for record in read_records(folder):
                if record.thing is not None:
                    creator = record.thing.creator
                    yield {
                        "id": record.thing_id,
                        "name": record.thing.name,
                        "creator": creator and {"id": creator.id, "name": creator.name},
                    }
    yield from _answered(night_folders(settings.nights_dir))


def _answered(folders: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the same from the answers, which hold what no record was made of as well."""
    for folder in folders:
        if not ((folder / JOURNAL).exists() or (folder / CLOSED_JOURNAL).exists()):
            continue
        for line in journal_lines(folder):
            if not (isinstance(line, Answered) and line.resource == "thing" and line.has_tree):
                continue
            try:
                tree = msgspec.json.decode(line.tree)
            except NO_JSON:
                continue
            if isinstance(tree, dict):
                creator = tree.get("creator")
                yield {
                    "id": line.thing_id,
                    "name": tree.get("name"),
                    "creator": creator if isinstance(creator, dict) else None,
                }
