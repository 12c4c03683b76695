"""What people said of anomalies, as labels to train with."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from core.errors import InputError, StoreError
from core.store.durable_file import write_durably
from core.time import format_utc, utc_from_tai_s
from ml.alerts.alert import Alert, Verdict
from ml.alerts.store import AlertStore

__all__ = ["Label", "all_labels", "labels", "write_labels"]

_PAGE: Final = 200


class Label(BaseModel):
    """One anomaly with the judgement of its alert.

    ``begin`` and ``end`` are UTC, ``begin_tai_s`` and ``end_tai_s`` the same in TAI seconds since J2000; the end is null while
    it goes on. ``parameters`` are those that lead it, with spaces between.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    satellite: str
    begin: str
    end: str | None
    begin_tai_s: float
    end_tai_s: float | None
    anomaly: bool
    kind: str
    severity: str
    score: float
    parameters: str
    anomaly_id: str
    alert_id: str
    model: str
    judged_by: str
    judged_at: str
    comment: str


def labels(store: AlertStore, alert: Alert) -> list[Label]:
    """Labels of a judged alert's anomalies, the newest first; none where it is not judged."""
    if alert.verdict is None or alert.judged_tai_s is None:
        return []
    return [
        Label(
            satellite=one.satellite,
            begin=format_utc(utc_from_tai_s(one.begin_tai_s)),
            end=None if one.end_tai_s is None else format_utc(utc_from_tai_s(one.end_tai_s)),
            begin_tai_s=one.begin_tai_s,
            end_tai_s=one.end_tai_s,
            anomaly=alert.verdict is Verdict.CONFIRMED,
            kind=str(one.kind),
            severity=one.severity.name.lower(),
            score=one.score,
            parameters=" ".join(alert.parameters),
            anomaly_id=one.anomaly_id,
            alert_id=alert.alert_id,
            model=one.model,
            judged_by=alert.judged_by,
            judged_at=format_utc(utc_from_tai_s(alert.judged_tai_s)),
            comment=alert.comment,
        )
        for one in store.anomalies_of(alert.alert_id, limit=10_000)
    ]


def all_labels(store: AlertStore, satellite: str | None = None) -> Iterator[Label]:
    """Labels of every judged alert, the newest first."""
    before = None
    while found := store.judged(satellite=satellite, before=before, limit=_PAGE):
        for one in found:
            yield from labels(store, one.alert)
        before = found[-1].number


def write_labels(path: Path, found: Iterable[Label]) -> int:
    """Write labels to a file, CSV or JSON lines by its ending; how many there were. The file is whole, or not there.

    Raises:
        InputError: Another ending.
        StoreError: The disk refuses.
    """
    write = {".csv": _write_csv, ".jsonl": _write_json_lines}.get(path.suffix)
    if write is None:
        raise InputError("out", f"{path.name} ends neither with .csv nor with .jsonl")
    try:
        return write_durably(path, lambda unfinished: write(unfinished, found))
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error}") from error


def _write_csv(path: Path, found: Iterable[Label]) -> int:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, list(Label.model_fields))
        rows.writeheader()
        return sum(rows.writerow(one.model_dump()) > 0 for one in found)


def _write_json_lines(path: Path, found: Iterable[Label]) -> int:
    with path.open("w", encoding="utf-8") as file:
        return sum(file.write(one.model_dump_json() + "\n") > 0 for one in found)
