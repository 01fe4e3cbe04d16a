import math

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from thingistat_pipeline.features.pictures import LOOKS, with_looks
from thingistat_pipeline.features.registry import is_feature, require_families
from thingistat_pipeline.popularity.advisor.rows import ADVISOR_FAMILIES, advisor_rows
from thingistat_pipeline.popularity.explanation.actions import ACTIONABLE, ACTIONS
from thingistat_pipeline.popularity.explanation.changes import Contrast, Doubling, Steps
from thingistat_pipeline.popularity.explanation.effects import partial_effect
from thingistat_pipeline_tests.generators.sandbox_frame import sandbox_frame

NAN = math.nan
BY_KEY = {action.key: action for action in ACTIONS}
PREFIXED = (
    "license_",
    "files_",
    "description_",
    "instructions_",
    "title_",
    "language_",
    "picture_",
)


def counts():
    """Values of a feature: whole numbers from 0, some unknown, more than one kind among them."""
    return arrays(
        np.float64, st.integers(5, 60), elements=st.sampled_from([NAN, *map(float, range(40))])
    ).filter(lambda values: len(np.unique(values[values >= 1])) > 1)


def test_a_contrast_is_one_after_and_zero_before_and_leaves_out_the_rest():
    evening = Contrast(before=(6.0, 11.0), after=(17.0, 22.0))
    hours = np.array([5.0, 6.0, 11.0, 12.0, 17.0, 22.0, 23.0, NAN])
    np.testing.assert_array_equal(
        evening.treatment(hours), [NAN, 0.0, 0.0, NAN, 1.0, 1.0, NAN, NAN]
    )
    np.testing.assert_array_equal(evening.could(hours), evening.sides(hours)[0])
    assert evening.span(np.array([6.0, 8.0, 11.0, 20.0])) == (8.0, 20.0)


def test_a_doubling_is_measured_in_logarithms_to_base_two_of_those_that_have_some():
    values = np.array([0.0, 1.0, 2.0, 8.0, NAN])
    np.testing.assert_array_equal(Doubling().treatment(values), [NAN, 0.0, 1.0, 3.0, NAN])


def test_a_doubling_leads_from_the_median_to_twice_of_it():
    values = np.array([0.0, 50.0, 100.0, 100.0, 150.0, 199.0, 300.0])
    change = Doubling()
    # the lower median of the six above zero, and twice of it
    assert change.span(values) == (100.0, 200.0)
    before, after = change.sides(values)
    # from 100 / sqrt(2) = 71 to 141, and from 141 to 283
    assert values[before].tolist() == [100.0, 100.0]
    assert values[after].tolist() == [150.0, 199.0]


def test_steps_end_where_more_counts_as_no_more():
    tags = Steps(step=5.0, most=10.0)
    values = np.array([0.0, 5.0, 10.0, 20.0, NAN])
    np.testing.assert_array_equal(tags.treatment(values), [0.0, 1.0, 2.0, 2.0, NAN])
    assert tags.span(np.array([1.0, 2.0, 3.0])) == (2.0, 7.0)
    assert tags.span(np.array([12.0, 20.0])) == (5.0, 10.0)
    assert values[tags.could(values)].tolist() == [0.0, 5.0]


@given(counts())
def test_nothing_looks_like_before_and_like_after(values):
    for change in (Contrast(), Doubling(), Steps(step=5.0, most=10.0)):
        before, after = change.sides(values)
        assert not (before & after).any()
        assert not (before | after)[np.isnan(values)].any()
        assert not (change.could(values) & np.isnan(change.treatment(values))).any()
    for change in (Contrast(), Doubling()):
        assert not (change.could(values) & change.sides(values)[1]).any()


def test_words_name_numbers_that_occur_and_the_change_that_is_meant():
    assert BY_KEY["more-photographs"].words(np.array([2.0, 3.0])) == (
        "2 photographs", "4 photographs"
    )  # fmt: skip
    assert BY_KEY["longer-title"].words(np.array([3.0, 4.0])) == (
        "a title of 3 words", "a title of 4 words"
    )  # fmt: skip
    assert BY_KEY["more-tags"].words(np.array([1.0, 2.0])) == ("1 tag", "6 tags")


def test_one_more_file_of_sources_is_compared_with_one_file_less():
    frame = sandbox_frame(1500)
    added = np.random.default_rng(0).random(frame.height) < 0.15
    one, planted = pl.Series(added.astype(np.int64)), 0.5
    frame = frame.with_columns(
        files_scad=pl.col("files_scad") + one,
        file_count=pl.col("file_count") + one,
        added_images_count=pl.col("added_images_count") - one,
        download_count=(pl.col("download_count") * np.exp(planted * added)).round().cast(pl.Int64),
    )
    rows, action = advisor_rows(frame), BY_KEY["openscad-source"]
    effect = partial_effect(
        rows,
        action.change.treatment(action.values(rows)),
        excluded=action.excluded(rows.features),
        seed=1,
    )
    assert abs(effect.effect - planted) < 0.1
    assert effect.error < 0.06
    assert effect.n_trimmed < 20


def test_licences_are_compared_where_they_differ_in_one_clause_only():
    frame = sandbox_frame(400)
    rows = advisor_rows(frame)
    others = ~frame["license_attribution"].to_numpy()  # GPL, public domain, ...
    assert others.sum() > 10
    for key in ("allow-commercial-use", "no-share-alike"):
        values = BY_KEY[key].values(rows)
        assert np.isnan(values[others]).all()
        assert not np.isnan(values[~others]).any()


def test_every_change_is_of_a_registered_feature_that_the_advisor_may_see():
    require_families(ACTIONABLE, ADVISOR_FAMILIES)
    for action in ACTIONS:
        for name in action.kin:
            assert is_feature(name) or name.removesuffix("*") in PREFIXED, name
        if action.among:
            assert is_feature(action.among[0])
    assert len(BY_KEY) == len(ACTIONS)
    assert not any(action.sentence.endswith(".") for action in ACTIONS)


def test_a_change_does_not_hold_fixed_what_contains_it():
    features = advisor_rows(sandbox_frame(400)).features
    photograph = BY_KEY["first-photograph"].excluded(features)
    assert {"photo_count", "image_count", "added_images_count", "thumbnail_is_render"} <= {
        *photograph
    }
    assert "file_count" not in photograph
    assert "title_length" in BY_KEY["longer-title"].excluded(features)
    files = BY_KEY["more-files"].excluded(features)
    assert {"file_count", "files_stl", "file_bytes", "render_count"} <= {*files}
    licences = {name for name in features if name.startswith("license_")}
    assert licences <= {*BY_KEY["public-domain"].excluded(features)}
    assert BY_KEY["finished"].excluded(features) == ["is_wip"]


def test_the_looks_of_the_cover_are_not_held_fixed_where_another_picture_is_taken():
    looks = [feature.name for feature in LOOKS]
    for key in ("first-photograph", "photograph-as-cover", "brighter-cover", "plain-background"):
        assert {*looks} <= {*BY_KEY[key].excluded(looks)}, key
    assert not BY_KEY["longer-title"].excluded(looks)


def test_what_makers_can_do_about_a_cover_is_asked_of_their_own_pictures_only():
    frame = sandbox_frame(400)
    looks = pl.DataFrame({"thing_id": frame["id"]}).with_columns(
        pl.lit(0.5).alias(feature.name) for feature in LOOKS
    )
    drawn = frame["thumbnail_is_render"].fill_null(value=True).to_numpy()
    frame = with_looks(frame, looks)
    rows = advisor_rows(frame, features=["thumbnail_is_render", *looks.columns[1:], "log_age_days"])
    asked = [action for action in ACTIONS if action.feature in looks.columns]
    assert len(asked) == 3
    for action in asked:
        np.testing.assert_array_equal(np.isnan(action.values(rows)), drawn)


def test_words_tell_typical_numbers():
    lengths = np.array([0.0, 80.0, 1000.0, 1200.0, 1400.0, 9000.0])
    assert BY_KEY["longer-description"].words(lengths) == (
        "a description of 1,200 characters",
        "a description of 2,400 characters",
    )
    # ln(20) is what a tag borne by twenty things has
    assert BY_KEY["commoner-tags"].words(np.full(3, math.log(20.0))) == (
        "tags that 20 of 10,000 things bear",
        "tags that 40 of 10,000 things bear",
    )
