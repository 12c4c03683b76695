"""Anomaly explanations.

No anomaly model is trained yet. Until there is a model of the spacecraft itself a call says so as a typed answer; it never invents a
number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tools.arguments import Satellite, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

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


def _explain(arguments: AnomalyInput, context: ToolContext) -> NotAvailable:
    craft = satellite_of(arguments.satellite, context)
    reason = "no anomaly model has been trained and approved for this mission yet"
    return NotAvailable(
        summary=f"An explanation of the {arguments.subsystem} telemetry of {craft.id} is not available: {reason}.",
        satellite=craft.id,
        about=arguments.subsystem,
        reason=reason,
    )


EXPLAIN_ANOMALY = Tool(
    "explain_anomaly",
    "Explain an alarm or anomaly in a subsystem's telemetry",
    Effect.READ,
    Role.VIEWER,
    2.0,
    AnomalyInput,
    NotAvailable,
    _explain,
)
