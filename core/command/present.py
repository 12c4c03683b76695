"""Validation against the present: what telemetry says now may forbid what was right when the plan was approved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from core.command.expectations import Expectations
from core.command.model import Command
from core.errors import CommandRefused
from core.mission.model import Mode
from core.plan.model import MissionPlan
from core.telemetry import LatestValue, LatestValues
from core.time import Clock

__all__ = ["DryRuns", "NoDryRuns", "PresentState", "check_present"]

_ALLOWED_IN_SAFE_MODE: Final = frozenset({"PING", "REPORT_HK", "SET_MODE", "SCHEDULE_RESET", "STOP_DOWNLINK"})


class DryRuns(Protocol):
    """Flights of what remains of plans, done ahead."""

    def missing(self, command: Command) -> str:
        """Why the rest of a command's plan is not proved now; empty where it is. Asks for a flight if need be.

        Raises:
            CommandRefused: The flight says no.
        """
        ...

    def connect(self, plan_of: Callable[[Command], MissionPlan | None], done: Callable[[str], None]) -> None:
        """Say where submitted plans are, and who wants to know of ended flights."""
        ...


class NoDryRuns:
    """Where no twin is at hand: every command above routine waits, and says why."""

    def missing(self, command: Command) -> str:
        """It is always missing."""
        return f"{command.mnemonic} is {command.command_class} and no dry run of its plan is at hand"

    def connect(self, plan_of: Callable[[Command], MissionPlan | None], done: Callable[[str], None]) -> None:
        """Nothing is flown."""


@dataclass(frozen=True)
class PresentState:
    """Everything that the present has to say about a release."""

    latest: LatestValues
    expectations: Expectations
    dry_runs: DryRuns
    clock: Clock

    def check(self, command: Command, earlier: frozenset[str]) -> None:
        """Refuse what telemetry forbids.

        Raises:
            CommandRefused: The reported mode does not allow it, or the spacecraft is not where the plan had it.
        """
        latest = self.latest.of(command.satellite, self.clock.now_tai_s())
        check_present(command, latest, earlier)
        if command.mnemonic not in _ALLOWED_IN_SAFE_MODE:
            self.expectations.check(command, latest)

    def missing_proof(self, command: Command) -> str:
        """Why the rest of the plan is not proved in the twin; empty where it is.

        Raises:
            CommandRefused: The twin says that it must not be flown.
        """
        return self.dry_runs.missing(command)


def check_present(command: Command, latest: Mapping[str, LatestValue], earlier: frozenset[str]) -> None:
    """Refuse what the spacecraft's last reported mode does not allow.

    Args:
        command: About to be released.
        latest: The satellite's newest telemetry; empty before the first.
        earlier: Mnemonics of the same plan's open commands that execute before it.
    Raises:
        CommandRefused: The spacecraft is in safe mode and nothing in the plan leads out of it.
    """
    mode = latest.get("mode")
    if mode is None or mode.sample.text != Mode.SAFE or command.mnemonic in _ALLOWED_IN_SAFE_MODE:
        return
    if "SET_MODE" not in earlier:
        raise CommandRefused(
            f"{command.satellite} reports safe mode, in which {command.mnemonic} is not executed (telemetry "
            f"{mode.age_s:.0f} s old)",
            stage="release",
            mode=mode.sample.text,
        )
