"""Requests at a fixed rate, whatever the server makes of them, and how long each took.

A request is sent when it is due, not when the one before is answered, and its time runs from then:
a server that falls behind shows it in all that wait.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

_CLIENTS = 48


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what kind of thing it asks for."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: its kind, the seconds it took, and the status; 0 for no answer."""

    kind: str
    seconds: float
    status: int


def answers_at_rate(
    asked: Sequence[Asked], connect: Callable[[], HTTPConnection], *, a_second: float
) -> list[Answer]:
    """Send requests evenly spaced in time and return what came of each.

    Parameters
    ----------
    asked : sequence of Asked
        In their order.
    connect : callable
        Returns a new connection, which is kept and used again.
    a_second : float
    """
    due: queue.SimpleQueue[tuple[float, Asked] | None] = queue.SimpleQueue()
    found: list[Answer] = []

    def client() -> None:
        connection = connect()
        while (each := due.get()) is not None:
            answer, connection = _answer(each[1], connection, connect, since=each[0])
            found.append(answer)
        connection.close()

    clients = [threading.Thread(target=client, daemon=True) for _ in range(_CLIENTS)]
    for each in clients:
        each.start()
    start = time.perf_counter()
    for number, request in enumerate(asked):
        moment = start + number / a_second
        time.sleep(max(0.0, moment - time.perf_counter()))
        due.put((moment, request))
    for _ in clients:
        due.put(None)
    for each in clients:
        each.join()
    return found


def answers_in_turn(asked: Iterable[Asked], connect: Callable[[], HTTPConnection]) -> list[Answer]:
    """Send requests one after the other and return what came of each."""
    connection, found = connect(), []
    for request in asked:
        answer, connection = _answer(request, connection, connect, since=time.perf_counter())
        found.append(answer)
    connection.close()
    return found


def _answer(
    request: Asked,
    connection: HTTPConnection,
    connect: Callable[[], HTTPConnection],
    *,
    since: float,
) -> tuple[Answer, HTTPConnection]:
    """Return what came of a request, and a connection for the next one."""
    headers = {"content-type": request.content_type} if request.body else {}
    status = 0
    for last in (False, True):
        try:
            connection.request(request.method, request.path, request.body or None, headers)
            response = connection.getresponse()
            response.read()
            status = response.status
            break
        except (OSError, HTTPException):
            # the server closes what was idle for long; a new connection is asked once
            connection.close()
            connection = connect()
            if last:
                break
    return Answer(request.kind, time.perf_counter() - since, status), connection
