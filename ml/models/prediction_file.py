"""Prediction files: CSV that is there whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.errors import InputError
from core.store.durable_file import write_durably

__all__ = ["write_predictions"]


def write_predictions(path: Path, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a table with its heads in the first line; gives the path.

    Raises:
        InputError: The folder cannot be written to; no file is written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)

    def write(unfinished: Path) -> None:
        unfinished.write_text(text.getvalue(), encoding="utf-8")

    try:
        write_durably(path, write)
    except OSError as error:
        raise InputError("--out", f"{path} cannot be written: {error.strerror}") from error
    return path
