"""How bad an anomaly is, by a rule that people can follow; the first line that holds counts.

| step | when |
|---|---|
| critical | a value of power, propulsion or their heat is beyond a critical limit of the mission database, and others bear it out |
| serious | such a value is beyond a warning limit, or departs so that it will be within two hours, and others bear it out |
| serious | propellant or tank pressure falls away from what is expected |
| serious | it is large (ten times its threshold) for half an hour, and others than the first sensor take part |
| warning | others than the first sensor take part; or a value of power or propulsion is the first; or a state (valid, on) is wrong |
| notice | one sensor alone says so, against all others: a matter of that sensor; or it was over within three instants |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mdb import AlarmLevel, MissionDatabase
from ml.anomaly.anomaly import AnomalyKind, Severity
from ml.anomaly.episodes import Episode, Step
from ml.anomaly.spacecraft_inputs import SENSORS
from ml.anomaly.spacecraft_windows import Scale

__all__ = ["Limits", "severity_of"]

_VITAL: Final = frozenset(
    {
        *("soc", "bus_voltage_v", "battery_current_a", "array_power_w", "load_power_w"),
        *("propellant_kg", "tank_pressure_pa", "battery_temp_c", "temp_battery_c", "temp_tank_c"),
    }
)
_IRREPLACEABLE: Final = frozenset({"propellant_kg", "tank_pressure_pa"})
_STATES: Final = ("_duty", "_valid")
_OF_ONE_SENSOR: Final = frozenset({AnomalyKind.STUCK, AnomalyKind.NOISE})
_WITNESS: Final = 0.12  # share of another sensor that bears an anomaly out
_LARGE: Final = 10.0
_LONG_S: Final = 1800.0
_SOON_S: Final = 7200.0
_TREND_S: Final = 3600.0  # over which a departure is followed
_SHORT_ROWS: Final = 3


class Limits:
    """Alarm limits of the sensors: below and above which values are alarming.

    Args:
        mdb: Which has them.
    """

    def __init__(self, mdb: MissionDatabase) -> None:
        self.warning = np.array([_limits(mdb, name, AlarmLevel.WARNING) for name in SENSORS]).T
        self.critical = np.array([_limits(mdb, name, AlarmLevel.CRITICAL) for name in SENSORS]).T


def severity_of(
    limits: Limits,
    scale: Scale,
    episode: Episode,
    within: Sequence[Step],
    shares: NDArray[np.float64],
    kind: AnomalyKind,
) -> Severity:
    """The step of the rule that an episode is on."""
    first = SENSORS[int(np.argmax(shares))]
    parties = [int(one) for one in np.flatnonzero(shares >= _WITNESS)]
    borne_out = len(parties) >= 2 and kind not in _OF_ONE_SENSOR
    vital = [one for one in parties if SENSORS[one] in _VITAL]
    values = np.array([one.values for one in within])
    lasts_s = episode.last_above_tai_s - episode.begin_tai_s
    if borne_out and vital:
        if _beyond(values[:, vital], limits.critical[:, vital]):
            return Severity.CRITICAL
        if _beyond(values[:, vital], limits.warning[:, vital]):
            return Severity.SERIOUS
        if min(_time_to_limit_s(limits, scale, within, one) for one in vital) <= _SOON_S:
            return Severity.SERIOUS
    if first in _IRREPLACEABLE and kind not in _OF_ONE_SENSOR and _falls(scale, within, SENSORS.index(first)):
        return Severity.SERIOUS
    if borne_out and episode.score >= _LARGE and lasts_s >= _LONG_S and first in _VITAL:
        return Severity.SERIOUS
    if episode.rows <= _SHORT_ROWS and episode.quiet > 0:
        return Severity.NOTICE
    if borne_out or first in _VITAL or first.endswith(_STATES):
        return Severity.WARNING
    return Severity.NOTICE


def _beyond(values: NDArray[np.float64], limits: NDArray[np.float64]) -> bool:
    return bool(((values < limits[0]) | (values > limits[1])).any())


def _departure(
    scale: Scale, within: Sequence[Step], sensor: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Instants and differences from what the other sensors say over the last hour, in the unit, and the last value."""
    newest = within[-1].instant_tai_s
    told = [one for one in within if one.instant_tai_s >= newest - _TREND_S and np.isfinite(one.off[0, sensor])]
    times = np.array([one.instant_tai_s for one in told])
    away = np.array([one.values[sensor] - scale.value(sensor, float(one.expected[0, sensor])) for one in told])
    return times, away, float(told[-1].values[sensor]) if told else float("nan")


def _slope(times: NDArray[np.float64], away: NDArray[np.float64]) -> float:
    """Per second; 0 where too little is known."""
    if len(times) < 4:
        return 0.0
    return float(np.polyfit(times - times[0], away, 1)[0])


def _falls(scale: Scale, within: Sequence[Step], sensor: int) -> bool:
    values = [one.values[sensor] for one in within if np.isfinite(one.values[sensor])]
    return len(values) >= 2 and values[-1] < values[0]


def _time_to_limit_s(limits: Limits, scale: Scale, within: Sequence[Step], sensor: int) -> float:
    """Until a value is beyond its warning limit, if its departure goes on growing as in the last hour."""
    times, away, last = _departure(scale, within, sensor)
    slope = _slope(times, away)
    low, high = limits.warning[:, sensor]
    if slope < 0.0 and np.isfinite(low):
        return float(max(low - last, -1e12) / slope)
    if slope > 0.0 and np.isfinite(high):
        return float((high - last) / slope)
    return np.inf


def _limits(mdb: MissionDatabase, name: str, level: AlarmLevel) -> tuple[float, float]:
    """Least and greatest value without this alarm; infinite where there is no limit."""
    low, high = -np.inf, np.inf
    for one in mdb.parameters[name].type.alarms.ranges:
        if one.level is level and not one.inside:
            low = max(low, -np.inf if one.range.minimum is None else one.range.minimum)
            high = min(high, np.inf if one.range.maximum is None else one.range.maximum)
    return low, high
