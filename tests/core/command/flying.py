"""A pipeline with files over one real simulated spacecraft, in this process: a clock and losses that a test sets."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopback import MDB, MISSION, ProvedDryRuns

from core.authority import ApprovalRequests, Person, Subject, package_policies
from core.command import CommandPolicy, Contact, open_keys
from core.command.file_transfers import FileTransfers
from core.command.keystore import KeyPurpose
from core.command.signing import Seal
from core.events import EventLog
from core.ground import ContactStatus, GroundLinkDown, TmDelivery
from core.ground.simulator import OnboardState, SimulatedSpacecraft, initial_state
from core.link import LinkKeys
from core.orbit import Sgp4Orbit, find_passes
from core.plan.model import MissionPlan
from core.store import open_database
from core.time import MissionClock, add_s, parse_utc, tai_s_from_utc, utc_from_tai_s
from core.time.clock import ClockAnchor
from evals.bench.command.service import Rig, approval_of

SATELLITE, STATION = "LSAT-1", "svalbard"
_DAY_S = 86_400.0
_DAY_TAI_S = tai_s_from_utc(parse_utc("2026-11-22T12:00:00Z"))
PASSES = [
    (one.aos_tai_s, one.los_tai_s)
    for one in find_passes(
        Sgp4Orbit.from_elements(MISSION.craft(SATELLITE).elements),
        MISSION.station(STATION),
        _DAY_TAI_S,
        _DAY_TAI_S + _DAY_S,
    )
]
Losses = Callable[[], bool]


def never() -> bool:
    """Nothing is lost."""
    return False


def often(seed: int, share: float) -> Losses:
    """Some of it is lost, the same in every run."""
    chance = random.Random(seed)
    return lambda: chance.random() < share


class FlyingLink:
    """A station network in which one station sees one simulated spacecraft."""

    def __init__(self, folder: Path, keys: LinkKeys, clock: MissionClock) -> None:
        self.folder, self.keys, self.clock = folder, keys, clock
        self.state = initial_state(MISSION, SATELLITE, clock.now_tai_s())
        self.up_lost: Losses = never
        self.down_lost: Losses = never
        self.connected = True
        self.session = 1
        self.index = 0
        self.sent = 0
        self._waiting: list[TmDelivery] = []
        self._packets: list[bytes] = []
        self.board()

    def board(self) -> None:
        """The on-board computer starts from what it has stored."""
        state = OnboardState.model_validate_json(self.state.model_dump_json())
        keys = self.keys.spacecraft[SATELLITE]
        files = self.folder / "on-board"
        seen = MISSION.model_copy(update={"stations": (MISSION.station(STATION),)})
        self.craft = SimulatedSpacecraft(seen, SATELLITE, MDB, keys, state, 60.0, files=files)

    def connected_to(self, _station: str) -> bool:
        return self.connected

    def session_of(self, _station: str) -> int:
        return self.session

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        if not self.connected:
            raise GroundLinkDown("no connection")
        if satellite != SATELLITE:
            return
        self.sent += 1
        if station in self.craft.visible and not self.up_lost():
            self.craft.receive_cltu(cltu)
            self._commit(always=True)

    def receive(self, _timeout_s: float) -> list[TmDelivery | ContactStatus]:
        self.craft.advance(self.clock.now_tai_s())
        self._commit()
        told: list[TmDelivery | ContactStatus] = list(self._waiting)
        self._waiting.clear()
        return told

    def _commit(self, *, always: bool = False) -> None:
        self._packets += [raw for raw, _ in self.craft.take_outbox()]
        self.state = self.craft.state
        self.craft.settle()
        if not self.craft.visible or not (always or self._packets):
            return
        for raw in self.craft.frames(self._packets):
            self.index += 1
            if not self.down_lost():
                self._waiting.append(TmDelivery(self.index, self.clock.now_tai_s(), STATION, raw))
        self._packets = []

    def acknowledge(self, _cursor: int) -> None:
        """Nothing is kept."""

    def set_clock(self, _anchor: ClockAnchor) -> None:
        """It has the same clock."""

    def wake(self) -> None:
        """Nobody sleeps."""


class FlyingBench:
    """The pipeline over a folder; ``restart`` is a crash of the service, the spacecraft flies on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wall_s = 0.0
        self.clock = MissionClock(ClockAnchor(0.0, PASSES[0][0] + 30.0, 1.0), lambda: self.wall_s)
        self.link = FlyingLink(folder, open_keys(folder / "keys", MISSION).link, self.clock)
        self._open()

    def _open(self, **more: Any) -> None:
        database = open_database(self.folder / "service.db")
        seal = Seal(open_keys(self.folder / "keys", MISSION).store, KeyPurpose.APPROVAL)
        self.requests = ApprovalRequests(database, EventLog(database), package_policies(), seal)
        parts: dict[str, Any] = {"dry_runs": ProvedDryRuns(), "policy": CommandPolicy(), **more}
        self.rig = Rig.open(
            self.folder, self.clock, self.link, requests=self.requests, files=self.folder / "files", **parts
        )
        self.give_contacts()

    @property
    def files(self) -> FileTransfers:
        files = self.rig.pipeline.files
        assert files is not None
        return files

    @property
    def on_board(self) -> Path:
        return self.folder / "on-board"

    def give_contacts(self) -> None:
        contacts = tuple(
            Contact(station=STATION, start=utc_from_tai_s(aos + 5.0), end=utc_from_tai_s(los - 5.0))
            for aos, los in PASSES
        )
        self.files.give_contacts({SATELLITE: contacts})

    def restart(self, **more: Any) -> None:
        """The service was killed: only what is durable is left of it."""
        self.rig.close()
        self.link.session += 1
        self._open(**more)

    def close(self) -> None:
        self.rig.close()

    def offer(self, content: bytes, name: str = "notes/a.bin", *, acknowledged: bool = True) -> str:
        expires_utc = utc_from_tai_s(self.clock.now_tai_s() + 7200.0)
        request = self.files.offer(SATELLITE, content, name, "olga", expires_utc, acknowledged=acknowledged)
        return request.subject_id

    def approve(self, uplink_id: str, by: str = "petra", role: str = "planner") -> None:
        (request,) = [one for one in self.requests.find((), "file") if one.subject_id == uplink_id]
        self.requests.grant(request.request_id, Person(by, role), self.clock.now_utc())
        self.files.look_again()

    def revoke(self, uplink_id: str) -> None:
        (request,) = [one for one in self.requests.find((), "file") if one.subject_id == uplink_id]
        self.requests.revoke(request.request_id, "user:fred", self.clock.now_utc(), "not this one")
        self.files.look_again()

    def submit(self, plan: MissionPlan) -> None:
        """Have an approved plan's commands sent."""
        now_utc = self.clock.now_utc()
        subject = Subject("plan", plan.plan_id, plan.intent.author, "critical")
        request = self.requests.open(subject, plan.revision_hash(), 1, [], add_s(now_utc, 600.0), now_utc)
        self.requests.grant(request.request_id, Person("fred", "flight_director"), now_utc)
        self.rig.pipeline.submit(plan, [approval_of(plan, "fred", "flight_director")])

    def fly(self, seconds: float, step_s: float = 0.25, until: Callable[[], bool] = never) -> None:
        """Let mission time pass, in steps that the pipeline is asked to work in."""
        end_tai_s = self.clock.now_tai_s() + seconds
        while self.clock.now_tai_s() < end_tai_s and not until():
            anchor = self.clock.anchor
            self.clock.re_anchor(ClockAnchor(anchor.wall_s, self.clock.now_tai_s() + step_s, 1.0))
            self.rig.pipeline.tick()

    def go_to_pass(self, number: int) -> None:
        """Stand 30 s after the begin of a pass."""
        self.clock.re_anchor(ClockAnchor(self.clock.anchor.wall_s, PASSES[number][0] + 30.0, 1.0))
        self.rig.pipeline.tick()
