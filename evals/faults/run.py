"""Plants faults and looks whether the checks find them, with the right code, severity and window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Final

from core.plan.activity import Window
from core.plan.check import check_plan
from core.plan.model import Finding
from evals.faults.authority import AUTHORITY
from evals.faults.geometry import GEOMETRY
from evals.faults.ground import GROUND
from evals.faults.maneuver import MANEUVER
from evals.faults.model import Fault, Outcome, Planted
from evals.faults.originals import original
from evals.faults.resources import RESOURCES
from evals.faults.rules import RULES
from evals.faults.structure import STRUCTURE
from evals.faults.timing import TIMING

__all__ = ["FAULTS", "judge", "judge_all"]

FAULTS: Final[tuple[Fault, ...]] = (
    *STRUCTURE,
    *TIMING,
    *RESOURCES,
    *GEOMETRY,
    *GROUND,
    *MANEUVER,
    *AUTHORITY,
    *RULES,
)
# A profile is sampled, so the edges of a violation lie up to one sample further out.
_EDGE: Final = timedelta(seconds=125.0)


def judge(fault: Fault, seed: int) -> Outcome:
    """Plant one fault and run the checks."""
    planted = fault.plant(original(fault.original, seed), Random(f"{fault.code} {fault.name} {seed}"))
    site = planted.site
    report = check_plan(
        planted.plan, site.mission, site.now_utc, site.conjunctions, site.catalogue, site.others
    ).validation
    assert report is not None
    others = tuple(f"{one.code} {one.severity}" for one in report.findings)
    of_code = [one for one in report.findings if one.code == fault.code]
    if not of_code:
        return Outcome(fault, None, "no such finding", others)
    found = [one for one in of_code if one.severity == fault.severity]
    if not found:
        return Outcome(fault, None, f"severity {of_code[0].severity} instead of {fault.severity}", others)
    for one in found:
        if _fits(one, planted):
            return Outcome(fault, one, "", others)
    return Outcome(fault, None, f"window {_shown(found[0].window)} instead of {_shown(planted.window)}", others)


def judge_all(seed: int) -> Iterator[Outcome]:
    """Plant every fault."""
    return (judge(fault, seed) for fault in FAULTS)


def _fits(finding: Finding, planted: Planted) -> bool:
    expected, found = planted.window, finding.window
    if expected is None:
        return True
    if found is None:
        return False
    touches = found.start <= expected.end and expected.start <= found.end
    return touches and expected.start - _EDGE <= found.start and found.end <= expected.end + _EDGE


def _shown(window: Window | None) -> str:
    return "none" if window is None else f"{window.start:%H:%M:%S} to {window.end:%H:%M:%S}"
