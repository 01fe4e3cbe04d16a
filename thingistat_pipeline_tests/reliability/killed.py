"""Runs that are killed again and again; see `kill_rounds`.

Run as a module; prints a JSON object for the undisturbed run, for each kill, and for each run that
was killed and then ended. `test_kills` asks for 15 kills, ``make soak`` for hundreds.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numba


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--stages", default="sampling,load,publish,train,report")
    parser.add_argument("--runs", type=int, default=1, help="how many runs are killed that often")
    parser.add_argument("--things", type=int, default=24)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    given = parser.parse_args(arguments)
    _compile_once(given.scratch)
    from thingistat_pipeline_tests.reliability.kill_rounds import rounds  # noqa: PLC0415 - after numba was told
    from thingistat_pipeline_tests.reliability.site import counting_site  # noqa: PLC0415 - likewise

    with counting_site() as site:
        rounds(
            site,
            given.scratch.absolute(),
            given.stages.split(","),
            runs=given.runs,
            things=given.things,
            seed=given.seed,
            keep=given.keep,
        )


def _compile_once(scratch: Path) -> None:
    """Let all processes share what one has compiled, which is most of what a small run computes."""
    folder = scratch.absolute() / "compiled"
    folder.mkdir(parents=True)
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # set as it is read
    numba.njit = partial(numba.njit, cache=True)  # type: ignore[assignment]  # overloaded


if __name__ == "__main__":
    main(sys.argv[1:])
