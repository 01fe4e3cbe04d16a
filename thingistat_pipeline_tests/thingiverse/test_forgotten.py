"""What a record quotes of an answer is forgotten with those whom it names."""

import json
from pathlib import Path

from thingistat_pipeline.thingiverse.forgotten import Forgotten
from thingistat_pipeline.thingiverse.records import Quarantined, Record, Thing

MOMENT = "2026-09-01T12:00:00Z"


def quoting(text: str, *, thing_id: int = 7) -> Record:
    aside = Quarantined(resource="thing", reason="?", text=text)
    return Record(
        thing_id=thing_id,
        observed_at=MOMENT,
        outcome="quarantined",
        reason="?",
        quarantined=[aside],
    )


def test_a_quoted_answer_names_nobody_who_is_forgotten(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path)
    forgotten.remember(creators=[88], names=["Ann"], things=[5])

    by_number = quoting(json.dumps({"id": 7, "creator": {"id": 88, "name": "renamed"}}))
    by_name = quoting(json.dumps({"id": 7, "creator": {"id": 1, "name": "ann"}}))
    assert (forgotten.record(by_number), forgotten.record(by_name)) == (None, None)

    kept = forgotten.record(quoting(json.dumps({"id": 7, "ancestors": [{"id": 5}, {"id": 6}]})))
    assert kept is not None
    assert kept.quarantined is not None
    assert json.loads(kept.quarantined[0].text or "") == {"id": 7, "ancestors": [{"id": 6}]}

    cut = forgotten.record(quoting('{"id": 7, "creator": {"id": 8'))  # who knows whose it is
    assert cut is not None
    assert cut.quarantined == [Quarantined(resource="thing", reason="?", text=None)]


def test_quotes_of_others_stay_as_they_are(tmp_path: Path) -> None:
    forgotten = Forgotten(tmp_path)
    record = quoting('{"id":7,"creator":{"id":1,"name":"bob"}}')
    assert forgotten.record(record) == record
    forgotten.remember(creators=[88])
    assert forgotten.record(record) == record
    files = Record(
        thing_id=9,
        observed_at=MOMENT,
        outcome="ok",
        thing=Thing(id=9),
        quarantined=[Quarantined(resource="files", reason="?", text='[{"id":')],
    )
    assert forgotten.record(files) == files
