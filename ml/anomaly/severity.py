"""How bad an anomaly is, by a rule that people can follow.

| step | when |
|---|---|
| critical | a value is beyond a critical limit of the mission database, while other sensors bear it out |
| serious | a value is beyond a warning limit, or will be within an hour if it goes on; or power or propulsion is off by much |
| warning | a limit is within a day; or the anomaly is large (three times its threshold), or lasts an hour |
| notice | all else |

What one sensor alone says, against all others, is a matter of that sensor: at most a warning.
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

__all__ = ["Limits", "severity_of"]

_LARGE: Final = 3.0
_LONG_S: Final = 3600.0
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86_400.0
_WITNESS: Final = 0.15  # share of another sensor that bears an anomaly out
_OF_ONE_SENSOR: Final = frozenset({AnomalyKind.STUCK, AnomalyKind.NOISE, AnomalyKind.SPIKE})
_FALLING_S: Final = 1800.0  # over which a slope is taken


class Limits:
    """Alarm limits of the sensors: below and above which values are alarming.

    Args:
        mdb: Which has them.
    """

    def __init__(self, mdb: MissionDatabase) -> None:
        self.warning = np.array([_limits(mdb, name, AlarmLevel.WARNING) for name in SENSORS]).T
        self.critical = np.array([_limits(mdb, name, AlarmLevel.CRITICAL) for name in SENSORS]).T


def severity_of(
    limits: Limits, episode: Episode, within: Sequence[Step], shares: NDArray[np.float64], kind: AnomalyKind
) -> Severity:
    """The step of the rule that an episode is on."""
    parties = np.flatnonzero(shares >= _WITNESS)
    alone = kind in _OF_ONE_SENSOR or len(parties) < 2
    found = Severity.NOTICE
    if episode.score >= _LARGE or episode.newest_tai_s - episode.begin_tai_s >= _LONG_S:
        found = Severity.WARNING
    left_s = min((_time_to_limit_s(limits, within, int(one)) for one in parties), default=np.inf)
    if left_s <= _DAY_S:
        found = max(found, Severity.WARNING)
    if left_s <= _HOUR_S:
        found = Severity.SERIOUS
    values = np.array([one.values for one in within])
    beyond = (values < limits.critical[0]) | (values > limits.critical[1])
    if beyond[:, parties].any():
        found = Severity.CRITICAL
    return min(found, Severity.WARNING) if alone else found


def _time_to_limit_s(limits: Limits, within: Sequence[Step], sensor: int) -> float:
    """Until a value is beyond its warning limit, if it goes on as in the last half hour; 0 where it is."""
    newest = within[-1].instant_tai_s
    told = [one for one in within if one.instant_tai_s >= newest - _FALLING_S and np.isfinite(one.values[sensor])]
    if not told:
        return np.inf
    last = told[-1].values[sensor]
    low, high = limits.warning[:, sensor]
    if last < low or last > high:
        return 0.0
    if len(told) < 2:
        return np.inf
    slope = (last - told[0].values[sensor]) / max(told[-1].instant_tai_s - told[0].instant_tai_s, 1.0)
    if slope < 0.0 and np.isfinite(low):
        return float((low - last) / slope)
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
