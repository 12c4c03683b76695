"""Conjunction messages: what was received, and the door by which they come in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from api.auth.accounts import User
from api.auth.dependencies import CurrentRuntime, Viewer, may
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.conjunctions import ConjunctionView, conjunction_view
from core.authority import Action
from core.mission.conjunctions import ConjunctionMessage

__all__ = ["router"]

router = APIRouter(prefix="/conjunctions", tags=["conjunctions"])
_LARGEST = 200_000


@router.post("", status_code=201)
def receive(
    text: Annotated[
        str,
        Body(
            media_type="text/plain", min_length=1, max_length=_LARGEST, description="a CDM, KVN or XML (CCSDS 508.0-B)"
        ),
    ],
    user: Annotated[User, may(Action.LOAD_CONJUNCTIONS)],
    runtime: CurrentRuntime,
) -> ConjunctionView:
    """Check and keep a conjunction data message; the same text again gives the same answer."""
    now_utc = runtime.clock.now_utc()
    message = runtime.conjunctions.receive(text, actor=f"user:{user.username}", at_utc=now_utc)
    return conjunction_view(message, now_utc)


@router.get("")
def conjunctions(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ConjunctionView]:
    """Messages received, the latest closest approach first, each with the probability that follows from it."""
    if satellite is not None:
        runtime.mission.craft(satellite)
    page: Page[ConjunctionMessage] = page_of(
        sorted(runtime.conjunctions.messages(satellite), key=lambda one: one.cdm.tca_utc, reverse=True), limit, cursor
    )
    now_utc = runtime.clock.now_utc()
    return Page(items=[conjunction_view(one, now_utc) for one in page.items], next_cursor=page.next_cursor)
