"""The web app's stage: how requests are timed, what is simulated, what it says."""

import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks import advisor_app
from benchmarks.advisor_app.load import Answer, Asked, answers_at_rate, answers_in_turn
from benchmarks.advisor_app.ours import by_kind
from benchmarks.advisor_app.served import largest_parameters
from benchmarks.advisor_app.tables import alike_tables
from benchmarks.stage import STAGES, USUAL_STAGES, Chain, stage_named
from thingistat_pipeline.popularity.advisor.search import MOST_DRAWS
from thingistat_pipeline.warehouse.model_tables import MODEL_TABLES

_SLOW = 0.4


class _Handler(BaseHTTPRequestHandler):
    """Answers each request with how long its body is; one path is slow, one always fails."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        if self.path == "/slow":
            time.sleep(_SLOW)
        self.send_response(503 if self.path == "/refused" else 200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _asked(path: str) -> Asked:
    return Asked(path, "POST", path, b"{}")


def test_a_slow_answer_does_not_hold_up_the_requests_that_are_due_after_it(port: int) -> None:
    paths = ["/slow", *["/quick"] * 4]
    found = answers_at_rate(
        [_asked(path) for path in paths], lambda: HTTPConnection("127.0.0.1", port), a_second=50
    )
    assert sorted(answer.kind for answer in found) == sorted(paths)
    assert {answer.status for answer in found} == {200}
    # the slow one ends last, though it began first
    assert found[-1].kind == "/slow"
    assert found[-1].seconds >= _SLOW


def test_what_is_refused_and_what_is_not_answered_is_told(port: int) -> None:
    def connect() -> HTTPConnection:
        return HTTPConnection("127.0.0.1", port)

    found = answers_in_turn([_asked("/quick"), _asked("/refused"), _asked("/quick")], connect)
    assert [answer.status for answer in found] == [200, 503, 200]
    gone = answers_in_turn([_asked("/quick")], lambda: HTTPConnection("127.0.0.1", 1))
    assert [answer.status for answer in gone] == [0]


def test_the_95th_percentile_is_the_time_that_19_of_20_stay_within() -> None:
    found = [Answer("a thing", second / 100, 200) for second in range(20, 0, -1)]
    found.append(Answer("search", 3.0, 200))
    times = by_kind(found)
    assert times["a thing"] == pytest.approx(
        {"count": 20, "median": 0.105, "p95": 0.19, "longest": 0.2}
    )
    assert times["search"]["p95"] == 3.0
    # both are browsing: 20 of 21 stay within a fifth of a second
    assert times["browse"] == pytest.approx(
        {"count": 21, "median": 0.11, "p95": 0.2, "longest": 3.0}
    )


def test_simulated_tables_have_the_columns_keys_and_things_of_true_ones() -> None:
    things = np.arange(10, 40, dtype=np.int64)
    tags = pl.DataFrame({"tag": ["vase", "robot", "rare"], "things": [9, 5, 4]})
    models = {"recommender": "recommender", "looks": "looks"}
    made = alike_tables(things, tags, np.random.default_rng(1), models, "v")
    declared = {table.name: table for table in MODEL_TABLES}
    for name, frame in made.items():
        table = declared[name]
        assert set(frame.columns) == {column.name for column in table.columns}
        assert frame.select(table.key).is_duplicated().sum() == 0
        assert not any(frame.null_count().row(0))
    alike = made["similar_things"]
    assert alike.height == 10 * len(things)
    assert (alike["thing_id"] != alike["neighbour_id"]).all()
    assert set(alike["neighbour_id"]) <= set(things.tolist())
    assert set(made["tag_things"]["tag"]) == {"vase", "robot"}
    assert made["tag_things"].height == 2 * 50


def test_the_forest_is_as_large_as_a_full_search_makes_one() -> None:
    few, many = largest_parameters(5_333), largest_parameters(100_000)
    assert (few.n_estimators, few.max_depth, few.max_samples) == (90, 24, 0.6)
    # sixteen times the rows want four more levels; a tree draws no more than it may
    assert (many.n_estimators, many.max_depth) == (90, 28)
    assert many.max_samples * 100_000 == pytest.approx(MOST_DRAWS)


def _times(p95: float) -> dict[str, float]:
    return {"count": 100.0, "median": p95 / 2, "p95": p95, "longest": 2 * p95}


def _facts(rows: int, *, advice: float, memory: float) -> dict[str, Any]:
    kinds = {"advice": _times(advice), "browse": _times(0.09)}
    return {
        "rows": rows,
        "started_in": 4.0,
        "first_advice": 0.3,
        "first_pictures": 1.5,
        "alone": kinds,
        "under_load": kinds | {"ranking of five pictures": _times(1.2)},
        "cpu_milliseconds": {"advice": 12.3},
        "requests": 1_200,
        "a_second": 20.0,
        "failed": 0,
        "others_busy": 0.5,
        "peak_mib": memory,
        "peak_shared_once_mib": memory - 100,
        "forest": "90 trees",
    }


def test_the_aims_are_met_or_it_is_said_that_they_are_not() -> None:
    met, *rest = advisor_app.remarks(_facts(150_000, advice=0.15, memory=900), {})
    assert met == (
        "The aims: start 4.0 s of at most 5.0 s (met); advice, 95 % 150 ms of at most 200 ms "
        "(met); browse, 95 % 90 ms of at most 100 ms (met); ranking of five pictures, 95 % 1.2 s "
        "of at most 2.0 s (met); memory 900 of at most 1,024 MiB (met)."
    )
    assert "all other programs kept 0.50 cores busy" in rest[0]
    assert "advice (100) 75 ms, 150 ms, 300 ms" in rest[1]
    missed = advisor_app.remarks(_facts(900, advice=0.25, memory=1_100), {})[0]
    assert "which are for 150,000 things" in missed
    assert missed.count("**not met**") == 2


def test_it_is_a_stage_that_runs_only_if_named() -> None:
    assert isinstance(stage_named("advisor_app"), Chain)
    assert "advisor_app" in STAGES
    assert "advisor_app" not in USUAL_STAGES
