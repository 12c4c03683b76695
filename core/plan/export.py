"""A simulation's arrays as a Parquet table, for notebooks and other tools."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.mission.model import Mission
from core.plan.simulate import Simulation

__all__ = ["write_profiles"]


def write_profiles(simulation: Simulation, mission: Mission, path: Path) -> None:
    """One row a satellite and sample; times are TAI seconds since J2000, other units are in the column names.

    Satellites of other designs have other thermal nodes and wheels: columns that one does not have are empty for it.
    """
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
            "bus_voltage_v": run.flight.resources.bus_voltage_v[0],
            "battery_current_a": run.flight.resources.battery_current_a[0],
            "tank_pressure_pa": run.flight.resources.tank_pressure_pa[0],
            "attitude_error_rad": run.flight.attitude.error_rad,
        }
        for place, node in enumerate(mission.bus_of(satellite).thermal.node_ids):
            columns[f"temp_{node}_k"] = run.flight.resources.temp_k[0, :, place]
        for wheel in range(run.flight.attitude.wheel_n_m_s.shape[1]):
            columns[f"wheel_{wheel + 1}_n_m_s"] = run.flight.attitude.wheel_n_m_s[:, wheel]
        tables.append(pa.table(columns))
    pq.write_table(pa.concat_tables(tables, promote_options="default"), path)
