"""Fault scripts that ship, to begin from."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["BAD_DAY"]

BAD_DAY: Final = Path(__file__).with_name("bad_day.yaml")
"""Something of every kind, on the four satellites of the reference mission."""
