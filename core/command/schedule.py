"""Stage 3, schedule: by which route and through which contact does a command go up, and when is it too late?

A command goes to the on-board schedule in the first contact that leaves it enough time. One that executes within a
contact, too soon for that, is sent directly at its time while the contact lasts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.command.model import Command, Contact, Route
from core.time import duration_s

__all__ = ["Release", "latest_release_utc", "next_look_utc", "release_now"]


@dataclass(frozen=True)
class Release:
    """A command may leave now: by this route, through this contact."""

    route: Route
    contact: Contact


def release_now(command: Command, now_utc: datetime, lead_s: float) -> Release | None:
    """How a command may leave at this moment; None when it has to wait."""
    contact = next((one for one in command.contacts if one.start <= now_utc <= one.end), None)
    if contact is None:
        return None
    if duration_s(now_utc, command.execute_at) > lead_s:
        return Release(Route.ON_BOARD_SCHEDULE, contact)
    return Release(Route.DIRECT, contact) if command.execute_at <= now_utc else None


def next_look_utc(command: Command, now_utc: datetime) -> datetime:
    """The next instant at which a command that has to wait may leave, or is too late."""
    edges = [one.start for one in command.contacts if one.start > now_utc]
    if command.execute_at > now_utc:
        edges.append(command.execute_at)
    return min([*edges, latest_release_utc(command)])


def latest_release_utc(command: Command) -> datetime:
    """After this instant a command that has not left can no longer do so in time."""
    last_end = max(one.end for one in command.contacts)
    inside = any(one.start <= command.execute_at <= one.end for one in command.contacts)
    if not inside:
        return min(last_end, command.execute_at)
    return max(one.end for one in command.contacts if one.start <= command.execute_at <= one.end)
