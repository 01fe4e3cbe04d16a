"""What is not understood is put aside with its text, asked for again, and harms nobody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from thingistat_pipeline.sampling.plan import read_plan
from thingistat_pipeline.sampling.visit import Visitor
from thingistat_pipeline.thingiverse.manifest import Manifest, read_manifest, read_records
from thingistat_pipeline.thingiverse.records import LONGEST_TEXT, Quarantined, Record
from thingistat_pipeline_tests.sampling.conftest import Harvest, Site
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, Reply, ok

NIGHT = "2026-09-01"


def records(folder: Path, night: str = NIGHT) -> dict[int, Record]:
    return {each.thing_id: each for each in read_records(folder / "things" / night)}


def live(found: dict[int, Record]) -> list[int]:
    return [number for number, record in found.items() if record.outcome == "ok"]


def drift(site: Site, things: list[int]) -> None:
    for number in things:
        site.special[f"/things/{number}"] = ok({**site.thing(number), "like_count": {"value": 2}})


@pytest.fixture
def undisturbed(harvest: Harvest, tmp_path: Path) -> tuple[Manifest, dict[int, Record]]:
    manifest, found = harvest(), records(tmp_path)
    (tmp_path / "things").rename(tmp_path / "undisturbed")
    return manifest, found


def test_an_answer_is_put_aside_with_its_text_and_without_people(
    undisturbed: Any, harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    first, second, third, *others = live(undisturbed[1])
    drift(site, [first])
    files = [{"id": 5, "name": "a.stl", "size": [1], "location": "Placecanary"}]
    site.special[f"/things/{second}/files"] = ok(files)
    site.special[f"/things/{third}"] = ok(site.thing(third) | {"like_count": 2})
    site.special[f"/things/{third}/likes"] = ok([{"id": 990001, "name": "liker-a"}, "liker-b"])
    harvest(quarantine_share_allowed=1)

    found = records(tmp_path)
    (aside,) = found[first].quarantined or []
    assert (aside.resource, found[first].outcome) == ("thing", "quarantined")
    assert aside.reason == "Expected `int | null`, got `object` - at `$.like_count`"
    told = msgspec.json.decode(aside.text or "")
    assert (told["id"], told["like_count"]) == (first, {"value": 2})
    assert told["creator"] == {"id": 77, "name": "nick"}

    (aside,) = found[second].quarantined or []
    text = '[{"id":5,"name":"a.stl","size":[1]}]'
    assert (aside.resource, aside.text, found[second].files) == ("files", text, None)
    assert "$[0].size" in aside.reason
    assert found[second].thing == undisturbed[1][second].thing

    assert found[third].quarantined == [
        Quarantined(resource="likes", reason="Expected `object`, got `str` - at `$[1]`")
    ]
    assert found[third].likers is None
    assert {each: found[each] for each in others} == {each: undisturbed[1][each] for each in others}


def test_a_long_answer_is_cut(undisturbed: Any, harvest: Harvest, site: Site, tmp_path: Path):
    first, *_ = live(undisturbed[1])
    site.special[f"/things/{first}"] = ok({"id": first, "tags": 5, "name": "x" * 10**6})
    harvest()
    (aside,) = records(tmp_path)[first].quarantined or []
    assert len(aside.text or "") == LONGEST_TEXT


def test_what_failed_for_another_reason_is_in_no_quarantine(
    undisturbed: Any, harvest: Harvest, site: Site, tmp_path: Path
) -> None:
    first, second, *_ = live(undisturbed[1])
    site.special[f"/things/{first}/files"] = Reply(500, b"[]")
    site.special[f"/things/{second}/categories"] = Reply(404, b'{"error":"Not Found"}')
    manifest = harvest()
    assert manifest.counts.incomplete == 2
    assert manifest.counts.not_understood == 0
    assert not any(record.quarantined for record in records(tmp_path).values())


def test_too_many_are_asked_for_again_by_the_same_command(
    undisturbed: Any, harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    strange = live(undisturbed[1])[:4]
    drift(site, strange)
    drifted = harvest()
    assert (drifted.counts.quarantined, drifted.counts.not_understood) == (4, 4)
    asked = len(api.asked)
    assert harvest().counts.quarantined == 4  # it goes on
    assert len(api.asked) - asked == 4

    site.special.clear()
    asked = len(api.asked)
    mended = harvest()
    assert {target.split("/")[2] for target in api.asked[asked:]} == set(map(str, strange))
    assert (mended.counts.quarantined, mended.counts.not_understood, mended.retries) == (0, 0, [])
    found = records(tmp_path)
    assert {each: found[each] for each in live(undisturbed[1])} == {
        each: undisturbed[1][each] for each in live(undisturbed[1])
    }
    asked = len(api.asked)
    assert harvest() == mended  # and now it is finished for good
    assert len(api.asked) == asked


def test_as_many_as_are_allowed_are_asked_for_again_by_a_later_night_only(
    undisturbed: Any, harvest: Harvest, site: Site, api: FakeApi, tmp_path: Path
) -> None:
    (strange, *_) = live(undisturbed[1])
    drift(site, [strange])
    manifest = harvest()
    asked = len(api.asked)
    assert harvest() == manifest
    assert len(api.asked) == asked
    assert [retry.thing_id for retry in manifest.retries] == [strange]

    site.special.clear()
    site.later(days=1)
    assert harvest("2026-09-02").retries == []
    assert records(tmp_path, "2026-09-02")[strange].outcome == "ok"


@pytest.mark.parametrize("step", ["after the journal", "after the manifest", "while asking"])
def test_killed_while_it_is_opened_again_a_night_loses_nothing(
    undisturbed: Any,
    harvest: Harvest,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    drift(site, live(undisturbed[1])[:4])
    before = (harvest(), records(tmp_path))
    folder = tmp_path / "things" / NIGHT

    unlink, places = Path.unlink, {"after the journal": "manifest", "after the manifest": "journal"}

    def kill(path: Path, missing_ok: bool = False) -> None:
        if path.parent == folder and path.name.startswith(places.get(step, "-")):
            raise Killed
        unlink(path, missing_ok=missing_ok)

    with monkeypatch.context() as patched:
        if step == "while asking":
            patched.setattr(Visitor, "visit", _killed_at_the_second(Visitor.visit))
        else:
            patched.setattr(Path, "unlink", kill)
        with pytest.raises(Killed):
            harvest()

    site.special.clear()
    finished = harvest()
    if finished.counts.not_understood:  # it was whole, and counts as finished once more
        assert finished.counts.attempted == before[0].counts.attempted
        assert records(tmp_path) == before[1]
        finished = harvest()
    assert finished.counts.not_understood == 0
    found = records(tmp_path)
    assert {each: found[each] for each in live(undisturbed[1])} == {
        each: undisturbed[1][each] for each in live(undisturbed[1])
    }
    assert read_manifest(folder) == finished
    assert read_plan(folder) is not None


class Killed(BaseException):
    """The process ends here."""


def _killed_at_the_second(visit: Callable[..., Any]) -> Callable[..., Any]:
    calls: list[int] = []

    def visited(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise Killed
        return visit(*args, **options)

    return visited
