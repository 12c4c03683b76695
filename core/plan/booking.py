"""Which satellite a ground station serves when: one at a time, with its set-up time between two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.mission.model import GroundStation
from core.plan.activity import Activity, ContactRef, Window
from core.time import add_s

__all__ = ["Bookings"]


@dataclass(frozen=True)
class Bookings:
    """The contacts that satellites hold."""

    held: tuple[tuple[str, ContactRef], ...] = ()

    @classmethod
    def of(cls, activities: Iterable[Activity]) -> Bookings:
        """The contacts that some activities hold."""
        return cls(tuple((one.satellite, one.contact) for one in activities if one.contact))

    def joined(self, other: Bookings) -> Bookings:
        """These contacts and others."""
        return Bookings((*self.held, *other.held))

    def holder(self, station: GroundStation, window: Window, satellite: str) -> str | None:
        """The other satellite whose contact leaves no time for this one; None when the station is free."""
        found = self.conflict(station, window, satellite)
        return found[0] if found else None

    def conflict(self, station: GroundStation, window: Window, satellite: str) -> tuple[str, ContactRef] | None:
        """The other satellite and its contact that leave no time for this one; None when the station is free."""
        needed = Window(start=add_s(window.start, -station.setup_s), end=add_s(window.end, station.setup_s))
        return next(
            (
                (other, contact)
                for other, contact in self.held
                if other != satellite and contact.station == station.id and contact.window.overlaps(needed)
            ),
            None,
        )
