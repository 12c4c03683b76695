"""What the right answer to each injected fault is, decided before any test flight was looked at.

*Right sensor*: the one that is wrong, or those in which the fault shows first by its physics. *Right kind*: by the definitions of
``AnomalyKind``; two where both describe the fault. *Severity*: what it means for the mission; an answer one step off counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.ground.simulator.faults import FaultKind
from ml.anomaly.anomaly import AnomalyKind, Severity

__all__ = ["Expectation", "expectation"]

_K: Final = AnomalyKind
_VITAL: Final = frozenset(
    {"soc", "bus_voltage_v", "battery_current_a", "array_power_w", "load_power_w", "propellant_kg", "tank_pressure_pa"}
)
_TRACKERS: Final = {"tracker_py": "tracker_1_valid", "tracker_my": "tracker_2_valid"}
_LARGE_SHARE: Final = 0.3
_HARD_FRICTION: Final = 5.0


@dataclass(frozen=True)
class Expectation:
    """The right answer.

    Args:
        sensors: Each of these is right in the first place.
        kinds: Each of these is right; the first one describes it best.
        severity: The right step.
    """

    sensors: frozenset[str]
    kinds: tuple[AnomalyKind, ...]
    severity: Severity


def expectation(fault: Mapping[str, Any]) -> Expectation:
    """Of a fault as scripts tell it."""
    return _EXPECTED[FaultKind(fault["fault"])](fault)


def _heater_off(fault: Mapping[str, Any]) -> Expectation:
    # The node cools although its heater is asked for: the temperature leaves its band, slowly.
    return Expectation(_of_heater(fault["heater"]), (_K.DRIFT, _K.CONTEXTUAL), Severity.WARNING)


def _heater_on(fault: Mapping[str, Any]) -> Expectation:
    # The tank's heater is often on, but not at this temperature; the others are never on in ordinary work.
    kinds = (_K.CONTEXTUAL,) if fault["heater"] == "tank_heater" else (_K.POINT, _K.CONTEXTUAL)
    return Expectation(_of_heater(fault["heater"]), kinds, Severity.WARNING)


def _of_heater(heater: str) -> frozenset[str]:
    node = heater.removesuffix("_heater")
    return frozenset({f"{heater}_duty", f"temp_{node}_c"}) | ({"battery_temp_c"} if node == "battery" else set())


def _cell_short(fault: Mapping[str, Any]) -> Expectation:
    # Charge and voltage move faster than the current explains; each value is usual in itself.
    sensors = frozenset({"soc", "bus_voltage_v", "battery_current_a"})
    return Expectation(sensors, (_K.CONTEXTUAL, _K.COLLECTIVE), _by_share(fault))


def _string_loss(fault: Mapping[str, Any]) -> Expectation:
    # What the array lacks is missing in the battery: array power is low for the light, or the current for the charge.
    sensors = frozenset({"array_power_w", "battery_current_a", "bus_voltage_v", "soc"})
    return Expectation(sensors, (_K.CONTEXTUAL, _K.COLLECTIVE), _by_share(fault))


def _by_share(fault: Mapping[str, Any]) -> Severity:
    return Severity.SERIOUS if fault["lost_share"] >= _LARGE_SHARE else Severity.WARNING


def _friction(fault: Mapping[str, Any]) -> Expectation:
    # All four motors need more torque at once.
    severity = Severity.SERIOUS if fault["factor"] >= _HARD_FRICTION else Severity.WARNING
    return Expectation(frozenset(f"wheel_{n}_torque_n_m" for n in range(1, 5)), (_K.COLLECTIVE, _K.POINT), severity)


def _blind(fault: Mapping[str, Any]) -> Expectation:
    # Trackers are blinded now and then, but not in this attitude, and not for so long.
    return Expectation(frozenset({_TRACKERS[fault["tracker"]]}), (_K.CONTEXTUAL,), Severity.WARNING)


def _leak(_: Mapping[str, Any]) -> Expectation:
    # Mass and pressure fall steadily without a burn; what is lost is lost for ever.
    return Expectation(frozenset({"propellant_kg", "tank_pressure_pa"}), (_K.DRIFT,), Severity.SERIOUS)


def _gnss(_: Mapping[str, Any]) -> Expectation:
    # The flag falls at once; seen as fixes, they are missing.
    return Expectation(frozenset({"gnss_valid", "gnss_fix_age_s"}), (_K.POINT, _K.GAP), Severity.WARNING)


def _sensor(kind: AnomalyKind) -> Callable[[Mapping[str, Any]], Expectation]:
    def made(fault: Mapping[str, Any]) -> Expectation:
        severity = Severity.WARNING if fault["parameter"] in _VITAL else Severity.NOTICE
        return Expectation(frozenset({fault["parameter"]}), (kind,), severity)

    return made


_EXPECTED: Final[Mapping[FaultKind, Callable[[Mapping[str, Any]], Expectation]]] = {
    FaultKind.HEATER_STUCK_OFF: _heater_off,
    FaultKind.HEATER_STUCK_ON: _heater_on,
    FaultKind.CELL_SHORT: _cell_short,
    FaultKind.ARRAY_STRING_LOSS: _string_loss,
    FaultKind.WHEEL_FRICTION: _friction,
    FaultKind.STAR_TRACKER_BLIND: _blind,
    FaultKind.THRUSTER_LEAK: _leak,
    FaultKind.GNSS_OUTAGE: _gnss,
    FaultKind.SENSOR_STUCK: _sensor(_K.STUCK),
    FaultKind.SENSOR_NOISY: _sensor(_K.NOISE),
    FaultKind.SENSOR_DRIFTING: _sensor(_K.DRIFT),
}
