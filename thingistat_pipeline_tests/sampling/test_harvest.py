"""One night after the other of a small site, over real HTTP."""

import json
import logging
import traceback
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import zstandard

from thingistat_pipeline.errors import MisuseError, ThingistatError
from thingistat_pipeline.sampling import harvest as harvest_module
from thingistat_pipeline.sampling import visit as visit_module
from thingistat_pipeline.sampling.close import close_night, redecode_night
from thingistat_pipeline.sampling.frame import SamplingFrame
from thingistat_pipeline.thingiverse.errors import Blocked, TokenRejected, Unavailable
from thingistat_pipeline.thingiverse.likers import hash_liker
from thingistat_pipeline.thingiverse.manifest import read_manifest, read_records
from thingistat_pipeline.thingiverse.payloads import ThingAnswer, decode_thing
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.sampling.conftest import KEY, Harvest, Site
from thingistat_pipeline_tests.sampling.support import known
from thingistat_pipeline_tests.thingiverse.fake_api import TOKEN, FakeApi, Reply, ok, refusal

NIGHT = "2026-09-01"


def night_folder(tmp_path: Path, night: str = NIGHT) -> Path:
    return tmp_path / "things" / night


def records(tmp_path: Path, night: str = NIGHT) -> dict[int, Record]:
    read = list(read_records(night_folder(tmp_path, night)))
    by_id = {record.thing_id: record for record in read}
    assert len(by_id) == len(read)
    return by_id


def everything_written(folder: Path) -> bytes:
    content = b""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".zst":
                data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
            content += data
    return content


def test_a_night_brings_home_what_it_was_asked_for(harvest: Harvest, tmp_path: Path) -> None:
    manifest = harvest()
    assert manifest.counts.ok == 20
    found = records(tmp_path)
    assert len(found) == manifest.counts.attempted
    for thing_id, record in found.items():
        assert record.outcome == ("ok", "gone", "private")[thing_id % 3]
        assert record.observed_at == "2026-09-01T12:00:00Z"
    live = [record for record in found.values() if record.outcome == "ok"]
    for record in live:
        assert record.thing is not None
        assert record.categories is not None
        assert [each.name for each in record.categories] == ["Art"]
        assert record.files is not None
        assert record.files[0].id == record.thing_id * 10
        assert record.reason is None
        likers = [hash_liker(990001, KEY), hash_liker(990002, KEY)]
        assert record.likers == (likers if record.thing_id % 2 else [])
        assert (record.likers_truncated, record.images) == (False, None)
    assert not manifest.late
    assert manifest.frame is not None
    assert (manifest.frame.seed, manifest.frame.newest_id) == (12, 300)


def test_a_finished_night_costs_no_request(harvest: Harvest, api: FakeApi, tmp_path: Path) -> None:
    first = harvest()
    asked = len(api.asked)
    assert first.counts.requests == asked
    assert harvest(target_live=99) == first
    assert len(api.asked) == asked
    names = {path.name for path in night_folder(tmp_path).iterdir()}
    assert names == {
        "plan.json",
        "journal.jsonl.zst",
        "manifest.json",
        "things-0000.jsonl.zst",
    }


def test_only_live_things_cost_more_and_nothing_is_asked_that_is_empty(
    harvest: Harvest, api: FakeApi, tmp_path: Path
) -> None:
    harvest(subresources=("categories", "likes", "files", "images"))
    for thing_id, record in records(tmp_path).items():
        asked = [
            path for path in api.asked if f"/things/{thing_id}" in (path, path.rpartition("/")[0])
        ]
        live = record.outcome == "ok"
        wanted = ["", "/categories", *(["/likes"] if thing_id % 2 else []), "/files", "/images"]
        assert asked == [f"/things/{thing_id}{what}" for what in (wanted if live else [""])]


def test_the_next_night_goes_on_where_the_last_ended(harvest: Harvest, tmp_path: Path) -> None:
    harvest()
    harvest("2026-09-02")
    assert not set(records(tmp_path)) & set(records(tmp_path, "2026-09-02"))


def test_a_site_that_is_exhausted_ends_the_night(harvest: Harvest, site: Site) -> None:
    site.newest_id = 30
    manifest = harvest(target_live=100)
    assert (manifest.counts.attempted, manifest.counts.ok) == (30, 10)
    later = harvest("2026-09-02", target_live=100)
    assert (later.counts.attempted, later.frame, later.parts) == (0, None, [])
    site.newest_id = 33
    assert harvest("2026-09-03", target_live=100).counts.attempted == 3


def test_nothing_personal_is_written(harvest: Harvest, tmp_path: Path) -> None:
    harvest()
    written = everything_written(tmp_path / "things")
    for secret in (b"canary", b"990001", b"990002", b"liker-a", TOKEN.encode()):
        assert secret not in written
    assert b"nick" in written


def test_personal_data_are_kept_when_a_setting_says_so(harvest: Harvest, tmp_path: Path) -> None:
    harvest(keep_personal_data=True)
    kept = next(record for record in records(tmp_path).values() if record.thing)
    assert kept.thing is not None
    assert kept.thing.creator is not None
    assert kept.thing.creator.location == "Placecanary"
    assert b"990001" not in everything_written(tmp_path / "things")


def test_an_unknown_shape_is_quarantined_with_its_place(
    harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    first = [each for each in order_of_ids() if each % 3 == 0][:3]
    site.special[f"/things/{first[0]}"] = ok({"id": first[0], "like_count": {"total": 5}})
    site.special[f"/things/{first[1]}"] = ok({"id": 4711})
    deep = b"[" * 300 + b"]" * 300
    site.special[f"/things/{first[2]}"] = Reply(body=b'{"id": %d, "name": %s}' % (first[2], deep))
    manifest = harvest("2026-09-02", frame_seed=13)
    found = records(tmp_path, "2026-09-02")
    assert manifest.counts.quarantined == 3
    assert found[first[0]].reason == "Expected `int | null`, got `object` - at `$.like_count`"
    assert found[first[1]].reason == f"Asked for {first[1]}, answered 4711 - at `$.id`"
    assert "$.name" in str(found[first[2]].reason)
    assert manifest.counts.ok == 20


def test_a_night_resumed_without_personal_data_keeps_none(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    plain = harvest("2026-08-01")
    for path in night_folder(tmp_path, "2026-08-01").iterdir():
        path.unlink()

    def revoked(path: str) -> Reply:
        return site.reply(path) if len(api.asked) < start + 40 else refusal(401, "Unauthorized")

    start = len(api.asked)
    api.fallback = revoked
    with pytest.raises(TokenRejected):
        harvest(keep_personal_data=True)
    assert b"Placecanary" in (night_folder(tmp_path) / "journal.jsonl").read_bytes()
    api.fallback = site.reply
    assert harvest(keep_personal_data=False).content_hash == plain.content_hash
    assert b"canary" not in everything_written(tmp_path / "things")


def test_a_night_interrupted_at_its_closing_keeps_no_personal_data_either(
    harvest: Harvest, tmp_path: Path
) -> None:
    harvest(keep_personal_data=True)
    (night_folder(tmp_path) / "manifest.json").unlink()
    harvest(keep_personal_data=True)
    assert b"Placecanary" in everything_written(tmp_path / "things")
    (night_folder(tmp_path) / "manifest.json").unlink()
    harvest(keep_personal_data=False)
    assert b"canary" not in everything_written(tmp_path / "things")


def order_of_live_ids() -> list[int]:
    """Return the live ids that somebody likes, in their order."""
    return [each for each in order_of_ids() if each % 6 == 3]


def order_of_ids() -> list[int]:
    return list(SamplingFrame(13, 300).in_hash_order())


def test_a_failed_sub_request_leaves_null_and_says_so(
    harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    order = [each for each in order_of_ids() if each % 3 == 0 and each % 2]
    site.special[f"/things/{order[0]}/files"] = Reply(status=500, body=b"[]")
    site.special[f"/things/{order[0]}/likes"] = refusal(404, "no")
    site.special[f"/things/{order[1]}/categories"] = ok({"a": 1})
    manifest = harvest(frame_seed=13)
    found = records(tmp_path)
    record = found[order[0]]
    assert (record.outcome, record.files, record.likers) == ("ok", None, None)
    assert record.likers_truncated is None
    assert "files: " in str(record.reason)
    assert "likes: " in str(record.reason)
    assert found[order[1]].categories is None
    assert "categories: Expected" in str(found[order[1]].reason)
    assert manifest.counts.incomplete == 2


def test_likers_are_paged_up_to_the_cap(harvest: Harvest, site: Site, tmp_path: Path) -> None:
    order = [each for each in order_of_ids() if each % 3 == 0 and each % 2]
    capped, endless, whole = order[:3]
    for thing_id, last in ((capped, 9), (endless, 0), (whole, 2)):
        for page in range(1, 9):
            path = f"/things/{thing_id}/likes" + (f"?page={page}" if page > 1 else "")
            users = [{"id": (1 if not last else page) * 10 + each} for each in range(3)]
            link = f'<http://x/?page={page + 1}>; rel="next"' if page != last else ""
            site.special[path] = ok(users, Link=link)
    harvest(frame_seed=13, likers_cap=7)
    found = records(tmp_path)
    hashes = [hash_liker(user, KEY) for user in (10, 11, 12, 20, 21, 22, 30)]
    assert (found[capped].likers, found[capped].likers_truncated) == (hashes, True)
    assert (found[whole].likers, found[whole].likers_truncated) == (hashes[:6], False)
    assert (found[endless].likers, found[endless].likers_truncated) == (hashes[:3], True)


def test_transient_failures_are_tried_again_at_the_end_and_handed_on(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    order = order_of_ids()
    down, back = order[0], order[1]
    site.special[f"/things/{down}"] = Reply(status=502, body=b"[]")
    api.routes[f"/things/{back}"] = [Reply(status=502, body=b"[]")] * 5 + [ok(site.thing(back))]
    manifest = harvest(frame_seed=13)
    assert api.asked.count(f"/things/{down}") == 10
    found = records(tmp_path)
    assert found[down].outcome == "retry"
    assert found[back].outcome == "ok"
    (retry,) = manifest.retries
    assert (retry.thing_id, retry.attempts, retry.next_at) == (down, 2, "2026-09-02T08:00:00Z")
    # The same day it is not due and handed on; the next day it is decided.
    assert harvest("2026-09-02", frame_seed=13).retries == [retry]
    del site.special[f"/things/{down}"]
    site.later(2)
    later = harvest("2026-09-03", frame_seed=13)
    assert later.retries == []
    assert records(tmp_path, "2026-09-03")[down].outcome in ("ok", "gone", "private")


def test_an_api_that_is_down_stops_the_night_without_a_tombstone(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    harvest(frame_seed=13, target_live=0)
    api.fallback = lambda path: (
        site.reply(path)
        if "search" in path
        else Reply(status=503, body=b"<html>", kind="text/html")
    )
    with pytest.raises(Unavailable, match="seems to be down"):
        harvest("2026-09-02")
    assert read_manifest(night_folder(tmp_path, "2026-09-02")) is None
    api.fallback = site.reply
    manifest = harvest("2026-09-02")
    assert manifest.counts.retry == 0
    assert manifest.counts.ok >= 20
    for thing_id, record in records(tmp_path, "2026-09-02").items():
        assert record.outcome == ("ok", "gone", "private")[thing_id % 3]


def test_a_token_revoked_in_mid_night_stops_it_and_tombstones_nothing(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    def revoked(path: str) -> Reply:
        return site.reply(path) if len(api.asked) < 40 else refusal(401, "Unauthorized")

    api.fallback = revoked
    with pytest.raises(TokenRejected):
        harvest()
    assert len(api.asked) == 41  # the refused one, and whether others are refused too
    api.fallback = site.reply
    manifest = harvest()
    asked = [path for path in api.asked if path != "/search/?type=things&per_page=1&sort=newest"]
    assert len(asked) - len(set(asked)) == 1  # only the refused one twice
    assert all(
        record.outcome == ("ok", "gone", "private")[thing_id % 3]
        for thing_id, record in records(tmp_path).items()
    )
    assert manifest.counts.ok == 20


def test_a_ban_stops_the_night_and_a_single_refusal_does_not(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    order = order_of_ids()
    site.special[f"/things/{order[0]}"] = refusal(403, "Forbidden")
    manifest = harvest(frame_seed=13)
    assert [retry.thing_id for retry in manifest.retries] == [order[0]]
    api.fallback = lambda path: refusal(403, "Forbidden")
    with pytest.raises(Blocked):
        harvest("2026-09-02", frame_seed=13)


def test_one_hostile_answer_costs_only_itself(harvest: Harvest, site: Site, tmp_path: Path) -> None:
    address, link, deep, numbers = order_of_live_ids()[:4]
    tags = [{"name": "x", "tag": "x", "absolute_url": "http://[x"}]
    site.special[f"/things/{address}"] = ok({**site.thing(address), "tags": tags})
    site.special[f"/things/{link}/likes"] = ok([{"id": 1}], Link='<http://[x?page=2>; rel="next"')
    details = b'{"a":' * 400 + b"1" + b"}" * 400
    body = b'{"id": %d, "details_parts": [{"type": "settings", "data": %s}]}' % (deep, details)
    site.special[f"/things/{deep}"] = Reply(body=body)
    site.special[f"/things/{numbers}"] = Reply(body=b'{"id": 1%s}' % (b"0" * 400))
    manifest = harvest(frame_seed=13)
    found = records(tmp_path)
    assert found[address].outcome == found[link].outcome == "ok"
    assert found[deep].reason == "nested too deeply - at `$.details_parts`"
    assert (manifest.counts.ok, manifest.counts.quarantined) == (20, 2)
    assert redecode_night(night_folder(tmp_path)) == manifest


@pytest.mark.parametrize("trouble", [ValueError, OverflowError, RecursionError, UnicodeError])
def test_whatever_a_decoder_stumbles_over_is_quarantined(
    harvest: Harvest,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: type[Exception],
) -> None:
    live = [each for each in order_of_ids() if each % 3 == 0]

    def stumbling(tree: Any) -> ThingAnswer:
        if tree["id"] == live[0]:
            raise trouble("what nobody thought of")
        return decode_thing(tree)

    monkeypatch.setattr(visit_module, "decode_thing", stumbling)
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.quarantined) == (20, 1)
    reason = f"Not understood ({trouble.__name__}: what nobody thought of) - at `$`"
    assert records(tmp_path)[live[0]].reason == reason


def test_an_answer_that_is_no_object_says_nothing_about_a_thing(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    live = order_of_live_ids()[:3]
    for thing_id, body in zip(live, (b'"x"', b"true", b"[]"), strict=True):
        api.routes[f"/things/{thing_id}"] = [Reply(body=body)] * 3 + [ok(site.thing(thing_id))]
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.quarantined, manifest.retries) == (20, 0, [])
    assert [api.asked.count(f"/things/{each}") for each in live] == [4, 4, 4]


def test_many_failures_here_and_there_do_not_stop_a_healthy_night(
    harvest: Harvest, site: Site
) -> None:
    failing = [each for each in order_of_ids() if each % 3 == 0][:12]
    for thing_id in failing:
        site.special[f"/things/{thing_id}"] = Reply(status=502, body=b"")
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.ok, manifest.counts.retry) == (20, 12)
    # Carried on they come one after the other on a later night, and that stops nothing either.
    site.later(2)
    later = harvest("2026-09-03", frame_seed=13, target_live=5)
    assert (later.counts.ok, later.counts.retry) == (5, 12)


@pytest.mark.parametrize(
    "reply",
    [
        refusal(401, "You do not have access to this thing"),
        refusal(403, "Forbidden"),
        Reply(status=403, body=b"<html>Forbidden</html>", kind="text/html"),
        Reply(status=401, body=b"", kind="text/html"),
    ],
)
@pytest.mark.parametrize("resource", ["", "/categories", "/likes", "/files"])
def test_one_refused_resource_is_no_ban_and_no_bad_token(
    harvest: Harvest, site: Site, tmp_path: Path, reply: Reply, resource: str
) -> None:
    thing_id = order_of_live_ids()[0]
    site.special[f"/things/{thing_id}{resource}"] = reply
    manifest = harvest(frame_seed=13)
    found = records(tmp_path)[thing_id]
    assert manifest.counts.ok == 20
    if resource:
        assert manifest.counts.incomplete == 1
        assert str(found.reason).startswith(f"{resource[1:]}: ")
    else:
        assert found.outcome == "retry"
        assert [retry.thing_id for retry in manifest.retries] == [thing_id]


@pytest.mark.parametrize("resource", ["/categories", "/likes", "/files"])
@pytest.mark.parametrize(("status", "error"), [(401, TokenRejected), (403, Blocked)])
def test_a_refusal_of_everything_is_found_in_the_middle_of_a_thing(
    harvest: Harvest,
    site: Site,
    api: FakeApi,
    tmp_path: Path,
    resource: str,
    status: int,
    error: type[Exception],
) -> None:
    thing_id = order_of_live_ids()[0]

    refused: list[str] = []

    def refusing(path: str) -> Reply:
        if refused or path == f"/things/{thing_id}{resource}":
            refused.append(path)
            return refusal(status, "No")
        return site.reply(path)

    api.fallback = refusing
    with pytest.raises(error):
        harvest(frame_seed=13)
    api.fallback = site.reply
    manifest = harvest(frame_seed=13)
    assert (manifest.counts.incomplete, manifest.counts.retry) == (0, 0)


def test_a_token_that_is_told_back_is_written_nowhere(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    gone_id, live_id = next(e for e in order_of_ids() if e % 3), order_of_live_ids()[0]
    site.special[f"/things/{gone_id}"] = refusal(404, f"token {TOKEN}: no such thing")
    site.special[f"/things/{live_id}"] = ok({**site.thing(live_id), "description": f"by {TOKEN}"})
    link = f'<http://x/?access_token={TOKEN}&page=2>; rel="next"'
    site.special[f"/things/{live_id}/likes"] = ok([{"id": 1}], Link=link)
    harvest(frame_seed=13)
    assert records(tmp_path)[gone_id].reason == "token [token]: no such thing"
    assert TOKEN.encode() not in everything_written(tmp_path / "things")
    api.fallback = lambda path: refusal(401, f"The token {TOKEN} was revoked")
    with pytest.raises(TokenRejected, match="revoked") as caught:
        harvest("2026-09-02", frame_seed=13)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("reply", [refusal(404, "Not Found"), ok({})])
def test_a_site_without_any_live_thing_is_not_believed(
    harvest: Harvest, site: Site, api: FakeApi, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(harvest_module, "MISSES_IN_A_ROW", 30)
    api.fallback = lambda path: site.reply(path) if "search" in path else reply
    with pytest.raises(ThingistatError, match="30 ids in a row"):
        harvest()


def test_the_panel_is_visited_when_due_and_marked(
    harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    first = harvest(panel_fraction=1.0, panel_share=0.5)
    assert len(first.panel) == 20
    site.later(7)
    site.special[f"/things/{min(first.panel)}"] = refusal(404, "deleted")
    second = harvest("2026-09-08", panel_fraction=1.0, panel_share=0.5)
    visited = {each: rec for each, rec in records(tmp_path, "2026-09-08").items() if rec.panel}
    assert set(visited) == set(sorted(first.panel)[:10])
    assert min(first.panel) in second.panel_gone
    assert second.counts.ok == 20
    site.later(1)
    third = harvest("2026-09-09", panel_fraction=1.0, panel_share=0.5)
    again = {each for each, rec in records(tmp_path, "2026-09-09").items() if rec.panel}
    assert again == set(sorted(first.panel)[10:])
    assert third.observed_on == "2026-09-09"


def test_things_of_a_snapshot_are_left_out_of_the_frame_and_join_the_panel(
    harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    old = known(live=range(3, 150, 3), dead=range(1, 150, 3), day=date(2022, 8, 11))
    deleted = 6
    site.special[f"/things/{deleted}"] = refusal(404, "deleted")
    options = {"panel_fraction": 1.0, "panel_share": 1.0, "target_live": 30, "known": (old,)}
    first = harvest(**options)
    visits = records(tmp_path)
    panel = {each for each, record in visits.items() if record.panel}
    assert len(panel) == 30
    assert panel <= set(old.live.tolist())
    assert all(visits[each].outcome == "ok" for each in panel - {deleted})
    drawn = set(visits) - panel
    assert not drawn & set(old.attempted.tolist())
    assert first.counts.ok == 30
    # The next night takes the rest of the snapshot; those of this one are due after 90 days.
    site.later(1)
    second = harvest("2026-09-02", **options)
    again = {each for each, record in records(tmp_path, "2026-09-02").items() if record.panel}
    assert again == set(old.live.tolist()) - panel
    assert deleted in {*first.panel_gone, *second.panel_gone}
    site.later(89)
    harvest("2026-11-30", **options | {"target_live": 100})
    due = {each for each, record in records(tmp_path, "2026-11-30").items() if record.panel}
    assert panel - {deleted} <= due
    assert not due & (again | {deleted})


def test_a_thing_found_gone_before_its_snapshot_came_is_not_asked_for_again(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    harvest(panel_fraction=1.0, panel_share=0.5)
    gone = [each for each, record in records(tmp_path).items() if record.outcome == "gone"]
    assert gone
    site.later(30)
    harvest(
        "2026-10-01", panel_fraction=1.0, panel_share=0.5, target_live=100, known=(known(gone),)
    )
    assert [api.asked.count(f"/things/{each}") for each in gone] == [1] * len(gone)


def test_a_late_night_says_so(harvest: Harvest) -> None:
    assert harvest("2026-08-25").late
    assert harvest("2026-08-25").observed_on == "2026-09-01"


def test_an_unfinished_night_keeps_its_ids(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    def revoked(path: str) -> Reply:
        return site.reply(path) if len(api.asked) < 40 else refusal(401, "Unauthorized")

    api.fallback = revoked
    with pytest.raises(TokenRejected):
        harvest()
    api.fallback = site.reply
    harvest("2026-09-02")
    harvest()
    assert not set(records(tmp_path)) & set(records(tmp_path, "2026-09-02"))


def test_a_kill_between_any_two_closing_steps_is_made_up_for(
    harvest: Harvest, api: FakeApi, tmp_path: Path
) -> None:
    folder = night_folder(tmp_path)
    expected = harvest()
    asked = len(api.asked)
    closed = zstandard.ZstdDecompressor().decompressobj()
    lines = closed.decompress((folder / "journal.jsonl.zst").read_bytes())

    def before_the_compressed_journal() -> None:
        (folder / "journal.jsonl").write_bytes(lines)
        (folder / "journal.jsonl.zst").unlink()
        before_the_parts()

    def before_the_parts() -> None:
        (folder / "things-0000.jsonl.zst").unlink()
        before_the_manifest()

    def before_the_manifest() -> None:
        (folder / "manifest.json").unlink()

    def before_the_journal_goes() -> None:
        (folder / "journal.jsonl").write_bytes(lines)

    for kill in (
        before_the_compressed_journal,
        before_the_parts,
        before_the_manifest,
        before_the_journal_goes,
    ):
        kill()
        assert harvest() == expected
        assert len(api.asked) == asked
        assert not (folder / "journal.jsonl").exists()


def test_records_can_be_decoded_again_without_a_request(
    harvest: Harvest, api: FakeApi, tmp_path: Path
) -> None:
    folder = night_folder(tmp_path)
    expected = harvest()
    asked = len(api.asked)
    for part in folder.glob("things-*"):
        part.write_bytes(b"made by an older model")
    assert redecode_night(folder) == expected
    assert len(records(tmp_path)) == expected.counts.attempted
    # Killed in the middle, the night counts as unfinished and is completed by whoever comes next.
    (folder / "manifest.json").replace(folder / "manifest.earlier.json")
    assert harvest() == expected
    assert len(api.asked) == asked
    assert {path.name for path in folder.glob("manifest*")} == {"manifest.json"}


def test_closing_without_a_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThingistatError, match="lacks"):
        close_night(tmp_path)


@pytest.mark.parametrize("night", ["../x", "2026-13-01", "tonight", ""])
def test_a_night_is_named_by_its_date(harvest: Harvest, night: str) -> None:
    with pytest.raises(MisuseError, match="YYYY-MM-DD"):
        harvest(night)


def test_real_and_simulated_nights_do_not_meet(harvest: Harvest) -> None:
    harvest()
    with pytest.raises(ThingistatError, match="another data folder"):
        harvest("2026-09-02", source="thingiverse")


def test_the_token_is_in_no_traceback_and_no_log(
    harvest: Harvest, api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    harvest()
    api.fallback = lambda path: refusal(401, "Unauthorized")
    with pytest.raises(TokenRejected) as caught:
        harvest("2026-09-02")
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told + caplog.text


def test_the_plan_is_written_before_anything_is_asked_of_a_thing(
    harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    seen: list[dict[str, object]] = []

    def watching(path: str) -> Reply:
        if "search" not in path and not seen:
            seen.append(json.loads((night_folder(tmp_path) / "plan.json").read_text()))
        return site.reply(path)

    api.fallback = watching
    harvest()
    assert seen[0]["newest_id"] == 300
    assert seen[0]["target_live"] == 20
