"""Procedures, flight rules and standards: ingest, retrieve, cite."""
