"""What a client asks of the telemetry stream, checked against what the mission has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from api.service.telemetry_messages import Format, Mode, Replay, Subscribe
from core.errors import InputError, NotFound
from core.mdb import MissionDatabase
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.packet_selection import PacketSelection, name_pattern
from core.telemetry.packet_table import UNDECODED
from core.telemetry.parameter_units import ParameterUnits
from core.time import parse_utc, tai_s_from_utc

__all__ = ["StreamCatalogue", "WantedReplay"]

_CELLS: Final = 250_000  # values in a message, about
_MOST_ROWS: Final = 5000
_FEWEST_ROWS: Final = 50
_SHOWN: Final = 8


@dataclass(frozen=True)
class WantedReplay:
    """From one instant to another, TAI s since J2000, both included."""

    start_tai_s: float
    end_tai_s: float
    speed: float
    paused: bool
    version: int | None


@dataclass(frozen=True)
class StreamCatalogue:
    """What can be asked for.

    Args:
        mdb: Parameters and containers.
        satellites: Gives the ids of the mission's spacecraft.
        units: Says which parameters are of packet headers.
        feed: Says which versions there are.
        now_tai_s: Mission time.
    """

    mdb: MissionDatabase
    satellites: Callable[[], Sequence[str]]
    units: ParameterUnits
    feed: PacketFeed
    now_tai_s: Callable[[], float]

    def selection(self, request: Subscribe) -> PacketSelection:
        """What a request selects.

        Raises:
            NotFound: No spacecraft has such an id.
            InputError: Nothing has such a name, or parts of the request do not go together.
        """
        known = self.satellites()
        for one in request.satellites:
            if one not in known:
                raise NotFound(f"satellite {one!r} is not one of {list(known)}", code="unknown-satellite")
        parameters = [one for one in self.mdb.parameters if one not in self.units.header]
        _check_names("parameters", request.parameters, parameters, self._base_known)
        if request.alarms and request.anomalies:
            raise InputError("anomalies", "does not go with alarms: subscribe to each")
        steps = request.steps_of
        if steps is not None:
            _refuse(steps, containers=bool(request.containers), replay=request.replay is not None)
        _check_names("containers", request.containers, [*self.mdb.containers, UNDECODED])
        if request.after is not None and request.mode is Mode.NEWEST and steps is None:
            raise InputError("after", 'goes with mode "every": newest values begin with all that there are')
        if request.format is Format.ARROW and (steps is not None or request.mode is Mode.NEWEST):
            raise InputError("format", '"arrow" goes with samples in mode "every": all else is "json"')
        if request.after is not None and request.replay is not None:
            raise InputError("after", "does not go with a replay, which begins at replay.start")
        return PacketSelection(frozenset(request.satellites), request.containers, request.parameters, self.units.header)

    def rows_at_once(self, wanted: PacketSelection) -> int:
        """How many packets go into a message at most."""
        columns = sum(wanted.wants_parameter(one) for one in self.mdb.parameters)
        return max(min(_CELLS // max(columns, 1), _MOST_ROWS), _FEWEST_ROWS)

    def replay(self, request: Replay) -> WantedReplay:
        """The interval of a replay.

        Raises:
            InputError: A time that is none, an end that is not after the start, or an unknown version.
        """
        start_tai_s = tai_s_from_utc(parse_utc(request.start, "replay.start"))
        end_tai_s = self.now_tai_s() if request.end is None else tai_s_from_utc(parse_utc(request.end, "replay.end"))
        if not start_tai_s < end_tai_s:
            told = request.end or "the present"
            raise InputError("replay.end", f"{told} is not after the start, {request.start}")
        if request.version:
            versions = self.feed.versions()
            if request.version not in versions:
                raise InputError("replay.version", f"{request.version} is not one of {[0, *versions]}")
        return WantedReplay(start_tai_s, end_tai_s, request.speed, request.paused, request.version)

    def kept_from_tai_s(self, wanted: PacketSelection) -> dict[str, float]:
        """By satellite, from when on values are kept, where some have been removed."""
        satellites = wanted.satellites or frozenset(self.satellites())
        kept = {one: self.feed.kept_from_tai_s(one) for one in sorted(satellites)}
        return {satellite: kept_s for satellite, kept_s in kept.items() if math.isfinite(kept_s)}

    def _base_known(self, name: str) -> bool:
        """Whether it is a member or an element of a known parameter."""
        base = name.partition("[")[0].partition(".")[0]
        return base != name and base in self.mdb.parameters


def _refuse(steps: str, **given: bool) -> None:
    for field, there in given.items():
        if there:
            raise InputError(field, f"does not go with {steps}")


def _check_names(
    field: str, wanted: Iterable[str], known: Sequence[str], also: Callable[[str], bool] = lambda _: False
) -> None:
    for one in wanted:
        pattern = name_pattern((one,))
        if any(pattern.fullmatch(name) for name in known) or also(one):
            continue
        begin = one.partition("*")[0][:1].lower()
        near = sorted(known, key=lambda name: (not name.lower().startswith(begin), name))[:_SHOWN]
        rest = f" and {len(known) - _SHOWN} others" if len(known) > _SHOWN else ""
        raise InputError(field, f"{one!r} is not in the mission database, which has {', '.join(near)}{rest}")
