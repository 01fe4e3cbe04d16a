"""The sandbox over real HTTP: token, limit, pages, headers, and when it ends."""

import subprocess
import sys
import time
from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from PIL import Image

from thingistat_pipeline.sandbox import catalogue
from thingistat_pipeline.sandbox.embedded import Sandbox, SandboxError, running_sandbox
from thingistat_pipeline.sandbox.limits import SlidingWindow
from thingistat_pipeline.sandbox.users import is_registered, user_name

LIMIT_BODY = (
    "You can only send 7 requests per 5 minutes. "
    "Please check https://www.thingiverse.com/developers/getting-started"
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _most_liked(things: dict[str, Any], low: int, high: int) -> int:
    fit = (things["like_count"] >= low) & (things["like_count"] <= high)
    return int(things["id"][fit][0])


def test_the_window_slides_and_refused_requests_do_not_count() -> None:
    clock = Clock()
    window = SlidingWindow(3, clock)
    assert [window.admits() for _ in range(5)] == [True, True, True, False, False]
    clock.now += 299.0
    assert not window.admits()
    clock.now += 1.0
    assert [window.admits() for _ in range(4)] == [True, True, True, False]


def test_the_window_frees_places_one_by_one() -> None:
    clock = Clock()
    window = SlidingWindow(2, clock)
    assert window.admits()
    clock.now += 100.0
    assert window.admits()
    clock.now += 200.0
    assert [window.admits(), window.admits()] == [True, False]


@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer wrong", "bearer {}", "Bearer {}x"])
def test_only_the_right_token_opens(sandbox: Sandbox, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token.format(sandbox.token)}
    answer = requests.get(f"{sandbox.url}/things/1", headers=headers, timeout=10)
    assert answer.status_code == 401
    assert answer.text == '{"error":"Unauthorized"}'


def test_a_token_in_the_query_does_not_count(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/things/1?access_token={sandbox.token}"
    assert requests.get(url, timeout=10).status_code == 401


def test_headers_are_those_of_the_recorded_answers(
    sandbox: Sandbox, client: requests.Session, live: np.ndarray
) -> None:
    answer = client.get(f"{sandbox.url}/things/{live[1000]}", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["date"] == "Tue, 01 Sep 2026 12:00:00 GMT"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "max-age=1800"
    assert answer.headers["vary"] == "Accept-Encoding, Authorization,Cookie"
    assert answer.headers["expires"] == "Tue, 01 Sep 2026 12:30:00 +0000"
    assert "etag" not in answer.headers
    gone = client.get(f"{sandbox.url}/things/{catalogue.NEWEST_ID + 5}", timeout=10)
    assert gone.status_code == 404
    assert gone.headers["cache-control"] == "no-store, no-cache, must-revalidate"
    assert gone.text == f'{{"error":"Thing {catalogue.NEWEST_ID + 5} does not exist"}}'


def test_following_next_visits_every_liker_once(
    sandbox: Sandbox, client: requests.Session, things: dict[str, Any]
) -> None:
    number = _most_liked(things, 61, 200)
    url: str | None = f"{sandbox.url}/things/{number}/likes"
    thing = client.get(f"{sandbox.url}/things/{number}", timeout=10).json()
    seen: list[int] = []
    visited: list[str] = []
    while url:
        answer = client.get(url, timeout=10)
        visited.append(answer.url)
        assert answer.headers["total-count"] == str(thing["like_count"])
        assert answer.links["first"]["url"] == visited[0]
        assert ("prev" in answer.links) == (len(visited) > 1)
        last = answer.links["last"]["url"]
        seen += [user["id"] for user in answer.json()]
        assert len(visited) < 20
        url = answer.links.get("next", {}).get("url")
    assert visited[-1] == last
    assert len(seen) == len(set(seen)) == thing["like_count"]


def test_the_link_header_is_written_as_recorded(
    sandbox: Sandbox, client: requests.Session, things: dict[str, Any]
) -> None:
    # Recorded: <…/things?page=2>; rel="next", <…/things>; rel="first", <…?page=2>; rel="last"
    number = _most_liked(things, 31, 60)
    base = f"{sandbox.url}/things/{number}/likes"
    link = client.get(base, timeout=10).headers["link"]
    assert (
        link == f'<{base}?page=2>; rel="next", <{base}>; rel="first", <{base}?page=2>; rel="last"'
    )


@pytest.mark.parametrize(
    ("query", "hits"),
    [("per_page=7", 7), ("per_page=500", 30), ("per_page=x&page=-3", 30), ("per_page=0", 30)],
)
def test_pages_hold_at_most_thirty(
    sandbox: Sandbox, client: requests.Session, query: str, hits: int
) -> None:
    url = f"{sandbox.url}/search/?type=things&sort=newest&{query}"
    found = client.get(url, timeout=30).json()
    assert len(found["hits"]) == hits
    assert found["total"] == 10_000


def test_search_gives_the_newest_live_things_in_order(
    sandbox: Sandbox, client: requests.Session
) -> None:
    base = f"{sandbox.url}/search/?type=things&sort=newest&per_page=5"
    ids = [hit["id"] for page in (1, 2) for hit in client.get(f"{base}&page={page}").json()["hits"]]
    recent = np.arange(catalogue.NEWEST_ID - 200, catalogue.NEWEST_ID + 1)
    expected = catalogue.live_ids(recent, 12, catalogue.DEFAULT_TODAY)[::-1][:10]
    assert ids == expected.tolist()


def test_picture_addresses_of_the_payload_answer_without_a_token(
    sandbox: Sandbox, client: requests.Session, things: dict[str, Any]
) -> None:
    both = (things["photos"] > 0) & (things["renders"] > 0)
    for number in things["id"][both][:2]:
        images = client.get(f"{sandbox.url}/things/{number}/images", timeout=10).json()
        urls = [image["sizes"][k]["url"] for image in (images[0], images[-1]) for k in (1, 5)]
        thing = client.get(f"{sandbox.url}/things/{number}", timeout=10).json()
        urls += [thing["thumbnail"], thing["default_image"]["url"]]
        for url in urls:
            assert urlsplit(url).netloc == urlsplit(sandbox.url).netloc
            picture = requests.get(url, timeout=10)
            assert picture.status_code == 200
            assert picture.headers["content-type"] in {"image/jpeg", "image/png"}
            Image.open(BytesIO(picture.content)).verify()


def test_a_picture_that_nobody_has_is_not_found(sandbox: Sandbox) -> None:
    for path in ("/assets/00/11/22/33/44/large_display_x.jpg", "/renders/nothing", "/nowhere"):
        assert requests.get(sandbox.url + path, timeout=10).status_code == 404


def test_the_default_picture_answers(sandbox: Sandbox) -> None:
    picture = requests.get(f"{sandbox.url}/site/img/default/Gears_display_large.jpg", timeout=10)
    assert Image.open(BytesIO(picture.content)).size == (720, 540)


def test_users_answer_by_name(sandbox: Sandbox, client: requests.Session, live: np.ndarray) -> None:
    thing = catalogue.describe_thing(int(live[-5]), 12, catalogue.DEFAULT_TODAY)
    found = client.get(f"{sandbox.url}/things/{thing.id}", timeout=10).json()["creator"]
    user = client.get(found["url"], timeout=10).json()
    assert (user["id"], user["count_of_designs"]) == (thing.creator, thing.designs)
    missing = client.get(f"{sandbox.url}/users/nobody", timeout=10)
    assert (missing.status_code, missing.text) == (404, '{"error":""}')


@pytest.mark.parametrize("number", [0, 7_700_000, 20_000_000, 999_999_999])
def test_numbers_that_no_user_has_yet_are_nobodys(
    sandbox: Sandbox, client: requests.Session, number: int
) -> None:
    missing = client.get(f"{sandbox.url}/users/{user_name(12, number)}", timeout=10)
    assert (missing.status_code, missing.text) == (404, '{"error":""}')


def test_everyone_who_publishes_is_registered(live: np.ndarray) -> None:
    described = catalogue.describe_things(live[-500:], 12, catalogue.DEFAULT_TODAY)
    creators = set(described["creator"].tolist())
    assert all(is_registered(user, catalogue.DEFAULT_TODAY) for user in creators)
    # Nobody was there before the site was.
    assert not any(is_registered(user, date(2008, 1, 1)) for user in creators)


def test_the_limit_holds_over_http_and_pictures_are_free() -> None:
    with running_sandbox(requests_per_5_minutes=7) as sandbox, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {sandbox.token}"
        statuses = [
            session.get(f"{sandbox.url}/categories", timeout=10).status_code for _ in "1234567"
        ]
        assert statuses == [200] * 7
        refused = session.get(f"{sandbox.url}/categories", timeout=10)
        assert refused.status_code == 429
        assert refused.text == LIMIT_BODY
        assert refused.headers["content-type"].startswith("text/plain")
        picture = f"{sandbox.url}/site/img/default/Gears_thumb_medium.jpg"
        assert requests.get(picture, timeout=10).status_code == 200
        # A wrong token is told so even when the limit is used up.
        assert requests.get(f"{sandbox.url}/categories", timeout=10).status_code == 401


def test_two_processes_agree_to_the_byte(live: np.ndarray) -> None:
    paths = [
        f"/things/{n}{end}" for n in live[::6_000] for end in ("", "/files", "/likes", "/images")
    ]
    paths += ["/categories", "/search/?type=things&sort=newest&per_page=3"]
    bodies = []
    for _ in range(2):
        with (
            running_sandbox(
                seed=12, today=date(2026, 9, 1), public_url="http://sandbox.invalid"
            ) as sandbox,
            requests.Session() as session,
        ):
            session.headers["Authorization"] = f"Bearer {sandbox.token}"
            answers = [session.get(sandbox.url + path, timeout=10) for path in paths]
            thumbnail = urlsplit(answers[0].json()["thumbnail"]).path
            picture = requests.get(sandbox.url + thumbnail, timeout=10).content
            bodies.append([answer.content for answer in answers] + [picture])
    assert bodies[0] == bodies[1]


PARENT = """
import sys
from thingistat_pipeline.sandbox.embedded import running_sandbox
with running_sandbox() as sandbox:
    print(sandbox.url, flush=True)
    sys.stdin.read()
"""


def test_the_sandbox_ends_when_its_parent_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert requests.get(f"{url}/things/1", timeout=10).status_code == 401
    finally:
        parent.kill()
        parent.wait(10)
        for pipe in (parent.stdin, parent.stdout):
            if pipe is not None:
                pipe.close()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(f"{url}/things/1", timeout=1)
        except requests.ConnectionError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the sandbox outlived its parent by half a minute")


def test_a_sandbox_that_cannot_start_says_why() -> None:
    with (
        pytest.raises(SandboxError, match=r"did not start within 0\.001 seconds"),
        running_sandbox(start_seconds=0.001),
    ):
        pytest.fail("it started after all")
    with (
        pytest.raises(SandboxError, match="public-url"),
        running_sandbox(public_url="--help-me"),
    ):
        pytest.fail("it started after all")


def test_the_token_is_in_no_repr_and_no_argument(sandbox: Sandbox) -> None:
    assert sandbox.token not in repr(sandbox)
