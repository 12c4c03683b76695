"""Stepping one spacecraft: the same however it is cut, the same as one flight, and turning as it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.attitude import PointingLaw
from core.attitude.quaternion import into_body
from core.errors import InputError
from core.frames import sun_position_gcrf_m
from core.mission import reference_mission
from core.mission.model import Mode
from core.orbit import FlownOrbit, Sgp4Orbit
from core.plan.fly import fly_satellite
from core.plan.resource_flight import ResourceTimeline, fly_resources
from core.plan.resource_start import settled_start
from core.plan.resource_surroundings import nadir_surroundings
from core.plan.stepping import STRETCH_S, Aim, CraftState, Departures, Duty, Stepper, settled_craft
from core.power import consumers_on
from core.time import tai_s_from_utc, utc_from_tai_s
from tools.initial import MissionFileReader

MISSION = reference_mission()
CRAFT = MISSION.craft("LSAT-1")
BUS = MISSION.bus_of("LSAT-1")
ORBIT = Sgp4Orbit.from_elements(CRAFT.elements)
START_S = tai_s_from_utc(CRAFT.elements.epoch_utc) + 40_000.0
NADIR, SUN = Aim(PointingLaw.NADIR), Aim(PointingLaw.SUN)
COAST = Duty(Mode.NOMINAL, NADIR)
KNOWN = {"soc": 0.9, "propellant_kg": 17.4, "stored_bytes": 1.2e9}
SETTLED = settled_craft(BUS, ORBIT, START_S, Mode.NOMINAL, NADIR, **KNOWN)


def _fly(stepper: Stepper, state: CraftState, duty: Duty, until_tai_s: float, step_s: float = 1e9) -> CraftState:
    while state.t_tai_s < until_tai_s:
        state = stepper.advance(state, duty, min(until_tai_s, state.t_tai_s + step_s)).state
    return state


@settings(max_examples=8, deadline=None)
@given(st.floats(3.0, 400.0))
def test_how_an_interval_is_cut_changes_nothing_that_matters(step_s: float) -> None:
    end_s = START_S + 2.2 * STRETCH_S
    whole, cut = (_fly(Stepper(BUS, ORBIT), SETTLED, COAST, end_s, step) for step in (1e9, step_s))
    assert cut.resources.soc[0] == pytest.approx(whole.resources.soc[0], abs=2e-4)
    assert np.abs(cut.resources.temp_k - whole.resources.temp_k).max() < 0.2
    assert np.abs(cut.anchor.state.wheel_n_m_s - whole.anchor.state.wheel_n_m_s).max() < 1e-9


def test_a_revolution_agrees_with_one_flight_of_the_resources() -> None:
    """Nadir pointing, so the surroundings are those of the orbit frame, here on a grid of 10 s."""
    t_s = START_S + np.arange(0.0, 5701.0, 10.0)
    count, middles = len(t_s) - 1, 0.5 * (t_s[:-1] + t_s[1:])
    states = ORBIT.propagate(middles)
    still = np.zeros(count)
    timeline = ResourceTimeline(t_s, consumers_on(BUS.loads, ["nominal"] * count, {}), still, still, still)
    start = settled_start(BUS, ORBIT, START_S, "nominal", **KNOWN)
    flight = fly_resources(BUS, timeline, nadir_surroundings(middles, states.r_gcrf_m, states.v_gcrf_m_s), start)
    stepped = _fly(Stepper(BUS, ORBIT), SETTLED, COAST, float(t_s[-1]), 47.0)
    assert stepped.resources.soc[0] == pytest.approx(flight.soc[0, -1], abs=1e-3)
    assert np.abs(stepped.resources.temp_k[0] - flight.temp_k[0, -1]).max() < 0.5


def test_a_change_of_aim_slews_within_the_limits_and_ends_on_the_sun() -> None:
    stepper, state = Stepper(BUS, ORBIT), _fly(Stepper(BUS, ORBIT), SETTLED, COAST, START_S + 100.0)
    rates, errors = [], []
    for _ in range(60):
        state = stepper.advance(state, Duty(Mode.NOMINAL, SUN), state.t_tai_s + 5.0).state
        now = stepper.attitude(state)
        rates.append(np.degrees(np.linalg.norm(now.omega_body_gcrf_rad_s)))
        errors.append(np.degrees(now.error_rad))
    assert errors[0] > 20.0 and errors[-1] < 0.01
    assert 0.5 < max(rates) < 1.1  # the bus slews at 1 deg/s; the orbit's own turn is 0.06 deg/s
    to_sun = sun_position_gcrf_m(np.array([state.t_tai_s])) - ORBIT.propagate(np.array([state.t_tai_s])).r_gcrf_m
    seen = into_body(stepper.attitude(state).q_body_gcrf, to_sun[0] / np.linalg.norm(to_sun))
    assert np.degrees(np.hypot(seen[0], seen[1])) < 0.1 and seen[2] < 0.0  # the reference bus looks at the Sun with -z


def test_an_aim_that_changes_in_the_middle_of_a_slew_turns_on_from_there() -> None:
    stepper = Stepper(BUS, ORBIT)
    state = stepper.advance(SETTLED, Duty(Mode.NOMINAL, SUN), START_S + 31.0).state
    before = stepper.attitude(state)
    after = stepper.attitude(stepper.advance(state, COAST, state.t_tai_s + 0.001).state)
    turned = 2.0 * np.degrees(np.arccos(min(1.0, abs(float(before.q_body_gcrf @ after.q_body_gcrf)))))
    assert turned < 0.01
    assert np.abs(after.wheel_n_m_s - before.wheel_n_m_s).max() < 0.2


def test_an_inertial_aim_holds_what_it_finds() -> None:
    stepper = Stepper(BUS, ORBIT)
    hold = Duty(Mode.NOMINAL, Aim(PointingLaw.INERTIAL))
    state = _fly(stepper, SETTLED, hold, START_S + 60.0)
    first = stepper.attitude(state).q_body_gcrf
    last = stepper.attitude(_fly(stepper, state, hold, START_S + 1.5 * STRETCH_S)).q_body_gcrf
    assert abs(float(first @ last)) == pytest.approx(1.0, abs=1e-6)


def test_departures_show_where_they_should() -> None:
    end_s = START_S + 5700.0
    sound = _fly(Stepper(BUS, ORBIT), SETTLED, COAST, end_s)
    half = Departures(array_power=0.5)
    assert _fly(Stepper(BUS, ORBIT, half), SETTLED, COAST, end_s).resources.soc[0] < sound.resources.soc[0]
    leaking = _fly(Stepper(BUS, ORBIT, Departures(leak_open=0.001)), SETTLED, COAST, end_s)
    assert sound.resources.propellant_kg[0] == 17.4 > leaking.resources.propellant_kg[0]
    cold = replace(SETTLED, resources=replace(SETTLED.resources, temp_k=SETTLED.resources.temp_k - 20.0))
    tank = BUS.thermal.index("tank")
    heated, unheated = (
        _fly(Stepper(BUS, ORBIT, one), cold, COAST, end_s).resources.temp_k[0, tank]
        for one in (Departures(), Departures(heaters_off=frozenset({"tank_heater"})))
    )
    assert heated > unheated + 0.5


def test_an_instant_that_is_not_later_is_refused() -> None:
    with pytest.raises(InputError, match="until_tai_s"):
        Stepper(BUS, ORBIT).advance(SETTLED, COAST, START_S)


def test_the_battery_check_predicts_what_the_plan_simulation_predicts() -> None:
    """A plan of nothing, on its own grid of half minutes with cuts at shadow edges."""
    start = utc_from_tai_s(START_S)
    initial = MissionFileReader(MISSION).initial_resources(CRAFT.id, start)
    flown = fly_satellite(initial, [], BUS, FlownOrbit.undisturbed(ORBIT), START_S, START_S + 3 * 5700.0)
    known = {"soc": initial.soc, "propellant_kg": initial.propellant_kg, "stored_bytes": initial.data_stored_bytes}
    state = settled_craft(BUS, ORBIT, START_S, Mode.NOMINAL, NADIR, **known)
    end = _fly(Stepper(BUS, ORBIT), state, COAST, START_S + 3 * 5700.0)
    assert end.resources.soc[0] == pytest.approx(flown.resources.soc[0, -1], abs=1e-3)
    assert np.abs(end.resources.temp_k - flown.resources.temp_k[0, -1]).max() < 0.3
