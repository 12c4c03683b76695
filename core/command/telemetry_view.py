"""One satellite's telemetry as conditions see it: newest values from memory, earlier ones from the archive."""

from __future__ import annotations

from dataclasses import dataclass

from core.mdb.conditions import Observed
from core.telemetry import Archive, ArchivedSample, LatestValues

__all__ = ["SatelliteTelemetry"]


@dataclass(frozen=True)
class SatelliteTelemetry:
    """Telemetry of one satellite."""

    satellite: str
    latest: LatestValues
    archive: Archive

    def newest(self, parameter: str, at_tai_s: float) -> Observed | None:
        """The value generated last, up to an instant."""
        sample = self.latest.newest(self.satellite, parameter)
        if sample is not None and sample.generated_tai_s > at_tai_s:
            sample = self.archive.newest(self.satellite, parameter, at_tai_s)
        return _observed(sample) if sample is not None else None

    def between(self, parameter: str, start_tai_s: float, end_tai_s: float) -> list[Observed]:
        """All values generated in an interval, oldest first."""
        found = self.archive.samples(self.satellite, parameter, start_tai_s, end_tai_s, limit=100_000)
        return [seen for seen in map(_observed, found) if seen is not None]


def _observed(sample: ArchivedSample) -> Observed | None:
    value = sample.octets.hex() if sample.octets is not None else sample.value
    return Observed(value, sample.generated_tai_s) if isinstance(value, (int, float, str)) else None
