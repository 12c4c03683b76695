"""What the detector sees of a spacecraft of the reference mission: its sensors, and the context in which they are judged.

Instants are those of housekeeping, the first one in each minute: then the values of all sensors are of that instant, and neither
the archive's nor the stream's rhythm of samples matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.mdb import MissionDatabase
from core.telemetry.parameter_units import ParameterUnits
from ml.features.expressions import Comparison, Condition, Newest, Statistic, TimeSince, Window
from ml.features.model import Feature, check_features
from ml.features.table import FeatureTable
from ml.features.units import parse_unit

__all__ = [
    "CONTEXT_SIZE",
    "INSTANT_PARAMETER",
    "REGIMES",
    "SENSORS",
    "STEP_S",
    "Rows",
    "first_of_each_step",
    "joined_rows",
    "rows_of",
    "spacecraft_features",
]

STEP_S: Final = 60.0
INSTANT_PARAMETER: Final = "soc"  # its samples are the instants of housekeeping
_NODES: Final = (
    *("panel_px", "panel_mx", "panel_py", "panel_my", "panel_pz", "panel_mz"),
    *("solar_array", "battery", "obc", "tank", "wheels", "imager"),
)
SENSORS: Final = (
    *("soc", "bus_voltage_v", "battery_current_a", "array_power_w", "load_power_w"),
    *("propellant_kg", "tank_pressure_pa", "battery_temp_c"),
    *(f"wheel_{n}_speed_rad_s" for n in range(1, 5)),
    *("wheel_momentum_n_m_s", "attitude_error_deg"),
    *(f"temp_{node}_c" for node in _NODES),
    *(f"{one}_heater_duty" for one in ("battery", "tank", "imager")),
    *(f"rate_{axis}_deg_s" for axis in "xyz"),
    *(f"wheel_{n}_torque_n_m" for n in range(1, 5)),
    *(f"wheel_{n}_momentum_n_m_s" for n in range(1, 5)),
    *("tracker_1_valid", "tracker_2_valid", "gnss_valid", "gnss_fix_age_s"),
)
_QUATERNION: Final = ("q_w", "q_x", "q_y", "q_z")
_MODES: Final = ("safe", "standby", "nominal", "payload")
_POINTINGS: Final = ("sun", "nadir", "inertial", "target", "velocity")
_STATES: Final = (
    *(("mode", one) for one in _MODES),
    *(("pointing", one) for one in _POINTINGS),
    *(("in_eclipse", 1.0), ("in_eclipse", 0.0), ("downlink_active", 1.0)),
)
_FADES_S: Final = (5.0, 300.0, 1200.0)
_HORIZON_S: Final = 3600.0
_MAX_AGE_S: Final = 30.0
_CONTACT: Final = "housekeeping_count_60"
_FULL_CONTACT: Final = 6.0  # samples a minute while a station sees the spacecraft
REGIMES: Final = ("quiet", "light changed", "work changed")  # within the last 10 and 15 minutes
_LIGHT_S: Final = 600.0
_WORK_S: Final = 900.0
CONTEXT_SIZE: Final = len(_STATES) * len(_FADES_S) + 10 + 4


@dataclass(frozen=True)
class Rows:
    """Sensors and context at instants.

    Args:
        instants_tai_s: Shape (n,), rising.
        values: Of the sensors in their units, shape (n, sensors); NaN where there is none.
        context: Shape (n, CONTEXT_SIZE), without NaN.
        regimes: In which of ``REGIMES`` each instant lies, shape (n,).
        states: Which of the states of ``mode``, ``pointing`` and light held, as texts, for people.
    """

    instants_tai_s: NDArray[np.float64]
    values: NDArray[np.float64]
    context: NDArray[np.float64]
    regimes: NDArray[np.intp]
    states: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.instants_tai_s)

    def __getitem__(self, which: slice) -> Rows:
        """Some of them."""
        return Rows(
            self.instants_tai_s[which], self.values[which], self.context[which], self.regimes[which], self.states[which]
        )


def spacecraft_features(mdb: MissionDatabase) -> tuple[Feature, ...]:
    """The features that rows are made of.

    Raises:
        InputError: The database lacks a parameter, or has another kind or unit: it is not of the reference mission.
    """
    units = ParameterUnits(mdb)

    def named(name: str, definition: Newest | Window | TimeSince, unit: str) -> Feature:
        return Feature(name=name, version=1, definition=definition, unit=unit, owner="anomaly")

    newest = [
        named(one, Newest(parameter=one, max_age_s=_MAX_AGE_S), str(parse_unit(units[one])))
        for one in (*SENSORS, *_QUATERNION, "latitude_deg", "longitude_deg")
    ]
    since = [
        named(
            _state_name(parameter, value),
            TimeSince(
                condition=Condition(parameter=parameter, comparison=Comparison.EQUAL, value=value),
                horizon_s=_HORIZON_S,
            ),
            "s",
        )
        for parameter, value in _STATES
    ]
    count = Window(parameter=INSTANT_PARAMETER, statistic=Statistic.COUNT, window_s=STEP_S)
    features = (*newest, *since, named(_CONTACT, count, "1"))
    check_features(features, mdb)
    return features


def first_of_each_step(generated_tai_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of rising times the first in each minute of TAI."""
    _, places = np.unique(np.floor(generated_tai_s / STEP_S), return_index=True)
    return generated_tai_s[places]


def rows_of(table: FeatureTable) -> Rows:
    """The rows of a table of ``spacecraft_features``."""
    values = {one.name: row for one, row in zip(table.features, table.values, strict=True)}
    count = len(table.instants_tai_s)
    since = np.stack([values[_state_name(*one)] for one in _STATES], axis=1)
    fading = [np.exp(-np.nan_to_num(since, nan=np.inf) / fade_s) for fade_s in _FADES_S]
    q = np.nan_to_num(np.stack([values[one] for one in _QUATERNION], axis=1))
    upper = np.triu_indices(4)
    turned = (q[:, :, None] * q[:, None, :])[:, upper[0], upper[1]]  # q and -q are the same attitude
    latitude_rad = np.radians(np.nan_to_num(values["latitude_deg"]))
    longitude_rad = np.radians(np.nan_to_num(values["longitude_deg"]))
    place = np.stack([np.sin(latitude_rad), np.cos(latitude_rad), np.cos(longitude_rad)], axis=1)
    contact = np.clip(np.nan_to_num(values[_CONTACT]) / _FULL_CONTACT, 0.0, 1.0)[:, None]
    context = np.concatenate([*fading, turned, place, contact], axis=1)
    sensors = np.stack([values[one] for one in SENSORS], axis=1)
    return Rows(
        table.instants_tai_s, sensors.reshape(count, len(SENSORS)), context, _regimes(since), _told_states(since)
    )


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Rows behind one another."""
    return Rows(
        np.concatenate([one.instants_tai_s for one in parts]),
        np.concatenate([one.values for one in parts]),
        np.concatenate([one.context for one in parts]),
        np.concatenate([one.regimes for one in parts]),
        tuple(state for one in parts for state in one.states),
    )


def _regimes(since_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Quiet times are judged more sharply than turns, changes of mode, downlinks and the edges of the shadow."""
    since_s = np.where(np.isnan(since_s), np.inf, since_s)
    work = since_s[:, -1] < _WORK_S  # a downlink, now or just before
    light = np.zeros(len(since_s), dtype=bool)
    for parameter, within_s in (("mode", _WORK_S), ("pointing", _WORK_S), ("in_eclipse", _LIGHT_S)):
        states = np.sort(since_s[:, [name == parameter for name, _ in _STATES]], axis=1)
        changed = states[:, 1] < within_s  # the newest is what holds, the one before it what held
        light |= changed & (parameter == "in_eclipse")
        work |= changed & (parameter != "in_eclipse")
    return np.where(work, 2, np.where(light, 1, 0)).astype(np.intp)


def _told_states(since_s: NDArray[np.float64]) -> tuple[str, ...]:
    """What holds at each instant, such as ``mode nominal, pointing nadir, in sunlight``."""
    holds = since_s == np.nanmin(np.where(np.isnan(since_s), np.inf, since_s), axis=1, keepdims=True)
    return tuple(", ".join(_words(*one) for one, now in zip(_STATES, row, strict=True) if now) for row in holds)


_WORDS: Final[Mapping[tuple[str, float | str], str]] = {
    ("in_eclipse", 1.0): "in the Earth's shadow",
    ("in_eclipse", 0.0): "in sunlight",
    ("downlink_active", 1.0): "downlink on",
}


def _words(parameter: str, value: float | str) -> str:
    return _WORDS.get((parameter, value)) or f"{parameter} {value}"


def _state_name(parameter: str, value: float | str) -> str:
    return f"since_{parameter}_{value}" if isinstance(value, str) else f"since_{parameter}_{value:g}"
