"""The guards of memory and of places, each before a tiny app."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from thingistat_pipeline.advisor import capacity
from thingistat_pipeline_tests.advisor.asgi import answer, answered, greeting, refusal


async def echo_size(scope: Scope, receive: Receive, send: Send) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message["more_body"]
    await PlainTextResponse(str(size))(scope, receive, send)


def limited(seconds: float = 5) -> ASGIApp:
    return capacity.BodyLimit(echo_size, refusal, 100, {"/pictures": 1000}, seconds)


def test_a_body_of_just_the_size_is_read_and_one_byte_more_is_not():
    assert answer(limited(), "POST", body=[b"x" * 60, b"x" * 40]).body == b"100"
    with pytest.raises(HTTPException) as refused:
        answer(limited(), "POST", body=[b"x" * 60, b"x" * 41])
    assert refused.value.status_code == 413
    assert answer(limited(), "POST", "/pictures", body=[b"x" * 1000]).body == b"1000"


@pytest.mark.parametrize("length", ["101", "9" * 5000, "-1", "1e3", ""])
def test_a_body_that_says_it_is_too_large_is_not_even_begun(length: str):
    got = answer(limited(), "POST", headers={"content-length": length}, body=[])
    assert got.status == 413


def test_a_body_that_never_ends_coming_is_given_up():
    endless = capacity.BodyLimit(waiting_for_more, refusal, 100, {}, 0.05)
    with pytest.raises(HTTPException) as refused:
        answer(endless, "POST", body=[])
    assert refused.value.status_code == 408


async def waiting_for_more(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


def test_an_app_may_wait_for_the_end_of_a_connection_longer_than_for_a_body():
    async def until_the_client_leaves(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await asyncio.wait_for(receive(), 0.1)
        except TimeoutError:
            await greeting(scope, receive, send)

    patient = capacity.BodyLimit(until_the_client_leaves, refusal, 100, {}, 0.01)
    assert answer(patient, "POST").status == 200


def test_whoever_comes_while_all_places_are_taken_is_asked_to_come_back():
    async def crowd() -> tuple[list[int], list[int], str]:
        leave = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await leave.wait()
            await greeting(scope, receive, send)

        guard = capacity.Crowd(slow, refusal, 3, {"/pictures": 1})
        paths = ["/pictures", "/", "/pictures", "/", "/"]
        asked = [
            asyncio.create_task(answered(guard, "POST", path, {}, [b""], None, ""))
            for path in paths
        ]
        await asyncio.sleep(0.01)
        leave.set()
        first = [(await task) for task in asked]
        later = await answered(guard, "POST", "/pictures", {}, [b""], None, "")
        return [each.status for each in first], [later.status], first[2].headers["retry-after"]

    first, later, retry_after = asyncio.run(crowd())
    assert first == [200, 200, 503, 200, 503]
    assert later == [200]
    assert int(retry_after) > 0
