"""Candidate pictures against models that a whole run made."""

import numpy as np
import pytest

from thingistat_pipeline.advisor.catalogue import Catalogue
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.decoding import Decoder
from thingistat_pipeline.advisor.picture_ranking import NEARLY_THE_SAME, PictureJudge
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.features.storage import read_frame
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.thumbnails import Thumbnails


@pytest.fixture(scope="module")
def judge(world: Settings, database: Database) -> PictureJudge:
    return PictureJudge.load(world, database)


def test_covers_sent_as_candidates_measure_and_rank_as_the_pipeline_has_it(
    world: Settings, database: Database, judge: PictureJudge
) -> None:
    covers = Thumbnails(world.thumbnails_dir)
    things = sorted(covers.held)[:40:8]
    contents = [covers.picture(thing) or b"" for thing in things]
    with Decoder() as decoder:
        pictures = decoder.decoded(contents)
    found = judge.ranked(
        [str(thing) for thing in things], pictures, Catalogue(database, world).cards
    )
    assert found.available, found.reason
    assert found.synthetic
    assert sorted(each.place or 0 for each in found.pictures) == [1, 2, 3, 4, 5]
    assert found.pictures[found.best or 0].place == 1
    assert found.accuracy is not None
    assert found.uplift is not None
    assert found.uplift.low <= found.uplift.value <= found.uplift.high
    measured = read_frame(world.features_dir, "picture_features").frame
    for thing, each in zip(things, found.pictures, strict=True):
        (known,) = measured.filter(thing_id=thing).to_dicts()
        for look in LOOKS:
            assert each.measures[look.name] == pytest.approx(known[look.name], abs=1e-5), look.name
        assert len(each.reasons) == 7
        own = next((card for card in each.look_alikes if card.id == thing), None)
        if own is not None:  # unless it is hidden, or others are copies of it too
            assert own.remark == NEARLY_THE_SAME
            assert own.similarity == pytest.approx(1, abs=2e-3)
    assert sum(card.id == thing for thing, each in zip(things, found.pictures, strict=True)
               for card in each.look_alikes) >= 3  # fmt: skip


def test_the_order_is_that_of_the_chances(
    world: Settings, database: Database, judge: PictureJudge
) -> None:
    random = np.random.default_rng(4)
    pictures = [random.integers(0, 50 * each, (60, 80, 3), dtype=np.uint8) for each in range(1, 6)]
    found = judge.ranked(list("abcde"), pictures, Catalogue(database, world).cards)
    by_place = sorted(found.pictures, key=lambda each: each.place or 0)
    chances = [each.chance or 0.0 for each in by_place]
    assert chances == sorted(chances, reverse=True)
    assert all(0 < chance < 1 for chance in chances)


def test_the_model_says_how_well_it_does(judge: PictureJudge) -> None:
    state = judge.state()
    assert state.available
    assert state.reason is None
    assert state.effort == "quick"
    assert "one half is chance" in (state.skill or "")
