"""What is refused before or after the slots are known, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent.context import HIGHEST_ALTITUDE_KM, LOWEST_ALTITUDE_KM
from agent.embedded.context import Context
from agent.embedded.lexicon import rules
from agent.state import RefusalCode
from core.time import format_utc, parse_utc

__all__ = ["Refusal", "impossible", "refused_by_words"]

_QUESTION: Final = re.compile(
    r"^\W*(?:(?:please |can you |could you )?(?:explain|find|search|look up|show me|tell me)|why|what|which|how|when|where|who|will(?! you)|does|is|are|was|were|did|has|have)\b"
)
_ABOUT_TEXT: Final = re.compile(
    r"\b(?:procedures?|handbook|manual|documentation|guidelines?|guidance|flight rules?|say about|how (?:do|should|to))\b"
)
_WHO: Final = re.compile(r"^\W*(?:and )?(?:who|whose|which role|how many people)\b")
_QUOTED: Final = re.compile(r'"[^"]*"')


@dataclass(frozen=True)
class Refusal:
    """A refusal with its reason."""

    code: str
    reason: str


def refused_by_words(norm: str) -> Refusal | None:
    """Whether the request asks for something that is never done; what is quoted or looked up is not asked for."""
    text = _QUOTED.sub(" ", norm)
    asks = _QUESTION.match(text) is not None
    looks_up = asks and _ABOUT_TEXT.search(text) is not None
    for code, pattern, reason in rules("refuse"):
        if not pattern.search(text):
            continue
        asks_who = code == RefusalCode.NOT_AUTHORISED.value and _WHO.match(text) is not None
        if looks_up or asks_who or (asks and code == RefusalCode.UNSAFE.value):
            continue
        return Refusal(code, reason)
    return None


def impossible(tool: str, args: Mapping[str, Any], context: Context, norm: str) -> Refusal | None:
    """Whether a value lies outside what physics or the calendar allow; says the value and the limit."""
    for check in (_past, *_CHECKS.get(tool, ())):
        reason = check(args, context, norm)
        if reason is not None:
            return Refusal(RefusalCode.IMPOSSIBLE.value, reason)
    return None


def _past(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    now = context.now_utc.replace(second=0, microsecond=0)
    names = ("deadline", "at") if "start" not in args else ("deadline", "at", "end")
    for name in names:
        if name in args and name != "end" and parse_utc(args[name]) < now:
            return f"{name} {args[name]} lies before now, {format_utc(now)}."
    if "start" in args and "end" in args and parse_utc(args["end"]) <= parse_utc(args["start"]):
        return f"the window ends at {args['end']}, not after its start {args['start']}."
    return None


def _altitude(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    target = args.get("target_altitude_km")
    if target is None:
        return None
    if not LOWEST_ALTITUDE_KM <= target <= HIGHEST_ALTITUDE_KM:
        return f"target altitude {target:g} km is outside the possible range {LOWEST_ALTITUDE_KM:g} to {HIGHEST_ALTITUDE_KM:g} km."
    present = context.altitudes_km.get(args.get("satellite", ""))
    if (
        present is not None
        and target < present - 1.0
        and re.search(r"\b(?:raise|boost|lift|climb|reboost|up|higher|increase|raising)\b", norm)
    ):
        return f"{args['satellite']} already flies at {present:g} km; a lower target would not raise it."
    return None


def _elevation(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    value = args.get("min_elevation_deg", 0)
    return (
        None
        if 0 <= value < 90
        else f"minimum elevation {value:g} degrees is outside the possible range 0 to 90 degrees."
    )


def _ground(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    for name, limit in (("latitude_deg", 90), ("longitude_deg", 180)):
        if abs(args.get(name, 0)) > limit:
            return f"{name} {args[name]:g} is outside the possible range -{limit} to {limit} degrees."
    if not 0 <= args.get("max_off_nadir_deg", 0) <= 90:
        return f"an off-nadir angle of {args['max_off_nadir_deg']:g} degrees is outside the possible range 0 to 90 degrees."
    if "end" in args and parse_utc(args["end"]) < context.now_utc:
        return f"the window ends at {args['end']}, before now, {format_utc(context.now_utc)}."
    return None


def _positive(name: str, unit: str) -> Callable[[Mapping[str, Any], Context, str], str | None]:
    def check(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
        value = args.get(name, 1)
        return None if value > 0 else f"{name} of {value:g} {unit} must be above 0 {unit}."

    return check


def _eclipses(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    value = args.get("eclipses", 1)
    return None if 1 <= value <= 20 else f"{value} eclipses are outside the possible range 1 to 20."


def _store(args: Mapping[str, Any], context: Context, norm: str) -> str | None:
    value, limit = args.get("data_volume_mb", 1), context.data_store_mb
    return (
        f"{value:,.10g} MB are more than the {limit:,.10g} MB that the store holds."
        if limit and value > limit
        else None
    )


_CHECKS: Final[Mapping[str, tuple[Callable[[Mapping[str, Any], Context, str], str | None], ...]]] = {
    "list_passes": (_elevation,),
    "plan_orbit_raise": (_altitude,),
    "schedule_imaging": (_ground,),
    "schedule_maintenance": (_positive("duration_min", "minutes"),),
    "point_attitude": (_positive("duration_min", "minutes"),),
    "schedule_downlink": (_positive("data_volume_mb", "MB"), _store),
    "check_battery": (_eclipses,),
    "plan_collision_avoidance": (_positive("max_delta_v_mps", "m/s"),),
}
