"""What telecommand functions of a simulated spacecraft work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.ground.simulator.housekeeping import Structure
from core.ground.simulator.onboard_files import OnboardFiles
from core.ground.simulator.parameters import ParameterTable
from core.ground.simulator.physics import Physics
from core.ground.simulator.reports import Failure, ReportWriter
from core.ground.simulator.security import OnboardSecurity
from core.ground.simulator.state import OnboardState, OngoingActivity, OngoingKind
from core.link import Telecommand
from core.mdb import MissionDatabase
from core.mission.model import Bus

__all__ = ["Aboard", "Function", "Outcome", "interrupt", "ongoing"]


@dataclass
class Aboard:
    """What a function may use: the state, the design, who sees the spacecraft, and where reports go."""

    state: OnboardState
    bus: Bus
    apid: int
    mdb: MissionDatabase
    reports: ReportWriter
    physics: Physics
    table: ParameterTable
    security: OnboardSecurity
    files: OnboardFiles | None = None
    visible: tuple[str, ...] = ()
    outbox: list[tuple[bytes, bool]] = field(default_factory=list)
    requested: list[Structure] = field(default_factory=list)

    def tell(self, packet: bytes | None, *, droppable: bool = False) -> None:
        """Queue a packet, where there is one."""
        if packet is not None:
            self.outbox.append((packet, droppable))


Outcome = Failure | OngoingActivity | None
Function = Callable[[Aboard, Mapping[str, Any], Telecommand], Outcome]


def ongoing(kind: OngoingKind, ends_tai_s: float, request: Telecommand, **more: Any) -> OngoingActivity:
    """An activity begun by a telecommand."""
    return OngoingActivity(
        kind=kind,
        ends_tai_s=ends_tai_s,
        apid=request.apid,
        sequence_count=request.sequence_count,
        acknowledge=int(request.acknowledge),
        **more,
    )


def interrupt(aboard: Aboard, kind: OngoingKind) -> list[OngoingActivity]:
    """Take the ongoing activities of a kind out; the caller reports on them."""
    ended = [one for one in aboard.state.ongoing if one.kind is kind]
    aboard.state.ongoing = [one for one in aboard.state.ongoing if one.kind is not kind]
    return ended
