"""Mission files: YAML to a checked mission, with every complaint at its line and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from core.errors import MissionFileError
from core.mission.model import Mission

__all__ = [
    "MissionReport",
    "Problem",
    "check_mission",
    "load_mission",
    "parse_mission",
    "reference_mission",
    "sentinel2a_mission",
]

_MAXIMUM_BYTES: Final = 5_000_000
_RULES: Final = "flight_rules"
_RULES_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.ya?ml")
_Path = tuple[str | int, ...]
_Lines = dict[_Path, int]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, and why."""

    line: int | None
    field: str
    message: str


@dataclass(frozen=True)
class MissionReport:
    """What a check of a mission file found; ``mission`` is there where nothing is wrong."""

    path: str
    problems: tuple[Problem, ...]
    mission: Mission | None

    @property
    def valid(self) -> bool:
        """Whether the file holds a mission."""
        return self.mission is not None


def load_mission(path: Path) -> Mission:
    """The mission of a YAML file.

    Raises:
        MissionFileError: The file is not readable, not YAML, or not a mission; names line and field of the first
            problem and says how many there are.
    """
    report = check_mission(path)
    if report.mission is not None:
        return report.mission
    first, more = report.problems[0], len(report.problems) - 1
    suffix = f"; {more} more problem{'s' if more > 1 else ''} in this file" if more else ""
    raise MissionFileError(report.path, first.line, first.field, first.message + suffix)


def check_mission(path: Path) -> MissionReport:
    """Everything that is wrong with a mission file; never raises for its content."""
    try:
        if path.stat().st_size > _MAXIMUM_BYTES:
            message = f"{path.stat().st_size} bytes; the limit is {_MAXIMUM_BYTES}"
            return MissionReport(str(path), (Problem(None, "file", message),), None)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return MissionReport(str(path), (Problem(None, "file", f"cannot be read: {error.strerror or error}"),), None)
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
        return MissionReport(str(path), (Problem(None, "file", message),), None)
    return parse_mission(text, str(path), path.parent)


def parse_mission(text: str, path: str = "mission", folder: Traversable | None = None) -> MissionReport:
    """The report of a mission given as text.

    Args:
        text: YAML.
        path: Only appears in messages.
        folder: Where a file of flight rules lies that the text names; without it the rules have to stand in the text.
    """
    try:
        data, lines = _compose(text)
        found = _include_rules(data, lines, folder)
    except _Broken as broken:
        return MissionReport(path, (broken.problem,), None)
    try:
        mission = Mission.model_validate(data)
        return MissionReport(path, found, None if found else mission)
    except ValidationError as error:
        return MissionReport(path, (*_problems(error, lines), *found), None)


@cache
def reference_mission() -> Mission:
    """The four LSAT satellites that every example uses."""
    return _shipped("lsat.yaml")


@cache
def sentinel2a_mission() -> Mission:
    """Sentinel-2A on its real orbit: another mission is one file away."""
    return _shipped("sentinel2a.yaml")


def _include_rules(data: Any, lines: _Lines, folder: Traversable | None) -> tuple[Problem, ...]:
    """Put the rules of a named file in the place of its name; what is wrong with that, the rest can still be judged."""
    name = data.get(_RULES) if isinstance(data, dict) else None
    if not isinstance(name, str):
        return ()
    data[_RULES], line = [], lines[(_RULES,)]
    if not _RULES_FILE.fullmatch(name):
        message = f"{name!r} is neither a list of rules nor the name of a .yaml file beside this one"
        return (Problem(line, _RULES, message),)
    if folder is None:
        return (Problem(line, _RULES, f"{name} cannot be found from here: write the rules into the mission"),)
    try:
        data[_RULES], _ = _compose(folder.joinpath(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return (Problem(line, _RULES, f"{name} cannot be read: {error}"),)
    except _Broken as broken:
        return (Problem(line, f"{_RULES} ({name} line {broken.problem.line})", broken.problem.message),)
    return ()


def _shipped(name: str) -> Mission:
    folder = files("core.mission").joinpath("reference")
    report = parse_mission(folder.joinpath(name).read_text(encoding="utf-8"), name, folder)
    if report.mission is None:
        first = report.problems[0]
        raise MissionFileError(name, first.line, first.field, first.message)
    return report.mission


class _Broken(Exception):
    """The text is not the YAML we read."""

    def __init__(self, line: int | None, field: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line, field, message)


def _compose(text: str) -> tuple[Any, _Lines]:
    """Plain data, and the line of every path in it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not YAML: {error.problem or error.context}"
        raise _Broken(mark.line + 1 if mark else None, "file", message) from error
    except yaml.YAMLError as error:
        raise _Broken(None, "file", f"is not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise _Broken(None, "file", "is nested too deeply") from error
    if root is None:
        raise _Broken(None, "file", "is empty")
    reader = _Reader()
    return reader.plain(root, ()), reader.lines


class _Reader:
    """Turns YAML nodes into plain data and keeps the line of every path."""

    def __init__(self) -> None:
        self.lines: _Lines = {}
        self._loader = yaml.SafeLoader("")
        self._seen: set[int] = set()

    def plain(self, node: yaml.Node, path: _Path) -> Any:
        """The data under a node; an alias is refused, as a few of them can stand for gigabytes."""
        self.lines[path] = node.start_mark.line + 1
        if id(node) in self._seen:
            raise _Broken(self.lines[path], _dotted(path), "YAML aliases are not supported; write the value out")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.plain(child, (*path, index)) for index, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        try:
            return self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            raise _Broken(self.lines[path], _dotted(path), f"{node.value!r} cannot be read: {error}") from error

    def _mapping(self, node: yaml.MappingNode, path: _Path) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Broken(line, _dotted(path), "has a key that is not a word")
            key = key_node.value
            if key in out:
                raise _Broken(line, _dotted((*path, key)), f"is given twice, first on line {self.lines[(*path, key)]}")
            out[key] = self.plain(child, (*path, key))
            self.lines[(*path, key)] = line
        return out


def _problems(error: ValidationError, lines: _Lines) -> Iterator[Problem]:
    for one in error.errors():
        path = tuple(one["loc"])
        known = next((path[:end] for end in range(len(path), -1, -1) if path[:end] in lines), ())
        value = one["input"]
        given = f"{value!r}: " if isinstance(value, (str, int, float, bool)) else ""
        yield Problem(lines.get(known), _dotted(path), f"{given}{one['msg'].removeprefix('Value error, ')}")


def _dotted(path: _Path) -> str:
    return ".".join(str(part) for part in path) or "mission"
