"""The card of a model: what it is for, what it was made of, what was measured, where it is not to be used."""

from __future__ import annotations

from collections.abc import Sequence

from core.time import format_utc
from ml.models.artefact import Manifest

__all__ = ["model_card"]


def model_card(manifest: Manifest, *, purpose: str, limits: Sequence[str]) -> str:
    """A page in Markdown.

    Args:
        manifest: Of the model; its files need no hashes yet.
        purpose: What it is for, in a sentence.
        limits: Where it is not to be used, and what it does not know.
    """
    lines = [
        f"# {manifest.name}",
        "",
        purpose,
        "",
        "| | |",
        "|---|---|",
        f"| kind | {manifest.kind} |",
        f"| made for | {manifest.made_for} |",
        f"| made | {format_utc(manifest.created_utc)} |",
        f"| seed | {manifest.seed} |",
        f"| training data | SHA-256 {manifest.data_hash} |",
        f"| code | SHA-256 {manifest.code_hash} |",
        "",
        "## Measured",
        "",
        *(_table(("quantity", "value"), [(name, f"{value:.4g}") for name, value in manifest.metrics.items()])),
        "",
        "## Choices",
        "",
        *(_table(("choice", "value"), [(name, str(value)) for name, value in manifest.settings.items()])),
        "",
        "## Inputs",
        "",
        *(_table(("input", "unit"), list(manifest.inputs))),
        "",
        "## Limits",
        "",
        *(f"- {one}" for one in limits),
        "",
    ]
    return "\n".join(lines)


def _table(heads: tuple[str, str], rows: Sequence[tuple[str, str]]) -> list[str]:
    return [f"| {heads[0]} | {heads[1]} |", "|---|---|", *(f"| {one} | {other} |" for one, other in rows)]
