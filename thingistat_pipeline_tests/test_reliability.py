"""The promises of docs/reliability.md name tests that there are."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOC = TESTS.parent / "docs" / "reliability.md"
_FILE = r"`(?P<file>[\w/]+\.py)(?:::(?P<first>test_\w+))?`"
_TEST = r"`(?:::)?(?P<test>test_\w+)`"
NAMED = re.compile(f"{_FILE}|{_TEST}")


def _promises() -> dict[str, str]:
    """Return the text under each heading."""
    parts = re.split(r"^## (.+)$", DOC.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _named_tests(text: str) -> list[tuple[str, str]]:
    """Return each test that a promise names, with the file named last before it."""
    found, file = [], ""
    for match in NAMED.finditer(text.partition("**Proof.**")[2].partition("**Not promised.**")[0]):
        file = match["file"] or file
        test = match["first"] or match["test"]
        if test:
            found.append((file, test))
    return found


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("promise", _promises())
def test_every_promise_names_tests_that_exist(promise: str) -> None:
    named = _named_tests(_promises()[promise])
    assert named, "a promise without a test is none"
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (TESTS / file).is_file() or test not in _functions(TESTS / file)
    ]
    assert not missing


@pytest.mark.parametrize("promise", _promises())
def test_every_promise_says_how_it_is_kept_and_what_is_not_promised(promise: str) -> None:
    text = _promises()[promise]
    for part in ("**Promised.**", "**How.**", "**Proof.**", "**Not promised.**"):
        assert part in text
