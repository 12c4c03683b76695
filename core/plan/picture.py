"""One picture of a plan: its timeline above the resource profiles, with limits and violations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.mission.design.thermal import CELSIUS_K
from core.plan.activity import ResourceName
from core.plan.model import MissionPlan, ResourceProfile, Severity
from core.units import MEGABYTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_plan"]

_NAMED_ROWS: Final = 40
_LATE: Final = 0.75  # of the horizon
_COLOURS: Final = {
    "uplink": "#0072b2",
    "downlink": "#009e73",
    "imaging": "#cc79a7",
    "pointing": "#e69f00",
    "mode": "#56b4e9",
    "burn": "#d55e00",
}


@dataclass(frozen=True)
class _Shown:
    """How people read a profile: its name, their unit, and the step to it from that of the profile."""

    name: str
    unit: str
    scale: float = 1.0
    offset: float = 0.0


_SHOWN: Final = {
    ResourceName.SOC: _Shown("state of charge", "%", 100.0),
    ResourceName.BUS_POWER_W: _Shown("load on the bus", "W"),
    ResourceName.DATA_STORE_BYTES: _Shown("stored data", "GB", 1e-3 / MEGABYTE),
    ResourceName.PROPELLANT_KG: _Shown("propellant", "kg"),
    ResourceName.WHEEL_MOMENTUM_N_M_S: _Shown("momentum of the fullest wheel", "N m s"),
    ResourceName.TEMPERATURE_K: _Shown("battery temperature", "°C", 1.0, -CELSIUS_K),
}


def draw_plan(plan: MissionPlan, path: Path) -> None:
    """Draw a checked plan; the suffix of the path chooses the format (PNG, SVG, PDF)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    resources = list(dict.fromkeys(one.resource for one in plan.profiles))
    rows = len(plan.activities) if len(plan.activities) <= _NAMED_ROWS else len(plan.satellites)
    heights = [0.7 + 0.22 * rows, *[1.7] * len(resources)]
    figure = Figure(figsize=(12.0, sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Any] = list(figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0])
    figure.suptitle(f"{plan.plan_id} revision {plan.revision} ({plan.state})", fontsize=11)
    _timeline(plan, axes[0])
    for resource, axis in zip(resources, axes[1:], strict=True):
        _profiles(plan, [one for one in plan.profiles if one.resource == resource], axis)
    locator = AutoDateLocator()
    axes[-1].xaxis.set_major_locator(locator)
    axes[-1].xaxis.set_major_formatter(ConciseDateFormatter(locator))  # the day once, at the end of the axis
    axes[-1].set_xlabel("UTC (dashed: limits)", fontsize=8)
    figure.savefig(path, dpi=130)


def _timeline(plan: MissionPlan, axis: Axes) -> None:
    """One named row an activity; in a plan of many, one row a satellite."""
    single = len(plan.activities) <= _NAMED_ROWS
    names = [one.activity_id for one in plan.activities] if single else list(plan.satellites)
    shortest = timedelta(seconds=plan.horizon.duration_s / 200.0)
    for one in plan.activities:
        row = names.index(one.activity_id if single else one.satellite)
        width = max(one.window.end - one.window.start, shortest)
        # matplotlib draws dates; its stubs speak of numbers only
        axis.barh(row, width, left=one.window.start, height=0.7, color=_COLOURS[one.type])  # type: ignore[arg-type]
    axis.grid(axis="x", alpha=0.25)
    findings = plan.validation.findings if plan.validation else ()
    blocking = [one for one in findings if one.severity is Severity.BLOCK]
    for window in {one.window for one in blocking if one.window}:
        axis.axvspan(window.start, window.end, color="#d55e00", alpha=0.12)  # type: ignore[arg-type]
    for row, name in enumerate(names):
        codes = dict.fromkeys(one.code for one in blocking if name in (one.activities if single else (one.satellite,)))
        _note(axis, row, " ".join(codes), plan, name)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_ylim(len(names) - 0.4, -0.8)
    axis.set_title("timeline (shaded: blocking findings)", fontsize=8, loc="left")


def _note(axis: Axes, row: int, text: str, plan: MissionPlan, name: str) -> None:
    """The codes that block what a row shows, beside it: after its last bar, or before its first where that is late."""
    mine = [one.window for one in plan.activities if name in (one.activity_id, one.satellite)]
    first, last = min(one.start for one in mine), max(one.end for one in mine)
    late = (last - plan.horizon.start).total_seconds() > _LATE * plan.horizon.duration_s
    axis.annotate(
        text,
        (first if late else last, row),
        xytext=(-6 if late else 6, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="center",
        fontsize=7,
        color="#a04000",
    )


def _profiles(plan: MissionPlan, profiles: list[ResourceProfile], axis: Axes) -> None:
    shown = _SHOWN[profiles[0].resource]
    for one in profiles:
        times = [plan.horizon.start + timedelta(seconds=t) for t in one.t_s]
        values = [shown.scale * value + shown.offset for value in one.values]
        axis.plot(times, values, linewidth=1.2, label=one.satellite)  # type: ignore[arg-type]
    for limit in {value for one in profiles for value in (one.minimum, one.maximum) if value is not None}:
        axis.axhline(shown.scale * limit + shown.offset, color="#d55e00", linestyle="--", linewidth=0.9)
    axis.set_ylabel(shown.unit, fontsize=8)
    axis.tick_params(labelsize=7)
    axis.set_title(
        f"{shown.name} of {profiles[0].satellite}" if len(profiles) == 1 else shown.name, fontsize=8, loc="left"
    )
    if len(profiles) > 1:
        # Beside the curves: over them it hides limits.
        axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    axis.margins(x=0.0)
    axis.grid(alpha=0.25)
