"""Health, readiness, metrics, and what every answer carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.errors import StoreError
from core.store import Database
from core.telemetry.intake_memory import Progress
from tests.api.conftest import Headers, Service


def _counts(service: Service) -> dict[str, float]:
    lines = service.client.get("/metrics").text.splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith("llamaspace_http_requests_total"))
    return {name: float(value) for name, value in found}


def test_requests_are_counted_by_the_routes_template(service: Service, operator: Headers) -> None:
    name = 'llamaspace_http_requests_total{method="GET",route="/api/v1/intents/{intent_id}",status="404"}'
    before = _counts(service).get(name, 0.0)
    for number in range(3):
        service.client.get(f"/api/v1/intents/none-{number}", headers=operator)
    after = _counts(service)
    assert after[name] == before + 3
    assert not [one for one in after if "none-" in one]


def test_paths_and_methods_that_nobody_serves_make_no_series_of_their_own(service: Service) -> None:
    before = set(_counts(service))
    for word in ("PURGE", "BREW", "WHEN"):
        service.client.request(word, f"/nowhere/{word}")
    made = set(_counts(service)) - before
    assert len(made) <= 1
    assert all('method="other"' in one and 'route="other"' in one for one in made)


@pytest.fixture
def failing_mission(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fails(*_: object) -> None:
        raise RuntimeError("a defect at secret/path.py")

    monkeypatch.setattr("api.rest.mission.state_at", fails)
    yield


@pytest.mark.usefixtures("failing_mission")
def test_a_defect_is_a_problem_without_a_traceback_and_is_counted(service: Service, operator: Headers) -> None:
    name = 'llamaspace_http_requests_total{method="GET",route="/api/v1/spacecraft/positions",status="500"}'
    before = _counts(service).get(name, 0.0)
    answer = service.client.get("/api/v1/spacecraft/positions", headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Content-Security-Policy" in answer.headers
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert _counts(service)[name] == before + 1


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/plans", "/api/v1/nowhere", "/api/v1/auth/login"])
def test_every_answer_carries_the_headers_that_keep_a_browser_safe(path: str, service: Service) -> None:
    headers = service.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in headers["content-security-policy"]


def test_a_service_whose_database_does_not_answer_is_not_ready(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_: Database) -> None:
        raise StoreError("the database refused a read: disk I/O error")

    monkeypatch.setattr(type(service.runtime.events), "last_sequence", refuses)
    answer = service.client.get("/readyz")
    assert (answer.status_code, answer.json()["database"], answer.json()["ready"]) == (503, False, False)
    assert service.client.get("/healthz").json() == {"status": "ok"}


def test_telemetry_that_cannot_be_filed_is_told_and_what_became_of_frames_is_counted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = service.runtime.flight.fleet
    assert service.client.get("/readyz").json()["telemetry_compaction"] == "ok"
    fleet.archive.columns.append(progress=Progress(counts={"LSAT-3": {"checksum": 7}}))
    monkeypatch.setattr(fleet.compactor, "failure", "telemetry could not be archived: the disk is full")
    assert service.client.get("/readyz").json()["telemetry_compaction"].endswith("the disk is full")
    lines = service.client.get("/metrics").text.splitlines()
    assert 'llamaspace_telemetry_intake_total{reason="checksum",satellite="LSAT-3"} 7.0' in lines
    assert "llamaspace_telemetry_compaction_failed 1.0" in lines


def test_a_service_whose_telemetry_is_not_stored_is_not_ready(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = service.runtime.flight.fleet.archive.columns
    assert service.client.get("/readyz").json()["telemetry_log"] == "ok"

    with monkeypatch.context() as disk:
        disk.setattr(columns._log, "_failed", "a flush to disk failed (Input/output error)")
        with pytest.raises(StoreError, match="takes nothing more"):
            columns.append(progress=Progress(counts={"LSAT-3": {"checksum": 1}}))
        answer = service.client.get("/readyz")
        assert (answer.status_code, answer.json()["telemetry"]) == (503, False)
        assert "a flush to disk failed" in answer.json()["telemetry_log"]


@pytest.mark.parametrize(
    "query",
    [
        "passes?start=yesterday",
        "passes?end=2026-11-20T00:00:00Z",
        "passes?start=2026-11-22T00:00:00Z&end=2027-11-22T00:00:00Z",
        "passes?start=9999-12-31T23:00:00Z",
        "passes?start=0001-01-01T00:00:00%2B14:00",
        "telemetry/samples?satellite=LSAT-1&parameter=SOC&start=2026-11-22T12:00:00Z&end=2026-11-22T11:00:00Z",
        "telemetry/samples?satellite=LSAT-1&parameter=SOC&points=0",
        "plans?state=flying",
        "plans?limit=0",
        "plans?limit=201",
        "plans/plan-none0000?revision=0",
        "audit?after=-1",
        "knowledge/search?q=x",
        "plans/%00",
    ],
)
def test_bad_queries_are_problems(query: str, service: Service, operator: Headers) -> None:
    answer = service.client.get(f"/api/v1/{query}", headers=operator)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] and answer.json()["detail"]


def test_a_wrong_method_is_a_problem_that_names_the_right_ones(service: Service, operator: Headers) -> None:
    answer = service.client.delete("/api/v1/plans", headers=operator)
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"]


def test_a_body_without_a_length_is_refused_when_it_grows_too_large(service: Service, operator: Headers) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b" " * 100_000

    answer = service.client.post("/api/v1/intents", content=chunks(), headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
