"""What designers ask, drawn by lot from the things of a data folder."""

import json
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from benchmarks.advisor_app.load import Asked
from benchmarks.looks.simulated import covers
from thingistat_pipeline.warehouse.read import open_published

API = "/api/v1"
ADVICE, TAGS, SEARCH, THING, TAG, PICTURE, PICTURES = (
    *("advice", "tags for a draft", "search", "a thing", "a tag", "a thing's picture"),
    "ranking of five pictures",
)
BROWSE = (SEARCH, THING, TAG, PICTURE)
OF_EACH_200 = {ADVICE: 90, TAGS: 30, SEARCH: 25, THING: 20, TAG: 10, PICTURE: 24, PICTURES: 1}
"""While a form is filled in, advice is asked for again and again; pictures are dropped once."""
_DRAFTS, _PICTURES = 400, 40
_FIVE = 5
_BOUNDARY = "x5e1f0b7c2d"

_KNOWN = """
SELECT
    t.id,
    t.name,
    t.description,
    t.license,
    list_sort(list(DISTINCT k.tag)) AS tags,
    any_value(c.category) AS category
FROM (FROM things WHERE NOT is_nsfw ORDER BY hash(id) LIMIT $wanted) AS t
LEFT JOIN thing_tags AS k ON k.thing_id = t.id
LEFT JOIN thing_categories AS c ON c.thing_id = t.id
GROUP BY ALL
ORDER BY t.id
"""


class Requests:
    """Requests of each kind, without end.

    Parameters
    ----------
    published : Path
        The published database that the server reads.
    seed : int
    """

    def __init__(self, published: Path, *, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        with open_published(published) as con:
            self._known = con.sql(_KNOWN, params={"wanted": _DRAFTS}).pl().to_dicts()
            self._tags = [tag for (tag,) in con.sql(
                "SELECT tag FROM tag_things GROUP BY tag ORDER BY hash(tag) LIMIT 200"
            ).fetchall()]  # fmt: skip
        pictures = covers(_PICTURES, seed=seed)
        self._of: dict[str, Iterator[Asked]] = {
            ADVICE: cycle([_post(ADVICE, "/advice", self._draft(thing)) for thing in self._known]),
            TAGS: cycle([_post(TAGS, "/tags", _said(thing)) for thing in self._known]),
            SEARCH: cycle(self._searches()),
            THING: cycle([_get(THING, f"/things/{thing['id']}") for thing in self._known]),
            TAG: cycle([_get(TAG, f"/tags/{quote(tag, safe='')}") for tag in self._tags]),
            PICTURE: cycle(
                [_get(PICTURE, f"/things/{thing['id']}/picture") for thing in self._known]
            ),
            PICTURES: cycle(_fives(pictures)),
        }

    def some(self, kind: str, count: int) -> list[Asked]:
        """Return so many requests of one kind."""
        return list(islice(self._of[kind], count))

    def mixed(self, count: int) -> list[Asked]:
        """Return so many requests of all kinds, in the shares of `OF_EACH_200`."""
        kinds = [kind for kind, share in OF_EACH_200.items() for _ in range(share)]
        order: list[Asked] = []
        while len(order) < count:
            order += [next(self._of[kinds[place]]) for place in self._random.permutation(200)]
        return order[:count]

    def _draft(self, thing: dict[str, Any]) -> dict[str, Any]:
        """Return a draft that says more or less, as forms do that are filled in."""
        random = self._random
        draft = _said(thing) | {
            "instructions": thing["description"][: int(random.integers(0, 800))],
            "files": {"stl": int(random.integers(1, 12))},
            "photographs": int(random.integers(0, 8)),
        }
        if random.random() < 0.7:
            draft |= {
                "weekday": int(random.integers(1, 8)),
                "hour": int(random.integers(0, 24)),
                "remix": bool(random.random() < 0.3),
                "creator": {"followers": int(random.integers(0, 500))},
            }
        if random.random() < 0.3:
            draft["based_on"] = thing["id"]
        return draft

    def _searches(self) -> list[Asked]:
        found = []
        for place, thing in enumerate(self._known):
            words = thing["name"].split()
            text = [" ".join(words[:1]), " ".join(words[:2]), str(thing["id"])][place % 3]
            page = 2 if place % 10 == 0 else 1
            found.append(_get(SEARCH, f"/search?q={quote(text[:100])}&page={page}"))
        return found


def _said(thing: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": (thing["name"] or "")[:300],
        "description": (thing["description"] or "")[:4_000],
        "category": thing["category"],
        "tags": [tag for tag in thing["tags"] or () if tag and len(tag) <= 100][:20],
    }


def _post(kind: str, path: str, body: dict[str, Any]) -> Asked:
    return Asked(kind, "POST", API + path, json.dumps(body).encode())


def _get(kind: str, path: str) -> Asked:
    return Asked(kind, "GET", API + path)


def _fives(pictures: Sequence[bytes]) -> list[Asked]:
    return [
        _upload([pictures[(start + step) % len(pictures)] for step in range(_FIVE)])
        for start in range(0, len(pictures), _FIVE - 1)
    ]


def _upload(pictures: Sequence[bytes]) -> Asked:
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="pictures"; filename="%d.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n%s\r\n" % (_BOUNDARY.encode(), number, content)
        for number, content in enumerate(pictures)
    )
    return Asked(
        PICTURES,
        "POST",
        f"{API}/pictures",
        body + f"--{_BOUNDARY}--\r\n".encode(),
        f"multipart/form-data; boundary={_BOUNDARY}",
    )
