"""The server started, asked one thing after the other, and asked at a fixed rate."""

import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.advisor_app.load import Answer, answers_at_rate, answers_in_turn
from benchmarks.advisor_app.requests import ADVICE, BROWSE, OF_EACH_200, PICTURES, Requests
from benchmarks.advisor_app.served import served_folder, settings_of
from benchmarks.advisor_app.server import Server
from benchmarks.side import machine_seconds
from benchmarks.stage import Facts, Inputs, Task
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_metrics
from thingistat_pipeline.warehouse.read import open_published

A_SECOND = 20.0
_SECONDS, _FEWEST_SECONDS = 60.0, 5.0
_ALONE, _PICTURES_ALONE = 40, 10
_WARMED_BY = 200
_OK = 200


def prepare(inputs: Inputs) -> Task:
    """Make the data folder, or find it, and draw what is asked."""
    folder = served_folder(inputs.nights, seed=inputs.seed)
    settings = settings_of(folder, seed=inputs.seed)
    requests = Requests(settings.published_file, seed=inputs.seed)
    # small runs are there to see that it works
    seconds = _SECONDS if inputs.things >= 10 * _WARMED_BY else _FEWEST_SECONDS
    return Task(lambda: _work(settings, requests, seconds), lambda facts: facts)


def _work(settings: Settings, requests: Requests, seconds: float) -> Facts:
    with Server(settings.data_dir) as server:
        steps = _Steps(server)
        started = server.started_in
        steps.end("start, until it answers", wall=started)
        first_advice, first_pictures = (
            answers_in_turn(requests.some(kind, 1), server.connection)[0].seconds
            for kind in (ADVICE, PICTURES)
        )
        steps.end("first advice, first five pictures")
        alone, cpu = _one_after_the_other(server, requests)
        steps.end("one request after the other")
        machine, own, start = machine_seconds(), server.cpu_seconds(), time.perf_counter()
        mixed = requests.mixed(round(seconds * A_SECOND))
        asking = time.process_time()
        found = answers_at_rate(mixed, server.connection, a_second=A_SECOND)
        wall = time.perf_counter() - start
        others = None
        if machine is not None and (after := machine_seconds()) is not None:
            ours = server.cpu_seconds() - own + time.process_time() - asking
            others = max(0.0, (after - machine - ours) / wall)
        steps.end(f"{len(mixed):,} requests at {A_SECOND:g} a second")
    return {
        "rows": _things(settings.published_file),
        "steps": steps.taken,
        "started_in": started,
        "first_advice": first_advice,
        "first_pictures": first_pictures,
        "alone": by_kind(alone),
        "cpu_milliseconds": cpu,
        "under_load": by_kind(found),
        "requests": len(mixed),
        "a_second": A_SECOND,
        "failed": sum(answer.status != _OK for answer in [*alone, *found]),
        "others_busy": others,
        "peak_mib": server.peak_mib,
        "peak_shared_once_mib": server.peak_shared_once_mib,
        "forest": _forest(settings),
    }


def _one_after_the_other(
    server: Server, requests: Requests
) -> tuple[list[Answer], dict[str, float]]:
    """Return the answers to some requests of each kind, and the CPU that one of each kind takes."""
    found: list[Answer] = []
    cpu = {}
    for kind in OF_EACH_200:
        asked = requests.some(kind, _PICTURES_ALONE if kind == PICTURES else _ALONE)
        before = server.cpu_seconds()
        found += answers_in_turn(asked, server.connection)
        cpu[kind] = 1_000 * (server.cpu_seconds() - before) / len(asked)
    return found, cpu


def by_kind(found: Iterable[Answer]) -> dict[str, dict[str, float]]:
    """Return the times of each kind of answer, and of all that is browsing."""
    taken: dict[str, list[float]] = {}
    for answer in found:
        taken.setdefault(answer.kind, []).append(answer.seconds)
    browsing = [each for kind in BROWSE for each in taken.get(kind, ())]
    if browsing:
        taken["browse"] = browsing
    return {
        kind: {
            "count": float(len(times)),
            "median": median(times),
            "p95": sorted(times)[max(0, -(-95 * len(times) // 100) - 1)],
            "longest": max(times),
        }
        for kind, times in taken.items()
    }


class _Steps:
    """What the server used in each step; of its memory, the peak so far."""

    def __init__(self, server: Server) -> None:
        self.taken: list[dict[str, Any]] = []
        self._server, self._cpu, self._wall = server, 0.0, time.perf_counter()

    def end(self, title: str, *, wall: float | None = None) -> None:
        cpu, now = self._server.cpu_seconds(), time.perf_counter()
        self.taken.append(
            {
                "title": title,
                "cpu_seconds": cpu - self._cpu,
                "wall_seconds": now - self._wall if wall is None else wall,
                "peak_mib": self._server.peak_mib,
            }
        )
        self._cpu, self._wall = cpu, now


def _things(published: Path) -> int:
    with open_published(published) as con:
        ((things,),) = con.sql("SELECT count(*) FROM things").fetchall()
    return int(things)


def _forest(settings: Settings) -> str:
    found = read_metrics(settings.models_dir, ADVISOR)["best_params"]
    return (
        f"{found['n_estimators']} trees, at most {found['max_depth']} deep, on leaves of at least "
        f"{found['min_samples_leaf']} things"
    )
