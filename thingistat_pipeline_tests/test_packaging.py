"""What is declared, what is locked and what is installed agree."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from thingistat_pipeline_tests.conftest import REPOSITORY

LOCK = (REPOSITORY / "requirements.lock").read_text()
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def locked_versions() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK, flags=re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def test_every_declared_dependency_is_locked_at_a_version_that_it_admits():
    locked = locked_versions()
    declared = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    for line in declared:
        requirement = Requirement(line)
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is declared but not locked: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in locked[name]), (
            f"{line} does not admit the locked {locked[name]}: run `make lock`"
        )


def test_every_locked_version_has_hashes_and_no_line_names_an_address():
    pins = re.findall(r"^[A-Za-z0-9._-]+==", LOCK, flags=re.MULTILINE)
    blocks = re.split(r"^(?=[A-Za-z0-9._-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"://|--index|--find-links|--extra-index", LOCK)


def test_what_is_installed_is_what_is_locked():
    locked = locked_versions()
    other = {
        name: distribution.version
        for distribution in distributions()
        if (name := canonicalize_name(distribution.metadata["Name"])) in locked
        and distribution.version not in locked[name]
    }
    assert other == {}


def test_the_command_answers_help_without_loading_dagster():
    code = (
        "import sys\nfrom thingistat_pipeline import cli\n"
        "assert 'dagster' not in sys.modules and 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
