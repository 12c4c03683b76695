"""What can go wrong between the control centre and its stations."""

from __future__ import annotations

from core.errors import LinkError

__all__ = ["GroundLinkDown", "GroundMessageMalformed", "StationRefused"]


class GroundLinkDown(LinkError):
    """There is no connection to the ground stations."""

    default_code = "ground-link-down"


class GroundMessageMalformed(LinkError):
    """A message on the ground connection contradicts its format."""

    default_code = "ground-message"


class StationRefused(LinkError):
    """A station does not serve."""

    default_code = "station-refused"
