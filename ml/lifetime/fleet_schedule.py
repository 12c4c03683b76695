"""Maintenance of several units that share crews and windows: the schedule with the least expected cost (CP-SAT)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.lifetime.distribution import LifeSample
from ml.lifetime.policy import CostRatio, expected_cost

__all__ = ["FleetSchedule", "Job", "job_of", "schedule_fleet"]

_STEPS: Final = 1_000_000  # integers that the range of costs is told in
_BUDGET_S: Final = 10.0


@dataclass(frozen=True)
class Job:
    """The maintenance of a unit.

    Args:
        unit: Its name.
        slots: How many consecutive slots it takes.
        costs: Expected cost of beginning in each slot, such as ``policy.expected_cost`` of the slot's wait, shape (slots of
            the horizon,).
    """

    unit: str
    slots: int
    costs: NDArray[np.float64]


@dataclass(frozen=True)
class FleetSchedule:
    """When each unit's maintenance begins.

    Args:
        starts: Slot by unit.
        cost: Sum of the expected costs.
        proven: Whether no schedule costs less, to a millionth of the range of costs.
    """

    starts: Mapping[str, int]
    cost: float
    proven: bool


def schedule_fleet(jobs: Sequence[Job], crews: NDArray[np.int64], budget_s: float = _BUDGET_S) -> FleetSchedule:
    """The schedule of least expected cost.

    Args:
        jobs: What is to be done, each exactly once.
        crews: How many jobs can be under way in each slot; 0 where operations leave no window.
        budget_s: How long it is looked for.

    Raises:
        InputError: A job makes no sense, or no schedule fits crews and windows.
    """
    from ortools.sat.python import cp_model

    for job in jobs:
        _check(job, len(crews))
    if len({job.unit for job in jobs}) < len(jobs):
        raise InputError("jobs", "a unit is there twice")
    spread = sum(float(np.ptp(job.costs)) for job in jobs) or 1.0
    model = cp_model.CpModel()
    begins = {
        job.unit: [model.new_bool_var(f"{job.unit}@{slot}") for slot in range(len(crews) - job.slots + 1)]
        for job in jobs
    }
    for job in jobs:
        model.add_exactly_one(begins[job.unit])
    for slot, most in enumerate(crews.tolist()):
        busy = [
            begins[job.unit][start]
            for job in jobs
            for start in range(max(slot - job.slots + 1, 0), min(slot, len(crews) - job.slots) + 1)
        ]
        model.add(sum(busy) <= most)
    model.minimize(
        sum(
            round((float(cost) - float(job.costs.min())) / spread * _STEPS) * begin
            for job in jobs
            for cost, begin in zip(job.costs, begins[job.unit], strict=False)
        )
    )
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = budget_s
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise InputError("crews", f"no schedule of {len(jobs)} jobs fits the crews and windows of {len(crews)} slots")
    starts = {
        unit: next(slot for slot, one in enumerate(variables) if solver.boolean_value(one))
        for unit, variables in begins.items()
    }
    cost = sum(float(job.costs[starts[job.unit]]) for job in jobs)
    return FleetSchedule(starts, cost, status == cp_model.OPTIMAL)


def job_of(
    unit: str, life: LifeSample, costs: CostRatio, rate: float, *, slots: int, horizon: int, cycles_per_slot: float
) -> Job:
    """The maintenance of a unit whose life is predicted.

    Args:
        unit: Its name.
        life: Its predicted distribution, cycles.
        costs: Of a failure and of a maintenance in time.
        rate: Cost per cycle of the best policy, by which later maintenance is worth something.
        slots: How many slots the maintenance takes.
        horizon: Slots of the schedule, the first begins now.
        cycles_per_slot: Cycles that the unit lives in a slot.

    Raises:
        InputError: A slot has no length.
    """
    if not (np.isfinite(cycles_per_slot) and cycles_per_slot > 0):
        raise InputError("cycles_per_slot", f"{cycles_per_slot:g} is to be more than 0")
    return Job(unit, slots, expected_cost(life, costs, rate, np.arange(horizon) * cycles_per_slot))


def _check(job: Job, slots: int) -> None:
    if not 1 <= job.slots <= slots:
        raise InputError(job.unit, f"takes {job.slots} slots; the horizon has {slots}")
    if job.costs.shape != (slots,) or not np.isfinite(job.costs).all():
        raise InputError(job.unit, f"is to have a finite cost for each of the {slots} slots")
