"""Flies a simulated spacecraft through days of work in seconds, and gives its telemetry as decoded columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from core.ground.simulator import SimulatedSpacecraft, initial_state
from core.ground.simulator.faults import Fault
from core.link import new_link_keys
from core.mdb import MissionDatabase
from core.mdb.batch import BatchDecoder, DecodedBatch, packet_offsets
from core.mission.model import Mission
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.packet_table import GENERATED, container_tables
from evals.anomaly.operations import draw_operations

__all__ = ["TIME", "FlownPackets", "fly", "telemetry_table"]

TIME: Final = "generated_tai_s"
_CONTAINERS: Final = ("Housekeeping", "PowerAndHeatDiagnostics", "AttitudeDiagnostics", "OrbitDiagnostics")
_CONTACT_PERIOD_S: Final = 10.0


@dataclass(frozen=True)
class FlownPackets:
    """What a flight told, in the order of generation; received as it was generated.

    Args:
        rows: The packets.
        generated_tai_s: When each was made.
        decoded: What they mean.
    """

    rows: PacketRows
    generated_tai_s: np.ndarray
    decoded: DecodedBatch


def fly(
    mission: Mission,
    satellite: str,
    mdb: MissionDatabase,
    start_tai_s: float,
    duration_s: float,
    seed: int,
    faults: tuple[Fault, ...] = (),
) -> FlownPackets:
    """A flight with ordinary work that a seed decides, from a state of charge and loads of tank and store by chance."""
    chance = np.random.default_rng(seed)
    state = initial_state(mission, satellite, start_tai_s)
    state.soc = float(chance.uniform(0.8, 0.98))
    state.propellant_kg = float(chance.uniform(8.0, 17.5))
    state.data_stored_bytes = float(chance.uniform(1e8, 2e10))
    end_tai_s = start_tai_s + duration_s
    state.schedule = draw_operations(mission, satellite, mdb, start_tai_s, end_tai_s, chance)
    keys = new_link_keys(mission.craft(satellite).spacecraft_id)
    craft = SimulatedSpacecraft(mission, satellite, mdb, keys, state, _CONTACT_PERIOD_S, faults)
    craft.advance(end_tai_s)
    raw = [packet for packet, _ in craft.take_outbox()]
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    offsets = packet_offsets([len(one) for one in raw])
    generated = pus_times(data, offsets)
    decoded = BatchDecoder(mdb).decode(data, offsets)
    return FlownPackets(PacketRows(satellite, data, offsets, generated), generated, decoded)


def telemetry_table(flown: FlownPackets) -> pa.Table:
    """Housekeeping and diagnostics as one table, a row for each instant of housekeeping."""
    arrivals = np.arange(len(flown.rows))
    tables = container_tables(flown.rows, flown.generated_tai_s, arrivals, flown.decoded)
    whole: pa.Table | None = None
    for name in _CONTAINERS:
        one = tables[name]
        columns = [column for column in one.column_names if ":" not in column and "." not in column]
        kept = one.select(columns).drop_columns([c for c in columns if whole is not None and c in whole.column_names])
        kept = kept.append_column(TIME, one[GENERATED])
        whole = kept if whole is None else whole.join(kept, TIME, join_type="left outer")
    assert whole is not None
    return whole.sort_by(TIME)
