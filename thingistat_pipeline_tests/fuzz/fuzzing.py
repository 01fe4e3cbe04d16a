"""How a decoder is fuzzed: a few examples in the ordinary tests, very many in ``soak.fuzz``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

Strategies = Mapping[str, st.SearchStrategy[Any]]


@dataclass(frozen=True)
class Target:
    """A test of one decoder: what it is called, the test itself, and what it is fed with."""

    name: str
    test: Callable[..., None]
    strategies: Strategies

    def bound_to(self, examples: int) -> Callable[[], None]:
        """Return the test as it is run with that many examples."""
        return settings(
            max_examples=examples,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )(given(**self.strategies)(self.test))


TARGETS: dict[str, Target] = {}
"""All of them, by name, in the order in which their modules are imported."""


def fuzzed(
    *, examples: int = 60, cases: Sequence[Mapping[str, Any]] = (), **strategies: Any
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Return the decorator of a test that is fuzzed.

    Parameters
    ----------
    examples : int
        In the ordinary tests.
    cases : sequence of mapping
        What once broke it: tried every time, first.
    **strategies
        What each of the test's arguments is drawn from.
    """

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        module = test.__module__.rpartition(".")[2].removeprefix("test_")
        name = f"{module}.{test.__name__.removeprefix('test_')}"
        TARGETS[name] = target = Target(name, test, strategies)
        run = target.bound_to(examples)
        for case in reversed(cases):
            run = example(**case)(run)
        return run

    return decorate
