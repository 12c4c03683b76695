"""``llamaspace file``: offer files for upload, ask for files on board, follow transfers and fetch what came down.

It works on the data folder of a service, running or not; what leaves, and when, is the service's to decide after approval.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from api.cli.audit import open_log, shell_actor
from api.cli.deps import mission_of
from api.service.clock import open_clock
from api.settings import Settings
from api.signing_keys import open_signing_keys
from core.authority import ApprovalRequests, policies_of
from core.command.file_contacts import coming_contacts
from core.command.file_downlinks import FileDownlinks, open_downlinks
from core.command.file_requests import draft_downlink, first_usable
from core.command.file_uplinks import FILE, FileUplinks, open_uplinks
from core.command.keystore import KeyPurpose
from core.command.onboard_lists import OnboardLists
from core.command.signing import Seal
from core.command.stack import check_stack
from core.command.stack_table import StackTable
from core.command.transfer_view import Transfer, newest_first, view_downlink, view_uplink
from core.errors import CommandRefused, InputError
from core.events import EventLog
from core.mdb import MissionDatabase, reference_mdb
from core.mission.model import Mission
from core.mission.orbit_updates import OrbitRepository
from core.store import Database
from core.time import Clock, format_utc, utc_from_tai_s

__all__ = ["download_file", "list_files", "request_file", "show_status", "upload_file"]

_AHEAD: Final = timedelta(hours=24)
_AUTHOR_LENGTH: Final = 64


@dataclass(frozen=True)
class _Desk:
    """What the folder of a service holds of files."""

    settings: Settings
    database: Database
    events: EventLog
    mission: Mission
    mdb: MissionDatabase
    clock: Clock
    requests: ApprovalRequests
    uplinks: FileUplinks
    downlinks: FileDownlinks
    lists: OnboardLists


def list_files(options: argparse.Namespace) -> int:
    """Print the files on board of a spacecraft, as it last reported them."""
    with _open(options) as desk:
        desk.mission.craft(options.satellite)
        listed = desk.lists.of(options.satellite)
    files = [{"name": one.name, "octets": one.octets} for one in listed.files.values()] if listed else []
    reported = format_utc(utc_from_tai_s(listed.reported_tai_s)) if listed else None
    if options.json:
        free = listed.free_octets if listed else None
        _print({"satellite": options.satellite, "reported_at": reported, "free_octets": free, "files": files})
        return 0
    if listed is None:
        sys.stdout.write(f"{options.satellite} has not reported its files yet: send it LIST_FILES\n")
        return 1
    for one in files:
        sys.stdout.write(f"{one['octets']:>12}  {one['name']}\n")
    sys.stdout.write(f"{len(files)} files, {listed.free_octets} octets free, as of {reported}\n")
    return 0


def show_status(options: argparse.Namespace) -> int:
    """Print every transfer with its progress."""
    with _open(options) as desk:
        transfers = _transfers(desk, options.satellite)
    if options.json:
        _print({"transfers": [_plain(one) for one in transfers]})
        return 0
    for one in transfers:
        octets = "?" if one.octets is None else one.octets
        detail = f"  ({one.detail})" if one.detail and one.state != "waiting" else ""
        arrow = "up  " if one.direction == "up" else "down"
        sys.stdout.write(
            f"{one.transfer_id:<20} {arrow} {one.state:<10} {one.done_octets}/{octets}  {one.name or '?'}{detail}\n"
        )
    return 0


def upload_file(options: argparse.Namespace) -> int:
    """Offer a file; it leaves once somebody has approved it."""
    try:
        content = options.path.read_bytes()
    except OSError as error:
        raise InputError("PATH", f"{options.path} cannot be read: {error.strerror}") from error
    with _open(options) as desk:
        expires_utc = desk.clock.now_utc() + timedelta(seconds=desk.settings.approval_lifetime_s)
        request = desk.uplinks.offer(
            options.satellite,
            content,
            options.name or options.path.name,
            shell_actor()[:_AUTHOR_LENGTH],
            expires_utc,
            acknowledged=not options.unacknowledged,
        )
    if options.json:
        _print(
            {"transfer_id": request.subject_id, "request_id": request.request_id, "offer_hash": request.subject_hash}
        )
    else:
        sys.stdout.write(
            f"{request.subject_id} is offered ({len(content)} octets, {request.command_class}); "
            f"it leaves once {' and '.join(desk.requests.missing(request))} has approved it\n"
        )
    return 0


def request_file(options: argparse.Namespace) -> int:
    """Draft the stack that asks for a file on board in the next contact."""
    with _open(options) as desk:
        now_utc = desk.clock.now_utc()
        mission = OrbitRepository(desk.database, desk.events, desk.mission).current()
        mission.craft(options.satellite)
        contact = first_usable(
            coming_contacts(mission, [options.satellite], now_utc, _AHEAD)[options.satellite], now_utc
        )
        if contact is None:
            raise CommandRefused(f"{options.satellite} has no contact within {_AHEAD}", code="GND-001")
        author, acknowledged = shell_actor()[:_AUTHOR_LENGTH], not options.unacknowledged
        stack = draft_downlink(options.satellite, options.name, contact, author, acknowledged=acknowledged)
        check_stack(stack, desk.mission, desk.mdb)
        table = StackTable(desk.database, desk.events, desk.clock)
        with desk.database.write() as connection:
            table.draft(connection, stack)
    if options.json:
        _print({"stack_id": stack.stack_id, "stack_hash": stack.stack_hash()})
    else:
        start = format_utc(contact.start)
        sys.stdout.write(
            f"{stack.stack_id} is drafted for {contact.station} from {start}; somebody has to approve it\n"
        )
    return 0


def download_file(options: argparse.Namespace) -> int:
    """Copy a received file, once it is whole."""
    with _open(options) as desk:
        source = desk.downlinks.file(options.transfer_id)
    target: Path = options.out or Path(source.name)
    if target.exists():
        raise InputError("--out", f"{target} is there already")
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError("--out", f"{target} cannot be written: {error.strerror}") from error
    sys.stdout.write(f"{target}: {target.stat().st_size} octets\n")
    return 0


@contextmanager
def _open(options: argparse.Namespace) -> Iterator[_Desk]:
    database, events = open_log(options.data)
    try:
        settings = Settings(data=options.data)
        mission, mdb = mission_of(settings.mission), reference_mdb()
        clock = open_clock(
            database, settings.data / "clock.json", mission, settings.clock_rate, None, simulated=settings.simulator
        ).clock
        policies = policies_of(settings.policies)
        requests = ApprovalRequests(database, events, policies, Seal(open_signing_keys(settings), KeyPurpose.APPROVAL))
        folder = settings.data / "files"
        yield _Desk(
            settings,
            database,
            events,
            mission,
            mdb,
            clock,
            requests,
            open_uplinks(database, events, requests, folder, mission, clock),
            open_downlinks(database, events, folder, mission, clock),
            OnboardLists(database, mdb),
        )
    finally:
        database.close()


def _transfers(desk: _Desk, satellite: str | None) -> list[Transfer]:
    requests = {one.subject_id: one for one in desk.requests.find((), FILE)}
    found = [view_uplink(one, requests.get(one.offer.uplink_id)) for one in desk.uplinks.all()]
    found += [view_downlink(one) for one in desk.downlinks.all()]
    return newest_first([one for one in found if satellite in (None, one.satellite)])


def _plain(one: Transfer) -> dict[str, Any]:
    content = asdict(one)
    return content | {name: format_utc(content[name]) for name in ("begun_utc", "ended_utc") if content[name]}


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
