from itertools import islice
from typing import Any

import msgspec
import numpy as np
import pytest

from thingistat_pipeline.thingiverse.manifest import read_manifest, read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.generators.things import (
    MOST_THINGS,
    liker_of,
    night_of,
    records,
    user_of,
)

BLOCK = 2_000


def made(things: int) -> list[Any]:
    return list(records(things))


def test_the_first_things_are_the_same_however_many_are_asked_for():
    few, many = list(records(300, seed=5)), records(BLOCK + 100, seed=5)
    assert few == list(islice(many, 300))


def test_things_are_as_many_as_asked_for_and_each_another_across_blocks():
    ids = [record.thing_id for record in records(BLOCK + 100)]
    assert len(set(ids)) == BLOCK + 100


def test_another_seed_makes_other_things():
    first = {record.thing_id for record in records(100, seed=1)}
    assert first != {record.thing_id for record in records(100, seed=2)}


@pytest.mark.parametrize("things", [-1, MOST_THINGS + 1])
def test_more_things_than_the_catalogue_holds_are_refused(things: int):
    with pytest.raises(ValueError, match="things"):
        records(things)


def test_records_pass_the_strict_decoding_of_raw_parts():
    decoder = msgspec.json.Decoder(Record)
    for record in made(500):
        assert decoder.decode(msgspec.json.encode(record)) == record


def test_a_thing_has_as_many_files_and_likers_as_it_says():
    for record in made(BLOCK):
        assert record.thing is not None
        assert record.likers is not None
        assert len(record.files or []) == record.thing.file_count
        assert len(set(record.likers)) == len(record.likers) == min(record.thing.like_count, 300)
        assert record.likers_truncated == (record.thing.like_count > 300)


def test_a_tag_key_stands_for_one_tag_only():
    seen: dict[str, object] = {}
    for record in made(BLOCK):
        for tag in record.thing.tags or []:
            assert seen.setdefault(tag.tag, tag) == tag


def test_a_liker_leads_back_to_the_user():
    users = np.array([1, 1_000_001, 3_600_000], dtype=np.int64)
    likers = liker_of(users).tolist()
    assert [user_of(liker) for liker in likers] == users.tolist()
    assert all(0 <= liker < 2**63 for liker in likers)


def test_customized_things_bear_the_site_s_own_words():
    customized = [r.thing for r in made(500) if [t.tag for t in r.thing.tags] == ["customized"]]
    assert customized
    for thing in customized:
        (ancestor,) = thing.ancestors
        assert thing.description.startswith("Customized version of ")
        assert f"thing_id={ancestor}" in thing.description
        assert thing.instructions.startswith("Using the following options:\n")


def test_a_night_is_finished_holds_every_thing_and_is_made_once(tmp_path):
    nights = night_of(40, seed=3, scratch=tmp_path)
    (night,) = nights.iterdir()
    manifest = read_manifest(night)
    assert manifest is not None
    assert manifest.counts.ok == 40
    assert list(read_records(night)) == list(records(40, seed=3))
    finished = (night / "manifest.json").stat().st_mtime_ns
    assert night_of(40, seed=3, scratch=tmp_path) == nights
    assert (night / "manifest.json").stat().st_mtime_ns == finished
