"""Files of a running service: offered for upload, asked for, listed with their progress, and their contacts kept ready."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from api.auth.accounts import User
from api.service.periodic import Periodic
from api.service.runtime import Runtime
from api.service.stack_requests import open_stack_request, stacks_of
from core.authority import ApprovalRequest, RequestState
from core.command.file_contacts import coming_contacts
from core.command.file_requests import asks_for_file, draft_downlink, first_usable
from core.command.file_transfers import FileTransfers
from core.command.file_uplinks import FILE
from core.command.onboard_lists import OnboardList
from core.command.stack_table import StackRecord, StackState
from core.command.transfer_view import Transfer, newest_first, view_downlink, view_uplink
from core.errors import CommandRefused, Conflict
from core.mission.model import MeanElements

__all__ = ["content_of", "file_watch", "files_of", "list_transfers", "offer_file", "onboard", "request_file"]

_PERIOD_S: Final = 0.5
_AHEAD: Final = timedelta(hours=24)
_AGAIN: Final = timedelta(hours=1)  # mission time after which passes are predicted anew
_log = structlog.get_logger("files")


def files_of(runtime: Runtime) -> FileTransfers:
    """The file transfers of a running service."""
    files = runtime.flight.fleet.pipeline.files
    if files is None:
        raise Conflict("this service transfers no files", code="no-files")
    return files


def offer_file(
    runtime: Runtime, user: User, satellite: str, name: str, content: bytes, *, acknowledged: bool
) -> ApprovalRequest:
    """Keep a file and ask for its approval.

    Raises:
        InputError: There is no such spacecraft.
        FileRefused: The name leads elsewhere.
        CommandRefused: The queue of its class is disabled.
    """
    expires_utc = runtime.clock.now_utc() + timedelta(seconds=runtime.approval_lifetime_s)
    return files_of(runtime).offer(satellite, content, name, user.username, expires_utc, acknowledged=acknowledged)


def request_file(runtime: Runtime, user: User, satellite: str, name: str, *, acknowledged: bool) -> StackRecord:
    """Draft the stack that asks for a file in the next contact; approved, it runs.

    Raises:
        NotFound: There is no such spacecraft.
        CommandRefused: No contact comes within a day.
    """
    now_utc = runtime.clock.now_utc()
    contacts = coming_contacts(runtime.mission, [satellite], now_utc, _AHEAD)[satellite]
    contact = first_usable(contacts, now_utc)
    if contact is None:
        raise CommandRefused(f"{satellite} has no contact within {_AHEAD}", code="GND-001", stage="schedule")
    stack = draft_downlink(satellite, name, contact, user.username, acknowledged=acknowledged)
    record = stacks_of(runtime).save(stack)
    open_stack_request(runtime, record)
    return record


def list_transfers(runtime: Runtime, satellite: str | None = None) -> list[Transfer]:
    """Every transfer, the newest first."""
    files = files_of(runtime)
    requests = {one.subject_id: one for one in runtime.requests.find((), FILE)}
    found = [
        view_uplink(one, requests.get(one.offer.uplink_id), files.why_waiting(one.offer.uplink_id))
        for one in files.uplinks.all()
    ]
    found += [view_downlink(one, files.why_waiting(one.downlink_id)) for one in files.downlinks.all()]
    return newest_first([one for one in found if satellite in (None, one.satellite)])


def onboard(runtime: Runtime, satellite: str) -> OnboardList | None:
    """The files on board as last reported; None before the first list. NotFound where there is no such spacecraft."""
    runtime.mission.craft(satellite)
    return files_of(runtime).lists.of(satellite)


def content_of(runtime: Runtime, transfer_id: str) -> Path:
    """Where a received file lies, or one that was offered: whoever approves it can look at it."""
    files = files_of(runtime)
    if transfer_id.startswith("down-"):
        return files.downlinks.file(transfer_id)
    return files.uplinks.file(transfer_id)


class FileWatch:
    """Keeps contacts ready for files that wait, starts approved requests for files, and tells consoles of progress."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._told: dict[str, tuple[Any, ...]] = {}
        self._open: frozenset[str] = frozenset()
        self._tried: set[str] = set()
        self._computed: tuple[tuple[tuple[str, MeanElements], ...], datetime] | None = None

    def look(self) -> None:
        """One round."""
        files = files_of(self._runtime)
        uplinks, downlinks = files.uplinks.all(only_open=True), files.downlinks.all(only_open=True)
        still_open = frozenset([one.offer.uplink_id for one in uplinks] + [one.downlink_id for one in downlinks])
        if still_open != self._open:  # such as one that the command line has offered
            self._open = still_open
            files.look_again()
        self._keep_contacts(files, {one.offer.satellite for one in uplinks} | {one.satellite for one in downlinks})
        self._start_requests()
        self._tell_progress([view_uplink(one, None) for one in uplinks] + [view_downlink(one) for one in downlinks])

    def _keep_contacts(self, files: FileTransfers, satellites: set[str]) -> None:
        now_utc, mission = self._runtime.clock.now_utc(), self._runtime.mission
        orbits = tuple((one, mission.craft(one).elements) for one in sorted(satellites))
        if self._computed is not None and self._computed[0] == orbits and now_utc < self._computed[1]:
            return
        contacts = coming_contacts(mission, [one for one, _ in orbits], now_utc, _AHEAD) if orbits else {}
        files.give_contacts({one.id: contacts.get(one.id, ()) for one in mission.spacecraft})
        self._computed = (orbits, now_utc + _AGAIN)

    def _start_requests(self) -> None:
        """An approved stack that only asks for a file has nothing to wait for."""
        for request in self._runtime.requests.find((RequestState.APPROVED,), "stack"):
            record = stacks_of(self._runtime).get(request.subject_id)
            fits = record.state is StackState.APPROVED and record.stack.stack_hash() == request.subject_hash
            if not fits or not asks_for_file(record.stack) or request.request_id in self._tried:
                continue
            self._tried.add(request.request_id)  # one that cannot start now is left to people
            try:
                stacks_of(self._runtime).start(record.stack.stack_id, by=request.grants[-1].by)
            except (CommandRefused, Conflict) as refusal:
                _log.warning("a request for a file was not started", stack=request.subject_id, reason=refusal.message)

    def _tell_progress(self, transfers: Sequence[Transfer]) -> None:
        before, self._told = self._told, {}
        for one in transfers:
            self._told[one.transfer_id] = now = (one.state, one.done_octets, one.octets, one.name)
            if before.get(one.transfer_id) != now:
                detail = {"state": one.state, "done_octets": one.done_octets, "octets": one.octets}
                self._runtime.broadcaster.publish(
                    {
                        "type": "file",
                        "what": "progress",
                        "subject": one.transfer_id,
                        "satellite": one.satellite,
                        "detail": detail,
                    }
                )


def file_watch(runtime: Runtime) -> Periodic:
    """Looks after files while the service runs."""
    return Periodic("files", _PERIOD_S, FileWatch(runtime).look)
