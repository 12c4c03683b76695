"""A pipeline over spacecraft that take every good frame, without sockets and with a clock that a test moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.command import Command, CommandPolicy, open_keys
from core.errors import LinkError
from core.ground import ContactStatus, GroundLinkDown, TmDelivery
from core.link import LinkKeys
from core.mdb import reference_mdb
from core.mission import reference_mission
from core.plan.activity import CommandSpec, Window
from core.plan.model import Approval, MissionPlan
from core.telemetry.archive import ArchivedSample
from core.time import MissionClock, add_s, utc_from_tai_s
from core.time.clock import ClockAnchor
from evals.bench.command.service import Rig, approval_of, plan_of
from evals.bench.command.station import AcceptingSpacecraft

START_TAI_S = 8.48e8
MISSION = reference_mission()
MDB = reference_mdb()


@dataclass
class ProvedDryRuns:
    """Dry runs that have all been flown, and say nothing against it unless told to."""

    said: str = ""

    def missing(self, _command: Command) -> str:
        return self.said

    def connect(self, *_parts: object) -> None:
        """There is nothing to wait for."""


@dataclass
class Loopback:
    """A station network and its spacecraft, in this process."""

    keys: LinkKeys
    clock: MissionClock
    connected: bool = True
    session: int = 1
    answering: bool = True
    sent: list[tuple[str, str]] = field(default_factory=list)
    crafts: dict[str, AcceptingSpacecraft] = field(default_factory=dict)
    statuses: list[ContactStatus] = field(default_factory=list)
    again: list[TmDelivery] = field(default_factory=list)  # delivered before, and never stored
    heard: set[str] = field(default_factory=set)  # those with something to tell
    index: int = 0
    flown_by: Bench | None = None

    def __post_init__(self) -> None:
        for name, one in self.keys.spacecraft.items() if not self.crafts else ():
            self.crafts[name] = AcceptingSpacecraft(one.scid, one.tc_association(), one.tm_association())

    def connected_to(self, _station: str) -> bool:
        return self.connected

    def session_of(self, _station: str) -> int:
        return self.session

    def send_cltu(self, station: str, satellite: str, cltu: bytes) -> None:
        if not self.connected:
            raise GroundLinkDown("no connection")
        self.sent.append((station, satellite))
        self.heard.add(satellite)
        try:
            self.crafts[satellite].take(cltu, self.clock.now_tai_s())
        except LinkError:
            return  # counted on board, and no more

    def receive(self, _timeout_s: float) -> list[TmDelivery | ContactStatus]:
        told: list[TmDelivery | ContactStatus] = [*self.statuses, *self.again]
        self.statuses.clear()
        self.again.clear()
        if self.answering and self.connected:
            for name, craft in self.crafts.items():
                if name not in self.heard:
                    continue
                for raw in craft.frames():
                    self.index += 1
                    told.append(TmDelivery(self.index, self.clock.now_tai_s(), "svalbard", raw))
            self.heard.clear()
        return told

    def acknowledge(self, _cursor: int) -> None:
        """Nothing is kept."""

    def set_clock(self, _anchor: ClockAnchor) -> None:
        """It has the same clock."""

    def wake(self) -> None:
        """Nobody sleeps."""


class Bench:
    """A pipeline in a folder; opened again over the same spacecraft, it is a restart after a crash."""

    def __init__(self, folder: Path, link: Loopback | None = None, **parts: Any) -> None:
        self.folder = folder
        self.wall_s = 0.0
        if link is None:
            clock = MissionClock(ClockAnchor(0.0, START_TAI_S, 1.0), lambda: self.wall_s)
            link = Loopback(open_keys(folder / "keys", MISSION).link, clock)
        if link.flown_by is not None:
            link.flown_by.rig.archive.close()  # its process is gone, and its locks with it
        link.flown_by = self
        self.link, self.clock = link, link.clock
        parts = {"mission": MISSION, "mdb": MDB, "dry_runs": ProvedDryRuns(), "policy": CommandPolicy(), **parts}
        self.rig = Rig.open(folder, self.clock, self.link, **parts)
        self.pipeline = self.rig.pipeline

    def close(self) -> None:
        self.rig.close()

    def at(self, seconds: float) -> Any:
        """A UTC instant, from the start."""
        return utc_from_tai_s(START_TAI_S + seconds)

    def window(self, start_s: float, end_s: float) -> Window:
        return Window(start=self.at(start_s), end=self.at(end_s))

    def go_to(self, seconds: float) -> None:
        """Move the clock and settle."""
        self.clock.re_anchor(ClockAnchor(self.clock.anchor.wall_s, START_TAI_S + seconds, 1.0))
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.pipeline.settle()

    def plan(
        self,
        specs: Sequence[tuple[str, float]],
        *,
        plan_id: str = "plan-queue01",
        contacts: Sequence[tuple[float, float]] = ((0.0, 600.0),),
        satellite: str = "LSAT-1",
        station: str = "svalbard",
        **arguments: Any,
    ) -> MissionPlan:
        wanted = [
            CommandSpec(command=name, arguments=dict(arguments.get(name, {})), execute_at=self.at(at_s))
            for name, at_s in specs
        ]
        windows = [self.window(*one) for one in contacts]
        now_utc = add_s(self.at(0.0), -60.0)
        return plan_of(plan_id, satellite, windows, wanted, now_utc, station)

    def submit(self, plan: MissionPlan, approvals: Sequence[Approval] = ()) -> list[Command]:
        return self.pipeline.submit(plan, approvals or [approval_of(plan)])

    def states(self) -> list[str]:
        return [str(one.state) for one in self.pipeline.register.find()]

    def reasons(self) -> list[str]:
        return [one.reason for one in self.pipeline.register.find()]

    def observe(self, parameter: str, value: float | str, *, satellite: str = "LSAT-1", age_s: float = 0.0) -> None:
        """Telemetry that came in."""
        number = value if isinstance(value, float) else None
        text = value if isinstance(value, str) else None
        at_tai_s = self.clock.now_tai_s() - age_s
        sample = ArchivedSample(satellite, parameter, at_tai_s, number, text, "", "normal")
        self.rig.latest.update([sample])
        self.pipeline.telemetry_changed(satellite)
        self.settle()
