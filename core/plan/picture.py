"""One picture of a plan: its timeline above the resource profiles, with limits and violations."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.plan.model import MissionPlan, ResourceProfile, Severity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_plan"]

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
    figure = Figure(figsize=(12.0, 2.4 + 1.7 * len(resources)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: list[Any] = list(figure.subplots(len(resources) + 1, 1, sharex=True))
    figure.suptitle(f"{plan.plan_id} revision {plan.revision} ({plan.state})", fontsize=11)
    _timeline(plan, axes[0])
    for resource, axis in zip(resources, axes[1:], strict=True):
        _profiles(plan, [one for one in plan.profiles if one.resource == resource], axis)
    axes[-1].set_xlabel("UTC")
    figure.autofmt_xdate(rotation=0, ha="center")
    figure.savefig(path, dpi=130)


def _timeline(plan: MissionPlan, axis: Axes) -> None:
    rows = {satellite: index for index, satellite in enumerate(plan.satellites)}
    shortest = timedelta(seconds=plan.horizon.duration_s / 200.0)
    for one in plan.activities:
        width = max(one.window.end - one.window.start, shortest)
        # matplotlib draws dates; its stubs speak of numbers only
        axis.barh(rows[one.satellite], width, left=one.window.start, height=0.6, color=_COLOURS[one.type], alpha=0.85)  # type: ignore[arg-type]
        label = {"x": one.window.start, "y": rows[one.satellite] + 0.34, "s": one.activity_id}
        axis.text(**label, fontsize=7, va="bottom", rotation=12)
    findings = plan.validation.findings if plan.validation else ()
    for finding in findings:
        if finding.window and finding.severity is Severity.BLOCK:
            axis.axvspan(finding.window.start, finding.window.end, color="#d55e00", alpha=0.2)  # type: ignore[arg-type]
            axis.text(x=finding.window.start, y=-0.6, s=finding.code, fontsize=7, color="#a04000")  # type: ignore[arg-type]
    axis.set_yticks(list(rows.values()), list(rows))
    axis.set_ylim(-0.7, len(rows) - 0.2)
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
