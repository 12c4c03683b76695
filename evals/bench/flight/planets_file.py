"""Our Sun and Moon as a JPL binary file that a peer reads, for years of which the reference data has none."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from core.frames import sun_moon_ephemeris
from core.time import J2000_JD

__all__ = ["jpl_file"]

FloatArray = NDArray[np.float64]

# JPL's export format (Newhall, asc2eph.f): the header's numbers in the first record, then records of Chebyshev series.
_EPOCHS_AT: Final = 2652
_RATIO_AT: Final = 2688  # of the masses of the Earth and the Moon
_POINTERS_AT: Final = 2696
_EARTH_AND_MOON: Final = 2  # of the bodies: first number from 1, series of how many numbers, how many in a record
_MOON: Final = 9
_SUN: Final = 10
_DAY_S: Final = 86_400.0
_SAMPLES: Final = 3  # for each number of a series


def jpl_file(header_of: bytes, first_jd_tdb: float, records: int) -> bytes:
    """A file with the header of another one, from a Julian date on; the Earth stands at the origin and no planet moves.

    Args:
        header_of: A file of the same form; its constants, layout and length of a record are taken.
    """
    _, _, step_day = struct.unpack_from("<3d", header_of, _EPOCHS_AT)
    (ratio,) = struct.unpack_from("<d", header_of, _RATIO_AT)
    pointers = np.frombuffer(header_of, "<i4", 36, _POINTERS_AT).reshape(12, 3)
    (libration,) = np.frombuffer(header_of, "<i4", 3, 2844).reshape(1, 3)
    first, numbers, pieces = max([*pointers.tolist(), libration.tolist()])
    count = first - 1 + 3 * numbers * pieces
    head = bytearray(header_of[: 2 * 8 * count])
    struct.pack_into("<2d", head, _EPOCHS_AT, first_jd_tdb, first_jd_tdb + records * step_day)
    table = np.zeros((records, count))
    table[:, 0] = first_jd_tdb + step_day * np.arange(records)
    table[:, 1] = table[:, 0] + step_day
    for body, share in ((_EARTH_AND_MOON, 1.0 / (1.0 + ratio)), (_MOON, 1.0), (_SUN, 1.0)):
        first, numbers, pieces = pointers[body]
        for record in table:
            starts = (record[0] - J2000_JD) + step_day / pieces * np.arange(pieces)
            series = [_series(body == _SUN, start, step_day / pieces, numbers) for start in starts]
            record[first - 1 : first - 1 + 3 * numbers * pieces] = share * np.concatenate(series)
    return bytes(head) + table.astype("<f8").tobytes()


def _series(sun: bool, start_day: float, length_day: float, numbers: int) -> FloatArray:
    """Coefficients of x, then y, then z in km, from days of TDB since J2000."""
    nodes = chebyshev.chebpts1(_SAMPLES * numbers)
    t_tdb_s = _DAY_S * (start_day + 0.5 * length_day * (nodes + 1.0))
    ephemeris = sun_moon_ephemeris()
    r_m = ephemeris.sun_gcrf_m(t_tdb_s) if sun else ephemeris.moon_gcrf_m(t_tdb_s)
    fitted = chebyshev.chebfit(nodes, r_m / 1000.0, numbers - 1)
    return np.asarray(fitted, dtype=np.float64).T.ravel()
