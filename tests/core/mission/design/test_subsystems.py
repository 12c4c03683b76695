"""A spacecraft design whose parts do not fit together is refused, with the field, the value and what is allowed."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from core.mission import parse_mission, reference_mission, sentinel2a_mission
from core.mission.model import Bus

REFERENCE = files("core.mission").joinpath("reference")
TEXT = REFERENCE.joinpath("lsat.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("{item: battery, mass_kg: 10.0}", "{item: battery, mass_kg: 11.0}", "", "adds up to 151.0 kg; dry_mass_kg is 150.0"),
        ("capacity_j_k: 9000.0, operating", "capacity_j_k: -9000.0, operating", "capacity_j_k", "greater than 0"),
        ("panel_mz, solar_array, battery, obc", "panel_mz, solar_array, battery, boom, obc", "", "lacks ['boom']"),
        ("panel_mz, solar_array, battery, obc", "panel_mz, solar_array, obc", "", "thermal_nodes lacks ['battery']"),
        ("[3.0, 3.3, 3.42,", "[3.0, 3.3, 3.2,", "cells", "open_circuit_v must increase: 3.3 is followed by 3.2"),
        ("soc: [0.0, 0.05,", "soc: [0.01, 0.05,", "cells", "it must run from 0 to 1"),
        ("parallel: 12", "parallel: 11", "battery", "capacity_a_h 30 A h is not that of 11 parallel cells"),
        ("series: 8", "series: 9", "battery", "from the mean open-circuit voltage of 9 cells"),
        ("end_of_charge_v: 33.2", "end_of_charge_v: 23.0", "battery", "must be below end_of_charge_v 23 V"),
        ("[solar_array, panel_my]", "[solar_array, hinge]", "thermal", "'hinge' is not a thermal node"),
        ("[solar_array, panel_my]", "[solar_array, solar_array]", "thermal", "joined with itself"),
        ("node: battery, power_w: 15.0", "node: cellar, power_w: 15.0", "thermal", "heater battery_heater: 'cellar'"),
        ("node: battery, power_w: 15.0", "node: battery, power_w: 25.0", "", "draw 50 W together; loads.heaters_w allows 40"),
        ("on_below_degc: 5.0", "on_below_degc: 9.0", "heaters", "off_above_degc 8 degC must be above on_below_degc 9"),
        ("operating_degc: [0.0, 35.0]", "operating_degc: [40.0, 35.0]", "nodes", "40 degC must be below the upper one 35"),
        ("power_w: 35.0, node: obc, modes", "power_w: 36.0, node: obc, modes", "loads", "bus_w 120 W is not the sum"),
        ("below_soc: 0.4, restore_soc: 0.5", "below_soc: 0.55, restore_soc: 0.6", "loads", "of a later step exceeds 0.5"),
        ("consumers: [imager], below", "consumers: [toaster], below", "loads", "['toaster'] are not consumers"),
        ("restore_soc: 0.6}", "restore_soc: 0.5}", "shedding", "restore_soc 0.5 must be above below_soc 0.5"),
        ("volume_m3: 0.02381", "volume_m3: 0.017", "propulsion", "tank.volume_m3 is 17.00 l"),
        ("volume_m3: 0.02381", "volume_m3: 0.03", "propulsion", "pressure_end_pa 550000 Pa is not what tank.volume_m3"),
        ("thruster_count: 4", "thruster_count: 5", "propulsion", "is not the number of thrusters, 4"),
        ("[0.246, 0.32, 0.523,", "[0.246, 0.32, 0.31,", "curve", "thrust_n must increase"),
        ("thrust_n: 1.0", "thrust_n: 1.1", "propulsion", "thrust_n 1.1 is not what the curve gives"),
        ("direction: [0.9962, 0.0616, -0.0616]", "direction: [0.0, 0.0, 0.0]", "direction", "needs a length above 0"),
        ("temperature_coefficient_per_k: -0.0022", "temperature_coefficient_per_k: .nan", "solar_array", "less than or equal"),
    ],
)  # fmt: skip
def test_a_design_that_does_not_fit_is_refused_by_name(old: str, new: str, field: str, message: str) -> None:
    assert old in TEXT
    report = parse_mission(TEXT.replace(old, new, 1), folder=REFERENCE)
    assert report.mission is None
    assert any(message in one.message and field in one.field for one in report.problems), report.problems
    assert all(one.field.startswith("buses.lsat") for one in report.problems)


def test_both_missions_have_the_twelve_nodes_and_survive_a_round_trip() -> None:
    for mission in (reference_mission(), sentinel2a_mission()):
        bus = mission.bus_of(mission.spacecraft[0].id)
        assert len(bus.thermal.nodes) == 12
        assert set(bus.thermal.node_ids) == set(bus.thermal_nodes)
        assert Bus.model_validate(yaml.safe_load(bus.model_dump_json())) == bus


def test_qualification_lies_outside_operation_by_the_margin() -> None:
    battery = reference_mission().bus_of("LSAT-1").thermal.nodes[7]
    assert battery.operating_k == pytest.approx((273.15, 308.15))
    assert battery.qualification_k == pytest.approx((268.15, 313.15))
