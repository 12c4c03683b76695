"""Series of a made-up channel: an orbit's swing and noise, and a heater that commands switch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.anomaly.series import Series

SAMPLES_PER_ORBIT = 95


def heater_series(samples: int, seed: int, name: str = "T-1") -> Series:
    """Nominal; each command of kind 0 lifts the channel for ten samples."""
    random = np.random.default_rng(seed)
    commands = np.zeros((samples, 3))
    commands[random.random(samples) < 0.02, 0] = 1.0
    commands[random.random(samples) < 0.05, 1] = 1.0
    phase = random.uniform(0.0, 2.0 * np.pi)
    swing = 0.3 * np.sin(2.0 * np.pi * np.arange(samples) / SAMPLES_PER_ORBIT + phase)
    lifted = np.convolve(commands[:, 0], np.full(10, 0.4))[:samples]
    return Series(name, swing + np.minimum(lifted, 0.4) + random.normal(0.0, 0.01, samples), commands)


def changed(series: Series, begin: int, end: int, how: str) -> Series:
    """The same with an anomaly from ``begin`` to before ``end``."""
    values = series.values.copy()
    if how == "level":
        values[begin:end] += 1.0
    else:
        values[begin:end] += np.random.default_rng(9).normal(0.0, 0.5, end - begin)
    return Series(series.name, values, series.commands)


def write_data_set(folder: Path) -> Path:
    """Two channels, one with public labels, as the data set has them."""
    parts = {}
    for number, name in enumerate(("T-1", "E-2")):
        for part, series in (
            ("train", heater_series(900, seed=number, name=name)),
            ("test", changed(heater_series(1200, seed=10 + number, name=name), 800, 860, "level")),
        ):
            rows = np.column_stack([series.values, series.commands]).astype(np.float32)
            parts[f"{name}__{part}"] = rows
    np.savez_compressed(folder / "smap_msl.npz", **parts)
    heads = "chan_id,spacecraft,anomaly_sequences,class,num_values\n"
    (folder / "labeled_anomalies.csv").write_text(heads + 'T-1,SMAP,"[[800, 859]]",[point],1200\n')
    return folder


def write_protocol(folder: Path) -> Path:
    """What the tables need beside the data set: labels of both channels, the protocol, published figures."""
    both = "".join(f'{name},"[[800, 859]]"\n' for name in ("T-1", "E-2"))
    (folder / "labeled_anomalies.csv").write_text("chan_id,anomaly_sequences\n" + both)
    judged = "one.csv,1200,500,T-1,True,False\ntwo.csv,1200,500,E-2,True,False\nthree.csv,9,5,A-1,False,False\n"
    (folder / "tsbad_m_map.csv").write_text("file,ts_len,tr,channels,usable,held\n" + judged)
    published = "file,PCA,KNN,ts_len\none.csv,0.1,0.3,1200\ntwo.csv,0.2,0.3,1200\n"
    (folder / "tsbad_m_published_vuspr_msl_smap.csv").write_text(published)
    return folder
