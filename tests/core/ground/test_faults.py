"""Injected faults: what each does to the telemetry, that labels tell the truth once, and scripts that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from flight import MDB, START_TAI_S, Flight, events
from story import MISSION, SATELLITE

from core.ground.simulator.faults import Fault, FaultScriptError, load_faults, parse_faults
from core.ground.simulator.labels import FaultLog
from core.mdb import DecodedPacket
from core.time import format_utc, utc_from_tai_s

AT = format_utc(utc_from_tai_s(START_TAI_S + 60.0))
SOUND_S = START_TAI_S + 55.0
LATER_S = START_TAI_S + 655.0


def _script(*entries: str, satellite: str = SATELLITE) -> tuple[Fault, ...]:
    lines = [f"  - {{satellite: {satellite}, {entry}}}" for entry in entries]
    return parse_faults("faults:\n" + "\n".join(lines), MISSION, MDB).of(SATELLITE)


def _series(packets: list[DecodedPacket], name: str) -> list[float]:
    return [float(one.parameters[name].value) for one in packets if name in one.parameters]


def _flown(*entries: str) -> tuple[list[DecodedPacket], list[DecodedPacket], Flight]:
    """Packets before and after the faults begin."""
    flight = Flight(faults=_script(*entries))
    flight.craft.advance(SOUND_S)
    before = flight.decoded()
    flight.craft.advance(LATER_S)
    return before, flight.decoded(), flight


def test_lost_strings_lower_the_array_power_by_their_share() -> None:
    sound = Flight()
    sound.craft.advance(LATER_S)
    _, after, _ = _flown(f"id: strings, at: {AT}, fault: array_string_loss, lost_share: 0.9")
    assert max(_series(after, "array_power_w")) < 0.5 * max(_series(sound.decoded(), "array_power_w"))


def test_a_shorted_cell_moves_the_charge_faster() -> None:
    sound = Flight()
    sound.craft.advance(LATER_S)
    _, _, short = _flown(f"id: cell, at: {AT}, fault: cell_short, lost_share: 0.5")
    moved = [abs(one.craft.state.soc - 0.92) for one in (sound, short)]
    assert moved[1] > 1.2 * moved[0]  # it charges to full here, which ends the difference


def test_a_heater_that_is_stuck_on_heats_and_one_stuck_off_never_does() -> None:
    before, after, _ = _flown(f"id: hot, at: {AT}, fault: heater_stuck_on, heater: battery_heater")
    assert max(_series(before, "battery_heater_duty")) == 0.0
    assert min(_series(after, "battery_heater_duty")[1:]) == 1.0
    assert _series(after, "temp_battery_c")[-1] > _series(before, "temp_battery_c")[-1] + 0.3
    flight = Flight(faults=_script(f"id: cold, at: {AT}, fault: heater_stuck_off, heater: tank_heater"))
    for name, value in (("off_above_degc", 40.0), ("on_below_degc", 35.0)):
        flight.do("SET_PARAMETER", count=1, parameter=f"tank_heater_{name}", value=value)
    flight.craft.advance(SOUND_S)
    assert max(_series(flight.decoded(), "tank_heater_duty")) == 1.0
    flight.craft.advance(LATER_S)
    assert max(_series(flight.decoded(), "tank_heater_duty")[1:]) == 0.0


def test_wheel_friction_shows_in_the_motor_torque() -> None:
    sound = Flight()
    sound.craft.advance(LATER_S)
    _, after, _ = _flown(f"id: wheel, at: {AT}, fault: wheel_friction, factor: 5")
    assert _series(after, "wheel_1_torque_n_m")[-1] > 3.0 * _series(sound.decoded(), "wheel_1_torque_n_m")[-1]


def test_blind_trackers_raise_an_event_and_the_error_grows_with_the_gyro() -> None:
    entries = [
        f"id: {one}, at: {AT}, fault: star_tracker_blind, tracker: {one}" for one in ("tracker_py", "tracker_my")
    ]
    before, after, _ = _flown(*entries)
    assert "trackers_lost" in events(after)
    assert _series(after, "tracker_1_valid")[-1] == 0.0
    # A gyro bias of 1 deg/h over ten minutes.
    grown_deg = _series(after, "attitude_error_deg")[-1] - _series(before, "attitude_error_deg")[-1]
    assert grown_deg == pytest.approx(1.0 / 6.0, abs=0.02)


def test_a_leak_takes_propellant_without_a_burn() -> None:
    before, after, _ = _flown(f"id: leak, at: {AT}, fault: thruster_leak, duty: 0.01")
    # One thruster of 0.88 N and 217 s at this pressure, a hundredth of the time: 4.1 mg/s.
    lost_kg = _series(before, "propellant_kg")[-1] - _series(after, "propellant_kg")[-1]
    assert lost_kg == pytest.approx(4.1e-6 * 590.0, rel=0.1)


def test_a_gnss_outage_keeps_the_last_fix_and_says_so() -> None:
    _, after, _ = _flown(f"id: gnss, at: {AT}, fault: gnss_outage, duration_s: 300")
    valid = _series(after, "gnss_valid")
    assert 0.0 in valid and valid[-1] == 1.0
    lost = [one for one in after if "gnss_valid" in one.parameters and not one.parameters["gnss_valid"].value]
    assert len(set(_series(lost, "gnss_x_itrf_m"))) == 1
    assert max(_series(lost, "gnss_fix_age_s")) > 250.0


def test_a_sensor_sticks_drifts_or_gets_noisy_and_the_truth_stays() -> None:
    _, after, flight = _flown(
        f"id: stuck, at: {AT}, fault: sensor_stuck, parameter: load_power_w",
        f"id: drift, at: {AT}, fault: sensor_drifting, parameter: battery_temp_c, per_hour: -60.0",
        f"id: noise, at: {AT}, fault: sensor_noisy, parameter: soc, sigma: 0.02",
    )
    assert len(set(_series(after, "load_power_w")[1:])) == 1
    true_c = flight.craft.state.battery_temp_k - 273.15
    assert _series(after, "battery_temp_c")[-1] == pytest.approx(true_c - 10.0, abs=0.5)
    steps = np.diff(_series(after, "soc")[1:])
    assert 0.01 < np.std(steps) < 0.06  # sqrt(2) times sigma
    assert flight.craft.state.soc == pytest.approx(0.93, abs=0.03)


def test_a_fault_may_follow_an_event_and_a_clear_ends_it() -> None:
    flight = Flight(
        faults=_script(
            "id: after, after: {event: schedule_reset, delay_s: 30}, fault: gnss_outage",
            f"id: repair, at: {AT}, fault: clear, clears: after",
        )
    )
    flight.craft.advance(START_TAI_S + 5.0)
    flight.do("SCHEDULE_RESET")
    flight.craft.advance(START_TAI_S + 34.0)
    assert flight.craft.state.fault_labels == []
    flight.craft.advance(START_TAI_S + 120.0)
    labels = [(one.id, one.begins, one.t_tai_s - START_TAI_S) for one in flight.craft.state.fault_labels]
    assert labels == [
        ("after", True, pytest.approx(35.0, abs=0.01)),
        ("after", False, pytest.approx(60.0, abs=0.01)),
    ]


def test_labels_are_written_once_however_often_the_process_dies(tmp_path: Path) -> None:
    _, _, flight = _flown(f"id: gnss, at: {AT}, fault: gnss_outage, duration_s: 100")
    path = tmp_path / "faults.jsonl"
    FaultLog(path).append(flight.craft.state.fault_labels[:1])
    with path.open("ab") as file:
        file.write(b'{"satellite": "LSAT-1", "num')  # cut by a crash
    again = FaultLog(path)
    again.append(flight.craft.state.fault_labels)
    again.append(flight.craft.state.fault_labels)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["number"], row["fault"], row["begins"]) for row in rows] == [
        (0, "gnss_outage", True),
        (1, "gnss_outage", False),
    ]
    assert rows[0]["utc"][:19] == AT[:19]


@pytest.mark.parametrize(
    ("text", "line", "field", "message"),
    [
        (
            "faults:\n  - {id: a, satellite: LSAT-9, at: 2026-11-22T00:00:00Z, fault: gnss_outage}",
            2,
            "satellite",
            "LSAT-9",
        ),
        ("faults:\n  - id: a\n    satellite: LSAT-1\n    fault: gnss_outage", 2, "faults.0", "either `at`"),
        (
            "faults:\n  - id: a\n    satellite: LSAT-1\n    at: 2026-11-22T00:00:00Z\n    fault: gremlins",
            2,
            "faults.0",
            "gnss_outage",
        ),
        (
            "faults:\n  - id: a\n    satellite: LSAT-1\n    at: 2026-11-22T00:00:00Z\n    fault: cell_short\n    lost_share: 2",
            6,
            "lost_share",
            "less than 1",
        ),
        (
            "faults:\n  - id: a\n    satellite: LSAT-1\n    at: 2026-11-22T00:00:00Z\n    fault: heater_stuck_on\n    heater: x",
            6,
            "heater",
            "battery_heater",
        ),
        (
            "faults:\n  - id: a\n    satellite: LSAT-1\n    after: {event: never}\n    fault: gnss_outage",
            4,
            "after",
            "safe_mode_entered",
        ),
        ("faults:\n  - {id: a, satellite", 2, "file", "not YAML"),
        ("", None, "file", "valid"),
    ],
)
def test_a_wrong_script_is_an_error_with_its_line_and_field(
    tmp_path: Path, text: str, line: int | None, field: str, message: str
) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(FaultScriptError, match=message) as caught:
        load_faults(path, MISSION, MDB)
    assert caught.value.line == line
    assert field in caught.value.field
