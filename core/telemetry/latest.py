"""The newest value of every parameter, with its age."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from core.telemetry.archive import Archive, ArchivedSample

__all__ = ["LatestValue", "LatestValues"]


@dataclass(frozen=True)
class LatestValue:
    """A value and how old it is on the mission clock."""

    sample: ArchivedSample
    age_s: float


class LatestValues:
    """Newest samples by satellite, filled from the archive at the start.

    Args:
        archive: Where the values of earlier runs are.
        satellites: Whose values to load.
    """

    def __init__(self, archive: Archive, satellites: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._values = {
            satellite: {sample.parameter: sample for sample in archive.latest(satellite)} for satellite in satellites
        }

    def update(self, samples: Iterable[ArchivedSample]) -> None:
        """Take over samples that are newer; stored telemetry that arrives late does not replace what is newer."""
        with self._lock:
            for sample in samples:
                known = self._values.setdefault(sample.satellite, {})
                older = known.get(sample.parameter)
                if older is None or older.generated_tai_s <= sample.generated_tai_s:
                    known[sample.parameter] = sample

    def newest(self, satellite: str, parameter: str) -> ArchivedSample | None:
        """The newest value of one parameter; None where none ever came."""
        with self._lock:
            return self._values.get(satellite, {}).get(parameter)

    def all(self) -> list[ArchivedSample]:
        """The newest value of every parameter of every satellite."""
        with self._lock:
            return [one for known in self._values.values() for one in known.values()]

    def of(self, satellite: str, now_tai_s: float) -> dict[str, LatestValue]:
        """The newest value of each of a satellite's parameters; empty where none ever came."""
        with self._lock:
            known = dict(self._values.get(satellite, {}))
        return {name: LatestValue(one, now_tai_s - one.generated_tai_s) for name, one in known.items()}
