"""The Dagster UI: started once, two nights and everything below them materialized through it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from thingistat_pipeline_tests.orchestration.test_build import ASSETS

THINGS = 60
START_SECONDS = 120
RUN_SECONDS = 240
NIGHTS = ("2026-09-01", "2026-09-09")

LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
STATUS = "query($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
REPOSITORY = """
{ repositoriesOrError {
    __typename
    ... on RepositoryConnection { nodes { name location { name } } }
    ... on PythonError { message }
} }
"""
ASSET_NODES = """
{ assetNodes {
    assetKey { path }
    dependencyKeys { path }
    assetMaterializations(limit: 1) {
      metadataEntries {
        label ... on IntMetadataEntry { intValue } ... on TextMetadataEntry { text }
      }
    }
    assetChecksOrError { ... on AssetChecks { checks {
      name blocking executionForLatestMaterialization { status }
    } } }
} }
"""


class Ui:
    """A running UI, spoken to as the browser speaks to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, query: str, **variables: object) -> Any:
        """Return the answer to one GraphQL question."""
        reply = requests.post(
            f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60
        ).json()
        assert "errors" not in reply, reply
        return reply["data"]

    def repositories(self) -> list[Any]:
        """Return the code locations that have been loaded so far."""
        found = self.ask(REPOSITORY)["repositoriesOrError"]
        assert found["__typename"] == "RepositoryConnection", found
        return list(found["nodes"])

    def run(self, job: str, **tags: str) -> str:
        """Launch a job, wait for its end and return its status."""
        node = self.repositories()[0]
        selector = {
            "repositoryName": node["name"],
            "repositoryLocationName": node["location"]["name"],
            "pipelineName": job,
        }
        metadata = {"tags": [{"key": f"dagster/{k}", "value": v} for k, v in tags.items()]}
        launched = self.ask(
            LAUNCH,
            params={
                "selector": selector,
                "runConfigData": {},
                "mode": "default",
                "executionMetadata": metadata,
            },
        )["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        for _ in range(RUN_SECONDS):
            status = self.ask(STATUS, run=launched["run"]["runId"])["runOrError"]["status"]
            if status in {"SUCCESS", "FAILURE", "CANCELED"}:
                return str(status)
            time.sleep(1)
        return "TIMEOUT"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui") / "data"


@pytest.fixture(scope="module")
def ui(data_dir: Path) -> Iterator[Ui]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("THINGISTAT_", "DAGSTER_"))}
    command = [sys.executable, "-m", "thingistat_pipeline", "ui"]
    with (data_dir.parent / "ui.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir), "--port", str(port)],
            env={**clean, "THINGISTAT_THINGS_PER_NIGHT": str(THINGS)},
            cwd=data_dir.parent,
            stdout=log,
            stderr=log,
        )
    try:
        yield _answering(f"http://127.0.0.1:{port}", process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def _answering(url: str, process: "subprocess.Popen[bytes]") -> Ui:
    for _ in range(START_SECONDS):
        assert process.poll() is None, "the UI ended by itself"
        try:
            if requests.get(f"{url}/server_info", timeout=5).ok and Ui(url).repositories():
                return Ui(url)
        except requests.ConnectionError:
            pass
        time.sleep(1)
    raise AssertionError(f"the UI did not answer within {START_SECONDS} s")


@pytest.fixture(scope="module")
def assets(ui: Ui) -> dict[str, Any]:
    """Every asset as the UI shows it, after two nights and everything below them."""
    first, last = NIGHTS
    assert ui.run("sampling", partition=first) == "SUCCESS"
    assert ui.run("whole_lineage", partition=last) == "SUCCESS"
    return {node["assetKey"]["path"][-1]: node for node in ui.ask(ASSET_NODES)["assetNodes"]}


def metadata(asset: dict[str, Any]) -> dict[str, Any]:
    entries = asset["assetMaterializations"][0]["metadataEntries"]
    return {entry["label"]: entry.get("intValue", entry.get("text")) for entry in entries}


def test_every_asset_is_there_materialized_and_labelled_synthetic(assets: dict[str, Any]):
    assert assets.keys() == ASSETS
    for name, asset in assets.items():
        if name != "raw_snapshots":  # there are none
            assert "SANDBOX" in metadata(asset)["data"], name


def test_both_nights_are_in_the_tables(assets: dict[str, Any]):
    assert metadata(assets["things"])["dagster/row_count"] > THINGS
    assert metadata(assets["observations"])["dagster/row_count"] == len(NIGHTS) * THINGS


def test_the_lineage_leads_from_raw_things_to_the_report(assets: dict[str, Any]):
    def parents(name: str) -> set[str]:
        return {key["path"][-1] for key in assets[name]["dependencyKeys"]}

    seen, todo = set(), {"report"}
    while todo:
        seen |= todo
        todo = set().union(*(parents(name) for name in todo)) - seen
    assert seen == ASSETS


def test_checks_were_run_and_the_blocking_ones_passed(assets: dict[str, Any]):
    checks = [
        check
        for asset in assets.values()
        for check in asset["assetChecksOrError"].get("checks", [])
    ]
    ran = {c["name"] for c in checks if c["executionForLatestMaterialization"]}
    blocking = {c["name"] for c in checks if c["blocking"]}
    assert len(checks) >= 10
    assert ran == {c["name"] for c in checks}
    assert len(blocking) >= 5
    for check in checks:
        if check["blocking"]:
            assert check["executionForLatestMaterialization"]["status"] == "SUCCEEDED", check


def test_history_is_kept_in_the_data_folder(assets: dict[str, Any], data_dir: Path):
    assert assets
    assert list((data_dir / "dagster" / "history").rglob("*.db"))


def test_the_port_in_use_is_a_clear_error(ui: Ui, data_dir: Path):
    port = ui.url.rsplit(":", 1)[1]
    ended = subprocess.run(
        [sys.executable, "-m", "thingistat_pipeline", "ui", "--port", port],
        check=False,
        cwd=data_dir.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert f"port {port}" in ended.stderr.lower()
    assert "Traceback" not in ended.stderr
