"""The audit log and the knowledge base."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.dependencies import CurrentRuntime, Viewer
from api.rest.answers import VerificationAnswer
from api.rest.paging import Limit, Page
from core.events import Event
from knowledge.passage import Passage

__all__ = ["router"]

router = APIRouter(tags=["records"])


@router.get("/audit")
def audit(
    _user: Viewer,
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
def verify(_user: Viewer, runtime: CurrentRuntime) -> VerificationAnswer:
    """Walk the whole chain of hashes."""
    violations = runtime.events.verify()
    return VerificationAnswer(ok=not violations, events=runtime.events.last_sequence(), violations=tuple(violations))


@router.get("/knowledge/search")
def search(
    q: Annotated[str, Query(min_length=2, max_length=120)],
    _user: Viewer,
    runtime: CurrentRuntime,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Page[Passage]:
    """Passages of the handbook, best first."""
    return Page(items=runtime.knowledge.search(q, limit))
