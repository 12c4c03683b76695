"""The battery pack: the native model against its readable reference, closed forms, and measured discharges."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.mission import reference_mission
from core.power import consumers_on, open_circuit_v, pack_flow, power_model, resistance_ohm

BUS = reference_mission().bus_of("LSAT-1")
NATIVE = power_model(BUS.solar_array, BUS.battery, BUS.converters, BUS.loads, BUS.thermal)

charges = st.floats(0.0, 1.0)
temperatures_k = st.floats(240.0, 330.0)
powers_w = st.floats(-3000.0, 3000.0)


@settings(max_examples=200)
@given(charges, temperatures_k, powers_w)
def test_the_native_pack_agrees_with_the_reference(soc: float, temp_k: float, power_w: float) -> None:
    native = NATIVE.battery_flow(np.array([soc]), np.array([temp_k]), np.array([power_w]))[0]
    ours = pack_flow(BUS.battery, soc, temp_k, power_w)
    expected = (
        ours.current_a,
        ours.voltage_v,
        ours.power_w,
        ours.heat_w,
        ours.soc_rate_s,
        ours.unmet_w,
        ours.refused_w,
    )
    # 1e-9: both solve one quadratic, in two arrangements of it.
    assert native == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(charges, temperatures_k, powers_w)
def test_energy_is_neither_made_nor_lost(soc: float, temp_k: float, power_w: float) -> None:
    flow = pack_flow(BUS.battery, soc, temp_k, power_w)
    capacity_c = 30.0 * 3600.0
    stored_w = open_circuit_v(BUS.battery, soc) * flow.soc_rate_s * capacity_c
    assert flow.power_w == pytest.approx(stored_w + flow.heat_w, abs=1e-9)
    assert flow.heat_w >= -1e-9
    assert flow.power_w - flow.unmet_w + flow.refused_w == pytest.approx(power_w, abs=1e-9)


@given(charges, temperatures_k, powers_w)
def test_limits_hold(soc: float, temp_k: float, power_w: float) -> None:
    flow = pack_flow(BUS.battery, soc, temp_k, power_w)
    assert -30.0 <= flow.current_a <= 15.0
    if flow.current_a > 0.0:
        assert flow.voltage_v <= 33.2 + 1e-9
    if flow.current_a < 0.0:
        assert flow.voltage_v >= 24.0 - 1e-9
    assert soc < 1.0 or flow.current_a <= 0.0
    assert soc > 0.0 or flow.current_a >= 0.0


def test_a_known_pack_gives_the_current_worked_by_hand() -> None:
    # Half full at 25 degC: 8 x 3.7 V behind 8/12 of a cell's 0.05813 ohm (between 0.06 at 20 % and 0.055 at 100 %).
    ohm = 8.0 / 12.0 * (0.06 - 0.005 * 0.3 / 0.8)
    assert resistance_ohm(BUS.battery, 0.5, 298.15) == pytest.approx(ohm, rel=1e-12)
    flow = pack_flow(BUS.battery, 0.5, 298.15, -200.0)
    assert flow.current_a == pytest.approx((-29.6 + math.sqrt(29.6**2 - 4.0 * ohm * 200.0)) / (2.0 * ohm), rel=1e-12)
    assert flow.heat_w == pytest.approx(flow.current_a**2 * ohm, rel=1e-9)


def test_age_takes_capacity_and_adds_resistance() -> None:
    old = BUS.battery.model_copy(update={"capacity_fade": 0.2, "resistance_growth": 0.5})
    young_flow, old_flow = (pack_flow(one, 0.5, 298.15, -200.0) for one in (BUS.battery, old))
    assert resistance_ohm(old, 0.5, 298.15) == pytest.approx(1.5 * resistance_ohm(BUS.battery, 0.5, 298.15))
    assert old_flow.soc_rate_s / old_flow.current_a == pytest.approx(young_flow.soc_rate_s / young_flow.current_a / 0.8)


def test_a_cold_pack_sags_more() -> None:
    warm, cold = (pack_flow(BUS.battery, 0.5, temp_k, -300.0) for temp_k in (298.15, 263.15))
    assert cold.voltage_v < warm.voltage_v
    assert cold.heat_w > warm.heat_w


def test_the_model_predicts_measured_discharges_of_nasa_cells(reference_data: Path) -> None:
    """NASA Prognostics Center battery data: cells discharged at 2 A. A curve taken from one cell's second discharge,
    scaled to the capacity of the day, gives that cell's voltage 8 cycles later, and a sister cell's."""
    rows = pq.read_table(reference_data / "ml" / "nasa_battery_discharge_B0005_6_7.parquet").to_pylist()
    curves = {(one["battery"], one["discharge_no"]): one for one in rows}

    def measured(cell: str, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        one = curves[cell, number]
        t_s = np.linspace(0.0, one["duration_s"], 30)
        volts, amps = (np.array([one[f"{kind}{k:02d}"] for k in range(30)]) for kind in ("v", "i"))
        drawn_a_h = np.concatenate([[0.0], np.cumsum(-0.5 * (amps[1:] + amps[:-1]) * np.diff(t_s))]) / 3600.0
        loaded = amps < -1.0
        return 1.0 - drawn_a_h[loaded] / one["capacity"], volts[loaded], amps[loaded]

    # Resistance from the rest before and the first loaded sample, about 0.1 ohm for these cells after first use.
    soc, volts, amps = measured("B0005", 2)
    ohm = 0.08
    order = np.argsort(soc)
    knots = np.linspace(0.0, 1.0, 21)
    open_v = np.interp(knots, soc[order], (volts - ohm * amps)[order])
    open_v = np.maximum.accumulate(open_v + 1e-6 * np.arange(21))
    cells = BUS.battery.cells.model_copy(
        update={
            "series": 1,
            "parallel": 1,
            "soc": tuple(knots),
            "open_circuit_v": tuple(open_v),
            "resistance_temp_degc": (25.0,),
            "resistance_soc": (0.5,),
            "resistance_ohm": ((ohm,),),
        }
    )
    battery = BUS.battery.model_copy(update={"cells": cells, "minimum_voltage_v": 1.0})
    for cell, number in (("B0005", 10), ("B0007", 2), ("B0007", 10)):
        soc, volts, amps = measured(cell, number)
        inside = (soc > 0.1) & (soc < 0.95)
        predicted = [
            pack_flow(battery, float(s), 298.15, float(v * a)).voltage_v
            for s, v, a in zip(soc[inside], volts[inside], amps[inside], strict=True)
        ]
        # 40 mV: 1 % of the voltage, with a curve of another cycle and cell and no temperature in it.
        assert float(np.abs(predicted - volts[inside]).max()) < 0.04


def test_the_array_gives_less_when_warm_and_tilted() -> None:
    array_w = NATIVE.array_power(np.array([1361.0, 1361.0, 0.0]), np.array([301.15, 351.15, 301.15]))
    assert array_w[0] == pytest.approx(1361.0 * 2.2 * 0.295 * 0.98, rel=1e-12)
    assert array_w[1] == pytest.approx(array_w[0] * (1.0 - 0.0022 * 50.0), rel=1e-12)
    assert array_w[2] == 0.0
    sun = np.array([[0.6, 0.8, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    assert NATIVE.array_normal(sun) == pytest.approx(np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 0.0, -1.0]]))


def test_consumers_follow_modes_and_activities() -> None:
    modes = ["safe", "nominal", "payload", "nominal"]
    lasts = {"imaging": np.array([False, False, False, True]), "x_band": np.array([False, True, False, False])}
    on = consumers_on(BUS.loads, modes, lasts)
    power_w = on @ np.array([one.power_w for one in BUS.loads.consumers])
    assert power_w == pytest.approx([95.0, 120.0 + 90.0, 120.0 + 180.0, 120.0 + 180.0])
    with pytest.raises(InputError, match=r"activities\.imaging: has shape \(3,\) for 4 intervals"):
        consumers_on(BUS.loads, modes, {"imaging": np.ones(3, dtype=np.bool_)})
