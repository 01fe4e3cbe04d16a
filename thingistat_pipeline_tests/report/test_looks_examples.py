import io

import duckdb
import pytest
from PIL import Image

from thingistat_pipeline.report import looks_examples
from thingistat_pipeline.report.looks_examples import LookExamples, read_look_examples
from thingistat_pipeline.warehouse.schema import create
from thingistat_pipeline.warehouse.tables import TABLES


@pytest.fixture
def con(tmp_path):
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as opened:
        create(opened, TABLES)
        yield opened


def add_thing(con, thing_id, category=None, *, creator=7, nsfw=False):
    con.execute(
        "INSERT INTO things (id, name, creator_id, is_nsfw) VALUES (?, ?, ?, ?)",
        [thing_id, f"thing {thing_id}", creator, nsfw],
    )
    if category:
        con.execute(
            "INSERT INTO thing_categories (thing_id, category, position) VALUES (?, ?, 1)",
            [thing_id, category],
        )


def add_alike(con, thing_id, *neighbours, duplicates=()):
    for rank, other in enumerate(neighbours, start=1):
        con.execute(
            "INSERT INTO look_alikes (model, version, thing_id, neighbour_id, rank, similarity, "
            "duplicate) VALUES ('looks', 'v1', ?, ?, ?, ?, ?)",
            [thing_id, other, rank, 1 - rank / 100, other in duplicates],
        )


def examples(con, picture=lambda thing_id: None, *, seed=1):
    return read_look_examples(con, picture, seed=seed)


def ids(shown):
    return {each.thing.id: [other.thing.id for other in each.neighbours] for each in shown.alike}


def test_one_thing_a_category_is_shown_with_its_look_alikes_in_order(con):
    for thing_id, category in ((1, "Art"), (2, "Art"), (3, "Tools"), (4, None)):
        add_thing(con, thing_id, category)
    for thing_id, others in ((1, (2, 3, 4)), (2, (1, 4, 3)), (3, (4, 2)), (4, (1,))):
        add_alike(con, thing_id, *others, duplicates=(4,))
    shown = ids(examples(con))
    assert len(shown) == 3
    assert {key: value for key, value in shown.items() if key > 2} == {3: [4, 2], 4: [1]}
    (of_three,) = (each for each in examples(con).alike if each.thing.id == 3)
    assert [(other.similarity, other.duplicate) for other in of_three.neighbours] == [
        (0.99, True), (0.98, False),
    ]  # fmt: skip


def test_things_are_drawn_by_the_seed(con):
    for thing_id in range(1, 41):
        add_thing(con, thing_id, "Art")
        add_alike(con, thing_id, 1 + thing_id % 40)
    drawn = [ids(examples(con, seed=seed)) for seed in range(8)]
    assert drawn[0] == ids(examples(con, seed=0))
    assert len({tuple(each) for each in drawn}) > 1


def test_things_not_safe_for_work_are_counted_and_shown_nowhere(con):
    add_thing(con, 1, "Art", nsfw=True)
    for thing_id in (2, 3, 4):
        add_thing(con, thing_id, "Tools")
    add_alike(con, 1, 2, 3, duplicates=(2,))
    add_alike(con, 2, 1, 3, duplicates=(1, 3))
    add_alike(con, 3, 1)
    found = examples(con)
    assert ids(found) == {2: [3]}
    assert found.repeated == ()
    assert (found.counts.things, found.counts.repeated) == (3, 3)


def test_a_repeated_picture_is_shown_once_with_all_later_things_that_bear_it(con):
    for thing_id, creator in ((1, 7), (2, 8), (3, 7), (4, 9), (5, None)):
        add_thing(con, thing_id, creator=creator)
    add_alike(con, 1, 2, 3, 5, duplicates=(2, 3, 5))
    add_alike(con, 2, 3, 1, duplicates=(1, 3))
    add_alike(con, 3, 4, 1, duplicates=(1,))
    add_alike(con, 4, 3)
    found = examples(con)
    (only,) = found.repeated
    assert only.thing.id == 1
    assert [(thing.id, same) for thing, same in only.others] == [(2, False), (3, True), (5, False)]
    counts = found.counts
    # 1-2, 1-3, 1-5 and 2-3; creators differ in 1-2 and 2-3, and of 5 nobody knows
    assert (counts.things, counts.repeated, counts.pairs) == (4, 4, 4)
    assert counts.pairs_of_two_creators == 2


def test_categories_are_compared_with_the_nearest_that_is_not_the_same_picture(con):
    for thing_id, category in ((1, "Art"), (2, "Art"), (3, "Tools"), (4, "Art"), (5, None)):
        add_thing(con, thing_id, category)
    add_alike(con, 1, 2, 4, duplicates=(2,))  # the nearest other picture: 4, also art
    add_alike(con, 2, 3, 1)  # tools
    add_alike(con, 3, 1)  # art
    add_alike(con, 4, 5)  # unknown
    counts = examples(con).counts
    assert (counts.judged, counts.same_category) == (3, 1)
    # Two of the three are art, one is tools: (2/3)² + (1/3)²
    assert counts.by_lot == pytest.approx(5 / 9)


def test_nothing_published_means_no_examples_and_nothing_counted(con):
    assert examples(con) == LookExamples()


def photograph(_):
    written = io.BytesIO()
    Image.effect_noise((300, 300), 90).save(written, "PNG")
    return written.getvalue()


def test_examples_and_their_pictures_are_bounded(con, monkeypatch):
    for thing_id in range(1, 31):
        add_thing(con, thing_id, f"Category {thing_id % 10}")
        add_alike(con, thing_id, *(1 + (thing_id + i) % 30 for i in range(8)),
                  duplicates=range(1, 16))  # fmt: skip
    monkeypatch.setattr(looks_examples, "MOST_PICTURE_BYTES", 20_000)
    found = examples(con, photograph)
    assert len(found.alike) == looks_examples.EXAMPLES
    assert {len(each.neighbours) for each in found.alike} == {looks_examples.NEIGHBOURS}
    assert len(found.repeated) <= looks_examples.DUPLICATES
    things = {t.id: t for e in found.alike for t in (e.thing, *(o.thing for o in e.neighbours))}
    sizes = [len(thing.picture) for thing in things.values() if thing.picture]
    assert 0 < sum(sizes) <= 20_000
