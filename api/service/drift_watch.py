"""Looks now and then whether telemetry is still like that which the models in use were trained on."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from api.service.periodic import Periodic
from core.errors import InputError, NotFound
from core.telemetry.archive_queries import ArchiveQueries
from core.telemetry.archive_summaries import numbers
from core.time import Clock
from ml.alerts.store import AlertStore
from ml.anomaly.anomaly import LiveDetector
from ml.models.drift import ParameterDrift, RateDrift, TrainingReference, parameter_drift, rate_drift

__all__ = ["DriftWatch", "SatelliteDrift", "WithReference"]

_DAY_S: Final = 86_400.0
_HOUR_S: Final = 3600.0
_HOURS: Final = 24  # of the days, in which values are looked at
_VALUES_AN_HOUR: Final = 2000
_LOOK_S: Final = 60.0  # of the computer's clock, between looks at what is due
_NO_REFERENCE: Final = "the model brings no reference of its training"


@runtime_checkable
class WithReference(Protocol):
    """A detector whose model says what it was trained on."""

    @property
    def reference(self) -> TrainingReference | None:
        """None where the model does not say."""
        ...


@dataclass(frozen=True)
class SatelliteDrift:
    """How one satellite's telemetry is beside training.

    Attributes:
        reason: Why nothing is known; empty where something is.
        looked_tai_s: When, mission time.
        days: How far back.
    """

    satellite: str
    model: str
    reason: str
    looked_tai_s: float
    days: float
    parameters: tuple[ParameterDrift, ...] = ()
    rate: RateDrift | None = None


class DriftWatch:
    """The newest look at each satellite that has a detector.

    Args:
        archive: Telemetry.
        alerts: What was found.
        detectors: Gives those in use.
        clock: Mission time.
        days: How far back to look, mission time.
        every_s: How long a look holds, seconds of the computer's clock.
    """

    def __init__(
        self,
        archive: ArchiveQueries,
        alerts: AlertStore,
        detectors: Callable[[], Mapping[str, LiveDetector]],
        clock: Clock,
        *,
        days: float = 3.0,
        every_s: float = 3600.0,
    ) -> None:
        self._archive = archive
        self._alerts = alerts
        self._detectors = detectors
        self._clock = clock
        self._days = days
        self._every_s = every_s
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, SatelliteDrift]] = {}
        self._thread = Periodic("anomaly-drift", _LOOK_S, self.look)

    def start(self) -> None:
        """Look again and again."""
        self._thread.start()

    def stop(self) -> None:
        """End after the look that is going on."""
        self._thread.stop()

    def found(self) -> dict[str, SatelliteDrift]:
        """The newest look at each satellite."""
        with self._lock:
            return {satellite: one for satellite, (_, one) in self._found.items()}

    def look(self) -> None:
        """Look at satellites whose look is old, or whose model is another one by now.

        Raises:
            StoreError: The archive or the database cannot be read.
        """
        for satellite, detector in self._detectors().items():
            known = self._found.get(satellite)
            if known and known[1].model == detector.model and time.monotonic() - known[0] < self._every_s:
                continue
            made = self._looked(satellite, detector)
            with self._lock:
                self._found[satellite] = (time.monotonic(), made)

    def _looked(self, satellite: str, detector: LiveDetector) -> SatelliteDrift:
        now_tai_s = self._clock.now_tai_s()
        reference = detector.reference if isinstance(detector, WithReference) else None
        if reference is None:
            return SatelliteDrift(satellite, detector.model, _NO_REFERENCE, now_tai_s, self._days)
        since_tai_s = now_tai_s - self._days * _DAY_S
        values = {one: self._values(satellite, one, since_tai_s, now_tai_s) for one in reference.quantiles}
        began = self._alerts.opened_since(satellite, since_tai_s)
        return SatelliteDrift(
            satellite,
            detector.model,
            "",
            now_tai_s,
            self._days,
            tuple(parameter_drift(reference, values)),
            rate_drift(reference, began, self._days),
        )

    def _values(self, satellite: str, parameter: str, since_tai_s: float, until_tai_s: float) -> NDArray[np.float64]:
        """Numbers of some hours, evenly among those that have any; of busy ones only the beginning."""
        try:
            hours = self._archive.downsampled(satellite, parameter, since_tai_s, until_tai_s, _HOUR_S)
            chosen = np.unique(np.linspace(0, len(hours.start_tai_s) - 1, _HOURS).round().astype(int))
            parts = []
            for place in chosen if len(hours.start_tai_s) else ():
                begin_tai_s = float(hours.start_tai_s[place])
                length_s = hours.bucket_s * min(1.0, _VALUES_AN_HOUR / max(int(hours.count[place]), 1))
                end_tai_s = math.nextafter(begin_tai_s + length_s, -math.inf)  # the next hour has its begin
                known = self._archive.values(satellite, parameter, begin_tai_s, end_tai_s)
                found = numbers(known.values)
                if found is not None:
                    parts.append(found)
        except (NotFound, InputError):  # it never came, or holds no numbers
            return np.empty(0)
        return np.concatenate(parts) if parts else np.empty(0)
