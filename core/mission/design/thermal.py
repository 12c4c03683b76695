"""The design of the thermal control."""

from __future__ import annotations
