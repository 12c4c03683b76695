"""What the story tests share: a mission in mission time, an approved plan, and a fleet to fly it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from core.command import Command, CommandPolicy, Fleet, FleetConfig
from core.events import EventLog
from core.mdb import reference_mdb
from core.mission import reference_mission
from core.orbit import Sgp4Orbit, find_passes
from core.plan.activity import (
    CommandSpec,
    ContactRef,
    DownlinkActivity,
    PointingActivity,
    PointingMode,
    Proposer,
    Provenance,
    UplinkActivity,
    Window,
)
from core.plan.model import Approval, InitialResources, Intent, MissionPlan, ValidationReport
from core.store import open_database
from core.time import MissionClock, add_s, tai_s_from_utc, utc_from_tai_s
from core.time.clock import ClockAnchor
from core.units import to_deg
from tests.pace import affordable

MISSION = reference_mission()
SATELLITE = "LSAT-1"
WHY = Provenance(proposed_by=Proposer.OPERATOR, reason="story")


def start_of_story() -> float:
    """A quarter of an hour before a good Svalbard pass that another one follows, TAI s since J2000."""
    orbit = Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements)
    t_tai_s = tai_s_from_utc(MISSION.craft(SATELLITE).elements.epoch_utc)
    passes = find_passes(orbit, MISSION.station("svalbard"), t_tai_s + 7200, t_tai_s + 86_400)
    long = [one for one in passes if one.duration_s > 400]
    return long[0].aos_tai_s - 900.0


def story_plan(clock: MissionClock, plan_id: str = "plan-story1") -> MissionPlan:
    """Uplink in the next pass, sun pointing after it, and a downlink in the pass that follows."""
    now_utc = clock.now_utc()
    now_tai_s = clock.now_tai_s()
    orbit = Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements)
    svalbard = find_passes(orbit, MISSION.station("svalbard"), now_tai_s + 60, now_tai_s + 43_200)
    up, down = [one for one in svalbard if one.duration_s > 400][:2]
    uplink = ContactRef(
        station="svalbard",
        window=_window(up.aos_tai_s + 5, up.los_tai_s - 5),
        max_elevation_deg=to_deg(up.max_elevation_rad),
    )
    downlink = ContactRef(
        station="svalbard",
        window=_window(down.aos_tai_s, down.los_tai_s),
        max_elevation_deg=to_deg(down.max_elevation_rad),
    )
    pointing = _window(up.los_tai_s + 300, up.los_tai_s + 2400)
    sending = _window(down.aos_tai_s + 60, down.aos_tai_s + 160)
    plan = MissionPlan(
        plan_id=plan_id,
        revision=1,
        intent=Intent(text="story", author="olga", channel="api", received_at=now_utc),
        horizon=_window(now_tai_s, down.los_tai_s + 600),
        input_hashes={"mission": MISSION.content_hash()},
        initial=(
            InitialResources(
                satellite=SATELLITE,
                soc=0.9,
                data_stored_bytes=0,
                propellant_kg=18.0,
                mode="nominal",
                source="mission file",
                as_of=now_utc,
                r_gcrf_m=(7e6, 0.0, 0.0),
                v_gcrf_m_s=(0.0, 7500.0, 0.0),
            ),
        ),
        activities=(
            UplinkActivity(
                activity_id="uplink", satellite=SATELLITE, window=uplink.window, contact=uplink, provenance=WHY
            ),
            PointingActivity(
                activity_id="sun",
                satellite=SATELLITE,
                window=pointing,
                pointing=PointingMode.SUN,
                provenance=WHY,
                commands=(_set_pointing(pointing),),
            ),
            DownlinkActivity(
                activity_id="downlink",
                satellite=SATELLITE,
                window=sending,
                contact=downlink,
                volume_bytes=800_000_000,
                provenance=WHY,
                commands=_downlink(sending),
            ),
        ),
    )
    report = ValidationReport(
        revision_hash=plan.revision_hash(), input_hashes={}, validated_at=now_utc, checks_run=("story",), findings=()
    )
    return plan.model_copy(update={"validation": report})


def contact_plan(clock: MissionClock, offset_s: float, command: str = "PING") -> MissionPlan:
    """One command that executes within the very contact that it goes up in, so long after acquisition of signal."""
    plan = story_plan(clock, "plan-direct1")
    uplink = plan.activities[0]
    at_utc = add_s(uplink.window.start, offset_s)
    spec = CommandSpec(command=command, arguments={}, execute_at=at_utc)
    uplink = uplink.model_copy(update={"commands": (spec,)})
    plan = plan.model_copy(update={"activities": (uplink,)})
    assert plan.validation is not None
    report = plan.validation.model_copy(update={"revision_hash": plan.revision_hash()})
    return plan.model_copy(update={"validation": report})


def approval(plan: MissionPlan, by: str = "petra", role: str = "planner") -> Approval:
    """A person's yes to exactly this revision."""
    return Approval(revision_hash=plan.revision_hash(), by=by, role=role, at=plan.intent.received_at)


def _window(start_tai_s: float, end_tai_s: float) -> Window:
    return Window(start=utc_from_tai_s(start_tai_s), end=utc_from_tai_s(end_tai_s))


def _set_pointing(window: Window) -> CommandSpec:
    arguments = {"pointing": "sun", "duration_s": round(window.duration_s), "latitude_deg": 0.0, "longitude_deg": 0.0}
    return CommandSpec(command="SET_POINTING", arguments=arguments, execute_at=window.start)


def _downlink(window: Window) -> tuple[CommandSpec, ...]:
    arguments = {"volume_bytes": 800_000_000, "duration_s": round(window.duration_s), "station": "svalbard"}
    return (
        CommandSpec(command="START_DOWNLINK", arguments=arguments, execute_at=window.start),
        CommandSpec(command="STOP_DOWNLINK", arguments={}, execute_at=window.end),
    )


class Story:
    """A service's share of the story in a folder; opening it again is a restart after a crash."""

    def __init__(self, folder: Path, clock: MissionClock, faults_file: Path | None = None) -> None:
        self.clock = clock
        self._wanted_rate: float | None = None
        self.database = open_database(folder / "service.db")
        self.events = EventLog(self.database)
        config = FleetConfig(folder, faults_file=faults_file)
        self.fleet = Fleet(config, MISSION, reference_mdb(), self.database, self.events, clock, CommandPolicy())

    def run_at(self, rate: float) -> None:
        """Mission time at a rate, or as fast as the machine affords while it is waited for something."""
        self._wanted_rate = rate
        self._keep_pace()

    def _keep_pace(self) -> None:
        if self._wanted_rate is not None and (rate := affordable(self._wanted_rate)) != self.clock.anchor.rate:
            self.fleet.set_clock_rate(rate)

    def until(self, done: Callable[[list[Command]], bool], timeout_s: float = 300.0) -> list[Command]:
        """The commands, once a condition holds."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._keep_pace()
            commands = self.fleet.pipeline.register.find()
            if done(commands):
                return commands
            assert time.monotonic() < deadline, [(one.command_id, one.state, one.reason) for one in commands]
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in order."""
        self.fleet.stop()
        self.database.close()


def new_clock(rate: float) -> MissionClock:
    """Mission time at the start of the story."""
    return MissionClock(ClockAnchor(time.time(), start_of_story(), rate))


def executions(story: Story) -> dict[str, list[str]]:
    """Kinds of events of every command, in order."""
    told: dict[str, list[str]] = {}
    for event in story.events.read(kinds=["command."], limit=10_000):
        told.setdefault(event.subject, []).append(event.kind.removeprefix("command."))
    return told
