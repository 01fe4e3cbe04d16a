"""The whole lineage, from HTTP to the report, run as a user runs it."""

import json
import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import duckdb
import pytest

import thingistat_pipeline
from thingistat_pipeline.errors import ThingistatError
from thingistat_pipeline.orchestration.run import run_job, usual_night
from thingistat_pipeline.popularity.advisor.history import stored_versions
from thingistat_pipeline.popularity.advisor.rows import ADVISOR
from thingistat_pipeline.sandbox.embedded import Sandbox, running_sandbox
from thingistat_pipeline.sandbox.timeline import DEFAULT_TODAY
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.stored_versions import read_version
from thingistat_pipeline.thingiverse.manifest import read_manifest
from thingistat_pipeline_tests.command import Shell

THINGS = 180
"""Too few for the advisor's model on the first night, enough with the second."""
TABLES = (
    *("things", "text_measures", "observations", "creators", "tags", "thing_tags", "categories"),
    *("thing_categories", "likes", "files", "images", "ancestors", "attempts"),
    *("feature_importance", "feature_groups", "feature_effects", "metrics_history"),
    *("advice", "advice_remarks", "file_claim"),
    *("similar_things", "tag_things", "suggested_tags", "tag_neighbours", "look_alikes"),
    *("meta.loads", "meta.provenance", "thingistat.things"),
)


@dataclass(frozen=True)
class Readings:
    """What an outside process saw while the lineage ran."""

    things: set[int]
    failures: list[str]
    count: int


def read_on_and_on(link: str, stop: Event, results: "Queue[Readings]") -> None:
    seen: set[int] = set()
    failures: list[str] = []
    count = 0
    while not stop.is_set():
        if Path(link).exists():
            try:
                with duckdb.connect(link, read_only=True) as con:
                    seen.add(con.sql("SELECT count(*) FROM things").fetchall()[0][0])
            except duckdb.Error as error:
                failures.append(str(error))
            count += 1
        time.sleep(0.02)
    results.put(Readings(seen, failures, count))


@pytest.fixture(scope="module")
def lineage(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Readings]:
    """A data folder after two nights, each followed by the whole lineage, and an outside reader."""
    folder = tmp_path_factory.mktemp("lineage")
    settings = Settings(data_dir=folder / "data", things_per_night=THINGS)
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    reader = context.Process(
        target=read_on_and_on, args=(str(settings.published_file), stop, results)
    )
    reader.start()
    try:
        night = usual_night(settings)
        run_job(settings, "whole_lineage", night=night)
        run_job(settings, "whole_lineage", night=night.replace(day=night.day + 8))
    finally:
        stop.set()
        readings = results.get(timeout=30)
        reader.join(timeout=30)
    return settings, readings


def test_an_outside_process_reads_the_database_all_through_two_runs(
    lineage: tuple[Settings, Readings],
):
    _, readings = lineage
    assert readings.failures == []
    assert readings.count > 10
    assert THINGS in readings.things
    assert max(readings.things) > THINGS


def test_the_second_night_observes_members_of_the_panel_again(lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    with thingistat_pipeline.connect(settings.data_dir) as con:
        count, least_growth = con.sql(
            "SELECT count(*), min(later.download_count - first.download_count) "
            "FROM observations AS later JOIN observations AS first USING (thing_id) "
            "WHERE later.panel AND first.observed_at < later.observed_at"
        ).fetchall()[0]
    assert count > 0
    assert least_growth >= 0


def test_every_table_that_analysts_rely_on_holds_rows(lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    for name in TABLES:
        assert thingistat_pipeline.read_table(name, settings.data_dir).height > 0, name


def test_nothing_of_an_honest_site_is_in_quarantine(lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    assert thingistat_pipeline.read_table("quarantine", settings.data_dir).height == 0


def test_importances_of_both_models_are_there_and_on_held_out_rows(
    lineage: tuple[Settings, Readings],
):
    settings, _ = lineage
    rows = thingistat_pipeline.read_table("feature_importance", settings.data_dir)
    assert set(rows.select("model", "method", "split").unique().rows()) == {
        ("parity_forest", "mean_decrease_in_variance", "train"),
        ("parity_forest", "permutation", "train"),
        ("parity_forest", "permutation", "test"),
        ("advisor_forest", "permutation", "test"),
        ("advisor_forest", "group_permutation", "test"),
        ("advisor_forest", "drop_group", "test"),
    }
    assert rows["mean"].null_count() == 0
    assert rows.filter(model="advisor_forest")["low"].null_count() == 0


def test_the_advisor_is_fitted_as_soon_as_there_is_enough_and_says_so_before(
    lineage: tuple[Settings, Readings],
):
    settings, _ = lineage
    versions = stored_versions(settings.models_dir)
    latest = read_version(settings.models_dir, ADVISOR)
    (first,) = (found for version, found in versions.items() if version != latest.version)
    assert not first.fitted
    assert "at least 300 usable things" in first.metrics["reason"]
    assert latest.fitted
    assert latest.metrics["n_rows"] > THINGS
    assert (settings.models_dir / "advisor_forest" / "latest" / "model.skops").exists()
    history = thingistat_pipeline.read_table("metrics_history", settings.data_dir)
    assert history["version"].unique().to_list() == [latest.version]
    assert set(history["source"]) == {"sandbox"}
    assert {"advisor_forest", "age_only", "linear", "boosting"} <= set(history["model"])


def test_the_advice_is_that_of_the_latest_model_and_ranked(lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    latest = read_version(settings.models_dir, ADVISOR)
    advice = thingistat_pipeline.read_table("advice", settings.data_dir)
    assert set(advice["version"]) == {latest.version}
    assert advice["rank"].to_list() == list(range(1, advice.height + 1))
    assert (advice["low"] <= advice["effect"]).all()
    assert (advice["effect"] <= advice["high"]).all()


def test_the_model_is_stored_with_what_others_rely_on(lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    folder = settings.models_dir / "parity_forest" / "latest"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert {"r2_train", "r2_test", "best_params", "n_rows"} <= metrics.keys()
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["source"] == "sandbox"
    assert not list(settings.data_dir.rglob("*.pkl"))


def test_the_report_says_synthetic_and_its_numbers_are_the_models(
    lineage: tuple[Settings, Readings],
):
    settings, _ = lineage
    latest = settings.reports_dir / "latest"
    metrics = json.loads((latest / "metrics.json").read_text())
    model = json.loads(
        (settings.models_dir / "parity_forest" / "latest" / "metrics.json").read_text()
    )
    assert metrics["synthetic"] is True
    assert metrics["parity_forest"]["r2_test"] == pytest.approx(model["r2_test"])
    assert "SANDBOX" in (latest / "report.html").read_text()


def test_running_again_asks_nothing_and_finds_the_same(
    thingistat: Shell, lineage: tuple[Settings, Readings]
):
    settings, _ = lineage
    night = settings.nights_dir / usual_night(settings).isoformat()
    before = (settings.reports_dir / "latest" / "metrics.json").read_bytes()
    manifest = read_manifest(night)
    ended = thingistat("run", "--things", THINGS, "--data-dir", settings.data_dir)
    assert ended.code == 0, ended.err
    assert "nothing is asked again" in ended.err
    assert read_manifest(night) == manifest
    assert (settings.reports_dir / "latest" / "metrics.json").read_bytes() == before
    last_lines = ended.out.splitlines()
    assert any(line.startswith("SANDBOX") for line in last_lines)
    assert any(line.endswith("report.html") for line in last_lines)


def test_two_folders_agree_on_every_figure(thingistat: Shell, tmp_path: Path):
    for name in ("first", "second"):
        assert thingistat("run", "--things", 60, "--data-dir", name).code == 0
    first, second = (
        (tmp_path / name / "reports" / "latest" / "metrics.json").read_bytes()
        for name in ("first", "second")
    )
    assert first == second


def test_a_query_prints_a_table_and_says_whose_data_it_is(
    thingistat: Shell, lineage: tuple[Settings, Readings]
):
    settings, _ = lineage
    ended = thingistat(
        "query", "SELECT count(*) AS loads FROM meta.loads", "--data-dir", settings.data_dir
    )
    assert ended.code == 0
    assert "loads" in ended.out
    assert "2" in ended.out
    assert "SANDBOX" in ended.err


def test_a_query_cannot_change_the_database(thingistat: Shell, lineage: tuple[Settings, Readings]):
    settings, _ = lineage
    ended = thingistat("query", "DELETE FROM things", "--data-dir", settings.data_dir)
    assert ended.code == 1
    assert thingistat_pipeline.read_table("things", settings.data_dir).height > THINGS


def test_real_things_never_join_simulated_ones(
    thingistat: Shell, lineage: tuple[Settings, Readings], tmp_path: Path
):
    settings, _ = lineage
    with sqlite3.connect(tmp_path / "2022-08-11.db") as con:
        con.execute("CREATE TABLE things (id INT, name TEXT)")
        con.execute("CREATE TABLE creators (id INT, name TEXT)")
        con.execute("CREATE TABLE tags (name TEXT, tag TEXT)")
    ended = thingistat("import", "2022-08-11.db", "--data-dir", settings.data_dir)
    assert ended.code == 1
    assert "simulated" in ended.err
    assert "--data-dir" in ended.err


def test_a_night_of_another_simulated_world_is_refused(
    thingistat: Shell, lineage: tuple[Settings, Readings]
):
    settings, _ = lineage
    ended = thingistat(
        *("sample", "--night", "2026-09-20", "--things", 5, "--data-dir", settings.data_dir),
        THINGISTAT_SEED="99",
    )
    assert ended.code == 1
    assert "THINGISTAT_SEED=12" in ended.err
    assert not (settings.nights_dir / "2026-09-20").exists()


def test_the_real_33_models_end_in_a_report_that_says_real_data(
    thingistat: Shell, real_data: Path, tmp_path: Path
):
    database = real_data / "snapshots" / "thingistat_2022-08-11_33_things.db"
    ended = thingistat("import", database, "--data-dir", "real")
    assert ended.code == 0, ended.err
    assert "33 real things imported, 0 rows rejected" in ended.out
    assert "Real data" in ended.out
    assert "too little to conclude" in ended.out
    metrics = json.loads((tmp_path / "real/reports/latest/metrics.json").read_text())
    assert metrics["synthetic"] is False
    assert metrics["parity_forest"]["n_rows"] == 33
    assert metrics["advisor_forest"]["fitted"] is False
    for table in (
        *("advice", "feature_effects", "feature_groups", "file_claim", "metrics_history"),
        *("ranking_scores", "look_alikes"),
    ):
        assert thingistat_pipeline.read_table(table, tmp_path / "real").is_empty(), table
    page = (tmp_path / "real" / "reports" / "latest" / "report.html").read_text()
    assert "Not enough likes to learn from" in page
    assert "SANDBOX" not in page.split("<script", maxsplit=1)[0]
    again = thingistat("run", "--things", 0, "--data-dir", "real")
    assert again.code == 0, again.err


@pytest.fixture
def site() -> Iterator[Sandbox]:
    with running_sandbox(seed=3, today=DEFAULT_TODAY) as sandbox:
        yield sandbox


def test_the_real_client_can_be_pointed_at_any_server_and_its_token_is_kept_nowhere(
    thingistat: Shell, site: Sandbox, tmp_path: Path
):
    ended = thingistat(
        *("run", "--source", "thingiverse", "--things", 15, "--data-dir", "real"),
        THINGISTAT_API_URL=site.url,
        THINGISTAT_TOKEN=site.token,
        THINGISTAT_REQUESTS_PER_5_MINUTES="100000",
    )
    assert ended.code == 0, ended.err
    assert "Real data (thingiverse)" in ended.out
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if site.token.encode() in path.read_bytes()] == []
    assert site.token not in ended.out + ended.err


def test_a_failed_step_ends_with_the_reason_and_not_with_a_traceback(
    thingistat: Shell,
):
    ended = thingistat("run", "--things", 0)
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert "at least 4 things" in ended.err


def test_an_error_that_a_user_can_mend_reaches_the_caller_as_such(tmp_path: Path):
    with pytest.raises(ThingistatError, match="at least 4 things"):
        run_job(Settings(data_dir=tmp_path), "below_raw")
