"""Orbits to and from CCSDS orbit data messages: what was flown as OEM and OPM, and messages as states in GCRF."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.constants import STANDARD_GRAVITY_M_S2
from core.frames import dcm_gcrf_from_teme, gcrf_from_eme2000, gcrf_from_itrf, rotate
from core.mission.odm import (
    CovarianceAt,
    OdmError,
    Oem,
    OemSegment,
    Opm,
    OpmManeuver,
    SpacecraftParameters,
    TimeSystem,
)
from core.mission.odm.epochs import epoch_text
from core.orbit.numerical import Burn, CartesianState, Impulse, ManeuverAxes, SpacecraftProperties
from core.orbit.propagation import Ephemeris
from core.time import tai_s_from_utc

__all__ = ["ephemeris_of_oem", "maneuvers_of_opm", "oem_of", "opm_of", "state_of_opm"]

FloatArray = NDArray[np.float64]

_ALONG_RTN: Final = ("RTN", "RSW", "RIC", "QSW", "RSW_ROTATING")


def oem_of(
    ephemeris: Ephemeris,
    *,
    object_name: str,
    object_id: str,
    originator: str,
    created_utc: datetime,
    time_system: TimeSystem = TimeSystem.UTC,
    covariances_gcrf: Sequence[tuple[float, FloatArray]] = (),
) -> Oem:
    """An ephemeris about the Earth in GCRF as a message; epochs to the microsecond.

    Args:
        ephemeris: States, in time order.
        object_name: Of the satellite.
        object_id: International designator, such as 1998-067A.
        originator: Who says it.
        created_utc: When.
        time_system: What the epochs count in: UTC, TAI, TT or GPS.
        covariances_gcrf: TAI seconds and matrices (6, 6) in m and m/s.
    Raises:
        OdmError: There is no state, or the time system cannot be written from TAI.
    """
    if ephemeris.t_tai_s.size == 0:
        raise OdmError("OEM", "an ephemeris without states is no message")
    segment = OemSegment(
        object_name,
        object_id,
        "EARTH",
        "GCRF",
        time_system,
        tuple(epoch_text(float(t), time_system) for t in ephemeris.t_tai_s),
        ephemeris.t_tai_s,
        ephemeris.r_gcrf_m,
        ephemeris.v_gcrf_m_s,
        covariances=tuple(
            CovarianceAt(epoch_text(t, time_system), t, "GCRF", matrix) for t, matrix in covariances_gcrf
        ),
    )
    return Oem(originator, _creation(created_utc), (segment,))


def opm_of(
    state: CartesianState,
    *,
    object_name: str,
    object_id: str,
    originator: str,
    created_utc: datetime,
    craft: SpacecraftProperties | None = None,
    covariance_gcrf: FloatArray | None = None,
) -> Opm:
    """A state in GCRF as a message, with what drag and light need and its covariance (6, 6) where they are given."""
    return Opm(
        originator,
        _creation(created_utc),
        object_name,
        object_id,
        "EARTH",
        "GCRF",
        TimeSystem.UTC,
        epoch_text(state.t_tai_s, TimeSystem.UTC),
        state.t_tai_s,
        state.r_gcrf_m,
        state.v_gcrf_m_s,
        spacecraft=SpacecraftParameters()
        if craft is None
        else SpacecraftParameters(
            craft.mass_kg,
            craft.radiation_area_m2,
            craft.radiation_coefficient,
            craft.drag_area_m2,
            craft.drag_coefficient,
        ),
        covariance=covariance_gcrf,
        covariance_frame="GCRF" if covariance_gcrf is not None else None,
    )


def ephemeris_of_oem(segment: OemSegment) -> Ephemeris:
    """The states of a segment in GCRF.

    Raises:
        OdmError: It is not about the Earth, its times cannot be converted to TAI, or its frame is none of GCRF, ICRF,
            EME2000, TEME and ITRF; realizations of ITRF are taken as one, which centimetres are lost by.
    """
    t_tai_s = _known_times(segment.t_tai_s, segment.time_system)
    return Ephemeris(t_tai_s, *_gcrf(segment.centre, segment.frame, t_tai_s, segment.r_m, segment.v_m_s))


def state_of_opm(opm: Opm) -> CartesianState:
    """The state of a message in GCRF; errors as for :func:`ephemeris_of_oem`."""
    t_tai_s = _known_times(None if opm.t_tai_s is None else np.array([opm.t_tai_s]), opm.time_system)
    r_m, v_m_s = _gcrf(opm.centre, opm.frame, t_tai_s, opm.r_m[np.newaxis], opm.v_m_s[np.newaxis])
    return CartesianState(float(t_tai_s[0]), r_m[0], v_m_s[0])


def maneuvers_of_opm(opm: Opm) -> tuple[Impulse | Burn, ...]:
    """The maneuvers of a message as a propagation flies them: those without duration are impulses.

    A burn's thrust and specific impulse follow from its change of velocity and of mass by the rocket equation.

    Raises:
        OdmError: A frame other than RTN, TNW, GCRF, ICRF and EME2000, a time that cannot be converted, or a burn
            without the mass that it burns.
    """
    return tuple(_maneuvers(opm))


def _maneuvers(opm: Opm) -> Iterator[Impulse | Burn]:
    mass_kg = opm.spacecraft.mass_kg
    for one in opm.maneuvers:
        start = _known_times(None if one.ignition_tai_s is None else np.array([one.ignition_tai_s]), opm.time_system)[0]
        axes, delta_v_m_s = _axes(one)
        x, y, z = (float(value) for value in delta_v_m_s)
        size_m_s, burnt_kg = math.hypot(x, y, z), -(one.delta_mass_kg or 0.0)
        if size_m_s == 0.0:
            continue
        exhaust_m_s: float | None = None
        if mass_kg is not None and 0.0 < burnt_kg < mass_kg:
            exhaust_m_s = size_m_s / math.log(mass_kg / (mass_kg - burnt_kg))
            mass_kg -= burnt_kg
        if one.duration_s == 0.0:
            impulse_s = None if exhaust_m_s is None else exhaust_m_s / STANDARD_GRAVITY_M_S2
            yield Impulse(float(start), (x, y, z), axes, impulse_s)
        elif exhaust_m_s is None:
            raise OdmError("MAN_DELTA_MASS", f"a burn of {one.duration_s:g} s needs MASS and the mass that it burns")
        else:
            thrust_n = burnt_kg * exhaust_m_s / one.duration_s
            end = float(start) + one.duration_s
            yield Burn(float(start), end, thrust_n, exhaust_m_s / STANDARD_GRAVITY_M_S2, (x, y, z), axes)


def _axes(one: OpmManeuver) -> tuple[ManeuverAxes, FloatArray]:
    frame = one.frame.strip().upper()
    if frame in _ALONG_RTN:
        return ManeuverAxes.RTN, one.delta_v_m_s
    if frame == "TNW":  # along the velocity, across it in the plane towards the Earth's side, along the normal
        along, inwards, normal = one.delta_v_m_s
        return ManeuverAxes.VELOCITY, np.array([along, normal, -inwards])
    if frame in ("EME2000", "J2000"):
        return ManeuverAxes.GCRF, gcrf_from_eme2000(one.delta_v_m_s)
    if frame == "GCRF" or frame.startswith("ICRF"):
        return ManeuverAxes.GCRF, one.delta_v_m_s
    raise OdmError("MAN_REF_FRAME", f"{one.frame!r} is none of RTN, TNW, GCRF, ICRF and EME2000")


def _gcrf(
    centre: str, frame: str, t_tai_s: FloatArray, r_m: FloatArray, v_m_s: FloatArray
) -> tuple[FloatArray, FloatArray]:
    if centre != "EARTH":
        raise OdmError("CENTER_NAME", f"{centre!r} is not EARTH: the states are about another body")
    if frame == "GCRF" or frame.startswith("ICRF"):
        return r_m, v_m_s
    if frame == "EME2000":
        return gcrf_from_eme2000(r_m), gcrf_from_eme2000(v_m_s)
    if frame == "TEME":
        dcm = dcm_gcrf_from_teme(t_tai_s)
        return rotate(dcm, r_m), rotate(dcm, v_m_s)
    if frame.startswith("ITRF"):
        return gcrf_from_itrf(t_tai_s, r_m, v_m_s)
    raise OdmError(
        "REF_FRAME", f"{frame!r} cannot be turned into GCRF here; it is none of ICRF, EME2000, TEME and ITRF"
    )


def _known_times(t_tai_s: FloatArray | None, system: TimeSystem) -> FloatArray:
    if t_tai_s is None:
        raise OdmError("TIME_SYSTEM", f"times in {system} cannot be converted to TAI without further data")
    return t_tai_s


def _creation(created_utc: datetime) -> str:
    return epoch_text(tai_s_from_utc(created_utc), TimeSystem.UTC)
