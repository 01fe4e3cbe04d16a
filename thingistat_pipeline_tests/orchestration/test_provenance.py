"""A provenance record says what made an artefact."""

import json

from hypothesis import given
from hypothesis import strategies as st

from thingistat_pipeline import __version__
from thingistat_pipeline.orchestration.provenance import (
    Provenance,
    library_versions,
    package_code_version,
    sources_version,
    version_of,
)
from thingistat_pipeline_tests.conftest import REPOSITORY


def test_a_record_is_plain_json_with_libraries_and_commit():
    record = Provenance(
        artefact="report",
        version="abc",
        code_version=package_code_version("3"),
        inputs={"things": "1"},
        source="sandbox",
        seed=12,
        effort="quick",
        run_id="run",
    ).as_dict()
    assert json.loads(json.dumps(record)) == record
    assert record["code_version"] == f"{__version__}+3"
    assert record["libraries"]["duckdb"].startswith("2.")
    if (REPOSITORY / ".git").exists():
        assert len(record["git_commit"] or "x" * 40) == 40


def test_no_secret_has_a_place_in_a_record():
    assert not {"token", "settings"} & set(Provenance.__dataclass_fields__)


def test_libraries_that_shape_results_are_named_with_their_versions():
    assert {"python", "scikit-learn", "numpy", "numba"} <= library_versions().keys()


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_version_ignores_the_order_of_keys_and_nothing_else(parameters: dict[str, object]):
    backwards = dict(reversed(list(parameters.items())))
    assert version_of("model", parameters) == version_of("model", backwards)
    assert version_of("model", parameters) != version_of("model", {**parameters, "new key": 0})


def test_the_version_of_sources_tells_code_from_other_code():
    one, both = sources_version("nearest.py"), sources_version("nearest.py", "recommender")
    assert one != both
    assert both == sources_version("recommender", "nearest.py")
    assert sources_version("recommender/likes/sql") != sources_version("no such folder")
