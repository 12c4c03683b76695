"""A change of a spacecraft's telecommand key from the ground, begun by a person: a stack that waits for approval."""

from __future__ import annotations

from api.auth.accounts import User
from api.service.runtime import Runtime
from api.service.stack_requests import stacks_of
from core.command.model import Contact
from core.command.rollover import begin_rollover
from core.command.stack_table import StackRecord

__all__ = ["draft_rollover"]


def draft_rollover(runtime: Runtime, satellite: str, contact: Contact, user: User) -> StackRecord:
    """Keep a new key for a spacecraft, and draft the stack that brings it on board.

    Raises:
        Conflict: A change of its keys has begun.
        NotFound: There is no such spacecraft.
        InputError: The contact cannot be used.
    """
    stacks = stacks_of(runtime)
    file = runtime.flight.fleet.keys.link_file
    return stacks.save(begin_rollover(file, stacks.table, satellite, contact, user.username))
