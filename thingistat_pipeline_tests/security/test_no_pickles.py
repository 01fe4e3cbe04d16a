"""Nothing in the package can open what runs when it is opened."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import thingistat_pipeline

PACKAGE = Path(*thingistat_pipeline.__path__)
RUNNING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
RUNNING |= {"torch", "imp"}
CALLS = {"eval", "exec", "read_pickle", "to_pickle", "memmap"}
LOOKED_AT = {"visual/weights.py": {"pickle"}}
"""A reader that knows four names and refuses all others, after a hash; see `visual.weights`."""


def dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from RUNNING & {each.name.partition(".")[0] for each in names}
            case ast.ImportFrom(module=str() as module):
                yield from RUNNING & {module.partition(".")[0]}
            case ast.Call(func=ast.Name(id=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="load" | "save")):
                told = {each.arg: each.value for each in node.keywords}
                if not _is(told.get("allow_pickle"), False):
                    yield "allow_pickle"
            case ast.keyword(arg="shell" | "allow_pickle" | "cache" as name, value=value):
                if _is(value, True):  # numba's cache on disk is a pickle
                    yield name


def _is(value: ast.expr | None, wanted: bool) -> bool:
    return isinstance(value, ast.Constant) and value.value is wanted


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from joblib import load",
        "import torch.nn",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "pd.read_pickle(path)",
        "run(words, shell=True)",
        "njit(cache=True)",
    ],
)
def test_what_can_run_code_is_recognised(line: str):
    assert list(dangers(ast.parse(line)))


def test_nothing_of_ours_opens_what_can_run():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        left = set(dangers(ast.parse(path.read_text("utf-8")))) - LOOKED_AT.get(name, set())
        if left:
            found[name] = left
    assert found == {}
