import pytest

from thingistat_pipeline.features.registry import REGISTRY
from thingistat_pipeline.report.feature_names import feature_words, features_in_words, group_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("photo_count", "photographs"),
        ("files_stl", ".stl files"),
        ("tag_count", "tags"),
        ("description_length", "length of the description"),
        ("license_non_commercial", "licence: non commercial"),
        ("category_3d-printing", "category 3d printing"),
        ("language_german", "language: german"),
        ("print_settings_given", "print settings given"),
    ],
)
def test_columns_are_named_in_words(name, words):
    assert feature_words(name) == words


def test_no_registered_feature_is_shown_with_underscores_and_no_two_share_a_name():
    words = [feature_words(feature.name) for feature in REGISTRY]
    assert not [name for name in words if "_" in name]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("log_age_days", "age"),
        ("description_words (+2)", "description words and 2 alike"),
        ("category", "category"),
        ("license", "licence"),
    ],
)
def test_groups_are_named_after_their_most_central_feature(name, words):
    assert group_words(name) == words


def test_long_lists_end_in_a_count():
    names = ["tag_count", "photo_count", "file_count"]
    assert features_in_words(names, most=2) == "tags, photographs and 1 more"
    assert features_in_words(names, most=3) == "tags, photographs and files"
