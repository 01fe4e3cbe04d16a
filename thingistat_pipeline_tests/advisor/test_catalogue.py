"""Search, things, tags and pictures, of a database made by hand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from thingistat_pipeline.advisor.catalogue import PAGE, PICTURE_PIXELS, Catalogue
from thingistat_pipeline.advisor.database import Database
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.records import Creator, Record
from thingistat_pipeline_tests.advisor.small_worlds import publish_night, rows_of, small_world
from thingistat_pipeline_tests.orchestration.pictured import obtained, picture_file
from thingistat_pipeline_tests.warehouse.support import live

Opened = Callable[[Settings], Catalogue]
ROBOT, CAFE, HIDDEN, NAMELESS, ARM = 1, 2, 3, 4, 5
SITE = "https://www.thingiverse.com/thing:"


def thing(thing_id: int, name: str | None, downloads: int | None, **values: Any) -> Record:
    return live(
        thing_id,
        name=name,
        download_count=downloads,
        public_url=f"{SITE}{thing_id}",
        **values,
    )


THINGS = [
    thing(
        ROBOT, "Robot Arm", 50, like_count=7, tags=["robot", "arm"], description="<b>It</b> moves",
        license="GPL", creator=Creator(id=9, name="Ada"),
        lists={"categories": [{"name": "Robotics"}, {"name": "Toys"}]},
    ),
    thing(CAFE, "Café sign of the ROBOT", 900, tags=["robot", "cafe", "sign"]),
    thing(HIDDEN, "Robot not for work", 5_000, tags=["robot"], is_nsfw=True),
    thing(NAMELESS, None, None, tags=["robot"]),
    thing(ARM, "Arm rest", 10, tags=["arm_rest"]),
]  # fmt: skip


def alike(thing_id: int, *neighbours: int, basis: str) -> list[dict[str, object]]:
    return [
        {"thing_id": thing_id, "neighbour_id": each, "rank": n, "score": 1 / n, "basis": basis}
        for n, each in enumerate(neighbours, 1)
    ]


RESULTS = {
    "similar_things": rows_of(
        *alike(ROBOT, CAFE, HIDDEN, ARM, basis="likes"), *alike(ARM, ROBOT, basis="content"),
        version="one",
    ),
    "tag_things": rows_of(
        *({"tag": "robot", "thing_id": each, "rank": n, "score": 1 / n}
          for n, each in enumerate((ARM, HIDDEN, ROBOT), 1)),
        version="one",
    ),
    "tag_neighbours": rows_of(
        {"tag": "robot", "neighbour": "arm", "rank": 1, "score": 0.9},
        {"tag": "robot", "neighbour": "never_seen", "rank": 2, "score": 0.8},
        version="one",
    ),
    "look_alikes": rows_of(
        {"thing_id": ROBOT, "neighbour_id": CAFE, "rank": 1, "similarity": 0.99, "duplicate": True},
        {"thing_id": ROBOT, "neighbour_id": ARM, "rank": 2, "similarity": 0.5, "duplicate": False},
        version="one",
    ),
}  # fmt: skip


def large_picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (4 * PICTURE_PIXELS, 2 * PICTURE_PIXELS), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def catalogue_of() -> Iterator[Opened]:
    """Opens the catalogue of what is published in a folder, and closes all of them in the end."""
    with ExitStack() as opened:

        def catalogue(settings: Settings) -> Catalogue:
            database = Database(settings.published_file)
            opened.callback(database.close)
            return Catalogue(database, settings)

        yield catalogue


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("catalogue") / "data"
    settings = small_world(folder, THINGS, results=RESULTS)
    obtained(settings, {ROBOT: large_picture(), HIDDEN: picture_file(3), ARM: None})
    return settings


@pytest.fixture(scope="module")
def catalogue(settings: Settings, catalogue_of: Opened) -> Catalogue:
    return catalogue_of(settings)


def names(catalogue: Catalogue, text: str) -> list[str]:
    return [card.name for card in catalogue.search(text).things]


def test_a_search_finds_things_that_hold_all_words_in_any_order_and_case(catalogue: Catalogue):
    assert names(catalogue, "arm ROBOT") == ["Robot Arm"]


def test_accents_make_no_difference_to_a_search(catalogue: Catalogue):
    assert names(catalogue, "cafe") == names(catalogue, "CAFÉ") == ["Café sign of the ROBOT"]


def test_names_that_begin_with_the_words_come_first_then_what_is_downloaded_most(
    catalogue: Catalogue,
):
    assert names(catalogue, "robot") == ["Robot Arm", "Café sign of the ROBOT"]


def test_a_search_without_words_lists_what_is_downloaded_most(catalogue: Catalogue):
    assert names(catalogue, "  ") == ["Café sign of the ROBOT", "Robot Arm", "Arm rest", "Thing 4"]


def test_a_search_finds_tags_the_very_one_first_and_then_the_commonest(catalogue: Catalogue):
    assert [(tag.key, tag.things) for tag in catalogue.search("arm").tags] == [
        ("arm", 1),
        ("arm_rest", 1),
    ]
    assert [(tag.label, tag.things) for tag in catalogue.search("r").tags[:1]] == [("Robot", 4)]


@pytest.mark.parametrize(
    "text",
    [
        f"{SITE}5",
        "http://thingiverse.com/thing:5/files",
        " www.thingiverse.com/thing:5?a=b#c ",
        "THING:5",
        "5",
    ],
)
def test_the_number_or_the_address_of_a_thing_names_it(text: str, catalogue: Catalogue):
    assert catalogue.search(text).thing == ARM


@pytest.mark.parametrize(
    "text", [f"{SITE}77", "77", "9" * 16, "9" * 200, "thing:", "https://evil.example/thing:5"]
)
def test_a_thing_that_is_not_known_is_not_named(text: str, catalogue: Catalogue):
    assert catalogue.search(text).thing is None


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", "(", "[a-", "\0", "🤖", "x" * 5_000])
def test_signs_in_a_search_stand_for_themselves(text: str, catalogue: Catalogue):
    assert names(catalogue, text) == []


def test_what_was_found_comes_page_by_page(tmp_path: Path, catalogue_of: Opened):
    many = [thing(number, f"Box {number}", number) for number in range(1, PAGE + 3)]
    catalogue = catalogue_of(small_world(tmp_path, many))
    first, second = catalogue.search("box"), catalogue.search("box", 2)
    assert (first.total, first.pages, len(first.things)) == (PAGE + 2, 2, PAGE)
    assert [card.downloads for card in second.things] == [2, 1]
    assert catalogue.search("box", 10**9).things == catalogue.search("box", 3).things == []


def test_a_page_of_a_thing_tells_all_about_it(catalogue: Catalogue):
    page = catalogue.thing(ROBOT)
    assert page is not None
    card = page.card
    assert (card.name, card.creator, card.downloads, card.likes) == ("Robot Arm", "Ada", 50, 7)
    assert card.published == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert card.url == f"{SITE}{ROBOT}"
    assert page.category == ["Robotics", "Toys"]
    assert (page.licence, page.description, page.synthetic) == ("GPL", "<b>It</b> moves", True)
    assert [(tag.key, tag.label, tag.things) for tag in page.tags] == [
        ("robot", "Robot", 4),
        ("arm", "Arm", 1),
    ]
    assert [(row.downloads, row.likes) for row in page.observations] == [(50, 7)]


def test_similar_things_come_with_what_they_rest_on_and_without_those_not_safe_for_work(
    catalogue: Catalogue,
):
    robot, arm = catalogue.thing(ROBOT), catalogue.thing(ARM)
    assert robot is not None
    assert [card.id for card in robot.liked_too] == [CAFE, ARM]
    assert robot.liked_too_basis == "By the likes of both."
    assert arm is not None
    assert arm.liked_too_basis.startswith("Likes tell nothing of this yet")


def test_look_alikes_say_how_alike_they_are_and_which_are_nearly_the_same(catalogue: Catalogue):
    page = catalogue.thing(ROBOT)
    assert page is not None
    assert [(card.id, card.similarity, card.remark) for card in page.looks_like] == [
        (CAFE, 0.99, "nearly the same picture"),
        (ARM, 0.5, ""),
    ]


def test_figures_over_time_are_in_order_and_in_utc(tmp_path: Path, catalogue_of: Opened):
    settings = small_world(tmp_path, [live(1, "2026-09-01T10:00:00Z", download_count=5)])
    publish_night(settings, [live(1, "2026-09-09T10:00:00Z", download_count=8, like_count=None)])
    page = catalogue_of(settings).thing(1)
    assert page is not None
    assert [(row.observed_at, row.downloads, row.likes) for row in page.observations] == [
        (datetime(2026, 9, 1, 10, tzinfo=UTC), 5, None),
        (datetime(2026, 9, 9, 10, tzinfo=UTC), 8, None),
    ]


@pytest.mark.parametrize("thing_id", [77, 0, -1, 2**63, 10**30])
def test_there_is_no_page_and_no_picture_of_a_thing_that_is_not_known(
    thing_id: int, catalogue: Catalogue
):
    assert catalogue.thing(thing_id) is None
    assert catalogue.picture(thing_id) is None


def test_a_tags_page_is_sorted_by_closeness_and_found_in_any_spelling(catalogue: Catalogue):
    page = catalogue.tag(" ROBOT ")
    assert page is not None
    assert (page.tag, page.things) == ("Robot", 4)
    assert [card.id for card in page.closest] == [ARM, ROBOT]
    assert page.basis.startswith("Closeness to the tag")
    assert [tag.key for tag in page.neighbours] == ["arm"]


def test_a_tag_of_which_nothing_was_learned_shows_who_bears_it_and_says_so(catalogue: Catalogue):
    page = catalogue.tag("cafe")
    assert page is not None
    assert [card.id for card in page.closest] == [CAFE]
    assert page.basis.startswith("Too few things bear this tag")


@pytest.mark.parametrize("name", ["never_seen", "", "'; --", "\0", "x" * 100_000])
def test_there_is_no_page_of_a_tag_that_nothing_bears(name: str, catalogue: Catalogue):
    assert catalogue.tag(name) is None


def test_cards_keep_their_order_and_leave_out_what_is_unknown_or_hidden(catalogue: Catalogue):
    cards = catalogue.cards([ARM, 77, HIDDEN, ROBOT, ARM], [0.1, 0.2, 0.3, 0.4, 0.5])
    assert [(card.id, card.similarity) for card in cards] == [(ARM, 0.1), (ROBOT, 0.4), (ARM, 0.5)]
    assert [card.similarity for card in catalogue.cards([ARM])] == [None]
    assert catalogue.cards([]) == []


def test_a_picture_is_a_new_small_jpeg(catalogue: Catalogue):
    content = catalogue.picture(ROBOT)
    assert content is not None
    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.size) == ("JPEG", (PICTURE_PIXELS, PICTURE_PIXELS // 2))


def test_a_thing_that_is_not_safe_for_work_has_a_page_and_no_picture(catalogue: Catalogue):
    page = catalogue.thing(HIDDEN)
    assert page is not None
    assert not page.card.has_picture
    assert catalogue.picture(HIDDEN) is None


def test_a_thing_without_a_picture_says_so(catalogue: Catalogue):
    cards = catalogue.cards([ROBOT, ARM])
    assert [card.has_picture for card in cards] == [True, False]
    assert catalogue.picture(ARM) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://www.thingiverse.com/thing:1",
        "https://evil.example/thing:1",
        "javascript:alert(1)",
        "https://www.thingiverse.com@evil.example/",
        "//evil.example",
        "",
    ],
)
def test_an_address_that_leads_elsewhere_is_none(url: str, tmp_path: Path, catalogue_of: Opened):
    catalogue = catalogue_of(small_world(tmp_path, [live(1, public_url=url)]))
    assert [card.url for card in catalogue.cards([1])] == [None]


def test_without_likes_pictures_and_models_there_are_pages_all_the_same(
    tmp_path: Path, catalogue_of: Opened
):
    catalogue = catalogue_of(small_world(tmp_path, THINGS, source="snapshot"))
    page, tag = catalogue.thing(ROBOT), catalogue.tag("robot")
    assert page is not None
    assert (page.liked_too, page.looks_like, page.synthetic) == ([], [], False)
    assert page.liked_too_basis == "Nothing is known of what it is like."
    assert not page.card.has_picture
    assert tag is not None
    assert [card.id for card in tag.closest] == [ROBOT, CAFE, NAMELESS]


def test_a_broken_manifest_of_pictures_costs_the_pictures_only(
    tmp_path: Path, catalogue_of: Opened
):
    settings = small_world(tmp_path, THINGS)
    obtained(settings, {ROBOT: picture_file(1)})
    (manifest,) = settings.thumbnails_dir.glob("*/manifest.json")
    manifest.write_text("{")
    catalogue = catalogue_of(settings)
    assert catalogue.picture(ROBOT) is None
    assert names(catalogue, "robot arm") == ["Robot Arm"]


def test_a_picture_that_was_damaged_on_disk_is_none(tmp_path: Path, catalogue_of: Opened):
    settings = small_world(tmp_path, THINGS)
    obtained(settings, {ROBOT: picture_file(1)})
    (content,) = (path for path in settings.thumbnails_dir.glob("content/*/*"))
    content.write_bytes(content.read_bytes()[:-9])
    assert catalogue_of(settings).picture(ROBOT) is None


def test_a_database_without_a_thing_has_nothing_to_find(tmp_path: Path, catalogue_of: Opened):
    found = catalogue_of(small_world(tmp_path, [])).search("")
    assert (found.things, found.tags, found.total, found.pages) == ([], [], 0, 0)
