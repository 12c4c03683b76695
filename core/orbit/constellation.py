"""SGP4 of many satellites over one grid of time: the batch that screening, access and the console's globe stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import shipped_earth_orientation, sun_moon_ephemeris
from core.mission.model import MeanElements
from core.orbit.propagation import sgp4_row
from core.time import tai_s_from_utc
from native import _core

__all__ = ["Constellation", "TemeStates"]

FloatArray = NDArray[np.float64]

_MICROSECONDS_PER_MINUTE: Final = 60e6


@dataclass(frozen=True)
class TemeStates:
    """States of satellites at epochs, and why there is none where there is none.

    ``r_teme_m`` and ``v_teme_m_s`` have shape (satellites, epochs, 3), NaN where SGP4 fails below; ``codes`` has shape
    (satellites, epochs): 0 for success, else :class:`core.orbit.propagation.Sgp4Code`. A decayed object (6) keeps the
    state that the theory gives it, below the ground.
    """

    r_teme_m: FloatArray
    v_teme_m_s: FloatArray
    codes: NDArray[np.uint8]

    @classmethod
    def empty(cls, satellites: int, epochs: int) -> TemeStates:
        """Room for a batch, to be used again and again: fresh memory costs more than the theory does."""
        shape = (satellites, epochs, 3)
        return cls(np.empty(shape), np.empty(shape), np.empty(shape[:2], dtype=np.uint8))


class Constellation:
    """Satellites that are propagated together.

    Args:
        elements: Mean elements of each (SGP4 theory, WGS 72, TEME).
    Raises:
        InputError: There is none, or the theory cannot start from one's elements; names its place in the list.
    """

    def __init__(self, elements: Sequence[MeanElements]) -> None:
        if not elements:
            raise InputError("elements", "a constellation needs at least one satellite")
        self._rows = np.array([sgp4_row(one) for one in elements])
        # Whole microseconds, as mean elements have them: one float64 of seconds would cost a millimetre.
        self._epochs_us = np.array([round(tai_s_from_utc(one.epoch_utc) * 1e6) for one in elements], dtype=np.int64)
        self._batch = _core.Sgp4Batch(self._rows)

    def __len__(self) -> int:
        return len(self._batch)

    @property
    def epochs_tai_s(self) -> FloatArray:
        """Epoch of each one's elements, TAI seconds since J2000, shape (satellites,)."""
        return self._epochs_us / 1e6

    @property
    def native_elements(self) -> FloatArray:
        """Rows of elements for the native searches, shape (satellites, 8)."""
        return self._rows

    def offsets_min(self, start_tai_s: float) -> FloatArray:
        """Minutes from each one's epoch to an instant, to the microsecond, shape (satellites,)."""
        offsets: FloatArray = (round(start_tai_s * 1e6) - self._epochs_us) / _MICROSECONDS_PER_MINUTE
        return offsets

    def propagate_teme(
        self, start_tai_s: float, since_start_s: FloatArray, *, out: TemeStates | None = None, threads: int = 1
    ) -> TemeStates:
        """States in TEME at ``start_tai_s`` (to the microsecond) plus each of ``since_start_s``, shape (epochs,).

        Args:
            out: Arrays to write into, as :meth:`TemeStates.empty` makes them; new ones where None.
            threads: How many to work with.
        Raises:
            InputError: ``out`` does not fit.
        Source: AIAA 2006-6753, improved mode; agrees with python-sgp4 to 1e-12 rad of the orbit, 1e-5 m in low ones
        (test_lanes_agree_with_python_sgp4_on_a_catalogue).
        """
        minutes = np.atleast_1d(np.asarray(since_start_s, dtype=np.float64)) / 60.0
        states = out or TemeStates.empty(len(self), minutes.size)
        try:
            self._batch.propagate_grid(
                self.offsets_min(start_tai_s),
                minutes,
                states.r_teme_m,
                states.v_teme_m_s,
                states.codes,
                threads=threads,
            )
        except (_core.NativeError, TypeError) as error:
            raise InputError("out", str(error)) from error
        return states

    def pass_rows(
        self, geodetic: FloatArray, min_elevations_rad: FloatArray, start_tai_s: float, end_tai_s: float, threads: int
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native pass search; :func:`core.orbit.passes.find_all_passes` gives them names."""
        return self._batch.find_all_passes(
            self.offsets_min(start_tai_s),
            geodetic,
            min_elevations_rad,
            start_tai_s,
            end_tai_s,
            shipped_earth_orientation().table,
            threads,
        )

    def node_rows(self, start_tai_s: float, end_tai_s: float, threads: int) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native search; :func:`core.orbit.all_crossings.find_all_nodes` gives them names."""
        table = shipped_earth_orientation().table
        return self._batch.find_all_nodes(self.offsets_min(start_tai_s), start_tai_s, end_tai_s, table, threads)

    def apsis_rows(self, start_tai_s: float, end_tai_s: float, threads: int) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native search; :func:`core.orbit.all_crossings.find_all_apsides` gives them names."""
        return self._batch.find_all_apsides(self.offsets_min(start_tai_s), start_tai_s, end_tai_s, threads)

    def keep_out_rows(
        self,
        boresight_rtn: FloatArray,
        least_angle_rad: float,
        start_tai_s: float,
        end_tai_s: float,
        moon: bool,
        threads: int,
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native search; :func:`core.orbit.all_crossings.find_all_keep_out` gives them names."""
        return self._batch.find_all_keep_out(
            self.offsets_min(start_tai_s),
            start_tai_s,
            end_tai_s,
            boresight_rtn,
            least_angle_rad,
            moon,
            shipped_earth_orientation().table,
            sun_moon_ephemeris(),
            threads,
        )

    def eclipse_rows(self, start_tai_s: float, end_tai_s: float, threads: int) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native search; :func:`core.orbit.all_accesses.find_all_eclipses` gives them names."""
        table, offsets = shipped_earth_orientation().table, self.offsets_min(start_tai_s)
        return self._batch.find_all_eclipses(offsets, start_tai_s, end_tai_s, table, sun_moon_ephemeris(), threads)

    def access_rows(
        self, geodetic: FloatArray, limits_rad: FloatArray, start_tai_s: float, end_tai_s: float, threads: int
    ) -> tuple[FloatArray, NDArray[np.uint32]]:
        """Rows of the native search; :func:`core.orbit.all_accesses.find_all_target_access` gives them names."""
        return self._batch.find_all_target_access(
            self.offsets_min(start_tai_s),
            geodetic,
            start_tai_s,
            end_tai_s,
            limits_rad,
            shipped_earth_orientation().table,
            sun_moon_ephemeris(),
            threads,
        )

    def screen_rows(
        self, start_tai_s: float, duration_s: float, threshold_m: float, step_s: float
    ) -> tuple[FloatArray, FloatArray]:
        """Rows of the native screening; :func:`core.orbit.screening.screen` gives them names."""
        return self._batch.screen(self.offsets_min(start_tai_s), duration_s, threshold_m, step_s)
