import polars as pl
import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.families import Family
from thingistat_pipeline.features.pictures import (
    LOOKS,
    MEASURED_LOOKS,
    PHOTOGRAPH,
    PREFIX,
    with_looks,
)
from thingistat_pipeline.features.registry import columns_of, feature_named

NAMES = [feature.name for feature in LOOKS]


def looks_of(**things: float) -> pl.DataFrame:
    """Return features of pictures that are all the number given; things are named t1, t2 ..."""
    rows = [
        {"thing_id": int(thing.removeprefix("t")), **dict.fromkeys(NAMES, value)}
        for thing, value in things.items()
    ]
    return pl.DataFrame(rows, schema={"thing_id": pl.Int64, **dict.fromkeys(NAMES, pl.Float64)})


FRAME = pl.DataFrame({"id": [1, 2, 3], "file_count": [4, 5, 6]})


def test_what_pictures_look_like_is_content_and_registered_like_every_feature():
    for feature in LOOKS:
        assert feature_named(feature.name) is feature
        assert feature.family is Family.CONTENT
        assert feature.name.startswith(PREFIX)


def test_all_is_measured_but_whether_it_is_a_photograph():
    assert {f.name for f in LOOKS} - {f.name for f in MEASURED_LOOKS} == {PHOTOGRAPH}


def test_a_thing_without_a_picture_has_unknown_looks_and_keeps_its_row():
    joined = with_looks(FRAME, looks_of(t3=0.5, t1=0.25))
    assert joined.select(FRAME.columns).equals(FRAME)
    for name in NAMES:
        assert joined[name].to_list() == [0.25, None, 0.5]


def test_the_looks_are_offered_to_models_of_content():
    joined = with_looks(FRAME, looks_of(t1=1.0))
    assert columns_of(joined.columns, Family.CONTENT) == ("file_count", *NAMES)


def test_pictures_of_other_things_are_passed_over():
    assert with_looks(FRAME, looks_of(t9=1.0)).height == 3


def test_without_any_picture_all_looks_are_unknown_numbers():
    joined = with_looks(FRAME, looks_of())
    assert joined.height == 3
    assert {joined.schema[name] for name in NAMES} == {pl.Float64()}
    assert {joined[name].null_count() for name in NAMES} == {3}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_no_number_is_unknown(value: float):
    assert with_looks(FRAME, looks_of(t1=value))[PHOTOGRAPH].to_list() == [None] * 3


def test_two_pictures_of_one_thing_are_refused():
    with pytest.raises(ThingistatError, match="twice"):
        with_looks(FRAME, pl.concat([looks_of(t1=1.0), looks_of(t1=2.0)]))


def test_looks_of_another_version_are_refused_and_what_they_lack_is_named():
    with pytest.raises(ThingistatError, match="picture_warmth"):
        with_looks(FRAME, looks_of(t1=1.0).drop("picture_warmth"))
