"""What is to be scheduled: requests, the candidates that could serve each, and what satellites and stations allow.

Time is in seconds since the start of the horizon. A candidate is one way to serve a request: a satellite from a start to
an end, and the contact with a station where it needs one. Candidates are fixed in time, so that every limit can be decided
exactly; a request that may start anywhere in a window has several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError

__all__ = ["Candidate", "Fleet", "Problem", "Request", "SatelliteBudget", "TurnTime"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """One way to serve a request.

    Attributes:
        request: Place of the request in the problem.
        satellite: Place of the satellite in the fleet.
        start_s: When it begins.
        end_s: When it ends.
        value: What it is worth, at most what the request is.
        station: Place of the station that it occupies; None for none.
        contact_start_s: From when the station is occupied; the start where None.
        contact_end_s: Until when the station is occupied; the end where None.
        data_bytes: Change of the satellite's store by its end: recorded positive, downlinked negative.
        energy_j: What it takes from the battery beyond the satellite's idle load.
        propellant_kg: What it burns.
        pointing: A mark that the turn time understands, such as an angle or an attitude.
        turns: Whether it holds the satellite's attitude, so that others need time to turn from and to it.
        relays: Further satellites that it holds from start to end, in the order in which a signal passes them.
        far_station: Place of the station at the other end of the relays, occupied as long as the first; None for none.
    """

    request: int
    satellite: int
    start_s: float
    end_s: float
    value: float
    station: int | None = None
    contact_start_s: float | None = None
    contact_end_s: float | None = None
    data_bytes: float = 0.0
    energy_j: float = 0.0
    propellant_kg: float = 0.0
    pointing: object = None
    turns: bool = True
    relays: tuple[int, ...] = ()
    far_station: int | None = None

    @property
    def contact(self) -> tuple[float, float]:
        """When its stations are occupied."""
        begin = self.start_s if self.contact_start_s is None else self.contact_start_s
        return begin, self.end_s if self.contact_end_s is None else self.contact_end_s

    @property
    def held(self) -> tuple[int, ...]:
        """Every satellite that it holds; store, battery and propellant are those of the first."""
        return (self.satellite, *self.relays)

    @property
    def stations(self) -> tuple[int, ...]:
        """Every station that it occupies."""
        return tuple(one for one in (self.station, self.far_station) if one is not None)

    def served_by(self, station: int) -> int:
        """The satellite that one of its stations is in contact with."""
        return self.satellite if station == self.station else self.held[-1]


TurnTime = Callable[[Candidate, Candidate], float]


@dataclass(frozen=True)
class SatelliteBudget:
    """What one satellite has: a data store, a battery, propellant for the horizon.

    ``charge_times_s`` and ``charge_j`` give the energy that array less idle load has brought up to a time, if the battery
    never were full; increasing times, from 0 to the horizon's end. Without them the battery is not looked at.
    """

    name: str
    store_bytes: float = math.inf
    initial_data_bytes: float = 0.0
    battery_j: float = math.inf
    initial_battery_j: float = math.inf
    minimum_battery_j: float = 0.0
    propellant_kg: float = math.inf
    charge_times_s: FloatArray | None = None
    charge_j: FloatArray | None = None


@dataclass(frozen=True)
class Fleet:
    """The satellites, the stations with their set-up times, and how long a satellite turns between two candidates.

    ``turn_s`` must not exceed ``longest_turn_s``.
    """

    satellites: tuple[SatelliteBudget, ...]
    stations: tuple[str, ...] = ()
    setup_s: tuple[float, ...] = ()
    turn_s: TurnTime = field(default=lambda _first, _second: 0.0)
    longest_turn_s: float = 0.0


@dataclass(frozen=True)
class Request:
    """Something asked for. ``looked_at`` tells of ways that are no candidates, as (start, code): out of sight, in the dark."""

    name: str
    value: float
    looked_at: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True)
class Problem:
    """Requests, their candidates and the fleet, over a horizon that begins at 0.

    Raises:
        InputError: A candidate names what is not there, runs backwards or out of the horizon, or is worth more than its
            request; names it.
    """

    horizon_s: float
    fleet: Fleet
    requests: tuple[Request, ...]
    candidates: tuple[Candidate, ...]
    of_request: tuple[tuple[int, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        if len(self.fleet.setup_s) != len(self.fleet.stations):
            raise InputError("fleet.setup_s", f"{len(self.fleet.setup_s)} for {len(self.fleet.stations)} stations")
        groups: list[list[int]] = [[] for _ in self.requests]
        for index, one in enumerate(self.candidates):
            self._check(index, one)
            groups[one.request].append(index)
        object.__setattr__(self, "of_request", tuple(tuple(group) for group in groups))

    def _check(self, index: int, one: Candidate) -> None:
        name = f"candidates.{index}"
        _in_range(f"{name}.request", one.request, self.requests)
        _in_range(f"{name}.satellite", one.satellite, self.fleet.satellites)
        for relay in one.relays:
            _in_range(f"{name}.relays", relay, self.fleet.satellites)
        if len(set(one.held)) < len(one.held):
            raise InputError(f"{name}.relays", f"{one.held} names a satellite twice")
        if one.station is not None:
            _in_range(f"{name}.station", one.station, self.fleet.stations)
        if one.far_station is not None:
            _in_range(f"{name}.far_station", one.far_station, self.fleet.stations)
            if one.station is None or one.far_station == one.station:
                raise InputError(f"{name}.far_station", f"{one.far_station} needs another station at the near end")
        if not (0.0 <= one.start_s < one.end_s <= self.horizon_s):
            raise InputError(
                name, f"{one.start_s} s to {one.end_s} s is not inside the horizon, 0 to {self.horizon_s} s"
            )
        request = self.requests[one.request]
        if not 0.0 <= one.value <= request.value * (1.0 + 1e-9):
            raise InputError(f"{name}.value", f"{one.value} is not between 0 and the {request.value} of {request.name}")


def _in_range(field_name: str, value: int, of: Sequence[object]) -> None:
    if not 0 <= value < len(of):
        raise InputError(field_name, f"{value} is not between 0 and {len(of) - 1}")
