import io
from dataclasses import replace

import duckdb
import pytest
from PIL import Image

from thingistat_pipeline.report import recommender_examples, shown_things
from thingistat_pipeline.report.recommender_examples import Examples, read_examples
from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline.warehouse.tables import TABLES

MODEL = {"model": "recommender", "version": "v1"}


@pytest.fixture
def con(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as opened:
        create(opened, TABLES)
        yield opened


def insert(con, table, **values):
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    con.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(values.values()))


def add_thing(con, thing_id, likes, category=None, *, nsfw=False, tags=()):
    insert(con, "things", id=thing_id, name=f"thing {thing_id}", like_count=likes, is_nsfw=nsfw,
           creator_id=7, public_url=f"https://www.thingiverse.com/thing:{thing_id}")  # fmt: skip
    if category:
        insert(con, "thing_categories", thing_id=thing_id, category=category, position=1)
    for position, tag in enumerate(tags, start=1):
        insert(con, "thing_tags", thing_id=thing_id, tag=tag, position=position)


def add_similar(con, thing_id, *neighbours, basis="likes"):
    for rank, other in enumerate(neighbours, start=1):
        insert(con, "similar_things", **MODEL, thing_id=thing_id, neighbour_id=other, rank=rank,
               score=1 / rank, basis=basis)  # fmt: skip


def examples(con, picture=lambda thing_id: None, *, seed=1):
    return read_examples(con, picture, seed=seed)


def ids(shown):
    return [(each.thing.id, [thing.id for thing, _ in each.neighbours]) for each in shown.similar]


def photograph(shade=90, *, pixels=400, kind="PNG"):
    written = io.BytesIO()
    Image.new("RGB", (pixels, pixels // 2), (shade, 40, 200)).save(written, kind)
    return written.getvalue()


def test_the_most_liked_thing_of_each_category_is_shown_with_its_neighbours_in_order(con):
    insert(con, "creators", id=7, name="someone")
    for thing_id, likes, category in (
        (1, 50, "Art"), (2, 90, "Art"), (3, 70, "Tools"), (4, None, "Tools"), (5, 80, None),
    ):  # fmt: skip
        add_thing(con, thing_id, likes, category)
    add_similar(con, 1, 2, 3)
    add_similar(con, 2, 3, 1, 5)
    add_similar(con, 3, 4)
    add_similar(con, 4, 3)
    add_similar(con, 5, 1)
    shown = examples(con)
    assert ids(shown) == [(2, [3, 1, 5]), (5, [1]), (3, [4])]
    assert shown.similar[0].thing == shown_things.Thing(
        id=2, name="thing 2", creator="someone", likes=90, picture=None,
        url="https://www.thingiverse.com/thing:2",
    )  # fmt: skip


def test_what_likes_tell_comes_before_what_features_tell_and_is_told_apart(con):
    for thing_id, likes, category in ((1, 900, "Art"), (2, 9, "Art"), (3, 5, "Tools")):
        add_thing(con, thing_id, likes, category)
    add_similar(con, 1, 3, basis="features")
    add_similar(con, 2, 1)
    add_similar(con, 3, 2, basis="features")
    shown = examples(con)
    assert [(each.thing.id, [basis for _, basis in each.neighbours]) for each in shown.similar] == [
        (2, ["likes"]),
        (3, ["features"]),
    ]


def test_things_not_safe_for_work_are_shown_nowhere(con):
    tags = ("hook", "wall", "steel")
    add_thing(con, 1, 99, "Art", nsfw=True, tags=tags)
    for thing_id in range(2, 9):
        add_thing(con, thing_id, 10, "Tools" if thing_id < 5 else "Art", tags=tags)
    add_thing(con, 9, 10, "Art", tags=("other",))
    add_similar(con, 1, 2)
    add_similar(con, 2, 1, 3)
    for rank, thing_id in enumerate((1, 3, 4), start=1):
        insert(con, "tag_things", **MODEL, tag="hook", thing_id=thing_id, rank=rank, score=1.0)
    insert(con, "suggested_tags", **MODEL, thing_id=1, tag="nail", rank=1, score=1.0, things=6)
    shown = examples(con)
    assert ids(shown) == [(2, [3])]
    assert [[thing.id for thing, _ in each.closest] for each in shown.tags] == [[3, 4]]
    assert shown.suggestions == ()


def test_a_tag_that_stands_out_in_a_category_is_shown_and_one_that_is_everywhere_is_not(con):
    for thing_id in range(1, 13):
        own = ("customized", "hook") if thing_id <= 6 else ("customized",)
        add_thing(con, thing_id, 1, "Household" if thing_id <= 6 else "Art", tags=own)
    for tag in ("customized", "hook"):
        for rank, thing_id in enumerate((12, 1), start=1):
            insert(con, "tag_things", **MODEL, tag=tag, thing_id=thing_id, rank=rank, score=1.0)
    shown = {each.tag: each for each in examples(con).tags}
    # "hook" is on 6 of 12 things, all in the household, where half of 6 would be expected.
    assert shown["hook"].things == 6
    assert [(thing.id, bears) for thing, bears in shown["hook"].closest] == [(12, False), (1, True)]
    assert examples(con).tags[0].tag == "hook"


def test_a_rare_tag_is_no_example(con):
    for thing_id in range(1, 5):
        add_thing(con, thing_id, 1, "Art", tags=("rare",))
    add_thing(con, 5, 1, "Tools")
    insert(con, "tag_things", **MODEL, tag="rare", thing_id=1, rank=1, score=1.0)
    assert examples(con).tags == ()


def test_suggestions_come_in_their_order_beside_the_tags_that_a_thing_bears(con):
    add_thing(con, 1, 1, "Art", tags=("b", "a", "c"))
    add_thing(con, 2, 1, "Art", tags=("a", "b"))
    for thing_id in (1, 2):
        for rank, (tag, things) in enumerate((("z", 4), ("y", 40)), start=1):
            insert(con, "suggested_tags", **MODEL, thing_id=thing_id, tag=tag, rank=rank,
                   score=0.5, things=things)  # fmt: skip
    (only,) = examples(con).suggestions
    assert (only.thing.id, only.tags, only.suggested) == (
        1, ("b", "a", "c"), (("z", 4), ("y", 40)),
    )  # fmt: skip


def test_things_are_drawn_by_the_seed(con):
    for thing_id in range(1, 41):
        add_thing(con, thing_id, 1, "Art", tags=("a", "b", "c"))
        insert(con, "suggested_tags", **MODEL, thing_id=thing_id, tag="z", rank=1, score=0.5,
               things=4)  # fmt: skip
    drawn = [examples(con, seed=seed) for seed in range(8)]
    assert drawn[0] == examples(con, seed=0)
    assert len({each.suggestions[0].thing.id for each in drawn}) > 1


def test_nothing_published_means_no_examples(con):
    assert examples(con) == Examples()


@pytest.fixture
def pairs(con):
    for thing_id in range(1, 31):
        add_thing(con, thing_id, 100 - thing_id, f"Category {thing_id % 6}")
        add_similar(con, thing_id, *(1 + (thing_id + i) % 30 for i in range(8)))
    return con


def pictures(shown):
    things = {t.id: t for e in shown.similar for t in (e.thing, *(n for n, _ in e.neighbours))}
    return {thing_id: thing.picture for thing_id, thing in things.items()}


def test_examples_and_neighbours_are_bounded(pairs):
    shown = examples(pairs)
    assert len(shown.similar) == recommender_examples.SIMILAR_EXAMPLES
    assert all(
        len(each.neighbours) == recommender_examples.SIMILAR_THINGS for each in shown.similar
    )


def test_pictures_are_made_small_and_each_is_asked_for_once(pairs):
    asked = []

    def picture(thing_id):
        asked.append(thing_id)
        return photograph(thing_id)

    found = pictures(examples(pairs, picture))
    assert sorted(asked) == sorted(found)
    for content in found.values():
        with Image.open(io.BytesIO(content)) as image:
            assert (image.format, image.size) == ("JPEG", (112, 56))


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", photograph()[:200]])
def test_what_is_no_picture_is_left_out(pairs, content):
    assert set(pictures(examples(pairs, lambda _: content)).values()) == {None}


def test_pictures_end_where_the_page_would_grow_too_heavy(pairs, monkeypatch):
    whole = pictures(examples(pairs, photograph))
    monkeypatch.setattr(recommender_examples, "MOST_PICTURE_BYTES", 3000)
    found = [p for p in pictures(examples(pairs, photograph)).values() if p is not None]
    assert 1 <= len(found) < len(whole)
    assert sum(map(len, found)) <= 3000


def test_a_picture_that_stays_heavy_is_left_out(pairs, monkeypatch):
    monkeypatch.setattr(shown_things, "LARGEST_PICTURE", 100)
    assert set(pictures(examples(pairs, photograph)).values()) == {None}


def test_a_thing_without_maker_name_or_page_is_shown_all_the_same(con):
    insert(con, "things", id=1)
    insert(con, "things", id=2, creator_id=404)
    add_similar(con, 1, 2)
    (only,) = examples(con).similar
    assert replace(only.thing, id=2) == only.neighbours[0][0]
    assert (only.thing.name, only.thing.creator, only.thing.url, only.thing.likes) == (
        "", "", "", None,
    )  # fmt: skip
