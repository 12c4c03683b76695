"""The benchmark of alerts: every marked packet becomes one alert."""

from __future__ import annotations

from api.cli.anomaly_load import measure


def test_every_marked_packet_is_told_once() -> None:
    made = measure(packets_per_s=2000.0, seconds=1.0, marks=7)
    assert len(made.late_s) == 7 and made.skipped == 0
    assert list(made.late_s) == sorted(made.late_s) and made.late_s[0] > 0.0
