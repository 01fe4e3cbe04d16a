from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline_tests.features.database import Row, frame_of

DAY = datetime(2020, 1, 1)
EARLIER = (
    "creator_earlier_designs",
    "creator_days_since_first",
    "creator_days_since_previous",
    "creator_earlier_median_downloads",
    "creator_earlier_most_downloads",
)
published = st.lists(
    st.tuples(
        st.sampled_from([None, 1, 2]),  # creator
        st.none() | st.integers(0, 9),  # day of publication
        st.none() | st.integers(0, 50),  # downloads
    ),
    min_size=1,
    max_size=12,
)


def things_of(rows: list[tuple[int | None, int | None, int | None]]) -> list[Row]:
    return [
        {
            "id": number,
            "creator_id": creator,
            "added": None if day is None else DAY + timedelta(days=day),
            "download_count": downloads,
        }
        for number, (creator, day, downloads) in enumerate(rows)
    ]


def test_a_creators_history_is_what_was_published_before(tmp_path: Path):
    # By date: ids 3 (day 0), 1 (day 10), 2 (day 10, the same moment), 0 (day 14).
    things = things_of([(7, 14, 1), (7, 10, 40), (7, 10, None), (7, 0, 100), (8, 20, 5)])
    frame = frame_of(tmp_path, things=things)
    assert frame.select(EARLIER).rows() == [
        (3, 14, 4, 70.0, 100),  # of 100, 40 and an unknown
        (1, 10, 10, 100.0, 100),
        (2, 10, 0, 70.0, 100),
        (0, None, None, None, None),
        (0, None, None, None, None),  # another creator's first
    ]


def test_without_a_creator_or_a_date_the_history_is_unknown(tmp_path: Path):
    things = things_of([(None, 3, 1), (7, None, 9), (7, 5, 2)])
    frame = frame_of(tmp_path, things=things)
    assert frame["creator_earlier_designs"].to_list() == [None, None, 0]
    assert frame["creator_earlier_median_downloads"].to_list() == [None, None, None]


@settings(max_examples=30, deadline=None)
@given(published)
def test_the_history_is_that_of_a_plain_loop(rows: list[tuple[int | None, int | None, int | None]]):
    things = things_of(rows)
    with TemporaryDirectory() as folder:
        frame = frame_of(Path(folder), things=things)
    for thing in things:
        found = frame.row(thing["id"], named=True)
        if thing["creator_id"] is None or thing["added"] is None:
            assert all(found[name] is None for name in EARLIER)
            continue
        before = [
            other
            for other in things
            if other["creator_id"] == thing["creator_id"]
            and other["added"] is not None
            and (other["added"], other["id"]) < (thing["added"], thing["id"])
        ]
        known = [o["download_count"] for o in before if o["download_count"] is not None]
        assert found["creator_earlier_designs"] == len(before)
        assert found["creator_earlier_median_downloads"] == (median(known) if known else None)
        assert found["creator_earlier_most_downloads"] == max(known, default=None)


@settings(max_examples=20, deadline=None)
@given(published, st.lists(st.none() | st.integers(0, 10**6), min_size=12, max_size=12))
def test_nothing_that_comes_later_changes_a_creators_history(
    rows: list[tuple[int | None, int | None, int | None]], other_downloads: list[int | None]
):
    today = 4
    changed = [
        (creator, day, other if day is not None and day > today else downloads)
        for (creator, day, downloads), other in zip(rows, other_downloads, strict=False)
    ]
    with TemporaryDirectory() as folder:
        before = frame_of(Path(folder), things=things_of(rows))
        after = frame_of(Path(folder), things=things_of(changed))
    known = [n for n, (_, day, _) in enumerate(rows) if day is not None and day <= today]
    assert before[known].select(EARLIER).equals(after[known].select(EARLIER))


def test_a_creators_numbers_of_today_are_joined(tmp_path: Path):
    frame = frame_of(
        tmp_path,
        things=[{"id": 1, "creator_id": 9}],
        creators=[{"id": 9, "count_of_following": 12, "accepts_tips": True}],
    )
    assert frame.select("count_of_following", "accepts_tips").rows() == [(12, True)]
