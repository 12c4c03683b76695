"""Pages of lists: a cursor says where the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict

__all__ = ["Cursor", "Limit", "Page", "filtered_page", "page_of"]

Limit = Annotated[int, Query(ge=1, le=200, description="items a page")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="next_cursor of the page before")]


T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page; ``next_cursor`` is null on the last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[T]
    next_cursor: str | None = None


def page_of(items: Sequence[T], limit: int, cursor: str | None) -> Page[T]:
    """The page of a list that begins at a cursor."""
    start = int(cursor) if cursor else 0
    following = str(start + limit) if start + limit < len(items) else None
    return Page(items=list(items[start : start + limit]), next_cursor=following)


def filtered_page(scanned: Iterable[T], keeps: Callable[[T], bool], limit: int, cursor: str | None) -> Page[T]:
    """The page of what a filter keeps; ``scanned`` begins at the cursor, and is read no further than the page needs."""
    kept: list[T] = []
    for position, one in enumerate(scanned, int(cursor or 0)):
        if not keeps(one):
            continue
        if len(kept) == limit:
            return Page(items=kept, next_cursor=str(position))
        kept.append(one)
    return Page(items=kept)
