"""Ids in paths: what no part of the service would make is refused before anything is looked up."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

__all__ = ["PathId", "StackId"]

PathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,128}$")]
StackId = Annotated[str, Path(pattern=r"^stack-[a-z0-9]{6,32}$")]
