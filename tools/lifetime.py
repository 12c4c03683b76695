"""How long a part of a spacecraft lasts, from what its design bears and how its telemetry says it is used."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from core.mission.design import Component
from core.time import add_s, format_utc, tai_s_from_utc
from core.units import SOLAR_DAY_S
from tools.arguments import Satellite, satellite_of
from tools.contract import Effect, Role, Tool, ToolContext, ToolInput, ToolOutput

if TYPE_CHECKING:  # models come with Arrow, which a call loads
    from ml.lifetime.components import ComponentLife

__all__ = ["PREDICT_RUL"]

_FARTHEST: Final = timedelta(days=365.25 * 200)  # beyond it a date tells no more than the days


class LifetimeInput(ToolInput):
    """Which component."""

    satellite: Satellite
    component: Component


class RemainingLife(BaseModel):
    """Days until such a part is worn out: half of them last longer than the median, 90 % end between low and high."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    median_days: float
    low_days: float
    high_days: float
    low_date: str


class LifetimeOutput(ToolOutput):
    """A part's remaining life, or why it cannot be told.

    Attributes:
        available: Whether a life could be predicted.
        remaining: None where it could not, or the part is not used at all.
        used, bears: Use so far, and what nine in ten such parts bear, in ``unit``.
        rate_per_day: Use of a day, from ``telemetry_days`` days of ``parameter``; 0 days where the rate is the design's.
        reason: Why nothing could be predicted; empty where it could.
    """

    available: bool
    satellite: str
    component: str
    remaining: RemainingLife | None = None
    used: float | None = None
    bears: float | None = None
    unit: str = ""
    worn_percent: float | None = None
    rate_per_day: float | None = None
    telemetry_days: float | None = None
    parameter: str = ""
    basis: tuple[str, ...] = ()
    reason: str = ""


def _predict(arguments: LifetimeInput, context: ToolContext) -> LifetimeOutput:
    from ml.lifetime.components import NoLife, predict_component

    craft = satellite_of(arguments.satellite, context)
    if context.archive is None:
        return _unknown(craft.id, arguments.component, "no stored telemetry is at hand to tell how it is used")
    since = craft.in_use_since
    try:
        life = predict_component(
            arguments.component,
            craft.id,
            context.mission.bus_of(craft.id),
            context.archive,
            tai_s_from_utc(context.clock.now_utc()),
            None if since is None else tai_s_from_utc(since),
        )
    except NoLife as told:
        return _unknown(craft.id, arguments.component, told.message)
    return _told(craft.id, arguments.component, life, context)


def _told(satellite: str, component: Component, life: ComponentLife, context: ToolContext) -> LifetimeOutput:
    name = component.replace("_", " ")
    worn = round(100.0 * life.used / life.bears, 2)
    remaining = None
    if life.remaining is None:
        summary = f"The {name} of {satellite} was not used in the {life.telemetry_days:.1f} days of telemetry: it is worn by {worn:g} % and lasts."
    else:
        median, low, high = (_rounded(one) for one in (life.remaining.median, life.remaining.low, life.remaining.high))
        ends = add_s(context.clock.now_utc(), low * SOLAR_DAY_S) if low < _FARTHEST.days else None
        date = format_utc(ends.replace(microsecond=0))[:10] if ends is not None else ""
        remaining = RemainingLife(median_days=median, low_days=low, high_days=high, low_date=date)
        summary = (
            f"The {name} of {satellite} is predicted to last {median:g} more days; 90 % of such parts end between {low:g} and {high:g} days. "
            f"It is worn by {worn:g} %."
        )
    return LifetimeOutput(
        summary=summary,
        available=True,
        satellite=satellite,
        component=component,
        remaining=remaining,
        used=float(f"{life.used:.6g}"),
        bears=float(f"{life.bears:.6g}"),
        unit=life.unit,
        worn_percent=worn,
        rate_per_day=float(f"{life.rate_per_day:.4g}"),
        telemetry_days=round(life.telemetry_days, 2),
        parameter=life.parameter,
        basis=tuple(_basis(life)),
    )


def _rounded(days: float) -> float:
    """Tenths of a day only where they mean something."""
    return round(days, 1) if days < 100.0 else float(round(days))


def _basis(life: ComponentLife) -> list[str]:
    """What a reader must know to trust the figure as far as it goes."""
    told = [
        "what such a part bears is its design's qualification in the mission file; nothing was learned from failures"
    ]
    if life.telemetry_days:
        told.append(f"the rate of use is that of the last days of {life.parameter}, and is assumed to go on")
    else:
        told.append(f"the rate is the design's: it takes over a year of {life.parameter} to tell it from telemetry")
    if not life.since_known:
        told.append("what the part did before telemetry begins is not known, and is not counted")
    return told


def _unknown(satellite: str, component: Component, reason: str) -> LifetimeOutput:
    name = component.replace("_", " ")
    return LifetimeOutput(
        summary=f"The remaining life of the {name} of {satellite} is not available: {reason}.",
        available=False,
        satellite=satellite,
        component=component,
        reason=reason,
    )


PREDICT_RUL = Tool(
    "predict_rul",
    "Predict the remaining useful life of a component",
    Effect.READ,
    Role.VIEWER,
    2.0,
    LifetimeInput,
    LifetimeOutput,
    _predict,
)
