"""Reads a planetary ephemeris in the binary form that JPL publishes (linux_p1550p2650.440)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["JplEphemeris"]

_TITLE_BYTES: Final = 252  # three lines of 84 characters
_NAMES_BYTES: Final = 2400  # 400 names of 6 characters
_J2000_JD: Final = 2_451_545.0
_DAY_S: Final = 86_400.0


@dataclass(frozen=True)
class JplEphemeris:
    """Chebyshev coefficients in km, and where each body's lie in a record.

    Source: JPL, "JPL Planetary and Lunar Ephemerides: export information", ftp readme of the ``Linux`` folder.
    """

    start_jd: float
    step_day: float
    earth_moon_mass_ratio: float
    pointers: NDArray[np.int32]  # per body: first coefficient (from 1), coefficients per axis, sets per record
    records: NDArray[np.float64]

    @classmethod
    def read(cls, path: Path) -> JplEphemeris:
        """The ephemeris of a file; its record length follows from its pointers."""
        raw = path.read_bytes()
        at = _TITLE_BYTES + _NAMES_BYTES
        _, _, step_day = struct.unpack_from("<3d", raw, at)
        ratio = struct.unpack_from("<d", raw, at + 24 + 4 + 8)[0]
        pointers = np.frombuffer(raw, "<i4", 36, at + 44).reshape(12, 3)
        librations = np.frombuffer(raw, "<i4", 3, at + 44 + 144 + 4)
        width = int(librations[0] - 1 + 3 * librations[1] * librations[2])
        records = np.frombuffer(raw, "<f8", (len(raw) // (8 * width) - 2) * width, 2 * 8 * width).reshape(-1, width)
        return cls(float(records[0, 0]), step_day, ratio, pointers, records)

    def position_km(self, body: int, t_tdb_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions (n, 3) at TDB seconds since J2000; body 2 is the Earth-Moon barycentre, 9 the geocentric Moon
        and 10 the Sun (the first and last barycentric)."""
        first, terms, sets = (int(x) for x in self.pointers[body])
        days = t_tdb_s / _DAY_S + (_J2000_JD - self.start_jd)
        record = np.floor(days / self.step_day).astype(np.int64)
        within = (days - record * self.step_day) * sets / self.step_day
        part = np.minimum(within.astype(np.int64), sets - 1)
        block = self.records[:, first - 1 : first - 1 + 3 * terms * sets].reshape(-1, sets, 3, terms)
        x = 2.0 * (within - part) - 1.0
        basis = np.polynomial.chebyshev.chebvander(x, terms - 1)
        r_km: NDArray[np.float64] = np.einsum("nk,nak->na", basis, block[record, part])
        return r_km
