"""ThingiPano's files in the form of the public ones, with invented designs and users.

Form: Alexander-Berman/ThingiPano, ``data/Thingiverse_Design_Metadata/*.json`` and
``data/Thingiverse_User_Metadata/*.json``.
"""

import json
import zipfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from thingistat_pipeline.snapshots.recognise import recognise
from thingistat_pipeline.snapshots.source import Batch, Findings, Options, Reject, SnapshotSource
from thingistat_pipeline.thingiverse.records import Record

KEY = b"a key for tests"
OPTIONS = Options(liker_key=KEY, observed_on=date(2018, 6, 1), keep_personal_data=False)
UNDATED = Options(liker_key=KEY, observed_on=None, keep_personal_data=False)

SITE = "https://www.thingiverse.com"
PICTURES = "https://cdn.thingiverse.com/renders/00/11/22/33/44"

GONE = {"id": "11", "404": True}


def design(thing_id: int = 10, **values: Any) -> dict[str, Any]:
    """Return a design with every field that the public files have."""
    return {
        "print_settings": {
            "Resolution:": "0.2 mm",
            "Printer Brand:": '<a href="https://example.org" >Invented</a> &amp; Co',
            "Notes:": "",
        },
        "banner_featured": True,
        "remixed_from": [
            {"thing_id": "7", "author": "bob", "title": "Cup", "img": f"{PICTURES}/c.jpg"},
            {"thing_id": "8", "author": "bob", "title": "Lid", "img": f"{PICTURES}/l.jpg"},
        ],
        "notice_violation": False,
        "banner_education": False,
        "files": [file_entry(101, "273kb"), file_entry(102, "2mb")],
        "customizer": False,
        "watches": "3",
        "makes": [{"user": "bob", "url": f"{SITE}/make:1", "img": f"{PICTURES}/m.jpg"}],
        "title": "Cup with a lid",
        "notice_moderation": False,
        "downloads": "115",
        "notice_wip": True,
        "views": "548",
        "license": "Creative Commons - Attribution",
        "comments_number": "1",
        "description": [
            {
                "header": "Summary",
                "text": "<p >A cup &amp;\nits lid.<br />\nFits <strong >well</strong>.</p>\n"
                '<p >See <a href="https://example.org" >here</a></p>\n',
            },
            {
                "header": "Print Settings",
                "text": "<strong >Printer: </strong>\n <div ><p >X</p></div>",
            },
            {"header": "Instructions", "text": "<ol ><li >Print</li><li >Drink</li></ol>"},
        ],
        "tags": [["Coffee Cup", "tag:Coffee_Cup"], ["lid", "tag:Lid"]],
        "published_datetime": "2017-12-12 13:20:19 GMT",
        "banner_challenge_winner": False,
        "images": [
            f"{PICTURES}/My_Cup_preview_featured.jpg",
            f"{PICTURES}/b%20c_preview_featured.JPG",
        ],
        "remixes_number": "4",
        "author_url_img": f"{PICTURES}/ann_thumb_small.jpg",
        "comments": [
            {
                "text": "Nice <br /> cup",
                "author": "bob",
                "comment_id": "1",
                "author_url": f"{SITE}/bob",
                "depth": "1",
                "parent": None,
                "author_img": f"{PICTURES}/bob_thumb_small.jpg",
                "date": "Dec 16, 2017 5:24 pm",
            }
        ],
        "liked_by": [liker("bob"), liker("eve")],
        "id": str(thing_id),
        "made_number": "1",
        "category": "/toys-and-games/3d-puzzles",
        "banner_verified": False,
        "author": "ann",
        "author_url": f"{SITE}/ann",
        "likes": "27",
        "collection_number": "35",
        **values,
    }


def file_entry(file_id: int, size: str, **values: Any) -> dict[str, Any]:
    """Return a file of a design."""
    return {
        "updated_timestamp": "12-31-17",
        "file_id": str(file_id),
        "thing_id": "10",
        "download_link": f"{SITE}/download:{file_id}",
        "img": f"{PICTURES}/{file_id}_preview_tinycard.jpg",
        "filename": f"{file_id}.stl",
        "file_name": f"{file_id}.stl",
        "size": size,
        "downloads": "97",
        **values,
    }


def liker(name: str) -> dict[str, Any]:
    """Return a user in the list of those who like a design."""
    return {"user_img": f"{PICTURES}/{name}.jpg", "user_url": f"{SITE}/{name}", "user": name}


def user(name: str, user_id: int, **values: Any) -> dict[str, Any]:
    """Return a user with every field that the public files have."""
    return {
        "groups": [{"name": "G", "member_count": 3, "url": "u", "img_url": "i", "topic_count": 1}],
        "avatar_background_img": f"{PICTURES}/cover.jpg",
        "IAmA": "Maker",
        "avatar_img": f"{PICTURES}/{name}.jpg",
        "id": str(user_id),
        "username": name,
        "number_likes": 1,
        "number_followers": 5,
        "tip_url": f"{SITE}/tip",
        "full_name": f"{name.title()} Invented",
        "printers": ["", "X"],
        "number_collections": 12,
        "number_makes": 1,
        "design_programs": "OpenSCAD",
        "design_level": "Novice",
        "number_following": 4,
        "number_designs": 2,
        "bio": "",
        **values,
    }


def write(path: Path, content: object) -> Path:
    """Write a JSON file (bytes as they are), with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def data_folder(root: Path, designs: Sequence[object], users: Sequence[object] = ()) -> Path:
    """Write a folder laid out like the repository's ``data``, a file for each of the lists."""
    for number, content in enumerate(designs, start=1):
        write(root / "Thingiverse_Design_Metadata" / f"{number}.json", content)
    for number, content in enumerate(users, start=1):
        write(root / "Thingiverse_User_Metadata" / f"{number}.json", content)
    return root


def zipped(folder: Path, archive: Path) -> Path:
    """Pack a folder as the data set's zip files are."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder))
    return archive


def read(path: Path, options: Options = OPTIONS) -> Batch:
    """Return everything that the reader finds at a path, as one batch."""
    return read_from(recognise(path, options))


def read_from(source: SnapshotSource, start: int = 0) -> Batch:
    """Return everything from a batch on as one batch; the rows must add up to the size."""
    whole = Batch(records=[], rejects=[], findings=Findings(), rows=0)
    for batch in source.batches(start):
        whole.records += batch.records
        whole.rejects += batch.rejects
        whole.findings.add(batch.findings)
        whole.rows += batch.rows
    assert whole.rows == source.size() - start
    return whole


def record(values: dict[str, Any], tmp_path: Path, *users: dict[str, Any]) -> Record:
    """Return the record of a single design, which must be one."""
    found = read(data_folder(tmp_path / "data", [[values]], [users] if users else []))
    assert found.rejects == []
    (only,) = found.records
    return only


def reject(values: object, tmp_path: Path) -> Reject:
    """Return the reject of an element that stands beside a whole design, which is read."""
    found = read(data_folder(tmp_path / "data", [[design(1), values]]))
    assert [kept.thing_id for kept in found.records] == [1]
    (only,) = found.rejects
    return only
