"""A burn's torque in flown plans and on board: momentum is conserved, both agree, and what wheels cannot hold is found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from core.attitude import wheel_axes
from core.attitude.craft import inertia_kg_m2
from core.attitude.quaternion import matrix_of
from core.ground.simulator import initial_state
from core.ground.simulator.physics import Physics
from core.ground.simulator.state import OngoingActivity, OngoingKind
from core.mission.design.propulsion import BurnControl
from core.mission.model import Mission
from core.orbit import Sgp4Orbit, state_at
from core.plan.activity import BurnActivity, PointingMode
from core.plan.check import check_plan
from core.plan.draft import draft_plan
from core.plan.model import Finding, Intent, MissionPlan
from core.plan.simulate import Fidelity, simulate
from core.propulsion import burn_torque_n_m
from core.time import tai_s_from_utc
from evals.proposals import propose
from tools.initial import MissionFileReader

SATELLITE = "LSAT-1"


def crooked(mission: Mission, factors: Sequence[float], control: BurnControl, torquer_a_m2: float = 1e-6) -> Mission:
    """The mission with thrusters that are weaker or stronger than the curve, and torquers that unload nothing."""
    bus = mission.bus_of(SATELLITE)
    made = [
        one.model_copy(update={"thrust_factor": factor})
        for one, factor in zip(bus.propulsion.thrusters, factors, strict=True)
    ]
    propulsion = bus.propulsion.model_copy(update={"thrusters": tuple(made), "burn_control": control})
    made_of = {"propulsion": propulsion, "magnetorquer_a_m2": torquer_a_m2}
    name = mission.craft(SATELLITE).bus
    return mission.model_copy(update={"buses": {**mission.buses, name: bus.model_copy(update=made_of)}})


def raised(mission: Mission, now: datetime, by_km: float = 2.0) -> MissionPlan:
    craft = mission.craft(SATELLITE)
    state = state_at(Sgp4Orbit.from_elements(craft.elements), tai_s_from_utc(now))
    altitude_km = state.mean_altitude_m / 1000.0 + by_km
    activities = propose(
        mission, now, [("plan_orbit_raise", {"satellite": SATELLITE, "target_altitude_km": altitude_km})]
    )
    initial = [MissionFileReader(mission).initial_resources(SATELLITE, now)]
    intent = Intent(text="a test", author="operator", channel="cli", received_at=now)
    return draft_plan("plan-test00", intent, activities, initial, mission, now)


def findings(plan: MissionPlan, mission: Mission, now: datetime) -> tuple[Finding, ...]:
    report = check_plan(plan, mission, now).validation
    assert report is not None
    return report.findings


def first_burn(plan: MissionPlan) -> BurnActivity:
    return next(one for one in plan.activities if isinstance(one, BurnActivity))


@pytest.mark.parametrize("fidelity", list(Fidelity))
def test_momentum_after_a_burn_is_what_its_torque_brought(mission: Mission, now: datetime, fidelity: Fidelity) -> None:
    """Body and wheels together, in GCRF: the integral of the burn's torque; air, gravity and light bring under 0.01 N m s."""
    site = crooked(mission, [1.02, 1.02, 1.0, 1.0], BurnControl.WHEELS)
    plan, bus = raised(site, now), site.bus_of(SATELLITE)
    run, burn = simulate(plan, site, fidelity).runs[SATELLITE], first_burn(plan)
    attitude = run.flight.attitude
    dcm_body_from_gcrf = matrix_of(attitude.q_body_gcrf)
    body = attitude.omega_body_gcrf_rad_s @ inertia_kg_m2(bus).T
    body_axes_n_m_s = body + attitude.wheel_n_m_s @ wheel_axes(bus.wheels)
    total_n_m_s = np.einsum("nji,nj->ni", dcm_body_from_gcrf, body_axes_n_m_s)
    torque_n_m = burn_torque_n_m(bus.propulsion, run.propellant_kg[0])
    outer = np.einsum("nji,j->ni", dcm_body_from_gcrf, torque_n_m)
    begin, end = (int(np.abs(run.t_tai_s - tai_s_from_utc(at)).argmin()) for at in (burn.window.start, burn.window.end))
    steps_s = np.diff(run.t_tai_s[begin : end + 1])
    brought = (0.5 * (outer[begin:end] + outer[begin + 1 : end + 1]) * steps_s[:, None]).sum(axis=0)
    assert np.linalg.norm(brought) > 0.2
    gained = total_n_m_s[end] - total_n_m_s[begin]
    np.testing.assert_allclose(gained, brought, atol=0.03 * np.linalg.norm(brought) + 0.01)


def test_off_pulsing_keeps_a_burn_from_the_wheels(mission: Mission, now: datetime) -> None:
    torquer_a_m2 = mission.bus_of(SATELLITE).magnetorquer_a_m2
    site = crooked(mission, [1.02, 1.02, 1.0, 1.0], BurnControl.OFF_PULSING, torquer_a_m2)
    plan = raised(site, now)
    straight = raised(mission, now)
    runs = [simulate(one, where).runs[SATELLITE] for one, where in ((plan, site), (straight, mission))]
    most = [run.wheel_momentum_n_m_s.max() for run in runs]
    assert most[0] == pytest.approx(most[1], abs=0.05)
    assert not [one for one in findings(plan, site, now) if one.code.startswith(("ATT", "MAN"))]


def test_a_torque_that_wheels_cannot_hold_is_found_and_the_burn_named(mission: Mission, now: datetime) -> None:
    site = crooked(mission, [1.15, 1.15, 0.85, 0.85], BurnControl.WHEELS)
    plan = raised(site, now, by_km=8.0)
    found = {one.code: one for one in findings(plan, site, now)}
    assert {"ATT-002", "ATT-004"} & set(found)
    for code in {"ATT-002", "ATT-004"} & set(found):
        assert "the thrusters leave a torque of 0.1" in found[code].explanation  # 0.3 m, 15 % of 4 N at begin of life
        assert "burn-lsat-1" in found[code].explanation


def burning(mission: Mission, plan: MissionPlan) -> tuple[Physics, BurnActivity]:
    """The simulated spacecraft on its thrust axis, at the start of the plan's first burn."""
    burn = first_burn(plan)
    state = initial_state(mission, SATELLITE, tai_s_from_utc(burn.window.start) - 400.0)
    state.pointing = PointingMode.VELOCITY
    physics = Physics(mission, SATELLITE, state)
    physics.fly(tai_s_from_utc(burn.window.start), ())
    return physics, burn


def wheels(physics: Physics) -> NDArray[np.float64]:
    return physics.attitude().wheel_n_m_s


def test_the_simulated_spacecraft_takes_what_the_plan_says_also_after_a_restart(
    mission: Mission, now: datetime
) -> None:
    site = crooked(mission, [1.02, 1.02, 1.0, 1.0], BurnControl.WHEELS)
    plan = raised(site, now)
    physics, burn = burning(site, plan)
    run = simulate(plan, site).runs[SATELLITE]
    begin_tai_s, end_tai_s = tai_s_from_utc(burn.window.start), tai_s_from_utc(burn.window.end)
    k = [int(np.abs(run.t_tai_s - at).argmin()) for at in (begin_tai_s, end_tai_s)]
    planned = run.flight.attitude.wheel_n_m_s[k[1]] - run.flight.attitude.wheel_n_m_s[k[0]]

    before = wheels(physics)
    mass_kg = site.bus_of(SATELLITE).dry_mass_kg + physics.state.propellant_kg
    physics.state.ongoing = [
        OngoingActivity(
            kind=OngoingKind.BURN,
            ends_tai_s=end_tai_s,
            apid=1,
            sequence_count=0,
            acknowledge=0,
            begun_tai_s=begin_tai_s,
            delta_v_m_s=burn.delta_v_m_s,
            begun_mass_kg=mass_kg,
        )
    ]
    physics.fly(0.5 * (begin_tai_s + end_tai_s), ())
    restarted = Physics(site, SATELLITE, physics.state.model_copy(deep=True))
    for one in (physics, restarted):
        one.fly(end_tai_s, ())
    assert wheels(restarted) == pytest.approx(wheels(physics), abs=1e-9)
    gained = wheels(physics) - before
    assert np.linalg.norm(planned) > 0.2
    # The rest is that the simulator's wheels start empty, and turn with another momentum.
    assert gained == pytest.approx(planned, abs=0.05 * float(np.linalg.norm(planned)))
    physics.state.ongoing = []
    physics.fly(end_tai_s + 200.0, ())
    after = wheels(physics) - before
    assert np.linalg.norm(after - gained) < 0.3 * np.linalg.norm(gained)  # nothing pushes any more
