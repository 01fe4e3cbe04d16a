"""Who and what asked to be forgotten, remembered without saying who or what.

`<raw>/forgotten.jsonl` has one line for every thing, creator and liker that is not to be kept any
more: a hash with a secret key, `<raw>/forgotten.key`. Whoever has a number or a name can ask
whether it is among them; nobody can read from the file which ones are (without a key, trying all
seven-digit numbers would take a second, so the key is readable by its owner only).

Sampling, the panel, retries and the import of snapshots ask here before they fetch or write, and
`forgetting` takes what is here out of everything that was written before.
"""

import json
import unicodedata
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.files import write_whole
from thingistat_pipeline.thingiverse.likers import secret_key
from thingistat_pipeline.thingiverse.records import Quarantined, Record, Thing

FORGOTTEN = "forgotten.jsonl"
KEY = "forgotten.key"

Kind = Literal["thing", "creator", "creator name", "liker"]
_KINDS: tuple[Kind, ...] = ("thing", "creator", "creator name", "liker")


class Forgotten:
    """What is not to be kept; asked by number or name.

    Parameters
    ----------
    raw_dir : Path, optional
        Folder of the raw data, which holds what is remembered. None remembers nothing.

    Raises
    ------
    ThingistatError
        When there is something to be remembered but it cannot be understood: rather no night than
        one that fetches what was to be forgotten.
    """

    def __init__(self, raw_dir: Path | None = None) -> None:
        self._raw_dir = raw_dir
        self._key = b""
        self._hashes: dict[Kind, set[str]] = {kind: set() for kind in _KINDS}
        if raw_dir is not None and (raw_dir / FORGOTTEN).exists():
            self._read(raw_dir)

    def __len__(self) -> int:
        return sum(len(hashes) for hashes in self._hashes.values())

    def thing(self, thing_id: int) -> bool:
        """Tell whether a thing is forgotten."""
        return self._holds("thing", thing_id)

    def creator(self, creator_id: int | None, name: str | None) -> bool:
        """Tell whether a creator is, known by number or by name (upper and lower case alike)."""
        return (creator_id is not None and self._holds("creator", creator_id)) or (
            name is not None and self._holds("creator name", folded(name))
        )

    def liker(self, liker: int) -> bool:
        """Tell whether a liker (a keyed hash, see `likers`) is."""
        return self._holds("liker", liker)

    def remember(
        self,
        *,
        things: Iterable[int] = (),
        creators: Iterable[int] = (),
        names: Iterable[str] = (),
        likers: Iterable[int] = (),
    ) -> None:
        """Remember more, on disk before this returns; all of it or nothing."""
        raw_dir = self._folder()
        self._key = self._key or secret_key(raw_dir / KEY)
        given: dict[Kind, Iterable[int | str]] = {
            "thing": things,
            "creator": creators,
            "creator name": map(folded, names),
            "liker": likers,
        }
        for kind, values in given.items():
            self._hashes[kind] |= {self._hash(kind, value) for value in values}
        lines: list[dict[str, str]] = [{"key": self._hash("key", "")}]
        lines += [
            {"kind": kind, "hash": digest}
            for kind in _KINDS
            for digest in sorted(self._hashes[kind])
        ]
        write_whole(raw_dir / FORGOTTEN, "".join(json.dumps(line) + "\n" for line in lines))

    def record(self, record: Record) -> Record | None:
        """Return a record without what is forgotten, or None where all of it is."""
        thing = record.thing
        if self.thing(record.thing_id) or (thing is not None and self._made(thing)):
            return None
        kept = record
        if thing is not None and any(map(self.thing, thing.ancestors or ())):
            ancestors = [each for each in thing.ancestors or () if not self.thing(each)]
            kept = replace(kept, thing=replace(thing, ancestors=ancestors))
        if any(map(self.liker, record.likers or ())):
            likers = [each for each in record.likers or () if not self.liker(each)]
            kept = replace(kept, likers=likers)
        if record.quarantined and len(self):
            quoted = [self._quoted(each) for each in record.quarantined]
            if record.outcome == "quarantined" and None in quoted:
                return None
            aside = [each for each in quoted if each is not None]
            kept = kept if aside == record.quarantined else replace(kept, quarantined=aside)
        return kept

    def _quoted(self, aside: Quarantined) -> Quarantined | None:
        """Return what a record quotes of an answer; a text that was cut tells nobody any more."""
        if aside.resource != "thing" or aside.text is None:
            return aside
        try:
            tree = json.loads(aside.text)
            kept = self.answer(tree)
        except (ValueError, RecursionError):
            return replace(aside, text=None)
        if kept is None:
            return None
        return aside if kept is tree else replace(aside, text=json.dumps(kept, ensure_ascii=False))

    def answer(self, tree: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a thing's answer as the API gave it without forgotten ancestors.

        Returns
        -------
        any
            None where the thing itself or its creator is forgotten.
        """
        if not isinstance(tree, dict) or not len(self):
            return tree
        if self._is_named(tree):
            return None
        ancestors = tree.get("ancestors")
        if not isinstance(ancestors, list):
            return tree
        kept = [each for each in ancestors if not self._is_named(each)]
        return tree if len(kept) == len(ancestors) else {**tree, "ancestors": kept}

    def _is_named(self, reference: object) -> bool:
        """Whether a reference to a thing (its number, or an object) is to one that is forgotten."""
        if not isinstance(reference, dict):
            number = _number(reference)
            return number is not None and self.thing(number)
        number, creator = _number(reference.get("id")), reference.get("creator")
        if number is not None and self.thing(number):
            return True
        if not isinstance(creator, dict):
            return False
        name = creator.get("name")
        return self.creator(_number(creator.get("id")), None if name is None else str(name))

    def _made(self, thing: Thing) -> bool:
        creator = thing.creator
        return creator is not None and self.creator(creator.id, creator.name)

    def _holds(self, kind: Kind, value: int | str) -> bool:
        hashes = self._hashes[kind]
        return bool(hashes) and self._hash(kind, value) in hashes

    def _hash(self, kind: str, value: int | str) -> str:
        text = f"{kind} {value}".encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=16, key=self._key, person=b"forgotten").hexdigest()

    def _folder(self) -> Path:
        if self._raw_dir is None:
            raise ValueError("there is no folder to remember in")
        return self._raw_dir

    def _read(self, raw_dir: Path) -> None:
        path = raw_dir / FORGOTTEN
        try:
            self._key = (raw_dir / KEY).read_bytes()
            first, *others = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            if first["key"] != self._hash("key", ""):
                raise ValueError("the key is another one")
            for line in others:
                self._hashes[line["kind"]].add(line["hash"])
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ThingistatError(
                f"{path} cannot be understood together with {raw_dir / KEY} "
                f"({type(problem).__name__}: {problem}). They say what was forgotten and must not "
                "be fetched again, so nothing is fetched. Restore both from a backup; without one, "
                "delete both and tell `thingistat forget` again what it was."
            ) from None


def folded(name: str) -> str:
    """Return a creator's name in the form in which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    return None
