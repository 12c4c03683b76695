"""What is unusual in the telemetry of a spacecraft: an anomaly, with the evidence for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # it brings DuckDB and Arrow, which those who only name an anomaly need not load
    from core.telemetry.column_archive import StoredPart

__all__ = ["Anomaly", "AnomalyKind", "Evidence", "LiveDetector", "Severity"]


class AnomalyKind(StrEnum):
    """How telemetry departs from what is expected."""

    POINT = "point"  # another level than expected, at once
    CONTEXTUAL = "contextual"  # usual in itself, but not in this mode, light or attitude
    COLLECTIVE = "collective"  # several sensors, none of them alone
    DRIFT = "drift"
    STUCK = "stuck"
    NOISE = "noise"
    SPIKE = "spike"  # a sample or a few, and back
    GAP = "gap"  # samples that should be there


class Severity(IntEnum):
    """How bad it is; each step asks for a quicker answer."""

    NOTICE = 1
    WARNING = 2
    SERIOUS = 3
    CRITICAL = 4


@dataclass(frozen=True)
class Evidence:
    """What one parameter showed, and what was expected of it.

    Attributes:
        parameter: Its name in the mission database.
        unit: Of the numbers; None where it has none.
        since_tai_s: From when on it departs from what is expected.
        at_tai_s: When it departed most.
        observed: Its value then; NaN where no sample came.
        expected: The model's value for then.
        spread: Standard deviation of the expectation, as training has it; above 0.
        share: Of the anomaly's score, 0 to 1.
    """

    parameter: str
    unit: str | None
    since_tai_s: float
    at_tai_s: float
    observed: float
    expected: float
    spread: float
    share: float


@dataclass(frozen=True)
class Anomaly:
    """A stretch of telemetry that is unusual.

    Attributes:
        anomaly_id: Of this anomaly for ever: the same from the live stream and from the archive, while it goes on and after.
        satellite: Whose telemetry.
        begin_tai_s: Of the stretch.
        end_tai_s: None while it goes on.
        newest_tai_s: Up to when telemetry has been judged.
        kind, severity: As far as is known by then; both may change while it goes on.
        score: The highest so far, in units of the threshold from which on it is an anomaly; at least 1.
        evidence: Of the parameters that take part, the most telling first; never empty.
        model: Name and version of the model that says so.
        circumstances: What the spacecraft did when it began, such as ``mode nominal, pointing nadir, in sunlight``; empty where
            it is not known.
    """

    anomaly_id: str
    satellite: str
    begin_tai_s: float
    end_tai_s: float | None
    newest_tai_s: float
    kind: AnomalyKind
    severity: Severity
    score: float
    evidence: tuple[Evidence, ...]
    model: str
    circumstances: str = ""


class LiveDetector(Protocol):
    """Judges the telemetry of one satellite as it comes; one thread uses it."""

    @property
    def model(self) -> str:
        """Name and version of its model."""
        ...

    def take(self, part: StoredPart) -> None:
        """Take packets that were stored; cheap, for the thread that stores calls it. Those of other satellites are left out."""
        ...

    def advance(self, now_tai_s: float) -> Sequence[Anomaly]:
        """Judge what has come: anomalies that began, changed or ended since the last call, each as it now stands.

        Args:
            now_tai_s: Present mission time, for telemetry that does not come.
        """
        ...
