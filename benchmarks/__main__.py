"""The command: ``python -m benchmarks [--things N] [--stages a,b] [--repeat R]``."""

import json
from pathlib import Path
from typing import Any

import click

from benchmarks.everything import ADDS
from benchmarks.run import REPOSITORY, SideFailed, result_of
from benchmarks.stage import STAGES, USUAL_STAGES, Disagreement
from benchmarks.table import markdown
from thingistat_pipeline_tests.generators.things import MOST_THINGS

RESULTS = REPOSITORY / "benchmarks" / "results"


def chosen(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    """Return the named stages in the order in which they run."""
    names = {name.strip() for name in text.split(",") if name.strip()}
    if not names or (unknown := names - set(STAGES)):
        raise click.BadParameter(f"{unknown or 'nothing'}; there are {', '.join(STAGES)}.")
    return tuple(stage for stage in STAGES if stage in names)


def _require_all_of_it(stages: tuple[str, ...], tuning_rows: int) -> None:
    """Refuse a sum of stages where one is missing or was cut down."""
    missing = [name for name in ADDS if name not in stages]
    if missing or tuning_rows:
        raise click.UsageError(
            "The reference of everything is the sum of its stages in the same run: name "
            f"{', '.join(missing) or 'the same stages'} too, with --tuning-rows 0."
        )


@click.command()
@click.option(
    "--things",
    default=10_000,
    show_default=True,
    type=click.IntRange(100, MOST_THINGS),
    help="How many live things to generate.",
)
@click.option(
    "--stages",
    default=",".join(USUAL_STAGES),
    show_default=True,
    callback=chosen,
    help=f"Any of {', '.join(STAGES)}.",
)
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=12, show_default=True, type=click.IntRange(0))
@click.option(
    "--tuning-rows",
    default=500,
    show_default=True,
    type=click.IntRange(0),
    help="Training rows that the tuning is compared on; 0 means all.",
)
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Threads of the reference's tuning.",
)
@click.option(
    "--reference-folds",
    default=5,
    show_default=True,
    type=click.IntRange(1, 5),
    help="How many of its five folds the reference's tuning runs; its times are then estimates.",
)
@click.option(
    "--results",
    default=RESULTS,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the JSON and Markdown files.",
)
@click.option(
    "--scratch",
    default=RESULTS / "scratch",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the generated things; keep it on the disk that is to be measured.",
)
def main(stages: tuple[str, ...], results: Path, scratch: Path, **options: Any) -> None:  # noqa: ANN401
    """Measure each stage beside its reference, and write and print the table."""
    if "everything" in stages:
        _require_all_of_it(stages, options["tuning_rows"])
    try:
        result = result_of(stages, scratch=scratch.absolute(), **options)
    except (SideFailed, Disagreement) as error:
        raise click.ClickException(str(error)) from error
    results.mkdir(parents=True, exist_ok=True)
    stem = f"{result['started_at'].replace(':', '')}-{options['things']}-things"
    (results / f"{stem}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    page = markdown(result)
    (results / f"{stem}.md").write_text(page, encoding="utf-8")
    click.echo(page)
    click.echo(f"Written to {results / stem}.json and .md")


if __name__ == "__main__":
    main()
