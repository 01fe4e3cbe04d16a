from math import log
from pathlib import Path

import pytest

from thingistat_pipeline_tests.features.database import Row, frame_of


def test_tags_are_as_common_as_the_share_of_sampled_things_that_bear_them(tmp_path: Path):
    worn: list[Row] = [
        {"thing_id": thing, "tag": tag}
        for thing, tag in [(1, "box"), (1, "lid"), (2, "box"), (3, "box"), (3, "cat"), (4, "cat")]
    ]
    frame = frame_of(tmp_path, things=[{"id": n} for n in range(1, 6)], thing_tags=worn)
    assert frame["tag_count"].to_list() == [2, 1, 2, 1, 0]
    # box is borne by 3 of 5 things, cat by 2, lid by 1.
    box, cat, lid = log(6000), log(4000), log(2000)
    means = frame["tag_mean_log_things"].to_list()
    assert means[:4] == pytest.approx([(box + lid) / 2, box, (box + cat) / 2, cat])
    assert frame["tag_max_log_things"].to_list()[:4] == pytest.approx([box, box, box, cat])
    assert frame["tag_min_log_things"].to_list()[:4] == pytest.approx([lid, box, cat, cat])
    assert frame.row(4, named=True)["tag_mean_log_things"] is None


def test_customizer_and_customized_are_told_by_the_tags_or_the_app(tmp_path: Path):
    things: list[Row] = [{"id": 1}, {"id": 2}, {"id": 3, "app_id": 22}, {"id": 4}]
    worn: list[Row] = [
        {"thing_id": 1, "tag": "customizer"},
        {"thing_id": 2, "tag": "customized"},
        {"thing_id": 3, "tag": "box"},
    ]
    frame = frame_of(tmp_path, things=things, thing_tags=worn)
    assert frame["is_customizer"].to_list() == [True, False, True, False]
    assert frame["is_customized"].to_list() == [False, True, False, False]
