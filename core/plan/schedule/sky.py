"""Where the satellites of a mission see stations and places: one sweep of the fleet for each kind of question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.frames import dcm_itrf_from_gcrf, itrf_from_geodetic, rotate, sun_position_gcrf_m
from core.frames.geodetic import WGS84_RADIUS_M
from core.mission.model import Bus, GroundStation, Mission
from core.orbit import AllPasses, Constellation, FlownOrbit, find_all_passes
from core.plan.activity import Window
from core.plan.schedule.requests import ImagingRequest
from core.time import add_s, tai_s_from_utc, utc_from_tai_s
from core.units import to_deg, to_rad

__all__ = ["Accesses", "Sky"]

FloatArray = NDArray[np.float64]

_DECAY_M: Final = 2_000.0
_VERTICAL_LEAN_DEG: Final = 0.25  # the geodetic vertical leans by up to 0.2 degrees from the geocentric
_SUN_STEP_S: Final = 600.0


@dataclass(frozen=True)
class Accesses:
    """When satellites can see a place, arrays of shape (n,); seconds since the horizon's start, angles in degrees."""

    satellite: NDArray[np.int64]
    start_s: FloatArray
    end_s: FloatArray
    best_s: FloatArray
    max_elevation_deg: FloatArray
    sun_elevation_deg: FloatArray

    @classmethod
    def none(cls) -> Accesses:
        """No access."""
        return cls(np.empty(0, dtype=np.int64), *(np.empty(0) for _ in range(5)))

    def __len__(self) -> int:
        return int(self.satellite.size)

    def taken(self, places: NDArray[np.int64]) -> Accesses:
        """Some of them, in the order of their places."""
        return Accesses(**{one.name: getattr(self, one.name)[places] for one in fields(self)})

    def joined(self, others: Accesses) -> Accesses:
        """These and others."""
        both = {one.name: np.concatenate([getattr(self, one.name), getattr(others, one.name)]) for one in fields(self)}
        return Accesses(**both)


class Sky:
    """Passes of every satellite over every station, and accesses to places.

    ``passes`` holds (rise, set, highest elevation in degrees) by satellite and station; times are seconds since the start
    of the horizon. A pass that the horizon cuts is left out.
    """

    def __init__(self, mission: Mission, orbits: Mapping[str, FlownOrbit], horizon: Window) -> None:
        self.mission, self.names = mission, tuple(orbits)
        self.start_tai_s = tai_s_from_utc(horizon.start)
        self.horizon_s = horizon.duration_s
        self.stations = mission.stations
        self.orbits = tuple(orbits.values())
        self._buses = [mission.bus_of(name) for name in self.names]
        end_tai_s = self.start_tai_s + self.horizon_s
        limits_deg = [bus.imager.maximum_off_nadir_deg for bus in self._buses]
        self._imager_limits_deg: dict[str, float] = dict(zip(self.names, limits_deg, strict=True))
        self._least_limit_deg: float = min(limits_deg)
        legs = [
            (satellite, leg, first, last)
            for satellite, orbit in enumerate(self.orbits)
            for leg, first, last in orbit.legs_between(self.start_tai_s, end_tai_s)
        ]
        self._satellites = np.array([satellite for satellite, _, _, _ in legs])
        self._valid_tai_s = np.array([(first, last) for _, _, first, last in legs])
        self._elements = [leg.elements for _, leg, _, _ in legs]
        self._sun_times_s = np.arange(0.0, self.horizon_s + 2.0 * _SUN_STEP_S, _SUN_STEP_S)
        self._sun_itrf_m = _sun_itrf_m(self.start_tai_s + self._sun_times_s)
        self.passes: dict[tuple[int, int], list[tuple[float, float, float]]] = {}
        found = self._search(self.stations, None, np.arange(len(legs)))
        for k in np.flatnonzero(~(found.truncated_start | found.truncated_end)):
            self.passes.setdefault((int(found.satellite[k]), int(found.station[k])), []).append(
                (
                    float(found.aos_tai_s[k]) - self.start_tai_s,
                    float(found.los_tai_s[k]) - self.start_tai_s,
                    to_deg(float(found.max_elevation_rad[k])),
                )
            )

    def _search(self, places: Sequence[GroundStation], mask_rad: float | None, legs: NDArray[np.int64]) -> AllPasses:
        """Passes of some legs over every place within the leg's own time, named by satellite."""
        end_tai_s = self.start_tai_s + self.horizon_s
        constellation = Constellation([self._elements[leg] for leg in legs])
        found = find_all_passes(constellation, places, self.start_tai_s, end_tai_s, mask_rad)
        valid, satellites = self._valid_tai_s[legs[found.satellite]], self._satellites[legs[found.satellite]]
        mine = np.flatnonzero((found.aos_tai_s >= valid[:, 0]) & (found.los_tai_s <= valid[:, 1]))
        mine = mine[np.lexsort((found.aos_tai_s[mine], found.station[mine], satellites[mine]))]
        kept = {one.name: getattr(found, one.name)[mine] for one in fields(found) if one.name != "unsearched"}
        return replace(found, **{**kept, "satellite": satellites[mine]})

    def bus(self, satellite: int) -> Bus:
        """The design of a satellite."""
        return self._buses[satellite]

    def seconds(self, instant: datetime | None, otherwise: float) -> float:
        """Seconds since the start of the horizon."""
        return otherwise if instant is None else tai_s_from_utc(instant) - self.start_tai_s

    def window(self, start_s: float, end_s: float) -> Window:
        """A stretch of the horizon, UTC."""
        begin = utc_from_tai_s(self.start_tai_s)
        return Window(start=add_s(begin, start_s), end=add_s(begin, end_s))

    def accesses(self, images: Sequence[ImagingRequest], satellites: Sequence[int]) -> dict[str, Accesses]:
        """Every access of some satellites to every image, by the name of its request.

        A place is within the off-nadir limit where the satellite stands high enough over it. The elevation that is asked
        for is that of the lowest satellite over the highest place, so a window of another is a little short, never long.
        """
        if not images:
            return {}
        limits_deg = [self._limit_deg(one) for one in images]
        radius_m, legs = self._least_radius_m, np.flatnonzero(np.isin(self._satellites, satellites))
        out: dict[str, Accesses] = {}
        for limit_deg in sorted(set(limits_deg)):
            chosen = [one for one, own in zip(images, limits_deg, strict=True) if own == limit_deg]
            ground_m = WGS84_RADIUS_M + max(one.height_m for one in chosen)
            mask_rad = math.acos(min(1.0, math.sin(to_rad(limit_deg)) * radius_m / ground_m)) + to_rad(
                _VERTICAL_LEAN_DEG
            )
            places = [_place(one) for one in chosen]
            found = self._search(places, mask_rad, legs)
            out |= self._by_place(found, chosen, places)
        return out

    def _by_place(
        self, found: AllPasses, chosen: Sequence[ImagingRequest], places: Sequence[GroundStation]
    ) -> dict[str, Accesses]:
        sun_deg = self._sun_elevation_deg(found, places)
        order = np.argsort(found.station, kind="stable")
        ends = np.searchsorted(found.station[order], np.arange(len(chosen) + 1))
        out = {}
        for k, one in enumerate(chosen):
            mine = order[ends[k] : ends[k + 1]]
            out[one.name] = Accesses(
                satellite=found.satellite[mine],
                start_s=found.aos_tai_s[mine] - self.start_tai_s,
                end_s=found.los_tai_s[mine] - self.start_tai_s,
                best_s=found.culmination_tai_s[mine] - self.start_tai_s,
                max_elevation_deg=np.degrees(found.max_elevation_rad[mine]),
                sun_elevation_deg=sun_deg[mine],
            )
        return out

    def _limit_deg(self, one: ImagingRequest) -> float:
        own = [self._imager_limits_deg[name] for name in one.satellites] or [self._least_limit_deg]
        return min([*own, one.max_off_nadir_deg or 90.0])

    @cached_property
    def _least_radius_m(self) -> float:
        """Of any satellite within some revolutions, and a little less for what drag takes until the end."""
        t = self.start_tai_s + np.linspace(0.0, 12_000.0, 41)
        legs = (leg for orbit in self.orbits for leg, _, _ in orbit.legs_between(t[0], t[0] + self.horizon_s))
        return float(min(np.linalg.norm(leg.propagate(t).r_gcrf_m, axis=1).min() for leg in legs)) - _DECAY_M

    def _sun_elevation_deg(self, found: AllPasses, places: Sequence[GroundStation]) -> FloatArray:
        """Over the place at the best moment, geocentric, shape (n,)."""
        since_s = found.culmination_tai_s - self.start_tai_s
        towards = np.stack(
            [np.interp(since_s, self._sun_times_s, self._sun_itrf_m[:, axis]) for axis in range(3)], axis=1
        )
        towards /= np.linalg.norm(towards, axis=1, keepdims=True)
        ups = np.array([itrf_from_geodetic(one.latitude_rad, one.longitude_rad, one.height_m) for one in places])
        ups = ups.reshape(-1, 3) / np.linalg.norm(ups.reshape(-1, 3), axis=1, keepdims=True)
        sine = np.einsum("ij,ij->i", towards, ups[found.station])
        return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), dtype=np.float64)


def _sun_itrf_m(t_tai_s: FloatArray) -> FloatArray:
    return rotate(dcm_itrf_from_gcrf(t_tai_s), sun_position_gcrf_m(t_tai_s))


def _place(one: ImagingRequest) -> GroundStation:
    return GroundStation(
        id=one.name,
        name=one.name,
        latitude_deg=one.latitude_deg,
        longitude_deg=one.longitude_deg,
        height_m=one.height_m,
        minimum_elevation_deg=0.0,
        setup_s=0.0,
        bands=("S",),
        source="a request",
    )
