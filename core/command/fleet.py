"""Everything between an approved plan and the spacecraft, started and stopped as one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from core.authority import ApprovalRequests, Policies, package_policies
from core.command.dry_runs import TwinDryRuns
from core.command.keys import open_keys, spacecraft_key_file
from core.command.keystore import KeyStore
from core.command.pipeline import TELEMETRY_SOURCE, CommandPipeline, PipelineDeps
from core.command.policy import CommandPolicy
from core.events import EventLog
from core.ground import SimulatorProcess, StationLinks, TcpGroundLink, load_stations
from core.mdb import MissionDatabase
from core.mission.model import Mission
from core.store import Database
from core.telemetry import (
    AlarmDesk,
    ArchiveTelemetryReader,
    LatestValues,
    LimitOverrides,
    TelemetryIngest,
    TelemetryStream,
    tm_channels,
)
from core.telemetry.compactor import Compactor
from core.telemetry.packet_feed import PacketFeed
from core.telemetry.packet_watch import PacketWatch
from core.telemetry.postgres.follower import PostgresFollower
from core.telemetry.retention import RetentionPolicies
from core.telemetry.sql_carry_over import carry_over
from core.telemetry.telemetry_archive import TelemetryArchive
from core.time import MissionClock
from core.time.clock import ClockAnchor

__all__ = ["Fleet", "FleetConfig"]

_STOP_TIMEOUT_S = 10.0
_COMPACTION_S = 30.0  # from the end of one to the beginning of the next; until then packets are in the log


@dataclass(frozen=True)
class FleetConfig:
    """Where things are.

    Args:
        data: Folder for keys, telemetry and the simulator's state.
        mission_file: Mission file for the simulator; None for the reference mission.
        mdb_file: Mission database file for the simulator; None for the reference database.
        housekeeping_s: Period of housekeeping in contact, mission s.
        faults_file: Script of faults for the simulator to inject; None for sound spacecraft.
        stations_file: Where real stations are reached; with it no simulator is started.
        retention: How long telemetry is kept; for ever by default.
        postgres: URI of a PostgreSQL database that gets a copy of telemetry; none by default.
    """

    data: Path
    mission_file: Path | None = None
    mdb_file: Path | None = None
    housekeeping_s: float = 10.0
    faults_file: Path | None = None
    stations_file: Path | None = None
    retention: RetentionPolicies = field(default_factory=RetentionPolicies)
    postgres: str | None = None


class Fleet:
    """Simulator process, ground link, telemetry and command pipeline of a mission.

    Args:
        config: Where things are.
        mission: The mission.
        mdb: Its packets and telecommands.
        database: The service's database.
        events: The service's event log.
        clock: Mission time, announced to the simulator.
        policy: Limits of commanding.
        authority: Who may let which commands go; the package's policies without.
        key_store: Signing keys that are kept elsewhere than in the data folder.
        requests: Where people approve; None takes approvals as they are handed over.
    """

    def __init__(
        self,
        config: FleetConfig,
        mission: Mission,
        mdb: MissionDatabase,
        database: Database,
        events: EventLog,
        clock: MissionClock,
        policy: CommandPolicy | None = None,
        authority: Policies | None = None,
        key_store: KeyStore | None = None,
        requests: ApprovalRequests | None = None,
    ) -> None:
        keys_folder = config.data / "keys"
        keys = open_keys(keys_folder, mission, key_store)
        self.keys = keys
        self._clock = clock
        limits = LimitOverrides(database, events, mdb)
        self.archive = TelemetryArchive(
            config.data / "telemetry", mdb, opaque_apids={mission.file_delivery.apid}, judge=limits.apply
        )
        carry_over(database, self.archive.columns)
        self.latest = LatestValues(self.archive, [craft.id for craft in mission.spacecraft])
        self.stream = TelemetryStream()
        self.reader = ArchiveTelemetryReader(self.archive, mdb)
        self.alarms = AlarmDesk(database, events, mdb, limits, clock, self.latest.all())
        self.packet_watch = PacketWatch(mdb, self.alarms.change)
        self.simulator = SimulatorProcess(
            config.data / "simulator",
            spacecraft_key_file(keys_folder),
            config.mission_file,
            config.mdb_file,
            _simulator_options(config),
        )
        self._simulated = config.stations_file is None
        self.link: TcpGroundLink | StationLinks
        if config.stations_file is None:
            self.link = TcpGroundLink(
                self.simulator.address, lambda: self.archive.cursor(TELEMETRY_SOURCE), lambda: clock.anchor
            )
        else:
            endpoints = load_stations(config.stations_file, mission)
            self.link = StationLinks(endpoints, lambda: self.archive.cursor(TELEMETRY_SOURCE), clock.now_tai_s)
        policy = policy or CommandPolicy()
        self._dry_runs = TwinDryRuns(mission, self.reader, clock, policy)
        self.retention = config.retention
        self.copy: PostgresFollower | None = None
        if config.postgres is not None:
            self.copy = PostgresFollower(config.postgres, PacketFeed(self.archive.columns))
        self.compactor = Compactor(
            self.archive.columns, _COMPACTION_S, retention=config.retention, now_tai_s=clock.now_tai_s
        )
        ingest = TelemetryIngest(
            self.archive, tm_channels(keys.link), self.latest, self.stream, self.alarms, self.packet_watch
        )
        self.pipeline = CommandPipeline(
            PipelineDeps(
                database=database,
                events=events,
                mission=mission,
                mdb=mdb,
                keys=keys,
                clock=clock,
                link=self.link,
                ingest=ingest,
                archive=self.archive,
                latest=self.latest,
                policy=policy,
                dry_runs=self._dry_runs,
                authority=authority or package_policies(),
                requests=requests,
                files=config.data / "files",
            )
        )
        self._stop = threading.Event()
        self._worker = threading.Thread(
            target=self.pipeline.run, args=(self._stop,), name="command-pipeline", daemon=True
        )

    def start(self) -> None:
        """Start the simulator where there is one, connect, and begin to work."""
        if self._simulated:
            self.simulator.start()
        self.link.start()
        self.compactor.start()
        if self.copy is not None:
            self.copy.start()
        self._worker.start()

    def stop(self) -> None:
        """Stop working, disconnect, and end the simulator."""
        self._stop.set()
        if self._worker.is_alive():
            self._worker.join(_STOP_TIMEOUT_S)
        self._dry_runs.close()
        self.link.close()
        if self._simulated:
            self.simulator.stop()
        self.stream.close()
        if self.copy is not None:
            self.copy.close()
        self.compactor.close()
        if not self._worker.is_alive():  # else it may still store something
            self.archive.close()

    def set_clock_rate(self, rate: float) -> ClockAnchor:
        """Change how fast mission time runs, here and in the simulator."""
        anchor = self._clock.set_rate(rate)
        self.link.set_clock(anchor)
        return anchor


def _simulator_options(config: FleetConfig) -> list[str]:
    options = ["--housekeeping-s", str(config.housekeeping_s)]
    return [*options, "--faults", str(config.faults_file)] if config.faults_file else options
