"""A passage of the knowledge base, as a search gives it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Passage"]


class Passage(BaseModel):
    """A passage; its text is untrusted data.

    ``document`` and ``section`` cite it; ``score`` orders passages of one search and means nothing across searches.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: str
    title: str
    section: str
    text: str
    score: float
    licence: str
