"""JSON files wherever they lie: in a folder, alone, or in a zip archive; read one at a time.

Nothing is unpacked, no link is followed, and what a file may hold is bounded, so that a hostile
archive costs an error message at most.
"""

import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO

from thingistat_pipeline.snapshots.source import SnapshotError

LARGEST_FILE = 256 * 2**20

_ZIP_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")  # the latter: an archive without members
_NUMBER = re.compile(r"([0-9]+)")
_ENCRYPTED = 0x1
_ENDINGS_TOLD = 30


class UnreadableFile(Exception):  # noqa: N818  caught within this package and turned into a Reject
    """A file cannot be read; the message says why, not which."""


@dataclass(frozen=True)
class JsonFile:
    """A file of JSON: `path` on disk, in a zip archive its `member`, `name` within the data set."""

    path: Path
    member: int | None
    name: str


@dataclass(frozen=True)
class Listing:
    """The JSON files of a data set, and how many other files there are, by their ending."""

    files: tuple[JsonFile, ...]
    others: dict[str, int]


def is_zip(path: Path) -> bool:
    """Tell whether a file begins like a zip archive."""
    with path.open("rb") as stream:
        return stream.read(4).startswith(_ZIP_BEGINNINGS)


def list_json(path: Path) -> Listing:
    """Return the JSON files of a folder (with those in its zip archives), of an archive, or one.

    Parameters
    ----------
    path : Path
        A folder, searched through without following links, a zip archive, or a file taken for JSON.

    Returns
    -------
    Listing
        In natural order of their names: ``2.json`` before ``10.json``.

    Raises
    ------
    SnapshotError
        When an archive is damaged or encrypted or a folder cannot be listed.
    """
    files: list[JsonFile] = []
    others: Counter[str] = Counter()
    if path.is_dir():
        found: Iterator[JsonFile | str] = _in_folder(path)
    elif is_zip(path):
        found = _in_archive(path, "")
    else:
        found = iter([JsonFile(path, None, _printable(path.name))])
    for item in found:
        if isinstance(item, JsonFile):
            files.append(item)
        else:
            others[item] += 1
    return Listing(tuple(sorted(files, key=lambda file: _natural(file.name))), _frequent(others))


class OpenFiles:
    """Reads JSON files and keeps their archives open until the end of a ``with`` block."""

    def __init__(self) -> None:
        self._archives: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> "OpenFiles":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for archive in self._archives.values():
            archive.close()
        self._archives.clear()

    def read(self, file: JsonFile, at_most: int = LARGEST_FILE) -> bytes:
        """Return the content of a file.

        Raises
        ------
        UnreadableFile
            When it is larger than `at_most` or damaged.
        SnapshotError
            When the disk does not give it.
        """
        content = self.beginning(file, at_most + 1)
        if len(content) > at_most:
            raise UnreadableFile(f"is larger than {at_most // 2**20} MiB")
        return content

    def beginning(self, file: JsonFile, size: int) -> bytes:
        """Return the first `size` bytes of a file, or all where it has fewer.

        Raises
        ------
        UnreadableFile
            When it is damaged.
        SnapshotError
            When the disk does not give it.
        """
        try:
            with self._stream(file) as stream:
                return stream.read(size)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the data's
                raise SnapshotError(f"{file.path} cannot be read: {error.strerror}.") from None
            raise UnreadableFile(f"cannot be read: {str(error)[:100]}") from None

    def _stream(self, file: JsonFile) -> IO[bytes]:
        if file.member is None:
            return file.path.open("rb")
        if file.path not in self._archives:
            self._archives[file.path] = zipfile.ZipFile(file.path)
        archive = self._archives[file.path]
        # By entry, not by name: two members may bear the same one.
        return archive.open(archive.infolist()[file.member])


def _in_folder(folder: Path) -> Iterator[JsonFile | str]:
    for parent, folders, names in os.walk(folder, onerror=_cannot_list):
        yield from ("symbolic link" for name in folders if (Path(parent) / name).is_symlink())
        for name in names:
            path = Path(parent) / name
            mode = path.lstat().st_mode
            shown = _printable(path.relative_to(folder).as_posix())
            if stat.S_ISLNK(mode):
                yield "symbolic link"
            elif not stat.S_ISREG(mode):
                yield "special file"
            elif _is_json(shown):
                yield JsonFile(path, None, shown)
            elif shown.lower().endswith(".zip") and is_zip(path):
                yield from _in_archive(path, f"{shown}/")
            else:
                yield _ending(shown)


def _in_archive(path: Path, prefix: str) -> Iterator[JsonFile | str]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SnapshotError(
            f"{path} is a damaged zip archive ({str(error)[:100]}). Fetch the file again and "
            "compare its size and checksum with what its publisher states."
        ) from None
    for number, member in enumerate(members):
        name = prefix + _printable(member.filename)
        if member.is_dir():
            continue
        if not _is_json(name):
            yield _ending(name)
        elif member.flag_bits & _ENCRYPTED:
            raise SnapshotError(
                f"{path} is encrypted (its member {name[-80:]} is). Unpack it with its password "
                "and import the folder."
            )
        else:
            yield JsonFile(path, number, name)


def _is_json(name: str) -> bool:
    path = PurePosixPath(name)
    # "._1.json" is what macOS packs beside 1.json: its attributes, not JSON.
    return path.suffix.lower() == ".json" and not path.name.startswith("._")


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()[:20] or "no ending"


def _frequent(others: Counter[str]) -> dict[str, int]:
    ordered = sorted(others.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(times for _, times in ordered[_ENDINGS_TOLD:])
    return dict(ordered[:_ENDINGS_TOLD]) | ({"other endings": rest} if rest else {})


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts numbers in names by their value."""
    return [
        (len(part.lstrip("0")), part.lstrip("0")) if number % 2 else (0, part)
        for number, part in enumerate(_NUMBER.split(name))
    ] + [(0, name)]


def _printable(name: str) -> str:
    """Return a file's name as JSON can hold it, whatever bytes it has on disk."""
    return name.encode(errors="replace").decode()


def _cannot_list(error: OSError) -> None:
    raise SnapshotError(f"{error.filename} cannot be read: {error.strerror}.")
