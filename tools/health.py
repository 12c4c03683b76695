"""Anomaly explanations and lifetimes.

No anomaly model is trained yet, and what ``ml.lifetime`` has learned is of turbofans and test-bench cells. Until there is a model
of the spacecraft itself a call says so as a typed answer; it never invents a number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from tools.arguments import Satellite, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["EXPLAIN_ANOMALY", "PREDICT_RUL"]


class Subsystem(StrEnum):
    """Subsystems whose telemetry can be looked at."""

    POWER = "power"
    THERMAL = "thermal"
    ADCS = "adcs"
    PROPULSION = "propulsion"
    COMMS = "comms"
    PAYLOAD = "payload"
    OBC = "obc"


class Component(StrEnum):
    """Components that wear out."""

    BATTERY = "battery"
    SOLAR_ARRAY = "solar_array"
    REACTION_WHEEL_1 = "reaction_wheel_1"
    REACTION_WHEEL_2 = "reaction_wheel_2"
    REACTION_WHEEL_3 = "reaction_wheel_3"
    REACTION_WHEEL_4 = "reaction_wheel_4"
    THRUSTER = "thruster"
    TRANSMITTER = "transmitter"


class AnomalyInput(ToolInput):
    """Which subsystem, how far back."""

    satellite: Satellite
    subsystem: Subsystem
    lookback_h: Annotated[float, Field(gt=0, le=8760, description="hours of telemetry to look at, default 24")] = 24.0


class LifetimeInput(ToolInput):
    """Which component."""

    satellite: Satellite
    component: Component


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


def _predict(arguments: LifetimeInput, context: ToolContext) -> NotAvailable:
    craft = satellite_of(arguments.satellite, context)
    name = arguments.component.replace("_", " ")
    reason = (
        f"no telemetry of a worn {name} of such a spacecraft is at hand to learn from, and models of other machines "
        "do not apply to it"
    )
    return NotAvailable(
        summary=f"The remaining life of the {name} of {craft.id} is not available: {reason}.",
        satellite=craft.id,
        about=arguments.component,
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
PREDICT_RUL = Tool(
    "predict_rul",
    "Predict the remaining useful life of a component",
    Effect.READ,
    Role.VIEWER,
    2.0,
    LifetimeInput,
    NotAvailable,
    _predict,
)
