"""A field that changes its shape does so for the same share of things every time."""

import json

import pytest

from thingistat_pipeline.sandbox.drifting import Drift
from thingistat_pipeline.sandbox.mischief import Mischief
from thingistat_pipeline.sandbox.spoilt import Asked, Reply


def answered(mischief: Mischief, path: str, body: object) -> object:
    honest = Reply(200, {"date": "x"}, json.dumps(body).encode())
    return json.loads(mischief.reply(Asked(path, {}, "localhost"), honest).body)


def test_a_field_is_wrapped_where_it_is_named_and_nowhere_else() -> None:
    mischief = Mischief("drift.thing.like_count,drift.files.size")
    thing = {"id": 3, "like_count": 5}
    assert answered(mischief, "/things/3", thing) == {"id": 3, "like_count": {"value": 5}}
    files = [{"id": 1, "size": 2}, {"id": 2}]
    assert answered(mischief, "/things/3/files", files) == [
        {"id": 1, "size": {"value": 2}},
        {"id": 2, "size": {"value": None}},
    ]
    assert answered(mischief, "/things/3/images", files) == files
    assert answered(mischief, "/search/", thing) == thing


def test_the_share_is_that_of_the_things_and_each_stays_as_it_is() -> None:
    drift = Drift("drift.thing.like_count")
    paths = [f"/things/{number}" for number in range(1, 5001)]
    hit = [path for path in paths if drift.hits(path, 0.05)]
    assert 200 < len(hit) < 300  # 250 expected, with a standard deviation of 15
    assert hit == [path for path in paths if Drift("drift.thing.like_count").hits(path, 0.05)]
    assert set(hit) < {path for path in paths if drift.hits(path, 0.5)}


@pytest.mark.parametrize("spec", ["drift.thing", "drift.users.name", "drift.thing.a-b", "drift."])
def test_what_is_no_field_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match=r"drift|NAME"):
        Mischief(spec)
