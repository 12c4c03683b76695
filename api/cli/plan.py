"""``llamaspace plan validate`` and ``plan simulate``: plan files, offline."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from api.cli.deps import mission_of
from api.settings import Settings
from core.authority import policies_of
from core.errors import InputError
from core.mission import read_catalogue
from core.plan.check import check_plan, is_valid
from core.plan.dispersion import LimitRisk, limit_risks
from core.plan.model import Finding, MissionPlan
from core.plan.simulate import Fidelity, simulate
from core.time import format_utc, parse_utc

__all__ = ["simulate_file", "validate_file"]

_MOST_PROBLEMS: Final = 8  # more is a file of another kind


def validate_file(options: argparse.Namespace) -> int:
    """Print the findings; 0 valid, 1 blocked or undecided."""
    plan = _read(options.plan)
    now = parse_utc(options.now, "--now") if options.now else plan.horizon.start
    catalogue = read_catalogue(options.catalogue) if options.catalogue else None
    checked = check_plan(
        plan, mission_of(options.mission), now, catalogue=catalogue, policies=policies_of(Settings().policies)
    )
    report = checked.validation
    assert report is not None
    valid = is_valid(report)
    if options.json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        sys.stdout.write("".join(_line(one) for one in report.findings))
        sys.stdout.write(f"{plan.plan_id} revision {plan.revision}: {'valid' if valid else 'not valid'}\n")
    return 0 if valid else 1


def simulate_file(options: argparse.Namespace) -> int:
    """Fly the plan at full fidelity; write the profiles as Parquet and one picture, as PNG and SVG."""
    from core.plan.export import write_profiles
    from core.plan.picture import draw_plan

    plan, mission = _read(options.plan), mission_of(options.mission)
    checked = check_plan(plan, mission, plan.horizon.start)
    if not checked.profiles:
        report = checked.validation
        reason = report.findings[0].explanation if report and report.findings else "it has no satellites"
        raise InputError("plan", f"cannot be flown: {reason}")
    options.out.mkdir(parents=True, exist_ok=True)
    flown = simulate(plan, mission, Fidelity.FULL)
    write_profiles(flown, mission, options.out / "profiles.parquet")
    for suffix in ("png", "svg"):
        draw_plan(checked, options.out / f"plan.{suffix}")
    sys.stdout.writelines(f"{options.out / name}\n" for name in ("profiles.parquet", "plan.png", "plan.svg"))
    if options.members:
        sys.stdout.writelines(map(_risk, limit_risks(plan, mission, flown, options.members, options.seed)))
    return 0


def _risk(one: LimitRisk) -> str:
    return (
        f"{one.satellite} {one.quantity}: broken with probability {one.probability:.3f} ({one.at_least:.3f} to "
        f"{one.at_most:.3f}); nominal {one.nominal:.4g}, one in twenty {one.worst_5_percent:.4g}, limit {one.limit:.4g} "
        f"{one.unit}\n"
    )


def _read(path: Path) -> MissionPlan:
    try:
        return MissionPlan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError("plan", f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        first, *others = error.errors(include_url=False)
        told = "".join(f"; {_place(one['loc'])}: {one['msg']}" for one in others[: _MOST_PROBLEMS - 1])
        more = f"; and {len(others) - _MOST_PROBLEMS + 1} more" if len(others) >= _MOST_PROBLEMS else ""
        raise InputError(_place(first["loc"]), f"{first['msg']}{told}{more} ({path})") from error


def _place(parts: tuple[int | str, ...]) -> str:
    """Dotted path in the file; activities are counted from 0, as in JSON paths."""
    return ".".join(str(part) for part in parts) or "file"


def _line(finding: Finding) -> str:
    numbers = ""
    if finding.value is not None and finding.limit is not None:
        numbers = f" [value {finding.value:g}, limit {finding.limit:g}, margin {finding.margin:g} {finding.unit}]"
    window = f" {format_utc(finding.window.start)} to {format_utc(finding.window.end)}" if finding.window else ""
    repairs = "".join(f"\n    repair: {one.description}" for one in finding.repairs)
    return f"{finding.code} {finding.severity.upper():<7}{window}: {finding.explanation}{numbers}{repairs}\n"
