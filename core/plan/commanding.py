"""From an activity to the telecommands of the mission database that carry it out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from core.plan.activity import (
    Activity,
    BurnActivity,
    CommandSpec,
    DownlinkActivity,
    ImagingActivity,
    ModeActivity,
    PointingActivity,
    PointingMode,
)
from core.time import add_s

__all__ = ["BURN_ATTITUDE_LEAD_S", "IMAGE_ATTITUDE_LEAD_S", "expand"]

# A burn starts in its attitude: the command to turn goes this much before ignition.
BURN_ATTITUDE_LEAD_S: Final = 300.0
# A place on the ground comes up from the horizon: turning to it takes the reference bus a minute, and until the control has
# come to rest another one goes by.
IMAGE_ATTITUDE_LEAD_S: Final = 150.0


def expand(activity: Activity) -> tuple[CommandSpec, ...]:
    """The commands of an activity, in order of execution; none for an uplink contact, which only carries others'."""
    make = _COMMANDS.get(type(activity))
    return make(activity) if make else ()


def _set_pointing(activity: Activity, mode: PointingMode, lead_s: float = 0.0) -> CommandSpec:
    return CommandSpec(
        command="SET_POINTING",
        arguments={
            "pointing": mode.value,
            "duration_s": math.ceil(activity.window.duration_s + lead_s),
            "latitude_deg": getattr(activity, "latitude_deg", 0.0),
            "longitude_deg": getattr(activity, "longitude_deg", 0.0),
        },
        execute_at=add_s(activity.window.start, -lead_s),
    )


def _downlink(activity: DownlinkActivity) -> tuple[CommandSpec, ...]:
    """One command: on board it ends by itself when the volume is out or the time is over, so no second one can cut it."""
    start = CommandSpec(
        command="START_DOWNLINK",
        arguments={
            "volume_bytes": activity.volume_bytes,
            "duration_s": math.ceil(activity.window.duration_s),
            "station": activity.contact.station,
        },
        execute_at=activity.window.start,
    )
    return (start,)


def _imaging(activity: ImagingActivity) -> tuple[CommandSpec, ...]:
    image = CommandSpec(
        command="TAKE_IMAGE",
        arguments={
            "duration_s": activity.window.duration_s,
            "latitude_deg": activity.latitude_deg,
            "longitude_deg": activity.longitude_deg,
        },
        execute_at=activity.window.start,
    )
    return (_set_pointing(activity, PointingMode.TARGET, lead_s=IMAGE_ATTITUDE_LEAD_S), image)


def _pointing(activity: PointingActivity) -> tuple[CommandSpec, ...]:
    return (_set_pointing(activity, activity.pointing),)


def _mode(activity: ModeActivity) -> tuple[CommandSpec, ...]:
    command = CommandSpec(command="SET_MODE", arguments={"mode": activity.mode.value}, execute_at=activity.window.start)
    return (command,)


def _burn(activity: BurnActivity) -> tuple[CommandSpec, ...]:
    burn = CommandSpec(
        command="EXECUTE_BURN",
        arguments={"delta_v_m_s": activity.delta_v_m_s, "duration_s": activity.window.duration_s},
        execute_at=activity.window.start,
    )
    return (_set_pointing(activity, PointingMode.VELOCITY, lead_s=BURN_ATTITUDE_LEAD_S), burn)


_COMMANDS: Final[dict[type, Callable[..., tuple[CommandSpec, ...]]]] = {
    DownlinkActivity: _downlink,
    ImagingActivity: _imaging,
    PointingActivity: _pointing,
    ModeActivity: _mode,
    BurnActivity: _burn,
}
