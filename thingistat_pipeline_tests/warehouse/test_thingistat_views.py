"""The views in ThingiStat's shape: what its notebook does with its tables works on them.

The steps are those of ``notebooks/EDA_feature_engineering_importance.ipynb`` and
``src/db_utils.py`` in javathejhut/ThingiStat.
"""

import json
from datetime import datetime

import polars as pl
import pytest

from thingistat_pipeline.thingiverse.records import Category, Creator, File, Image
from thingistat_pipeline.warehouse.publish import publish
from thingistat_pipeline.warehouse.read import read_table
from thingistat_pipeline_tests.warehouse.support import Places, live, write_load

THINGISTAT_TIME = "%Y-%m-%dT%H:%M:%S+00:00"  # with which its downloader wrote `accessed`


@pytest.fixture
def tables(places: Places) -> dict[str, pl.DataFrame]:
    """The four tables as ThingDB.get_table returned them."""
    full = live(
        2,
        tags=["pot", 'a "quoted" tag', "größe"],
        creator=Creator(id=5, name="ann", accepts_tips=True, count_of_designs=3),
        is_wip=True,
        is_featured=None,
        is_derivative=True,
        like_count=2,
        download_count=50,
        file_count=2,
        ancestors=[9, 4],
        lists={
            "categories": [
                Category(name="Household", slug="household", id=73, count=10),
                Category(name="Decor", slug="decor", id=79, count=4),
            ],
            "files": [File(id=1, download_count=10), File(id=2, download_count=15)],
            "images": [Image(id=i) for i in range(5)],
            "likers": [12, 7],
        },
    )
    bare = live(1, tags=None, name=None, modified=None)
    write_load(places.nights, "2026-09-01", [full, bare])
    places.load()
    publish(places.warehouse, places.published, places.link)
    return {
        name: read_table(f"thingistat.{name}", places.folder)
        for name in ("things", "creators", "tags", "categories")
    }


def test_lists_are_json_texts_as_the_notebook_decodes_them(tables):
    thing = tables["things"].row(by_predicate=pl.col("id") == 2, named=True)

    assert json.loads(thing["tags"]) == ["pot", 'a "quoted" tag', "größe"]
    assert json.loads(thing["categories"]) == ["Household", "Decor"]
    assert json.loads(thing["ancestor_ids"]) == [9, 4]
    assert json.loads(thing["likes_ids"]) == [7, 12]


def test_times_are_texts_in_the_form_that_thingistat_wrote(tables):
    thing = tables["things"].row(by_predicate=pl.col("id") == 2, named=True)

    assert thing["added"] == "2020-01-02T03:04:05+00:00"
    assert datetime.strptime(thing["accessed"], THINGISTAT_TIME) == datetime(2026, 9, 1, 12)


def test_flags_are_numbers_and_computed_columns_are_thingistats(tables):
    thing = tables["things"].row(by_predicate=pl.col("id") == 2, named=True)

    assert (thing["is_wip"], thing["is_featured"], thing["is_derivative"]) == (1, None, 1)
    assert thing["added_images_count"] == 5 - 2
    assert thing["average_download_count"] == 12  # int(mean(10, 15))
    assert tables["creators"]["accepts_tips"].to_list() == [1]


def test_what_is_unknown_is_null_and_never_the_text(tables):
    thing = tables["things"].row(by_predicate=pl.col("id") == 1, named=True)

    unknown = set(thing) - {"id", "added", "accessed"}
    assert {name: thing[name] for name in unknown} == dict.fromkeys(unknown)


def test_the_notebooks_first_figures_can_be_computed(tables):
    things, tags, categories = tables["things"], tables["tags"], tables["categories"]

    assert (things.height, categories.height, tags.height) == (2, 2, 3)
    assert categories.sort("count", descending=True)["name"].to_list() == ["Household", "Decor"]
    joined = things.join(tables["creators"], left_on="creator_id", right_on="id")
    assert joined["count_of_designs"].to_list() == [3]
    one_hot = things.drop_nulls("categories").with_columns(
        pl.col("categories").str.json_decode(pl.List(pl.String))
    )
    assert one_hot.explode("categories")["categories"].to_list() == ["Household", "Decor"]
