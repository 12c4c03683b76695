"""Coupled resources: against an independent integration, in closed form, and by what must hold of any flight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from core.errors import InputError
from core.frames import moon_position_gcrf_m, sun_position_gcrf_m
from core.mission import reference_mission
from core.mission.model import Bus
from core.orbit import Sgp4Orbit
from core.plan.resource_flight import (
    BROWN_OUT,
    ResourceFlight,
    ResourceStart,
    ResourceTimeline,
    fly_resources,
)
from core.plan.resource_members import ResourceFactors, ResourceSpread
from core.plan.resource_start import settled_start
from core.plan.resource_surroundings import ResourceSurroundings, nadir_surroundings, resource_surroundings
from core.power import consumers_on, pack_flow, power_model
from core.propulsion import propulsion_model
from core.thermal import thermal_network
from core.time import tai_s_from_utc

MISSION = reference_mission()
CRAFT = MISSION.craft("LSAT-1")
BUS = MISSION.bus_of("LSAT-1")
ORBIT = Sgp4Orbit.from_elements(CRAFT.elements)
START_S = tai_s_from_utc(CRAFT.elements.epoch_utc) + 7200.0
NODES = len(BUS.thermal.nodes)
WARM_K = np.full(NODES, 288.15)


def _around(t_s: np.ndarray) -> ResourceSurroundings:
    middles = 0.5 * (t_s[1:] + t_s[:-1])
    states = ORBIT.propagate(middles)
    return nadir_surroundings(middles, states.r_gcrf_m, states.v_gcrf_m_s)


def _dark(count: int) -> ResourceSurroundings:
    sun, earth = np.tile([1.0, 0.0, 0.0], (count, 1)), np.tile([0.0, 0.0, 1.0], (count, 1))
    one = np.ones(count)
    return ResourceSurroundings(sun, 1361.0 * one, 0.0 * one, earth, 6.9e6 * one, 0.0 * one, 239.0 * one)


def _timeline(t_s: np.ndarray, mode: str = "nominal", bus: Bus = BUS, **more: Any) -> ResourceTimeline:
    count = len(t_s) - 1
    still = np.zeros(count)
    return ResourceTimeline(
        t_s, consumers_on(bus.loads, [mode] * count, more.pop("activities", {})), **({
            "recorded_byte_s": still, "sent_byte_s": still, "thrusters_open": still
        } | more),
    )  # fmt: skip


def _start(
    soc: float = 0.9, temp_k: np.ndarray = WARM_K, propellant_kg: float = 17.4, stored: float = 0.0
) -> ResourceStart:
    return ResourceStart.of(soc, temp_k, propellant_kg, stored)


def _busy_day(hours: float, step_s: float = 30.0) -> tuple[ResourceTimeline, ResourceSurroundings]:
    t_s = START_S + np.arange(0.0, hours * 3600.0 + 1.0, step_s)
    phase_s = (t_s[:-1] - START_S) % 5700.0
    imaging, sending = phase_s < 600.0, (phase_s > 1200.0) & (phase_s < 1700.0)
    timeline = _timeline(
        t_s,
        activities={"imaging": imaging, "x_band": sending},
        recorded_byte_s=imaging * 20e6,
        sent_byte_s=sending * 18e6,
        thrusters_open=np.where((phase_s > 2000.0) & (phase_s < 2200.0), 4.0, 0.0),
    )
    return timeline, _around(t_s)


def test_a_revolution_agrees_with_an_independent_integration() -> None:
    """The same equations written out over the reference models, integrated by scipy to 1e-8; heaters off."""
    t_s = START_S + np.arange(0.0, 5700.0, 60.0)
    around = _around(t_s)
    count = len(t_s) - 1
    timeline = replace(_timeline(t_s, "payload"), heaters_enabled=np.zeros((count, 3), dtype=np.bool_))
    flight = fly_resources(BUS, timeline, around, _start(0.7), tolerance_k=1e-3, tolerance_soc=1e-7)
    network = thermal_network(BUS.thermal)
    power = power_model(BUS.solar_array, BUS.battery, BUS.converters, BUS.loads, BUS.thermal)
    normals = power.array_normal(around.sun_body)
    sunlight_w, infrared_w = network.absorbed(around.columns()[0], normals)
    cosine = np.maximum(0.0, np.einsum("ij,ij->i", normals, around.sun_body))
    on = [one for one in BUS.loads.consumers if "payload" in one.modes]
    used_w = sum(one.power_w for one in on)
    wanted_w = used_w / 0.95 + 6.0
    capacities = np.array([node.capacity_j_k for node in BUS.thermal.nodes])
    array, battery, converter = (BUS.thermal.index(name) for name in ("solar_array", "battery", "obc"))

    def rates(_: float, state: np.ndarray, k: int) -> np.ndarray:
        temp_k, soc = state[:-1], state[-1]
        warm = 1.0 - 0.0022 * (temp_k[array] - 301.15)
        available_w = around.sunlight_w_m2[k] * around.illumination[k] * cosine[k] * 2.2 * 0.295 * 0.98 * warm
        flow = pack_flow(BUS.battery, float(soc), float(temp_k[battery]), 0.96 * available_w - wanted_w)
        used_array_w = available_w - flow.refused_w / 0.96
        heat_w = sunlight_w[k] + infrared_w[k]
        for one in on:
            heat_w[BUS.thermal.index(one.node)] += one.power_w * one.heat_share
        heat_w[converter] += wanted_w - used_w + 0.04 * used_array_w
        heat_w[battery] += flow.heat_w
        heat_w[array] -= used_array_w
        return np.append(network.gains(heat_w, temp_k) / capacities, flow.soc_rate_s)

    state = np.append(WARM_K, 0.7)
    for k in range(count):
        state = solve_ivp(rates, (t_s[k], t_s[k + 1]), state, rtol=1e-8, atol=1e-8, args=(k,)).y[:, -1]
        assert flight.temp_k[0, k + 1] == pytest.approx(state[:-1], abs=0.003)
        assert flight.soc[0, k + 1] == pytest.approx(state[-1], abs=2e-5)


def test_a_tighter_tolerance_changes_a_day_by_less_than_stated() -> None:
    timeline, around = _busy_day(24.0)
    usual = fly_resources(BUS, timeline, around, _start())
    tight = fly_resources(BUS, timeline, around, _start(), tolerance_k=1e-4, tolerance_soc=1e-7)
    assert np.abs(usual.temp_k - tight.temp_k).max() < 0.05
    assert np.abs(usual.soc - tight.soc).max() < 1e-4
    assert usual.propellant_kg[0, -1] == pytest.approx(tight.propellant_kg[0, -1], abs=1e-5)


def test_halving_the_intervals_changes_nothing_that_matters() -> None:
    timeline, around = _busy_day(6.0)
    fine = np.sort(np.append(timeline.t_s, 0.5 * (timeline.t_s[1:] + timeline.t_s[:-1])))
    twice = ResourceTimeline(fine, *(np.repeat(one, 2, axis=0) for one in (
        timeline.consumers_on, timeline.recorded_byte_s, timeline.sent_byte_s, timeline.thrusters_open)))  # fmt: skip
    doubled = ResourceSurroundings(
        *(np.repeat(getattr(around, name), 2, axis=0) for name in around.__dataclass_fields__)
    )
    whole = fly_resources(BUS, timeline, around, _start())
    halves = fly_resources(BUS, twice, doubled, _start())
    assert np.abs(whole.temp_k - halves.temp_k[:, ::2]).max() < 0.05
    assert np.abs(whole.soc - halves.soc[:, ::2]).max() < 1e-4


def test_a_flight_goes_on_from_where_another_ended() -> None:
    timeline, around = _busy_day(6.0)
    cut = 300

    def part(piece: slice) -> ResourceFlight:
        edges = slice(piece.start, piece.stop + 1)
        line = ResourceTimeline(
            timeline.t_s[edges], timeline.consumers_on[piece], timeline.recorded_byte_s[piece],
            timeline.sent_byte_s[piece], timeline.thrusters_open[piece],
        )  # fmt: skip
        there = ResourceSurroundings(*(getattr(around, name)[piece] for name in around.__dataclass_fields__))
        return fly_resources(BUS, line, there, _start() if piece.start == 0 else first.end)

    whole = fly_resources(BUS, timeline, around, _start())
    first = part(slice(0, cut))
    second = part(slice(cut, len(timeline.t_s) - 1))
    assert second.temp_k[0, -1] == pytest.approx(whole.temp_k[0, -1], abs=0.02)
    assert second.soc[0, -1] == pytest.approx(whole.soc[0, -1], abs=1e-5)
    assert second.stored_bytes[0, -1] == pytest.approx(whole.stored_bytes[0, -1], rel=1e-12)
    assert second.propellant_kg[0, -1] == pytest.approx(whole.propellant_kg[0, -1], abs=1e-6)


def test_power_balances_at_the_bus_in_every_interval() -> None:
    timeline, around = _busy_day(12.0)
    flight = fly_resources(BUS, timeline, around, _start())
    assert flight.array_power_w * 0.96 == pytest.approx(flight.load_power_w + flight.battery_power_w, abs=1e-6)
    assert (flight.array_power_w <= flight.array_available_w + 1e-9).all()
    on_w = timeline.consumers_on @ np.array([one.power_w for one in BUS.loads.consumers])
    heaters_w = flight.heater_duty[0, 1:] @ np.array([one.power_w for one in BUS.thermal.heaters])
    assert flight.load_power_w[0, 1:] == pytest.approx((on_w + heaters_w) / 0.95 + 6.0, abs=1e-6)


def test_charge_in_the_dark_is_the_current_that_left() -> None:
    t_s = np.arange(0.0, 2101.0, 30.0)
    flight = fly_resources(BUS, _timeline(t_s), _dark(len(t_s) - 1), _start(0.9))
    drawn_c = -(flight.battery_current_a[0, 1:] * 30.0).sum()
    assert flight.soc[0, -1] == pytest.approx(0.9 - drawn_c / (30.0 * 3600.0), abs=1e-12)


def test_a_constant_power_discharge_follows_its_closed_form() -> None:
    """A pack of linear voltage a + b q and next to no resistance: a q + b q^2 / 2 is the energy that left."""
    cells = BUS.battery.cells.model_copy(
        update={
            "soc": (0.0, 1.0), "open_circuit_v": (3.0, 4.0), "resistance_temp_degc": (20.0,), "resistance_soc": (0.5,),
            "resistance_ohm": ((1e-9,),),
        }
    )  # fmt: skip
    battery, loads = BUS.battery.model_copy(update={"cells": cells}), BUS.loads.model_copy(update={"shedding": ()})
    bus = BUS.model_copy(update={"battery": battery, "loads": loads})
    t_s = np.arange(0.0, 7201.0, 60.0)
    timeline = replace(_timeline(t_s, "payload", bus), heaters_enabled=np.zeros((120, 3), dtype=np.bool_))
    flight = fly_resources(bus, timeline, _dark(120), _start(0.95))
    capacity_c, power_w = 30.0 * 3600.0, 300.0 / 0.95 + 6.0
    full = 8.0 * (3.0 * 0.95 + 0.5 * 0.95**2) * capacity_c
    left = (full - power_w * t_s) / (8.0 * capacity_c)
    assert flight.soc[0] == pytest.approx(-3.0 + np.sqrt(9.0 + 2.0 * left), abs=1e-6)


def test_loads_are_shed_in_order_and_come_back() -> None:
    t_s = np.arange(0.0, 20_001.0, 20.0)
    timeline = _timeline(t_s, "payload")
    flight = fly_resources(BUS, timeline, _dark(1000), _start(0.52))
    shed_at = [float(flight.soc[0][(flight.shed[0] & bit) > 0].max()) for bit in (1, 2, 4)]
    assert shed_at == pytest.approx([0.5, 0.4, 0.3], abs=3e-3)
    assert flight.load_power_w[0][flight.shed[0] == 3][-1] < flight.load_power_w[0][flight.shed[0] == 0][0] - 180.0
    lit = replace(_dark(1000), illumination=np.ones(1000), sun_body=np.tile([0.0, 0.0, -1.0], (1000, 1)))
    back = fly_resources(BUS, replace(timeline, t_s=t_s), lit, flight.end)
    assert back.shed[0, 1] == 7
    assert back.shed[0, -1] == 0
    assert back.soc[0][(back.shed[0] & 1) == 0].min() == pytest.approx(0.6, abs=1e-2)


def test_a_dead_battery_browns_out_and_says_how_much_is_missing() -> None:
    t_s = np.arange(0.0, 601.0, 30.0)
    flight = fly_resources(BUS, _timeline(t_s), _dark(20), _start(0.0))
    assert (flight.shed[0] & BROWN_OUT).all()
    assert flight.load_power_w[0] == pytest.approx(np.zeros(21), abs=1e-9)
    assert flight.unmet_w[0, -1] > 100.0
    assert flight.soc[0, -1] == 0.0


def test_the_store_loses_what_does_not_fit_and_sends_no_more_than_it_has() -> None:
    t_s = np.arange(0.0, 301.0, 30.0)
    filling = _timeline(t_s, "payload", recorded_byte_s=np.full(10, 1e9), sent_byte_s=np.zeros(10))
    flight = fly_resources(BUS, filling, _dark(10), _start(stored=60e9))
    assert flight.stored_bytes[0, -1] == BUS.data_store_bytes
    assert flight.lost_bytes[0, -1] == pytest.approx(60e9 + 300e9 - 64e9)
    sending = _timeline(
        t_s, activities={"x_band": np.ones(10, dtype=np.bool_)}, sent_byte_s=np.full(10, 18e6),
    )  # fmt: skip
    emptied = fly_resources(BUS, sending, _dark(10), _start(stored=1e9))
    assert emptied.sent_bytes[0, -1] == pytest.approx(1e9)
    assert emptied.stored_bytes[0, -1] == 0.0
    silent = fly_resources(BUS, _timeline(t_s, sent_byte_s=np.full(10, 18e6)), _dark(10), _start(stored=1e9))
    assert silent.sent_bytes[0, -1] == 0.0  # the transmitter is off


def test_a_burn_takes_the_propellant_of_its_impulse_until_none_is_left() -> None:
    t_s = np.arange(0.0, 601.0, 10.0)
    burning = _timeline(t_s, thrusters_open=np.full(60, 4.0))
    flight = fly_resources(BUS, burning, _dark(60), _start())
    used_kg = 17.4 - flight.propellant_kg[0, -1]
    mean_isp_s = float(flight.specific_impulse_s.mean())
    assert flight.impulse_n_s[0, -1] == pytest.approx(used_kg * mean_isp_s * 9.80665, rel=1e-4)
    tank = propulsion_model(BUS.propulsion, BUS.thermal)
    tank_k = flight.temp_k[0, :, BUS.thermal.index("tank")]
    expected = [tank.pressure(float(m), float(t)) for m, t in zip(flight.propellant_kg[0], tank_k, strict=True)]
    assert flight.tank_pressure_pa[0] == pytest.approx(expected, rel=1e-5)
    last = fly_resources(BUS, burning, _dark(60), _start(propellant_kg=0.05))
    assert last.propellant_kg[0, -1] == 0.0
    assert last.thrust_n[0, -1] == 0.0
    assert last.impulse_n_s[0, -1] == pytest.approx(0.05 * last.specific_impulse_s[0, 1] * 9.80665, rel=1e-3)


def test_members_differ_by_their_factors_alone() -> None:
    timeline, around = _busy_day(3.0)
    factors = ResourceFactors.nominal(3)
    factors.load[1] = 1.3
    factors.emissivity[2] = 1.2
    single = fly_resources(BUS, timeline, around, _start())
    flight = fly_resources(BUS, timeline, around, _start().repeated(3), factors, every=7)
    assert flight.soc[0] == pytest.approx(np.interp(flight.t_s, timeline.t_s, single.soc[0]), abs=1e-15)
    assert flight.extremes.soc_min[0] == single.soc.min()
    assert flight.extremes.temp_max_k[0] == pytest.approx(single.temp_k[0].max(axis=0), abs=0.0)
    assert flight.extremes.soc_min[1] < flight.extremes.soc_min[0]
    assert (flight.temp_k[2, -1, :6] < flight.temp_k[0, -1, :6]).all()
    own = ResourceSurroundings(*(np.stack([getattr(around, name)] * 3) for name in around.__dataclass_fields__))
    again = fly_resources(BUS, timeline, own, _start().repeated(3), factors, every=7)
    assert (again.temp_k == flight.temp_k).all()


@given(
    st.floats(0.0, 1.0), st.floats(250.0, 320.0), st.floats(0.0, 18.0), st.floats(0.0, 64e9), st.integers(0, 2**32 - 1)
)
@settings(max_examples=25)
def test_any_flight_stays_within_what_is_possible(
    soc: float, temp_k: float, propellant_kg: float, stored: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    t_s = np.concatenate([[0.0], np.cumsum(rng.uniform(0.5, 300.0, 60))])
    dark = _dark(60)
    around = replace(dark, illumination=rng.uniform(0.0, 1.0, 60), sun_body=np.tile([0.6, 0.0, -0.8], (60, 1)))
    on = rng.random((60, len(BUS.loads.consumers))) < 0.6
    timeline = ResourceTimeline(t_s, on, rng.uniform(0, 1e8, 60), rng.uniform(0, 1e8, 60), rng.uniform(0.0, 4.0, 60))
    start = _start(soc, np.full(NODES, temp_k), propellant_kg, stored)
    flight = fly_resources(BUS, timeline, around, start, ResourceFactors.drawn(1, seed))
    assert (flight.soc >= 0.0).all() and (flight.soc <= 1.0).all()
    assert (flight.stored_bytes >= 0.0).all() and (flight.stored_bytes <= BUS.data_store_bytes).all()
    assert (flight.propellant_kg >= 0.0).all() and (np.diff(flight.propellant_kg) <= 0.0).all()
    assert (flight.temp_k > 150.0).all() and (flight.temp_k < 420.0).all()
    assert flight.array_power_w * 0.96 == pytest.approx(flight.load_power_w + flight.battery_power_w, abs=1e-6)
    assert ((flight.heater_duty >= 0.0) & (flight.heater_duty <= 1.0 + 1e-12)).all()


def test_a_draw_has_the_spread_asked_for_and_repeats() -> None:
    spread = ResourceSpread(load=0.1, thrust=0.0)
    drawn = ResourceFactors.drawn(20_000, 5, spread)
    assert float(drawn.load.std()) == pytest.approx(0.1, rel=0.03)  # cutting at three deviations takes 1.4 %
    assert (drawn.thrust == 1.0).all()
    assert (ResourceFactors.drawn(20_000, 5, spread).columns() == drawn.columns()).all()
    with pytest.raises(InputError, match=r"spread\.load"):
        ResourceFactors.drawn(3, 5, ResourceSpread(load=0.5))


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("soc", _start(1.2)),
        ("soc", _start(float("nan"))),
        ("propellant_kg", _start(propellant_kg=18.5)),
        ("propellant_kg", _start(propellant_kg=-0.1)),
        ("stored_bytes", _start(stored=65e9)),
        ("temp_k", _start(temp_k=np.full(NODES, np.inf))),
        ("temp_k", _start(temp_k=np.full(NODES, 0.0))),
        ("temp_k", _start(temp_k=np.full(NODES - 1, 290.0))),
    ],
)
def test_an_impossible_start_is_refused_by_name(field: str, start: ResourceStart) -> None:
    t_s = np.arange(0.0, 61.0, 30.0)
    with pytest.raises(InputError) as caught:
        fly_resources(BUS, _timeline(t_s), _dark(2), start)
    assert caught.value.field == field
    assert "allowed" in caught.value.message or "shape" in caught.value.message


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("sun_body", {"sun_body": np.zeros((2, 3))}),
        ("illumination", {"illumination": np.full(2, 1.5)}),
        ("earth_distance_m", {"earth_distance_m": np.full(2, 6e6)}),
        ("sunlight_w_m2", {"sunlight_w_m2": np.full(2, np.nan)}),
        ("albedo", {"albedo": np.full(2, -0.1)}),
        ("surroundings", {"albedo": np.zeros(3)}),
    ],
)
def test_impossible_surroundings_are_refused_by_name(field: str, change: dict[str, Any]) -> None:
    t_s = np.arange(0.0, 61.0, 30.0)
    with pytest.raises(InputError) as caught:
        fly_resources(BUS, _timeline(t_s), replace(_dark(2), **change), _start())
    assert caught.value.field == field


def test_time_that_stands_still_and_negative_rates_are_refused() -> None:
    with pytest.raises(InputError, match="t_s"):
        fly_resources(BUS, _timeline(np.array([0.0, 30.0, 30.0])), _dark(2), _start())
    t_s = np.arange(0.0, 61.0, 30.0)
    with pytest.raises(InputError, match="sent_byte_s"):
        fly_resources(BUS, _timeline(t_s, sent_byte_s=np.array([0.0, -1.0])), _dark(2), _start())


def test_a_settled_start_repeats_after_a_revolution() -> None:
    start = settled_start(BUS, ORBIT, START_S, "nominal", soc=0.9, propellant_kg=17.4, stored_bytes=1e9)
    period_s = 86_400.0 / CRAFT.elements.mean_motion_rev_day
    t_s = START_S + np.linspace(0.0, period_s, 191)
    flight = fly_resources(BUS, _timeline(t_s), _around(t_s), start)
    steady = [BUS.thermal.index(name) for name in ("panel_px", "panel_py", "obc", "wheels", "imager", "battery")]
    assert flight.temp_k[0, -1, steady] == pytest.approx(flight.temp_k[0, 0, steady], abs=0.5)
    assert start.soc[0] == 0.9 and start.stored_bytes[0] == 1e9
    known = settled_start(
        BUS, ORBIT, START_S, "safe", soc=0.9, propellant_kg=17.4, stored_bytes=0.0, temperatures_k={"battery": 291.5}
    )
    assert known.temp_k[0, BUS.thermal.index("battery")] == 291.5
    assert known.temp_k[0, BUS.thermal.index("obc")] < start.temp_k[0, BUS.thermal.index("obc")] - 2.0
    with pytest.raises(InputError, match=r"temperatures_k\.battery"):
        settled_start(
            BUS, ORBIT, START_S, "safe", soc=0.9, propellant_kg=17.4, stored_bytes=0.0, temperatures_k={"battery": 20.0}
        )


def test_the_reference_spacecraft_keep_their_limits_through_a_nominal_day() -> None:
    timeline, around = _busy_day(24.0)
    start = settled_start(BUS, ORBIT, START_S, "nominal", soc=0.92, propellant_kg=17.4, stored_bytes=0.0)
    extremes = fly_resources(BUS, timeline, around, start).extremes
    for place, node in enumerate(BUS.thermal.nodes):
        low_k, high_k = node.operating_k
        assert low_k < extremes.temp_min_k[0, place] and extremes.temp_max_k[0, place] < high_k, node.id
    assert extremes.soc_min[0] > BUS.battery.minimum_soc


def test_the_moon_covers_the_sun_where_it_stands_before_it() -> None:
    """The total eclipse of 2024-04-08 (NASA catalogue: greatest eclipse 18:17:18 UTC) as seen from low orbit above it."""
    t_s = np.array([tai_s_from_utc(datetime(2024, 4, 8, 18, 17, 18, tzinfo=UTC))])
    axis = moon_position_gcrf_m(t_s)[0] - sun_position_gcrf_m(t_s)[0]
    axis /= np.linalg.norm(axis)
    moon_m = moon_position_gcrf_m(t_s)[0]
    along = -(moon_m @ axis) - np.sqrt((moon_m @ axis) ** 2 - moon_m @ moon_m + 6.9e6**2)
    r_m = (moon_m + along * axis)[None]
    assert np.linalg.norm(r_m) == pytest.approx(6.9e6)
    shaded = resource_surroundings(t_s, r_m, np.eye(3)[None])
    assert shaded.illumination[0] < 0.01
    aside = resource_surroundings(t_s, r_m + np.array([[0.0, 0.0, 4e6]]), np.eye(3)[None])
    assert aside.illumination[0] > 0.1
