"""Transfers of files, up and down, as people see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.authority import ApprovalRequest, RequestState
from core.command.file_downlinks import FileDownlink
from core.command.file_uplinks import FileUplink
from core.link.cfdp import TransferState
from core.time import utc_from_tai_s

__all__ = ["Transfer", "newest_first", "view_downlink", "view_uplink"]

_WAITING: Final = "waiting"


@dataclass(frozen=True)
class Transfer:
    """A transfer as people see it.

    Args:
        transfer_id: Its id.
        satellite: The spacecraft.
        direction: ``up`` or ``down``.
        name: On board; of a downlink None until it is known.
        octets: Of the whole file; None until that is known.
        done_octets: Sent once or received so far.
        state: waiting, open, suspended, delivered, sent or failed.
        acknowledged: Class 2; else nobody says what arrived.
        detail: Why it waits or how it failed; empty where there is nothing to say.
        begun_utc: When the first unit came down; None of an upload.
        ended_utc: When it ended; None before.
        sha256: Of an upload.
        command_class: Of an upload: who has to approve it.
        author: Who offered it.
        request_id: Its approval request.
    """

    transfer_id: str
    satellite: str
    direction: str
    name: str | None
    octets: int | None
    done_octets: int
    state: str
    acknowledged: bool
    detail: str = ""
    begun_utc: datetime | None = None
    ended_utc: datetime | None = None
    sha256: str | None = None
    command_class: str | None = None
    author: str | None = None
    request_id: str | None = None


def newest_first(transfers: list[Transfer]) -> list[Transfer]:
    """Those that go on, then the one that ended last."""
    return sorted(transfers, key=_newest, reverse=True)


def view_uplink(one: FileUplink, request: ApprovalRequest | None, waits_for: str = "") -> Transfer:
    """An uplink with its request, where that is known, and what it waits for."""
    offer, source = one.offer, one.source
    waits = request is not None and request.state is RequestState.PENDING and not source.closing
    detail = one.reason or ("" if source.closing else waits_for)
    if source.state is TransferState.FAILED and not detail:
        detail = source.condition_code.name.lower().replace("_", " ")
    return Transfer(
        transfer_id=offer.uplink_id,
        satellite=offer.satellite,
        direction="up",
        name=offer.destination_name,
        octets=offer.size,
        done_octets=source.sent_to,
        state=_WAITING if waits else source.state.value,
        acknowledged=offer.transaction.acknowledged,
        detail="waits for approval" if waits else detail,
        ended_utc=_utc(one.ended_tai_s),
        sha256=offer.sha256,
        command_class=str(offer.command_class),
        author=offer.author,
        request_id=request.request_id if request is not None else None,
    )


def view_downlink(one: FileDownlink, waits_for: str = "") -> Transfer:
    """A downlink, and what it waits for."""
    state, detail = one.state, one.reason
    if state.state is TransferState.FAILED and not detail:
        detail = state.condition_code.name.lower().replace("_", " ")
    elif state.state is TransferState.OPEN:
        detail = waits_for
    return Transfer(
        transfer_id=one.downlink_id,
        satellite=one.satellite,
        direction="down",
        name=state.name,
        octets=state.size,
        done_octets=state.received,
        state=state.state.value,
        acknowledged=state.transaction.acknowledged,
        detail=detail,
        begun_utc=_utc(one.begun_tai_s),
        ended_utc=_utc(one.ended_tai_s),
    )


def _newest(one: Transfer) -> tuple[bool, str, int]:
    """Open ones first, then by number."""
    return (one.ended_utc is None, one.ended_utc.isoformat() if one.ended_utc else "", _number(one))


def _number(one: Transfer) -> int:
    return int(one.transfer_id.rsplit("-", 1)[-1])


def _utc(t_tai_s: float | None) -> datetime | None:
    return utc_from_tai_s(t_tai_s) if t_tai_s is not None else None
