"""The error tree and the conversions between people's units and the core's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import errors
from core.errors import InputError, LlamaSpaceError, MissionFileError
from core.units import DEG, HOUR_S, KM, MEGABYTE, MINUTE_S, SOLAR_DAY_S, to_deg, to_rad

LEAVES = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("kind", [one for one in LEAVES if not issubclass(one, InputError)])
def test_an_error_carries_its_message_code_and_facts(kind: type[LlamaSpaceError]) -> None:
    error = kind("perigee altitude 142 km is below 180 km", limit_km=180.0)
    assert isinstance(error, LlamaSpaceError) and str(error) == error.message
    assert (error.code, error.facts) == (kind.default_code, {"limit_km": 180.0})
    assert kind("x", code="FR-07").code == "FR-07"


def test_every_branch_of_the_tree_has_a_code_of_its_own() -> None:
    codes = [one.default_code for one in LEAVES]
    assert len(set(codes)) == len(codes)
    assert all(issubclass(one, LlamaSpaceError) for one in LEAVES)


def test_bad_input_names_its_field_and_a_bad_file_its_line() -> None:
    error = InputError("window.end", "must be after start")
    assert (error.field, error.facts["field"], error.message) == (
        "window.end",
        "window.end",
        "window.end: must be after start",
    )
    in_file = MissionFileError("m.yaml", 12, "buses.lsat", "is missing")
    assert "m.yaml:12" in in_file.message and "buses.lsat" in in_file.message
    assert (in_file.line, in_file.path) == (12, "m.yaml")
    assert "m.yaml)" in MissionFileError("m.yaml", None, "name", "is missing").message


@given(st.floats(-1.0e6, 1.0e6))
def test_degrees_and_radians_are_inverse(angle_deg: float) -> None:
    assert to_deg(to_rad(angle_deg)) == pytest.approx(angle_deg, rel=1e-14, abs=1e-14)
    assert to_rad(angle_deg) == pytest.approx(math.radians(angle_deg), rel=1e-14, abs=1e-300)


def test_units_are_those_of_si_brochure_table_8() -> None:
    assert (MINUTE_S, HOUR_S, SOLAR_DAY_S) == (60.0, 3600.0, 86_400.0)
    assert (KM, MEGABYTE) == (1000.0, 1_000_000)
    assert math.isclose(180.0 * DEG, math.pi)
