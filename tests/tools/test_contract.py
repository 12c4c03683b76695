"""The canonical tools keep the names, arguments, limits and defaults that were agreed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.catalog import CATALOG, Catalog
from tools.contract import Effect, Role, ToolError

CANONICAL = (
    "list_passes",
    "get_orbit_state",
    "plan_orbit_raise",
    "plan_collision_avoidance",
    "check_battery",
    "schedule_imaging",
    "explain_anomaly",
    "set_mode",
    "point_attitude",
    "predict_rul",
    "schedule_downlink",
    "search_procedures",
)
PROPOSING = {
    "plan_orbit_raise",
    "plan_collision_avoidance",
    "schedule_imaging",
    "set_mode",
    "point_attitude",
    "schedule_downlink",
    "optimize_plan",
    "schedule_maintenance",
}


@pytest.fixture(scope="module")
def agreed(reference_data: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((reference_data / "agent" / "tools.json").read_text())
    return content


def _plain(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """A property with its reference followed and its null alternative dropped."""
    found = schema["properties"][name]
    options = [one for one in found.get("anyOf", [found]) if one.get("type") != "null"]
    reference = options[0].get("$ref")
    return dict(schema["$defs"][reference.rsplit("/", 1)[1]] if reference else options[0])


@pytest.mark.parametrize("name", CANONICAL)
def test_a_canonical_tool_keeps_its_arguments(name: str, agreed: dict[str, Any]) -> None:
    wanted = next(one for one in agreed["tools"] if one["name"] == name)["parameters"]
    ours = CATALOG.tool(name).input_schema()
    assert set(ours["properties"]) == set(wanted["properties"])
    assert set(ours.get("required", [])) == set(wanted["required"])
    assert ours["additionalProperties"] is False
    for argument, expected in wanted["properties"].items():
        found = _plain(ours, argument)
        assert found["type"] == expected["type"], argument
        if argument not in ("satellite", "station") and "enum" in expected:  # those two come from the mission
            assert set(found["enum"]) == set(expected["enum"]), argument
        for limit in ("minimum", "maximum", "maxLength"):
            if limit in expected:
                assert found[limit] == expected[limit], (argument, limit)


def test_defaults_are_those_that_were_agreed(agreed: dict[str, Any]) -> None:
    for name, defaults in agreed["defaults"].items():
        properties = CATALOG.tool(name).input_schema()["properties"]
        assert {argument: properties[argument]["default"] for argument in defaults} == defaults


def test_every_tool_says_what_it_may_do_and_who_may_call_it() -> None:
    assert set(CANONICAL) <= set(CATALOG.names())
    for name in CATALOG.names():
        tool = CATALOG.tool(name)
        assert (tool.effect is Effect.PROPOSE) == (name in PROPOSING)
        assert tool.role is (Role.OPERATOR if name in PROPOSING else Role.VIEWER)
        # The one that searches for as long as it is asked to, up to a minute, may take that and what it begins with.
        assert tool.description and 0.0 < tool.budget_s <= (70.0 if name == "optimize_plan" else 10.0)


def test_a_viewer_is_shown_no_tool_that_proposes() -> None:
    shown = {one["function"]["name"] for one in CATALOG.schemas(Role.VIEWER)}
    assert shown == set(CATALOG.names()) - PROPOSING
    assert {one["function"]["name"] for one in CATALOG.schemas(Role.OPERATOR)} == set(CATALOG.names())


def test_an_unknown_tool_names_those_there_are() -> None:
    with pytest.raises(ToolError) as caught:
        CATALOG.tool("fire_laser")
    assert caught.value.facts["valid"] == {"tools": CATALOG.names()}
    with pytest.raises(ValueError, match="two tools"):
        Catalog((CATALOG.tool("get_plan"), CATALOG.tool("get_plan")))
