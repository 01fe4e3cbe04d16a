"""Feed every decoder with hostile input for some minutes: ``python -m soak.fuzz --minutes 30``.

The targets are the tests of `thingistat_pipeline_tests.fuzz`, each with its share of the time. A
target is run in rounds with a seed of their own, so that a run can be repeated (``--seed``), and
ends early at its first failure: the input, made as small as it gets, is printed and belongs among
the test's cases. An example that takes longer than `SECONDS_FOR_ONE` counts as a hang, and more
memory than `MEMORY` as a failure. Prints a table, and ends with 1 when something failed.
"""

import argparse
import contextlib
import functools
import importlib
import io
import pkgutil
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import FrameType

from hypothesis import seed as seeded

from thingistat_pipeline_tests import fuzz
from thingistat_pipeline_tests.fuzz.fuzzing import TARGETS, Target

FIRST_ROUND, LONGEST_ROUND = 10, 500
"""Examples in a round: some at first, then as many as take `SECONDS_A_ROUND`."""
SECONDS_A_ROUND = 10
SECONDS_FOR_ONE = 20
MEMORY = 3 << 30
"""Bytes of addresses that this process may have."""
MOST_TOLD = 4_000


class Hang(BaseException):
    """An example took too long; no decoder may swallow that."""


@dataclass
class Result:
    """What became of a target: examples tried, seconds, the slowest example, and the failure."""

    name: str
    examples: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    failure: str = ""

    def __str__(self) -> str:
        return (
            f"{self.name:<90} {self.examples:>9,} {self.seconds:>8.0f} {self.slowest:>9.2f}  "
            f"{'FAILED' if self.failure else 'ok'}"
        )


def main(arguments: list[str] | None = None) -> int:
    """Fuzz the targets that are asked for and return the exit code."""
    options = _options(arguments)
    _import_all_targets()
    chosen = [each for name, each in TARGETS.items() if any(word in name for word in options.only)]
    if not chosen:
        sys.exit(f"No target has any of {options.only} in its name; there are {', '.join(TARGETS)}")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _hang)
    seconds = 60 * options.minutes / len(chosen)
    sys.stdout.write(f"{'target':<90}  examples  seconds   slowest  (seed {options.seed})\n")
    results = []
    for target in chosen:
        results.append(fuzzed(target, seconds=seconds, seed=options.seed))
        sys.stdout.write(f"{results[-1]}\n{results[-1].failure}")
        sys.stdout.flush()
    failed = sum(bool(each.failure) for each in results)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{len(results)} targets, {sum(each.examples for each in results):,} examples in "
        f"{sum(each.seconds for each in results) / 60:.1f} minutes, {failed} failed; "
        f"{memory:.0f} MB of memory at most\n"
    )
    return 1 if failed else 0


def fuzzed(target: Target, *, seconds: float, seed: int) -> Result:
    """Return what became of a target after so many seconds of examples, or its first failure."""
    result = Result(target.name)
    began = time.monotonic()
    test = _measured(target.test, result, until=began + seconds)
    number, examples = 0, FIRST_ROUND
    while time.monotonic() - began < seconds and not result.failure:
        run = seeded(seed + number)(replace(target, test=test).bound_to(examples))
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                run()
        except (Exception, Hang):
            result.failure = (said.getvalue() + traceback.format_exc())[-MOST_TOLD:]
        number += 1
        a_second = result.examples / (time.monotonic() - began)
        examples = min(max(int(SECONDS_A_ROUND * a_second), FIRST_ROUND), LONGEST_ROUND)
    result.seconds = time.monotonic() - began
    return result


def _measured(test: Callable[..., None], result: Result, *, until: float) -> Callable[..., None]:
    """Return a test that counts its examples, is stopped where it hangs, and ends in time."""

    @functools.wraps(test)
    def one(**drawn: object) -> None:
        began = time.monotonic()
        if began > until:
            return
        try:
            with _no_longer_than(SECONDS_FOR_ONE):
                test(**drawn)
        finally:
            result.examples += 1
            result.slowest = max(result.slowest, time.monotonic() - began)

    return one


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _hang(_number: int, _frame: FrameType | None) -> None:
    raise Hang(f"an example took longer than {SECONDS_FOR_ONE} seconds")


def _import_all_targets() -> None:
    for module in pkgutil.iter_modules(fuzz.__path__, f"{fuzz.__name__}."):
        importlib.import_module(module.name)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m soak.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument(
        "--only", nargs="*", default=[""], metavar="WORD", help="targets with one of these in it"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
