"""Tags for drafts, from a recommender that a sandbox run stored."""

import json
import shutil
from pathlib import Path

import pytest

from thingistat_pipeline.advisor.asked import TagsAsked
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.advisor.tagging import SUGGESTED, Tagger
from thingistat_pipeline.recommender.answers.space import content_space
from thingistat_pipeline.recommender.likes.side_information import thing_features
from thingistat_pipeline.recommender.store import save_version
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.warehouse.read import open_published
from thingistat_pipeline_tests.advisor.small_worlds import small_world
from thingistat_pipeline_tests.warehouse.support import live

NAME = "recommender"


@pytest.fixture(scope="module")
def tagger(world: Settings, database: Database) -> Tagger:
    return Tagger.load(world, database)


def with_models_of(world: Settings, folder: Path) -> Settings:
    """Return settings of a folder with copies of what tags come from."""
    settings = Settings(data_dir=folder)
    for name in (NAME, "ranking_evaluation"):
        shutil.copytree(world.models_dir / name, settings.models_dir / name, symlinks=True)
    return settings


def test_ten_tags_are_suggested_with_how_many_things_bear_each(tagger: Tagger, database: Database):
    answer = tagger.suggestions(TagsAsked(title="A vase for flowers", category="Decor"))
    assert answer.available
    assert answer.synthetic
    assert [tag.rank for tag in answer.suggested] == list(range(1, SUGGESTED + 1))
    known = database.frame("known_tags").to_dicts()
    uses = {row[name]: row["things"] for row in known for name in ("key", "label")}
    for tag in answer.suggested:
        assert tag.things == uses[tag.tag]


def test_a_tag_that_the_draft_bears_is_counted_and_not_suggested(tagger: Tagger):
    offered = tagger.suggestions(TagsAsked(title="A vase for flowers")).suggested[0]
    answer = tagger.suggestions(TagsAsked(title="A vase for flowers", tags=[offered.tag.upper()]))
    assert answer.known == {offered.tag.upper(): offered.things}
    assert offered.tag not in {tag.tag for tag in answer.suggested}


def test_a_tag_that_nothing_bears_is_on_no_thing(tagger: Tagger):
    assert tagger.suggestions(TagsAsked(tags=["zzz never seen"])).known == {"zzz never seen": 0}


def test_an_empty_draft_gets_a_sentence_and_no_tags(tagger: Tagger):
    answer = tagger.suggestions(TagsAsked())
    assert (answer.available, answer.suggested) == (True, [])
    assert answer.reason is not None
    assert "give it a title" in answer.reason


def test_the_held_out_figure_is_that_of_drafts_and_of_the_method_that_suggests(
    world: Settings, tagger: Tagger
):
    folder = world.models_dir
    method = json.loads((folder / NAME / "latest" / "metrics.json").read_text())["tags_by"]
    judged = json.loads((folder / "ranking_evaluation" / "latest" / "metrics.json").read_text())
    (row,) = (each for each in judged["tags"]["drafts"]["methods"] if each["method"] == method)
    assert tagger.recovered is not None
    assert tagger.recovered.value == row["recall_at_10"]
    assert (tagger.recovered.low, tagger.recovered.high) == (row["low"], row["high"])
    state = tagger.state()
    assert state.available
    assert state.skill is not None
    assert f"{round(100 * row['recall_at_10'])} % of hidden ones" in state.skill


def test_without_the_evaluation_tags_come_without_a_figure(
    world: Settings, database: Database, tmp_path: Path
):
    settings = with_models_of(world, tmp_path)
    shutil.rmtree(settings.models_dir / "ranking_evaluation")
    answer = Tagger.load(settings, database).suggestions(TagsAsked(title="vase"))
    assert answer.suggested
    assert answer.recovered is None


def test_without_a_recommender_it_says_why_and_what_to_do(database: Database, empty: Settings):
    tagger = Tagger.load(empty, database)
    answer = tagger.suggestions(TagsAsked(title="vase", tags=["vase"]))
    assert (answer.available, answer.suggested, answer.known) == (False, [], {})
    assert answer.reason is not None
    assert "make run" in answer.reason
    assert tagger.state().reason == answer.reason


@pytest.mark.parametrize("file", ["vectors.npy", "metrics.json", "provenance.json"])
def test_a_half_broken_recommender_is_not_loaded_and_says_why(
    file: str, world: Settings, database: Database, tmp_path: Path
):
    settings = with_models_of(world, tmp_path)
    damaged = (settings.models_dir / NAME / "latest").resolve() / file
    damaged.write_bytes(damaged.read_bytes()[:-20])
    state = Tagger.load(settings, database).state()
    assert not state.available
    assert state.reason is not None
    assert "Materialize recommender" in state.reason


def test_a_recommender_of_another_shape_is_not_loaded_and_says_why(
    database: Database, empty: Settings
):
    told = {"version": "1", "source": "sandbox", "inputs": {}}
    save_version(
        empty.models_dir, NAME, arrays={}, metrics={"things": 3}, provenance=told, version="1"
    )
    state = Tagger.load(empty, database).state()
    assert not state.available
    assert state.reason is not None
    assert "does not hold what this program expects" in state.reason


def test_where_likes_taught_nothing_words_suggest_tags_and_the_reason_is_told(tmp_path: Path):
    settings = small_world(
        tmp_path, [live(n, name="Garden gnome", tags=["gnome", "garden"]) for n in (1, 2, 3)],
        source="snapshot",
    )  # fmt: skip
    with open_published(settings.published_file) as con:
        space = content_space(thing_features(con))
    save_version(
        settings.models_dir,
        NAME,
        arrays=space.as_arrays(),
        metrics={
            "fitted": False, "reason": "Not enough likes.", "space": space.meta(),
            "tags_by": "content_vote", "things": 3,
        },
        provenance={"version": "1", "source": "snapshot", "inputs": {}},
        version="1",
    )  # fmt: skip
    tagger = Tagger.load(settings, Database(settings.published_file))
    answer = tagger.suggestions(TagsAsked(title="Another one", tags=["garden"]))
    assert [(tag.tag, tag.things) for tag in answer.suggested] == [("Gnome", 3)]
    assert (answer.synthetic, answer.recovered) == (False, None)
    state = tagger.state()
    assert (state.available, state.reason, state.skill) == (True, "Not enough likes.", None)
