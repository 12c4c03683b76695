"""The command line: parses, then imports only what the command needs, so that ``--help`` answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from api.cli.ml_options import add_ml, add_worker

__all__ = ["main", "parser"]

DONE: Final = 0
BAD_INPUT: Final = 2
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 done, 1 the answer is no, 2 bad input."""
    options = parser().parse_args(arguments)
    from core.errors import LlamaSpaceError

    try:
        code: int = options.run(options)
    except LlamaSpaceError as error:
        sys.stderr.write(f"llamaspace: {error.message}\n")
        return BAD_INPUT
    except BrokenPipeError:
        return DONE
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    made = argparse.ArgumentParser(prog="llamaspace", description="Natural-language mission operations.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serve(commands)
    _ask(commands)
    _eval(commands)
    _plan(commands)
    _mission(commands)
    _decode(commands)
    _telemetry(commands)
    _command(commands)
    _audit(commands)
    _keys(commands)
    _file(commands)
    add_ml(commands)
    _bench(commands)
    add_worker(commands)
    return made


_Commands = argparse._SubParsersAction  # the type has no public name


def _serve(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("serve", help="run the service and its console")
    command.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    command.add_argument("--data", type=Path, help="folder of everything the service keeps (default: data)")
    command.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default: 8000)")
    command.add_argument("--model", help="LiteLLM model name (default: the embedded model)")
    command.add_argument("--clock-rate", type=float, help="how fast simulated time runs at first (default: 1)")
    command.add_argument("--clock-start", help="mission time at the very first start, ISO 8601 (default: now)")
    command.add_argument("--faults", type=Path, help="script of faults (YAML) that the simulated spacecraft suffer")
    command.add_argument(
        "--allow-remote", action="store_true", default=None, help="listen beyond this machine without TLS"
    )
    command.set_defaults(run=_run_serve)


def _ask(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("ask", help="answer one request, without executing anything")
    command.add_argument("text", help="the request, in words")
    command.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    command.add_argument("--now", help="mission time, ISO 8601 (default: now)")
    command.add_argument("--role", default="operator", help="role of whoever asks (default: operator)")
    command.add_argument("--model", help="LiteLLM model name (default: the embedded model)")
    command.add_argument(
        "--conjunctions", type=Path, help="folder of conjunction messages (CDM) that have been received"
    )
    command.add_argument("--catalogue", type=Path, help="elements (TLE or OMM) that maneuvers are screened against")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(run=_run_ask)


def _eval(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("eval", help="run cases and score the answers")
    command.add_argument("cases", type=Path, help="cases file")
    command.add_argument("--model", help="LiteLLM model name (default: the embedded model)")
    command.add_argument("--out", type=Path, help="where the report goes (default: standard output)")
    command.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    command.set_defaults(run=_run_eval)


def _plan(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("plan", help="validate or simulate a plan file").add_subparsers(
        required=True, metavar="ACTION"
    )
    validate = actions.add_parser("validate", help="check a plan; 0 valid, 1 blocked, 2 bad input")
    validate.add_argument("plan", type=Path)
    validate.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    validate.add_argument("--now", help="time at which it is judged, ISO 8601 (default: the start of its horizon)")
    validate.add_argument("--catalogue", type=Path, help="elements (TLE or OMM) that maneuvers are screened against")
    validate.add_argument("--json", action="store_true", help="print one JSON document")
    validate.set_defaults(run=_run_validate)
    simulate = actions.add_parser("simulate", help="fly a plan in simulation")
    simulate.add_argument("plan", type=Path)
    simulate.add_argument(
        "--out", type=Path, required=True, help="folder for profiles (Parquet) and a picture (PNG, SVG)"
    )
    simulate.add_argument("--mission", type=Path, help="mission file; the reference mission without")
    simulate.add_argument(
        "--members",
        type=int,
        default=0,
        help="also fly so many spacecraft that differ, and print how likely each limit is broken",
    )
    simulate.add_argument("--seed", type=int, default=1, help="of the members' differences (default: 1)")
    simulate.set_defaults(run=_run_simulate)


def _mission(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("mission", help="check or make mission files").add_subparsers(
        required=True, metavar="ACTION"
    )
    check = actions.add_parser("check", help="check a mission file")
    check.add_argument("file", type=Path)
    check.add_argument("--json", action="store_true", help="print one JSON document")
    check.set_defaults(run=_run_mission_check)
    new = actions.add_parser("new", help="make a mission file from real orbital elements")
    new.add_argument("--norad", type=int, required=True, help="catalogue number of the object")
    new.add_argument("--omm", type=Path, required=True, help="OMM (KVN, XML, JSON or CSV) or TLE file that holds it")
    new.add_argument("--name", help="name of the spacecraft (default: as in the file)")
    new.add_argument("--out", type=Path, help="where the mission file goes (default: standard output)")
    new.set_defaults(run=_run_mission_new)


def _decode(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("decode", help="a file of packets to a table of engineering values")
    command.add_argument("packets", type=Path, metavar="PACKETS", help="file of space packets, one behind the other")
    command.add_argument(
        "--xtce",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="mission database; given again, a file of systems below it",
    )
    command.add_argument("--out", type=Path, required=True, help="table to write (.parquet or .csv)")
    command.add_argument("--root", help="container that packets begin with (default: the one that is extended most)")
    command.add_argument("--skip", type=int, default=0, help="octets before each packet that are not part of it")
    command.add_argument(
        "--error-control", action="store_true", help="the last two octets of each packet are an error control"
    )
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(run=_run_decode_file)


def _telemetry(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("telemetry", help="the telemetry of a data folder").add_subparsers(
        required=True, metavar="ACTION"
    )
    export = actions.add_parser("export", help="parameters to a file; 1 where there are none in the interval")
    _data(export)
    export.add_argument("--satellite", required=True, help="whose telemetry")
    export.add_argument(
        "--parameter", action="append", required=True, metavar="NAME", help="what to export; as often as needed"
    )
    export.add_argument("--start", required=True, help="begin of generation, UTC")
    export.add_argument("--end", required=True, help="end of generation, UTC; included")
    export.add_argument("--out", type=Path, required=True, help="file to write (.parquet, .csv or .nc)")
    alignment = export.add_mutually_exclusive_group()
    alignment.add_argument("--align-to", metavar="NAME", help="give all parameters at this one's times")
    alignment.add_argument("--step", type=float, metavar="S", help="give all parameters every so many seconds")
    export.add_argument("--version", type=int, help="of reprocessed telemetry, 0 as received (default: the newest)")
    export.add_argument(
        "--mdb", type=Path, action="append", help="mission database (XTCE) for units; the reference mission's without"
    )
    export.add_argument("--json", action="store_true", help="print one JSON document")
    export.set_defaults(run=_run_telemetry_export)


def _command(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("command", help="telecommands offline: encode, decode, verify").add_subparsers(
        required=True, metavar="ACTION"
    )
    encode = actions.add_parser("encode", help="a telecommand as packet, and with keys as frame and CLTU")
    encode.add_argument("mnemonic", help="telecommand of the mission database")
    encode.add_argument("--satellite", required=True, help="spacecraft it is for")
    encode.add_argument(
        "--arg", action="append", default=[], metavar="NAME=VALUE", help="an argument; as often as needed"
    )
    encode.add_argument("--packet-count", type=int, default=0, help="sequence count of the packet (default: 0)")
    encode.add_argument("--frame-number", type=int, default=0, help="N(S) of the frame (default: 0)")
    encode.add_argument("--sequence-number", type=int, default=1, help="number against replay (default: 1)")
    decode = actions.add_parser("decode", help="what a CLTU, frame or packet says; 1 where it does not verify")
    verify = actions.add_parser("verify", help="every check that a receiver makes; 1 where one fails")
    for action, run in ((encode, _run_encode), (decode, _run_decode), (verify, _run_verify)):
        if action is not encode:
            action.add_argument("octets", help="hexadecimal, @FILE, or - for standard input")
        action.add_argument("--keys", type=Path, help="link keys (DATA/keys/link-keys.json of a service)")
        action.add_argument("--mdb", type=Path, help="mission database (XTCE); the reference mission's without")
        action.add_argument("--mission", type=Path, help="mission file; the reference mission without")
        action.add_argument("--json", action="store_true", help="print one JSON document")
        action.set_defaults(run=run)


def _audit(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("audit", help="the tamper-evident log").add_subparsers(
        required=True, metavar="ACTION"
    )
    verify = actions.add_parser("verify", help="walk the log; 0 intact, 1 broken")
    _data(verify)
    verify.add_argument("--file", type=Path, help="an exported log instead, offline")
    verify.add_argument("--keys", type=Path, help="public keys to verify with (`llamaspace keys list --json`)")
    verify.add_argument("--json", action="store_true", help="print one JSON document")
    verify.set_defaults(run=_run_audit_verify)
    export = actions.add_parser("export", help="the log as JSON lines, with its signed checkpoints")
    _data(export)
    export.add_argument("--out", type=Path, help="where it goes (default: standard output)")
    export.set_defaults(run=_run_audit_export)
    prune = actions.add_parser("prune", help="remove old events; a signed account of them stays")
    _data(prune)
    prune.add_argument("--before", required=True, help="mission time, ISO 8601: what was recorded before goes")
    prune.add_argument("--reason", required=True, help="why; it is kept in the log")
    prune.set_defaults(run=_run_audit_prune)


def _keys(commands: _Commands[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser(
        "keys", help="the keys that sign approvals, command sets and the audit log"
    ).add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every key and its state")
    _data(listing)
    listing.add_argument("--json", action="store_true", help="print one JSON document")
    listing.set_defaults(run=_run_keys_list)
    rotate = actions.add_parser("rotate", help="make a new key; the one before still releases, the one before that not")
    rotate.add_argument("purpose", choices=["command-set", "approval", "audit"])
    _data(rotate)
    rotate.set_defaults(run=_run_keys_rotate)
    revoke = actions.add_parser("revoke", help="declare a key compromised: nothing that it signed counts any more")
    revoke.add_argument("key_id")
    revoke.add_argument("--reason", required=True, help="why; it is kept in the log")
    _data(revoke)
    revoke.set_defaults(run=_run_keys_revoke)
    rollover = actions.add_parser("rollover", help="draft the stack that changes a spacecraft's telecommand key")
    rollover.add_argument("satellite")
    rollover.add_argument("--station", help="station of the contact in which it is sent")
    rollover.add_argument("--start", help="begin of the contact, UTC")
    rollover.add_argument("--end", help="end of the contact, UTC")
    ending = rollover.add_mutually_exclusive_group()
    ending.add_argument(
        "--abandon", action="store_true", help="give up a change before telecommands go over the new key"
    )
    ending.add_argument("--finish", action="store_true", help="the old key is gone on board: forget it")
    rollover.add_argument("--json", action="store_true", help="print one JSON document")
    _data(rollover)
    rollover.set_defaults(run=_run_keys_rollover)


def _file(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("file", help="files that go up to spacecraft and come down from them")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the files on board, as last reported")
    listing.add_argument("satellite")
    listing.set_defaults(run=_run_file_list)
    status = actions.add_parser("status", help="transfers in both directions, with their progress")
    status.add_argument("--satellite", help="of one spacecraft only")
    status.set_defaults(run=_run_file_status)
    upload = actions.add_parser("upload", help="offer a file; it leaves once somebody has approved it")
    upload.add_argument("path", type=Path, metavar="PATH")
    upload.add_argument("--satellite", required=True)
    upload.add_argument("--name", help="on board (default: that of the file); its beginning decides who approves")
    upload.set_defaults(run=_run_file_upload)
    request = actions.add_parser("request", help="draft the stack that asks for a file on board")
    request.add_argument("name")
    request.add_argument("--satellite", required=True)
    request.set_defaults(run=_run_file_request)
    download = actions.add_parser("download", help="copy a file that was received")
    download.add_argument("transfer_id", metavar="TRANSFER", help="as `status` shows it")
    download.add_argument("--out", type=Path, help="where to (default: its name, here)")
    download.set_defaults(run=_run_file_download)
    for one in (upload, request):
        one.add_argument("--unacknowledged", action="store_true", help="CFDP class 1: nobody says what arrived")
    for one in (listing, status, upload, request):
        one.add_argument("--json", action="store_true", help="print one JSON document")
    for one in (listing, status, upload, request, download):
        _data(one)


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, default=Path("data"), help="data folder of the service (default: data)")


def _bench(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("bench", help="time our work beside the peers'")
    command.add_argument(
        "name",
        nargs="?",
        metavar="NAME",
        help="a suite (flight, twin, schedule, command, telemetry) or one of its rows (default: all)",
    )
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.add_argument("--page", type=Path, help="also write the rows as a Markdown page")
    command.set_defaults(run=_run_bench)


def _run_serve(options: argparse.Namespace) -> int:
    from api.cli.serve import serve

    return serve(options)


def _run_ask(options: argparse.Namespace) -> int:
    from api.cli.ask import ask_once

    return ask_once(options)


def _run_eval(options: argparse.Namespace) -> int:
    from api.cli.evaluate import evaluate

    return evaluate(options)


def _run_validate(options: argparse.Namespace) -> int:
    from api.cli.plan import validate_file

    return validate_file(options)


def _run_simulate(options: argparse.Namespace) -> int:
    from api.cli.plan import simulate_file

    return simulate_file(options)


def _run_mission_check(options: argparse.Namespace) -> int:
    from api.cli.mission import check_file

    return check_file(options)


def _run_mission_new(options: argparse.Namespace) -> int:
    from api.cli.mission import new_file

    return new_file(options)


def _run_decode_file(options: argparse.Namespace) -> int:
    from api.cli.decode import decode_file

    return decode_file(options)


def _run_telemetry_export(options: argparse.Namespace) -> int:
    from api.cli.telemetry import export_parameters

    return export_parameters(options)


def _run_encode(options: argparse.Namespace) -> int:
    from api.cli.command import encode_words

    return encode_words(options)


def _run_decode(options: argparse.Namespace) -> int:
    from api.cli.command import decode_octets

    return decode_octets(options)


def _run_verify(options: argparse.Namespace) -> int:
    from api.cli.command import verify_octets

    return verify_octets(options)


def _run_audit_verify(options: argparse.Namespace) -> int:
    from api.cli.audit import verify_log

    return verify_log(options)


def _run_audit_export(options: argparse.Namespace) -> int:
    from api.cli.audit import export_log

    return export_log(options)


def _run_audit_prune(options: argparse.Namespace) -> int:
    from api.cli.audit import prune_log

    return prune_log(options)


def _run_keys_list(options: argparse.Namespace) -> int:
    from api.cli.keys import list_keys

    return list_keys(options)


def _run_keys_rotate(options: argparse.Namespace) -> int:
    from api.cli.keys import rotate_key

    return rotate_key(options)


def _run_keys_revoke(options: argparse.Namespace) -> int:
    from api.cli.keys import revoke_key

    return revoke_key(options)


def _run_keys_rollover(options: argparse.Namespace) -> int:
    from api.cli.rollover import roll_over

    return roll_over(options)


def _run_file_list(options: argparse.Namespace) -> int:
    from api.cli.file import list_files

    return list_files(options)


def _run_file_status(options: argparse.Namespace) -> int:
    from api.cli.file import show_status

    return show_status(options)


def _run_file_upload(options: argparse.Namespace) -> int:
    from api.cli.file import upload_file

    return upload_file(options)


def _run_file_request(options: argparse.Namespace) -> int:
    from api.cli.file import request_file

    return request_file(options)


def _run_file_download(options: argparse.Namespace) -> int:
    from api.cli.file import download_file

    return download_file(options)


def _run_bench(options: argparse.Namespace) -> int:
    from api.cli.bench import bench

    return bench(options)


if __name__ == "__main__":
    sys.exit(main())
