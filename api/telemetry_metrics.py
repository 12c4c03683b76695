"""What becomes of telemetry, as metrics: read from the archive when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.command.fleet import Fleet

__all__ = ["TelemetryMetrics"]


class TelemetryMetrics(Collector):
    """Frames and packets by satellite and reason since the data folder began, and how the archive's files are doing.

    Args:
        fleet: Whose telemetry.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def collect(self) -> Iterator[Metric]:
        """The values of this moment."""
        taken = CounterMetricFamily(
            "llamaspace_telemetry_intake",
            "Frames and packets of telemetry by what became of them; satellite - is none of the mission",
            labels=("satellite", "reason"),
        )
        for satellite, reasons in self._fleet.archive.counters().items():
            for reason, number in reasons.items():
                taken.add_metric((satellite, reason), number)
        yield taken
        yield GaugeMetricFamily(
            "llamaspace_telemetry_waiting_packets",
            "Durable packets that are not in files yet",
            value=self._fleet.archive.columns.waiting_packets,
        )
        yield GaugeMetricFamily(
            "llamaspace_telemetry_compaction_failed",
            "1 where the last attempt to move packets into files failed",
            value=float(bool(self._fleet.compactor.failure)),
        )
