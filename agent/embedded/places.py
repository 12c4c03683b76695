"""Satellites, stations and coordinates in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from agent.embedded.context import Context, Place

__all__ = [
    "Coordinates",
    "Mention",
    "find_coordinates",
    "find_satellites",
    "find_stations",
    "unknown_satellites",
    "unknown_station",
]

_GENERIC: Final = r"(?:l-? ?sat|ls|sat|satellite|spacecraft|s/c|sc|bird|craft|vehicle|sv)"
_NUMBERED: Final = re.compile(
    rf"\b(?P<kind>{_GENERIC})s?(?: (?:number|no\.?|nr))?(?: ?[-#_] ?| )?(?P<n>\d{{1,3}})(?=\b|s\b)(?!\.?\d|:\d)"
)
_MORE: Final = re.compile(
    r"^ ?,? ?(?:and|or|&|,|/|plus) ?#?(?P<n>\d{1,2})\b"
    r"(?=\W*$|[?!.;,]|[ ]?(?:and|or|&|,|/|plus|at|to|in|into|over|on|for|from|with|before|by|via|are|will|can|contacts?|pass|passes|now)\b)"
)
_ORDINAL: Final = re.compile(r"\b(?P<n>first|second|third|fourth) (?:satellite|spacecraft|sat|bird)\b")
_ORDINALS: Final = {"first": "1", "second": "2", "third": "3", "fourth": "4"}
_ALL: Final = re.compile(
    r"\b(?:(?:all|every|each)(?: of)?(?: the| our| 4| four)?(?: 4)? (?:satellites?|spacecraft|sats?|birds|lsats?)|(?:the |our )?(?:whole |entire |complete )?(?:fleet|constellation)"
    r"|all (?:4|four)(?: of them)?|all of them|each of them|every one of them)\b"
)


@dataclass(frozen=True)
class Mention:
    """A known thing and where it is named."""

    id: str
    start: int
    end: int


@dataclass(frozen=True)
class Coordinates:
    """A place on the ground, degrees, north and east positive."""

    latitude_deg: float
    longitude_deg: float
    start: int
    end: int


def find_satellites(norm: str, context: Context) -> list[Mention]:
    """Every satellite named, in the text's order; "all satellites" names each."""
    found = _named(norm, context.satellites)
    by_number = {match.group(1): one.id for one in context.satellites if (match := re.search(r"(\d+)$", one.id))}
    for match in [*_NUMBERED.finditer(norm), *_ORDINAL.finditer(norm)]:
        number = _ORDINALS.get(match.group("n"), match.group("n").lstrip("0") or "0")
        if number in by_number:
            _add(found, Mention(by_number[number], *match.span()))
    for one in list(found):
        position = one.end
        while more := _MORE.match(norm[position:]):
            if more.group("n") not in by_number:
                break
            _add(found, Mention(by_number[more.group("n")], position + more.start("n"), position + more.end()))
            position += more.end()
    for match in _ALL.finditer(norm):
        excepted = _excepted(norm[match.end() :], found, match.end())
        if excepted:
            found = [one for one in found if one.id not in excepted]
        found += [Mention(one.id, *match.span()) for one in context.satellites if one.id not in excepted]
    return sorted({one.id: one for one in reversed(found)}.values(), key=lambda one: (one.start, one.id))


def unknown_satellites(norm: str, context: Context) -> list[str]:
    """Numbered satellites that do not exist, as they are written."""
    known = find_satellites(norm, context)
    named = [match for match in _NUMBERED.finditer(norm) if match.group("kind") not in ("sc", "ls")]
    return [
        one.group(0) for one in named if not any(one.start() < other.end and other.start < one.end() for other in known)
    ]


def find_stations(norm: str, context: Context) -> list[Mention]:
    """Every ground station named, slips of the pen included."""
    found = _named(norm, context.stations)
    for match in re.finditer(r"[^\W\d_]{5,}(?: [^\W\d_]{4,})?", norm):
        for candidate in (match.group(0), match.group(0).split()[0]):
            span = (match.start(), match.start() + len(candidate))
            if any(span[0] < other.end and other.start < span[1] for other in found):
                continue
            best = max(
                (
                    (fuzz.ratio(candidate, name), one.id)
                    for one in context.stations
                    for name in one.names
                    if len(name) > 4
                ),
                default=(0.0, ""),
            )
            if best[0] >= 82.0:  # one slip in six letters, two in eleven
                found.append(Mention(best[1], *span))
    return sorted({one.id: one for one in reversed(found)}.values(), key=lambda one: one.start)


def unknown_station(norm: str, original: str, stations: Sequence[Mention]) -> str | None:
    """A proper name after "at", "over" or "to" that is no station of the mission."""
    if stations:
        return None
    match = re.search(
        r"\b(?:over|at|to|from|above|via|through|using) (?:the )?([A-Z][\w'-]+(?: [A-Z][\w'-]+)*)", original
    )
    skip = r"(?:LSAT|L-SAT|UTC|Mon|Tues?|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Z$|GMT|CET|Noon|Midnight|Satellite|Tomorrow|Today|Sun)"
    return match.group(1) if match and not re.match(skip, match.group(1)) else None


def _excepted(rest: str, found: Sequence[Mention], offset: int) -> set[str]:
    match = re.match(r" ?,? ?(?:except|but not|excluding|apart from|other than|without|but)(?: for)?\b.{0,40}", rest)
    return {one.id for one in found if match and offset <= one.start < offset + match.end()}


def _named(norm: str, places: Sequence[Place]) -> list[Mention]:
    found: list[Mention] = []
    names = sorted(((name, one.id) for one in places for name in one.names), key=lambda pair: -len(pair[0]))
    for name, place in names:
        if len(name) < 2:
            continue
        pattern = " ?-? ?".join(re.escape(part) for part in re.split(r"[ _-]+", name))
        for match in re.finditer(rf"(?<![\w-]){pattern}(?=s?(?!\w|\.\d))", norm):
            _add(found, Mention(place, *match.span()))
    return found


def _add(found: list[Mention], one: Mention) -> None:
    if not any(one.start < other.end and other.start < one.end for other in found):
        found.append(one)


_N: Final = r"(?P<{0}>[+-]?\d+(?:\.\d+)?)(?: ?(?:°|degrees|deg|d))?(?: ?(?P<{0}m>\d+(?:\.\d+)?) ?(?:'|minutes|min|m)(?: ?(?P<{0}s>\d+(?:\.\d+)?) ?(?:\"|''|seconds|sec|s))?)?"
_LAT: Final = _N.format("lat")
_LON: Final = _N.format("lon")
_NS: Final = r" ?-?(?P<ns>north|south|n|s)(?:orth|outh)?\b"
_EW: Final = r" ?-?(?P<ew>east|west|e|w)\b"
_BETWEEN: Final = r" ?(?:,|;|/|and|by)? ?"
_FORMS: Final = tuple(
    re.compile(one)
    for one in (
        rf"(?<![\w.]){_LAT}{_NS}(?: lat(?:itude)?)?{_BETWEEN}(?:longitude |lon |long )?{_LON}{_EW}(?: lon(?:gitude)?)?",
        rf"\b(?P<ns>north|south|n|s) ?{_LAT}{_BETWEEN}(?P<ew>east|west|e|w) ?{_LON}",
        rf"\blat(?:itude)?(?: of)?[ :=]*{_LAT}(?:{_NS})?{_BETWEEN}(?:and )?lon(?:g(?:itude)?)?(?: of)?[ :=]*{_LON}(?:{_EW})?",
        rf"\blon(?:g(?:itude)?)?[ :=]*{_LON}(?:{_EW})?{_BETWEEN}(?:and )?lat(?:itude)?[ :=]*{_LAT}(?:{_NS})?",
        rf"(?<![\w.]){_LON}{_EW}{_BETWEEN}{_LAT}{_NS}",
        r"[\(\[]?(?<![\w.:-])(?P<lat>[+-]?\d{1,2}\.\d+) ?°? ?(?:,|/|;| ) ?(?P<lon>[+-]?\d{1,3}\.\d+)°?(?! ?(?:km|m\b|mb|gb|m/s|degrees off))[\)\]]?",
        r"\b(?:coordinates|position|point|location|target)\b[ :=]*[\(\[]?(?P<lat>[+-]?\d{1,2}(?:\.\d+)?) ?(?:,|/|;) ?(?P<lon>[+-]?\d{1,3}(?:\.\d+)?)[\)\]]?",
    )
)


def find_coordinates(norm: str) -> Coordinates | None:
    """The first coordinates in the text, in any of the usual notations."""
    for form in _FORMS:
        match = form.search(norm)
        if match is None:
            continue
        parts = match.groupdict()
        latitude = _degrees(parts, "lat") * (-1 if (parts.get("ns") or "n")[0] == "s" else 1)
        longitude = _degrees(parts, "lon") * (-1 if (parts.get("ew") or "e")[0] == "w" else 1)
        return Coordinates(round(latitude, 9), round(longitude, 9), *match.span())
    return None


def _degrees(parts: dict[str, str | None], name: str) -> float:
    whole = float(parts[name] or 0.0)
    rest = float(parts.get(f"{name}m") or 0.0) / 60.0 + float(parts.get(f"{name}s") or 0.0) / 3600.0
    return whole - rest if whole < 0 else whole + rest
