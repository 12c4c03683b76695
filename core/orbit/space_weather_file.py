"""Space weather files: reading CelesTrak's text format (CSSI), and writing the compact form that ships."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.orbit.space_weather import SpaceWeather

__all__ = ["compact_text", "parse_cssi"]

FloatArray = NDArray[np.float64]

_MJD_OF_YEAR_ONE: Final = 678_576  # date.toordinal() of an instant less its modified Julian date
_SECTIONS: Final = ("OBSERVED", "DAILY_PREDICTED", "MONTHLY_PREDICTED")
# Columns of FORMAT(I4,I3,I3,I5,I3,8I3,I4,8I4,I4,F4.1,I2,I4,F6.1,I2,5F6.1), as given in the header of each file.
_AP: Final = tuple((46 + 4 * k, 50 + 4 * k) for k in range(8))
_OBSERVED_FLUX: Final = (112, 118)
_OBSERVED_MEAN: Final = (118, 124)


@dataclass(frozen=True)
class _Day:
    mjd: int
    flux: float
    mean: float
    ap: tuple[float, ...] | None  # None where the month's prediction gives none


def parse_cssi(text: str, origin: str) -> SpaceWeather:
    """A table from CelesTrak's ``SW-All.txt`` or ``SW-Last5Years.txt``.

    Months of the long-term prediction are joined by straight lines. They carry no Ap: the mean of the measured Ap
    stands in.

    Args:
        text: The file's content.
        origin: Where it comes from, for reports.
    Raises:
        InputError: Not such a file, a number is bad, or days are missing; names line and column.
    """
    days: dict[str, list[_Day]] = {section: [] for section in _SECTIONS}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("BEGIN "):
            section = line.removeprefix("BEGIN ").strip()
        elif line.startswith("END "):
            section = ""
        elif section in days and line.strip():
            days[section].append(_day(line, number))
    observed = days["OBSERVED"]
    if not observed:
        raise InputError("space weather", "the file has no line between BEGIN OBSERVED and END OBSERVED")
    return _table(observed, days["DAILY_PREDICTED"], days["MONTHLY_PREDICTED"], origin)


def compact_text(weather: SpaceWeather, first_mjd: int) -> str:
    """The table from a day on as the comma-separated text that :func:`shipped_space_weather` reads."""
    skipped = first_mjd - weather.first_mjd
    if not 0 <= skipped < weather.measured_days:
        raise InputError("first_mjd", f"{first_mjd} is not a measured day of the table")
    lines = [
        "# Observed F10.7 (1e-22 W/m2/Hz), its 81-day centred mean, eight 3-hour Ap values; one line a UTC day.",
        f"# first_mjd={first_mjd}",
        f"# measured_days={weather.measured_days - skipped}",
        f"# origin={weather.origin}",
    ]
    lines += [
        ",".join([f"{row[0]:.1f}", f"{row[1]:.1f}", *(f"{ap:.0f}" for ap in row[2:])]) for row in weather.days[skipped:]
    ]
    return "\n".join(lines) + "\n"


def _day(line: str, number: int) -> _Day:
    def value(columns: tuple[int, int]) -> float:
        text = line[columns[0] : columns[1]]
        try:
            return float(text)
        except ValueError:
            raise InputError(
                f"line {number}, columns {columns[0] + 1} to {columns[1]}", f"{text!r} is not a number"
            ) from None

    try:
        year, month, day = (int(line[a:b]) for a, b in ((0, 4), (4, 7), (7, 10)))
        mjd = date(year, month, day).toordinal() - _MJD_OF_YEAR_ONE
    except ValueError:
        raise InputError(f"line {number}, columns 1 to 10", f"{line[:10]!r} is not a date such as 2026 08 21") from None
    has_ap = bool(line[_AP[0][0] : _AP[-1][1]].strip())
    ap = tuple(value(columns) for columns in _AP) if has_ap else None
    return _Day(mjd, value(_OBSERVED_FLUX), value(_OBSERVED_MEAN), ap)


def _table(observed: list[_Day], daily: list[_Day], monthly: list[_Day], origin: str) -> SpaceWeather:
    without = next((day for day in observed if day.ap is None), None)
    if without is not None:
        raise InputError("space weather", f"the measured day MJD {without.mjd} has no Ap values")
    mean_ap = round(float(np.mean([day.ap for day in observed if day.ap is not None])))
    filled = [day if day.ap is not None else replace(day, ap=(mean_ap,) * 8) for day in (*observed, *daily)]
    for before, after in pairwise(filled):
        if after.mjd != before.mjd + 1:
            raise InputError("space weather", f"MJD {after.mjd} follows MJD {before.mjd}; days must be successive")
    last = filled[-1]
    months = [month for month in monthly if month.mjd > last.mjd]
    knots = [last, *months]
    later = np.arange(last.mjd + 1, knots[-1].mjd + 1)
    at = [knot.mjd for knot in knots]
    fluxes = np.column_stack(
        [np.interp(later, at, [getattr(knot, name) for knot in knots]) for name in ("flux", "mean")]
    )
    rows = [np.array([[day.flux, day.mean, *(day.ap or ())] for day in filled])]
    rows.append(np.column_stack([fluxes, np.full((len(later), 8), float(mean_ap))]))
    return SpaceWeather(observed[0].mjd, np.vstack(rows), len(observed), origin)
