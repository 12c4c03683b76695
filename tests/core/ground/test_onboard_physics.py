"""What a simulated spacecraft reports of its physics, how burns change its orbit, and when it saves itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
from flight import START_TAI_S, Flight, events
from story import MISSION, SATELLITE

from core.frames import itrf_from_gcrf
from core.ground.simulator import OnboardState, initial_state
from core.mission.model import Mode
from core.orbit import Sgp4Orbit

BUS = MISSION.bus_of(SATELLITE)
OLD = Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements)


def _last(flight: Flight) -> dict[str, float]:
    """The newest value of every parameter."""
    values: dict[str, float] = {}
    for packet in flight.decoded():
        values |= {name: one.value for name, one in packet.parameters.items()}  # type: ignore[misc]
    return values


def test_reports_agree_with_each_other_and_with_the_orbit() -> None:
    flight = Flight()
    flight.craft.advance(START_TAI_S + 95.0)
    told = _last(flight)
    assert sum(name.startswith("temp_") for name in told) == 12
    assert told["temp_battery_c"] == pytest.approx(told["battery_temp_c"], abs=0.02)
    assert told["bus_voltage_v"] * told["battery_current_a"] == pytest.approx(
        0.96 * told["array_power_w"] - told["load_power_w"], abs=3.0
    )  # 0.96: the array's converter
    assert sum(told[f"q_{axis}"] ** 2 for axis in "wxyz") == pytest.approx(1.0, abs=1e-5)
    assert told["rate_y_deg_s"] == pytest.approx(
        -360.0 / OLD.period_s, rel=0.01
    )  # nadir pointing, +y against the normal
    rotor_kg_m2 = BUS.wheels.rotor_inertia_kg_m2 or 0.0
    assert told["wheel_1_speed_rad_s"] == pytest.approx(told["wheel_1_momentum_n_m_s"] / rotor_kg_m2, abs=0.1)
    fixed = np.array([[told[f"gnss_{axis}_itrf_m"] for axis in "xyz"]])
    now = np.array([flight.craft.state.fix.t_tai_s if flight.craft.state.fix else 0.0])
    states = OLD.propagate(now)
    true_m, _ = itrf_from_gcrf(now, states.r_gcrf_m, states.v_gcrf_m_s)
    assert 0.0 < np.linalg.norm(fixed - true_m) < 6.0 * 5.0 * np.sqrt(3.0)  # six times the receiver's 5 m noise


def test_a_burn_shifts_the_orbit_by_what_vis_viva_says() -> None:
    flight = Flight()
    before_kg = flight.craft.state.propellant_kg
    flight.do("EXECUTE_BURN", delta_v_m_s=5.0, duration_s=200.0)
    flight.craft.advance(START_TAI_S + 260.0)
    names = [one.name for one in flight.decoded()]
    assert names.index("ProgressSuccess") < names.index("CompletionSuccess")
    state = flight.craft.state
    assert state.elements is not None
    used_kg = before_kg - state.propellant_kg
    mean_kg = BUS.dry_mass_kg + before_kg - 0.5 * used_kg
    # Specific impulse falls from 220 s with the tank's pressure, by less than 3 % here: rocket equation.
    gained_m_s = 218.0 * 9.80665 * used_kg / mean_kg
    motion = MISSION.craft(SATELLITE).elements.mean_motion_rev_day
    a_m = (3.986004418e14 * (86_400.0 / (2 * np.pi * motion)) ** 2) ** (1 / 3)
    speed_m_s = np.sqrt(3.986004418e14 / a_m)
    # da / a = 2 dv / v, so dn / n = -3 dv / v.
    expected = -3.0 * gained_m_s / speed_m_s
    assert (state.elements.mean_motion_rev_day - motion) / motion == pytest.approx(expected, rel=0.03)


def test_a_braking_burn_turns_first_and_lowers_the_orbit() -> None:
    flight = Flight()
    burn = {"delta_v_m_s": -1.0, "duration_s": 60.0}
    assert flight.do("EXECUTE_BURN", **burn)[-1] == "StartFailure"  # the thrusters point along the velocity
    flight.craft.receive_cltu(flight.cltu("EXECUTE_BURN", execute_tai_s=START_TAI_S + 320.0, **burn))
    turn = {"pointing": "velocity", "duration_s": 400, "latitude_deg": 0.0, "longitude_deg": 0.0}
    flight.do("SET_POINTING", **turn)
    flight.craft.advance(START_TAI_S + 420.0)
    assert "burn_completed" in events(flight.decoded())
    after = flight.craft.state.elements
    assert after is not None and after.mean_motion_rev_day > MISSION.craft(SATELLITE).elements.mean_motion_rev_day


def test_a_restart_changes_nothing_that_is_told_later() -> None:
    """Also in the middle of a slew: the attitude goes on from where its flight began."""
    flight = Flight()
    flight.do("SET_POINTING", pointing="sun", duration_s=900, latitude_deg=0.0, longitude_deg=0.0)
    flight.craft.advance(START_TAI_S + 40.0)
    again = flight.again()
    told = []
    for one in (flight, again):
        one.craft.advance(START_TAI_S + 41.0)
        one.craft.advance(START_TAI_S + 300.0)
        one.decoded()
        state = one.craft.state
        assert state.attitude is not None
        told.append([state.soc, *(state.temp_k or ()), *state.attitude.q_body_gcrf, *state.attitude.wheel_n_m_s])
    assert told[1] == pytest.approx(told[0], rel=1e-9)


def test_a_state_stored_before_the_coupled_models_still_flies() -> None:
    old = json.loads(initial_state(MISSION, SATELLITE, START_TAI_S).model_dump_json())
    fields = list(OnboardState.model_fields)
    kept = fields[: fields.index("next_housekeeping_tai_s") + 1]  # what was stored then
    assert "temp_k" not in kept and "farm_expected" in kept
    state = OnboardState.model_validate({name: old[name] for name in kept})
    flight = Flight(state)
    flight.craft.advance(START_TAI_S + 30.0)
    assert flight.craft.state.temp_k is not None and flight.craft.state.soc == pytest.approx(0.92, abs=0.01)


def test_a_temperature_beyond_operation_leads_to_safe_mode_after_three_rounds() -> None:
    flight = Flight()
    state = flight.craft.state.model_copy(deep=True)
    temp_k = list(state.temp_k or ())
    temp_k[BUS.thermal.index("imager")] = 273.15 + 46.0  # operates up to 40 degC
    state.temp_k = tuple(temp_k)
    hot = Flight(state)
    hot.craft.advance(START_TAI_S + 9.0)
    assert hot.craft.state.mode is Mode.NOMINAL
    hot.craft.advance(START_TAI_S + 60.0)
    assert hot.craft.state.mode is Mode.SAFE
    packets = hot.decoded()
    assert events(packets)[:2] == ["temperature_limit", "safe_mode_entered"]
    values = [one.parameters["event_value"].value for one in packets if "event_id" in one.parameters]
    assert values[0] == BUS.thermal.index("imager") + 1


def test_an_excessive_rate_leads_to_safe_mode() -> None:
    flight = Flight()
    flight.do("SET_PARAMETER", count=1, parameter="rate_limit_deg_s", value=0.3)
    flight.do("SET_POINTING", pointing="sun", duration_s=0, latitude_deg=0.0, longitude_deg=0.0)
    flight.craft.advance(START_TAI_S + 120.0)
    assert "excessive_rate" in events(flight.decoded())
    assert flight.craft.state.mode is Mode.SAFE


def test_safe_mode_comes_again_while_its_cause_lasts() -> None:
    flight = Flight(initial_state(MISSION, SATELLITE, START_TAI_S).model_copy(update={"soc": 0.61}))
    flight.do("SET_PARAMETER", count=1, parameter="safe_mode_soc", value=0.9)
    flight.craft.advance(START_TAI_S + 20.0)
    flight.decoded()
    assert flight.craft.state.mode is Mode.SAFE
    flight.do("SET_MODE", mode="nominal")
    flight.craft.advance(START_TAI_S + 40.0)
    assert "safe_mode_entered" in events(flight.decoded())
