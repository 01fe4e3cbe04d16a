"""The `thingistat` command.

Exit codes: 0 done, 1 failed, 2 misuse. An error is one paragraph; ``--debug`` adds the traceback.
"""

import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path

import click
from pydantic import ValidationError
from pydantic_settings import SettingsError

from thingistat_pipeline import __version__
from thingistat_pipeline.disk_trouble import disk_trouble
from thingistat_pipeline.errors import MisuseError, ThingistatError
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.terminal import shown

DAY = click.DateTime(formats=["%Y-%m-%d"])
OURS = "thingistat_pipeline"
LOG_FORMAT = "at=%(asctime)s level=%(levelname)s logger=%(name)s %(message)s"
Command = Callable[..., None]


def common_options(command: Command) -> Command:
    """Add ``--data-dir`` and ``--debug``, and hand the command its settings."""

    @click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder that holds everything (default: data, or THINGISTAT_DATA_DIR).",
    )
    @click.option("--debug", is_flag=True, help="Show tracebacks and log everything.")
    @wraps(command)
    def with_settings(*, data_dir: Path | None, debug: bool, **options: object) -> None:
        if debug:
            logging.getLogger("thingistat_pipeline").setLevel(logging.DEBUG)
        command(settings=Settings().with_changes(data_dir=data_dir), **options)

    return with_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="thingistat")
def thingistat() -> None:
    """Find what is associated with the popularity of 3D models."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_not_shown_by_the_run)


@thingistat.command()
@click.option("--source", type=click.Choice(["sandbox", "thingiverse"]), help="What to sample.")
@click.option(
    "--things",
    type=click.IntRange(min=0),
    help="Live things to sample tonight; 0 rebuilds the report from what is there.",
)
@click.option("--night", type=DAY, help="The night's date (default: tonight; sandbox: its own).")
@common_options
def run(
    *, settings: Settings, source: str | None, things: int | None, night: datetime | None
) -> None:
    """Do the main job: sample a night and build everything down to the report."""
    from thingistat_pipeline.orchestration.outcome import outcome_lines, starting_line
    from thingistat_pipeline.orchestration.run import known_night, run_job, usual_night

    settings = settings.with_changes(source=source, things_per_night=things)
    if settings.things_per_night == 0:
        click.echo(f"Building the report from what is in {settings.data_dir}", err=True)
        run_job(settings, "below_raw")
    else:
        chosen = known_night(night.date() if night else usual_night(settings))
        click.echo(starting_line(settings, chosen), err=True)
        run_job(settings, "whole_lineage", night=chosen)
    click.echo("\n".join(outcome_lines(settings)))


@thingistat.command()
@click.option("--source", type=click.Choice(["sandbox", "thingiverse"]), help="What to sample.")
@click.option("--things", type=click.IntRange(min=1), help="Live things to sample.")
@click.option("--night", type=DAY, help="The night's date (default: tonight; sandbox: its own).")
@common_options
def sample(
    *, settings: Settings, source: str | None, things: int | None, night: datetime | None
) -> None:
    """Sample one night into the raw partitions, and nothing more."""
    from thingistat_pipeline.orchestration.outcome import night_line, starting_line
    from thingistat_pipeline.orchestration.run import known_night, run_job, usual_night

    settings = settings.with_changes(source=source, things_per_night=things)
    chosen = known_night(night.date() if night else usual_night(settings))
    click.echo(starting_line(settings, chosen), err=True)
    run_job(settings, "sampling", night=chosen)
    click.echo(night_line(settings, chosen))


@thingistat.command(name="import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--observed-on", type=DAY, help="When the data were collected, if the file is silent."
)
@click.option("--name", help="Name of the snapshot (default: the file's name).")
@click.option("--only", is_flag=True, help="Import only; build nothing from it.")
@common_options
def import_(
    *,
    settings: Settings,
    path: Path,
    observed_on: datetime | None,
    name: str | None,
    only: bool,
) -> None:
    """Bring in a published data set (ThingiStat's SQLite) and build everything below it."""
    from thingistat_pipeline.orchestration.outcome import outcome_lines, snapshot_lines
    from thingistat_pipeline.orchestration.resources import bring_in_snapshot
    from thingistat_pipeline.orchestration.run import run_job

    manifest = bring_in_snapshot(
        settings, path, observed_on=observed_on.date() if observed_on else None, name=name
    )
    click.echo("\n".join(snapshot_lines(settings, manifest)))
    if not only:
        run_job(settings, "below_raw")
        click.echo("\n".join(outcome_lines(settings)))


@thingistat.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True)
@click.option("--today", type=DAY, help="The simulated site's date.")
@click.option("--requests-per-5-minutes", type=click.IntRange(min=1), help="Its limit (300).")
@common_options
def sandbox(
    *, settings: Settings, port: int, today: datetime | None, requests_per_5_minutes: int | None
) -> None:
    """Serve a simulated Thingiverse on loopback, to develop against without a token.

    It wants the bearer token in SANDBOX_TOKEN, or `sandbox-token` if that is not set.
    """
    from thingistat_pipeline.sandbox.__main__ import main as serve_sandbox

    words = ["--port", str(port), "--seed", str(settings.seed)]
    if today:
        words += ["--today", today.date().isoformat()]
    if requests_per_5_minutes:
        words += ["--requests-per-5-minutes", str(requests_per_5_minutes)]
    click.echo("Ctrl-C ends the sandbox; its address, once it answers:", err=True)
    with contextlib.suppress(KeyboardInterrupt):
        serve_sandbox(words)


@thingistat.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
@common_options
def ui(*, settings: Settings, port: int) -> None:
    """Serve the Dagster UI on loopback, with its history in the data folder."""
    from thingistat_pipeline.orchestration.ui import serve_ui

    click.echo(f"The Dagster UI will stand at http://127.0.0.1:{port} (Ctrl-C ends it)")
    serve_ui(settings, port=port)


@thingistat.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@common_options
def serve(*, settings: Settings, host: str, port: int) -> None:
    """Serve the advisor, a web app for designers, from what is published."""
    from thingistat_pipeline.advisor.serving import serve as serve_advisor

    serve_advisor(
        settings,
        host=host,
        port=port,
        announce=lambda url: click.echo(f"The advisor will stand at {url} (Ctrl-C ends it)"),
    )


@thingistat.command()
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="All rows as CSV, safe for spreadsheets.")
@common_options
def query(*, settings: Settings, sql: str, as_csv: bool) -> None:
    """Ask the published database one SQL question and print the answer as a table.

    With --csv, a text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    import polars as pl

    from thingistat_pipeline.orchestration.outcome import data_line
    from thingistat_pipeline.warehouse import exports
    from thingistat_pipeline.warehouse.read import query as ask

    if not sql.strip():
        raise MisuseError('There is no question. Ask one, for example "FROM things LIMIT 5".')
    answer = ask(sql, settings.data_dir)
    if as_csv:
        click.echo(exports.as_csv(answer), nl=False)
    else:
        with pl.Config(
            tbl_rows=100,
            tbl_cols=-1,
            tbl_width_chars=-1,
            fmt_str_lengths=60,
            tbl_hide_dataframe_shape=True,
        ):
            click.echo(shown(str(answer)))
    click.echo(data_line(settings), err=True)


@thingistat.command()
@click.argument("target", required=False)
@click.option("--creator", is_flag=True, help="A number is a creator's, not a thing's.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is removed.")
@click.option("--no-rebuild", is_flag=True, help="Leave models and report to the next run.")
@common_options
def forget(
    *, settings: Settings, target: str | None, creator: bool, yes: bool, no_rebuild: bool
) -> None:
    """Forget a thing (its number) or a creator (the name) everywhere, and never fetch it again.

    Without a target, finish a forgetting that was interrupted.
    """
    from thingistat_pipeline.orchestration import forget as forgetting
    from thingistat_pipeline.orchestration.run import run_job

    if target is None:
        removed = forgetting.finish_alone(settings)
    elif not target.strip():
        raise MisuseError("There is nothing to forget. Name a thing's number or a creator.")
    else:
        found = forgetting.find(settings, target.strip(), is_creator=creator)
        click.echo(
            f"To be forgotten in {settings.data_dir}: {forgetting.described(found)}. Models and "
            "reports are removed with it and made anew from what is left.",
            err=True,
        )
        if not yes:
            click.confirm("This cannot be undone. Go on?", abort=True, err=True)
        removed = forgetting.forget(settings, found)
    click.echo("\n".join(["Forgotten. Removed or rewritten:", *forgetting.removed_lines(removed)]))
    click.echo("Copies elsewhere (backups, files that were imported) are yours to clean.", err=True)
    if removed["reports"] and not no_rebuild:
        run_job(settings, "below_raw")


@thingistat.command()
@click.option("--source", type=click.Choice(["sandbox", "thingiverse"]), help="What you will use.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for a monitor.")
@click.option("--mend", is_flag=True, help="Clear away first what killed processes left.")
@common_options
def doctor(*, settings: Settings, source: str | None, as_json: bool, mend: bool) -> None:
    """Look over token, API, disk, versions, nights and runs; say what is wrong and how to mend."""
    import json

    from thingistat_pipeline.doctor import examine
    from thingistat_pipeline.orchestration.health import health
    from thingistat_pipeline.orchestration.health import mend as mended

    if mend:
        for done in mended(settings):
            click.echo(f"Mended: {done}", err=True)
    findings = examine(settings.with_changes(source=source))
    if as_json:
        answer = {
            "fine": all(finding.fine for finding in findings),
            "findings": [finding.as_dict() for finding in findings],
            "health": health(settings),
        }
        click.echo(json.dumps(answer, indent=1))
    else:
        for finding in findings:
            click.echo(shown(finding.as_line()))
    if not all(finding.fine for finding in findings):
        raise ThingistatError("Something above needs mending.")


def _is_not_shown_by_the_run(record: logging.LogRecord) -> bool:
    """Whether nobody else shows a log line: while a job runs, its logger shows ours."""
    return not (record.name.startswith(OURS) and logging.getLogger(OURS).handlers)


def main() -> None:
    """Run the command; turn what a user can mend into one paragraph and an exit code."""
    # Whoever ends us politely is told how to go on, as by Ctrl-C, also before a job has begun.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        thingistat(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Run the same command again to go on where it stopped.", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        trouble = None if isinstance(error, ThingistatError) else disk_trouble(error)
        sys.exit(_explain(ThingistatError(trouble) if trouble else error))


def _explain(error: Exception) -> int:
    """Print what went wrong and return the exit code."""
    match error:
        case ValidationError():
            for problem in error.errors(include_input=False, include_url=False):
                name = "_".join(str(part) for part in problem["loc"]).upper()
                click.echo(f"Error: setting THINGISTAT_{name}: {problem['msg']}.", err=True)
            return 2
        case SettingsError():
            click.echo(
                f"Error: {error}. Lists are written as JSON, for example "
                """THINGISTAT_SUBRESOURCES='["categories", "likes"]'.""",
                err=True,
            )
            return 2
        case MisuseError():
            click.echo(f"Error: {error}", err=True)
            return 2
        case ThingistatError():
            click.echo(f"Error: {error}", err=True)
            return 1
        case OSError(filename=str() as path, strerror=str() as reason):
            click.echo(
                f"Error: {path}: {reason}. Look at what is there, or name another folder with "
                "--data-dir.",
                err=True,
            )
            return 1
        case _:
            click.echo(
                f"Error: something unexpected happened ({type(error).__name__}). This is a bug in "
                "ThingiStat; run the same command with --debug to see where.",
                err=True,
            )
            return 1
