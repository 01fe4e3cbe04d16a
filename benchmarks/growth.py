"""How time and memory grow: ``python -m benchmarks.growth --things 10000,50000,154393``.

Only our side, every size and stage in a process of its own. The things of a smaller size are the
first ones of a larger. What is made of the figures (`Growth`): the exponent of CPU time, and how
many things would fit a memory of 8 GiB.
"""

import json
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchmarks.__main__ import RESULTS
from benchmarks.generated import database_of, night_of
from benchmarks.growing import TITLES
from benchmarks.growth_table import Growth, growth_page
from benchmarks.machine import library_versions, machine_facts
from benchmarks.run import SideFailed, run_side
from benchmarks.stage import Inputs
from thingistat_pipeline_tests.generators.things import MOST_THINGS

_SIZES = "10000,50000,154393,500000,1000000"
_BEFORE = {"publish": ("load",), "features": ("load", "publish"), "model": ("load", "publish")}


def sizes(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    """Return the numbers of things, the smallest first."""
    try:
        numbers = sorted({int(number) for number in text.split(",")})
    except ValueError as error:
        raise click.BadParameter("whole numbers, separated by commas") from error
    if numbers[0] < 100 or numbers[-1] > MOST_THINGS:
        raise click.BadParameter(f"from 100 to {MOST_THINGS} things")
    return tuple(numbers)


def chosen(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Return the named stages and those that they start from, in their order."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names or (unknown := names - set(TITLES)):
        raise click.BadParameter(f"{unknown or 'nothing'}; there are {', '.join(TITLES)}.")
    names.update(before for name in tuple(names) for before in _BEFORE.get(name, ()))
    return tuple(stage for stage in TITLES if stage in names)


@click.command()
@click.option("--things", default=_SIZES, show_default=True, callback=sizes)
@click.option("--stages", default=",".join(TITLES), show_default=True, callback=chosen)
@click.option(
    "--model-up-to",
    default=154_393,
    show_default=True,
    type=click.IntRange(0),
    help="The largest size at which the forest is tuned.",
)
@click.option("--seed", default=12, show_default=True, type=click.IntRange(0))
@click.option(
    "--results",
    default=RESULTS,
    type=click.Path(file_okay=False, path_type=Path),
    show_default=True,
)
@click.option(
    "--scratch", default=RESULTS / "scratch", type=click.Path(file_okay=False, path_type=Path)
)
def main(
    *,
    things: tuple[int, ...],
    stages: tuple[str, ...],
    model_up_to: int,
    seed: int,
    results: Path,
    scratch: Path,
) -> None:
    """Measure our side of the stages at several sizes, and write and print the table."""
    started = datetime.now(UTC)
    scratch = scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    runs: list[dict[str, Any]] = []
    try:
        for size in things:
            wanted = [stage for stage in stages if stage != "model" or size <= model_up_to]
            runs += measured_at(size, wanted, seed=seed, scratch=scratch)
    except SideFailed as error:
        raise click.ClickException(str(error)) from error
    result = {
        "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "options": {"things": things, "stages": stages, "seed": seed},
        "machine": machine_facts(),
        "versions": library_versions(),
        "runs": runs,
        "growth": {
            stage: asdict(Growth.of(stage, runs))
            for stage in stages
            if len([run for run in runs if run["stage"] == stage]) > 1
        },
    }
    results.mkdir(parents=True, exist_ok=True)
    stem = f"{result['started_at']}-growth".replace(":", "")
    (results / f"{stem}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    page = growth_page(result)
    (results / f"{stem}.md").write_text(page, encoding="utf-8")
    click.echo(page)
    click.echo(f"Written to {results / stem}.json and .md")


def measured_at(size: int, stages: list[str], *, seed: int, scratch: Path) -> list[dict[str, Any]]:
    """Return what each stage took at one size; the databases are removed afterwards."""
    nights = night_of(size, seed=seed, scratch=scratch)
    if "import_thingistat" in stages:
        database_of(size, seed=seed, scratch=scratch)
    runs = []
    with tempfile.TemporaryDirectory(dir=scratch, prefix="run-") as work:
        inputs = Inputs(size, seed, 0, 1, 5, str(nights), work)
        for stage in stages:
            runs.append({"stage": stage, "things": size, **run_side("growing", stage, inputs)})
    return runs


if __name__ == "__main__":
    main()
