"""An anomaly explained for people: words with numbers, similar cases, and the procedures to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from pydantic import BaseModel, ConfigDict

from core.time import format_utc, utc_from_tai_s
from ml.anomaly.anomaly import Anomaly
from ml.anomaly.explanation import anomaly_text, evidence_lines, similar_cases

__all__ = ["ExplainedAnomaly", "ExplainedCase", "ExplainedLine", "ProcedureCitation", "explained", "procedures_for"]


class _Explained(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExplainedLine(_Explained):
    """What one sensor showed; see ``ml.anomaly.explanation.EvidenceLine``."""

    parameter: str
    unit: str
    since: str
    at: str
    observed: float | None
    expected: float
    spread: float
    off_spreads: float | None
    share_percent: float


class ExplainedCase(_Explained):
    """An earlier anomaly that showed in the same sensors."""

    anomaly_id: str
    satellite: str
    kind: str
    begin: str
    likeness_percent: float


class ProcedureCitation(_Explained):
    """A procedure of the operations handbook."""

    document: str
    title: str


class ExplainedAnomaly(_Explained):
    """An anomaly for people; every number of the text is in it.

    Times are UTC. ``end`` is None while it goes on.
    """

    anomaly_id: str
    satellite: str
    begin: str
    end: str | None
    kind: str
    severity: str
    score: float
    model: str
    circumstances: str
    text: str
    evidence: tuple[ExplainedLine, ...]
    similar: tuple[ExplainedCase, ...]
    procedures: tuple[ProcedureCitation, ...]


def explained(anomaly: Anomaly, past: Sequence[Anomaly]) -> ExplainedAnomaly:
    """An anomaly in words.

    Args:
        anomaly: As it now stands.
        past: Among which similar cases are looked for.
    """
    similar = similar_cases(anomaly, past)
    procedures = procedures_for(anomaly)
    named = " and ".join(f"{one.document} ({one.title})" for one in procedures)
    return ExplainedAnomaly(
        anomaly_id=anomaly.anomaly_id,
        satellite=anomaly.satellite,
        begin=_utc(anomaly.begin_tai_s),
        end=None if anomaly.end_tai_s is None else _utc(anomaly.end_tai_s),
        kind=anomaly.kind.value,
        severity=anomaly.severity.name.lower(),
        score=anomaly.score,
        model=anomaly.model,
        circumstances=anomaly.circumstances,
        text=f"{anomaly_text(anomaly, similar)} See {named}.",
        evidence=tuple(ExplainedLine(**asdict(one)) for one in evidence_lines(anomaly)),
        similar=tuple(ExplainedCase(**asdict(one)) for one in similar),
        procedures=procedures,
    )


def procedures_for(anomaly: Anomaly) -> tuple[ProcedureCitation, ...]:
    """What the handbook has on its first sensor, and always how anomalies are triaged."""
    first = anomaly.evidence[0].parameter
    found = next((document for beginning, document in _PROCEDURES if first.startswith(beginning)), None)
    documents = [found, _TRIAGE] if found is not None else [_TRIAGE]
    return tuple(ProcedureCitation(document=one, title=_TITLES[one]) for one in documents)


_TRIAGE: Final = "PROC-OPS-001"
# By how a parameter's name begins; the first that fits.
_PROCEDURES: Final = (
    ("soc", "PROC-EPS-001"),
    ("battery_current", "PROC-EPS-001"),
    ("bus_voltage", "PROC-EPS-004"),
    ("load_power", "PROC-EPS-004"),
    ("array_power", "PROC-EPS-003"),
    ("temp_solar_array", "PROC-EPS-003"),
    ("battery_heater", "PROC-THM-001"),
    ("battery_temp", "PROC-THM-001"),
    ("temp_battery", "PROC-THM-001"),
    ("temp_", "PROC-THM-002"),
    ("tank_heater", "PROC-THM-002"),
    ("imager_heater", "PROC-THM-002"),
    ("propellant", "PROC-PRP-001"),
    ("tank_pressure", "PROC-PRP-001"),
    ("wheel_momentum", "PROC-ADCS-002"),
    ("wheel_", "PROC-ADCS-001"),
    ("attitude_error", "PROC-ADCS-003"),
    ("rate_", "PROC-ADCS-003"),
    ("tracker_", "PROC-ADCS-004"),
    ("gnss_", "PROC-NAV-001"),
)
_TITLES: Final = {
    "PROC-ADCS-001": "Reaction wheel friction",
    "PROC-ADCS-002": "Wheel saturation and desaturation",
    "PROC-ADCS-003": "Loss of pointing",
    "PROC-ADCS-004": "Star tracker outage recovery",
    "PROC-EPS-001": "Low battery charge",
    "PROC-EPS-003": "Solar array drive anomaly",
    "PROC-EPS-004": "Bus overload or undervoltage",
    "PROC-NAV-001": "GNSS receiver outage",
    "PROC-OPS-001": "Anomaly triage",
    "PROC-PRP-001": "Thruster valve leak",
    "PROC-THM-001": "Battery heater failure",
    "PROC-THM-002": "Thermal limit violation",
}


def _utc(t_tai_s: float) -> str:
    return format_utc(utc_from_tai_s(t_tai_s).replace(microsecond=0))
