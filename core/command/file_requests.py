"""A file on board is asked for by a command; this drafts the stack that sends it, to be approved like any other."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from core.command.model import Contact
from core.command.stack import CommandStep, EndStep, Stack, WaitVerifierStep

__all__ = ["DOWNLINK", "asks_for_file", "draft_downlink", "first_usable"]

DOWNLINK: Final = "DOWNLINK_FILE"
_WAIT_S: Final = 3600.0


def draft_downlink(satellite: str, name: str, contact: Contact, author: str, *, acknowledged: bool) -> Stack:
    """The stack that has a spacecraft send a file.

    Args:
        satellite: Which.
        name: The file's name on board.
        contact: In which the command goes up.
        author: Who asks, and can therefore not approve.
        acknowledged: Class 2, in which what is lost is sent again.
    """
    delivery = "acknowledged" if acknowledged else "unacknowledged"
    return Stack(
        stack_id=f"stack-file{secrets.token_hex(5)}",
        revision=1,
        title=f"Downlink {name} of {satellite}"[:200],
        author=author,
        satellite=satellite,
        contacts=(contact,),
        steps=(
            CommandStep(step_id="ask", command=DOWNLINK, arguments={"delivery": delivery, "file_name": name}),
            WaitVerifierStep(step_id="wait", of="ask", timeout_s=_WAIT_S),
            EndStep(step_id="end"),
        ),
    )


def asks_for_file(stack: Stack) -> bool:
    """Whether a stack does nothing but ask for a file."""
    commands = [one.command for one in stack.steps if isinstance(one, CommandStep)]
    return commands == [DOWNLINK]


def first_usable(contacts: tuple[Contact, ...], now_utc: datetime, least_s: float = 60.0) -> Contact | None:
    """The first contact of which so much is left that somebody can approve and a command goes up; None without."""
    return next((one for one in contacts if (one.end - max(now_utc, one.start)).total_seconds() >= least_s), None)
