"""The arguments of each tool, taken from what a clause names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from rapidfuzz import fuzz, process

from agent.embedded.lexicon import words
from agent.embedded.quantities import Dimension, Quantity
from agent.embedded.reading import CONJUNCTION, Reading
from agent.embedded.text import blank
from agent.embedded.times import Relation

__all__ = ["REQUIRED", "Filled", "fill"]

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "list_passes": ("satellite", "station", "start", "end"),
    "get_orbit_state": ("satellite", "epoch"),
    "plan_orbit_raise": ("satellite", "target_altitude_km"),
    "plan_collision_avoidance": ("satellite", "conjunction_id"),
    "check_battery": ("satellite",),
    "schedule_imaging": ("satellite", "place", "end"),
    "explain_anomaly": ("satellite", "subsystem"),
    "set_mode": ("satellite", "mode"),
    "point_attitude": ("satellite", "pointing", "duration_min"),
    "predict_rul": ("satellite", "component"),
    "schedule_downlink": ("satellite", "station", "data_volume_mb"),
    "search_procedures": ("query",),
    "check_resources": ("satellite",),
    "schedule_maintenance": ("satellite", "work"),
    "compare_plans": ("first_plan_id", "second_plan_id"),
}
_STARTS_LATER: Final = frozenset({"plan_orbit_raise", "point_attitude", "schedule_downlink"})


@dataclass(frozen=True)
class Filled:
    """Arguments but for satellite and station; ``relative_km`` is a change of altitude still to be added."""

    args: dict[str, Any] = field(default_factory=dict)
    relative_km: float | None = None
    unclear: str = ""
    not_before: str | None = None


def fill(tool: str, reading: Reading) -> Filled:
    """What a clause says about a tool's arguments."""
    filled = _FILLERS[tool](reading)
    return replace(filled, not_before=_not_before(tool, reading)) if tool in _STARTS_LATER else filled


def _not_before(tool: str, reading: Reading) -> str | None:
    """The start that a clause gives to a step whose tool has no argument for it; None for a start that is now.

    A bare instant is when an attitude begins, but the deadline of a downlink or an orbit raise.
    """
    one = reading.time(Relation.START, Relation.WINDOW, Relation.AT)
    if one is None or one.start_utc <= reading.context.now_utc:
        return None
    if tool != "point_attitude" and one.relation is Relation.AT and one.start_utc == one.end_utc:
        return None
    return _iso(one.start_utc, up=True)


def _iso(instant: datetime, *, up: bool = False) -> str:
    """On a whole minute, as the tools want it."""
    floor = instant.replace(second=0, microsecond=0)
    return (floor + timedelta(minutes=1) if up and floor != instant else floor).strftime("%Y-%m-%dT%H:%M:%SZ")


def _window(reading: Reading) -> dict[str, str]:
    """Start and end that a clause gives, either one possibly absent."""
    window = reading.time(Relation.WINDOW)
    if window is not None:
        return {"start": _iso(window.start_utc, up=True), "end": _iso(window.end_utc)}
    found = {}
    start, end, at = reading.time(Relation.START), reading.time(Relation.DEADLINE), reading.time(Relation.AT)
    if start is not None:
        found["start"] = _iso(start.start_utc, up=True)
    if end is not None:
        found["end"] = _iso(end.end_utc)
    elif at is not None and at.relative:
        found["end"] = _iso(at.end_utc)
    return found


def _deadline(reading: Reading) -> str | None:
    one = reading.time(Relation.DEADLINE) or reading.time(Relation.WINDOW) or reading.time(Relation.AT)
    return _iso(one.end_utc) if one is not None and one.end_utc != reading.context.now_utc else None


def _with(**given: Any) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _passes(reading: Reading) -> Filled:
    args: dict[str, Any] = _window(reading)
    if "end" in args and "start" not in args:
        args["start"] = _iso(reading.context.now_utc, up=True)
    back = reading.time(Relation.LOOKBACK)
    if back is not None and "end" not in args:
        args |= {"start": _iso(back.start_utc), "end": _iso(back.end_utc)}
    if not args and re.search(r"\b(?:next|upcoming|coming|soonest|soon|now)\b", reading.norm):
        now = reading.context.now_utc
        args = {"start": _iso(now, up=True), "end": _iso(now + timedelta(days=1))}
    angle = reading.quantity(Dimension.ANGLE_DEG)
    if angle is not None:
        args["min_elevation_deg"] = _number(angle.value)
    else:
        bare = re.search(
            r"\b(?:elevation|mask|horizon)\b(?: angle)?(?: of| above| over| at least| is|:| >=?| =)* ?(\d+(?:\.\d+)?)\b",
            reading.rest,
        )
        if bare:
            args["min_elevation_deg"] = _number(float(bare.group(1)))
    return Filled(args)


def _orbit_state(reading: Reading) -> Filled:
    one = next(iter(reading.times), None)
    epoch = (
        reading.context.now_utc
        if one is None
        else (one.end_utc if one.relation is Relation.DEADLINE else one.start_utc)
    )
    return Filled({"epoch": _iso(epoch)})


_RELATIVE: Final = re.compile(r"\bby(?: another| an extra| about)?\W*$|\b(?:another|an extra|an additional)\W*$")
# "raise the perigee 15 km" is by 15 km; "raise it to 150 km" and "raise it, target 150 km" are not.
_ABSOLUTE: Final = re.compile(
    r"\b(?:to|at|of|is|until|till|onto|into|reach(?:es|ing)?|target(?: altitude)?|goal)\b(?: about| around| roughly| an?| the)*"
    r"\W*$|[=:→]\W*$"
)
_CHANGES: Final = re.compile(r"\b(?:rais|boost|reboost|lift|climb|increas|lower|decreas|reduc|drop|descend)\w*\b")
_RELATIVE_TAIL: Final = re.compile(r"^\W*(?:higher|more|above (?:its|the) (?:current|present)|up\b|lower)")


def _orbit_raise(reading: Reading) -> Filled:
    args = _with(deadline=_deadline(reading))
    lengths = [one for one in reading.quantities if one.dimension is Dimension.LENGTH_KM]
    if not lengths:
        bare = re.search(r"\b(?:to|altitude(?: of| is|:)?|at|orbit) ?(\d{3,4}(?:\.\d+)?)\b(?! ?\w*/)", reading.rest)
        if bare:
            args["target_altitude_km"] = _number(float(bare.group(1)))
        return Filled(args)
    length = max(lengths, key=lambda one: one.value)
    before = reading.norm[: length.start]
    said = _RELATIVE.search(before) or _RELATIVE_TAIL.match(reading.norm[length.end :])
    if length.value < 200 and (said or (_CHANGES.search(before) and not _ABSOLUTE.search(before))):
        lower = re.search(r"\b(?:lower|decrease|reduce|drop|descend)\b", reading.norm)
        return Filled(args, relative_km=-length.value if lower else length.value)
    return Filled({"target_altitude_km": _number(length.value)} | args)


def _collision(reading: Reading) -> Filled:
    match = CONJUNCTION.search(reading.norm)
    speed = reading.quantity(Dimension.SPEED_M_S)
    conjunction = f"CDM-{match.group(1)}-{int(match.group(2)):04d}" if match else None
    return Filled(_with(conjunction_id=conjunction, max_delta_v_mps=_number(speed.value) if speed else None))


def _nothing(_reading: Reading) -> Filled:
    """A tool whose only argument is the satellite."""
    return Filled()


def _battery(reading: Reading) -> Filled:
    match = re.search(r"\b(\d+)(?: more| coming| upcoming| consecutive| next| following)* ?eclipses?\b", reading.norm)
    orbits = re.search(r"\b(\d+)(?: more| coming| next)? ?orbits?\b", reading.norm)
    found = match or orbits
    return Filled({"eclipses": int(found.group(1)) if found else 1})


_OFF_NADIR: Final = re.compile(r"\b(?:off-? ?nadir|nadir|tilt|look angle|roll|off-? ?pointing|incidence|angle)\b")
_STOP: Final = (
    r"(?=\s{2,}|\s+(?:with|using|by|via|from|within|before|after|between|during|for|no|not|max|maximum|min|at most|off|under|less|keep|keeping|and|when|as|please|if|while|limit|limiting|"
    r"tilt|where|but|so|because|or|on|at|in) ?(?:\s|$)|\s+(?:with|using|via|from|within|before|between|during|for|no more|not more|max|maximum|at most|off-?|under|less than|keep|keeping|and|when|as soon|please|"
    r"if|while|limit|tilt|but|because)\b|\s*[,;?!()]|(?<!\bst)(?<!\bmt)\s*\.|\s*$)"
)
_TARGETS: Final = tuple(
    re.compile(one + _STOP)
    for one in (
        r"\b(?:images?|imagery|imaging|pictures?|photographs?|photos?|shots?|snapshots?|view|scenes?|observations?|captures?|scans?|acquisitions?|look|coverage|pass)\b(?: \w+)? (?:of|over|at) +(?:the |an? )?(?P<t>\S.*?)",
        r"\b(?:image|imaging|photograph|photographing|capture|capturing|observe|observing|shoot|shooting|snap|scan|scanning|survey|look at|cover|collect|acquire|picture|target) +(?:the |an? )?(?P<t>(?!of\b|over\b|with\b|by\b|for\b|opportunit|picture|image|photo|shot|snapshot)\S.*?)",
        r"\b(?:target|place|site)(?: is|:)? +(?:the )?(?P<t>\S.*?)",
        r"\b(?:over|of) +(?:the )?(?P<t>\S.*?)",
    )
)


def _imaging(reading: Reading) -> Filled:
    args: dict[str, Any] = {}
    if reading.coordinates is not None:
        args |= {
            "latitude_deg": _number(reading.coordinates.latitude_deg),
            "longitude_deg": _number(reading.coordinates.longitude_deg),
        }
    else:
        args |= _with(target=_target(reading))
    window = _window(reading)
    at = reading.time(Relation.AT)
    if not window and at is not None and not at.relative:
        window = {"end": _iso(at.end_utc)}
    angle = reading.quantity(Dimension.ANGLE_DEG)
    limit = None
    if angle is not None:
        limit = _number(angle.value)
    elif match := re.search(_OFF_NADIR.pattern + r"\D{0,25}?(\d+(?:\.\d+)?)\b", reading.rest):
        limit = _number(float(match.group(1)))
    return Filled(args | window | _with(max_off_nadir_deg=limit))


def _target(reading: Reading) -> str | None:
    text = _blanked(reading)
    for pattern in _TARGETS:
        match = pattern.search(text)
        if match is None:
            continue
        start, end = match.span("t")
        while trailing := re.search(
            r"\s+(?:in|at|on|with|by|from|for|of|the|using|over|during|within|before|through)$", text[start:end]
        ):
            end = start + trailing.start()
        named = reading.utterance.original_of(start, end).strip(" \"'")
        if re.search(r"[^\W\d_]{2,}", named) and not re.fullmatch(
            r"(?i)(?:it|that|this|there|something|data|pictures?|images?|with|a|us|the target|target)", named
        ):
            return _known_target(named, reading)
    return None


def _blanked(reading: Reading) -> str:
    """The clause without satellites, times and quantities; stations stay, as one may photograph them."""
    text = reading.norm
    taken = [(one.start, one.end) for one in reading.satellites]
    taken += [(one.start, one.end) for one in reading.times]
    taken += [(one.start, one.end) for one in reading.quantities]
    for start, end in taken:
        text = blank(text, start, end)
    return text


def _known_target(named: str, reading: Reading) -> str:
    """The mission's spelling of a slip such as "Mount Ethna"; else the operator's own words."""
    best = process.extractOne(
        named.lower(), [one.lower() for one in reading.context.targets], scorer=fuzz.ratio, score_cutoff=88
    )
    return reading.context.targets[best[2]] if best is not None and best[1] < 100 else named[:60]


def _anomaly(reading: Reading) -> Filled:
    # "battery temperature" is about the battery: a part says more than an effect.
    subsystem = _longest(reading.rest, words("subsystems")) or _longest(reading.rest, words("effects"))
    back = reading.time(Relation.LOOKBACK)
    args = _with(subsystem=subsystem)
    if back is not None:
        args["lookback_h"] = _number((reading.context.now_utc - back.start_utc) / timedelta(hours=1))
    elif (hours := reading.quantity(Dimension.DURATION_MIN)) is not None:
        args["lookback_h"] = _number(round(hours.value / 60.0, 6))
    elif yesterday := next((one for one in reading.times if one.start_utc < reading.context.now_utc), None):
        args["lookback_h"] = _number((reading.context.now_utc - yesterday.start_utc) / timedelta(hours=1))
    return Filled(args)


def _longest(text: str, table: Mapping[str, str]) -> str | None:
    """The value of the longest name in the text, the first of equals."""
    found = [
        (-len(name), match.start(), value)
        for name, value in table.items()
        if (match := re.search(rf"\b{re.escape(name)}\b", text))
    ]
    return min(found)[2] if found else None


_MODE_WORDS: Final = {
    "safe": r"safe|safing|survival", "standby": r"stand-? ?by|idle|sleep", "nominal": r"nominal|normal", "payload": r"payload|science|imaging",
}  # fmt: skip


def _mode(reading: Reading) -> Filled:
    found = [
        (match.start(), mode)
        for mode, pattern in _MODE_WORDS.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", reading.rest)
    ]
    to = [
        pair
        for pair in found
        if re.search(r"\b(?:to|into|in|enter)\W*(?:the |its )?$", reading.rest[: pair[0]].rstrip() + " ")
    ]
    mode = (to or found)[-1][1] if found else None
    at = reading.time(Relation.AT, Relation.START, Relation.WINDOW)
    instant = at.start_utc if at is not None and at.start_utc > reading.context.now_utc else None
    return Filled(_with(mode=mode, at=_iso(instant) if instant else None))


_POINTINGS: Final = {
    "sun": r"sun|sun-?point\w*|solar|sunward\w*|sunlight", "nadir": r"nadir|earth|ground|down|downwards?|straight down", "inertial": r"inertial\w*|stars?|fixed",
}  # fmt: skip


def _attitude(reading: Reading) -> Filled:
    text = re.sub(r"\bground station\b|\bsun sensors?\b", " ", reading.rest)
    found = [
        (match.start(), name)
        for name, pattern in _POINTINGS.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", text)
    ]
    duration: Quantity | None = reading.quantity(Dimension.DURATION_MIN)
    minutes = duration.value if duration else None
    if minutes is None:
        stretch = next((one for one in reading.times if one.relation in (Relation.WINDOW, Relation.DEADLINE)), None)
        if stretch is not None:
            start = stretch.start_utc if stretch.relation is Relation.WINDOW else reading.context.now_utc
            minutes = (stretch.end_utc - start) / timedelta(minutes=1)
    return Filled(
        _with(
            pointing=min(found)[1] if found else None,
            duration_min=_number(round(minutes, 9)) if minutes is not None else None,
        )
    )


_WHEEL: Final = re.compile(
    r"\b(?:reaction wheel|wheels?|rwa?|flywheel)s?(?: assembly)?(?: number| no\.?| nr)?[ _#-]*(\d)\b|\b(1st|2nd|3rd|4th|first|second|third|fourth) (?:reaction )?wheel\b"
)
_NTH: Final = {"first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4"}


def _life(reading: Reading) -> Filled:
    wheel = _WHEEL.search(reading.norm)
    if wheel:
        number = wheel.group(1) or _NTH[wheel.group(2)]
        return Filled({"component": f"reaction_wheel_{number}"})
    component = _longest(reading.rest, words("components"))
    if component == "reaction_wheel":
        return Filled(unclear="reaction_wheel")
    return Filled(_with(component=component))


_LEAD: Final = re.compile(
    r"^\W*(?:(?:please|can you|could you|would you|i need|i want|i would like|i'd like|we need|let me see|hey|hi|also|just|me|us|to|quickly)\b[ ,]*"
    r"|(?:find|search|look up|look for|look in|look|show|give|get|tell|open|pull up|bring up|fetch|see|read|consult|check|retrieve|locate|browse|query|lookup)\b(?: me| us| through| in| into| up| for| out)*\s*"
    r"|whats\b|what(?:'s| is| are| does| do| did)?\b|where(?:'s| is)?\b|which\b|is there\b|are there\b|do we have\b|does\b|how (?:do|should|can|would|does) (?:i|we|you|one|an operator|operators?)\b|how to\b"
    r"|(?:the |our |an? |any |all |some |on-? ?board |official |correct |right |relevant |standard |proper )*(?:operations? |ops |flight |recovery |operating )*(?:procedures?|handbooks?|manual|documentation|docs|playbook|runbook|checklist|instructions|guidelines?|guidance|guide|flight rules?|rules?|entry|entries|section|chapter|steps|best practices?|sop)\b"
    r"|(?:supposed|meant|expected|required)\b|(?:recommended|say|says|said|state|states|tell|tells|recommend|recommends|have|has|describe|describes|documented|written|mention|advise|advice)\b"
    r"|(?:us|me|the|there|in|for|about|on|regarding|concerning|of|covering|to|when|dealing with|deal with|with respect to|that|is|are|do|we|i|if|describing|relating to|related to|it|should|take|after|following|anything)\b)[ ,:]*"
)


def _query(reading: Reading) -> Filled:
    quoted = re.search(r'"([^"]{3,})"', reading.utterance.original)
    if quoted:
        return Filled({"query": quoted.group(1)[:120]})
    text = " ".join(reading.norm.split()).strip(" ?!.")
    while (match := _LEAD.match(text)) and match.end() > 0:
        text = text[match.end() :]
    text = re.sub(
        r",? (?:in|from|according to|per) (?:the |our )?(?:ops |operations |flight )*(?:handbooks?|manual|documentation|docs|procedures?|guide)\b",
        "",
        text,
    )
    text = re.sub(r"\b(?:procedures?|handbook|manual|please)$", "", text.strip(" ?!.,")).strip(" ?!.,'")
    return Filled({"query": text[:120].strip()} if len(text) > 2 else {})


def _downlink(reading: Reading) -> Filled:
    volume = reading.quantity(Dimension.DATA_MB)
    return Filled(_with(data_volume_mb=_number(volume.value) if volume else None, deadline=_deadline(reading)))


def _maintenance(reading: Reading) -> Filled:
    duration = reading.quantity(Dimension.DURATION_MIN)
    window = _window(reading)
    at = reading.time(Relation.AT)
    if not window and at is not None and at.start_utc > reading.context.now_utc:
        window = {"start": _iso(at.start_utc, up=True)}
        if at.end_utc > at.start_utc:
            window["end"] = _iso(at.end_utc)
    work = _longest(reading.norm, words("works"))
    return Filled(_with(work=work, duration_min=_number(duration.value) if duration else None) | window)


_PLAN_ID: Final = re.compile(r"\bplan-[a-z0-9]{6,32}\b", re.IGNORECASE)


def _compared(reading: Reading) -> Filled:
    """The first two plans that are named; one spelling: ids are lower case."""
    ids = list(dict.fromkeys(one.lower() for one in _PLAN_ID.findall(reading.utterance.original)))
    return Filled(dict(zip(("first_plan_id", "second_plan_id"), ids, strict=False)))


_FILLERS: Final[Mapping[str, Callable[[Reading], Filled]]] = {
    "list_passes": _passes,
    "get_orbit_state": _orbit_state,
    "plan_orbit_raise": _orbit_raise,
    "plan_collision_avoidance": _collision,
    "check_battery": _battery,
    "schedule_imaging": _imaging,
    "explain_anomaly": _anomaly,
    "set_mode": _mode,
    "point_attitude": _attitude,
    "predict_rul": _life,
    "schedule_downlink": _downlink,
    "search_procedures": _query,
    "check_resources": _nothing,
    "schedule_maintenance": _maintenance,
    "compare_plans": _compared,
}
