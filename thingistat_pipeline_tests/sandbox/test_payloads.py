"""Bodies: consistent with each other, shaped like the real ones of their year, hostile at times."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thingistat_pipeline.sandbox import payloads
from thingistat_pipeline.sandbox.catalogue import DEFAULT_TODAY, describe_thing, state_of
from thingistat_pipeline.sandbox.drift import Era, era_of, is_as_recorded
from thingistat_pipeline.sandbox.pieces import World

SAMPLE = 1_500
DEAD = {
    "deleted": (404, "Thing {} does not exist"),
    "unpublished": (403, "Thing has not been published"),
    "private": (401, "Thing is private"),
    "moderated": (403, "Thing is under moderation"),
}


@pytest.fixture(scope="module")
def numbers(live: np.ndarray) -> list[int]:
    return [int(n) for n in live[:: len(live) // SAMPLE]]


@pytest.fixture(scope="module")
def answers(world: World, numbers: list[int]) -> list[dict[str, Any]]:
    return [json.loads(payloads.encoded(payloads.thing_answer(world, n))) for n in numbers]


def _year(answer: dict[str, Any]) -> int:
    return int(answer["added"][:4])


def _of_era(answers: list[Any], era: Era, *, recorded: bool) -> list[dict[str, Any]]:
    return [
        a for a in answers if era_of(_year(a)) is era and is_as_recorded(12, a["id"]) is recorded
    ]


def test_every_error_body_is_the_real_one(world: World, real_data: Path) -> None:
    known = json.loads((real_data / "api/errors/known_error_bodies.json").read_text())
    bodies = {entry["body"].replace("7075185", "{}") for entry in known if "body" in entry}
    for number in range(1_000, 60_000):
        refused = payloads.refusal(world, number)
        if refused is None:
            continue
        status, body = refused
        written = payloads.encoded(body).decode()
        assert written.replace(str(number), "{}") in bodies
        expected = DEAD[state_of(12, number, DEFAULT_TODAY)]
        assert (status, body["error"]) == (expected[0], expected[1].format(number))


def test_an_id_of_the_future_does_not_exist_yet_and_exists_later(world: World) -> None:
    number = next(
        n
        for n in range(world.newest + 1, world.newest + 60)
        if payloads.refusal(world._replace(today=DEFAULT_TODAY + timedelta(days=1)), n) is None
    )
    assert payloads.refusal(world, number) == (404, {"error": f"Thing {number} does not exist"})


def test_slashes_and_letters_beyond_ascii_are_escaped_as_php_does() -> None:
    assert (
        payloads.encoded({"a": "x/é🔥", "b": None}) == b'{"a":"x\\/\\u00e9\\ud83d\\udd25","b":null}'
    )
    assert payloads.encoded(["x/y\r\n", 1, True]) == b'["x\\/y\\r\\n",1,true]'


@pytest.mark.parametrize(
    ("era", "file"),
    [
        (Era.Y2019, "3730558_2019.json"),
        (Era.Y2023, "5828243.json"),
        (Era.Y2025, "4049220.json"),
    ],
)
def test_answers_as_recorded_have_exactly_the_keys_of_the_real_one(
    answers: list[Any], real_data: Path, era: Era, file: str
) -> None:
    real = json.loads((real_data / "api/things" / file).read_text())
    recorded = _of_era(answers, era, recorded=True)
    assert recorded
    for answer in recorded:
        assert set(answer) == set(real)
        if answer["creator"] is not None:
            assert set(answer["creator"]) == set(real["creator"])
    for key in ("is_published", "is_private", "is_wip", "is_purchased"):
        assert {type(answer[key]) for answer in recorded} == {type(real[key])}


def test_other_answers_have_no_key_that_was_never_seen(answers: list[Any], real_data: Path) -> None:
    ever: set[str] = set()
    for file in (real_data / "api/things").glob("*.json"):
        ever |= set(json.loads(file.read_text()))
    for answer in answers:
        assert set(answer) <= ever


def test_lists_have_the_keys_of_the_real_ones(
    world: World, numbers: list[int], real_data: Path
) -> None:
    api = real_data / "api"
    young = next(
        n for n in numbers if n > 3_400_000 and describe_thing(n, 12, DEFAULT_TODAY).renders
    )
    old = next(n for n in numbers if n < 2_000_000 and is_as_recorded(12, n))
    real_file = json.loads((api / "files/3730558_2019.json").read_text())[0]
    assert set(payloads.files_answer(world, young)[0]) == set(real_file)
    real_old = json.loads((api / "files/556207_2014_reconstructed.json").read_text())
    assert set(payloads.files_answer(world, old)[0]) == set(real_old)
    real_image = json.loads((api / "images/316754_880611_2014_reconstructed.json").read_text())
    image = payloads.images_answer(world, young)[0]
    assert set(image) == set(real_image) | {"added"}
    assert [(s["type"], s["size"]) for s in image["sizes"]] == [
        (s["type"], s["size"]) for s in real_image["sizes"]
    ]
    real_search = json.loads((api / "lists/search_newest_2025-03-10.json").read_text())
    found = payloads.newest_things(world, 1, 1)
    assert set(found) == set(real_search)
    assert found["total"] == real_search["total"]
    assert set(found["hits"][0]) == set(real_search["hits"][0])


def test_flags_follow_the_year(answers: list[Any]) -> None:
    for answer in answers:
        era = era_of(_year(answer))
        kind = bool if era in {Era.Y2014, Era.Y2019} else int
        assert type(answer["is_published"]) is kind
        assert type(answer["is_wip"]) is kind
        if era is Era.Y2023:
            assert answer["is_featured"] in {None, True}


def test_every_quirk_of_the_field_occurs_and_missing_counts_stay_few(answers: list[Any]) -> None:
    assert any(a["creator"] is None for a in answers)
    assert any("tags" not in a for a in answers)
    assert any(a.get("tags") == [] for a in answers)
    tags = [[tag["tag"] for tag in a["tags"]] for a in answers if a.get("tags")]
    assert any(len(keys) > len(set(keys)) for keys in tags)
    assert any("\r\n" in a["description"] for a in answers)
    assert any("<" in a["description"] + a["name"] for a in answers)
    assert any(a.get("is_nsfw", 0) is None for a in answers)
    assert any(a["app_id"] is None for a in answers)
    assert any(isinstance(a["app_id"], int) for a in answers)
    assert any((a["default_image"] or {}).get("url", "").endswith(".stl") for a in answers)
    assert any(a["default_image"] is None for a in answers)
    kinds = {type(a["ancestors"][0]) for a in answers if a.get("ancestors")}
    assert kinds == {str, dict}
    relative = {
        (era_of(_year(a)), a["tags"][0]["absolute_url"].startswith("/tag:"))
        for a in answers
        if a.get("tags")
    }
    assert relative == {(era, era is Era.Y2025) for era in Era}
    without_zip = sum("zip_data" not in a for a in answers) / len(answers)
    assert 0.05 < without_zip < 0.15
    missing = sum("comment_count" not in a or "make_count" not in a for a in answers)
    assert 0.02 < missing / len(answers) < 0.1


def test_counts_agree_across_endpoints(
    world: World, numbers: list[int], answers: list[Any]
) -> None:
    for number, answer in zip(numbers[:300], answers, strict=False):
        files = payloads.files_answer(world, number)
        images = payloads.images_answer(world, number)
        assert answer["file_count"] == len(files)
        assert len({file["id"] for file in files}) == len(files)
        assert len({image["id"] for image in images}) == len(images)
        if "zip_data" in answer:
            assert [f["name"] for f in answer["zip_data"]["files"]] == [f["name"] for f in files]
            assert len(answer["zip_data"]["images"]) == len(images)
        likers: list[int] = []
        for page in range(1, 2 + answer["like_count"] // 30):
            shown, total = payloads.likes_page(world, number, page, 30)
            assert total == answer["like_count"]
            likers += [user["id"] for user in shown]
        assert len(likers) == len(set(likers)) == answer["like_count"]


def test_texts_have_the_length_that_is_planted(numbers: list[int], answers: list[Any]) -> None:
    for number, answer in zip(numbers, answers, strict=True):
        thing = describe_thing(number, 12, DEFAULT_TODAY)
        assert len(answer["description"]) == thing.description_length
        assert len(answer["instructions"]) == thing.instructions_length


def test_customized_things_say_so(answers: list[Any]) -> None:
    customized = [a for a in answers if any(t["tag"] == "customized" for t in a.get("tags", []))]
    assert 0.3 < len(customized) / len(answers) < 0.5
    for answer in customized:
        assert answer["is_derivative"]
        assert len(answer["ancestors"]) == 1
        assert len(answer["description"]) < 170


def test_categories_are_the_part_and_then_the_top(world: World, numbers: list[int]) -> None:
    seen: set[str] = set()
    for number in numbers:
        listed = payloads.categories_answer(world, number)
        assert len(listed) <= 2
        seen |= {category["name"] for category in listed}
        if listed:
            assert listed[-1]["name"] in {c["name"] for c in payloads.root_categories(world)}
    assert 75 <= len(seen) <= 80


def test_a_user_is_the_same_everywhere(world: World, answers: list[Any]) -> None:
    for answer in answers[:100]:
        creator = answer["creator"]
        if not creator or "count_of_followers" not in creator:
            continue
        user = payloads.user_answer(world, creator["name"])
        assert user is not None
        for key in ("id", "count_of_followers", "count_of_following", "count_of_designs"):
            assert user[key] == creator[key]
    assert payloads.user_answer(world, "Nobody_1") is None
    assert payloads.user_answer(world, "../etc/passwd") is None


def test_the_pages_address_changes_addresses_only(world: World, numbers: list[int]) -> None:
    elsewhere = world._replace(url="http://elsewhere.invalid")
    for number in numbers[:50]:
        here, there = payloads.thing_answer(world, number), payloads.thing_answer(elsewhere, number)
        assert here["description"] == there["description"]
        moved = json.dumps(here).replace(world.url, elsewhere.url)
        assert moved == json.dumps(there)
