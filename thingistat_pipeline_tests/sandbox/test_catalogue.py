"""The generative model: shares, marginals, time, and that nothing ever shrinks."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from thingistat_pipeline.sandbox import catalogue
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, NEWEST_ID, Thing
from thingistat_pipeline.sandbox.effects import EFFECTS, PLANTED_EFFECTS
from thingistat_pipeline.sandbox.originals import classics, customizers
from thingistat_pipeline.sandbox.timeline import newest_id, noon_of, published_seconds, written
from thingistat_pipeline.sandbox.vocabulary import SUBCATEGORIES, TOP_CATEGORIES

COUNTS = [name for name in Thing._fields if name.endswith("_count") and name != "tag_count"]
# ThingiPano's designs per top category (dataset_totals.json).
THINGIPANO = {
    "household": 191418,
    "3d-printing": 184697,
    "art": 123367,
    "hobby": 111073,
    "fashion": 110465,
    "toys-and-games": 66555,
    "gadgets": 61460,
    "tools": 55462,
    "models": 43745,
    "learning": 16469,
}


def test_about_35_percent_of_the_ids_are_live(live: np.ndarray) -> None:
    # 3,528 of 10,000 random ids were live in the field.
    assert len(live) / (NEWEST_ID / 37) == pytest.approx(0.3528, abs=0.005)


def test_the_states_of_the_others_are_those_of_the_field() -> None:
    states = [catalogue.state_of(12, n, DEFAULT_TODAY) for n in range(1, NEWEST_ID, 977)]
    share = {state: states.count(state) / len(states) for state in set(states)}
    assert set(share) == {"live", "deleted", "unpublished", "private", "moderated"}
    assert share["deleted"] > 0.5
    assert all(share[rare] > 0.003 for rare in ("unpublished", "private", "moderated"))


@pytest.mark.parametrize("number", [-1, 0, NEWEST_ID + 1, 10**12])
def test_an_id_that_was_never_given_out_is_no_thing(number: int) -> None:
    assert catalogue.state_of(12, number, DEFAULT_TODAY) == "never"


def test_the_state_of_one_id_agrees_with_that_of_many() -> None:
    ids = np.arange(5_000_000, 5_002_000)
    live = set(catalogue.live_ids(ids, 12, DEFAULT_TODAY).tolist())
    assert live == {n for n in ids.tolist() if catalogue.is_live(12, n, DEFAULT_TODAY)}


def test_one_thing_is_described_as_among_many(live: np.ndarray, things: dict[str, Any]) -> None:
    for row in range(0, len(live), 9_000):
        alone = catalogue.describe_thing(int(live[row]), 12, DEFAULT_TODAY)
        assert alone == Thing(*(things[name][row].item() for name in Thing._fields))


def test_another_seed_is_another_catalogue(live: np.ndarray, things: dict[str, Any]) -> None:
    other = catalogue.describe_things(live[:500], 13, DEFAULT_TODAY)
    assert (other["download_count"] != things["download_count"][:500]).mean() > 0.9


def test_category_shares_are_those_of_thingipano(things: dict[str, Any]) -> None:
    known = things["top"][things["top"] >= 0]
    assert len(known) / len(things["top"]) == pytest.approx(964_711 / 1_017_687, abs=0.01)
    total = sum(THINGIPANO.values())
    for index, top in enumerate(TOP_CATEGORIES):
        assert (known == index).mean() == pytest.approx(THINGIPANO[top.slug] / total, abs=0.012)
    assert len(TOP_CATEGORIES) + len(SUBCATEGORIES) == 80


def test_two_in_five_things_are_customized_as_in_thingipano(things: dict[str, Any]) -> None:
    assert things["customized"].mean() == pytest.approx(439_690 / 1_017_687, abs=0.06)


def test_marginals_resemble_those_of_33_real_things() -> None:
    # Seen on 2022-08-11: median 162 and mean 254 downloads, median 1 like, most with one file.
    today = date(2022, 8, 11)
    ids = catalogue.live_ids(np.arange(200_000, newest_id(today), 53), 12, today)
    things = catalogue.describe_things(ids, 12, today)
    assert 120 < np.median(things["download_count"]) < 200
    assert 180 < things["download_count"].mean() < 320
    assert np.median(things["like_count"]) <= 2
    assert 0.3 < (things["like_count"] == 0).mean() < 0.6
    assert 0.5 < (things["file_count"] == 1).mean() < 0.8
    old = things["age_days"] > np.median(things["age_days"])
    assert np.median(things["download_count"][old]) > np.median(things["download_count"][~old])
    added_images = things["photos"] + things["renders"] - things["file_count"]
    assert added_images.min() < 0 < added_images.max()


def test_publication_follows_the_id_and_known_sightings() -> None:
    ids = np.arange(1, NEWEST_ID, 10_007)
    assert (np.diff(published_seconds(ids)) > 0).all()
    # Sightings of API_FACTS.md and the recorded answers.
    for number, year in ((292_962, 2014), (2_831_000, 2018), (5_171_894, 2021), (6_975_184, 2025)):
        assert written(float(published_seconds(np.array([number]))[0])).startswith(str(year))


@given(st.dates(date(2008, 10, 21), date(2035, 1, 1)))
def test_the_newest_id_is_the_last_one_published_by_noon(today: date) -> None:
    newest = newest_id(today)
    assert newest <= newest_id(today + timedelta(days=1))
    noon = noon_of(today).timestamp()
    published = published_seconds(np.array([newest, newest + 1]))
    assert published[0] <= noon + 1
    assert published[1] > noon - 1


def test_the_newest_id_of_the_default_day_is_the_constant() -> None:
    assert newest_id(DEFAULT_TODAY) == NEWEST_ID
    assert newest_id(DEFAULT_TODAY + timedelta(days=1)) == NEWEST_ID + 970
    assert newest_id(date(2008, 1, 1)) == 0


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2012, 1, 1), date(2030, 1, 1)), st.integers(1, 900), st.integers(0, 50))
def test_counts_never_shrink_and_the_dead_stay_dead(today: date, days: int, seed: int) -> None:
    later = today + timedelta(days=days)
    newest = newest_id(today)
    ids = np.unique(np.linspace(1, newest, 400).astype(np.int64))
    ids = np.union1d(ids, customizers(seed).ids[customizers(seed).ids <= newest])
    before = catalogue.describe_things(ids, seed, today)
    after = catalogue.describe_things(ids, seed, later)
    for name in (*COUNTS, "followers", "following", "designs"):
        assert (after[name] >= before[name]).all(), name
    for name in ("creator", "top", "part", "photos", "description_length", "ancestor", "quality"):
        assert_array_equal(before[name], after[name])
    gone = set(ids) - set(catalogue.live_ids(ids, seed, today))
    assert not gone & set(catalogue.live_ids(ids, seed, later))


def test_counts_agree_with_each_other(things: dict[str, Any]) -> None:
    assert (things["root_comment_count"] <= things["comment_count"]).all()
    assert (things["renders"] <= things["file_count"] - things["plain_files"]).all()
    assert (things["file_count"] >= 1).all()
    assert (things["view_count"][things["added"] > 1_600_000_000] == 0).all()
    for name in COUNTS:
        assert (things[name] >= 0).all(), name


def test_descendants_have_an_earlier_live_original_that_counts_them(things: dict[str, Any]) -> None:
    derived = things["ancestor"] > 0
    assert_array_equal(derived, things["customized"] | things["remix"])
    assert (things["ancestor"][derived] < things["id"][derived]).all()
    parents = np.unique(things["ancestor"][derived])
    assert_array_equal(parents, catalogue.live_ids(parents, 12, DEFAULT_TODAY))
    described = catalogue.describe_things(parents, 12, DEFAULT_TODAY)
    assert not described["customized"].any()
    # A sample of one in 37: the parent's own count is about 37 times the children found.
    found = np.array([(things["ancestor"] == parent).sum() for parent in parents])
    often = found > 100
    ratio = described["remix_count"][often] / (37 * found[often])
    assert np.median(ratio) == pytest.approx(1.0, abs=0.25)
    assert set(parents) <= set(customizers(12).ids) | set(classics(12).ids)


def test_creators_are_prolific_or_not_and_come_before_their_things(things: dict[str, Any]) -> None:
    designs = things["designs"]
    assert designs.min() >= 1
    assert 3 <= np.median(designs) <= 15
    assert np.quantile(designs, 0.99) > 300
    assert abs(things["reputation"].mean()) < 0.1
    assert things["reputation"].std() == pytest.approx(1.0, abs=0.1)
    repeated = len(things["creator"]) - len(np.unique(things["creator"]))
    # One in 37 things: enough creators come again for a split by creator to mean something.
    assert repeated > 0.15 * len(things["creator"])


def _fitted(
    things: dict[str, Any], columns: dict[str, np.ndarray], rows: np.ndarray
) -> dict[str, float]:
    """Return least-squares effects on log downloads, the hidden variables being known."""
    outcome = np.log(things["download_count"][rows] / things["attention"][rows])
    given = {
        **columns,
        "reputation": things["reputation"],
        "quality": things["quality"],
        "customized": things["customized"],
        "remix": things["remix"],
        "more_photos": np.log(np.maximum(things["photos"], 1)),
        "tags": np.minimum(things["tag_count"], 10),
        "file_count": np.log(things["file_count"]),
        "wip": things["wip"],
        "featured": things["featured"],
        "ai": things["ai"],
        **{f"top {k}": things["top"] == k for k in range(-1, len(TOP_CATEGORIES))},
    }
    matrix = np.column_stack([np.asarray(column, dtype=float)[rows] for column in given.values()])
    effects, *_ = np.linalg.lstsq(matrix, outcome, rcond=None)
    return dict(zip(given, effects, strict=True))


def test_planted_effects_show_and_planted_nulls_do_not(things: dict[str, Any]) -> None:
    rows = things["download_count"] >= 100  # where rounding to whole downloads is small
    columns = {
        "photo": things["photos"] > 0,
        "instructions": things["instructions_length"] > 0,
        "description_length": np.log1p(things["description_length"]),
        "auto_renders": things["renders"],
    }
    found = _fitted(things, columns, rows)
    for name in ("photo", "instructions", "reputation", "customized", "remix", "wip", "featured"):
        assert found[name] == pytest.approx(PLANTED_EFFECTS[name], abs=0.02), name
    assert found["quality"] == pytest.approx(1.0, abs=0.02)
    for null in ("description_length", "auto_renders"):
        assert PLANTED_EFFECTS[null] == 0.0
        assert abs(found[null]) < 0.005, null


def test_description_length_looks_like_an_effect_until_its_causes_are_known(
    things: dict[str, Any],
) -> None:
    own = ~things["customized"] & (things["description_length"] > 0)
    naive = np.corrcoef(
        np.log(things["description_length"][own]), np.log1p(things["download_count"][own])
    )
    # Texts grew longer with the years while attention fell: eight standard errors, all confounding.
    assert abs(naive[0, 1]) > 8 / np.sqrt(own.sum())


def test_every_planted_effect_is_named_once_and_nulls_are_exact() -> None:
    assert len(PLANTED_EFFECTS) == len(EFFECTS)
    for effect in EFFECTS:
        assert (effect.size == 0.0) == (effect.kind == "null")
        assert effect.meaning.endswith(".")
    assert {f"category/{top.slug}" for top in TOP_CATEGORIES} <= set(PLANTED_EFFECTS)
