"""Every fault that the sandbox can play, through a small night over HTTP, and what came of it."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from pydantic import SecretStr

from thingistat_pipeline.sampling.harvest import harvest_night
from thingistat_pipeline.sampling.journal import Tried, journal_lines
from thingistat_pipeline.sampling.progress import SilentProgress
from thingistat_pipeline.sandbox.catalogue import live_ids
from thingistat_pipeline.sandbox.embedded import Sandbox, SandboxError, running_sandbox
from thingistat_pipeline.sandbox.faults import FAULTS, LONG_TEXT, Fault
from thingistat_pipeline.thingiverse import client as client_module
from thingistat_pipeline.thingiverse.budget import request_budget
from thingistat_pipeline.thingiverse.client import Patience, ThingiverseClient
from thingistat_pipeline.thingiverse.errors import ApiError, Blocked, TokenRejected, Unavailable
from thingistat_pipeline.thingiverse.manifest import Manifest, read_manifest, read_records
from thingistat_pipeline.thingiverse.records import Record
from thingistat_pipeline_tests.thingiverse.conftest import Clock

NIGHT = date(2026, 9, 1)
LIVE = 6
FAULTLESS = 25  # requests of the night before a fault is played always
ONLY_LIVE = ("truncated_json", "wrong_type")  # spoils what is said of live things alone
ERRORS: dict[str, type[ApiError]] = {"revoked": TokenRejected}

Records = dict[int, Record]


def ending(*ends: str) -> list[Any]:
    played = [fault for fault in FAULTS.values() if fault.ends in ends and fault.play]
    return [pytest.param(fault, id=fault.name) for fault in played]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        seed=12, today=NIGHT, public_url="http://sandbox.invalid", faults=""
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def _small_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 1 << 20)


def sample(
    sandbox: Sandbox, folder: Path, *, clock: Clock | None = None, whole_answer: float = 20
) -> Manifest:
    clock = clock or Clock()
    with ThingiverseClient(
        sandbox.url,
        SecretStr(sandbox.token),
        budget=request_budget(10**6),
        contact="x",
        patience=Patience(whole_answer=whole_answer, tries=3, tries_when_limited=3),
        now=clock.now,
        sleep=clock.sleep,
        jitter=lambda: 1.0,
    ) as client:
        return harvest_night(
            client,
            folder,
            NIGHT.isoformat(),
            source="sandbox",
            target_live=LIVE,
            likers_cap=60,
            liker_key=b"k" * 32,
            frame_seed=12,
            progress=SilentProgress(),
            now=clock.now,
        )


def records(folder: Path) -> Records:
    return {record.thing_id: record for record in read_records(folder / NIGHT.isoformat())}


@pytest.fixture(scope="module")
def undisturbed(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Manifest, Records]:
    folder = tmp_path_factory.mktemp("undisturbed")
    sandbox.misbehave("")
    return sample(sandbox, folder), records(folder)


def assert_nothing_was_decided_wrongly(folder: Path) -> None:
    """Compare what the journal has decided so far with what the sandbox's catalogue has."""
    lines = journal_lines(folder / NIGHT.isoformat())
    tried = [line for line in lines if isinstance(line, Tried) and line.outcome != "retry"]
    ids = np.array([line.thing_id for line in tried], dtype=np.int64)
    live = set(live_ids(ids, 12, NIGHT).tolist())
    assert live
    assert {line.thing_id for line in tried if line.outcome == "ok"} == live


def assert_as_undisturbed(
    manifest: Manifest, folder: Path, undisturbed: tuple[Manifest, Records]
) -> None:
    counts, expected = undisturbed[0].counts, undisturbed[1]
    assert msgspec.structs.replace(manifest.counts, requests=counts.requests) == counts
    assert (manifest.retries, manifest.frame) == (undisturbed[0].retries, undisturbed[0].frame)
    assert records(folder) == expected


def assert_more_than_undisturbed(
    manifest: Manifest, folder: Path, undisturbed: tuple[Manifest, Records]
) -> None:
    """Compare where what is gone was still told: other ids were decided, so there are more."""
    found = records(folder)
    assert {each: found[each] for each in undisturbed[1]} == undisturbed[1]
    assert {record.outcome for record in found.values()} <= {"ok", "gone", "private", "moderated"}
    assert (manifest.counts.retry, manifest.counts.incomplete, manifest.retries) == (0, 0, [])


@pytest.mark.parametrize("fault", ending("waited out", "stops"))
def test_a_fault_stops_the_night_at_most_and_leaves_no_trace(
    fault: Fault, sandbox: Sandbox, undisturbed: tuple[Manifest, Records], tmp_path: Path
) -> None:
    always = f"{fault.name}@{FAULTLESS}"
    waits = fault.ends == "waited out"
    sandbox.misbehave(f"{fault.name}:0.3,{always}" if waits else always)
    whole_answer = 0.1 if fault.name == "drip" else 20
    error = Unavailable if waits else ERRORS.get(fault.name, Blocked)
    with pytest.raises(error) as stopped:
        sample(sandbox, tmp_path, whole_answer=whole_answer)
    assert sandbox.token not in str(stopped.value)
    told = sandbox.mischief()
    assert told["played"] >= (2 * 10 if waits else 1)
    assert told["followed"] == 0
    assert read_manifest(tmp_path / NIGHT.isoformat()) is None
    assert_nothing_was_decided_wrongly(tmp_path)
    sandbox.misbehave("")
    manifest = sample(sandbox, tmp_path)
    if fault.name in ONLY_LIVE:
        assert_more_than_undisturbed(manifest, tmp_path, undisturbed)
    else:
        assert_as_undisturbed(manifest, tmp_path, undisturbed)
    assert_nothing_was_decided_wrongly(tmp_path)


@pytest.mark.parametrize("fault", ending("unharmed"))
def test_a_fault_that_changes_nothing_changes_nothing(
    fault: Fault, sandbox: Sandbox, undisturbed: tuple[Manifest, Records], tmp_path: Path
) -> None:
    sandbox.misbehave(f"{fault.name}@1")  # the first request asks for the newest id
    assert_as_undisturbed(sample(sandbox, tmp_path), tmp_path, undisturbed)
    assert sandbox.mischief()["played"] > 0


def long_text(record: Record) -> Record:
    return with_thing(record, description=LONG_TEXT)


def nul_and_surrogates(record: Record) -> Record:
    assert record.thing is not None
    return with_thing(record, name=f"{record.thing.name}\ufffd")


def with_thing(record: Record, **changes: Any) -> Record:
    assert record.thing is not None
    return msgspec.structs.replace(record, thing=msgspec.structs.replace(record.thing, **changes))


def without(*fields: str) -> Callable[[Record], Record]:
    told = ("reason", "quarantined")
    return lambda record: msgspec.structs.replace(record, **dict.fromkeys((*fields, *told)))


LIKERS = ("likers", "likers_truncated")
MARKS: dict[str, Callable[[Record], Record]] = {
    "long_text": long_text,
    "nul_and_surrogates": nul_and_surrogates,
    "wrong_type_of_lists": without(*LIKERS, "categories", "files"),
    "endless_likes": without(*LIKERS),
    "repeating_likes": without(*LIKERS),
    "empty_likes": without(*LIKERS),
}


@pytest.mark.parametrize("fault", ending("believed"))
def test_a_fault_that_is_believed_marks_its_own_fields_only(
    fault: Fault,
    sandbox: Sandbox,
    undisturbed: tuple[Manifest, Records],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 12 << 20)
    sandbox.misbehave(f"{fault.name}:0.2" if fault.name == "long_text" else fault.name)
    manifest = sample(sandbox, tmp_path)
    assert manifest.frame == undisturbed[0].frame
    found, marked = records(tmp_path), MARKS[fault.name]
    assert {each: record.outcome for each, record in found.items()} == {
        each: record.outcome for each, record in undisturbed[1].items()
    }
    for thing_id, record in undisturbed[1].items():
        if record.outcome != "ok":
            assert found[thing_id] == record
        elif fault.name == "long_text":
            assert found[thing_id] in (record, marked(record))
        elif fault.name == "nul_and_surrogates":
            assert found[thing_id] == marked(record)
        else:
            assert marked(found[thing_id]) == marked(record)
            assert_likers_are_as_documented(fault.name, found[thing_id])
            strange = {aside.resource for aside in found[thing_id].quarantined or []}
            assert strange <= {"likes", "files", "images", "categories"}
            assert bool(strange) == (fault.name == "wrong_type_of_lists")
    assert 0 < sandbox.mischief()["played"] <= 4 * LIVE  # no page is asked for without end
    assert found != undisturbed[1]


def assert_likers_are_as_documented(name: str, record: Record) -> None:
    assert record.thing is not None
    if not record.thing.like_count:
        assert record.likers == []
    elif name == "endless_likes":
        assert (len(record.likers or []), record.likers_truncated) == (60, True)
    elif name == "repeating_likes":
        assert (len(record.likers or []), record.likers_truncated) == (30, True)
    else:
        assert (record.likers, record.likers_truncated) == (None, None)
        assert "likes: " in str(record.reason)
    if name == "wrong_type_of_lists":
        assert (record.categories, record.files) == (None, None)
        assert "categories: Expected `array`, got `str`" in str(record.reason)


def test_a_name_that_is_not_resolved_says_nothing_about_a_thing(
    sandbox: Sandbox,
    undisturbed: tuple[Manifest, Records],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    resolve = socket.getaddrinfo

    def once(host: object, *rest: Any, **named: Any) -> Any:
        asked.append(host)
        if len(asked) > 1:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(host, *rest, **named)  # type: ignore[arg-type]  # as it was given

    sandbox.misbehave(f"reset@{FAULTLESS}")  # after which the name is looked up again
    named = replace(sandbox, url=sandbox.url.replace("127.0.0.1", "localhost"))
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", once)
        with pytest.raises(Unavailable, match="ConnectionError"):
            sample(named, tmp_path)
    assert len(asked) > 20
    assert sandbox.mischief()["played"] == 1
    assert_nothing_was_decided_wrongly(tmp_path)
    sandbox.misbehave("")
    assert_as_undisturbed(sample(sandbox, tmp_path), tmp_path, undisturbed)


class SetBack(Clock):
    """A clock that is put back by ten years after its first answers."""

    def now(self) -> float:
        self.pauses.append(0)
        return self.time - (10 * 365 * 86400 if len(self.pauses) > 5 else 0)


def test_our_clock_set_back_changes_no_record(
    sandbox: Sandbox, undisturbed: tuple[Manifest, Records], tmp_path: Path
) -> None:
    sandbox.misbehave("")
    clock = SetBack()
    assert_as_undisturbed(sample(sandbox, tmp_path, clock=clock), tmp_path, undisturbed)
    assert len(clock.pauses) > 50


def test_every_fault_is_documented_and_played_here() -> None:
    assert len(FAULTS) >= 25
    assert all(fault.what and fault.outcome for fault in FAULTS.values())
    believed = {fault.name for fault in FAULTS.values() if fault.ends == "believed"}
    assert believed == set(MARKS)
    unplayed = {fault.name for fault in FAULTS.values() if fault.play is None}
    assert unplayed == {"dns", "our_clock_back"}  # played by the two tests above


@pytest.mark.parametrize("spec", ["resets", "reset:2", "reset@x", "dns", "reset;drip"])
def test_a_fault_that_does_not_exist_is_refused(sandbox: Sandbox, spec: str) -> None:
    with pytest.raises(SandboxError, match="No such faults"):
        sandbox.misbehave(spec)
