"""Benchmarks of telemetry: packets a CPU second, decoded alone and from frames to durable storage, questions to a month, live readers,
and the anomaly detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ROWS"]

# The module of each row, imported when it runs. Each has ``run() -> list[BenchResult]``.
ROWS: Final[Mapping[str, str]] = {
    "telemetry_decode": "evals.bench.telemetry.decode",
    "telemetry_ingest": "evals.bench.telemetry.ingest",
    "telemetry_live": "evals.bench.telemetry.live",
    "telemetry_jpss": "evals.bench.telemetry.jpss",
    "telemetry_query": "evals.bench.telemetry.queries",
    "telemetry_alert": "evals.bench.telemetry.anomaly_alerts",
    "telemetry_anomaly": "evals.bench.telemetry.anomalies",
}
