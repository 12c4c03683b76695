"""What the event searches share: checked spans, geodetic rows, and native errors made typed."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.frames import EphemerisSpanError
from core.orbit.propagation import Orbit, PropagationError
from native import _core

__all__ = ["LONGEST_SEARCH_S", "search", "searched"]

FloatArray = NDArray[np.float64]
Found = TypeVar("Found")

LONGEST_SEARCH_S = 400.0 * 86_400.0  # the native search refuses more


class _NativeCode(IntEnum):
    """Codes of the C++ library's exception (llamaspace/error.hpp)."""

    BAD_SHAPE = 1
    BAD_VALUE = 2
    BAD_INTERVAL = 3
    PROPAGATION = 4
    NO_DATA = 20


def search(
    orbit: Orbit, start_tai_s: float, end_tai_s: float, find: Callable[[FloatArray, float, float, float], FloatArray]
) -> FloatArray:
    """Rows of a native search; ``find`` gets elements, their epoch (TAI s), and the span they hold in.

    What a burn falls into comes out in two pieces, before and after it.

    Raises:
        InputError: The span is empty, reversed or longer than 400 days.
        PropagationError: SGP4 fails inside the span.
        EphemerisSpanError: The search needs the Sun outside its ephemeris.
    """
    if not 0.0 < end_tai_s - start_tai_s <= LONGEST_SEARCH_S:
        length_day = (end_tai_s - start_tai_s) / 86_400.0
        raise InputError("window", f"a search over {length_day:.3f} days is not in the range (0, 400] days")
    legs = orbit.legs_between(start_tai_s, end_tai_s)
    return searched(
        lambda: np.concatenate([find(leg.native_elements, leg.epoch_tai_s, first, last) for leg, first, last in legs])
    )


def searched(find: Callable[[], Found]) -> Found:
    """What a native search gives; its errors made typed, as for :func:`search`."""
    try:
        return find()
    except _core.NativeError as error:
        if error.code == _NativeCode.PROPAGATION:
            raise PropagationError(str(error)) from error
        if error.code == _NativeCode.NO_DATA:
            raise EphemerisSpanError(str(error)) from error
        raise InputError("search", str(error)) from error
