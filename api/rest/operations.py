"""Health, readiness and metrics: for the people and machines that keep the service up."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api.metrics import Metrics
from api.service.runtime import Runtime
from core.errors import StoreError

__all__ = ["router"]

router = APIRouter(tags=["operations"])


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not ready: the body says what is missing"}})
def readyz(request: Request) -> JSONResponse:
    """The service can do its work: the database answers, the ground stations are connected, and telemetry is stored.

    ``telemetry_log`` says why not: after a failed flush what is on the disk is not known until the service starts again.
    ``telemetry_compaction`` says why stored telemetry could not be moved into files; nothing is lost by that, but the log
    grows, so somebody has to look. ``anomaly_watch`` says why telemetry is not judged that a model should judge, or why alerts
    cannot be written.
    """
    runtime: Runtime = request.app.state.runtime
    storing = runtime.flight.storing_failure()
    checks = {"database": _answers(runtime), "ground_link": runtime.flight.link_up(), "telemetry": not storing}
    ready = all(checks.values())
    detail = {"telemetry_log": storing or "ok", "telemetry_compaction": runtime.flight.compaction_failure() or "ok"}
    detail["anomaly_watch"] = runtime.anomalies.watch.trouble() or "ok"
    return JSONResponse({"ready": ready, **checks, **detail}, status_code=200 if ready else 503)


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Prometheus metrics."""
    measured: Metrics = request.app.state.metrics
    return Response(generate_latest(measured.registry), media_type=CONTENT_TYPE_LATEST)


def _answers(runtime: Runtime) -> bool:
    try:
        return runtime.events.last_sequence() >= 0
    except StoreError:
        return False
