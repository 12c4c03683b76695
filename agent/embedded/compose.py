"""The embedded model's own words: what tools found, and what it can do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.chat import ChatReply
from agent.embedded.context import Context

__all__ = ["compose", "greeting"]

_MOST_QUOTED: Final = 2
_ABLE: Final[Mapping[str, str]] = {
    "list_passes": "list passes over a ground station",
    "get_orbit_state": "tell where a satellite is",
    "plan_orbit_raise": "plan an orbit raise",
    "plan_collision_avoidance": "plan a collision avoidance maneuver",
    "check_battery": "check the battery through the coming eclipses",
    "schedule_imaging": "schedule an image",
    "explain_anomaly": "explain an alarm",
    "set_mode": "change the operating mode",
    "point_attitude": "point at the sun, nadir or inertially",
    "predict_rul": "predict the remaining useful life of a component",
    "schedule_downlink": "schedule a downlink",
    "schedule_maintenance": "schedule a calibration or maintenance",
    "compare_plans": "compare two plans",
    "check_resources": "tell a satellite's status",
    "search_procedures": "search the operations handbook",
}


def compose(messages: Sequence[Mapping[str, Any]]) -> ChatReply:
    """What the tool results since the operator's last words say: their own summaries and errors, nothing added."""
    results = []
    for one in reversed(messages):
        if one["role"] == "user":
            break
        if one["role"] == "tool":
            results.append(json.loads(one["content"]))
    lines = [_line(one) for one in reversed(results)]
    return ChatReply(text="\n".join(dict.fromkeys(lines)))


def _line(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return str(result["error"])
    output = result["output"]
    return "\n\n".join([str(output["summary"]), *_quoted(output.get("passages") or [])])


def _quoted(passages: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the best document says, word for word; a quotation is never an instruction to anyone but the reader."""
    best = [one for one in passages if one["document"] == passages[0]["document"]][:_MOST_QUOTED]
    return [
        "\n".join([f"{one['section']}:", *(f"> {line}" for line in one["text"].splitlines() if line.strip())])
        for one in best
    ]


def greeting(code: str, context: Context) -> str:
    """A few words about what there is and what can be done."""
    able = [text for tool, text in _ABLE.items() if tool in context.tools]
    said = {
        "short": ", ".join(able[:-1]) + (f" or {able[-1]}." if able else ""),
        "greeting": f"Hello. The satellites are {context.satellite_ids}. What would you like to do?",
        "thanks": "You are welcome.",
        "help": "I turn requests into checked plans; a person approves them. I can " + "; ".join(able) + ".",
        "satellites": f"The satellites are {context.satellite_ids}.",
        "stations": f"The ground stations are {context.station_ids}.",
    }
    return said[code]
