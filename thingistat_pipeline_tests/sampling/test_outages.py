"""What a night makes of an API that fails for a while: nothing is lost, nothing decided."""

from pathlib import Path

import pytest

from thingistat_pipeline.sampling.frame import SamplingFrame
from thingistat_pipeline.thingiverse.errors import TokenRejected, Unavailable
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.sampling.conftest import Harvest, Site
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, Reply, ok, refusal

DOWN = Reply(status=503, body=b"<html>", kind="text/html")


def records(tmp_path: Path, nights: str = "things") -> dict[int, Record]:
    return {each.thing_id: each for each in read_records(tmp_path / nights / "2026-09-01")}


def undisturbed(harvest: Harvest, api: FakeApi, tmp_path: Path) -> Manifest:
    """Harvest a night of which nothing goes wrong, put it aside, and forget what it asked for."""
    manifest = harvest(frame_seed=13)
    (tmp_path / "things").rename(tmp_path / "expected")
    api.asked.clear()
    return manifest


def outage(site: Site, api: FakeApi, first: int, last: int, *, live_only: bool = False) -> None:
    """Let the site answer nothing usable from its `first` request to its `last`."""

    def reply(path: str) -> Reply:
        honest = site.reply(path)
        down = first <= len(api.asked) < last and not (live_only and honest.status != 200)
        return DOWN if down else honest

    api.fallback = reply


@pytest.mark.parametrize("first", [2, 11, 12, 13, 14, 30, 50])
def test_a_night_stopped_by_an_outage_ends_as_if_there_had_been_none(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path, first: int
) -> None:
    expected = undisturbed(harvest, api, tmp_path)
    outage(site, api, first, 10**9)
    for _ in range(2):  # a second call in the middle of the outage costs no id either
        with pytest.raises(Unavailable, match="seems to be down"):
            harvest(frame_seed=13)
    api.fallback = site.reply
    found = harvest(frame_seed=13)
    assert (found.frame, found.retries) == (expected.frame, [])
    assert records(tmp_path) == records(tmp_path, "expected")


def test_a_night_stopped_again_soon_after_an_outage_ends_as_if_there_had_been_none(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    expected = undisturbed(harvest, api, tmp_path)
    outage(site, api, 30, 10**9)
    with pytest.raises(Unavailable, match="seems to be down"):
        harvest(frame_seed=13)
    asked = len(api.asked)
    api.fallback = lambda path: (
        site.reply(path) if len(api.asked) < asked + 8 else refusal(401, "Unauthorized")
    )
    with pytest.raises(TokenRejected):  # some of the ids that failed were asked for again by then
        harvest(frame_seed=13)
    api.fallback = site.reply
    found = harvest(frame_seed=13)
    assert (found.frame, found.retries) == (expected.frame, [])
    assert records(tmp_path) == records(tmp_path, "expected")


def test_what_failed_just_before_a_night_stopped_comes_again_in_its_place(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    order = list(SamplingFrame(13, 300).in_hash_order())
    failing = {f"/things/{each}" for each in order[3:7]}
    revoked = f"/things/{order[7]}"

    def reply(path: str) -> Reply:
        if path in failing:
            return DOWN
        is_after = any(path == revoked for path in api.asked)
        return refusal(401, "Unauthorized") if is_after else site.reply(path)

    api.fallback = reply
    with pytest.raises(TokenRejected):
        harvest(frame_seed=13)
    api.fallback = site.reply
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.retry) == (20, 0)  # not one more than asked for


def test_a_resource_that_failed_is_asked_for_once_more_at_the_end(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    thing_id = next(e for e in SamplingFrame(13, 300).in_hash_order() if e % 6 == 3)
    files = f"/things/{thing_id}/files"
    api.routes[files] = [DOWN] * 5 + [site.reply(files)]
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.incomplete) == (20, 0)
    record = records(tmp_path)[thing_id]
    assert (len(record.files or []), len(record.likers or []), record.reason) == (1, 2, None)
    for resource, times in {"": 1, "/categories": 1, "/likes": 1, "/files": 6}.items():
        assert api.asked.count(f"/things/{thing_id}{resource}") == times


def test_a_resource_that_is_down_for_all_is_not_asked_for_all_over_again(
    harvest: Harvest, site: Site, api: FakeApi
) -> None:
    api.fallback = lambda path: DOWN if path.endswith("/files") else site.reply(path)
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.incomplete) == (20, 20)
    assert sum(path.endswith("/files") for path in api.asked) == 5 * (20 + 10)


def test_an_api_that_answers_for_nothing_but_what_is_gone_stops_the_night(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    outage(site, api, 10, 10**9, live_only=True)
    with pytest.raises(Unavailable, match="no usable answer for 30 things"):
        harvest()
    api.fallback = site.reply
    assert harvest().retries == []
    found = records(tmp_path)
    for thing_id, record in found.items():
        assert record.outcome == ("ok", "gone", "private")[thing_id % 3]
    order = list(SamplingFrame(12, 300).in_hash_order())
    assert set(found) == set(order[: len(found)])  # no id below another is left out


def test_nobody_on_the_list_of_likers_is_unknown_where_some_are_counted(
    harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    thing_id = next(e for e in SamplingFrame(13, 300).in_hash_order() if e % 6 == 3)
    site.special[f"/things/{thing_id}/likes"] = ok([])
    manifest: Manifest = harvest(frame_seed=13)
    record = records(tmp_path)[thing_id]
    assert (record.outcome, record.likers, record.likers_truncated) == ("ok", None, None)
    assert record.reason == "likes: nobody is listed, where 2 are counted"
    assert manifest.counts.incomplete == 1
