"""The doctor says what is wrong and how to mend it."""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from thingistat_pipeline.doctor import Finding, examine
from thingistat_pipeline.sandbox.embedded import Sandbox, running_sandbox
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY
from thingistat_pipeline.settings import Settings


@pytest.fixture(scope="module")
def site() -> Iterator[Sandbox]:
    with running_sandbox(seed=12, today=DEFAULT_TODAY) as sandbox:
        yield sandbox


def findings(folder: Path, **changes: object) -> dict[str, Finding]:
    settings = Settings(data_dir=folder).with_changes(auth_file=folder / "auth.json", **changes)
    return {finding.subject: finding for finding in examine(settings)}


def test_a_healthy_installation_is_all_fine_and_needs_no_token(tmp_path: Path):
    found = findings(tmp_path)
    assert all(finding.fine for finding in found.values())
    assert "none" in found["token"].found
    assert "newest id is 7500000" in found["sandbox"].found


def test_the_real_api_is_looked_over_without_the_token_being_shown(tmp_path: Path, site: Sandbox):
    found = findings(tmp_path, source="thingiverse", api_url=site.url, token=site.token)
    assert all(finding.fine for finding in found.values())
    assert "none sent" in found["rate headers"].found
    assert "240 requests" in found["rate headers"].found
    assert "THINGISTAT_CONTACT" in found["contact"].found
    assert "not sent" in found["ETag"].found
    assert site.token not in "".join(finding.as_line() for finding in found.values())


def test_a_rejected_token_is_bad_and_the_remedy_named(tmp_path: Path, site: Sandbox):
    found = findings(tmp_path, source="thingiverse", api_url=site.url, token="wrong-t0ken")
    assert not found["reachability"].fine
    assert "does not accept the token" in found["reachability"].found
    assert "wrong-t0ken" not in found["reachability"].as_line()


def test_a_missing_token_is_bad_only_for_the_real_site(tmp_path: Path):
    found = findings(tmp_path, source="thingiverse")
    assert not found["token"].fine
    assert "thingiverse.com/apps" in found["token"].found
    assert "reachability" not in found


def test_an_api_that_nobody_serves_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        found = findings(tmp_path, source="thingiverse", api_url=url, token="t0ken")
    assert not found["reachability"].fine
    assert "BAD" in found["reachability"].as_line()


def test_the_stored_models_are_named_and_where_there_was_too_little_for_one(tmp_path: Path):
    assert "advisor_forest: none yet" in findings(tmp_path)["models"].found
    for name, metrics in (
        ("parity_forest", {"n_rows": 33}),
        ("advisor_forest", {"n_rows": 30, "fitted": False, "reason": "too few things"}),
    ):
        latest = tmp_path / "models" / name / "latest"
        latest.mkdir(parents=True)
        (latest / "metrics.json").write_text(json.dumps(metrics))
        record = {"version": f"of-{name}", "source": "snapshot"}
        (latest / "provenance.json").write_text(json.dumps(record))
    found = findings(tmp_path)["models"].found
    assert "parity_forest of-parity_forest, 33 things;" in found
    assert "advisor_forest of-advisor_forest, 30 things: not fitted" in found


def test_a_full_disk_is_bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    disk = findings(tmp_path)["disk"]
    assert not disk.fine
    assert "--data-dir" in disk.as_line()
