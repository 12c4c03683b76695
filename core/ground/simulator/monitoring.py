"""On-board failure detection: monitors with persistence counts that raise events and ask for safe mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.ground.simulator.parameters import ParameterTable
from core.ground.simulator.reports import EventId, EventSeverity
from core.ground.simulator.state import OnboardState
from core.mission.model import Bus
from core.plan.stepping import AttitudeNow

__all__ = ["MONITORING_PERIOD_S", "Raised", "detect", "safe_mode_wanted"]

MONITORING_PERIOD_S: Final = 10.0
_HYSTERESIS: Final = 0.03  # of the state of charge
_BLIND_AFTER_S: Final = 60.0


@dataclass(frozen=True)
class Raised:
    """An event to report."""

    event: EventId
    severity: EventSeverity
    value: float


def detect(state: OnboardState, bus: Bus, table: ParameterTable, attitude: AttitudeNow) -> list[Raised]:
    """One round of all monitors; the counts lie in the state, so that a restart changes none."""
    return [
        *_charge(state, table),
        *_rate(state, table, attitude),
        *_temperatures(state, bus, table),
        *_shedding(state),
        *_trackers(state, attitude),
    ]


def safe_mode_wanted(state: OnboardState, table: ParameterTable) -> bool:
    """Whether a violation has lasted long enough for safe mode, whoever has left it meanwhile."""
    return any(count >= int(table.get(f"{monitor}_persistence")) for monitor, count in state.violations.items())


def _charge(state: OnboardState, table: ParameterTable) -> Iterator[Raised]:
    low = table.get("low_charge_soc")
    if state.soc < low and not state.low_charge:
        state.low_charge = True
        yield Raised(EventId.LOW_CHARGE, EventSeverity.MEDIUM, state.soc)
    if state.soc > low + _HYSTERESIS:
        state.low_charge = False
    _just_persists(state, "soc", state.soc < table.get("safe_mode_soc"), table)


def _rate(state: OnboardState, table: ParameterTable, attitude: AttitudeNow) -> Iterator[Raised]:
    rate_deg_s = float(np.degrees(np.linalg.norm(attitude.omega_body_gcrf_rad_s)))
    if _just_persists(state, "rate", rate_deg_s > table.get("rate_limit_deg_s"), table):
        yield Raised(EventId.EXCESSIVE_RATE, EventSeverity.HIGH, rate_deg_s)


def _temperatures(state: OnboardState, bus: Bus, table: ParameterTable) -> Iterator[Raised]:
    """The value of the event is the number of the worst node, counted from 1 in the order of the design."""
    beyond_k = [
        max(node.operating_k[0] - temp_k, temp_k - node.operating_k[1])
        for node, temp_k in zip(bus.thermal.nodes, state.temp_k or (), strict=False)
    ]
    worst = int(np.argmax(beyond_k)) if beyond_k else 0
    if _just_persists(state, "temperature", bool(beyond_k) and beyond_k[worst] > 0.0, table):
        yield Raised(EventId.TEMPERATURE_LIMIT, EventSeverity.HIGH, worst + 1.0)


def _shedding(state: OnboardState) -> Iterator[Raised]:
    if state.shed & ~state.reported_shed:
        yield Raised(EventId.LOAD_SHED, EventSeverity.MEDIUM, float(state.shed))
    elif state.reported_shed & ~state.shed:
        yield Raised(EventId.LOAD_RESTORED, EventSeverity.INFORMATIVE, float(state.shed))
    state.reported_shed = state.shed


def _trackers(state: OnboardState, attitude: AttitudeNow) -> Iterator[Raised]:
    if not attitude.trackers_blinded.all() or not attitude.trackers_blinded.size:
        if "trackers" in state.alarms:
            state.alarms.remove("trackers")
            yield Raised(EventId.TRACKERS_RECOVERED, EventSeverity.INFORMATIVE, 0.0)
        state.trackers_lost_tai_s = None
        return
    if state.trackers_lost_tai_s is None:
        state.trackers_lost_tai_s = state.t_tai_s
    lost_s = state.t_tai_s - state.trackers_lost_tai_s
    if lost_s >= _BLIND_AFTER_S and "trackers" not in state.alarms:
        state.alarms.append("trackers")
        yield Raised(EventId.TRACKERS_LOST, EventSeverity.MEDIUM, lost_s)


def _just_persists(state: OnboardState, monitor: str, violated: bool, table: ParameterTable) -> bool:
    """Count a violation; True when it has just lasted for as many rounds as the table asks for."""
    if not violated:
        state.violations.pop(monitor, None)
        return False
    state.violations[monitor] = state.violations.get(monitor, 0) + 1
    return state.violations[monitor] == int(table.get(f"{monitor}_persistence"))
