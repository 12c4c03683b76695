"""Carries out a fault script aboard one simulated spacecraft, and keeps labels of what was wrong when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from core.ground.simulator.faults import (
    ClearFault,
    Fault,
    FaultKind,
    FrictionFault,
    HeaterFault,
    LeakFault,
    SensorFault,
    ShareFault,
    TrackerFault,
)
from core.ground.simulator.housekeeping import Values
from core.ground.simulator.reports import EventId
from core.ground.simulator.state import FaultLabel, OnboardState
from core.plan.stepping import Departures
from core.time import tai_s_from_utc

__all__ = ["FaultInjection"]


class FaultInjection:
    """The faults of one spacecraft; what has begun and ended lies in its state.

    Args:
        faults: Of its script.
        state: Of the spacecraft.
    """

    def __init__(self, faults: Iterable[Fault], state: OnboardState) -> None:
        self._faults = {one.id: one for one in faults}
        self._state = state

    def notice(self, events: Iterable[EventId]) -> None:
        """On-board events that faults may wait for; the first of a kind counts."""
        for event in events:
            self._state.first_events_tai_s.setdefault(event.name.lower(), self._state.t_tai_s)

    def next_tai_s(self) -> list[float]:
        """Instants at which something begins or ends."""
        state = self._state
        begins = [self._begin_tai_s(one) for one in self._faults.values() if one.id not in state.faults_begun_tai_s]
        ends = [self._end_tai_s(one) for one in self.active()]
        return [one for one in [*begins, *ends] if one is not None]

    def active(self) -> list[Fault]:
        """Faults that are present, in the order of the script."""
        begun, ended = self._state.faults_begun_tai_s, self._state.faults_ended
        return [one for one in self._faults.values() if one.id in begun and one.id not in ended]

    def update(self) -> bool:
        """Begin and end what is due at the state's instant; whether anything changed."""
        state, before = self._state, len(self._state.fault_labels)
        for one in self._faults.values():
            begin_tai_s = self._begin_tai_s(one)
            if one.id not in state.faults_begun_tai_s and begin_tai_s is not None and begin_tai_s <= state.t_tai_s:
                self._begin(one)
        for one in self.active():
            end_tai_s = self._end_tai_s(one)
            if end_tai_s is not None and end_tai_s <= state.t_tai_s:
                self._end(one)
        return len(state.fault_labels) != before

    def departures(self) -> Departures:
        """How the spacecraft departs from its design now."""
        now = Departures()
        for one in self.active():
            if isinstance(one, ShareFault):
                name = "battery_capacity" if one.fault is FaultKind.CELL_SHORT else "array_power"
                now = replace(now, **{name: getattr(now, name) * (1.0 - one.lost_share)})
            elif isinstance(one, FrictionFault):
                now = replace(now, wheel_friction=now.wheel_friction * one.factor)
            elif isinstance(one, LeakFault):
                now = replace(now, leak_open=now.leak_open + one.duty)
            elif isinstance(one, HeaterFault) and one.fault is FaultKind.HEATER_STUCK_OFF:
                now = replace(now, heaters_off=now.heaters_off | {one.heater})
            elif isinstance(one, TrackerFault):
                now = replace(now, trackers_blind=now.trackers_blind | {one.tracker})
        return now

    def heaters_stuck_on(self) -> frozenset[str]:
        """Heaters that never switch off."""
        stuck = [one for one in self.active() if one.fault is FaultKind.HEATER_STUCK_ON]
        return frozenset(one.heater for one in stuck if isinstance(one, HeaterFault))

    def navigates(self) -> bool:
        """Whether the GNSS receiver has fixes."""
        return all(one.fault is not FaultKind.GNSS_OUTAGE for one in self.active())

    def distort(self, values: Values) -> Values:
        """Reported values as their sensors give them."""
        told = dict(values)
        for one in self.active():
            if isinstance(one, SensorFault) and one.parameter in told:
                told[one.parameter] = self._sensed(one, told[one.parameter])
        return told

    def _sensed(self, one: SensorFault, true: float | str | bytes | bool) -> float | str | bytes | bool:
        if isinstance(true, (str, bytes)):
            return true
        state = self._state
        if one.fault is FaultKind.SENSOR_STUCK:
            return type(true)(state.stuck_values.setdefault(one.id, float(true)))
        since_s = state.t_tai_s - state.faults_begun_tai_s[one.id]
        off = (one.per_hour or 0.0) * since_s / 3600.0
        if one.sigma is not None:
            chance = np.random.default_rng([int(state.t_tai_s * 1e3) & 0xFFFFFFFFFFFF, *one.id.encode()])
            off += one.sigma * float(chance.standard_normal())
        return type(true)(true + off)

    def _begin_tai_s(self, one: Fault) -> float | None:
        if one.at is not None:
            return tai_s_from_utc(one.at)
        if one.after is None:
            return None
        event_tai_s = self._state.first_events_tai_s.get(one.after.event.lower())
        return None if event_tai_s is None else event_tai_s + one.after.delay_s

    def _end_tai_s(self, one: Fault) -> float | None:
        return None if one.duration_s is None else self._state.faults_begun_tai_s[one.id] + one.duration_s

    def _begin(self, one: Fault) -> None:
        state = self._state
        state.faults_begun_tai_s[one.id] = state.t_tai_s
        if isinstance(one, ClearFault):
            for other in self.active():
                if one.clears in (other.id, "all") and other.id != one.id:
                    self._end(other)
            state.faults_ended.append(one.id)
            return
        self._label(one, begins=True)

    def _end(self, one: Fault) -> None:
        self._state.faults_ended.append(one.id)
        self._label(one, begins=False)

    def _label(self, one: Fault, *, begins: bool) -> None:
        details = one.model_dump(mode="json", exclude={"id", "satellite", "fault", "at", "after"}, exclude_none=True)
        label = FaultLabel(
            number=self._state.fault_label_count,
            t_tai_s=self._state.t_tai_s,
            satellite=one.satellite,
            id=one.id,
            fault=one.fault.value,
            begins=begins,
            details={name: value for name, value in details.items() if value is not None},
        )
        self._state.fault_label_count += 1
        self._state.fault_labels.append(label)
