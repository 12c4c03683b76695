"""Every tool, by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tools.attitude import POINT_ATTITUDE, SET_MODE
from tools.avoidance import PLAN_COLLISION_AVOIDANCE
from tools.contract import Role, Tool, ToolError
from tools.downlink import SCHEDULE_DOWNLINK
from tools.health import EXPLAIN_ANOMALY
from tools.imaging import FIND_TARGET_ACCESS, SCHEDULE_IMAGING
from tools.lifetime import PREDICT_RUL
from tools.maintenance import SCHEDULE_MAINTENANCE
from tools.maneuver import PLAN_ORBIT_RAISE
from tools.optimize import OPTIMIZE_PLAN
from tools.orbit import FIND_ECLIPSES, GET_ORBIT_STATE, LIST_PASSES
from tools.plans import COMPARE_PLANS, GET_PLAN, LIST_PLANS
from tools.power import CHECK_BATTERY
from tools.procedures import SEARCH_PROCEDURES
from tools.resources import CHECK_RESOURCES

__all__ = ["CATALOG", "Catalog"]


class Catalog:
    """A set of tools with distinct names."""

    def __init__(self, tools: Iterable[Tool[Any, Any]]) -> None:
        self._tools: dict[str, Tool[Any, Any]] = {}
        for tool in tools:
            if tool.name in self._tools:
                raise ValueError(f"two tools are named {tool.name}")
            self._tools[tool.name] = tool

    def names(self) -> list[str]:
        """Names in catalogue order."""
        return list(self._tools)

    def tool(self, name: str) -> Tool[Any, Any]:
        """The tool of that name.

        Raises:
            ToolError: There is none; ``valid`` lists the names.
        """
        if name not in self._tools:
            raise ToolError(f"there is no tool {name!r}", code="unknown-tool", valid={"tools": self.names()})
        return self._tools[name]

    def schemas(self, role: Role) -> list[dict[str, Any]]:
        """The tools that a role may call, in OpenAI function-calling form."""
        return [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema()},
            }
            for tool in self._tools.values()
            if role.covers(tool.role)
        ]


CATALOG = Catalog(
    (
        LIST_PASSES,
        GET_ORBIT_STATE,
        PLAN_ORBIT_RAISE,
        PLAN_COLLISION_AVOIDANCE,
        CHECK_BATTERY,
        SCHEDULE_IMAGING,
        EXPLAIN_ANOMALY,
        SET_MODE,
        POINT_ATTITUDE,
        PREDICT_RUL,
        SCHEDULE_DOWNLINK,
        SEARCH_PROCEDURES,
        CHECK_RESOURCES,
        FIND_ECLIPSES,
        FIND_TARGET_ACCESS,
        LIST_PLANS,
        GET_PLAN,
        COMPARE_PLANS,
        OPTIMIZE_PLAN,
        SCHEDULE_MAINTENANCE,
    )
)
