from math import exp, log, prod

import numpy as np
import pytest

from thingistat_pipeline.advisor.parts import part_of
from thingistat_pipeline.advisor.pushes import MOST_LISTED, pushes

FEATURES = ("title_length", "title_words", "photo_count", "tag_count", "is_wip")


def told(credit, row=(10, 2, 3, 0, 1), typical=(20, 4, 0, 5, 0), ratio=1.0):
    return pushes(
        np.array(credit, float),
        FEATURES,
        np.array(row, np.float32),
        np.array(typical, np.float32),
        ratio,
    )


def test_features_that_mean_the_same_are_one_push():
    listed, _ = told([0.1, 0.2, -0.1, 0.0, 0.0])

    assert [push.feature for push in listed] == ["title", "photographs"]
    assert listed[0].factor == pytest.approx(exp(0.3))
    assert listed[1].factor == pytest.approx(exp(-0.1))


def test_a_push_says_what_the_draft_has_and_what_is_usual():
    listed, _ = told([0.0, 0.1, 0.5, 0.3, 0.2])

    words = {push.feature: (push.value, push.typical) for push in listed}
    assert words == {
        "photographs": ("3 photographs", "none"),
        "tags": ("none", "5 tags"),
        "work_in_progress": ("yes", "no"),
        "title": ("2 words", "4 words"),
    }


def test_the_strongest_push_comes_first_whichever_way_it_pushes():
    listed, _ = told([0.1, 0.0, -0.4, 0.2, 0.0])

    assert [push.feature for push in listed] == ["photographs", "tags", "title"]


def test_what_hardly_pushes_is_counted_among_the_others():
    listed, others = told([0.001, 0.002, 0.4, 0.0, 0.0], ratio=exp(0.403))

    assert [push.feature for push in listed] == ["photographs"]
    assert others == pytest.approx(exp(0.003))


def test_the_typical_downloads_times_all_factors_are_the_predicted_ones():
    listed, others = told([0.3, -0.1, 0.4, 0.2, -0.6], ratio=1.7)

    assert prod(push.factor for push in listed) * others == pytest.approx(1.7)


def test_at_most_twelve_are_listed():
    names = tuple(f"picture_{n}" if n < 0 else f"no_part_{n}" for n in range(20))
    credit = np.linspace(0.1, 0.3, 20)

    listed, others = pushes(credit, names, np.zeros(20, "f4"), np.ones(20, "f4"), exp(credit.sum()))

    assert len(listed) == MOST_LISTED
    assert log(others) == pytest.approx(credit[:8].sum())


@pytest.mark.parametrize(
    ("feature", "part"),
    [
        ("description_links", "description"),
        ("language_german", "description"),
        ("license_gpl", "licence"),
        ("files_step", "files"),
        ("largest_file_bytes", "files"),
        ("picture_warmth", "cover"),
        ("thumbnail_is_render", "cover"),
        ("infill_given", "print_settings"),
        ("creator_days_since_first", "record"),
        ("count_of_followers", "audience"),
        ("category_rings", "category"),
        ("is_nsfw", "is_nsfw"),
    ],
)
def test_every_feature_belongs_to_the_part_of_a_post_that_decides_it(feature, part):
    assert part_of(feature).key == part
