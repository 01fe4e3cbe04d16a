"""Candidate pictures ranked by models made by hand, of which it is known what must come out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from thingistat_pipeline.advisor.answered import PictureRanking
from thingistat_pipeline.advisor.catalogue import Catalogue
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.decoding import Picture, Refused
from thingistat_pipeline.advisor.picture_ranking import NEARLY_THE_SAME, SHOWN, PictureJudge
from thingistat_pipeline.features.pictures import LOOKS
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.visual.network import Network
from thingistat_pipeline.visual.weights import WeightsRefusedError
from thingistat_pipeline_tests.advisor.pictured_world import (
    COVERS,
    HIDDEN,
    pictured_world,
    plain,
    spotted,
    store_choice,
    store_looks,
    store_photograph,
)
from thingistat_pipeline_tests.advisor.small_worlds import small_world
from thingistat_pipeline_tests.warehouse.support import live

Rank = Callable[..., PictureRanking]


def ranking_of(settings: Settings) -> Rank:
    database = Database(settings.published_file)
    judge, catalogue = PictureJudge.load(settings, database), Catalogue(database, settings)

    def ranked(*pictures: Picture | Refused) -> PictureRanking:
        names = [f"{number}.jpg" for number in range(len(pictures))]
        return judge.ranked(names, pictures, catalogue.cards)

    return ranked


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return pictured_world(tmp_path_factory.mktemp("pictured"))


@pytest.fixture(scope="module")
def rank(settings: Settings) -> Rank:
    return ranking_of(settings)


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """A world without models, to store some in."""
    return small_world(tmp_path, [live(1), live(2)])


def logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def speaking(found: PictureRanking, number: int) -> dict[str, str]:
    return {each.feature: each.speaks for each in found.pictures[number].reasons}


def test_places_and_chances_are_as_the_weights_say(rank: Rank) -> None:
    # CIELAB lightness of white is 1, of black 0: two spreads above and below the centre.
    found = rank(plain(0), plain(255), plain(0))
    assert found.available
    assert [each.place for each in found.pictures] == [2, 1, 3]
    assert found.best == 1
    white = logistic(2 - -2)
    black = logistic(-2 - (2 - 2) / 2)
    chances = [each.chance for each in found.pictures]
    assert chances == pytest.approx([black, white, black], abs=1e-6)
    assert speaking(found, 1)["picture_brightness"] == "for"
    assert speaking(found, 0)["picture_brightness"] == "against"
    assert speaking(found, 1)["other"] == "neither"


def test_what_choosing_brings_comes_with_its_intervals_and_caution(rank: Rank) -> None:
    found = rank(plain(10), plain(250))
    assert found.uplift is not None
    assert found.accuracy is not None
    assert found.uplift.model_dump() == pytest.approx({"value": 1.5, "low": 1.2, "high": 2})
    assert found.accuracy.model_dump() == {"value": 0.6, "low": 0.55, "high": 0.65}
    assert found.best_of == 3
    assert "measured on the best of three" in found.caution
    assert "need not cause" in found.caution
    assert "chance for certain" not in found.caution
    assert "as good as equal" not in found.caution
    assert found.synthetic


def test_two_that_hardly_differ_are_called_equal(rank: Rank) -> None:
    assert "as good as equal" in rank(plain(120), plain(121), plain(0)).caution


def test_a_picture_further_out_than_covers_gains_nothing_more_by_it(own: Settings) -> None:
    store_looks(own)
    store_photograph(own)
    store_choice(own)
    # Lightness lies .5 from the centre at black, a little less at a dark grey: further out than 2.5
    # spreads where a spread is small.
    assert abs((ranking_of(own)(plain(20), plain(0)).pictures[0].chance or 0) - 0.5) > 0.05
    store_choice(own, spread=0.05, version="two")
    assert ranking_of(own)(plain(20), plain(0)).pictures[0].chance == pytest.approx(0.5, abs=1e-9)


def test_one_alone_is_measured_and_compared_with_covers_and_not_ranked(rank: Rank) -> None:
    found = rank(plain(200))
    (only,) = found.pictures
    assert (only.place, only.chance, found.best) == (1, None, 0)
    assert (found.uplift, found.best_of, found.accuracy, found.caution) == (None, None, None, "")
    assert list(only.measures) == [look.name for look in LOOKS]
    assert only.look_alikes


def test_refused_ones_keep_their_number_and_say_why(rank: Rank) -> None:
    found = rank(Refused("It is broken."), plain(0), Refused("It is empty."), plain(255))
    assert [each.refused for each in found.pictures] == [
        "It is broken.", None, "It is empty.", None,
    ]  # fmt: skip
    assert [each.place for each in found.pictures] == [None, 2, None, 1]
    assert [each.number for each in found.pictures] == [0, 1, 2, 3]
    assert [each.name for each in found.pictures] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert found.best == 3


def test_all_refused_or_none_sent_is_no_error(rank: Rank) -> None:
    assert rank(Refused("no")).pictures[0].refused == "no"
    assert rank().pictures == []
    assert rank().best is None


def test_copies_come_first_and_then_the_well_known(rank: Rank) -> None:
    cover, _ = COVERS[1]
    scaled = cv2.resize(cover, (480, 360), interpolation=cv2.INTER_NEAREST)
    (only,) = rank(scaled.astype(np.uint8)).pictures
    first, *others = only.look_alikes
    assert (first.id, first.remark) == (1, NEARLY_THE_SAME)
    assert (first.similarity or 0) > 0.95
    assert [card.id for card in others] == [2, 14, 13, 12, 11]  # by downloads
    assert {card.remark for card in others} == {""}
    assert len(only.look_alikes) == SHOWN


def test_hidden_things_are_never_shown(rank: Rank) -> None:
    cover, _ = COVERS[HIDDEN]
    (only,) = rank(cover).pictures
    assert HIDDEN not in [card.id for card in only.look_alikes]


def test_what_is_told_does_not_depend_on_what_else_is_sent(rank: Rank) -> None:
    alone = rank(spotted(50)).pictures[0]
    among = rank(spotted(51), spotted(50, 200, 900), spotted(50)).pictures[2]
    assert alone.measures == among.measures
    assert alone.reasons == among.reasons
    assert [card.id for card in alone.look_alikes] == [card.id for card in among.look_alikes]


def test_colours_make_a_photograph_by_the_stored_numbers(rank: Rank) -> None:
    grey, coloured = rank(plain(128), spotted(1)).pictures
    # Colourfulness of grey is 0, ten spreads below the centre.
    assert grey.photograph == pytest.approx(logistic(-10), abs=1e-6)
    assert (coloured.photograph or 0) > 0.9
    assert grey.measures["picture_photograph"] == pytest.approx(logistic(-10), abs=1e-6)


def test_an_order_no_better_than_a_coin_says_so(own: Settings) -> None:
    store_looks(own)
    store_photograph(own)
    store_choice(own, accuracy={"value": 0.52, "low": 0.47, "high": 0.57})
    assert "was not better than chance for certain" in ranking_of(own)(plain(0), plain(9)).caution


def unranked(found: PictureRanking) -> Sequence[object]:
    return (found.available, found.best, found.uplift, found.caution,
            *(each.place for each in found.pictures))  # fmt: skip


def test_without_any_model_pictures_are_still_measured(own: Settings) -> None:
    found = ranking_of(own)(plain(0), plain(255))
    assert unranked(found) == (False, None, None, "", None, None)
    assert "make run" in (found.reason or "")
    assert found.pictures[1].measures["picture_brightness"] == pytest.approx(1, abs=1e-6)
    assert found.pictures[1].photograph is None
    assert found.pictures[1].look_alikes == []
    assert {each.speaks for each in found.pictures[1].reasons} == {"neither"}


def test_where_it_could_not_be_judged_the_reason_is_told_and_look_alikes_come(
    own: Settings,
) -> None:
    store_looks(own)
    store_photograph(own)
    store_choice(own, judged=False, reason="Only 9 pairs of similar things.")
    found = ranking_of(own)(plain(0), spotted(1))
    assert unranked(found) == (False, None, None, "", None, None)
    assert found.reason == "Only 9 pairs of similar things."
    assert [card.id for card in found.pictures[1].look_alikes] == [1, 2]


def test_a_network_that_is_not_installed_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(network: Network) -> None:
        raise WeightsRefusedError(f"The network {network.name} is not installed.")

    monkeypatch.setattr(Network, "weights", nowhere)
    database = Database(settings.published_file)
    judge = PictureJudge.load(settings, database)
    found = judge.ranked(["a", "b"], [plain(0), plain(1)], Catalogue(database, settings).cards)
    assert unranked(found) == (False, None, None, "", None, None)
    assert "not installed" in (found.reason or "")
    assert found.pictures[0].measures
    assert not judge.state().available
    assert "not installed" in (judge.state().reason or "")


def test_the_state_tells_version_skill_and_effort(settings: Settings) -> None:
    state = PictureJudge.load(settings, Database(settings.published_file)).state()
    assert (state.name, state.version, state.effort) == ("picture_choice", "one", "quick")
    assert state.available
    assert state.skill == (
        "Tells the better of two pictures in 60 % (55 to 65 %) of 400 pairs by creators never seen "
        "(95 % interval); one half is chance."
    )
