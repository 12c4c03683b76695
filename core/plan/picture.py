"""One picture of a plan: its timeline above the resource profiles, with limits and violations."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.plan.model import MissionPlan, ResourceProfile, Severity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_plan"]

_NAMED_ROWS: Final = 40
_COLOURS: Final = {
    "uplink": "#0072b2",
    "downlink": "#009e73",
    "imaging": "#cc79a7",
    "pointing": "#e69f00",
    "mode": "#56b4e9",
    "burn": "#d55e00",
}


def draw_plan(plan: MissionPlan, path: Path) -> None:
    """Draw a checked plan; the suffix of the path chooses the format (PNG, SVG, PDF)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    resources = list(dict.fromkeys(one.resource for one in plan.profiles))
    rows = len(plan.activities) if len(plan.activities) <= _NAMED_ROWS else len(plan.satellites)
    heights = [0.7 + 0.22 * rows, *[1.7] * len(resources)]
    figure = Figure(figsize=(12.0, sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Any] = list(figure.subplots(len(heights), 1, sharex=True, height_ratios=heights))
    figure.suptitle(f"{plan.plan_id} revision {plan.revision} ({plan.state})", fontsize=11)
    _timeline(plan, axes[0])
    for resource, axis in zip(resources, axes[1:], strict=True):
        _profiles(plan, [one for one in plan.profiles if one.resource == resource], axis)
    axes[-1].set_xlabel("UTC")
    figure.autofmt_xdate(rotation=0, ha="center")
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
    findings = plan.validation.findings if plan.validation else ()
    for finding in findings:
        if finding.window and finding.severity is Severity.BLOCK:
            axis.axvspan(finding.window.start, finding.window.end, color="#d55e00", alpha=0.2)  # type: ignore[arg-type]
            axis.text(x=finding.window.start, y=-0.6, s=finding.code, fontsize=7, color="#a04000")  # type: ignore[arg-type]
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_ylim(len(names) - 0.4, -0.8)
    axis.set_title("timeline (shaded: blocking findings)", fontsize=8, loc="left")


def _profiles(plan: MissionPlan, profiles: list[ResourceProfile], axis: Axes) -> None:
    for one in profiles:
        times = [plan.horizon.start + timedelta(seconds=t) for t in one.t_s]
        axis.plot(times, one.values, linewidth=1.2, label=one.satellite)  # type: ignore[arg-type]
    for limit in {value for one in profiles for value in (one.minimum, one.maximum) if value is not None}:
        axis.axhline(limit, color="#d55e00", linestyle="--", linewidth=0.9)
    axis.set_ylabel(profiles[0].unit, fontsize=8)
    axis.set_title(profiles[0].resource.replace("_", " "), fontsize=8, loc="left")
    axis.legend(fontsize=7, loc="upper right")
    axis.grid(alpha=0.25)
