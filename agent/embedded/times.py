"""Times as people say them: instants, windows, deadlines and look-backs, resolved to UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from core.errors import InputError

__all__ = ["ImpossibleTime", "Relation", "TimeMention", "find_times"]


_FIRST_YEAR, _LAST_YEAR = 1972, 9998  # what core.time can express


class Relation(StrEnum):
    """What a time is for."""

    AT = "at"  # an instant, or the day that is meant
    DEADLINE = "deadline"  # no later than
    START = "start"  # no earlier than
    WINDOW = "window"  # between two instants
    LOOKBACK = "lookback"  # a stretch that ends now


class ImpossibleTime(InputError):
    """Words that name no time there is, such as 31 February."""

    def __init__(self, said: str) -> None:
        super().__init__(
            "time", f"there is no time such as {said.strip()!r}", code="impossible-time", said=said.strip()
        )


@dataclass(frozen=True)
class TimeMention:
    """One time in a text.

    ``start_utc`` and ``end_utc`` are equal for an instant; a day or part of a day is a stretch. ``bare_clock`` says
    that no day was named, ``relative`` that it was said as a length from now.
    """

    relation: Relation
    start_utc: datetime
    end_utc: datetime
    start: int
    end: int
    bare_clock: bool = False
    relative: bool = False

    @property
    def instant(self) -> bool:
        """Whether this is one instant and no stretch."""
        return self.start_utc == self.end_utc


_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNIT_S: Final = {
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "hr": 3600,
    "h": 3600,
    "day": 86400,
    "week": 604800,
}
_UNIT: Final = r"(seconds?|secs?|minutes?|mins?|hours?|hrs?|h|days?|weeks?)"
# Offsets of zone abbreviations in minutes (IANA names, standard meanings in operations).
_ZONES: Final = {"utc": 0, "gmt": 0, "z": 0, "zulu": 0, "cet": 60, "cest": 120, "bst": 60, "eet": 120, "est": -300, "edt": -240,
                 "cst": -360, "mst": -420, "pst": -480, "pdt": -420, "jst": 540, "msk": 180, "sast": 120, "nzdt": 780, "nzst": 720}  # fmt: skip
_ZONE: Final = r"(?: ?(utc|gmt|zulu|z|cest|cet|bst|eet|est|edt|cst|mst|pst|pdt|jst|msk|sast|nzdt|nzst)\b)?(?: ?([+-]\d{1,2}(?::?\d{2})?)(?![\d-]))?"
_CLOCK: Final = (
    r"(?:(?<![\w.:-])(?P<h>[01]?\d|2[0-4])(?:(?::| ?h ?)(?P<m>[0-5]\d)(?::[0-5]\d(?:\.\d+)?)?(?: ?(?P<ap>[ap])\.?m\.?\b)?"
    r"|(?: ?(?P<ap2>[ap])\.?m\.?\b))"
    r"|(?<![\w.:-])(?P<hhmm>(?:[01]\d|2[0-3])[0-5]\d)(?= ?(?:utc|z\b|zulu|gmt|hours|hrs|h\b))(?: ?(?:hours|hrs|h)\b)?"
    r"|(?<![\w.:-])(?P<oh>\d{1,2}) ?o'?clock"
    r"|(?<![\w.:-])(?P<bh>\d{1,2})(?= ?(?:utc|zulu|gmt)\b| ?(?:and|to|until|till|-) ?\d{1,2}(?: ?[ap]\.?m\b|:| ?(?:utc|z|gmt)\b))"
    r"|\b(?P<word>noon|midday|midnight)\b)"
)
_DATE: Final = (
    r"(?:(?P<iso>\d{4} ?- ?\d{2} ?- ?\d{2})"
    r"|\b(?P<dm>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<mon>jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*)\b(?:,? (?P<y>20\d\d))?"
    r"|\b(?P<mon2>jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*) (?P<dm2>\d{1,2})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<y2>20\d\d))?"
    r"|\b(?P<d3>\d{1,2})[./](?P<m3>\d{1,2})[./](?P<y3>20\d\d)\b"
    r"|\bthe (?P<d4>\d{1,2})(?:st|nd|rd|th)\b"
    r"|\b(?:(?P<nextday>next|this|coming) )?(?P<wd>monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
    r"|\b(?P<rel>day after tomorrow|tomorrow|today|yesterday|tonight)\b)"
    r"(?: (?P<part>morning|afternoon|evening|night)\b)?"
)


def _renamed(pattern: str, suffix: str) -> str:
    return re.sub(r"\?P<(\w+)>", rf"?P<\1_{suffix}>", pattern)


# A point in time: a day with a clock time in either order, or one of them.
def _point(suffix: str) -> str:
    zone = _ZONE.replace("(utc", f"(?P<zone_{suffix}>utc", 1).replace("([+-]", f"(?P<offset_{suffix}>[+-]", 1)
    clock, date = _renamed(_CLOCK, suffix), _renamed(_DATE, suffix)
    clock2, date2 = _renamed(_CLOCK, suffix + "b"), _renamed(_DATE, suffix + "b")
    zone2 = _ZONE.replace("(utc", f"(?P<zone_{suffix}b>utc", 1).replace("([+-]", f"(?P<offset_{suffix}b>[+-]", 1)
    return (
        rf"(?:{date}(?:,? ?(?:at|t|@|around|about)? ?{clock}{zone})?"
        rf"|{clock2}{zone2}(?:,? ?(?:on |of )?(?:the )?{date2})?"
        rf"|\b(?P<now_{suffix}>now|right now|immediately|this moment|the moment|currently|at present)\b)"
    )


_RELATION: Final = (
    r"(?P<before>(?:\b(?:before|by|until|till|prior to|ahead of|due(?: by| at| on)?|deadline(?: is| of|:)?|not? later than|latest(?: by)?|up to|through|no later)\b)[ :]*"
    r"(?:the )?(?:latest )?(?P<endof>(?:end|close) of (?:the )?)?)?"
    r"(?P<after>\b(?:after|from|since|starting(?: at| from)?|not before|no earlier than|not earlier than|beginning(?: at)?|as of)\b ?(?:the )?)?"
    r"(?P<on>\b(?:at|on|for|during|around|in the course of|over)\b ?(?:the )?)?"
)
_SINGLE: Final = re.compile(_RELATION + _point("a"))
_RANGE: Final = re.compile(
    r"(?:\b(?:between|from)\b )?"
    + _point("p")
    + r" ?(?:\band\b|\bto\b|-|\buntil\b|\btill\b|\bthrough\b) ?(?:the )?"
    + _point("q")
)
_ISO_T: Final = re.compile(r"(\d{4}-\d{2}-\d{2})t(\d{2}:)")
_AHEAD: Final = re.compile(
    r"\b(?P<lead>within|in|over|during|for|throughout|inside|across)?(?: the)? ?(?P<next>next|coming|following|upcoming)? ?(?P<n>\d+(?:\.\d+)?) ?-?"
    + _UNIT
    + r"(?P<tail>'? time| from now| ahead)?\b"
)
_NEXT_UNIT: Final = re.compile(
    r"\b(?:within|in|over|during|for)?(?: the| an?| 1)? ?(next|coming|following)(?: the)? (hour|day|week)\b"
)
_BACK: Final = re.compile(
    r"\b(?:over|in|during|within|for|from)?(?: the)? ?(?:last|past|previous|preceding) (?:(\d+(?:\.\d+)?) ?)?"
    + _UNIT
    + r"\b"
)
_AGO: Final = re.compile(r"\b(?:since |from )?(\d+(?:\.\d+)?) ?" + _UNIT + r" ago\b")
_SPAN: Final = re.compile(
    r"(?P<by>\b(?:before|by|until|till)\b )?(?:the )?(?P<endof>end of )?(?:the )?"
    r"\b(?P<what>rest of the day|rest of today|this week|next week|this weekend|the weekend|weekend|(?:the )?week|the day|this morning|this afternoon|this evening|end of day|eod|overnight)\b"
)
_PARTS: Final = {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 30)}  # hours of the day


def find_times(norm: str, now_utc: datetime) -> list[TimeMention]:
    """All times in a normalised text, in its order; none overlaps another.

    "before Friday" is Friday 00:00; a bare clock time is its next occurrence; "tomorrow" is the whole day; "today" is
    what is left of it.

    Raises:
        ImpossibleTime: The words name a day or an hour that does not exist, or one outside 1972 to 9998.
    """
    norm = _ISO_T.sub(r"\1 \2", norm)
    found: list[TimeMention] = []
    for finder in (_ranges, _relatives, _spans, _singles):
        for one in finder(norm, now_utc):
            if not any(one.start < other.end and other.start < one.end for other in found):
                found.append(one)
    for one in found:
        if not _FIRST_YEAR <= one.start_utc.year <= one.end_utc.year <= _LAST_YEAR:
            raise ImpossibleTime(norm[one.start : one.end])
    return sorted(found, key=lambda one: one.start)


def _ranges(norm: str, now: datetime) -> list[TimeMention]:
    found = []
    for match in _RANGE.finditer(norm):
        try:
            first, second = _resolve(match, "p", now), _resolve(match, "q", now)
        except (ValueError, OverflowError) as error:
            raise ImpossibleTime(match.group(0)) from error
        if first is None or second is None:
            continue
        (start, _, day1, clock1), (low, high, day2, clock2) = first, second
        if clock1 and not day1 and day2 and clock2:
            start = start.replace(year=low.year, month=low.month, day=low.day)
        end = low if clock2 else high
        if clock2 and not day2:
            end = end.replace(year=start.year, month=start.month, day=start.day)
            if match.group("word_q") == "midnight" or match.group("word_qb") == "midnight" or end <= start:
                end = end if end > start else end + timedelta(days=1)
        if end < now and not day1 and not day2:
            start, end = start + timedelta(days=1), end + timedelta(days=1)
        if day1 is False and day2 is False and clock1 and start - now > timedelta(days=1):
            start, end = start - timedelta(days=1), end - timedelta(days=1)
        # A day named just after the range, such as "between 08:00 and 12:00 UTC tomorrow", is part of the second point.
        found.append(TimeMention(Relation.WINDOW, start, end, *match.span()))
    return [_with_day_before(one, norm, now) for one in found]


def _with_day_before(one: TimeMention, norm: str, now: datetime) -> TimeMention:
    """ "tomorrow between 8 and 12": the day stands in front of the range."""
    match = re.search(_renamed(_DATE, "d") + r",? ?$", norm[: one.start])
    if match is None:
        return one
    day = _day(match, "d", now)
    if day is None:
        return one
    start = day + (one.start_utc - one.start_utc.replace(hour=0, minute=0, second=0))
    end = start + (one.end_utc - one.start_utc)
    return TimeMention(Relation.WINDOW, start, end, match.start(), one.end)


def _relatives(norm: str, now: datetime) -> list[TimeMention]:
    try:
        return _lengths(norm, now)
    except OverflowError as error:
        raise ImpossibleTime(norm) from error


def _lengths(norm: str, now: datetime) -> list[TimeMention]:
    found = []
    for match in _BACK.finditer(norm):
        length = timedelta(seconds=float(match.group(1) or 1) * _seconds(match.group(2)))
        found.append(TimeMention(Relation.LOOKBACK, now - length, now, *match.span(), relative=True))
    for match in _AGO.finditer(norm):
        then = now - timedelta(seconds=float(match.group(1)) * _seconds(match.group(2)))
        relation = Relation.LOOKBACK if match.group(0).startswith(("since", "from")) else Relation.AT
        found.append(
            TimeMention(relation, then, now if relation is Relation.LOOKBACK else then, *match.span(), relative=True)
        )
    for match in _AHEAD.finditer(norm):
        end = now + timedelta(seconds=float(match.group("n")) * _seconds(match.group(4)))
        if match.group("next") or match.group("lead") in ("within", "inside"):
            found.append(TimeMention(Relation.WINDOW, now, end, *match.span(), relative=True))
        elif match.group("lead") == "in" or match.group("tail"):
            found.append(TimeMention(Relation.AT, end, end, *match.span(), relative=True))
    for match in _NEXT_UNIT.finditer(norm):
        if match.group(2) != "week":
            end = now + timedelta(seconds=_UNIT_S[match.group(2)])
            found.append(TimeMention(Relation.WINDOW, now, end, *match.span(), relative=True))
    return found


def _spans(norm: str, now: datetime) -> list[TimeMention]:
    midnight = _midnight(now)
    monday = midnight + timedelta(days=7 - now.weekday())
    saturday = midnight + timedelta(days=(5 - now.weekday()) % 7)
    stretches = {
        "rest of the day": (now, midnight + timedelta(days=1)),
        "rest of today": (now, midnight + timedelta(days=1)),
        "the day": (now, midnight + timedelta(days=1)),
        "end of day": (now, midnight + timedelta(days=1)),
        "eod": (now, midnight + timedelta(days=1)),
        "this week": (now, monday),
        "week": (now, monday),
        "next week": (monday, monday + timedelta(days=7)),
        "weekend": (saturday, monday if monday > saturday else monday + timedelta(days=7)),
        "this morning": _part(midnight, "morning"),
        "this afternoon": _part(midnight, "afternoon"),
        "this evening": _part(midnight, "evening"),
        "overnight": _part(midnight, "night"),
    }
    found = []
    for match in _SPAN.finditer(norm):
        what = match.group("what").removeprefix("the ").replace("this weekend", "weekend")
        if what in ("week", "day") and not match.group("endof"):
            continue
        low, high = stretches["the day" if what == "day" else what]
        until_end = match.group("endof") or what in ("end of day", "eod")
        if match.group("by") or until_end:
            due = high if until_end else low
            found.append(TimeMention(Relation.DEADLINE, due, due, *match.span()))
        else:
            found.append(TimeMention(Relation.WINDOW, max(low, now), high, *match.span()))
    return found


def _singles(norm: str, now: datetime) -> list[TimeMention]:
    found = []
    for match in _SINGLE.finditer(norm):
        try:
            point = _resolve(match, "a", now)
        except (ValueError, OverflowError) as error:
            raise ImpossibleTime(match.group(0)) from error
        if point is None or match.group(0).strip() in ("may", "second"):
            continue
        low, high, named_day, clock = point
        bare = clock and not named_day
        if match.group("before") is not None:
            due = high if match.group("endof") or match.group("before").startswith("through") else low
            found.append(TimeMention(Relation.DEADLINE, due, due, *match.span(), bare_clock=bare))
        elif match.group("after") is not None:
            past = low < now
            if match.group("after").startswith("since") and bare and not past:
                low, past = low - timedelta(days=1), True
            relation = (
                Relation.LOOKBACK if past and match.group("after").startswith(("since", "from")) else Relation.START
            )
            found.append(
                TimeMention(
                    relation, low, now if relation is Relation.LOOKBACK else low, *match.span(), bare_clock=bare
                )
            )
        else:
            relation = Relation.AT if clock or match.group("now_a") else Relation.WINDOW
            start = max(low, now) if relation is Relation.WINDOW and high > now else low
            found.append(TimeMention(relation, start, low if clock else high, *match.span(), bare_clock=bare))
    return found


def _resolve(match: re.Match[str], suffix: str, now: datetime) -> tuple[datetime, datetime, bool, bool] | None:
    """Low and high end of a point, whether a day was named, and whether a clock time was."""
    if match.group(f"now_{suffix}"):
        return now, now, True, True
    for each in (suffix, suffix + "b"):
        day, clock = _day(match, each, now), _clock(match, each)
        if day is None and clock is None:
            continue
        part = match.group(f"part_{each}") or ("night" if match.group(f"rel_{each}") == "tonight" else None)
        zone_min = _zone_min(match, each)
        if clock is None and day is not None:
            low, high = _part(day, part) if part else (day, day + timedelta(days=1))
            return low, high, True, False
        minutes = clock if clock is not None else 0
        if part in ("afternoon", "evening", "night") and minutes < 720 and match.group(f"h_{each}"):
            minutes += 720
        if match.group(f"word_{each}") == "midnight" and day is None:
            minutes = 1440
        base = day if day is not None else _midnight(now)
        if match.group(f"rel_{each}") == "tonight" and match.group(f"word_{each}") == "midnight":
            minutes = 1440
        instant = base + timedelta(minutes=minutes - zone_min)
        if day is None and instant < now:
            instant += timedelta(days=1)
        return instant, instant, day is not None, True
    return None


def _clock(match: re.Match[str], suffix: str) -> int | None:
    """Minutes of the day."""
    part = {name: match.group(f"{name}_{suffix}") for name in ("h", "m", "ap", "ap2", "hhmm", "oh", "bh", "word")}
    if part["word"]:
        return 0 if part["word"] == "midnight" else 720
    if part["hhmm"]:
        return int(part["hhmm"][:2]) * 60 + int(part["hhmm"][2:])
    hour_text = part["h"] or part["oh"] or part["bh"]
    if hour_text is None:
        return None
    hour, half = int(hour_text), part["ap"] or part["ap2"]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 24:
        raise ValueError(f"hour {hour} is past 24")
    return hour * 60 + int(part["m"] or 0)


def _day(match: re.Match[str], suffix: str, now: datetime) -> datetime | None:
    part = {
        name: match.group(f"{name}_{suffix}")
        for name in ("iso", "dm", "mon", "y", "mon2", "dm2", "y2", "d3", "m3", "y3", "d4", "nextday", "wd", "rel")
    }
    midnight = _midnight(now)
    if part["iso"]:
        return datetime.fromisoformat(part["iso"].replace(" ", "")).replace(tzinfo=UTC)
    if part["d3"]:
        return midnight.replace(year=int(part["y3"]), month=int(part["m3"]), day=int(part["d3"]))
    month = part["mon"] or part["mon2"]
    if month:
        year = part["y"] or part["y2"]
        day = midnight.replace(
            year=int(year) if year else now.year, month=_MONTHS.index(month[:3]) + 1, day=int(part["dm"] or part["dm2"])
        )
        return day if year or day >= midnight - timedelta(days=180) else day.replace(year=day.year + 1)
    if part["d4"]:
        day = midnight.replace(day=int(part["d4"]))
        return day if day >= midnight else (day.replace(day=1) + timedelta(days=32)).replace(day=int(part["d4"]))
    if part["wd"]:
        ahead = (_WEEKDAYS.index(part["wd"]) - now.weekday()) % 7
        return midnight + timedelta(days=ahead or 7)
    if part["rel"]:
        return midnight + timedelta(days={"day after tomorrow": 2, "tomorrow": 1, "yesterday": -1}.get(part["rel"], 0))
    return None


def _zone_min(match: re.Match[str], suffix: str) -> int:
    zone, offset = match.group(f"zone_{suffix}"), match.group(f"offset_{suffix}")
    minutes = _ZONES.get(zone or "utc", 0)
    if offset:
        digits = offset[1:].replace(":", "")
        hours, rest = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
        minutes += (-1 if offset[0] == "-" else 1) * (hours * 60 + rest)
    return minutes


def _part(day: datetime, part: str) -> tuple[datetime, datetime]:
    first, last = _PARTS[part]
    return day + timedelta(hours=first), day + timedelta(hours=last)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _seconds(unit: str) -> int:
    return _UNIT_S[unit.rstrip("s") or unit]
