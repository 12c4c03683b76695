"""A conversation to frames: for each thing to do its tool, its arguments, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from agent.embedded.classify import classify
from agent.embedded.context import Context
from agent.embedded.places import unknown_satellites, unknown_station
from agent.embedded.reading import Reading, corrected, read_clause
from agent.embedded.segment import Clause, segment
from agent.embedded.slots import REQUIRED, Filled, fill
from agent.embedded.text import Utterance, read

__all__ = ["Frame", "missing_from", "understand"]

_NEEDS_STATION: Final = frozenset({"list_passes", "schedule_downlink"})
_PRONOUN: Final = re.compile(
    r"\b(?:it|its|that (?:satellite|spacecraft|one)|the same(?: satellite| one)?|same satellite|this (?:satellite|spacecraft|one)|the satellite|the spacecraft)\b"
)
_EVERY_STATION: Final = re.compile(
    r"\b(?:(?:all|every|each|any)(?: of)?(?: the| our)?(?: ground)? stations?|which (?:ground )?stations?|whole network)\b"
)
_ANY_SATELLITE: Final = re.compile(
    r"\b(?:which|what|any)(?: of the| of our)? (?:satellites?|spacecraft|sats?|birds?)\b"
)

_FOLLOWS: Final = re.compile(
    r"\s*\W*(?:and|no|make (?:it|that)|what about|how about|instead|rather|change|use|try|actually|same|also|again|better|but)\b"
)


@dataclass(frozen=True)
class Frame:
    """One thing to do: a tool with arguments, for some satellites and stations."""

    tool: str
    norm: str
    satellites: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    args: dict[str, Any] = field(default_factory=dict)
    relative_km: float | None = None
    unclear: str = ""
    after_previous: bool = False
    unknown_satellite: str = ""
    unknown_station: str = ""
    not_before: str | None = None


def understand(said: Sequence[str], context: Context) -> list[Frame]:
    """The frames of the last thing said; earlier things said fill what it leaves out.

    "and for LSAT-2?", "make it 30 minutes" or the bare answer to a question take the frame before them and change it.
    """
    frames: list[Frame] = []
    for text in said:
        frames = _one(text, frames, context)
    return frames


def missing_from(frame: Frame, context: Context) -> list[str]:
    """The names of what a frame lacks to become a call."""
    return [name for name in REQUIRED[frame.tool] if not _given(name, frame, context)]


def _given(name: str, frame: Frame, context: Context) -> bool:
    if name == "satellite":
        return bool(frame.satellites)
    if name == "station":
        return bool(frame.stations)
    if name == "place":
        return "target" in frame.args or {"latitude_deg", "longitude_deg"} <= frame.args.keys()
    if name == "target_altitude_km" and frame.relative_km is not None:
        return all(one in context.altitudes_km for one in frame.satellites)
    return name in frame.args


def _one(text: str, before: Sequence[Frame], context: Context) -> list[Frame]:
    utterance = corrected(read(text, context.names), context)
    readings = _merged(utterance, context)
    frames: list[Frame] = []
    for clause, reading, tool in readings:
        if tool is None and frames and reading.satellites:
            tool = frames[-1].tool  # "… and LSAT-2 in standby": the verb is left out
        if tool is not None:
            _append(frames, _frame(tool, reading, clause.after_previous and bool(frames)))
    correction = _FOLLOWS.match(utterance.norm) is not None
    open_frames = [one for one in before if missing_from(one, context)]
    if not frames:
        answers = open_frames and not correction
        change = _answered if answers else _changed
        return change(before, readings[0][1]) if readings and before else []
    if len(frames) == 1 and not correction and _answers(frames[0], open_frames, context):
        return _answered(before, readings[0][1])
    if len(frames) == 1 and before and before[-1].tool == frames[0].tool and correction:
        return _changed(before[-1:], readings[0][1])
    whole = read_clause(utterance, context)
    return _completed(frames, before, whole)


def _append(frames: list[Frame], frame: Frame) -> None:
    """Add a frame; one that only adds details to the one before ("… Keep it below 0.2 m/s.") joins it."""
    last = frames[-1] if frames else None
    details = {name: value for name, value in frame.args.items() if last is None or last.args.get(name) != value}
    adds = (
        last is not None
        and last.tool == frame.tool
        and not (frame.satellites or frame.stations or frame.after_previous)
    )
    if last is not None and adds and not details.keys() & last.args.keys():
        frames[-1] = replace(
            last,
            args={**last.args, **details},
            relative_km=last.relative_km or frame.relative_km,
            not_before=last.not_before or frame.not_before,
        )
    else:
        frames.append(frame)


def _merged(utterance: Utterance, context: Context) -> list[tuple[Clause, Reading, str | None]]:
    """Clauses with their tools; a clause that means no tool joins its neighbour."""
    clauses = segment(utterance.norm)
    read_once = [read_clause(utterance.only(one.start, one.end), context) for one in clauses]
    chosen = [classify(one) for one in read_once]
    groups: list[list[int]] = []
    for index, choice in enumerate(chosen):
        elided = (
            choice is None
            and clauses[index].after_previous is False
            and bool(read_once[index].satellites)
            and _elides(read_once[index].norm)
        )
        joins = groups and ((choice is None and not elided) or all(chosen[one] is None for one in groups[-1]))
        if joins and _adjacent(clauses[groups[-1][-1]], clauses[index]):
            groups[-1].append(index)
        else:
            groups.append([index])
    merged = []
    for group in groups:
        span = Clause(clauses[group[0]].start, clauses[group[-1]].end, clauses[group[0]].after_previous)
        reading = read_once[group[0]] if len(group) == 1 else read_clause(utterance.only(span.start, span.end), context)
        tools = [choice.tool for one in group if (choice := chosen[one]) is not None]
        again = classify(reading) if not tools else None
        merged.append((span, reading, tools[0] if tools else (again.tool if again else None)))
    return merged


def _adjacent(first: Clause, second: Clause) -> bool:
    return second.start >= first.end


def _elides(norm: str) -> bool:
    return re.match(r"\s*(?:l-?sat|sat|satellite)[ -]*\d\b ?(?:at|to|in|into|on|over|for|from)\b", norm) is not None


def _frame(tool: str, reading: Reading, after: bool) -> Frame:
    filled: Filled = fill(tool, reading)
    stations = tuple(one.id for one in reading.stations) if tool in _NEEDS_STATION else ()
    if tool == "list_passes" and _EVERY_STATION.search(reading.norm):
        stations = tuple(one.id for one in reading.context.stations)
    satellites = tuple(one.id for one in reading.satellites)
    if (
        not satellites
        and tool in ("list_passes", "check_battery", "get_orbit_state", "check_resources")
        and _ANY_SATELLITE.search(reading.norm)
    ):
        satellites = tuple(one.id for one in reading.context.satellites)
    unknown = unknown_satellites(reading.norm, reading.context)
    strange = ""
    if tool in _NEEDS_STATION:
        strange = (
            unknown_station(reading.norm, reading.utterance.original_of(*_extent(reading.norm)), reading.stations) or ""
        )
    return Frame(
        tool, reading.norm, satellites, stations, filled.args, filled.relative_km, filled.unclear, after,
        unknown[0] if unknown else "", strange if not stations else "", filled.not_before,
    )  # fmt: skip


def _extent(norm: str) -> tuple[int, int]:
    return len(norm) - len(norm.lstrip()), len(norm.rstrip())


def _completed(frames: list[Frame], before: Sequence[Frame], whole: Reading) -> list[Frame]:
    """Fill a satellite, station or time that another clause names."""
    completed: list[Frame] = []
    for frame in frames:
        if not frame.satellites and not frame.unknown_satellite:
            earlier = next((one.satellites for one in reversed(completed) if one.satellites), ())
            later = tuple(one.id for one in whole.satellites)
            from_talk = before[-1].satellites if before and _PRONOUN.search(frame.norm) else ()
            frame = replace(frame, satellites=earlier or (later if len(later) == 1 else ()) or from_talk)
        if frame.tool in _NEEDS_STATION and not frame.stations and not frame.unknown_station:
            same = next(
                (one.stations for one in reversed(completed) if one.tool in _NEEDS_STATION and one.stations), ()
            )
            frame = replace(frame, stations=same)
        completed.append(frame)
    return [_with_siblings(one, completed) for one in completed]


def _with_siblings(frame: Frame, frames: Sequence[Frame]) -> Frame:
    """A window said once for several calls of one read tool holds for all of them."""
    if frame.tool != "list_passes" or "end" in frame.args:
        return frame
    window = next((one.args for one in frames if one.tool == frame.tool and "end" in one.args), {})
    return replace(frame, args={**frame.args, **{name: window[name] for name in ("start", "end") if name in window}})


def _answers(frame: Frame, open_frames: Sequence[Frame], context: Context) -> bool:
    """Whether what alone would be a new, incomplete request answers the question about an open one."""
    missing = set(missing_from(frame, context))
    return any(one.tool == frame.tool and missing and set(missing_from(one, context)) - missing for one in open_frames)


def _answered(before: Sequence[Frame], reading: Reading) -> list[Frame]:
    """The frames before, the incomplete ones with what the answer says; the complete ones stay."""
    return [
        one if not missing_from(one, reading.context) else next(iter(_changed([one], reading)), one) for one in before
    ]


def _changed(before: Sequence[Frame], reading: Reading) -> list[Frame]:
    """The frames before, with what a follow-up or the answer to a question says changed."""
    changed = []
    for frame in before:
        filled = fill(frame.tool, reading)
        new = {name: value for name, value in filled.args.items() if not _is_default(frame.tool, name, reading)}
        if frame.tool == "search_procedures":
            new = {}
        if frame.tool == "plan_orbit_raise" and "target_altitude_km" in frame.args and filled.relative_km:
            new["target_altitude_km"] = frame.args["target_altitude_km"] + filled.relative_km
        stations = tuple(one.id for one in reading.stations) or frame.stations
        satellites = tuple(one.id for one in reading.satellites) or frame.satellites
        bare = re.fullmatch(r"\W*(\d{1,2})\W*", reading.norm)
        unclear = frame.unclear
        if unclear == "reaction_wheel" and bare:
            new, unclear = {"component": f"reaction_wheel_{bare.group(1)}"}, ""
        if not (new or filled.not_before or reading.stations or reading.satellites) and frame.args == {
            **frame.args,
            **new,
        }:
            continue
        unknown = unknown_satellites(reading.norm, reading.context)
        changed.append(
            replace(
                frame,
                norm=reading.norm,
                args={**frame.args, **new},
                satellites=satellites,
                stations=stations if frame.tool in _NEEDS_STATION else (),
                relative_km=filled.relative_km if not new else None,
                not_before=filled.not_before or frame.not_before,
                unclear="" if "component" in new else unclear,
                unknown_satellite=unknown[0] if unknown else ("" if reading.satellites else frame.unknown_satellite),
                unknown_station="" if reading.stations else frame.unknown_station,
            )
        )
    return changed


def _is_default(tool: str, name: str, reading: Reading) -> bool:
    """Whether a value stands for "nothing said" and must not overwrite what was said before."""
    if tool == "get_orbit_state" and name == "epoch":
        return not reading.times
    return tool == "check_battery" and name == "eclipses" and "eclipse" not in reading.norm
