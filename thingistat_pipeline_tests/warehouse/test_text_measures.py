import json
from typing import Any

from thingistat_pipeline.thingiverse.records import Record, Thing
from thingistat_pipeline_tests.warehouse.support import Places, gone, write_load

DETAILS = (
    '<div><h1 class="thing-component-header summary">Summary</h1><p>Größe <a href="#">x</a></p>'
    "<h2>Parts</h2><ul><li>lid</li><li>box</li></ul></div>"
    '<div><h1 class="thing-component-header settings">Print Settings</h1>'
    '<p class="detail-setting rafts">Rafts: No</p><p class="detail-setting infill">20 %</p>'
    '<img src="a.png"></div>'
)


def seen(thing_id: int, at: str, **texts: Any) -> Record:
    thing = Thing(id=thing_id, **texts)
    return Record(thing_id=thing_id, observed_at=at, outcome="ok", thing=thing)


def measures(places: Places, thing_id: int) -> dict[str, object]:
    with_names = "SELECT to_json(text_measures)::VARCHAR FROM text_measures WHERE thing_id = "
    ((row,),) = places.rows(f"{with_names}{thing_id}")
    return dict(json.loads(row))


def test_texts_are_measured_as_they_are_loaded(places: Places):
    record = seen(
        7,
        "2026-09-01T12:00:00Z",
        description="Für  die Küche:\nsee https://example.org",
        instructions="none",
        details=DETAILS,
    )
    write_load(places.nights, "2026-09-01", [record])
    places.load()
    assert measures(places, 7) == {
        "thing_id": 7,
        "description_length": 39,
        "description_words": 5,
        "description_links": 1,
        "instructions_length": 4,
        "page_length": len(DETAILS.encode()),
        "section_count": 2,
        "heading_count": 1,
        "list_item_count": 2,
        "link_count": 1,
        "inline_image_count": 1,
        "names_youtube": False,
        "page_settings": ["rafts", "infill"],
    }


def test_a_missing_text_is_one_without_characters_and_a_missing_page_is_unknown(places: Places):
    write_load(places.nights, "2026-09-01", [seen(7, "2026-09-01T12:00:00Z")])
    places.load()
    found = measures(places, 7)
    assert found["description_length"] == found["description_words"] == 0
    assert found["page_length"] is None
    assert found["page_settings"] is None


def test_the_measures_are_those_of_the_latest_live_state(places: Places):
    write_load(
        places.nights, "2026-09-01", [seen(7, "2026-09-01T12:00:00Z", description="one two")]
    )
    write_load(places.nights, "2026-09-02", [seen(7, "2026-09-02T12:00:00Z", description="three")])
    write_load(places.nights, "2026-09-03", [gone(7, "2026-09-03T12:00:00Z")])
    places.load()
    assert measures(places, 7)["description_words"] == 1
    assert places.rows("SELECT count(*) FROM text_measures") == [(1,)]
