"""Procedures, flight rules and standards: ingest, retrieve, cite."""

from knowledge.handbook import Handbook, open_knowledge

__all__ = ["Handbook", "open_knowledge"]
