"""What one satellite does along a plan: when what is on, in which mode, and where it points.

The horizon is cut wherever anything begins or ends, and at the edges of shadows: between two cuts the spacecraft does one
thing in one light. The pointing is that of the commands: a command to turn comes some time before an image or a burn, and
afterwards the spacecraft returns to rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.attitude import PointingLaw, PointingSegment
from core.frames import itrf_from_geodetic
from core.mission.model import Bus, Mode
from core.orbit import Orbit, find_eclipses
from core.plan.activity import (
    Activity,
    BurnActivity,
    DownlinkActivity,
    ImagingActivity,
    ModeActivity,
    PointingMode,
    UplinkActivity,
)
from core.propulsion import burn_balance
from core.time import tai_s_from_utc
from core.units import to_rad

__all__ = ["BURN_EDGE_S", "Timeline", "make_timeline"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

BURN_EDGE_S: Final = 0.1  # a burn's torque begins and ends within it: between samples torques are interpolated
_SAME_S: Final = 1e-5  # times of a plan are whole microseconds
_LAWS: Final = {
    PointingMode.SUN: PointingLaw.SUN,
    PointingMode.NADIR: PointingLaw.NADIR,
    PointingMode.INERTIAL: PointingLaw.INERTIAL,
    PointingMode.TARGET: PointingLaw.TARGET,
    PointingMode.VELOCITY: PointingLaw.VELOCITY,
}


@dataclass(frozen=True)
class Timeline:
    """Cuts of the horizon, TAI seconds since J2000, shape (n + 1,), and what holds in each of the n intervals."""

    edges_tai_s: FloatArray
    modes: tuple[Mode, ...]
    imaging: BoolArray
    x_band: BoolArray
    s_band: BoolArray
    burning: BoolArray
    segments: tuple[PointingSegment, ...]

    @property
    def middles_tai_s(self) -> FloatArray:
        """The middle of each interval, shape (n,)."""
        middles: FloatArray = 0.5 * (self.edges_tai_s[:-1] + self.edges_tai_s[1:])
        return middles


def make_timeline(
    activities: list[Activity], bus: Bus, initial_mode: Mode, orbit: Orbit, start: float, end: float, step_s: float
) -> Timeline:
    """The timeline of one satellite's activities.

    Args:
        activities: Of one satellite, in any order.
        bus: Its design.
        initial_mode: Mode at the start.
        orbit: Where it flies, for the edges of shadows.
        start: Of the horizon, TAI seconds since J2000.
        end: Of the horizon.
        step_s: Longest interval.
    Raises:
        PropagationError: The orbit cannot be propagated over the horizon.
    """
    spans = {one.activity_id: (tai_s_from_utc(one.window.start), tai_s_from_utc(one.window.end)) for one in activities}
    turns = _turns(activities, spans)
    edges = _edges(activities, spans, turns, bus, orbit, start, end, step_s)
    middles = 0.5 * (edges[:-1] + edges[1:])

    def lasting(kind: type[Activity]) -> BoolArray:
        inside = np.zeros(len(middles), dtype=np.bool_)
        for one in activities:
            if isinstance(one, kind):
                first, last = spans[one.activity_id]
                if isinstance(one, DownlinkActivity):
                    last = min(last, first + _transmitting_s(one, bus))
                inside |= (middles > first) & (middles < last)
        return inside

    modes = _modes(activities, spans, initial_mode, middles)
    return Timeline(
        edges_tai_s=edges,
        modes=modes,
        imaging=lasting(ImagingActivity),
        x_band=lasting(DownlinkActivity),
        s_band=lasting(UplinkActivity),
        burning=lasting(BurnActivity),
        segments=_segments(turns, modes, edges),
    )


@dataclass(frozen=True)
class _Turn:
    """An attitude held from a command on."""

    start_tai_s: float
    end_tai_s: float
    activity: Activity


def _turns(activities: list[Activity], spans: dict[str, tuple[float, float]]) -> list[_Turn]:
    """What turns the spacecraft, by the time of its first command."""
    made = []
    for one in activities:
        if one.type in ("pointing", "imaging", "burn"):
            first, last = spans[one.activity_id]
            commanded = min([first, *(tai_s_from_utc(command.execute_at) for command in one.commands)])
            made.append(_Turn(commanded, last, one))
    return sorted(made, key=lambda turn: turn.start_tai_s)


def _transmitting_s(one: DownlinkActivity, bus: Bus) -> float:
    return one.volume_bytes * 8.0 / bus.antenna.x_band_downlink_bit_s


def _edges(
    activities: list[Activity],
    spans: dict[str, tuple[float, float]],
    turns: list[_Turn],
    bus: Bus,
    orbit: Orbit,
    start: float,
    end: float,
    step_s: float,
) -> FloatArray:
    count = max(1, int(np.ceil((end - start) / step_s)))
    times = [*np.linspace(start, end, count + 1)]
    for one in activities:
        first, last = spans[one.activity_id]
        times += [first, last]
        if isinstance(one, BurnActivity) and burn_balance(bus.propulsion).turns:
            times += [first - BURN_EDGE_S, last + BURN_EDGE_S]
        if isinstance(one, DownlinkActivity):
            times.append(min(last, first + _transmitting_s(one, bus)))
    times += [turn.start_tai_s for turn in turns]
    for eclipse in find_eclipses(orbit, start, end):
        times += [eclipse.start_tai_s, eclipse.end_tai_s]
        times += [edge for edge in (eclipse.umbra_start_tai_s, eclipse.umbra_end_tai_s) if edge is not None]
    kept = np.unique(np.clip(np.asarray(times, dtype=np.float64), start, end))
    # Cuts at the same instant are one; the last one stays where the horizon ends.
    keep = np.concatenate((np.diff(kept) > _SAME_S, [True]))
    keep[0] = True
    edges: FloatArray = kept[keep]
    return edges


def _modes(
    activities: list[Activity], spans: dict[str, tuple[float, float]], initial: Mode, middles: FloatArray
) -> tuple[Mode, ...]:
    changes = sorted(
        ((spans[one.activity_id][0], one.mode) for one in activities if isinstance(one, ModeActivity)),
        key=lambda change: change[0],
    )
    place = np.searchsorted([at for at, _ in changes], middles, side="right")
    values = [initial, *(mode for _, mode in changes)]
    return tuple(values[k] for k in place)


def _segments(turns: list[_Turn], modes: tuple[Mode, ...], edges: FloatArray) -> tuple[PointingSegment, ...]:
    """Rest, turned activities, and rest again; a later command to turn ends what an earlier one began, as on board."""
    resting = [PointingLaw.SUN if mode is Mode.SAFE else PointingLaw.NADIR for mode in modes]
    wanted: list[PointingSegment] = []
    holder = -1
    for k in range(len(modes)):
        at = float(edges[k])
        begun = sum(turn.start_tai_s <= at + _SAME_S for turn in turns)
        now = begun - 1 if begun and at < turns[begun - 1].end_tai_s - _SAME_S else -1
        rest_changes = now < 0 and (k == 0 or resting[k] is not resting[k - 1])
        if k == 0 or now != holder or rest_changes:
            wanted.append(_segment(turns[now].activity, at) if now >= 0 else PointingSegment(at, resting[k]))
            holder = now
    return tuple(wanted)


def _segment(one: Activity, at_tai_s: float) -> PointingSegment:
    if isinstance(one, ImagingActivity):
        place = itrf_from_geodetic(to_rad(one.latitude_deg), to_rad(one.longitude_deg), 0.0)
        return PointingSegment(at_tai_s, PointingLaw.TARGET, place_itrf_m=np.asarray(place).reshape(3))
    if isinstance(one, BurnActivity) and one.delta_v_m_s < 0.0:
        return PointingSegment(at_tai_s, PointingLaw.THRUST, direction_rtn=np.array([0.0, -1.0, 0.0]))
    return PointingSegment(at_tai_s, _LAWS[one.pointing])
