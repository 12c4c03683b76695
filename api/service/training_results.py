"""States of training jobs as files that are there whole or not at all; Celery's own writes them in place."""

from __future__ import annotations

import os
from pathlib import Path

from celery.backends.filesystem import FilesystemBackend

from core.store.durable_file import write_durably

__all__ = ["TrainingResults"]


class TrainingResults(FilesystemBackend):  # type: ignore[misc]
    """Celery's folder of results, whose readers never see half a state."""

    def set(self, key: bytes, value: str | bytes) -> None:
        """Replace the state of a job."""
        octets = value if isinstance(value, bytes) else value.encode()
        write_durably(Path(os.fsdecode(self._filename(key))), lambda file: file.write_bytes(octets))
