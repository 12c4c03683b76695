"""Raw values to engineering values and their alarm levels, and back."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

from core.mdb.calibration import invert
from core.mdb.encoding import FloatEncoding, IntegerEncoding, IntegerForm
from core.mdb.errors import PacketUndecodable
from core.mdb.references import Raw, Reference, Value, Values
from core.mdb.types import AlarmLevel, Alarms, DataType, Epoch, TimeScale, ValueKind
from core.time import tai_s_from_utc

__all__ = ["calibrate", "limit_state", "raw_of"]

_LEVELS: Final = {level: number for number, level in enumerate(AlarmLevel)}
_UNIX: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBERS: Final = (ValueKind.INTEGER, ValueKind.FLOAT)
_TIMES: Final = (ValueKind.ABSOLUTE_TIME, ValueKind.RELATIVE_TIME)


def calibrate(kind: DataType, raw: Raw, values: Values) -> Value | None:
    """The engineering value of a raw one; None where there is none (no number in a text, outside of a spline)."""
    if kind.kind is ValueKind.BOOLEAN:
        return raw == kind.labels[1] if isinstance(raw, str) else any(raw) if isinstance(raw, bytes) else bool(raw)
    if kind.kind is ValueKind.ENUMERATED:
        return None if isinstance(raw, (str, bytes)) else kind.label(int(raw)) or f"undefined ({raw})"
    if kind.kind in (ValueKind.STRING, ValueKind.BINARY):
        return raw
    number = _number(raw)
    if number is None:
        return None
    calibrator = next((one.calibrator for one in kind.contexts if one.condition.holds(values)), kind.calibrator)
    if calibrator is not None:
        number = calibrator.calibrate(number, values)
        if math.isnan(number):
            return None
    if kind.kind in _TIMES:
        return _time(kind, number, values)
    if kind.kind is ValueKind.FLOAT:
        return float(number)
    # A fraction in an integer type (of a calibration or a float encoding) is kept: cutting it would lose what was measured.
    return int(number) if float(number).is_integer() else number


def _number(raw: Raw) -> float | int | None:
    if isinstance(raw, bytes):
        return None
    if not isinstance(raw, str):
        return raw
    try:
        return float(raw)
    except ValueError:
        return None


def _time(kind: DataType, number: float, values: Values) -> float | None:
    seconds = (number * kind.scale + kind.offset) * kind.unit_s
    if kind.kind is ValueKind.RELATIVE_TIME or kind.epoch is None:
        return seconds
    if isinstance(kind.epoch, Reference):
        start = kind.epoch.of(values)
        return None if start is None or isinstance(start, (str, bytes)) else float(start) + seconds
    return _since(kind.epoch, seconds)


def _since(epoch: Epoch, seconds: float) -> float | None:
    """TAI seconds since J2000; None for what no calendar reaches."""
    if epoch.scale is TimeScale.TAI:
        return epoch.tai_s + seconds
    whole = math.floor(seconds)
    try:
        return tai_s_from_utc(_UNIX + timedelta(seconds=whole)) + (seconds - whole)
    except (OverflowError, ValueError):
        return None


def limit_state(kind: DataType, value: Value | None, values: Values) -> AlarmLevel:
    """The highest alarm level that a value reaches, in the present context; changes are judged by the limit checker."""
    alarms = next((one for condition, one in kind.context_alarms if condition.holds(values)), kind.alarms)
    return max(_reached(alarms, value, values), key=_LEVELS.__getitem__, default=AlarmLevel.NORMAL)


def _reached(alarms: Alarms, value: Value | None, values: Values) -> list[AlarmLevel]:
    levels = [level for level, condition in alarms.conditions if condition.holds(values)]
    if isinstance(value, str) and (alarms.labels or alarms.other_labels is not AlarmLevel.NORMAL):
        levels.append(alarms.labels.get(value, alarms.other_labels))
    elif isinstance(value, (int, float)):
        levels += [one.level for one in alarms.ranges if one.raised_by(value)]
    return levels


def raw_of(kind: DataType, value: Value) -> Raw:
    """The raw value that comes nearest to an engineering one, as a sensor would send it: saturated at its ends.

    Raises:
        PacketUndecodable: No such label, or a calibration that cannot be inverted.
    """
    if kind.kind is ValueKind.ENUMERATED:
        number = kind.number(str(value))
        if number is None:
            raise PacketUndecodable(f"{value!r} is not one of {list(kind.all_labels)}")
        return number
    if isinstance(value, (str, bytes)):
        return value
    if kind.calibrator is not None:
        inverse = invert(kind.calibrator, float(value))
        if inverse is None:
            raise PacketUndecodable(f"the calibration of {kind.name} cannot be inverted at {value}")
        value = inverse
    if isinstance(kind.encoding, FloatEncoding):
        return float(value)
    return _clipped(kind.encoding, round(value)) if isinstance(kind.encoding, IntegerEncoding) else value


def _clipped(encoding: IntegerEncoding, raw: int) -> int:
    if encoding.form is IntegerForm.TWOS_COMPLEMENT:
        return max(-(1 << encoding.size_bits - 1), min((1 << encoding.size_bits - 1) - 1, raw))
    return max(0, min((1 << encoding.size_bits) - 1, raw))
