"""File management of a simulated spacecraft (service 23): list, send, delete; and what it reports of files on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.ground.simulator.aboard import Aboard, Function, Outcome
from core.ground.simulator.reports import EventId, EventSeverity, Failure
from core.link import Telecommand
from core.link.cfdp import DestinationState, FileRefused, TransferState

__all__ = ["FILE_SERVICES", "tell_files", "tell_received"]


def tell_files(aboard: Aboard) -> None:
    """Report the list of the files on board."""
    if aboard.files is not None:
        for packet in aboard.reports.files(aboard.files.files(), aboard.files.free_bytes):
            aboard.tell(packet)


def tell_received(aboard: Aboard, upload: DestinationState) -> None:
    """Report how an upload has ended, and what is on board now."""
    if upload.state is TransferState.DELIVERED:
        event = aboard.reports.event(EventId.FILE_RECEIVED, EventSeverity.INFORMATIVE, float(upload.transaction.number))
        aboard.tell(event)
        tell_files(aboard)
    else:
        aboard.tell(aboard.reports.event(EventId.FILE_REFUSED, EventSeverity.LOW, float(upload.condition)))


def _list_files(aboard: Aboard, _arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    if aboard.files is None:
        return Failure.UNKNOWN_COMMAND
    tell_files(aboard)
    return None


def _downlink_file(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    if aboard.files is None:
        return Failure.UNKNOWN_COMMAND
    try:
        begun = aboard.files.send(arguments["file_name"], acknowledged=arguments["delivery"] == "acknowledged")
    except FileRefused:
        return Failure.UNKNOWN_FILE
    return None if begun else Failure.BUSY


def _delete_file(aboard: Aboard, arguments: Mapping[str, Any], _request: Telecommand) -> Outcome:
    if aboard.files is None:
        return Failure.UNKNOWN_COMMAND
    if not aboard.files.delete(arguments["file_name"]):
        return Failure.UNKNOWN_FILE
    tell_files(aboard)
    return None


FILE_SERVICES: Final[Mapping[str, Function]] = {
    "LIST_FILES": _list_files,
    "DOWNLINK_FILE": _downlink_file,
    "DELETE_FILE": _delete_file,
}
