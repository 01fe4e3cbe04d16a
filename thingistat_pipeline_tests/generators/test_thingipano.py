import json
import zipfile
from collections import Counter
from typing import Any

from thingistat_pipeline.snapshots.importing import import_snapshot
from thingistat_pipeline_tests.generators.thingipano import design_of, fate_of, write_thingipano
from thingistat_pipeline_tests.generators.things import records

DESIGNS = 820


def made(things: int) -> list[Any]:
    return list(records(things))


def test_designs_come_in_files_of_the_given_size(tmp_path):
    written = write_thingipano(tmp_path, records(DESIGNS), designs_per_file=200, users=10)
    sizes = [
        len(json.loads((written.designs_path / f"{number}.json").read_text()))
        for number in range(1, 6)
    ]
    assert sizes == [200, 200, 200, 200, 20]
    assert len(list(written.designs_path.iterdir())) == 5


def test_known_numbers_are_not_found_removed_or_taken_down(tmp_path):
    written = write_thingipano(tmp_path, records(DESIGNS))
    # 100, 300, 500 and 700; 250 and 750; 777
    assert (written.designs, written.gone, written.moderated, written.violations) == (820, 4, 2, 1)
    assert Counter(map(fate_of, range(1_000))) == {
        "live": 992,
        "gone": 5,
        "moderated": 2,
        "violation": 1,
    }


def test_every_number_in_a_design_is_a_string():
    def numbers(value):
        if isinstance(value, dict):
            return [found for each in value.values() for found in numbers(each)]
        if isinstance(value, list):
            return [found for each in value for found in numbers(each)]
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []

    for record in made(100):
        assert numbers(design_of(record)) == []


def test_no_design_lists_more_than_the_first_21_likers():
    pairs = [(record, design_of(record)) for record in made(400)]
    assert all(len(d["liked_by"]) == min(21, len(record.likers)) for record, d in pairs)
    assert any(len(d["liked_by"]) == 21 < int(d["likes"]) for _, d in pairs)


def test_nothing_is_published_after_2017():
    assert all(design_of(record)["published_datetime"] < "2018" for record in made(400))


def test_equal_arguments_give_equal_bytes_zipped_too(tmp_path):
    for zipped in (False, True):
        first = write_thingipano(tmp_path / f"a{zipped}", records(60), zipped=zipped)
        second = write_thingipano(tmp_path / f"b{zipped}", records(60), zipped=zipped)
        for one, other in (
            (first.designs_path, second.designs_path),
            (first.users_path, second.users_path),
        ):
            files = [path for path in (one, *one.glob("*")) if path.is_file()]
            assert files
            for path in files:
                twin = other if path == one else other / path.name
                assert path.read_bytes() == twin.read_bytes()


def test_an_archive_holds_the_same_files_as_the_folder(tmp_path):
    folder = write_thingipano(tmp_path / "plain", records(60), designs_per_file=25)
    archive = write_thingipano(tmp_path / "zip", records(60), designs_per_file=25, zipped=True)
    with zipfile.ZipFile(archive.designs_path) as zipped:
        found = {name.rpartition("/")[2]: zipped.read(name) for name in zipped.namelist()}
    assert found == {path.name: path.read_bytes() for path in folder.designs_path.iterdir()}


def test_the_importer_takes_in_every_design_and_rejects_only_the_broken_ones(tmp_path):
    written = write_thingipano(tmp_path / "it", records(DESIGNS), broken=2)
    manifest = import_snapshot(
        tmp_path / "it", tmp_path / "snapshots", liker_key=b"a key for tests", name="it"
    )
    counts = manifest.counts
    assert counts.attempted == DESIGNS
    assert counts.ok == DESIGNS - 7
    assert (counts.gone, counts.moderated) == (written.gone, 3)
    assert counts.rejected == written.broken == 2
