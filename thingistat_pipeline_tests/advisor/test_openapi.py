"""The API does what its OpenAPI says, whatever is asked of it."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from thingistat_pipeline.advisor.api import PREFIX
from thingistat_pipeline.settings import Settings
from thingistat_pipeline_tests.advisor.served import UNLIMITED, served

SECONDS = 120
EXAMPLES = 10
"""Of each kind, for each endpoint."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
ENDPOINTS = (
    ("GET", "/status"),
    ("GET", "/options"),
    ("POST", "/advice"),
    ("POST", "/pictures"),
    ("POST", "/tags"),
    ("GET", "/search"),
    ("GET", "/things/{thing_id}"),
    ("GET", "/things/{thing_id}/draft"),
    ("GET", "/things/{thing_id}/picture"),
    ("GET", "/tags/{tag}"),
    ("GET", "/creators"),
)


@pytest.fixture(scope="module")
def address(world: Settings) -> Iterator[str]:
    with served(world.with_changes(serve_requests_per_minute=UNLIMITED)) as url:
        yield f"{url}{PREFIX}/openapi.json"


@pytest.fixture(scope="module")
def schema(address: str) -> Any:
    return schemathesis.openapi.from_url(address)


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (method, path, mode)
        for method, path in ENDPOINTS
        for mode in schemathesis.GenerationMode
        # what takes nothing cannot be asked wrongly
        if mode.is_positive or path not in {"/status", "/options"}
    ],
)
def test_whatever_is_asked_the_answer_is_one_that_was_promised(
    schema: Any, method: str, path: str, mode: schemathesis.GenerationMode
):
    operation = schema[PREFIX + path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=CHECKS, timeout=SECONDS)

    ask()


@pytest.fixture(scope="module")
def document(address: str) -> Any:
    return requests.get(address, timeout=SECONDS).json()


def test_every_endpoint_says_what_it_answers_and_every_error_is_a_problem(document: Any):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = f"{method} {path}"
            assert operation["summary"], name
            assert operation["description"], name
            errors = {code: each for code, each in operation["responses"].items() if code >= "4"}
            assert errors.keys() >= {"401", "403", "413", "421", "422", "429", "503"}, name
            for code, each in errors.items():
                content = each["content"]["application/json"]["schema"]
                assert content == {"$ref": "#/components/schemas/Problem"}, f"{code} of {name}"


def test_the_api_describes_itself_and_nothing_else(document: Any):
    described = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert described == set(ENDPOINTS)
