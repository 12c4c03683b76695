"""The words of an authorisation question: who, does what, to which thing, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import LlamaSpaceError

__all__ = ["Action", "Decision", "NotAuthorised", "Person", "Subject", "strictest_class"]

_CLASSES = ("routine", "vital", "critical", "hazardous")


class Action(StrEnum):
    """Everything that a policy decides on; the names of ``llamaspace.cedarschema``."""

    READ = "read"
    READ_AUDIT = "read_audit"
    VERIFY_AUDIT = "verify_audit"
    SUBMIT_INTENT = "submit_intent"
    DRAFT_PLAN = "draft_plan"
    VALIDATE_PLAN = "validate_plan"
    SET_CLOCK = "set_clock"
    EDIT_STACK = "edit_stack"
    HOLD_QUEUE = "hold_queue"
    STOP_STACK = "stop_stack"
    REPORT_CONTACT = "report_contact"
    HANDLE_ALARM = "handle_alarm"
    EDIT_LIMITS = "edit_limits"
    EDIT_PLAN = "edit_plan"
    REVIEW_PLAN = "review_plan"
    LOAD_CONJUNCTIONS = "load_conjunctions"
    EDIT_QUEUE = "edit_queue"
    RESUME_QUEUE = "resume_queue"
    RUN_STACK = "run_stack"
    LIST_KEYS = "list_keys"
    ROTATE_KEYS = "rotate_keys"
    REVOKE_KEYS = "revoke_keys"
    EXPORT_AUDIT = "export_audit"
    PRUNE_AUDIT = "prune_audit"
    MANAGE_ACCOUNTS = "manage_accounts"
    APPROVE = "approve"
    ACCEPT_UNKNOWN = "accept_unknown"
    RELEASE = "release"
    REJECT = "reject"
    REVOKE_OWN = "revoke_own"
    REVOKE = "revoke"
    DISPATCH = "dispatch"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, in the role of their account."""

    name: str
    role: str


@dataclass(frozen=True)
class Subject:
    """One thing that people approve: a plan's revision, a command stack.

    Args:
        kind: ``plan``, ``stack``.
        subject_id: Its id.
        author: Who wrote it.
        command_class: The strictest class among its commands.
    """

    kind: str
    subject_id: str
    author: str
    command_class: str


@dataclass(frozen=True)
class Decision:
    """The answer, with the policies that decided it; ``reason`` is for people and empty when it is allowed."""

    allowed: bool
    action: Action
    policies: tuple[str, ...]
    code: str = ""
    reason: str = ""


class NotAuthorised(LlamaSpaceError):
    """A policy forbids it, or none permits it."""

    default_code = "not-allowed"

    def __init__(self, decision: Decision, **facts: Any) -> None:
        super().__init__(
            decision.reason, code=decision.code or None, action=decision.action, policies=decision.policies, **facts
        )
        self.decision = decision


def strictest_class(classes: Sequence[str]) -> str:
    """The class that asks for most; one that is not known asks for more than any."""
    unknown = [one for one in classes if one not in _CLASSES]
    return unknown[0] if unknown else max(classes, key=_CLASSES.index, default=_CLASSES[0])
