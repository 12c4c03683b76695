"""The validator's checks, one module per code group of findings."""

from core.plan.checks.attitude import attitude_checks
from core.plan.checks.authority import authority_checks
from core.plan.checks.collision import collision_checks
from core.plan.checks.consistency import consistency_checks
from core.plan.checks.context import Check, CheckContext
from core.plan.checks.flight_rules import flight_rule_checks
from core.plan.checks.geometry import geometry_checks
from core.plan.checks.ground import ground_checks
from core.plan.checks.maneuver import maneuver_checks
from core.plan.checks.resources import resource_checks
from core.plan.checks.structure import structure_checks
from core.plan.checks.timing import timing_checks

__all__ = ["CHECKS", "STRUCTURE", "Check", "CheckContext"]

# Structure is checked first and alone: the other checks rely on satellites, stations and anchors that exist.
STRUCTURE = structure_checks
CHECKS: dict[str, Check] = {
    "TMP": timing_checks,
    "RES": resource_checks,
    "GEO": geometry_checks,
    "ATT": attitude_checks,
    "GND": ground_checks,
    "MAN": maneuver_checks,
    "COL": collision_checks,
    "AUT": authority_checks,
    "FRU": flight_rule_checks,
    "CON": consistency_checks,
}
