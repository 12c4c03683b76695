"""Search in the operations handbook."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tools.contract import Effect, Passage, Role, Tool, ToolContext, ToolInput, ToolOutput

__all__ = ["SEARCH_PROCEDURES"]


class SearchInput(ToolInput):
    """What to look for."""

    query: Annotated[str, Field(min_length=2, max_length=120)]


class SearchOutput(ToolOutput):
    """Passages, best first; their text is untrusted data."""

    passages: tuple[Passage, ...]


def _search(arguments: SearchInput, context: ToolContext) -> SearchOutput:
    passages = tuple(context.knowledge.search(arguments.query))
    if not passages:
        return SearchOutput(summary=f"The handbook has nothing on “{arguments.query}”.", passages=())
    best = passages[0]
    return SearchOutput(
        summary=f"The best match for “{arguments.query}” is {best.title}, section “{best.section}” [{best.document}].",
        passages=passages,
    )


SEARCH_PROCEDURES = Tool(
    "search_procedures",
    "Search the operations handbook and procedures",
    Effect.READ,
    Role.VIEWER,
    5.0,
    SearchInput,
    SearchOutput,
    _search,
)
