"""Every route has a least role: nobody below it gets through, and no route is missing from the table."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.api.conftest import Headers, Service
from tools.contract import Role

V, O, P, F, A = Role.VIEWER, Role.OPERATOR, Role.PLANNER, Role.FLIGHT_DIRECTOR, Role.ADMIN  # noqa: E741
HASH = "0" * 64
CHANGE = {"kind": "shift", "activity_id": "a", "shift_s": 1.0, "description": "later"}

# (method, path, least role or None for nobody in particular, body)
ROUTES: Final[list[tuple[str, str, Role | None, dict[str, Any] | None]]] = [
    ("post", "/api/v1/auth/login", None, {"username": "nobody", "password": "x"}),
    ("get", "/api/v1/auth/link", None, None),
    ("post", "/api/v1/auth/logout", None, None),
    ("get", "/api/v1/auth/me", V, None),
    ("put", "/api/v1/accounts/{username}", A, {"role": "viewer"}),
    ("get", "/api/v1/mission", V, None),
    ("get", "/api/v1/clock", V, None),
    ("put", "/api/v1/clock", O, {"rate": 1.0}),
    ("get", "/api/v1/spacecraft/positions", V, None),
    ("get", "/api/v1/orbits", V, None),
    ("get", "/api/v1/passes", V, None),
    ("post", "/api/v1/intents", O, {"text": "Where is LSAT-1?"}),
    ("get", "/api/v1/intents/{intent_id}", V, None),
    ("post", "/api/v1/intents/{intent_id}/cancel", O, None),
    ("get", "/api/v1/conversations", V, None),
    ("get", "/api/v1/conversations/{conversation_id}", V, None),
    ("post", "/api/v1/conversations/{conversation_id}/respond", O, {"text": "why?"}),
    ("get", "/api/v1/conversations/{conversation_id}/events", V, None),
    ("get", "/api/v1/plans", V, None),
    ("post", "/api/v1/plans", O, {"intent": "x", "activities": []}),
    ("get", "/api/v1/plans/{plan_id}", V, None),
    ("get", "/api/v1/plans/{plan_id}/alternatives", V, None),
    ("get", "/api/v1/plans/{plan_id}/revisions", V, None),
    ("get", "/api/v1/plans/{plan_id}/staleness", V, None),
    ("patch", "/api/v1/plans/{plan_id}", P, {"changes": [CHANGE]}),
    ("post", "/api/v1/plans/{plan_id}/validate", O, None),
    ("post", "/api/v1/plans/{plan_id}/approve", P, {"revision_hash": HASH}),
    ("post", "/api/v1/plans/{plan_id}/reject", P, {"reason": "no"}),
    ("post", "/api/v1/plans/{plan_id}/release", P, None),
    ("get", "/api/v1/approvals", V, None),
    ("get", "/api/v1/approvals/{request_id}", V, None),
    ("post", "/api/v1/approvals/{request_id}/approve", P, {"subject_hash": HASH}),
    ("post", "/api/v1/approvals/{request_id}/revoke", P, {"reason": "no"}),
    ("get", "/api/v1/conjunctions", V, None),
    ("post", "/api/v1/conjunctions", P, {"not": "a message"}),
    ("get", "/api/v1/alarms", V, None),
    ("get", "/api/v1/alarms/history", V, None),
    ("post", "/api/v1/alarms/acknowledge", O, {"satellite": "x"}),
    ("post", "/api/v1/alarms/shelve", O, {"satellite": "x"}),
    ("post", "/api/v1/alarms/unshelve", O, {"satellite": "x"}),
    ("post", "/api/v1/alarms/assign", O, {"satellite": "x"}),
    ("post", "/api/v1/alarms/comment", O, {"satellite": "x"}),
    ("post", "/api/v1/alarms/tag", O, {"satellite": "x"}),
    ("get", "/api/v1/telemetry/limits", V, None),
    ("put", "/api/v1/telemetry/limits", P, {"satellite": "x"}),
    ("post", "/api/v1/telemetry/limits/restore", P, {"satellite": "x"}),
    ("get", "/api/v1/commands/definitions", V, None),
    ("get", "/api/v1/commands/queues", V, None),
    ("get", "/api/v1/commands/queues/{satellite}/{command_class}", V, None),
    ("post", "/api/v1/commands/queues/{satellite}/{command_class}/hold", O, {"reason": ""}),
    ("put", "/api/v1/commands/queues/{satellite}/{command_class}", P, {"state": "x", "reason": "x"}),
    ("get", "/api/v1/commands/contacts", V, None),
    ("post", "/api/v1/commands/contacts/lost", O, {"reason": "x"}),
    ("post", "/api/v1/commands/{command_id}/hold", O, {"reason": "x"}),
    ("post", "/api/v1/commands/{command_id}/let-go", P, {"reason": "x"}),
    ("put", "/api/v1/commands/{command_id}/priority", P, {"priority": 1}),
    ("post", "/api/v1/commands/{command_id}/restraint", P, {"after": []}),
    ("get", "/api/v1/stacks", V, None),
    ("get", "/api/v1/stacks/{stack_id}", V, None),
    ("put", "/api/v1/stacks/{stack_id}", O, {"title": "x"}),
    ("delete", "/api/v1/stacks/{stack_id}", O, None),
    ("post", "/api/v1/stacks/rollover", P, {"satellite": "x"}),
    ("post", "/api/v1/stacks/{stack_id}/validate", O, {"title": "x"}),
    ("post", "/api/v1/stacks/{stack_id}/approve", P, {"stack_hash": HASH}),
    ("post", "/api/v1/stacks/{stack_id}/start", P, None),
    ("post", "/api/v1/stacks/{stack_id}/pause", O, {"reason": "x"}),
    ("post", "/api/v1/stacks/{stack_id}/resume", P, {}),
    ("post", "/api/v1/stacks/{stack_id}/abort", O, {"reason": "x"}),
    ("get", "/api/v1/files", V, None),
    ("get", "/api/v1/files/on-board", V, None),
    ("post", "/api/v1/files/uploads", P, {"satellite": "x"}),
    ("post", "/api/v1/files/downlinks", O, {"satellite": "x"}),
    ("get", "/api/v1/files/{transfer_id}", V, None),
    ("get", "/api/v1/files/{transfer_id}/content", V, None),
    ("post", "/api/v1/files/{transfer_id}/cancel", O, {"reason": ""}),
    ("get", "/api/v1/commands", V, None),
    ("get", "/api/v1/commands/{command_id}", V, None),
    ("get", "/api/v1/telemetry/latest", V, None),
    ("get", "/api/v1/telemetry/samples", V, None),
    ("get", "/api/v1/telemetry/stream", V, None),
    ("get", "/api/v1/telemetry/parameters", V, None),
    ("get", "/api/v1/telemetry/series", V, None),
    ("get", "/api/v1/telemetry/packets", V, None),
    ("get", "/api/v1/telemetry/packets/{packet_id}", V, None),
    ("get", "/api/v1/telemetry/ingest", V, None),
    ("get", "/api/v1/anomalies", V, None),
    ("get", "/api/v1/anomalies/watch", V, None),
    ("get", "/api/v1/anomalies/stretches", V, None),
    ("get", "/api/v1/anomalies/labels", V, None),
    ("get", "/api/v1/anomalies/{alert_id}", V, None),
    ("post", "/api/v1/anomalies/{alert_id}/acknowledge", O, {}),
    ("post", "/api/v1/anomalies/{alert_id}/feedback", O, {"verdict": "confirmed"}),
    ("post", "/api/v1/anomalies/{alert_id}/assign", O, {"to": ""}),
    ("post", "/api/v1/anomalies/{alert_id}/comment", O, {"text": "x"}),
    ("get", "/api/v1/knowledge/search", V, None),
    ("get", "/api/v1/audit", V, None),
    ("get", "/api/v1/audit/verify", V, None),
    ("get", "/api/v1/audit/export", F, None),
    ("get", "/healthz", None, None),
    ("get", "/readyz", None, None),
    ("get", "/metrics", None, None),
]
_QUERIES = {
    "/api/v1/telemetry/latest": "?satellite=LSAT-1",
    "/api/v1/telemetry/samples": "?satellite=LSAT-1&parameter=SOC",
    "/api/v1/telemetry/stream": "?replay_version=1",  # refused at once: what is not refused has no end
    "/api/v1/telemetry/parameters": "?satellite=LSAT-1",
    "/api/v1/telemetry/series": "?satellite=LSAT-1&parameter=soc",
    "/api/v1/telemetry/packets": "?satellite=LSAT-1",
    "/api/v1/anomalies/stretches": "?satellite=LSAT-1&start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z",
    "/api/v1/telemetry/packets/1": "?satellite=LSAT-1",
    "/api/v1/knowledge/search": "?q=battery",
}
_IDS = {
    "{intent_id}": "none",
    "{conversation_id}": "none",
    "{plan_id}": "plan-none0000",
    "{command_id}": "none",
    "{stack_id}": "stack-none00",
    "{satellite}": "LSAT-1",
    "{command_class}": "routine",
    "{request_id}": "none",
    "{packet_id}": "1",
    "{alert_id}": "alert-none",
    "{username}": "nobody",
}


def _url(path: str) -> str:
    for name, value in _IDS.items():
        path = path.replace(name, value)
    return path + _QUERIES.get(path, "")


def _status(service: Service, method: str, path: str, body: dict[str, Any] | None, headers: Headers) -> int:
    service.client.cookies.clear()
    answer = service.client.request(method.upper(), _url(path), json=body, headers=headers)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text and "sqlalchemy" not in answer.text
    code: int = answer.status_code
    return code


def test_the_table_names_every_route(service: Service) -> None:
    documented = {
        (method, path) for path, operations in service.app.openapi()["paths"].items() for method in operations
    }
    assert documented == {(method, path) for method, path, *_ in ROUTES}


@pytest.mark.parametrize(("method", "path", "least", "body"), ROUTES)
def test_a_route_lets_nobody_below_its_role_through(
    method: str,
    path: str,
    least: Role | None,
    body: dict[str, Any] | None,
    service: Service,
    viewer: Headers,
    operator: Headers,
    planner: Headers,
) -> None:
    by_role = {Role.VIEWER: viewer, Role.OPERATOR: operator, Role.PLANNER: planner}
    if least is None:
        assert _status(service, method, path, body, {}) != 403
        return
    assert _status(service, method, path, body, {}) == 401
    for role, headers in by_role.items():
        code = _status(service, method, path, body, headers)
        assert (code == 403) is not role.covers(least), (role, code)
        assert code != 401


@pytest.mark.parametrize(("method", "path", "least", "body"), [one for one in ROUTES if one[2] in (O, P)])
def test_an_admin_manages_accounts_and_flies_nothing(
    method: str, path: str, least: Role, body: dict[str, Any] | None, service: Service
) -> None:
    assert _status(service, method, path, body, service.as_role("admin")) == 403
