"""What was forgotten is neither asked for nor written down again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.sampling.close import redecode_night
from thingistat_pipeline.sampling.journal import journal_lines
from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline.thingiverse.forgotten import FORGOTTEN, KEY, Forgotten
from thingistat_pipeline.thingiverse.likers import hash_liker
from thingistat_pipeline.thingiverse.manifest import Manifest, read_records
from thingistat_pipeline_tests.sampling.conftest import KEY as LIKER_KEY
from thingistat_pipeline_tests.sampling.conftest import Site, api, client, clock, harvest, site
from thingistat_pipeline_tests.sampling.support import known
from thingistat_pipeline_tests.snapshots.support import ANN, EARLY, database, thing
from thingistat_pipeline_tests.thingiverse.fake_api import FakeApi, Reply, ok

__all__ = ["api", "client", "clock", "harvest", "site"]

Harvest = Callable[..., Manifest]
NIGHT, LATER = "2026-09-01", "2026-09-09"


def asked_about(api: FakeApi, thing_id: int) -> list[str]:
    return [each for each in api.asked if f"{each}/".startswith(f"/things/{thing_id}/")]


def records(tmp_path: Path, night: str) -> dict[int, Any]:
    return {each.thing_id: each for each in read_records(tmp_path / "things" / night)}


def test_a_night_passes_over_forgotten_ids_of_the_frame_the_panel_and_the_retries(
    harvest: Harvest, api: FakeApi, site: Site, tmp_path: Path
):
    harvest(NIGHT, panel_fraction=1.0)
    thing_id = next(each for each, r in records(tmp_path, NIGHT).items() if r.outcome == "ok")
    open_id = next(each for each in range(3, 300, 3) if each not in records(tmp_path, NIGHT))
    forgotten = Forgotten(tmp_path)
    forgotten.remember(things=[thing_id, open_id])
    api.asked.clear()
    site.later(8)
    snapshot = known([thing_id], day=date(2022, 8, 11))
    harvest(
        LATER,
        forgotten=Forgotten(tmp_path),
        panel_fraction=1.0,
        panel_share=1.0,
        target_live=80,
        known=(snapshot,),
    )
    assert len(api.asked) > 80
    assert asked_about(api, thing_id) == asked_about(api, open_id) == []


def test_a_new_thing_of_a_forgotten_creator_is_asked_for_once_and_not_written_down(
    harvest: Harvest, api: FakeApi, site: Site, tmp_path: Path
):
    def reply(target: str) -> Reply:
        answer = site.reply(target)
        if target.startswith("/things/33") and answer.status == 200 and target == "/things/33":
            return ok({**site.thing(33), "creator": {"id": 88, "name": "Vera"}, "name": "Canary"})
        return answer

    api.fallback = reply
    Forgotten(tmp_path).remember(names=["vera"])
    harvest(NIGHT, forgotten=Forgotten(tmp_path), target_live=99)
    assert asked_about(api, 33) in (["/things/33"], ["/things/33/"])
    assert 33 not in records(tmp_path, NIGHT)
    assert 33 not in {line.thing_id for line in journal_lines(tmp_path / "things" / NIGHT)}
    assert Forgotten(tmp_path).thing(33)
    assert redecode_night(tmp_path / "things" / NIGHT).counts.ok == 99


def test_forgotten_ancestors_and_likers_do_not_come_back_with_other_things(
    harvest: Harvest, api: FakeApi, site: Site, tmp_path: Path
):
    def reply(target: str) -> Reply:
        if target == "/things/33":
            named = [{"id": 66, "name": "Canary"}, "66", 66, {"id": 69, "name": "kept"}]
            return ok({**site.thing(33), "ancestors": named, "like_count": 2})
        return site.reply(target)

    api.fallback = reply
    liker = hash_liker(990_001, LIKER_KEY)
    forgotten = Forgotten(tmp_path)
    forgotten.remember(things=[66], likers=[liker])
    harvest(NIGHT, forgotten=forgotten, target_live=98)
    record = records(tmp_path, NIGHT)[33]
    assert record.thing.ancestors == [69]
    assert record.likers == [hash_liker(990_002, LIKER_KEY)]
    assert "Canary" not in str(list(journal_lines(tmp_path / "things" / NIGHT)))


def test_a_snapshot_brings_nothing_forgotten_in(tmp_path: Path):
    source = database(
        tmp_path / "things-2022-08-11.sqlite",
        EARLY,
        creators=[ANN, {**ANN, "id": 88, "name": "Vera"}],
        things=[
            thing(10, creator_id=88),
            thing(11, ancestor_ids="[12]"),
            thing(12),
            thing(13, download_count="many"),
        ],
    )
    forgotten = Forgotten(tmp_path)
    forgotten.remember(things=[12, 13], creators=[88])
    manifest = import_snapshot(
        source, tmp_path / "snapshots", liker_key=LIKER_KEY, forgotten=forgotten
    )
    folder = tmp_path / "snapshots" / manifest.name
    (only,) = read_records(folder)
    assert (only.thing_id, only.thing and only.thing.ancestors) == (11, [])
    assert (folder / "rejects.jsonl").read_text() == ""
    assert (manifest.counts.attempted, manifest.counts.rejected) == (1, 0)


def test_names_are_known_in_any_case_and_numbers_only_as_what_they_are(tmp_path: Path):
    Forgotten(tmp_path).remember(things=[7], names=["Ŵera "])
    again = Forgotten(tmp_path)
    assert again.creator(None, "ŵERA")
    assert not again.creator(7, "another")
    assert not again.liker(7)
    assert again.thing(7)
    assert not again.thing(8)


@pytest.mark.parametrize("spoil", ["key gone", "another key", "damaged"])
def test_nothing_is_fetched_while_nobody_can_tell_what_was_forgotten(tmp_path: Path, spoil: str):
    Forgotten(tmp_path).remember(things=[7])
    match spoil:
        case "key gone":
            (tmp_path / KEY).unlink()
        case "another key":
            (tmp_path / KEY).write_bytes(b"x" * 32)
        case _:
            (tmp_path / FORGOTTEN).write_text("{")
    with pytest.raises(ThingistatError, match="Restore both from a backup"):
        Forgotten(tmp_path)
