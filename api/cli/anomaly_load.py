"""Anomalies under load, for their benchmark: housekeeping of the reference fleet in, alerts out, with the shipped detectors at work.

``python -m api.cli.anomaly_load`` prints one run as JSON.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from api.service.anomaly_watch import AnomalyWatch, Opened, WatchState
from core.events import EventLog
from core.link import Telemetry, encode_telemetry
from core.mdb import MissionDatabase, encode_container, reference_mdb
from core.mdb.references import Value
from core.mission import reference_mission
from core.store import open_database
from core.telemetry import LatestValues, TelemetryIngest, TelemetryStream, TmChannel
from core.telemetry.column_archive import StoredPart
from core.telemetry.receiver import ReceivedPacket
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import MissionClock
from core.time.clock import ClockAnchor
from evals.bench.telemetry.anomaly_alerts import AlertRun
from ml.alerts.desk import AlertDesk
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, LiveDetector, Severity
from ml.anomaly.live import open_detectors

__all__ = ["measure"]

_START_TAI_S: Final = 8.48e8
_STEP_S: Final = 0.1  # between packets of a spacecraft, by their own time
_CONTAINER: Final = "Housekeeping"
_HOUSEKEEPING: Final = (3, 25)  # PUS service and subtype
_SCID: Final = 672
_EMPTY: Final = 0.1  # state of charge of a marked packet
_SOUND: Final = 0.9
_LEAST_BATCH_S: Final = 0.02
_PATIENCE_S: Final = 30.0


class _Marking:
    """A detector at work that also finds an anomaly for each marked packet, so that its way can be timed."""

    def __init__(self, detector: LiveDetector, satellite: str) -> None:
        self._detector = detector
        self._satellite = satellite
        self._marked: list[float] = []
        self.model = detector.model

    def take(self, part: StoredPart) -> None:
        self._detector.take(part)
        for batch in part.decoded.containers:
            if "soc" in batch.columns:
                times = part.generated_tai_s[batch.rows]
                self._marked += times[batch.columns["soc"].engineering < 2 * _EMPTY].tolist()

    def advance(self, now_tai_s: float) -> Sequence[Anomaly]:
        marked, self._marked = self._marked, []
        return [*self._detector.advance(now_tai_s), *map(self._found, marked)]

    def _found(self, at_tai_s: float) -> Anomaly:
        evidence = Evidence(f"mark {at_tai_s:.3f}", None, at_tai_s, at_tai_s, _EMPTY, _SOUND, 0.01, 1.0)
        name = f"{self._satellite} {at_tai_s:.3f}"
        times = (at_tai_s, at_tai_s, at_tai_s)
        return Anomaly(name, self._satellite, *times, AnomalyKind.POINT, Severity.WARNING, 2.0, (evidence,), self.model)


def measure(packets_per_s: float, seconds: float, marks: int) -> AlertRun:
    """One run: packets of all spacecraft in turn, a marked one now and then.

    Raises:
        RuntimeError: A spacecraft is not judged.
    """
    mdb, satellites = reference_mdb(), [one.id for one in reference_mission().spacecraft]
    packets = int(packets_per_s * seconds)
    marked = {int((place + 0.5) * packets / marks) for place in range(marks)}
    raw = _packets(mdb, satellites, packets, marked)
    told_s: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive, database = TelemetryArchive(folder / "telemetry", mdb), open_database(folder / "service.db")
        clock = MissionClock(ClockAnchor(0.0, _START_TAI_S, 1.0), lambda: 0.0)
        desk = AlertDesk(database, EventLog(database), clock)
        desk.on_change(
            lambda made: told_s.update({one.entry.alert.anomaly_id: time.monotonic() for one in reversed(made)})
        )
        stream = TelemetryStream()
        channels = {one: TmChannel(_SCID + place, None) for place, one in enumerate(satellites)}
        ingest = TelemetryIngest(archive, channels, LatestValues(archive, satellites), stream)

        def opened(wanted: Sequence[str], now_tai_s: float) -> Opened:
            detectors, reasons = open_detectors(mdb, wanted, archive.columns, now_tai_s)
            return {one: _Marking(detector, one) for one, detector in detectors.items()}, reasons

        watch = AnomalyWatch(desk, satellites, opened, clock, archive.decoder)
        stream.on_part(watch.take)
        watch.start()
        try:
            _wait(lambda: all(one.state is WatchState.WATCHING for one in watch.satellites()))
            cpu_s = time.process_time()
            due_s = _feed_in(ingest, raw, packets_per_s)
            names = {_name(satellites, one): due_s + one / packets_per_s for one in marked}
            _wait(lambda: names.keys() <= told_s.keys())
            cpu_s = time.process_time() - cpu_s
            skipped = sum(one.skipped for one in watch.satellites())
        finally:
            watch.stop()
            archive.close()
            database.close()
    late_s = sorted(told_s[one] - due for one, due in names.items())
    return AlertRun(late_s=tuple(late_s), skipped=skipped, cpu_s=cpu_s, seconds=seconds)


def _packets(mdb: MissionDatabase, satellites: Sequence[str], packets: int, marked: set[int]) -> list[ReceivedPacket]:
    zero: dict[str, Value] = {one.name: 0 for one in mdb.containers[_CONTAINER].entries if one.name}
    given: Mapping[str, Value] = {
        "structure_id": 1,
        "mode": "nominal",
        "pointing": "nadir",
        "in_eclipse": False,
        "downlink_active": False,
    }
    content = {soc: encode_container(mdb, _CONTAINER, {**zero, **given, "soc": soc}) for soc in (_SOUND, _EMPTY)}
    made = []
    for place in range(packets):
        number, data = place // len(satellites), content[_EMPTY if place in marked else _SOUND]
        at_tai_s = _START_TAI_S + number * _STEP_S
        head = (673, number & 0x3FFF, *_HOUSEKEEPING, number & 0xFFFF, at_tai_s)
        raw = encode_telemetry(Telemetry(*head, data))
        made.append(ReceivedPacket(satellites[place % len(satellites)], at_tai_s + 1.0, raw))
    return made


def _name(satellites: Sequence[str], place: int) -> str:
    return f"{satellites[place % len(satellites)]} {_START_TAI_S + place // len(satellites) * _STEP_S:.3f}"


def _feed_in(ingest: TelemetryIngest, raw: Sequence[ReceivedPacket], packets_per_s: float) -> float:
    """Give packets to the ingest when they are due; what has come while it stored goes in together. When the first was due."""
    began_s, done = time.monotonic(), 0
    while done < len(raw):
        until = min(int((time.monotonic() - began_s) * packets_per_s), len(raw))
        if until - done < packets_per_s * _LEAST_BATCH_S and until < len(raw):
            time.sleep(_LEAST_BATCH_S / 2)
            continue
        ingest.ingest_packets("bench", raw[done:until], until)
        done = until
    return began_s


def _wait(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"not after {_PATIENCE_S:.0f} s: spacecraft are not judged, or alerts not told")
        time.sleep(0.01)


def main() -> int:
    """One run with other figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packets-per-s", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--marks", type=int, required=True)
    chosen = parser.parse_args()
    made = measure(chosen.packets_per_s, chosen.seconds, chosen.marks)
    sys.stdout.write(made.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
