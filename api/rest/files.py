"""Files: offer one for upload, ask for one on board, follow transfers, fetch what was received."""

from __future__ import annotations

import base64
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from api.auth.dependencies import CurrentRuntime, Operator, Planner, Viewer
from api.rest.ids import PathId
from api.rest.paging import Cursor, Limit, Page, page_of
from api.service.files import content_of, files_of, list_transfers, offer_file, onboard, request_file
from core.command.stack_table import StackRecord
from core.command.transfer_view import Transfer
from core.errors import NotFound
from core.time import format_utc, utc_from_tai_s

__all__ = ["router"]

router = APIRouter(prefix="/files", tags=["files"])
_LARGEST_BASE64 = 3_900_000  # of a body of at most 4 MB
_BASE64 = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"  # strict: nothing in it is passed over

Name = Annotated[str, Field(min_length=1, max_length=255)]
Satellite = Annotated[str, Field(min_length=1, max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileUpload(_Body):
    """A file for a spacecraft, its content in base64; ``acknowledged`` is class 2 of CFDP, in which what is lost is sent again."""

    satellite: Satellite
    name: Name
    content: Annotated[str, Field(max_length=_LARGEST_BASE64, pattern=_BASE64)]
    acknowledged: bool = True


class FileRequest(_Body):
    """A file on board that is wanted on the ground."""

    satellite: Satellite
    name: Name
    acknowledged: bool = True


class FileReason(_Body):
    """Why a transfer is given up."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class TransferAnswer(_Body):
    """A transfer with its progress; see the service's ``Transfer``."""

    transfer_id: str
    satellite: str
    direction: str
    name: str | None
    octets: int | None
    done_octets: int
    state: str
    acknowledged: bool
    detail: str
    begun_utc: str | None
    ended_utc: str | None
    sha256: str | None
    command_class: str | None
    author: str | None
    request_id: str | None


class OnboardFileAnswer(_Body):
    """A file on board."""

    name: str
    octets: int


class OnboardAnswer(_Body):
    """The files on board as last reported; ``reported_at`` is null before the first list."""

    satellite: str
    reported_at: str | None
    free_octets: int | None
    files: tuple[OnboardFileAnswer, ...]


@router.get("")
def transfers(
    _user: Viewer,
    runtime: CurrentRuntime,
    satellite: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TransferAnswer]:
    """Transfers in both directions, open ones first, then the one that ended last."""
    return page_of([_answer(one) for one in list_transfers(runtime, satellite)], limit, cursor)


@router.get("/on-board")
def on_board(
    _user: Viewer, runtime: CurrentRuntime, satellite: Annotated[str, Query(min_length=1, max_length=64)]
) -> OnboardAnswer:
    """The files on board of a spacecraft, as it last reported them."""
    listed = onboard(runtime, satellite)
    if listed is None:
        return OnboardAnswer(satellite=satellite, reported_at=None, free_octets=None, files=())
    return OnboardAnswer(
        satellite=satellite,
        reported_at=format_utc(utc_from_tai_s(listed.reported_tai_s)),
        free_octets=listed.free_octets,
        files=tuple(OnboardFileAnswer(name=one.name, octets=one.octets) for one in listed.files.values()),
    )


@router.post("/uploads", status_code=201)
def upload(wanted: FileUpload, user: Planner, runtime: CurrentRuntime) -> TransferAnswer:
    """Offer a file: it waits in the approvals inbox, and leaves once somebody else has approved exactly this content."""
    octets = base64.b64decode(wanted.content, validate=True)
    request = offer_file(runtime, user, wanted.satellite, wanted.name, octets, acknowledged=wanted.acknowledged)
    return _one(runtime, request.subject_id)


@router.post("/downlinks", status_code=201)
def downlink(wanted: FileRequest, user: Operator, runtime: CurrentRuntime) -> StackRecord:
    """Ask for a file on board: a stack of one command for the next contact, which waits in the approvals inbox."""
    return request_file(runtime, user, wanted.satellite, wanted.name, acknowledged=wanted.acknowledged)


@router.get("/{transfer_id}")
def show(transfer_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> TransferAnswer:
    """One transfer."""
    return _one(runtime, transfer_id)


@router.get("/{transfer_id}/content", response_class=FileResponse)
def content(transfer_id: PathId, _user: Viewer, runtime: CurrentRuntime) -> FileResponse:
    """A received file, once it is whole; of an upload the file that was offered."""
    path, name = content_of(runtime, transfer_id), _one(runtime, transfer_id).name
    return FileResponse(path, media_type="application/octet-stream", filename=PurePosixPath(name or path).name)


@router.post("/{transfer_id}/cancel")
def cancel(transfer_id: PathId, why: FileReason, user: Operator, runtime: CurrentRuntime) -> TransferAnswer:
    """Give a transfer up; what has left is not called back."""
    files_of(runtime).cancel(transfer_id, user.username, why.reason)
    return _one(runtime, transfer_id)


def _one(runtime: CurrentRuntime, transfer_id: str) -> TransferAnswer:
    for one in list_transfers(runtime):
        if one.transfer_id == transfer_id:
            return _answer(one)
    raise NotFound(f"there is no transfer {transfer_id!r}", code="unknown-file")


def _answer(one: Transfer) -> TransferAnswer:
    content = asdict(one)
    for name in ("begun_utc", "ended_utc"):
        content[name] = format_utc(content[name]) if content[name] is not None else None
    return TransferAnswer(**content)
