"""Scheduling: which requests are served when, by which satellite and station, and why the others are not."""

from core.plan.schedule.alternatives import alternative_schedules
from core.plan.schedule.ledger import Block, Ledger, violations
from core.plan.schedule.planning import ScheduledPlan, schedule_requests
from core.plan.schedule.problem import Candidate, Fleet, Problem, Request, SatelliteBudget
from core.plan.schedule.requests import (
    BurnRequest,
    DownlinkRequest,
    HoldRequest,
    ImagingRequest,
    MaintenanceRequest,
    ScheduleRequest,
)
from core.plan.schedule.solve import Schedule, Unplaced, solve

__all__ = [
    "Block",
    "BurnRequest",
    "Candidate",
    "DownlinkRequest",
    "Fleet",
    "HoldRequest",
    "ImagingRequest",
    "Ledger",
    "MaintenanceRequest",
    "Problem",
    "Request",
    "SatelliteBudget",
    "Schedule",
    "ScheduleRequest",
    "ScheduledPlan",
    "Unplaced",
    "alternative_schedules",
    "schedule_requests",
    "solve",
    "violations",
]
