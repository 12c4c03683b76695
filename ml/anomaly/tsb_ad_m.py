"""The protocol of TSB-AD-M on the public series of SMAP and MSL: which are judged, from where on, and what others reached."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.channels import Channel

__all__ = ["JudgedSeries", "load_protocol", "load_published"]

_NO_DETECTORS: Final = {
    "file",
    "ts_len",
    "anomaly_len",
    "num_anomaly",
    "avg_anomaly_len",
    "anomaly_ratio",
    "point_anomaly",
    "seq_anomaly",
}


@dataclass(frozen=True)
class JudgedSeries:
    """A series of the benchmark: the test part of a channel.

    Args:
        file: Its name there.
        channel: Its name in the data set.
        nominal: How many of its first samples may be learned from, without labels.
    """

    file: str
    channel: str
    nominal: int


def load_protocol(
    path: Path, channels: Mapping[str, Channel], labels: Mapping[str, NDArray[np.bool_]]
) -> list[JudgedSeries]:
    """The series that are one channel with public labels.

    Raises:
        InputError: The file cannot be read, or does not fit the data set.
    """
    found = []
    for row in _rows(path, ("file", "ts_len", "tr", "channels", "usable", "held")):
        if row["usable"] != "True" or row["held"] == "True":
            continue
        name = row["channels"]
        if name not in channels or name not in labels:
            raise InputError("channels", f"{path.name}: {name} is no channel with public labels")
        if (samples := len(channels[name].test)) != int(row["ts_len"]):
            raise InputError("ts_len", f"{path.name}: {row['ts_len']} for {name}, which has {samples} samples")
        found.append(JudgedSeries(row["file"], name, int(row["tr"])))
    if not found:
        raise InputError("data", f"{path} names no usable series")
    return found


def load_published(path: Path, series: list[JudgedSeries]) -> dict[str, list[float]]:
    """VUS-PR of each published detector on each of these series, the best mean first.

    Raises:
        InputError: The file cannot be read, or lacks one of the series.
    """
    rows = {row["file"]: row for row in _rows(path, ("file",))}
    if missing := [one.file for one in series if one.file not in rows]:
        raise InputError("file", f"{path.name} lacks {missing[0]}")
    names = [name for name in rows[series[0].file] if name not in _NO_DETECTORS]
    try:
        found = {name: [float(rows[one.file][name]) for one in series] for name in names}
    except ValueError as error:
        raise InputError("data", f"{path.name}: {error}") from error
    return dict(sorted(found.items(), key=lambda one: -float(np.mean(one[1]))))


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    for row in rows:
        if missing := [one for one in needed if row.get(one) is None]:
            raise InputError(missing[0], f"{path.name} lacks it in a row")
    return rows
