"""Every operation keeps to the OpenAPI document, whatever it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from api.app import create_app
from tests.api.conftest import Headers, LiveService
from tests.api.story import say

# The service runs in this process, and its threads may draw random numbers while a strategy does.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the .random. module inside strategies")
_METHODS = ("get", "put", "post", "patch", "delete")
_DOCUMENT = create_app(cast(Any, None)).openapi()
OPERATIONS = [
    (method, path)
    for path, operations in _DOCUMENT["paths"].items()
    for method in operations
    if method in _METHODS
    and not path.endswith(("/events", "/telemetry/stream"))  # endless streams; tests of their own read them
]


@pytest.fixture(scope="module")
def director_headers(live: LiveService) -> Headers:
    return live.as_role("flight_director")


@pytest.fixture(scope="module")
def schema(live: LiveService) -> Iterator[OpenApiSchema]:
    """The published document; about every other id in a path is one that exists."""
    intent = say(live.client, live.as_role("operator"), "Point LSAT-2 at the sun for 20 minutes")
    known = {name: intent[name] for name in ("intent_id", "conversation_id", "plan_id")}
    loaded = schemathesis.openapi.from_url(f"{live.url}/api/v1/openapi.json", timeout=10.0)

    @loaded.hook
    def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        if path_parameters is None:
            return None
        return {
            name: known.get(name, value) if len(str(value)) % 2 else value for name, value in path_parameters.items()
        }

    yield loaded


CASES = [(*one, GenerationMode.POSITIVE) for one in OPERATIONS] + [
    (method, path, GenerationMode.NEGATIVE)
    for method, path in OPERATIONS
    if {"parameters", "requestBody"} & set(_DOCUMENT["paths"][path][method])  # else nothing can be invalid
]


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
def test_an_operation_keeps_to_its_documentation(
    method: str, path: str, mode: GenerationMode, schema: OpenApiSchema, director_headers: Headers
) -> None:
    operation = schema[path][method]

    @settings(max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def conforms(case: Any) -> None:
        # A well-formed request may still be wrong for the mission, such as a window that runs backwards: 422.
        case.call_and_validate(headers=director_headers, timeout=20.0, excluded_checks=[positive_data_acceptance])

    conforms()


def test_the_document_is_openapi_3_1_and_names_every_problem() -> None:
    assert _DOCUMENT["openapi"].startswith("3.1")
    for method, path in OPERATIONS:
        responses = _DOCUMENT["paths"][path][method]["responses"]
        assert "application/problem+json" in responses["401"]["content"], (method, path)
