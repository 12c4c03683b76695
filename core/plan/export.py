"""A simulation's arrays as a Parquet table, for notebooks and other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.plan.simulate import Simulation

__all__ = ["write_profiles"]


def write_profiles(simulation: Simulation, path: Path) -> None:
    """One row a satellite and sample; times are TAI seconds since J2000, other units are in the column names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for satellite, run in simulation.runs.items():
        columns = {
            "satellite": pa.array([satellite] * len(run.t_tai_s)),
            "t_tai_s": run.t_tai_s,
            "soc": run.soc,
            "load_power_w": run.load_power_w,
            "array_power_w": run.array_power_w,
            "data_stored_bytes": run.data_stored_bytes,
            "propellant_kg": run.propellant_kg,
            "wheel_momentum_n_m_s": run.wheel_momentum_n_m_s,
            "battery_temp_k": run.battery_temp_k,
            "illumination": np.asarray(run.illumination),
        }
        tables.append(pa.table(columns))
    pq.write_table(pa.concat_tables(tables), path)
