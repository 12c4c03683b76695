"""``llamaspace telemetry``: parameters out of a data folder's archive, with the service running or not."""

from __future__ import annotations

import argparse
import json
import math
import sys

from core.errors import InputError
from core.mdb import load_mdb, reference_mdb
from core.mdb.batch import BatchDecoder
from core.telemetry.archive_reader import ArchiveReader
from core.telemetry.export import Exported, ExportRequest, export
from core.telemetry.packet_rows import pus_times
from core.time import format_utc, parse_utc, tai_s_from_utc, utc_from_tai_s

__all__ = ["export_parameters"]


def export_parameters(options: argparse.Namespace) -> int:
    """Write parameters of an interval into a file; 1 where there was none of them in it."""
    mdb = load_mdb(*options.mdb) if options.mdb else reference_mdb()
    reader = ArchiveReader(options.data / "telemetry", BatchDecoder(mdb), pus_times)
    try:
        known = reader.satellites()
        if options.satellite not in known:
            raise InputError("--satellite", f"{options.satellite!r} is not one of {known}")
        start, end = parse_utc(options.start, "--start"), parse_utc(options.end, "--end")
        if end < start:
            raise InputError("--end", f"{options.end} is before --start {options.start}")
        request = ExportRequest(
            satellite=options.satellite,
            parameters=tuple(options.parameter),
            start_tai_s=tai_s_from_utc(start),
            end_tai_s=tai_s_from_utc(end),
            units={name: one.type.unit for name, one in mdb.parameters.items() if one.type.unit},
            aligned_to=options.align_to,
            step_s=options.step,
            version=options.version,
        )
        made = export(reader, request, options.out)
    finally:
        reader.close()
    _report(options, request, made)
    return 0 if made.rows else 1


def _report(options: argparse.Namespace, request: ExportRequest, made: Exported) -> None:
    removed = made.kept_from_tai_s > request.start_tai_s
    kept_from = format_utc(utc_from_tai_s(made.kept_from_tai_s)) if removed else None
    if options.json:
        document = {"out": str(made.path), "rows": made.rows, "kept_from_utc": kept_from}
        sys.stdout.write(json.dumps(document) + "\n")
        return
    sys.stdout.write(f"{made.rows} rows in {made.path}\n")
    if kept_from is not None and not math.isinf(made.kept_from_tai_s):
        sys.stdout.write(f"values generated before {kept_from} were removed by the retention policy\n")
