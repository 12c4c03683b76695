"""``llamaspace mission check`` and ``mission new``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from core.errors import InputError, NotFound
from core.mission import check_mission, new_mission, parse_omm, parse_tle
from core.mission.model import MeanElements

__all__ = ["check_file", "new_file"]


def check_file(options: argparse.Namespace) -> int:
    """0 when the file holds a mission, 2 with every problem named by line and field."""
    report = check_mission(options.file)
    if options.json:
        problems = [{"line": one.line, "field": one.field, "message": one.message} for one in report.problems]
        sys.stdout.write(json.dumps({"path": str(options.file), "valid": report.valid, "problems": problems}) + "\n")
    else:
        for one in report.problems:
            where = options.file if one.line is None else f"{options.file}:{one.line}"
            sys.stdout.write(f"{where}: {one.field}: {one.message}\n")
        if report.mission:
            sys.stdout.write(f"{report.mission.name}: {len(report.mission.spacecraft)} spacecraft, valid\n")
    return 0 if report.valid else 2


def new_file(options: argparse.Namespace) -> int:
    """Write a mission file for an object of an elements file."""
    name, elements = _elements(options.omm, options.norad)
    text = new_mission(options.name or name, options.norad, elements)
    if options.out is None:
        sys.stdout.write(text)
        return 0
    try:
        options.out.write_text(text)
    except OSError as error:
        raise InputError("--out", f"cannot write {options.out}: {error.strerror or error}") from error
    return 0


def _elements(path: Path, norad_id: int) -> tuple[str, MeanElements]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("--omm", f"cannot read {path}: {error}") from error
    found = (
        _from_tle(text)
        if _looks_like_tle(text)
        else [(one.norad_id, one.object_name, one.elements) for one in parse_omm(text)]
    )
    for number, name, elements in found:
        if number == norad_id:
            return name, elements
    raise NotFound(f"{path} holds {len(found)} objects and none is number {norad_id}", code="unknown-object")


def _looks_like_tle(text: str) -> bool:
    return any(line.startswith("1 ") and len(line.rstrip()) == 69 for line in text.splitlines()[:3])


def _from_tle(text: str) -> list[tuple[int | None, str, MeanElements]]:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    found: list[tuple[int | None, str, MeanElements]] = []
    for index, line in enumerate(lines):
        if line.startswith("1 ") and index + 1 < len(lines):
            tle = parse_tle(line, lines[index + 1])
            named = index > 0 and not lines[index - 1].startswith(("1 ", "2 "))
            found.append((tle.norad_id, lines[index - 1].strip() if named else f"OBJECT-{tle.norad_id}", tle.elements))
    return found
