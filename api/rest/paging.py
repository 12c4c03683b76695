"""Pages of lists: a cursor says where the next page begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from core.errors import InputError

__all__ = ["Cursor", "Limit", "Page", "page_of"]

Limit = Annotated[int, Query(ge=1, le=200, description="items a page")]
Cursor = Annotated[str | None, Query(max_length=32, description="next_cursor of the page before")]


class Page(BaseModel):
    """One page; ``next_cursor`` is null on the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[Any]
    next_cursor: str | None = None


def page_of(items: Sequence[Any], limit: int, cursor: str | None) -> Page:
    """The page of a list that begins at a cursor.

    Raises:
        InputError: The cursor is not one that a page before gave.
    """
    if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
        raise InputError("cursor", f"{cursor!r} is not a cursor; use next_cursor of the page before")
    start = int(cursor) if cursor else 0
    following = str(start + limit) if start + limit < len(items) else None
    return Page(items=list(items[start : start + limit]), next_cursor=following)
