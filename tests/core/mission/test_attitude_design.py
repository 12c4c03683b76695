"""Attitude designs: the shipped ones hold together; wrong ones are refused with field, value and what is allowed."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from core.mission import reference_mission, sentinel2a_mission
from core.mission.model import Bus

BUS: dict[str, Any] = yaml.safe_load(files("core.mission").joinpath("reference", "lsat.yaml").read_text())["buses"][
    "lsat"
]


def _with(field: str, value: object) -> dict[str, Any]:
    """The reference bus with one dotted field replaced."""
    *path, last = field.split(".")
    changed = yaml.safe_load(yaml.safe_dump(BUS))
    part = changed
    for name in path:
        part = part[int(name)] if isinstance(part, list) else part[name]
    part[int(last) if isinstance(part, list) else last] = value
    return dict(changed)


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("inertia_kg_m2", [21.0, 24.0, -29.0], "greater than 0"),
        ("inertia_kg_m2", [10.0, 10.0, 29.0], "largest exceeds the others' sum"),
        ("attitude.products_of_inertia_kg_m2", [22.0, 0.0, 0.0], "give principal moments"),
        ("attitude.products_of_inertia_kg_m2", [float("nan"), 0.0, 0.0], "finite"),
        ("attitude.plates.0.normal", [0.0, 0.0, 0.0], "a direction needs a length above 0"),
        ("attitude.plates.0.specular", 0.7, "specular \\+ diffuse is 1.1; at most 1"),
        ("attitude.plates.1.id", "body_px", "id used twice: \\['body_px'\\]"),
        ("solar_array.normal_body", [0.0, 0.6, -0.8], "component of 0.6 along axis_body"),
        ("attitude.axes.thrust_axis", [0.0, 1.0, 0.0], "thrust_axis lies along solar_array.axis_body"),
        ("attitude.keep_outs.0.angle_deg", 95.0, "less than 90"),
        ("attitude.keep_outs.0.body", "mars", "sun"),
        ("attitude.star_trackers.0.noise_arcsec", 0.0, "greater than 0"),
        ("attitude.control.bandwidth_hz", 1.0, "less than or equal to 0.1"),
        ("wheels.axes", [[1.0, 0.0, 0.0]] * 3, "axes has 3 directions; count is 4"),
        ("wheels.axes", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]] * 2, "leave a direction without torque"),
    ],
)
def test_a_wrong_design_is_refused_with_what_is_allowed(field: str, value: object, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Bus.model_validate(_with(field, value))


@pytest.mark.parametrize("mission", [reference_mission(), sentinel2a_mission()])
def test_the_shipped_trackers_are_clear_of_earth_and_sun_where_they_should_be(mission: Any) -> None:
    """In nadir pointing no tracker sees the limb; in sun pointing, -z to the Sun, none sees the Sun."""
    craft = mission.spacecraft[0]
    bus = mission.bus_of(craft.id)
    attitude = bus.attitude
    revolution_s = 86_400.0 / craft.elements.mean_motion_rev_day
    radius_m = (3.986004418e14 * (revolution_s / 2.0 / np.pi) ** 2) ** (1.0 / 3.0)
    limb_deg = np.degrees(np.arcsin(6_378_137.0 / radius_m))
    for tracker in attitude.star_trackers:
        off_nadir_deg = np.degrees(np.arccos(np.dot(tracker.boresight, attitude.axes.payload_boresight)))
        assert off_nadir_deg > limb_deg + tracker.earth_exclusion_deg
        off_sun_deg = np.degrees(np.arccos(np.dot(tracker.boresight, bus.solar_array.normal_body)))
        assert off_sun_deg > tracker.sun_exclusion_deg
