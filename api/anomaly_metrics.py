"""How the judging of telemetry does, as metrics: read from the watch when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.service.anomalies import Anomalies
from api.service.anomaly_watch import WatchState
from core.errors import StoreError

__all__ = ["AnomalyMetrics"]

_PREFIX = "llamaspace_anomaly"


class AnomalyMetrics(Collector):
    """Lateness, what was skipped and failed, and alerts by state and severity.

    Args:
        anomalies: Whose.
    """

    def __init__(self, anomalies: Anomalies) -> None:
        self._anomalies = anomalies

    def collect(self) -> Iterator[Metric]:
        """The values of this moment."""
        late = GaugeMetricFamily(
            f"{_PREFIX}_lateness_seconds", "How long the oldest packet waits that is not judged", labels=("satellite",)
        )
        watched = GaugeMetricFamily(f"{_PREFIX}_watched", "1 where a model judges telemetry", labels=("satellite",))
        packets = CounterMetricFamily(f"{_PREFIX}_packets", "Packets handed to the watch", labels=("satellite",))
        skipped = CounterMetricFamily(
            f"{_PREFIX}_skipped_packets", "Packets that were read from the archive later", labels=("satellite",)
        )
        rebuilds = CounterMetricFamily(
            f"{_PREFIX}_rebuilds", "Detectors made anew from the archive", labels=("satellite",)
        )
        for one in self._anomalies.watch.satellites():
            told = (one.satellite,)
            late.add_metric(told, one.late_s)
            watched.add_metric(told, float(one.state is WatchState.WATCHING))
            packets.add_metric(told, one.packets)
            skipped.add_metric(told, one.skipped)
            rebuilds.add_metric(told, one.rebuilds)
        yield from (late, watched, packets, skipped, rebuilds)
        yield CounterMetricFamily(
            f"{_PREFIX}_failures",
            "Failures of detectors, and of attempts to write alerts",
            value=self._anomalies.watch.failures,
        )
        alerts = GaugeMetricFamily(f"{_PREFIX}_alerts", "Alerts", labels=("state", "severity"))
        try:
            for (state, severity), number in self._anomalies.desk.store.counts().items():
                alerts.add_metric((str(state), severity.name.lower()), number)
        except StoreError:
            return  # the other metrics are told all the same
        yield alerts
