"""Validation against the present: what telemetry says now may forbid what was right when the plan was approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.command.model import Command
from core.errors import CommandRefused
from core.mission.model import Mode
from core.telemetry import LatestValue

__all__ = ["check_present"]

_ALLOWED_IN_SAFE_MODE: Final = frozenset({"PING", "REPORT_HK", "SET_MODE", "SCHEDULE_RESET", "STOP_DOWNLINK"})


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
