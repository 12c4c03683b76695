"""Satellite laser ranging: normal points (CRD) and station coordinates (SINEX) as the ILRS distributes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.determination.troposphere import LaserWeather
from core.time import tai_s_from_utc

__all__ = ["LaserPass", "StationCoordinates", "TrackingDataError", "parse_crd", "parse_sinex"]

FloatArray = NDArray[np.float64]

_DAY_S: Final = 86_400.0
_YEAR_S: Final = 365.25 * _DAY_S
_TRANSMIT_EPOCH: Final = "2"  # CRD 1.01, record 11, epoch event: ground transmit time, two-way


class TrackingDataError(InputError):
    """A tracking data file is wrong; names the record and the line."""

    default_code = "bad-tracking-data"

    def __init__(self, record: str, message: str, line: int) -> None:
        super().__init__(record, f"{message} (line {line})", line=line)
        self.line = line


@dataclass(frozen=True)
class LaserPass:
    """Normal points of one pass over one station, shapes (n,): times of transmission and two-way times of flight."""

    station: int
    satellite: str
    wavelength_um: float
    transmit_tai_s: FloatArray
    flight_s: FloatArray
    weather: LaserWeather


@dataclass(frozen=True)
class StationCoordinates:
    """ITRF position (3,), m, at an epoch, velocity (3,), m/s, and the offset of the optical centre: up, north, east."""

    station: int
    epoch_tai_s: float
    r_itrf_m: FloatArray
    v_itrf_m_s: FloatArray
    eccentricity_une_m: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def at(self, t_tai_s: float) -> FloatArray:
        """Position of the optical centre, ITRF, m, shape (3,)."""
        mark_m = self.r_itrf_m + self.v_itrf_m_s * (t_tai_s - self.epoch_tai_s)
        x, y, z = mark_m / np.linalg.norm(mark_m)
        level = np.hypot(x, y)
        east = np.array([-y, x, 0.0]) / level
        up = np.array([x, y, z])  # eccentricities of metres: the geocentric zenith does, to millimetres
        offset_up, offset_north, offset_east = self.eccentricity_une_m
        moved: FloatArray = mark_m + offset_up * up + offset_north * np.cross(up, east) + offset_east * east
        return moved


@dataclass
class _Open:
    """A pass while its records are read."""

    station: int
    line: int
    satellite: str = ""
    start_utc: datetime | None = None
    wavelength_um: float = 0.532
    points: list[tuple[float, float]] = field(default_factory=list)
    weather: list[tuple[float, float, float, float]] = field(default_factory=list)


def parse_crd(text: str) -> list[LaserPass]:
    """The passes of a Consolidated Laser Ranging Data file of version 1, normal points only.

    Weather is interpolated between its records, and held at their ends.

    Raises:
        TrackingDataError: A record lacks a field or has a bad number, points come before a header, an epoch event is
            not the time of transmission, or a pass has no weather.
    Source: ILRS, Consolidated Laser Ranging Data Format 1.01.
    """
    passes: list[LaserPass] = []
    current: _Open | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        record = fields[0].lower()
        if record == "h2":
            current = _Open(int(_numbers(fields[2:3], "h2", number)[0]), number)
        elif current is not None:
            _take(current, record, fields, number)
            if record == "h8":
                passes.append(_closed(current))
                current = None
        elif record in ("10", "11", "20", "h4"):
            raise TrackingDataError(record, "comes before a station header h2", number)
    return passes


def _take(one: _Open, record: str, fields: list[str], line: int) -> None:
    if record == "h3":
        one.satellite = fields[1] if len(fields) > 1 else ""
    elif record == "h4":
        start = [int(x) for x in _numbers(fields[2:8], "h4", line, count=6)]
        try:
            one.start_utc = datetime(start[0], start[1], start[2], start[3], start[4], start[5], tzinfo=UTC)
        except ValueError as error:
            raise TrackingDataError("h4", f"there is no such time: {error}", line) from error
    elif record == "c0":
        one.wavelength_um = _numbers(fields[2:3], "c0", line)[0] / 1000.0
    elif record == "20":
        second, pressure_hpa, temperature_k, humidity_percent = _numbers(fields[1:5], "20", line, count=4)
        one.weather.append((second, 100.0 * pressure_hpa, temperature_k, 0.01 * humidity_percent))
    elif record == "11":
        second, flight_s = _numbers(fields[1:3], "11", line, count=2)
        if len(fields) < 5 or fields[4] != _TRANSMIT_EPOCH:
            raise TrackingDataError("11", f"epoch event {' '.join(fields[4:5])!r} is not 2, the transmit time", line)
        if not 0.0 < flight_s < 10.0:
            raise TrackingDataError("11", f"a time of flight of {flight_s:g} s is out of range", line)
        one.points.append((second, flight_s))


def _closed(one: _Open) -> LaserPass:
    if one.start_utc is None:
        raise TrackingDataError("h4", "is missing in a pass", one.line)
    if not one.weather:
        raise TrackingDataError("20", "a pass without weather cannot be corrected for the air", one.line)
    midnight_tai_s = tai_s_from_utc(one.start_utc.replace(hour=0, minute=0, second=0))
    started_s = (one.start_utc - one.start_utc.replace(hour=0, minute=0, second=0)) / timedelta(seconds=1)
    points = np.array(one.points, dtype=np.float64).reshape(-1, 2)
    weather = np.array(one.weather, dtype=np.float64)
    # Seconds of the day: those before the start of the pass belong to the next day.
    second, known_s = (x + _DAY_S * (x < started_s - 60.0) for x in (points[:, 0], weather[:, 0]))
    order = np.argsort(known_s)
    pressure, temperature, humidity = (np.interp(second, known_s[order], weather[order, k]) for k in (1, 2, 3))
    return LaserPass(
        station=one.station,
        satellite=one.satellite,
        wavelength_um=one.wavelength_um,
        transmit_tai_s=midnight_tai_s + second,
        flight_s=points[:, 1],
        weather=LaserWeather(pressure, temperature, humidity),
    )


def parse_sinex(text: str, eccentricities: str = "") -> dict[int, StationCoordinates]:
    """Station coordinates of a SINEX solution by CDDIS number, the last solution of each.

    Args:
        text: A SINEX file with ``SOLUTION/ESTIMATE``.
        eccentricities: A SINEX file with ``SITE/ECCENTRICITY`` in UNE; the last entry of each station counts.
    Raises:
        TrackingDataError: A number or an epoch is malformed.
    Source: IERS, SINEX 2.02.
    """
    estimates: dict[int, dict[str, float]] = {}
    epochs: dict[int, float] = {}
    for number, line in _block(text, "SOLUTION/ESTIMATE"):
        kind, code = line[7:13].strip(), line[14:18].strip()
        if kind in ("STAX", "STAY", "STAZ", "VELX", "VELY", "VELZ") and code.isdigit():
            estimates.setdefault(int(code), {})[kind] = _numbers([line[47:68]], kind, number)[0]
            epochs[int(code)] = _epoch(line[27:39], number)
    offsets = {
        int(line[1:5]): tuple(_numbers([line[46:54], line[55:63], line[64:72]], "ECCENTRICITY", number))
        for number, line in _block(eccentricities, "SITE/ECCENTRICITY")
        if line[1:5].strip().isdigit() and line[42:45] == "UNE"
    }
    return {
        code: StationCoordinates(
            station=code,
            epoch_tai_s=epochs[code],
            r_itrf_m=np.array([found[f"STA{axis}"] for axis in "XYZ"]),
            v_itrf_m_s=np.array([found.get(f"VEL{axis}", 0.0) for axis in "XYZ"]) / _YEAR_S,
            eccentricity_une_m=_three(offsets.get(code, (0.0, 0.0, 0.0))),
        )
        for code, found in estimates.items()
        if {"STAX", "STAY", "STAZ"} <= found.keys()
    }


def _three(values: tuple[float, ...]) -> tuple[float, float, float]:
    up, north, east = values
    return up, north, east


def _block(text: str, name: str) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(f"+{name}"):
            inside = True
        elif line.startswith("-"):
            inside = False
        elif inside and not line.startswith("*"):
            yield number, line


def _epoch(text: str, line: int) -> float:
    """TAI seconds since J2000 of YY:DDD:SSSSS, UTC."""
    year, day, second = (int(x) for x in _numbers(text.split(":"), "epoch", line, count=3))
    full_year = year + (1900 if year > 50 else 2000)
    return tai_s_from_utc(datetime(full_year, 1, 1, tzinfo=UTC) + timedelta(days=day - 1)) + second


def _numbers(fields: list[str], record: str, line: int, count: int = 1) -> list[float]:
    if len(fields) < count:
        raise TrackingDataError(record, f"{len(fields)} fields where {count} are needed", line)
    try:
        return [float(x) for x in fields]
    except ValueError as error:
        raise TrackingDataError(record, f"{' '.join(fields)[:60]!r} holds something that is no number", line) from error
