"""Whatever a record holds, the tables give back."""

import tempfile
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.thingiverse.records import Creator, File, Image, Record, Tag, Thing
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline_tests.warehouse.support import Places, contents, write_load

# Lone surrogates cannot be written as UTF-8 at all, so no record can hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    ["\x00", "a\x00b", "'; DROP TABLE things; --", '"', "\\u0000", "NULL", "\r\n", "😀", "\ufeff"]
)
counts = st.none() | st.integers(0, 2**63 - 1)
flags = st.none() | st.booleans()
times = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


def written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.none() | texts.filter(bool),
    "description": st.none() | texts,
    "details": st.none() | texts,
    "license": st.none() | texts,
    "is_wip": flags,
    "is_nsfw": flags,
    "like_count": counts,
    "download_count": counts,
    "app_id": counts,
    "average_download_count": st.none() | st.floats(0, 1e12),
    "print_settings": st.none() | st.dictionaries(texts, texts, max_size=3),
}
things: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(FIELDS)


def parsed(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=None)


def creator_of(record: Record) -> int | None:
    return record.thing.creator.id if record.thing and record.thing.creator else None


@st.composite
def records(draw: st.DrawFn) -> Record:
    thing_id = draw(st.integers(1, 2**63 - 1))
    user = Creator(
        id=draw(st.integers(1, 2**63 - 1)),
        name=draw(texts.filter(bool)),
        count_of_followers=draw(counts),
    )
    file = File(name=draw(st.none() | texts), size=draw(counts), added=written(draw(times)))
    return Record(
        thing_id=thing_id,
        observed_at="2026-09-01T12:00:00Z",
        outcome="ok",
        thing=Thing(
            id=thing_id,
            added=written(draw(times)),
            creator=user,
            tags=[Tag(name=tag, tag=tag) for tag in draw(st.lists(texts, max_size=4))],
            **draw(things),
        ),
        files=[file],
        images=[Image(url=draw(st.none() | texts))],
        likers=draw(st.none() | st.lists(st.integers(0, 2**63 - 1), max_size=4)),
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        records(),
        min_size=1,
        max_size=10,
        unique_by=(lambda record: record.thing_id, creator_of),
    )
)
def test_records_come_back_from_the_published_tables_as_they_were(night: list[Any]) -> None:
    columns = tuple(FIELDS)
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        write_load(places.nights, "2026-09-01", night)
        places.load()
        found = places.rows(f"SELECT id, added, creator_id, {', '.join(columns)} FROM things")
        tables = contents(publish(places.warehouse, places.published, places.link).path)

    by_id = {record.thing_id: record for record in night}
    assert sorted(found, key=itemgetter(0)) == [
        (
            thing_id,
            parsed(record.thing.added),
            record.thing.creator.id,
            *(getattr(record.thing, name) for name in columns),
        )
        for thing_id, record in sorted(by_id.items())
    ]
    assert {row[:2] for row in tables["main.creators"]} == {
        (record.thing.creator.id, record.thing.creator.name) for record in night
    }
    assert {row[:2] for row in tables["main.thing_tags"]} == {
        (record.thing_id, tag.tag) for record in night for tag in record.thing.tags
    }
    assert set(tables["main.likes"]) == {
        (record.thing_id, liker) for record in night for liker in record.likers or ()
    }
    assert {(row[0], row[2], row[3], row[5]) for row in tables["main.files"]} == {
        (record.thing_id, file.name, file.size, parsed(file.added))
        for record in night
        for file in record.files
    }
    assert {(row[0], row[3]) for row in tables["main.images"]} == {
        (record.thing_id, record.images[0].url) for record in night
    }
    assert {row[1] for row in tables["main.attempts"]} == {datetime(2026, 9, 1, 12)}
