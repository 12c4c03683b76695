"""What approved plans have promised: burns that are still to be flown, and passes in which stations serve them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from core.plan.activity import BurnActivity
from core.plan.booking import Bookings

__all__ = ["NO_COMMITMENTS", "Commitments"]


@dataclass(frozen=True)
class Commitments:
    """The promises of other plans, as far as they concern one.

    Args:
        burns: Of the plan's satellites, by start.
        bookings: Contacts that any satellite holds.
    """

    burns: tuple[BurnActivity, ...] = ()
    bookings: Bookings = field(default_factory=Bookings)


NO_COMMITMENTS: Final = Commitments()
