"""Tell ThingiPano's files by their content: designs, users, or neither."""

import contextlib
from typing import Literal

from thingistat_pipeline.snapshots.json_files import (
    LARGEST_FILE,
    JsonFile,
    OpenFiles,
    UnreadableFile,
)
from thingistat_pipeline.snapshots.json_lists import BrokenList, cut_list
from thingistat_pipeline.thingiverse.answers import UnreadableAnswer, parse_json

Content = Literal["designs", "users", "pointer", "other"]

LFS_POINTER = b"version https://git-lfs"

_FIRST_LOOK = 32 * 2**10
_DESIGN_MARKS = frozenset({"published_datetime", "404", "notice_moderation", "notice_violation"})


def content_of(file: JsonFile, opened: OpenFiles) -> Content:
    """Return what a file holds, by the first element of its list that is a design or a user.

    The beginning of the file is enough, unless that element is long or what is before it broken.
    """
    size = _FIRST_LOOK
    try:
        while True:
            beginning = opened.beginning(file, size)
            if beginning.startswith(LFS_POINTER):
                return "pointer"
            found = _content_of_list(beginning)
            if found is not None:
                return found
            if len(beginning) < size or size > LARGEST_FILE:
                return "other"
            size *= 8
    except UnreadableFile:
        return "other"


def _content_of_list(beginning: bytes) -> Content | None:
    with contextlib.suppress(BrokenList):
        for element in cut_list(beginning):
            found = _content_of_element(element)
            if found is not None:
                return found
    return None


def _content_of_element(element: bytes) -> Content | None:
    try:
        tree = parse_json(element)
    except UnreadableAnswer:
        return None
    if not isinstance(tree, dict) or "id" not in tree:
        return None
    if "username" in tree:
        return "users"
    return None if _DESIGN_MARKS.isdisjoint(tree) else "designs"
