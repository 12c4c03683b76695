"""Judges live telemetry beside the thread that stores it: parts are put aside there, detectors see them in a thread of their own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from core.errors import InputError, LlamaSpaceError
from core.mdb.batch import BatchDecoder
from core.telemetry.column_archive import StoredPart
from core.telemetry.joined_part import joined_part
from core.time import Clock
from ml.alerts.desk import AlertDesk
from ml.anomaly.anomaly import Anomaly, LiveDetector

__all__ = ["AnomalyWatch", "Opened", "SatelliteWatch", "WatchState"]

_STOP_TIMEOUT_S: Final = 10.0
_NOT_FOUND: Final = "not found again when telemetry was judged anew"
_log = structlog.get_logger("anomaly-watch")

Opened = tuple[Mapping[str, LiveDetector], Mapping[str, str]]
Opener = Callable[[Sequence[str], float], Opened]


class WatchState(StrEnum):
    """What becomes of a satellite's telemetry."""

    OPENING = "opening"  # a detector is being made and shown the archive
    WATCHING = "watching"
    NO_MODEL = "no-model"  # none applies to it
    FAILED = "failed"  # the detector failed; another one is made after a time


@dataclass(frozen=True)
class SatelliteWatch:
    """How the judging of one satellite stands.

    Attributes:
        model: Name and version; empty where there is none.
        reason: Why there is no detector, or what failed last.
        judged_tai_s: Up to when telemetry has been judged, by its time of generation; None before the first.
        late_s: How long the oldest packet that is not judged yet has waited, of the computer's clock; 0 where none waits.
        latency_s: How long the oldest packet of the last round had waited when it was judged.
        packets: Handed over since the service began.
        skipped: Packets that found no room, and were read from the archive later, or wait to be.
        rebuilds: How often a detector was made anew from the archive.
    """

    satellite: str
    state: WatchState
    model: str = ""
    reason: str = ""
    judged_tai_s: float | None = None
    late_s: float = 0.0
    latency_s: float = 0.0
    packets: int = 0
    skipped: int = 0
    rebuilds: int = 0


@dataclass
class _Watched:
    """A satellite as the two threads know it: the first four are of the worker alone, all else is under the lock."""

    detector: LiveDetector | None = None
    found_first: set[str] | None = None  # ids, of the first time that its detector was asked
    others_ended: bool = False
    retry_s: float = 0.0  # of the computer's clock: not before this another detector is made
    state: WatchState = WatchState.OPENING
    reason: str = ""
    judged_tai_s: float | None = None
    latency_s: float = 0.0
    packets: int = 0
    skipped: int = 0
    rebuilds: int = 0
    behind: bool = False


class AnomalyWatch:
    """Detectors of all satellites, and the thread that uses them.

    Nothing that goes wrong here touches telemetry. When packets come quicker than they are judged, those that find no room
    are left out and counted, and the detector is made anew from the archive, which has all of them.

    Args:
        desk: Takes what is found.
        satellites: Whom to watch.
        open_detectors: Makes detectors for satellites, brought up to an instant (TAI s) from the archive, and says why for the
            others there are none.
        clock: Mission time.
        decoder: What packets mean: small parts are handed to detectors together.
        period_s: From the begin of one round to that of the next at least, seconds of the computer's clock.
        most_packets: How many packets may wait.
        retry_s: After a failure, and after packets were left out, another detector is made not before this.
        reopen_s: Where no model applied, it is tried again after this.
    """

    def __init__(
        self,
        desk: AlertDesk,
        satellites: Sequence[str],
        open_detectors: Opener,
        clock: Clock,
        decoder: BatchDecoder,
        *,
        period_s: float = 0.5,
        most_packets: int = 100_000,
        retry_s: float = 60.0,
        reopen_s: float = 600.0,
    ) -> None:
        self._desk = desk
        self._open = open_detectors
        self._clock = clock
        self._decoder = decoder
        self._period_s = period_s
        self._most_packets = most_packets
        self._retry_s = retry_s
        self._reopen_s = reopen_s
        self._changed = threading.Condition()
        self._waiting: deque[tuple[float, StoredPart]] = deque()
        self._waiting_packets = 0
        self._satellites = {one: _Watched() for one in satellites}
        self._untold: dict[str, Anomaly] = {}  # could not be written yet
        self._in_hand: dict[str, float] = {}  # by satellite, since when the oldest packet waits that the worker has
        self._stopped = False
        self.failure = ""  # of the newest attempt to write alerts; empty where it went well
        self.failures = 0  # of detectors, and of attempts to write
        self._thread = threading.Thread(target=self._run, name="anomaly-watch", daemon=True)

    def start(self) -> None:
        """Begin; detectors are made in the thread, so that nobody waits for them."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is going on."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)

    def take(self, part: StoredPart) -> None:
        """Put a part aside; for the thread that stores it."""
        number = len(part.rows)
        with self._changed:
            watched = self._satellites.get(part.rows.satellite)
            if watched is None or self._stopped:
                return
            watched.packets += number
            if watched.state in (WatchState.NO_MODEL, WatchState.FAILED):
                return  # whoever makes its detector reads the archive
            if self._waiting_packets + number > self._most_packets:
                watched.skipped += number
                watched.behind = True
                return
            self._waiting.append((time.monotonic(), part))
            self._waiting_packets += number
            self._changed.notify_all()

    def satellites(self) -> list[SatelliteWatch]:
        """How the judging of each satellite stands."""
        now_s = time.monotonic()
        with self._changed:
            oldest = dict(self._in_hand)
            for since_s, part in self._waiting:
                oldest.setdefault(part.rows.satellite, since_s)
            return [
                SatelliteWatch(
                    satellite,
                    one.state,
                    one.detector.model if one.detector is not None else "",
                    one.reason,
                    one.judged_tai_s,
                    max(now_s - oldest.get(satellite, now_s), 0.0),
                    one.latency_s,
                    one.packets,
                    one.skipped,
                    one.rebuilds,
                )
                for satellite, one in self._satellites.items()
            ]

    def trouble(self) -> str:
        """Why telemetry is not judged that a model should judge, or alerts cannot be written; empty where all is well."""
        failed = [f"{one.satellite}: {one.reason}" for one in self.satellites() if one.state is WatchState.FAILED]
        return "; ".join([*([self.failure] if self.failure else []), *failed])

    def detectors(self) -> dict[str, LiveDetector]:
        """Those that are there now; only what never changes of them may be read."""
        with self._changed:
            return {name: one.detector for name, one in self._satellites.items() if one.detector is not None}

    def _run(self) -> None:
        while not self._stopped:
            began_s = time.monotonic()
            try:
                self._round(began_s)
            except Exception as error:  # noqa: BLE001 - the edge of the thread: a defect must not end the watch unseen
                self.failure = f"{type(error).__name__}: {error}"
                self.failures += 1
                _log.exception("a round of the watch failed")
            with self._changed:
                self._in_hand.clear()
                rest_s = self._period_s - (time.monotonic() - began_s)
                if rest_s > 0:
                    self._changed.wait_for(lambda: self._stopped, rest_s)

    def _round(self, now_s: float) -> None:
        self._make_detectors(now_s)
        self._judge(self._parts())
        self._write()
        self._end_others()

    def _make_detectors(self, now_s: float) -> None:
        """For satellites that have none, and for those that have missed packets."""
        with self._changed:
            wanted = [
                satellite
                for satellite, one in self._satellites.items()
                if (one.detector is None or one.behind) and now_s >= one.retry_s
            ]
            for satellite in wanted:
                one = self._satellites[satellite]
                one.rebuilds += one.detector is not None
                one.state, one.behind, one.retry_s = WatchState.OPENING, False, now_s + self._retry_s
                one.found_first, one.others_ended = None, False
            if wanted:
                # What waits is in the archive already, and what comes from now on is taken when the detector is there.
                left = [one for one in self._waiting if one[1].rows.satellite not in wanted]
                self._waiting = deque(left)
                self._waiting_packets = sum(len(part.rows) for _, part in left)
        if not wanted:
            return
        try:
            detectors, reasons = self._open(wanted, self._clock.now_tai_s())
        except Exception as error:  # noqa: BLE001 - a defect of a model is told, and ends only its detectors
            for satellite in wanted:
                self._failed(satellite, error)
            return
        with self._changed:
            for satellite in wanted:
                one = self._satellites[satellite]
                one.detector = detectors.get(satellite)
                one.reason = "" if one.detector is not None else reasons.get(satellite, "no model applies to it")
                one.state = WatchState.NO_MODEL if one.detector is None else WatchState.WATCHING
                if one.detector is None:
                    one.retry_s = now_s + self._reopen_s

    def _parts(self) -> list[StoredPart]:
        with self._changed:
            taken = list(self._waiting)
            self._waiting.clear()
            self._waiting_packets = 0
            for since_s, part in taken:
                self._in_hand.setdefault(part.rows.satellite, since_s)
        return [part for _, part in taken]

    def _judge(self, parts: Sequence[StoredPart]) -> None:
        now_tai_s = self._clock.now_tai_s()
        for satellite, one in self._satellites.items():
            if one.detector is None:
                continue
            mine = [part for part in parts if part.rows.satellite == satellite]
            try:
                if mine:
                    one.detector.take(joined_part(mine, self._decoder))
                found = one.detector.advance(now_tai_s)
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(satellite, error)
                continue
            self._untold.update((anomaly.anomaly_id, anomaly) for anomaly in found)
            with self._changed:
                newest = [float(part.generated_tai_s.max()) for part in mine if len(part.rows)]
                one.judged_tai_s = max((*newest, one.judged_tai_s or newest[0])) if newest else one.judged_tai_s
            if one.found_first is None:
                one.found_first = {anomaly.anomaly_id for anomaly in found}

    def _end_others(self) -> None:
        """End what a new detector did not find, once what it found is written: its first answer has all that goes on."""
        for satellite, one in self._satellites.items():
            if one.detector is None or one.found_first is None or one.others_ended or self._untold:
                continue
            try:
                self._desk.end(satellite, f"{_NOT_FOUND} by {one.detector.model}", but=one.found_first)
            except LlamaSpaceError as error:
                self._refused(error)
                return
            one.others_ended = True

    def _write(self) -> None:
        """Hand over what was found; what cannot be written is kept, as it then stands, for the next round."""
        for anomaly in list(self._untold.values()):
            try:
                self._desk.take([anomaly])
            except InputError as error:  # writing it again would not help
                self._refused(error)
                with self._changed:
                    if anomaly.satellite in self._satellites:
                        self._satellites[anomaly.satellite].reason = f"an anomaly was refused: {error.message}"
            except LlamaSpaceError as error:
                self._refused(error)
                return
            else:
                self.failure = ""
            del self._untold[anomaly.anomaly_id]
        now_s = time.monotonic()
        with self._changed:
            for satellite, since_s in self._in_hand.items():
                self._satellites[satellite].latency_s = now_s - since_s

    def _refused(self, error: LlamaSpaceError) -> None:
        self.failure = error.message
        self.failures += 1
        _log.error("alerts could not be written", error=error.message, code=error.code)

    def _failed(self, satellite: str, error: Exception) -> None:
        told = error.message if isinstance(error, LlamaSpaceError) else f"{type(error).__name__}: {error}"
        _log.error("a detector failed", satellite=satellite, error=told)
        with self._changed:
            one = self._satellites[satellite]
            one.detector, one.state, one.reason = None, WatchState.FAILED, told
            one.retry_s = time.monotonic() + self._retry_s
            self.failures += 1
