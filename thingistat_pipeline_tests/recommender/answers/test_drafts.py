import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thingistat_pipeline.recommender.answers.drafts import Draft, DraftAdvisor
from thingistat_pipeline.recommender.answers.learned_space import fit_space
from thingistat_pipeline.recommender.answers.similar import similar_things
from thingistat_pipeline.recommender.answers.space import content_space
from thingistat_pipeline.recommender.answers.tag_votes import suggested_tags
from thingistat_pipeline.recommender.answers.words import spellings_in
from thingistat_pipeline_tests.recommender.answers.told import PARAMETERS, features, likes, told

KITCHEN = content_space(
    told(
        *((thing, "tag", tag) for thing in (1, 2, 3) for tag in ("phone_stand", "desk", "phone")),
        *((thing, "tag", tag) for thing in (4, 5, 6) for tag in ("cup", "kitchen")),
        *((thing, "category", "Household") for thing in (4, 5, 6)),
        *((thing, "word", "mug") for thing in (4, 5)),
    )
)


def test_a_title_that_names_a_tag_finds_what_bears_it():
    answer = DraftAdvisor(KITCHEN).answer(Draft(title="My new Phone Stands"))
    assert answer.similar_things["thing_id"].to_list() == [1, 2, 3]
    assert dict(answer.named_tags) == {"phone": 3, "phone_stand": 3}
    assert set(answer.suggested_tags["tag"]) == {"phone_stand", "desk", "phone"}
    assert answer.suggested_tags["things"].to_list() == [3, 3, 3]
    assert answer.remark == ""


def test_tags_of_the_draft_are_known_and_not_suggested_in_any_spelling():
    answer = DraftAdvisor(KITCHEN).answer(Draft(title="phone", tags=("PhoneStands", "unheard of")))
    assert dict(answer.known_tags) == {"phone_stand": 3}
    assert dict(answer.named_tags) == {"phone": 3}
    assert set(answer.suggested_tags["tag"]) == {"desk", "phone"}


def test_a_category_alone_is_enough():
    answer = DraftAdvisor(KITCHEN).answer(Draft(category="Household"))
    assert answer.similar_things["thing_id"].to_list() == [6, 4, 5]
    assert set(answer.suggested_tags["tag"]) == {"cup", "kitchen"}


def test_words_of_the_title_count_more_than_those_of_the_description():
    advisor = DraftAdvisor(KITCHEN)
    titled = advisor.answer(Draft(title="phone", description="a cup"))
    assert titled.similar_things["thing_id"][0] in {1, 2, 3}
    turned = advisor.answer(Draft(title="cup", description="a phone"))
    assert turned.similar_things["thing_id"][0] in {4, 5, 6}


def test_an_empty_draft_is_told_that_it_says_nothing():
    answer = DraftAdvisor(KITCHEN).answer(Draft())
    assert answer.similar_things.is_empty()
    assert answer.suggested_tags.is_empty()
    assert "says nothing yet" in answer.remark


def test_a_draft_unlike_anything_is_told_so():
    answer = DraftAdvisor(KITCHEN).answer(Draft(title="zeppelin", tags=("airship",), category="?"))
    assert answer.similar_things.is_empty()
    assert "None of the 6 live things" in answer.remark


def test_a_draft_stands_where_a_thing_without_likes_and_the_same_tags_does():
    space = fit_space(likes(), features(), PARAMETERS, seed=1)
    answer = DraftAdvisor(space).answer(Draft(tags=("robot",), category="Animals"), n=5)
    # 62 has the same tag and category and no likes; it alone does not have itself as a neighbour.
    published = similar_things(space, likes(), None, 5).filter(thing_id=62)
    ours = [row for row in answer.similar_things.rows() if row[0] != 62]
    assert [row[0] for row in ours[:3]] == [
        thing for thing in published["neighbour_id"] if thing != 62
    ][:3]
    assert [row[2] for row in ours[:3]] == pytest.approx(published["score"].to_list()[:3], abs=2e-5)


def test_a_draft_gets_the_tags_of_a_thing_described_alike():
    space = content_space(
        told(
            *((thing, "tag", tag) for thing in (1, 2) for tag in ("cup", "mug")),
            *((thing, "category", "Household") for thing in (1, 2, 3)),
            (3, "tag", "cup"),
        )
    )
    published = suggested_tags(space).filter(thing_id=3)
    answer = DraftAdvisor(space).answer(Draft(tags=("cup",), category="Household"))
    assert answer.suggested_tags["tag"].to_list() == published["tag"].to_list() == ["mug"]


def test_tags_of_signs_alone_are_like_no_tag_but_themselves():
    robots = features().filter(feature="robot").with_columns(feature=pl.lit("___"))
    space = fit_space(likes(), pl.concat([features(), robots]), PARAMETERS, seed=1)
    assert "tag:___" in space.feature_names
    answer = DraftAdvisor(space).answer(Draft(tags=("!!!",)))
    assert answer.similar_things.is_empty()
    assert answer.suggested_tags.is_empty()
    assert dict(answer.known_tags) == {}
    assert not DraftAdvisor(space).answer(Draft(tags=("___",))).similar_things.is_empty()


@settings(max_examples=30, deadline=None)
@given(
    title=st.text(max_size=50),
    description=st.text(max_size=200),
    tags=st.lists(st.text(max_size=20), max_size=5),
    category=st.text(max_size=20),
)
def test_any_text_has_an_answer_or_a_remark(title, description, tags, category):
    answer = DraftAdvisor(KITCHEN).answer(Draft(title, description, tuple(tags), category))
    assert answer.similar_things.is_empty() == bool(answer.remark)
    assert answer.similar_things["score"].is_finite().all()


def test_of_huge_drafts_only_the_beginning_is_read():
    huge = Draft("cup " * 10**6, "desk " * 10**6, ("x" * 10**6,) * 10**4, "y" * 10**6)
    answer = DraftAdvisor(KITCHEN).answer(huge)
    assert dict(answer.named_tags) == {"cup": 3, "desk": 3}


def test_an_empty_database_answers_that_nothing_is_live():
    answer = DraftAdvisor(content_space(told())).answer(Draft(title="cup"))
    assert "None of the 0 live things" in answer.remark
    assert np.array_equal(answer.suggested_tags.columns, ["tag", "rank", "score", "things"])


def test_the_33_real_things_are_enough_to_suggest_tags_for_a_draft(real_data: Path):
    path = real_data / "snapshots" / "thingistat_2022-08-11_33_things.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as con:
        things = con.execute("SELECT id, name, tags FROM things").fetchall()
    rows = [(thing, "word", word) for thing, name, _ in things for word in spellings_in(name)]
    tagged = [(thing, tags) for thing, _, tags in things if tags != "NULL"]
    rows += [(thing, "tag", tag) for thing, tags in tagged for tag in json.loads(tags)]
    space = content_space(told(*rows))
    answer = DraftAdvisor(space).answer(Draft(title="Replacement clip for a mask"))
    assert len(space.things) == 33
    assert answer.similar_things["thing_id"][0] == 428667  # "Replacement clip for kids diving mask"
    assert {"mask", "replacement", "replacement_part"} <= set(answer.suggested_tags["tag"])
