"""The limits of commanding, in mission time."""

from __future__ import annotations

from dataclasses import dataclass

from core.plan.checks.resources import MAXIMUM_STATE_AGE_S
from core.time import Clock

__all__ = ["CommandPolicy"]


@dataclass(frozen=True)
class CommandPolicy:
    """Limits that a mission may tighten.

    Args:
        maximum_state_age_s: Age of the state a plan was computed with, at submission.
        schedule_lead_s: How long before its execution an insertion must be sent at the latest.
        report_timeout_s: How long after execution reports may still come in.
        round_trip_s: Real time that a command and its acknowledgement may take.
        station_buffer_s: How much a station may be given ahead of what it radiates, mission s.
        attempts: How often an idempotent command may be sent under new numbers when no proof of it comes.
        dry_run_age_s: How long a dry run of a plan's rest holds, mission s.
        dry_run_real_s: Real time that a dry run may take, its process's start included.
        telemetry_real_s: Real time that telemetry may be on its way: under a fast clock no value is older than that.
    """

    maximum_state_age_s: float = MAXIMUM_STATE_AGE_S
    schedule_lead_s: float = 20.0
    report_timeout_s: float = 86_400.0
    round_trip_s: float = 0.4
    station_buffer_s: float = 1.0
    attempts: int = 3
    dry_run_age_s: float = 600.0
    dry_run_real_s: float = 15.0
    telemetry_real_s: float = 5.0

    def lead_s(self, clock: Clock) -> float:
        """Mission time between sending and execution; a fast clock leaves less real time for the way up."""
        return max(self.schedule_lead_s, self.round_trip_s / clock.real_s(1.0))

    def retransmission_s(self, clock: Clock) -> float:
        """Mission time after which an unacknowledged frame is sent again."""
        return max(10.0, 2.0 * self.round_trip_s / clock.real_s(1.0))

    def telemetry_on_its_way_s(self, clock: Clock) -> float:
        """Mission time that telemetry takes to arrive; 5 s with a real spacecraft, more under a fast clock."""
        return self.telemetry_real_s / clock.real_s(1.0)

    def dry_run_holds_s(self, clock: Clock) -> float:
        """Mission time for which a dry run holds; under a fast clock at least four times what one takes."""
        return max(self.dry_run_age_s, 4.0 * self.dry_run_real_s / clock.real_s(1.0))
