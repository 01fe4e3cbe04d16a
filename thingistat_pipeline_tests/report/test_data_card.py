from datetime import datetime
from statistics import fmean

import duckdb
import pytest

from thingistat_pipeline.report.data_card import data_card
from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline.warehouse.tables import TABLES

NIGHT, LATER = datetime(2026, 9, 1, 12), datetime(2026, 9, 2, 12)
DOWNLOADS = [0, 2, 4, 6, 88]


@pytest.fixture
def empty(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        create(con, TABLES)
        yield con


def insert(con, table, **values):
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    con.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(values.values()))


def attempt(con, thing_id, outcome, *, at=NIGHT, load="2026-09-01", source="sandbox", panel=False):
    insert(con, "attempts", thing_id=thing_id, observed_at=at, load=load, source=source,
           outcome=outcome, panel=panel)  # fmt: skip


@pytest.fixture
def filled(empty):
    """Five live things, of which one is seen again by the panel, and what else was tried."""
    con = empty
    for load, records, live in (("2026-09-01", 10, 5), ("2026-09-02", 3, 1)):
        insert(con, "meta.loads", load=load, kind="night", source="sandbox", content_hash="c0ffee",
               records=records, live=live, rejected=0)  # fmt: skip
    for thing_id, downloads in enumerate(DOWNLOADS, start=1):
        insert(con, "things", id=thing_id, name=f"thing {thing_id}", download_count=downloads,
               creator_id=1 if thing_id < 4 else thing_id, added=datetime(2010 + thing_id, 1, 1),
               observed_at=NIGHT, load="2026-09-01", source="sandbox")  # fmt: skip
        insert(con, "observations", thing_id=thing_id, observed_at=NIGHT, load="2026-09-01",
               source="sandbox")  # fmt: skip
        attempt(con, thing_id, "ok")
    insert(con, "observations", thing_id=1, observed_at=LATER, load="2026-09-02", source="sandbox")
    for thing_id, outcome in ((11, "gone"), (12, "gone"), (13, "private"), (14, "retry")):
        attempt(con, thing_id, outcome)
    attempt(con, 15, "retry")
    attempt(con, 15, "gone", at=LATER, load="2026-09-02")
    attempt(con, 1, "gone", at=LATER, load="2026-09-02", panel=True)
    attempt(con, 99, "ok", at=LATER, load="2026-09-02", panel=True)
    insert(con, "likes", thing_id=1, liker=12345)
    insert(con, "creators", id=1, name="someone")
    return con


def test_each_id_counts_once_with_its_settled_answer_and_the_panel_not_at_all(filled):
    card = data_card(filled)
    assert dict(card.outcomes) == {"ok": 5, "gone": 3, "private": 1, "retry": 1}
    assert (card.drawn, card.decided, card.live) == (10, 9, 5)


def test_the_live_share_leaves_the_unsettled_out_and_has_a_wilson_interval(filled):
    card = data_card(filled)
    assert card.live_share == pytest.approx(5 / 9)
    # Wilson by hand for 5 of 9, z = 1.96: centre (5/9 + 1.9208/9) / (1 + 3.8415/9) = 0.5389,
    # half width 1.96 / 1.42683 * sqrt(5/9 * 4/9 / 9 + 3.8415 / 324) = 0.2722
    assert card.live_low == pytest.approx(0.2667, abs=1e-3)
    assert card.live_high == pytest.approx(0.8112, abs=1e-3)


def test_dates_and_counts_are_those_of_the_tables(filled):
    card = data_card(filled)
    assert (card.first_observation, card.last_observation) == (NIGHT, LATER)
    assert (card.first_publication, card.last_publication) == (
        datetime(2011, 1, 1),
        datetime(2015, 1, 1),
    )
    assert (card.things, card.observations, card.observed_again) == (5, 6, 1)
    assert (card.creators, card.likes, card.tags) == (1, 1, 0)
    assert card.sharing_a_creator == 3


def test_the_spread_of_downloads_is_counted_on_raw_downloads(filled):
    downloads = data_card(filled).downloads
    assert downloads.median == 4
    assert downloads.largest == 88
    # The top hundredth of five things is one thing.
    assert downloads.top_share == pytest.approx(88 / 100)
    deviations = [(value - fmean(DOWNLOADS)) ** 2 for value in DOWNLOADS]
    assert downloads.largest_deviation == pytest.approx(max(deviations) / sum(deviations))
    # Linear interpolation: 6 + 0.6 * (88 - 6)
    assert downloads.ninth_decile == pytest.approx(55.2)


def test_missing_columns_are_listed_with_their_share_and_complete_ones_are_not(filled):
    filled.execute("UPDATE things SET license = 'MIT' WHERE id <= 4")
    missing = dict(data_card(filled).missing)
    assert missing["license"] == pytest.approx(0.2)
    assert missing["description"] == 1.0
    assert "id" not in missing
    assert "download_count" not in missing


def test_sandbox_data_are_synthetic_even_beside_others(filled):
    card = data_card(filled)
    assert card.is_synthetic
    assert card.source == "sandbox"
    insert(filled, "meta.loads", load="old", kind="snapshot", source="snapshot")
    card = data_card(filled)
    assert card.is_synthetic
    assert card.source == "sandbox+snapshot"


def test_ids_that_a_snapshot_covers_count_neither_way_though_a_night_drew_them_before(filled):
    before = data_card(filled)
    attempt(filled, 901, "ok")
    attempt(filled, 901, "ok", load="old", source="snapshot")
    card = data_card(filled)
    assert card.outcomes == before.outcomes
    assert card.live_share == before.live_share


def test_a_snapshot_has_no_live_share(empty):
    insert(empty, "meta.loads", load="old", kind="snapshot", source="snapshot", records=1, live=1)
    insert(empty, "things", id=1, download_count=3, load="old", source="snapshot")
    attempt(empty, 1, "ok", load="old", source="snapshot")
    card = data_card(empty)
    assert not card.is_synthetic
    assert card.outcomes == ()
    assert card.live_share is None
    assert card.live_low is None
    assert card.as_dict()["ids_drawn"] == 0


def test_an_empty_database_has_a_card(empty):
    card = data_card(empty)
    assert card.things == 0
    assert card.loads == ()
    assert card.source == "nothing"
    assert card.missing == ()
    assert card.downloads.median is None
    assert card.first_publication is None


def test_equal_downloads_carry_no_deviation(empty):
    for thing_id in (1, 2):
        insert(empty, "things", id=thing_id, download_count=0)
    downloads = data_card(empty).downloads
    assert downloads.top_share is None
    assert downloads.largest_deviation is None
