"""The readers that are fuzzed: how a message is made, read, and what a wrong acceptance would be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from core.mission import Cdm, Omm, Tle, format_tle, parse_cdm, parse_omm, parse_tle, write_omm
from core.mission.odm import (
    Ocm,
    OdmFormat,
    Oem,
    Opm,
    parse_ocm,
    parse_oem,
    parse_opm,
    write_ocm,
    write_oem,
    write_opm,
)
from core.mission.omm_text import OmmFormat

__all__ = ["TARGETS", "Target"]

_MADE: Final = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """A reader: undamaged texts to start from, and a check that raises AssertionError where it accepted wrongly."""

    seeds: tuple[str, ...]
    read: Callable[[str], object]
    check: Callable[[object], None]


_TLE: Final = (
    "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753\n"
    "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667",
    "1 11801U          80230.29629788  .01431103  00000-0  14311-1      13\n"
    "2 11801  46.7916 230.4354 7318036  47.4722  10.4117  2.28537848    13",
)
_OPM: Final = """CCSDS_OPM_VERS = 2.0
CREATION_DATE = 2026-11-22T12:00:00
ORIGINATOR = TEST
OBJECT_NAME = LSAT-1
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = GCRF
TIME_SYSTEM = UTC
EPOCH = 2026-11-22T12:00:00.000
X = 6878.0 [km]
Y = 0.0
Z = 10.0
X_DOT = 0.0 [km/s]
Y_DOT = 7.6
Z_DOT = 0.1
MASS = 168 [kg]
DRAG_AREA = 2 [m**2]
MAN_EPOCH_IGNITION = 2026-11-22T13:00:00
MAN_DURATION = 60 [s]
MAN_DELTA_MASS = -0.1
MAN_REF_FRAME = RTN
MAN_DV_1 = 0
MAN_DV_2 = 0.001
MAN_DV_3 = 0
"""
_OEM: Final = """CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2026-11-22T12:00:00
ORIGINATOR = TEST
META_START
OBJECT_NAME = LSAT-1
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2026-11-22T12:00:00
STOP_TIME = 2026-11-22T12:02:00
INTERPOLATION = LAGRANGE
INTERPOLATION_DEGREE = 5
META_STOP
2026-11-22T12:00:00 6878.0 0.0 0.0 0.0 7.6 0.0
2026-11-22T12:01:00 6863.0 455.0 3.0 -0.5 7.58 0.1
2026-11-22T12:02:00 6818.0 908.0 6.0 -1.0 7.53 0.1
COVARIANCE_START
EPOCH = 2026-11-22T12:00:00
COV_REF_FRAME = RTN
1e-4
1e-6 4e-4
0 0 1e-4
0 -1e-7 0 1e-9
-1e-7 0 0 0 1e-9
0 0 0 0 0 1e-9
COVARIANCE_STOP
"""
_OCM: Final = """CCSDS_OCM_VERS = 3.0
CREATION_DATE = 2026-11-22T12:00:00
ORIGINATOR = TEST
META_START
OBJECT_NAME = LSAT-1
TIME_SYSTEM = UTC
EPOCH_TZERO = 2026-11-22T12:00:00
TAIMUTC_AT_TZERO = 37 [s]
META_STOP
TRAJ_START
TRAJ_REF_FRAME = EME2000
TRAJ_TYPE = CARTPV
TRAJ_UNITS = [km, km, km, km/s, km/s, km/s]
0.0 6878.0 0.0 0.0 0.0 7.6 0.0
2026-11-22T12:01:00 6863.0 455.0 3.0 -0.5 7.58 0.1
TRAJ_STOP
PHYS_START
WET_MASS = 168 [kg]
DRAG_CONST_AREA = 2 [m**2]
PHYS_STOP
COV_START
COV_REF_FRAME = RSW_ROTATING
COV_ORDERING = UTM
0.0 1e-4 1e-6 0 0 -1e-7 0 4e-4 0 -1e-7 0 0 1e-4 0 0 0 1e-9 0 0 1e-9 0 1e-9
COV_STOP
MAN_START
MAN_ID = M1
MAN_DEVICE_ID = THR_01
MAN_REF_FRAME = RSW_ROTATING
MAN_COMPOSITION = TIME_ABSOLUTE, TIME_RELATIVE, MAN_DURA, DELTA_MASS, DV_X, DV_Y, DV_Z, THR_INTERP
MAN_UNITS = [s, kg, km/s, km/s, km/s, n/a]
2026-11-22T13:00:00 3600.0 60.0 -0.1 0.0 0.001 0.0 ON
MAN_STOP
PERT_START
GM = 398600.4415 [km**3/s**2]
PERT_STOP
OD_START
OD_ID = OD_1
OD_METHOD = BWLS
OD_EPOCH = -600.0
OD_STOP
USER_START
USER_DEFINED_NOTE = text [x]
USER_STOP
"""
_CDM_OBJECT: Final = """OBJECT = OBJECT{n}
OBJECT_DESIGNATOR = {number}
CATALOG_NAME = SATCAT
OBJECT_NAME = {name}
INTERNATIONAL_DESIGNATOR = 1998-067A
EPHEMERIS_NAME = NONE
COVARIANCE_METHOD = CALCULATED
MANEUVERABLE = YES
REF_FRAME = GCRF
X = {x} [km]
Y = 0.0 [km]
Z = 0.0 [km]
X_DOT = 0.0 [km/s]
Y_DOT = {vy} [km/s]
Z_DOT = {vz} [km/s]
CR_R = 100 [m**2]
CT_R = 0 [m**2]
CT_T = 400 [m**2]
CN_R = 0 [m**2]
CN_T = 0 [m**2]
CN_N = 25 [m**2]
CRDOT_R = 0 [m**2/s]
CRDOT_T = 0 [m**2/s]
CRDOT_N = 0 [m**2/s]
CRDOT_RDOT = 1e-4 [m**2/s**2]
CTDOT_R = 0 [m**2/s]
CTDOT_T = 0 [m**2/s]
CTDOT_N = 0 [m**2/s]
CTDOT_RDOT = 0 [m**2/s**2]
CTDOT_TDOT = 1e-4 [m**2/s**2]
CNDOT_R = 0 [m**2/s]
CNDOT_T = 0 [m**2/s]
CNDOT_N = 0 [m**2/s]
CNDOT_RDOT = 0 [m**2/s**2]
CNDOT_TDOT = 0 [m**2/s**2]
CNDOT_NDOT = 1e-4 [m**2/s**2]
"""
_CDM: Final = (
    """CCSDS_CDM_VERS = 1.0
CREATION_DATE = 2026-11-22T10:00:00
ORIGINATOR = TEST
MESSAGE_ID = CDM-20261123-0001
TCA = 2026-11-23T03:00:00.000
MISS_DISTANCE = 100 [m]
"""
    + _CDM_OBJECT.format(n=1, number=25544, name="LSAT-1", x=6878.0, vy=7.6, vz=0.0)
    + _CDM_OBJECT.format(n=2, number=12345, name="DEBRIS", x=6878.1, vy=0.0, vz=7.6)
)


def _read_tle(text: str) -> Tle:
    first, _, second = text.partition("\n")
    return parse_tle(first, second)


def _check_tle(read: object) -> None:
    assert isinstance(read, Tle)
    assert all(math.isfinite(x) for x in _numbers(read.elements.model_dump()))
    assert parse_tle(*format_tle(read)).elements.inclination_deg == read.elements.inclination_deg


def _check_omm(read: object) -> None:
    assert isinstance(read, list)
    for one in read:
        assert isinstance(one, Omm)
        assert all(math.isfinite(x) for x in _numbers(one.elements.model_dump()))


def _check_oem(read: object) -> None:
    assert isinstance(read, Oem) and read.segments
    for one in read.segments:
        assert len(one.epochs) == len(one.r_m) == len(one.v_m_s) > 0
        assert np.isfinite(one.r_m).all() and np.isfinite(one.v_m_s).all()
        assert one.t_tai_s is None or (np.diff(one.t_tai_s) > 0.0).all()
        assert all(np.isfinite(c.matrix).all() and (np.diag(c.matrix) >= 0.0).all() for c in one.covariances)


def _check_opm(read: object) -> None:
    assert isinstance(read, Opm)
    assert np.isfinite(read.r_m).all() and np.isfinite(read.v_m_s).all()
    assert all(np.isfinite(one.delta_v_m_s).all() and one.duration_s >= 0.0 for one in read.maneuvers)


def _check_ocm(read: object) -> None:
    assert isinstance(read, Ocm)
    for trajectory in read.trajectories:
        assert len(trajectory.moments) == len(trajectory.elements) > 0
        assert np.isfinite(trajectory.elements).all()
        assert trajectory.t_tai_s is None or (np.diff(trajectory.t_tai_s) > 0.0).all()
    for covariance in read.covariances:
        assert np.isfinite(covariance.matrices).all()
        assert (np.diagonal(covariance.matrices, axis1=1, axis2=2) >= 0.0).all()
        assert (covariance.matrices == covariance.matrices.transpose(0, 2, 1)).all()
    for maneuver in read.maneuvers:
        assert maneuver.rows and all(row.duration_s >= 0.0 for row in maneuver.rows)
        assert all(math.isfinite(x) for row in maneuver.rows for x in row.numbers.values())
    assert parse_ocm(write_ocm(read)).metadata.values == read.metadata.values


def _check_cdm(read: object) -> None:
    assert isinstance(read, Cdm)
    assert math.isfinite(read.miss_distance_m) and read.miss_distance_m >= 0.0


def _numbers(values: Mapping[str, object]) -> list[float]:
    return [value for value in values.values() if isinstance(value, float)]


def _omm_seeds() -> tuple[str, ...]:
    elements = parse_tle(*_TLE[0].split("\n")).elements
    message = [Omm("ISS", "1998-067A", 25544, elements)]
    return tuple(write_omm(message, form, creation_utc=_MADE, originator="TEST") for form in OmmFormat)


TARGETS: Final[Mapping[str, Target]] = {
    "tle": Target(_TLE, _read_tle, _check_tle),
    "omm": Target(_omm_seeds(), parse_omm, _check_omm),
    "oem": Target((_OEM, write_oem(parse_oem(_OEM), OdmFormat.XML)), parse_oem, _check_oem),
    "opm": Target((_OPM, write_opm(parse_opm(_OPM), OdmFormat.XML)), parse_opm, _check_opm),
    "ocm": Target((_OCM, write_ocm(parse_ocm(_OCM), OdmFormat.XML)), parse_ocm, _check_ocm),
    "cdm": Target((_CDM,), parse_cdm, _check_cdm),
}
