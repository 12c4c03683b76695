"""Small tables of segments as the OPS-SAT-AD data set has them, of synthetic channels whose anomalies are known."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from ml.anomaly.segments import QUANTITIES

CHANNELS = ("M1", "M2", "PD1")


def write_table(path: Path, segments: int, seed: int, *, labels: bool = True, **changed: object) -> Path:
    """Segments of three channels; in anomalous ones the samples jump. ``changed`` sets a column, None leaves it out."""
    random = np.random.default_rng(seed)
    heads = ["segment", *(["anomaly"] if labels else []), "channel", "sampling", *QUANTITIES]
    heads = [one for one in heads if not (one in changed and changed[one] is None)]
    rows = []
    for number in range(1, segments + 1):
        anomalous = random.random() < 0.25
        channel = int(random.integers(len(CHANNELS)))
        scale = (1e-5, 2e-5, 0.3)[channel]
        count = int(random.integers(40, 300))
        std = scale * random.uniform(0.8, 1.2)
        diff = std**2 * (random.uniform(0.3, 0.6) if anomalous else random.uniform(0.005, 0.05))
        told = {
            "segment": number,
            "anomaly": int(anomalous),
            "channel": CHANNELS[channel],
            "sampling": 1,
            "duration": count - 1,
            "len": count,
            "var": std**2,
            "std": std,
            "n_peaks": int(random.poisson(6 if anomalous else 1)),
            "smooth10_n_peaks": 1,
            "smooth20_n_peaks": 1,
            "diff_peaks": int(random.poisson(20 if anomalous else 4)),
            "diff2_peaks": int(random.poisson(30 if anomalous else 8)),
            "diff_var": diff,
            "diff2_var": 2.0 * diff,
            "gaps_squared": count,
            "len_weighted": count,
            "var_div_duration": std**2 / (count - 1),
            "var_div_len": std**2 / count,
            "mean": scale * random.normal(),
            "kurtosis": random.normal(5.0 if anomalous else -1.0, 1.0),
            "skew": random.normal(),
        }
        told |= changed
        rows.append([told[one] for one in heads])
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)
    return path
