"""The thermal network against closed forms: cooling, two nodes, periodic heat, a plate in orbit, a thermostat's cycle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from core.errors import InputError
from core.mission import reference_mission
from core.mission.design import ThermalDesign
from core.thermal import (
    ThermalModelError,
    fly_temperatures,
    node_margins,
    steady_state_k,
    thermal_network,
    view_of_earth,
)

SIGMA = 5.670_374_419e-8  # CODATA 2018
EARTH_RADIUS_M = 6.371e6


def _node(name: str, capacity_j_k: float, area_m2: float = 1e-6, emissivity: float = 1e-6) -> dict[str, Any]:
    face = {"normal": (0.0, 0.0, 1.0), "area_m2": area_m2, "absorptivity": 1.0, "emissivity": emissivity}
    return {
        "id": name,
        "equipment": name,
        "capacity_j_k": capacity_j_k,
        "faces": [face],
        "operating_degc": (-200.0, 200.0),
        "qualification_margin_k": 0.0,
    }


def _design(nodes: list[dict[str, Any]], **more: Any) -> ThermalDesign:
    return ThermalDesign.model_validate({"nodes": nodes, **more})


@given(st.floats(200.0, 400.0), st.floats(500.0, 50_000.0), st.floats(0.05, 2.0))
@example(400.0, 500.0, 1.7109375)  # the estimated error of one step over the first minute is zero by accident
@settings(max_examples=30)
def test_a_node_cools_as_the_inverse_cube_root(start_k: float, capacity_j_k: float, area_m2: float) -> None:
    """Incropera et al., Fundamentals of Heat and Mass Transfer, 6th ed., equation 5.18: radiation alone."""
    t_s = np.linspace(0.0, 6000.0, 101)
    design = _design([_node("one", capacity_j_k, area_m2, 0.8)])
    flown = fly_temperatures(design, t_s, np.zeros((100, 1)), np.array([start_k]))
    exact_k = (start_k**-3 + 3.0 * 0.8 * area_m2 * SIGMA * t_s / capacity_j_k) ** (-1.0 / 3.0)
    assert flown.temp_k[:, 0] == pytest.approx(exact_k, abs=0.05)  # the tolerance of one step, kept over all


@given(st.floats(100.0, 500.0), st.floats(100.0, 500.0), st.floats(1.0, 50_000.0), st.floats(1.0, 600.0))
@settings(max_examples=100)
def test_a_node_nears_its_equilibrium_in_one_interval(
    start_k: float, equilibrium_k: float, capacity_j_k: float, interval_s: float
) -> None:
    """Incropera et al., equation 5.18 with a source: separated and integrated by partial fractions."""
    assume(abs(equilibrium_k - start_k) > 1.0)
    radiated_w_k4 = 0.8 * SIGMA
    heat_w = np.full((1, 1), radiated_w_k4 * equilibrium_k**4)
    design = _design([_node("one", capacity_j_k, 1.0, 0.8)])
    flown = fly_temperatures(design, np.array([0.0, interval_s]), heat_w, np.array([start_k])).temp_k[1, 0]

    def elapsed_s(left: float) -> float:
        """Until a share of the difference is left."""
        terms = [
            math.log((equilibrium_k + temp_k) / abs(equilibrium_k - temp_k)) + 2.0 * math.atan(temp_k / equilibrium_k)
            for temp_k in (start_k, equilibrium_k + left * (start_k - equilibrium_k))
        ]
        return capacity_j_k / (4.0 * radiated_w_k4 * equilibrium_k**3) * (terms[1] - terms[0])

    left = 0.0 if elapsed_s(1e-6) < interval_s else brentq(lambda one: elapsed_s(one) - interval_s, 1e-6, 1.0)
    assert flown == pytest.approx(equilibrium_k + left * (start_k - equilibrium_k), abs=0.05)


@given(st.floats(500.0, 20_000.0), st.floats(500.0, 20_000.0), st.floats(0.1, 20.0))
@settings(max_examples=30)
def test_two_nodes_share_their_difference_exponentially(first: float, second: float, conductance: float) -> None:
    """Two lumped capacities and one conductance: the difference decays with G (1/C1 + 1/C2), the heat content stays."""
    design = _design(
        [_node("a", first), _node("b", second)],
        conductors=[{"between": ("a", "b"), "conductance_w_k": conductance}],
    )
    t_s = np.linspace(0.0, 3000.0, 61)
    flown = fly_temperatures(design, t_s, np.zeros((60, 2)), np.array([320.0, 270.0])).temp_k
    exact_k = 50.0 * np.exp(-conductance * (1.0 / first + 1.0 / second) * t_s)
    assert flown[:, 0] - flown[:, 1] == pytest.approx(exact_k, abs=0.05)
    assert first * flown[:, 0] + second * flown[:, 1] == pytest.approx(first * 320.0 + second * 270.0, rel=1e-6)


def test_periodic_heat_gives_the_amplitude_and_lag_of_a_first_order_system() -> None:
    """Carslaw and Jaeger, Conduction of Heat in Solids, lumped: amplitude Q / sqrt(G^2 + (w C)^2), lag atan(w C / G)."""
    capacity, conductance, heat_w, period_s = 8000.0, 2.5, 60.0, 5700.0
    omega = 2.0 * math.pi / period_s
    design = _design(
        [_node("node", capacity), _node("sink", 1e15)],
        conductors=[{"between": ("node", "sink"), "conductance_w_k": conductance}],
    )
    t_s = np.arange(0.0, 8 * period_s + 1.0, 15.0)
    middles = 0.5 * (t_s[1:] + t_s[:-1])
    heat = np.column_stack([heat_w * np.sin(omega * middles), np.zeros(len(middles))])
    flown = fly_temperatures(design, t_s, heat, np.array([280.0, 280.0])).temp_k[:, 0] - 280.0
    amplitude = heat_w / math.hypot(conductance, omega * capacity)
    exact = amplitude * np.sin(omega * t_s - math.atan2(omega * capacity, conductance))
    settled = t_s > 6 * period_s
    assert flown[settled] == pytest.approx(exact[settled], abs=0.03)


def test_a_thermostat_cycles_as_two_exponentials_say() -> None:
    capacity, conductance, heater_w, sink_k = 4000.0, 0.8, 30.0, 260.0
    low_k, high_k = 278.15, 281.15
    design = _design(
        [_node("node", capacity), _node("sink", 1e15)],
        conductors=[{"between": ("node", "sink"), "conductance_w_k": conductance}],
        heaters=[{"id": "h", "node": "node", "power_w": heater_w, "on_below_degc": 5.0, "off_above_degc": 8.0}],
    )
    tau_s, hot_k = capacity / conductance, sink_k + heater_w / conductance
    on_s = tau_s * math.log((hot_k - low_k) / (hot_k - high_k))
    off_s = tau_s * math.log((high_k - sink_k) / (low_k - sink_k))
    t_s = np.linspace(0.0, 20.0 * (on_s + off_s), 400)
    flown = fly_temperatures(design, t_s, np.zeros((399, 2)), np.array([low_k, sink_k]), tolerance_k=0.005)
    assert flown.heater_duty.mean() == pytest.approx(on_s / (on_s + off_s), abs=2e-3)
    assert flown.temp_k[:, 0].min() > low_k - 0.01
    assert flown.temp_k[:, 0].max() < high_k + 0.01


def test_a_flat_plate_in_orbit_settles_where_its_fluxes_say() -> None:
    """Gilmore, Spacecraft Thermal Control Handbook, 2nd ed., chapter 2: a plate over the subsolar point, worked by hand."""
    plate = _node("plate", 1000.0, 1.0, 0.9)
    plate["faces"] = [
        {"normal": (0.0, 0.0, 1.0), "area_m2": 1.0, "absorptivity": 0.3, "emissivity": 0.9},
        {"normal": (0.0, 0.0, -1.0), "area_m2": 1.0, "absorptivity": 0.2, "emissivity": 0.8},
    ]
    design = _design([plate])
    distance_m = EARTH_RADIUS_M + 500e3
    view = (EARTH_RADIUS_M / distance_m) ** 2
    around = np.array([[0.0, 0.0, -1.0, 1361.0, 1.0, 0.0, 0.0, 1.0, distance_m, 0.3, 239.0]])
    sunlight, infrared = thermal_network(design).absorbed(around, np.array([[0.0, 0.0, -1.0]]))
    assert sunlight[0, 0] == pytest.approx(0.2 * 1361.0 + 0.3 * 1361.0 * 0.3 * view, rel=1e-12)
    assert infrared[0, 0] == pytest.approx(0.9 * 239.0 * view, rel=1e-12)
    heat_w = sunlight[0] + infrared[0]
    assert steady_state_k(design, heat_w)[0] == pytest.approx((heat_w[0] / (1.7 * SIGMA)) ** 0.25, rel=1e-9)


@st.composite
def networks(draw: st.DrawFn) -> ThermalDesign:
    names = [f"n{k}" for k in range(draw(st.integers(1, 7)))]
    nodes = [_node(name, draw(st.floats(100.0, 1e5)), draw(st.floats(0.01, 1.0)), 0.8) for name in names]
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    return _design(
        nodes,
        conductors=[{"between": pair, "conductance_w_k": draw(st.floats(0.01, 10.0))} for pair in pairs[::2]],
        exchanges=[{"between": pair, "area_m2": draw(st.floats(0.001, 0.5))} for pair in pairs[::3]],
    )


@given(networks(), st.lists(st.floats(1.0, 200.0), min_size=7, max_size=7))
@settings(max_examples=40)
def test_in_the_steady_state_every_node_balances_and_all_heat_leaves(design: ThermalDesign, heats: list[float]) -> None:
    heat_w = np.array(heats[: len(design.nodes)])
    temp_k = steady_state_k(design, heat_w)
    assert thermal_network(design).gains(heat_w, temp_k) == pytest.approx(np.zeros(len(heat_w)), abs=1e-6)
    areas = np.array([node.faces[0].area_m2 * 0.8 for node in design.nodes])
    assert float((SIGMA * areas * temp_k**4).sum()) == pytest.approx(float(heat_w.sum()), rel=1e-9)
    # Flying long ends in the same place.
    t_s = np.linspace(0.0, 5e7, 21)
    flown = fly_temperatures(design, t_s, np.tile(heat_w, (20, 1)), np.full(len(heat_w), 280.0)).temp_k[-1]
    assert flown == pytest.approx(temp_k, abs=0.01)


def test_the_native_network_agrees_with_the_sums_written_out() -> None:
    """The reference spacecraft's network, coupling by coupling and face by face."""
    design = reference_mission().bus_of("LSAT-1").thermal
    native = thermal_network(design)
    rng = np.random.default_rng(4)
    for _ in range(20):
        temp_k, heat_w = rng.uniform(230.0, 340.0, 12), rng.uniform(-50.0, 200.0, 12)
        sun, earth = (one / np.linalg.norm(one) for one in rng.normal(size=(2, 3)))
        normal = rng.normal(size=3)
        normal /= np.linalg.norm(normal)
        gains = heat_w.copy()
        for conductor in design.conductors:
            one, other = (design.index(name) for name in conductor.between)
            flow_w = conductor.conductance_w_k * (temp_k[one] - temp_k[other])
            gains[[one, other]] += -flow_w, flow_w
        for exchange in design.exchanges:
            one, other = (design.index(name) for name in exchange.between)
            flow_w = SIGMA * exchange.area_m2 * (temp_k[one] ** 4 - temp_k[other] ** 4)
            gains[[one, other]] += -flow_w, flow_w
        light, warmth = np.zeros(12), np.zeros(12)
        sides = {"array_front": normal, "array_back": -normal}
        for place, node in enumerate(design.nodes):
            for face in node.faces:
                gains[place] -= SIGMA * face.area_m2 * face.emissivity * temp_k[place] ** 4
                facing = sides[face.normal] if isinstance(face.normal, str) else np.array(face.normal)
                view = view_of_earth(np.array([facing @ earth]), 6.9e6)[0]
                light[place] += face.area_m2 * face.absorptivity * 1361.0 * (0.4 * max(0.0, facing @ sun) + 0.3 * view)
                warmth[place] += face.area_m2 * face.emissivity * 239.0 * view
        around = np.array([[*sun, 1361.0, 0.4, *earth, 6.9e6, 0.3, 239.0]])
        sunlight, infrared = native.absorbed(around, normal[None])
        assert native.gains(heat_w, temp_k) == pytest.approx(gains, abs=1e-9)
        assert sunlight[0] == pytest.approx(light, abs=1e-9)
        assert infrared[0] == pytest.approx(warmth, abs=1e-9)


def test_margins_are_the_nearest_limits() -> None:
    design = reference_mission().bus_of("LSAT-1").thermal
    cold, hot = np.full(12, 285.0), np.full(12, 300.0)
    battery = design.index("battery")
    hot[battery] = 310.0
    margins = node_margins(design, cold, hot)
    assert margins[battery].operating_k == pytest.approx(308.15 - 310.0)
    assert margins[battery].qualification_k == pytest.approx(313.15 - 310.0)
    assert margins[design.index("tank")].operating_k == pytest.approx(285.0 - 281.15)
    with pytest.raises(InputError, match="temp_max_k"):
        node_margins(design, cold, np.full(12, np.nan))


@pytest.mark.parametrize("altitude_m", [300e3, 800e3, 36_000e3])
def test_view_factors_agree_with_the_integral_over_the_visible_cap(altitude_m: float) -> None:
    ratio = (EARTH_RADIUS_M + altitude_m) / EARTH_RADIUS_M
    # Directions off nadir and around it, weighted by solid angle, as far as the Earth reaches.
    edge = math.asin(1.0 / ratio)
    off = (np.arange(1500) + 0.5) / 1500 * edge
    around = (np.arange(720) + 0.5) / 720 * 2.0 * math.pi
    cosines = np.cos(np.radians([0.0, 20.0, 45.0, 70.0, 90.0, 110.0, 140.0, 175.0]))
    for cosine in cosines:
        sine = math.sqrt(1.0 - cosine**2)
        seen = np.cos(off)[:, None] * cosine + np.sin(off)[:, None] * np.cos(around)[None, :] * sine
        integral = (np.maximum(seen, 0.0) * np.sin(off)[:, None]).sum() * edge / 1500 * 2.0 * math.pi / 720 / math.pi
        ours = view_of_earth(np.array([cosine]), EARTH_RADIUS_M + altitude_m)[0]
        assert ours == pytest.approx(integral, abs=1e-4)


def test_a_node_without_a_way_out_has_no_steady_state() -> None:
    lonely = _node("lonely", 100.0)
    lonely["faces"] = []
    with pytest.raises(ThermalModelError, match="way out"):
        steady_state_k(_design([_node("other", 100.0, 1.0, 0.8), lonely]), np.array([1.0, 1.0]))


def test_times_and_shapes_that_do_not_fit_are_refused() -> None:
    design = _design([_node("one", 100.0, 1.0, 0.8)])
    with pytest.raises(ThermalModelError, match="heat_w must have shape"):
        fly_temperatures(design, np.arange(3.0), np.zeros((3, 1)), np.array([300.0]))
    with pytest.raises(ThermalModelError, match="start_k must have shape"):
        fly_temperatures(design, np.arange(3.0), np.zeros((2, 1)), np.array([300.0, 300.0]))
    with pytest.raises(ThermalModelError, match="increase"):
        fly_temperatures(design, np.array([0.0, 2.0, 1.0]), np.zeros((2, 1)), np.array([300.0]))
    with pytest.raises(ThermalModelError, match="finite"):
        fly_temperatures(design, np.arange(3.0), np.full((2, 1), np.nan), np.array([300.0]))
