"""What every model is told about the mission, and the tool schemas that it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from agent.state import AgentRequest, RefusalCode, RetrievedDocument
from core.mission.model import Mission
from core.time import format_utc
from core.units import MEGABYTE
from tools.contract import Role

__all__ = [
    "AFTER_CALL",
    "CONTROL_TOOLS",
    "HIGHEST_ALTITUDE_KM",
    "LOWEST_ALTITUDE_KM",
    "NOT_BEFORE",
    "UNTRUSTED",
    "document_message",
    "mission_context",
    "tools_for_model",
]

LOWEST_ALTITUDE_KM: Final = 200.0  # below, drag ends a minisatellite's orbit within days
HIGHEST_ALTITUDE_KM: Final = 2000.0  # the upper edge of low Earth orbit (IADC-02-01, protected region A)
AFTER_CALL = "after_call"
NOT_BEFORE = "not_before"
UNTRUSTED = "untrusted_document"  # the name of messages whose text nobody trusted wrote


def mission_context(
    mission: Mission, altitudes_km: Mapping[str, float], now_utc: datetime, request: AgentRequest
) -> dict[str, Any]:
    """The facts that a model needs to understand a request, as plain JSON.

    Args:
        mission: The mission.
        altitudes_km: Present mean altitude of each satellite.
        now_utc: The mission's time.
        request: Whose role and scope hold.
    """
    craft = [one for one in mission.spacecraft if not request.satellites or one.id in request.satellites]
    return {
        "now": format_utc(now_utc.replace(microsecond=0)),
        "role": request.role.value,
        "satellites": [
            {"id": one.id, "aliases": list(one.aliases), "mean_altitude_km": altitudes_km.get(one.id)} for one in craft
        ],
        "stations": [{"id": one.id, "name": one.name, "aliases": list(one.aliases)} for one in mission.stations],
        "targets": [name for one in mission.targets for name in (one.name, *one.aliases)],
        "limits": {
            "altitude_km": [LOWEST_ALTITUDE_KM, HIGHEST_ALTITUDE_KM],
            "elevation_deg": [0, 90],
            "off_nadir_deg": [0, 90],
            "latitude_deg": [-90, 90],
            "longitude_deg": [-180, 180],
            "eclipses": [1, 20],
            "max_off_nadir_deg": max(bus.imager.maximum_off_nadir_deg for bus in mission.buses.values()),
            "data_store_mb": max(bus.data_store_bytes for bus in mission.buses.values()) / MEGABYTE,
        },
    }


def document_message(document: RetrievedDocument) -> dict[str, str]:
    """A document beside a request, marked as untrusted."""
    return {"role": "user", "name": UNTRUSTED, "content": f"[untrusted document: {document.title}]\n{document.text}"}


def tools_for_model(schemas: Sequence[Mapping[str, Any]], role: Role) -> list[dict[str, Any]]:
    """OpenAI tool schemas with the ordering property, and the control tools."""
    return [_with_order(schema) for schema in schemas] + [dict(tool) for tool in CONTROL_TOOLS]


def _with_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    function = dict(schema["function"]) if "function" in schema else dict(schema)
    parameters = dict(function.get("parameters", {"type": "object"}))
    order = {
        "type": "integer",
        "minimum": 0,
        "description": "index of the earlier call in this reply that must finish first",
    }
    start = {
        "type": "string",
        "description": "UTC time, ISO 8601, before which the step must not start; only for steps that propose something",
    }
    parameters["properties"] = {**parameters.get("properties", {}), AFTER_CALL: order, NOT_BEFORE: start}
    function["parameters"] = parameters
    return {"type": "function", "function": function}


def _control(name: str, description: str, properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


_TEXT: Mapping[str, Any] = {"type": "string", "maxLength": 1000}

CONTROL_TOOLS: tuple[dict[str, Any], ...] = (
    _control(
        "ask_operator",
        "Ask the operator one question when something required is missing or ambiguous",
        {"question": _TEXT, "missing": {"type": "array", "items": {"type": "string"}}},
        ["question"],
    ),
    _control(
        "refuse",
        "Refuse the request and say why",
        {"reason": _TEXT, "code": {"type": "string", "enum": [code.value for code in RefusalCode]}},
        ["reason", "code"],
    ),
    _control(
        "report_execution",
        "Tell what became of a plan and its commands after release",
        {"plan_id": {"type": "string", "description": "the plan; default: the one of this conversation"}},
        [],
    ),
)
