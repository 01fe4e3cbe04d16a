"""The command: ``python -m soak [--rounds N] [--trials kills,forgetting]``."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from soak.forgetting import forgetting
from soak.kills import kills
from soak.table import markdown

RESULTS = Path(__file__).resolve().parent / "results"
EVERY_STEP = 0
TRIALS = ("kills", "forgetting")


def chosen(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Return the named trials in the order in which they run."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names or (unknown := names - set(TRIALS)):
        raise click.BadParameter(f"{unknown or 'nothing'}; there are {', '.join(TRIALS)}.")
    return tuple(trial for trial in TRIALS if trial in names)


@click.command()
@click.option(
    "--rounds",
    default=200,
    show_default=True,
    type=click.IntRange(1, 2000),
    help="How often full runs are killed in all.",
)
@click.option(
    "--forgetting-steps",
    default=EVERY_STEP,
    show_default=True,
    type=click.IntRange(0),
    help="At how many of its steps a forgetting is killed; 0 means all.",
)
@click.option("--trials", default=",".join(TRIALS), show_default=True, callback=chosen)
@click.option("--things", default=60, show_default=True, type=click.IntRange(4, 2000))
@click.option("--seed", default=12, show_default=True, type=click.IntRange(0))
@click.option(
    "--results",
    default=RESULTS,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the JSON and Markdown files.",
)
def main(
    *,
    rounds: int,
    forgetting_steps: int,
    trials: tuple[str, ...],
    things: int,
    seed: int,
    results: Path,
) -> None:
    """Try for long what the ordinary tests try briefly, and write and print the table."""
    began, began_at = time.monotonic(), datetime.now(UTC)
    stem = began_at.strftime("%Y-%m-%dT%H%M%SZ")
    scratch = results.absolute() / f"{stem}-scratch"
    trying: dict[str, Callable[[Path], dict[str, Any]]] = {
        "kills": lambda folder: kills(rounds, folder, things=things, seed=seed),
        "forgetting": lambda folder: forgetting(forgetting_steps, folder),
    }
    told = []
    for name in trials:
        click.echo(f"{name}:", err=True)
        (scratch / name).mkdir(parents=True)
        told.append(trying[name](scratch / name))
    result = {
        "started_at": began_at.isoformat(),
        "seconds": round(time.monotonic() - began, 1),
        "passed": all(each["passed"] for each in told),
        "trials": told,
    }
    (results / f"{stem}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    page = markdown(result)
    (results / f"{stem}.md").write_text(page, encoding="utf-8")
    click.echo(page)
    click.echo(f"Written to {results / stem}.json and .md")
    if not result["passed"]:
        click.echo(f"What was found lies in {scratch}", err=True)
        sys.exit(1)
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
