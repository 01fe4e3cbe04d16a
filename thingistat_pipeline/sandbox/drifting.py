"""A field that takes another shape from one day to the next, as APIs change without a word.

``drift.RESOURCE.FIELD`` names it: RESOURCE is thing, categories, files, images or likes, FIELD a
key of the thing or of each element of the list. What it held is wrapped into an object,
``{"value": ...}``, which no year's answers have. Unlike a fault it hits the same things every time:
a share of them, by their numbers.
"""

import json
import re
import zlib
from typing import Any

from thingistat_pipeline.sandbox.spoilt import Play, with_body

PREFIX = "drift."
RESOURCES = ("thing", "categories", "files", "images", "likes")

_NAME = re.compile(rf"drift\.({'|'.join(RESOURCES)})\.([a-z_]+)")
_PATH = re.compile(r"/things/(\d+)(?:/([a-z]+))?")


class Drift:
    """A field that has another shape.

    Parameters
    ----------
    name : str
        ``drift.RESOURCE.FIELD``.

    Raises
    ------
    ValueError
        When it is not written like that.
    """

    def __init__(self, name: str) -> None:
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(f"{name!r} is not drift.RESOURCE.FIELD of {', '.join(RESOURCES)}")
        self._resource, self._field = found.groups()
        self.play: Play = with_body(self._changed)

    def hits(self, path: str, share: float) -> bool:
        """Tell whether the answer at an address has the other shape, where a share of them has."""
        found = _PATH.fullmatch(path)
        if found is None or (found[2] or "thing") != self._resource:
            return False
        draw = zlib.crc32(f"{self._resource} {self._field} {found[1]}".encode()) / 2**32
        return draw < share

    def _changed(self, body: bytes) -> bytes:
        tree = json.loads(body)
        for each in tree if isinstance(tree, list) else [tree]:
            self._wrap(each)
        return json.dumps(tree).encode()

    def _wrap(self, answer: dict[str, Any]) -> None:
        answer[self._field] = {"value": answer.get(self._field)}
