"""Earth orientation as the IERS publishes it: the finals files, and the compact form that ships with the package."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.time import tai_utc_offset_s, utc_from_tai_s

__all__ = ["EarthOrientationSeries", "read_finals", "read_table", "write_table"]

FloatArray = NDArray[np.float64]

_MJD_OF_J2000: Final = 51_544.5
_MICROARCSECOND_RAD: Final = np.pi / 648_000.0e6
_UT1_UNIT_S: Final = 1.0e-7
_UNITS: Final = (_UT1_UNIT_S, *(_MICROARCSECOND_RAD,) * 4, _UT1_UNIT_S)
_LAST_COLUMN: Final = 125


@dataclass(frozen=True)
class EarthOrientationSeries:
    """One row a day at 0 h UTC, shape (days, 6): UT1 minus TAI (s), pole x and y, dX and dY (rad), excess length (s)."""

    first_mjd_utc: float
    measured_until_mjd_utc: float
    days: FloatArray


def read_finals(text: str) -> EarthOrientationSeries:
    """The content of ``finals.all`` or ``finals2000A`` (IAU 2000), with predictions where there are any.

    Celestial pole offsets end before the predictions of UT1 do: the last one is held.

    Raises:
        InputError: A field is no number, days are missing or fewer than four; names the line.
    Source: IERS Rapid Service, ``readme.finals2000A``.
    """
    rows: list[tuple[float, ...]] = []
    measured_until = 0.0
    offsets = (0.0, 0.0)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line[58:68].strip() or not line[18:27].strip():
            continue
        mjd = _number(line, 7, 15, number)
        if rows and mjd != rows[-1][0] + 1.0:
            raise InputError("earth_orientation", f"MJD {mjd:.0f} does not follow {rows[-1][0]:.0f} (line {number})")
        if line[97:106].strip() and line[116:_LAST_COLUMN].strip():
            offsets = (_number(line, 97, 106, number), _number(line, 116, _LAST_COLUMN, number))
        if line[57] == "I":
            measured_until = mjd
        pole = (_number(line, 18, 27, number), _number(line, 37, 46, number))
        rows.append((mjd, _number(line, 58, 68, number), *pole, *offsets))
    if len(rows) < 4:
        raise InputError("earth_orientation", f"{len(rows)} days of UT1 and polar motion; four are the least")
    return _series(np.array(rows), measured_until)


def _number(line: str, first: int, last: int, number: int) -> float:
    try:
        return float(line[first:last])
    except ValueError as error:
        raise InputError(
            "earth_orientation", f"{line[first:last]!r} is no number (line {number}, column {first + 1})"
        ) from error


def _series(rows: FloatArray, measured_until: float) -> EarthOrientationSeries:
    mjd = rows[:, 0]
    # utc_from_tai_s of a label that ignores TAI - UTC is off by less than a minute; noon keeps clear of a leap second.
    tai_minus_utc = np.array([tai_utc_offset_s(utc_from_tai_s((day - _MJD_OF_J2000 + 0.5) * 86_400.0)) for day in mjd])
    days = np.empty((len(rows), 6))
    days[:, 0] = rows[:, 1] - tai_minus_utc
    days[:, 1:3] = rows[:, 2:4] * 1e6 * _MICROARCSECOND_RAD
    days[:, 3:5] = rows[:, 4:6] * 1e3 * _MICROARCSECOND_RAD
    days[:, 5] = -np.gradient(days[:, 0])
    return EarthOrientationSeries(float(mjd[0]), measured_until, days)


def write_table(series: EarthOrientationSeries, path: Path) -> None:
    """The compact form: whole tenths of microseconds and microarcseconds."""
    np.savez_compressed(
        path,
        first_mjd_utc=series.first_mjd_utc,
        measured_until_mjd_utc=series.measured_until_mjd_utc,
        steps=np.diff(np.rint(series.days / _UNITS).astype(np.int32), axis=0, prepend=0).T,
    )


def read_table(file: IO[bytes]) -> EarthOrientationSeries:
    """The inverse of :func:`write_table`."""
    with np.load(file) as data:
        days = np.cumsum(data["steps"].T, axis=0, dtype=np.int64) * np.array(_UNITS)
        return EarthOrientationSeries(float(data["first_mjd_utc"]), float(data["measured_until_mjd_utc"]), days)
