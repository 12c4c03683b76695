"""The audit log and the knowledge base."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may
from api.rest.answers import VerificationAnswer
from api.rest.paging import Limit, Page
from core.authority import Action
from core.command.keystore import KeyPurpose
from core.events import Event
from core.time import SystemClock
from knowledge.passage import Passage

__all__ = ["router"]

router = APIRouter(tags=["records"])


@router.get("/audit")
def audit(
    _user: Annotated[User, may(Action.READ_AUDIT)],
    runtime: CurrentRuntime,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    subject: Annotated[str | None, Query(max_length=128)] = None,
    kind: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 100,
) -> Page[Event]:
    """Events of the append-only log, oldest first; ``next_cursor`` is the ``after`` of the next page."""
    found = runtime.events.read(after=after, subject=subject, kinds=(kind,) if kind else (), limit=limit)
    following = str(found[-1].sequence) if len(found) == limit else None
    return Page(items=found, next_cursor=following)


@router.get("/audit/verify")
def verify(_user: Annotated[User, may(Action.VERIFY_AUDIT)], runtime: CurrentRuntime) -> VerificationAnswer:
    """Walk the whole log against its hashes, its signed checkpoints and the file outside the database."""
    return VerificationAnswer(**runtime.audit.trail.verify().model_dump())


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses={200: {"description": "JSON lines", "content": {"application/jsonl": {}}}},
)
def export(_user: Annotated[User, may(Action.EXPORT_AUDIT)], runtime: CurrentRuntime) -> StreamingResponse:
    """The whole log as JSON lines, with its checkpoints and public keys; `llamaspace audit verify --file` reads it."""
    keys = [one.model_dump(mode="json") for one in runtime.key_store.list_keys() if one.purpose is KeyPurpose.AUDIT]
    lines = runtime.audit.trail.export(keys, SystemClock().now_utc())
    return StreamingResponse(lines, media_type="application/jsonl")


@router.get("/knowledge/search")
def search(
    q: Annotated[str, Query(min_length=2, max_length=120)],
    _user: Viewer,
    runtime: CurrentRuntime,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Page[Passage]:
    """Passages of the handbook, best first."""
    return Page(items=runtime.knowledge.search(q, limit))
