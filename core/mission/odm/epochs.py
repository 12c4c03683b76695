"""Epochs of orbit data messages: CCSDS ASCII time codes in the time system that the message names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from core.mission.odm.errors import OdmError
from core.mission.odm.references import TimeSystem
from core.time import TAI_MINUS_GPS_S, TT_MINUS_TAI_S, format_ascii_a, read_ascii

__all__ = ["Epoch", "epoch_text", "parse_epoch", "tai_of"]

_J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC)
# What has to be added to seconds of a uniform system to give TAI.
_OFFSET_S: Final = {TimeSystem.TAI: 0.0, TimeSystem.TT: -TT_MINUS_TAI_S, TimeSystem.GPS: TAI_MINUS_GPS_S}


class Epoch(str):
    """An epoch as it is written, in the message's time system."""


def parse_epoch(text: str, system: TimeSystem, keyword: str, line: int | None = None) -> tuple[Epoch, float | None]:
    """An epoch, and its TAI seconds since J2000 where the time system can be converted without further data.

    GMST, MET, MRT and SCLK count from something that the message does not hold; UT1, TDB, TCB and TCG are left as they
    are written rather than taken for a neighbouring scale.

    Raises:
        OdmError: The text is no calendar or day-of-year time, or no such day or time exists.
    """
    try:
        read = read_ascii(text, keyword)
        if system is TimeSystem.UTC:
            return Epoch(text.strip()), read.utc_as_tai_s
    except InputError as error:
        raise OdmError(keyword, error.message.removeprefix(f"{keyword}: "), line) from error
    return Epoch(text.strip()), read.uniform_s + _OFFSET_S[system] if system in _OFFSET_S else None


def epoch_text(t_tai_s: float, system: TimeSystem) -> Epoch:
    """An instant, to the microsecond, as a time system writes it.

    Raises:
        OdmError: The time system cannot be written from TAI alone.
    """
    if system is TimeSystem.UTC:
        return Epoch(format_ascii_a(t_tai_s).removesuffix("Z"))
    if system not in _OFFSET_S:
        raise OdmError("TIME_SYSTEM", f"{system} cannot be written from TAI; use UTC, TAI, TT or GPS")
    moment = _J2000 + timedelta(seconds=t_tai_s - _OFFSET_S[system])
    return Epoch(moment.strftime("%Y-%m-%dT%H:%M:%S.%f"))


def tai_of(values: list[float | None]) -> NDArray[np.float64] | None:
    """TAI seconds of many epochs, shape (n,), or None when their time system cannot be converted."""
    known = [one for one in values if one is not None]
    return np.array(known, dtype=np.float64) if len(known) == len(values) else None
