"""Hashes of what a model is made of: the data and the code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from core.errors import InputError

__all__ = ["code_hash", "data_hash"]


def data_hash(paths: Iterable[Path]) -> str:
    """SHA-256 over names and contents of files, whatever their order.

    Raises:
        InputError: One cannot be read.
    """
    whole = hashlib.sha256()
    for path in sorted(paths, key=lambda one: one.name):
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise InputError("data", f"{path} cannot be read: {error.strerror}") from error
        whole.update(f"{path.name}:{digest}\n".encode())
    return whole.hexdigest()


def code_hash(*packages: str) -> str:
    """SHA-256 over the Python sources of packages, by name such as ``ml.models``; folders below them are not included."""
    whole = hashlib.sha256()
    for package in sorted(packages):
        sources: list[Traversable] = [one for one in files(package).iterdir() if one.name.endswith(".py")]
        for one in sorted(sources, key=lambda source: source.name):
            whole.update(f"{package}/{one.name}:{hashlib.sha256(one.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
