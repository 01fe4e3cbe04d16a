"""Runs that are killed again and again, and what is left of the kills when they have ended."""

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

import thingistat_pipeline.orchestration.build  # noqa: F401 - once, before any process is forked
from thingistat_pipeline.leftovers import leftovers
from thingistat_pipeline.settings import Settings
from thingistat_pipeline.thingiverse.likers import KEY_BYTES
from thingistat_pipeline_tests.reliability.likeness import differences, journal_of
from thingistat_pipeline_tests.reliability.moments import Moment, run_until
from thingistat_pipeline_tests.reliability.site import CountingSite

NIGHT = "2026-09-01"
STAGES = {
    "sampling": ("raw_things", "thumbnails"),
    "load": ("warehouse",),
    "publish": ("published_database",),
    "train": (
        *("picture_embeddings", "picture_features", "look_alikes", "popularity_features"),
        *("ranking_model", "parity_forest", "advisor_forest", "picture_choice", "photograph_look"),
        *("ranking_evaluation", "feature_importance", "advice", "recommender"),
        *("recommender_tables", "picture_gain"),
    ),
    "report": ("report",),
}
LAST_STAGE = "report"
GO_ON = ("raw_things", "thumbnails")
LOAD_CHECKS = ("ids_are_unique", "schema_is_as_declared", "covers_every_night")
SECONDS_AFTER = 0.3
"""How long after its touch a process is killed that is killed wherever it is."""

READ_ON = """
import json, select, sys
from pathlib import Path
import duckdb
reads, failed = 0, []
while not select.select([sys.stdin], [], [], 0.2)[0]:
    if reads or Path(sys.argv[1]).is_symlink():
        try:
            with duckdb.connect(sys.argv[1], read_only=True) as con:
                con.execute("SELECT count(*) FROM things").fetchall()
            reads += 1
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}")
print(json.dumps({"reads": reads, "failed_reads": failed}))
"""

Told = dict[str, Any]


class Round:
    """One run in a folder of its own, killed at each of the moments and then left in peace."""

    def __init__(
        self, site: CountingSite, folder: Path, things: int, once: Counter[str] | None = None
    ) -> None:
        self.settings = Settings(data_dir=folder / "data")
        self._site = site
        self._folder = folder
        self._words = (
            *("run", "--things", str(things), "--night", NIGHT),
            *("--data-dir", str(folder / "data")),
        )
        self._once = once
        self.asked: Counter[str] = Counter()
        self._most_rows = 0
        self._journal: list[str] = []
        self.settings.raw_dir.mkdir(parents=True)
        self.settings.liker_key_file.write_bytes(b"k" * KEY_BYTES)  # so that likers agree

    def go(self, moment: Moment | None = None) -> Told:
        """Run until the end or the moment, and tell what is there afterwards."""
        before = self._site.asked()
        ended = run_until(self._words, self._site.environment, self._folder, moment)
        asked = self._site.asked() - before
        repeated = self._repeated(asked)
        told: Told = {
            "killed": ended.was_killed,
            "status": ended.status,
            "step": ended.step,
            "stage": stage_of(ended.step),
            "cpu": round(ended.seconds, 1),
            "requests": asked.total(),
            "repeated": repeated,
            "troubles": list(self._troubles()),
            "leftovers": len(leftovers(self.settings.data_dir)),
        }
        if ended.status not in (0, -9):
            told["troubles"].append(ended.said[-2_000:])
        self.touches = ended.touches
        return told

    def _repeated(self, asked: Counter[str]) -> int:
        """Count what was asked now and had been asked before, more often than undisturbed."""
        had, self.asked = self.asked, self.asked + asked
        once = self._once or self.asked
        return sum(
            max(count - max(once[address], had[address]), 0)
            for address, count in self.asked.items()
        )

    def _troubles(self) -> Iterator[str]:
        """Yield what must not be, however a process ended."""
        lines = journal_of(self.settings, NIGHT)
        if len(set(lines)) != len(lines):
            yield "a journal line twice"
        if lines[: len(self._journal)] != self._journal:
            yield "a journal line lost"
        self._journal = lines
        link = self.settings.published_file
        if link.exists():
            with duckdb.connect(str(link), read_only=True) as con:
                ((rows,),) = con.execute("SELECT count(*) FROM things").fetchall()
            if rows < self._most_rows:
                yield "fewer rows than were published before"
            self._most_rows = rows
        elif self._most_rows:
            yield "nothing is published any more"


def stage_of(step: str) -> str:
    """Return the stage that a step belongs to; checks belong to what they look at."""
    for stage, steps in STAGES.items():
        if step.startswith(steps):
            return stage
    return "load" if step.endswith(LOAD_CHECKS) else step if step == "start" else "between"


def moments(
    touches: Counter[str], order: Sequence[str], stages: Sequence[str], draw: random.Random
) -> list[Moment]:
    """Draw a moment within each of the stages, in the order in which they come.

    Parameters
    ----------
    touches : Counter of str
        How often each step of an undisturbed run touches disk and network.
    order : sequence of str
        Its steps, in their order.
    stages : sequence of str
        As often as wanted each.
    draw : random.Random
    """
    drawn = []
    for stage in stages:
        steps = [step for step in order if stage_of(step) == stage]
        (step,) = draw.choices(steps, [touches[step] for step in steps])
        seconds = draw.choice((0.0, draw.uniform(0.001, SECONDS_AFTER)))
        if stage == LAST_STAGE:
            seconds = 0.0  # the run may have ended by then
        drawn.append((order.index(step), draw.randint(1, touches[step]), seconds))
    found: list[Moment] = []
    done: Counter[str] = Counter()
    for place, touch, seconds in sorted(drawn):
        step = order[place]
        # what was fetched is not fetched again: a resumed night goes on where it stopped
        before = done[step] if step in GO_ON else 0
        found.append(Moment(step, max(touch - before, 1), seconds))
        done[step] = touch
    return found


def tell(told: Told) -> None:
    print(json.dumps(told), flush=True)


def rounds(
    site: CountingSite,
    scratch: Path,
    stages: Sequence[str],
    *,
    runs: int,
    things: int,
    seed: int,
    keep: bool,
) -> None:
    """Run once undisturbed, then kill `runs` runs within each of the stages, and tell it all."""
    undisturbed = Round(site, scratch / "undisturbed", things)
    tell({"what": "undisturbed", **undisturbed.go()})
    order = list(undisturbed.touches)
    for number in range(runs):
        draw = random.Random(f"{seed} {number}")
        run = Round(site, scratch / f"run-{number}", things, once=undisturbed.asked)
        with read_all_the_time(run.settings.published_file) as readings:
            for moment in moments(undisturbed.touches, order, stages, draw):
                at = {**asdict(moment), "seconds": round(moment.seconds, 3)}
                tell({"what": "kill", "run": number, "at": at, **run.go(moment)})
            end = run.go()
        end |= {
            "not_asked": sorted(undisturbed.asked.keys() - run.asked.keys()),
            "differences": _compared_elsewhere(undisturbed.settings, run.settings),
            **readings,
        }
        tell({"what": "end", "run": number, **end})
        if not (keep or end["troubles"] or end["differences"]):
            shutil.rmtree(scratch / f"run-{number}")


def _compared_elsewhere(undisturbed: Settings, killed: Settings) -> list[str]:
    """Compare two folders in another process: Polars' threads would not survive our next fork."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as another:
        return another.submit(differences, undisturbed, killed).result()


@contextmanager
def read_all_the_time(link: Path) -> Iterator[Told]:
    """Open a published file on and on from another process, and tell in the end what came of it."""
    readings: Told = {}
    with subprocess.Popen(
        [sys.executable, "-c", READ_ON, str(link)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        yield readings
        readings |= json.loads(reader.communicate()[0])
