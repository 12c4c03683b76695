"""An approval request: what waits, who has approved it, and the states that it goes through."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict

from core.authority.model import Subject

__all__ = ["LIVE_STATES", "OPEN_STATES", "ApprovalRequest", "Grant", "RequestState", "RequestedCommand"]


class RequestState(StrEnum):
    """The life of a request."""

    PENDING = "pending"
    APPROVED = "approved"
    RELEASED = "released"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


OPEN_STATES: Final = (RequestState.PENDING, RequestState.APPROVED)
LIVE_STATES: Final = (*OPEN_STATES, RequestState.RELEASED)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RequestedCommand(_Part):
    """A command that waits, in one line."""

    command: str
    satellite: str
    command_class: str
    execute_at: AwareDatetime


class Grant(_Part):
    """One person's approval, in the role that they gave it in; ``token`` is the service's signature over it."""

    by: str
    role: str
    at: AwareDatetime
    comment: str = ""
    accepted_unknown: tuple[str, ...] = ()
    token: str = ""


class ApprovalRequest(_Part):
    """What waits, who has approved it, and until when it can be approved (mission time)."""

    request_id: str
    subject_kind: str
    subject_id: str
    subject_hash: str
    revision: int
    author: str
    command_class: str
    commands: tuple[RequestedCommand, ...]
    state: RequestState
    opened_at: AwareDatetime
    expires_at: AwareDatetime
    grants: tuple[Grant, ...] = ()
    reason: str = ""

    @property
    def subject(self) -> Subject:
        """The same as the policies see it."""
        return Subject(self.subject_kind, self.subject_id, self.author, self.command_class)
