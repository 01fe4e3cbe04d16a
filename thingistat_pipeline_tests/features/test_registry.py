import pytest

from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.features.registry import (
    REGISTRY,
    Family,
    FeatureFamilyError,
    columns_of,
    feature_named,
    features_of,
    require_families,
)

BEFORE_POSTING = (Family.CONTENT, Family.CREATOR_AT_PUBLISH, Family.CONTEXT)


def test_every_feature_tells_a_human_its_unit_and_its_meaning():
    for feature in REGISTRY:
        assert feature.unit
        assert feature.meaning.endswith(".")


def test_no_name_is_registered_twice():
    names = [feature.name for feature in REGISTRY]
    assert len(names) == len(set(names))


def test_what_came_afterwards_is_engagement_and_downloads_are_the_outcome():
    engagement = {feature.name for feature in features_of(Family.ENGAGEMENT)}
    assert engagement == {
        "like_count",
        "collect_count",
        "comment_count",
        "root_comment_count",
        "make_count",
        "remix_count",
        "view_count",
        "edited_later",
    }
    assert feature_named("download_count").family is Family.OUTCOME


def test_families_may_be_named_by_strings():
    assert features_of("context") == features_of(Family.CONTEXT)
    assert [feature.name for feature in features_of("context")] == [
        "age_days",
        "log_age_days",
        "published_weekday",
        "published_hour",
    ]


def test_columns_from_before_the_posting_are_accepted():
    require_families(
        ["description_length", "category_art", "count_of_followers", "age_days"], BEFORE_POSTING
    )


@pytest.mark.parametrize(
    "consequence", ["like_count", "view_count", "edited_later", "download_count"]
)
def test_a_consequence_of_popularity_is_refused_by_name(consequence: str):
    with pytest.raises(FeatureFamilyError, match=consequence) as raised:
        require_families(["file_count", consequence], BEFORE_POSTING)
    assert "file_count" not in str(raised.value)


def test_a_column_that_nobody_registered_is_refused():
    with pytest.raises(ThingistatError, match="downloads_next_year"):
        require_families(["downloads_next_year"], Family)


def test_a_one_hot_category_is_content():
    assert feature_named("category_3d-printing").family is Family.CONTENT


def test_the_bare_category_prefix_is_no_feature():
    with pytest.raises(FeatureFamilyError):
        feature_named("category_")


def test_ids_and_dates_are_passed_over_when_a_frames_columns_are_sorted_out():
    columns = ["id", "added", "category_art", "like_count", "file_count"]
    assert columns_of(columns, Family.CONTENT) == ("category_art", "file_count")
