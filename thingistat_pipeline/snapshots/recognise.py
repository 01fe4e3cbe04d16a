"""Tell by its content which published data set a path holds."""

import codecs
from pathlib import Path

from thingistat_pipeline.snapshots.json_files import JsonFile, Listing, OpenFiles, is_zip, list_json
from thingistat_pipeline.snapshots.source import Options, SnapshotError, SnapshotSource
from thingistat_pipeline.snapshots.thingipano import ThingiPano
from thingistat_pipeline.snapshots.thingipano_files import LFS_POINTER, Content, content_of
from thingistat_pipeline.snapshots.thingistat_sqlite import SQLITE_MAGIC, ThingiStatDatabase

ACCEPTED = (
    "ThingiStat's SQLite database (in its schema of August 2022 or the later one), and "
    "ThingiPano's design metadata (the folder with its JSON files, a zip archive of them, or one "
    "of them; the user metadata may lie beside)"
)

_JSON_BEGINS_WITHIN = 1024


def recognise(path: Path, options: Options) -> SnapshotSource:
    """Return a reader for the data set at `path`.

    Raises
    ------
    SnapshotError
        When there is nothing at `path` or it is none of the accepted kinds.
    """
    if not path.exists():
        raise SnapshotError(f"There is nothing to import at {path}: no such file.")
    if path.is_dir():
        return _thingipano(path, options)
    try:
        with path.open("rb") as stream:
            beginning = stream.read(_JSON_BEGINS_WITHIN)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror}.") from None
    if beginning.startswith(SQLITE_MAGIC):
        return ThingiStatDatabase(path, options)
    if is_zip(path) or beginning.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        return _thingipano(path, options)
    what = "is empty" if not beginning else "does not begin like any of them"
    hint = ""
    if beginning.startswith(LFS_POINTER):
        hint = " It is a git-lfs pointer: fetch the file itself with `git lfs pull`."
    raise SnapshotError(
        f"{path} is no data set that can be imported: it {what}. Accepted: {ACCEPTED}.{hint} An "
        "encrypted or compressed file (other than a zip archive) has to be decrypted or unpacked "
        "first."
    )


def _thingipano(path: Path, options: Options) -> ThingiPano:
    listing = list_json(path)
    by_content: dict[Content, list[JsonFile]] = {
        "designs": [],
        "users": [],
        "pointer": [],
        "other": [],
    }
    with OpenFiles() as opened:
        for file in listing.files:
            by_content[content_of(file, opened)].append(file)
    designs = by_content["designs"]
    if by_content["pointer"]:
        raise SnapshotError(
            f"{path}: {by_content['pointer'][0].name} is a git-lfs pointer, not the file itself "
            f"({len(by_content['pointer'])} such files). Fetch them with `git lfs pull`."
        )
    if not designs:
        raise _no_designs(path, listing, bool(by_content["users"]))
    archives = {file.path for file in designs if file.member is not None}
    if archives and any(file.member is None for file in designs):
        raise SnapshotError(
            f"{path} holds designs both in a zip archive ({sorted(archives)[0].name}) and in files "
            "beside it: probably the same ones twice. Name the archive or the folder of the files."
        )
    # A file of neither kind goes among the designs: there it is rejected, by name and with reason.
    kept = {*designs, *by_content["other"]}
    return ThingiPano(
        path,
        tuple(file for file in listing.files if file in kept),
        tuple(by_content["users"]),
        listing.others,
        options,
    )


def _no_designs(path: Path, listing: Listing, has_users: bool) -> SnapshotError:
    if has_users:
        found = "only ThingiPano's user metadata, which tell nothing of designs"
    elif listing.files:
        found = f"{len(listing.files)} JSON files, none with a list of ThingiPano's designs"
    elif listing.others:
        found = f"no JSON file (but such as these: {', '.join([*listing.others][:5])})"
    else:
        found = "no file"
    return SnapshotError(
        f"{path} is no data set that can be imported: it holds {found}. Accepted: {ACCEPTED}. Name "
        "the path of the data set itself."
    )
