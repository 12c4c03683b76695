"""Anomaly explanations.

Anomalies are found in the archive by the detector that ``ml.anomaly`` has. What cannot be judged is told with the reason; no number
is ever invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from core.errors import NotFound
from core.time import format_utc, tai_s_from_utc, utc_from_tai_s
from core.units import HOUR_S
from ml.anomaly.anomaly import Evidence
from tools.arguments import Satellite, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput
from tools.explanation import ExplainedAnomaly, explained

__all__ = ["EXPLAIN_ANOMALY"]


class Subsystem(StrEnum):
    """Subsystems whose telemetry can be looked at."""

    POWER = "power"
    THERMAL = "thermal"
    ADCS = "adcs"
    PROPULSION = "propulsion"
    COMMS = "comms"
    PAYLOAD = "payload"
    OBC = "obc"


# By how the names of parameters begin; the model judges none of the subsystems that have none.
SENSORS_OF: Final[Mapping[Subsystem, tuple[str, ...]]] = {
    Subsystem.POWER: ("soc", "bus_voltage", "battery_current", "array_power", "load_power", "battery_temp"),
    Subsystem.THERMAL: ("temp_", "battery_temp", "battery_heater", "tank_heater", "imager_heater"),
    Subsystem.ADCS: ("wheel_", "attitude_error", "rate_", "tracker_", "gnss_"),
    Subsystem.PROPULSION: ("propellant", "tank_pressure", "temp_tank", "tank_heater"),
    Subsystem.COMMS: (),
    Subsystem.PAYLOAD: ("temp_imager", "imager_heater"),
    Subsystem.OBC: ("temp_obc",),
}
_LONGEST_H: Final = 168.0
_MOST_TOLD: Final = 5
_LEAST_SHARE: Final = 0.1


class AnomalyInput(ToolInput):
    """Which subsystem, how far back."""

    satellite: Satellite
    subsystem: Subsystem
    lookback_h: Annotated[float, Field(gt=0, le=8760, description="hours of telemetry to look at, default 24")] = 24.0


class NotAvailable(ToolOutput):
    """There is no model to answer with."""

    available: Literal[False] = False
    satellite: str
    about: str
    reason: str


class AnomalyAnswer(ToolOutput):
    """What is unusual in a subsystem's telemetry.

    ``available`` is False, with the reason, where nothing could be judged; ``anomalies`` is then empty, and says nothing.
    """

    available: bool
    satellite: str
    about: str
    reason: str = ""
    start: str = ""
    end: str = ""
    anomalies: tuple[ExplainedAnomaly, ...] = ()


def _explain(arguments: AnomalyInput, context: ToolContext) -> AnomalyAnswer:
    craft = satellite_of(arguments.satellite, context)
    about = arguments.subsystem
    if not SENSORS_OF[about]:
        return _not_judged(craft.id, about, f"the anomaly model judges no parameter of {about}")
    end_tai_s = tai_s_from_utc(context.clock.now_utc())
    if arguments.lookback_h > _LONGEST_H:
        reason = f"at most {_LONGEST_H:g} hours can be judged in one call, and {arguments.lookback_h:g} are asked for"
        return _not_judged(craft.id, about, reason)
    start_tai_s = end_tai_s - arguments.lookback_h * HOUR_S
    try:
        found = context.anomalies.anomalies(craft.id, start_tai_s, end_tai_s)
    except NotFound as error:
        return _not_judged(craft.id, about, error.message)
    concerned = [one for one in found if any(_counts(line, about) for line in one.evidence)]
    worst = sorted(concerned, key=lambda one: (-one.severity, -one.score))
    told = tuple(explained(one, found) for one in worst[:_MOST_TOLD])
    start, end = (format_utc(utc_from_tai_s(one).replace(microsecond=0)) for one in (start_tai_s, end_tai_s))
    if not told:
        summary = f"Nothing unusual is seen in the {about} telemetry of {craft.id} from {start} to {end}."
    else:
        count = f"{len(concerned)} anomalies" if len(concerned) > 1 else "1 anomaly"
        summary = f"{craft.id}, {about}, {start} to {end}: {count}. {told[0].text}"
    return AnomalyAnswer(
        summary=summary, available=True, satellite=craft.id, about=about, start=start, end=end, anomalies=told
    )


def _counts(line: Evidence, about: Subsystem) -> bool:
    return line.share >= _LEAST_SHARE and line.parameter.startswith(SENSORS_OF[about])


def _not_judged(satellite: str, about: Subsystem, reason: str) -> AnomalyAnswer:
    return AnomalyAnswer(
        summary=f"An explanation of the {about} telemetry of {satellite} is not available: {reason}.",
        available=False,
        satellite=satellite,
        about=about,
        reason=reason,
    )


EXPLAIN_ANOMALY = Tool(
    "explain_anomaly",
    "Explain an alarm or anomaly in a subsystem's telemetry",
    Effect.READ,
    Role.VIEWER,
    10.0,
    AnomalyInput,
    AnomalyAnswer,
    _explain,
)
