"""The SMAP and MSL data set: channels of two of NASA's spacecraft, each with a training and a test part, and its labels."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import InputError
from ml.anomaly.series import Series

__all__ = ["SAMPLING_S", "Channel", "load_channels", "load_labels"]

SAMPLING_S: Final = (
    60.0  # the orbit of SMAP, 98.5 min, shows as 98 samples; assumed for MSL, the data set carries no times
)


@dataclass(frozen=True)
class Channel:
    """One of the data set.

    Args:
        training: Nominal, as far as is known.
        test: Comes later.
    """

    name: str
    training: Series
    test: Series


def load_channels(path: Path) -> dict[str, Channel]:
    """The channels of a file, by name in order.

    Args:
        path: NumPy's .npz with ``<channel>__train`` and ``<channel>__test``, shape (n, 1 + kinds of commands), the value first.

    Raises:
        InputError: It cannot be read, a part is missing, or holds what is no series.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            parts = {key: np.asarray(file[key], dtype=np.float64) for key in file.files}
    except (OSError, BadZipFile, ValueError, EOFError) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    names = sorted({key.rsplit("__", 1)[0] for key in parts})
    if not names:
        raise InputError("data", f"{path} holds no channels")
    channels = {}
    for name in names:
        found = []
        for part in ("train", "test"):
            key = f"{name}__{part}"
            if key not in parts:
                raise InputError(key, f"{path.name} has no such part")
            rows = parts[key]
            if rows.ndim != 2 or rows.shape[1] < 2:
                raise InputError(key, f"shape {rows.shape}; samples by value and commands is needed")
            found.append(Series(name, rows[:, 0], rows[:, 1:]))
        if found[0].commands.shape[1] != found[1].commands.shape[1]:
            raise InputError(name, "training and test have other numbers of commands")
        channels[name] = Channel(name, *found)
    return channels


def load_labels(path: Path, channels: dict[str, Channel]) -> dict[str, NDArray[np.bool_]]:
    """Whether each sample of a channel's test part is anomalous, for channels whose labels are public.

    Raises:
        InputError: It cannot be read, or a label lies outside its channel.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("data", f"{path} cannot be read: {error}") from error
    labels: dict[str, NDArray[np.bool_]] = {}
    for row in rows:
        name = row.get("chan_id") or ""
        if name not in channels:
            raise InputError("chan_id", f"{path.name}: {name!r} is no channel of the data set")
        flags = labels.setdefault(name, np.zeros(len(channels[name].test), dtype=bool))
        for begin, last in _sequences(row.get("anomaly_sequences") or "", name):
            if not 0 <= begin <= last < len(flags):
                raise InputError("anomaly_sequences", f"{name}: {begin} to {last} lies outside {len(flags)} samples")
            flags[begin : last + 1] = True
    return labels


def _sequences(text: str, name: str) -> list[tuple[int, int]]:
    try:
        return [(int(begin), int(last)) for begin, last in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise InputError("anomaly_sequences", f"{name}: {text!r} is no list of pairs") from error
