"""A command pipeline over a data folder and a station network of the caller's choice, and plans of plain commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.command import TELEMETRY_SOURCE, CommandKeys, CommandPipeline, PipelineDeps, open_keys
from core.events import EventLog
from core.ground import GroundLink
from core.mdb import MissionDatabase, reference_mdb
from core.mission import reference_mission
from core.mission.model import Mission
from core.plan.activity import (
    Activity,
    CommandSpec,
    ContactRef,
    Proposer,
    Provenance,
    UplinkActivity,
    Window,
)
from core.plan.model import Approval, InitialResources, Intent, MissionPlan, ValidationReport
from core.store import Database, open_database
from core.telemetry import LatestValues, TelemetryIngest, TelemetryStream, tm_channels
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import MissionClock, add_s
from core.time.clock import ClockAnchor

__all__ = ["Rig", "approval_of", "ping_plan", "plan_of"]

_WHY = Provenance(proposed_by=Proposer.OPERATOR, reason="measured")


@dataclass(frozen=True)
class Rig:
    """A pipeline and what it works with."""

    pipeline: CommandPipeline
    database: Database
    events: EventLog
    clock: MissionClock
    keys: CommandKeys
    mission: Mission
    mdb: MissionDatabase
    archive: TelemetryArchive
    latest: LatestValues

    @classmethod
    def open(cls, folder: Path, clock: MissionClock, link: GroundLink, **more: Any) -> Rig:
        """Everything over a folder; opened again, it goes on as after a crash.

        Args:
            folder: Database, keys and telemetry.
            clock: Mission time.
            link: The way to the stations.
            more: Other parts of ``PipelineDeps``, such as ``mdb`` or ``seam``.
        """
        mission, mdb = more.pop("mission", None) or reference_mission(), more.pop("mdb", None) or reference_mdb()
        database = open_database(folder / "service.db")
        events, archive = EventLog(database), TelemetryArchive(folder / "telemetry", mdb)
        keys = open_keys(folder / "keys", mission)
        latest = LatestValues(archive, [one.id for one in mission.spacecraft])
        ingest = TelemetryIngest(archive, tm_channels(keys.link), latest, TelemetryStream())
        deps = PipelineDeps(database, events, mission, mdb, keys, clock, link, ingest, archive, latest, **more)
        return cls(CommandPipeline(deps), database, events, clock, keys, mission, mdb, archive, latest)

    def cursor(self) -> int:
        """Index of the last telemetry frame that is stored."""
        return self.archive.cursor(TELEMETRY_SOURCE)

    def close(self) -> None:
        """Let the folder go, so that it can be opened again."""
        self.archive.close()
        self.database.close()

    def start(self) -> threading.Event:
        """Have a thread work; set the event to end it."""
        stop = threading.Event()
        threading.Thread(target=self.pipeline.run, args=(stop,), daemon=True).start()
        return stop


def clock_at(start_tai_s: float, rate: float = 1.0) -> MissionClock:
    """Mission time from now on."""
    return MissionClock(ClockAnchor(time.time(), start_tai_s, rate))


def ping_plan(
    plan_id: str,
    satellite: str,
    contact: Window,
    execute_at: Sequence[datetime],
    now_utc: datetime,
    station: str = "svalbard",
) -> MissionPlan:
    """A plan of PINGs that execute at given instants, with one contact."""
    specs = [CommandSpec(command="PING", arguments={}, execute_at=one) for one in execute_at]
    return plan_of(plan_id, satellite, [contact], specs, now_utc, station)


def plan_of(
    plan_id: str,
    satellite: str,
    contacts: Sequence[Window],
    specs: Sequence[CommandSpec],
    now_utc: datetime,
    station: str = "svalbard",
) -> MissionPlan:
    """A validated plan of commands; the first contact's activity holds them all."""
    activities: list[Activity] = [
        UplinkActivity(
            activity_id=f"uplink-{number}",
            satellite=satellite,
            window=window,
            contact=ContactRef(station=station, window=window, max_elevation_deg=45.0),
            provenance=_WHY,
            commands=tuple(specs) if number == 0 else (),
        )
        for number, window in enumerate(contacts)
    ]
    initial = InitialResources(
        satellite=satellite,
        soc=0.9,
        data_stored_bytes=0,
        propellant_kg=18.0,
        mode="nominal",
        source="mission file",
        as_of=now_utc,
        r_gcrf_m=(7e6, 0.0, 0.0),
        v_gcrf_m_s=(0.0, 7500.0, 0.0),
    )
    plan = MissionPlan(
        plan_id=plan_id,
        revision=1,
        intent=Intent(text="commands", author="olga", channel="api", received_at=now_utc),
        horizon=Window(start=now_utc, end=add_s(max(one.end for one in contacts), 600.0)),
        input_hashes={},
        initial=(initial,),
        activities=tuple(activities),
    )
    report = ValidationReport(
        revision_hash=plan.revision_hash(), input_hashes={}, validated_at=now_utc, checks_run=("none",), findings=()
    )
    return plan.model_copy(update={"validation": report})


def approval_of(plan: MissionPlan, by: str = "petra", role: str = "planner") -> Approval:
    """A person's yes to exactly this revision."""
    return Approval(revision_hash=plan.revision_hash(), by=by, role=role, at=plan.intent.received_at)
