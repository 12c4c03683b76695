"""Cedar policies: parsed once, validated against the schema, asked in microseconds.

The policies of the package are the truth for every role and class; a mission may add a folder of its own. Whatever
cannot be decided, because the engine or a request is wrong, is denied.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import cedarpy

from core.authority.model import Action, Decision, Person, Subject
from core.errors import InputError

__all__ = ["MISSION", "Policies", "PolicyFileError", "load_policies", "package_policies", "policies_of"]

_SPACE: Final = "LlamaSpace"
_SCHEMA_FILE: Final = "llamaspace.cedarschema"
_ROLES: Final[Mapping[str, str | None]] = {
    "viewer": None,
    "operator": "viewer",
    "planner": "operator",
    "flight_director": "planner",
    "admin": "viewer",
}
MISSION: Final = "mission"
_SERVICE: Final = "command-pipeline"
_STATEMENT: Final = re.compile(r'^@id\("(?P<id>[^"]+)"\)', re.MULTILINE)
_OPENING: Final = re.compile(r"^(?:permit|forbid)\b", re.MULTILINE)


class PolicyFileError(InputError):
    """A policy file is wrong; the service does not start with it."""

    default_code = "bad-policy"

    def __init__(self, path: str, line: int, policy: str, message: str) -> None:
        super().__init__("policies", f"policy {policy!r}: {message} ({path}:{line})", path=path, line=line)
        self.path = path
        self.line = line
        self.policy = policy


@dataclass(frozen=True)
class _Statement:
    """One policy as it stands in its file."""

    path: str
    line: int
    policy: str
    text: str


class Policies:
    """A validated set of policies; ``load_policies`` makes it.

    Args:
        schema: The parsed schema.
        statements: Every policy, its id unique.
    """

    def __init__(self, schema: cedarpy.Schema, statements: Sequence[_Statement]) -> None:
        text = "\n".join(one.text for one in statements)
        self.content_hash = hashlib.sha256(text.encode()).hexdigest()
        self._schema = schema
        self._set = cedarpy.PolicySet.from_str(text)
        self._annotations = _annotations(text)
        self._roles = cedarpy.Entities.from_json_str(json.dumps([_role(*one) for one in _ROLES.items()]), schema)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all policies."""
        return tuple(self._annotations)

    def may(self, person: Person, action: Action) -> Decision:
        """Whether somebody may do something with the mission as a whole."""
        return self._decide(_user(person), action, _entity("Mission", MISSION), {}, person.role)

    def may_with(self, person: Person, action: Action, subject: Subject, approved: Mapping[str, Any]) -> Decision:
        """Whether somebody may do something with one subject, given the approvals that it has."""
        context = dict(approved) if action is Action.APPROVE else {}
        return self._decide(_user(person), action, _subject(subject), context, person.role)

    def may_dispatch(self, subject: Subject, approved: Mapping[str, Any]) -> Decision:
        """Whether approvals suffice for a subject's commands to be sent."""
        return self._decide(_entity("Service", _SERVICE), Action.DISPATCH, _subject(subject), dict(approved), None)

    def roles_that_may(self, action: Action) -> tuple[str, ...]:
        """The roles that may do something with the mission as a whole."""
        return tuple(role for role in _ROLES if self.may(Person("somebody", role), action).allowed)

    def _decide(
        self,
        principal: dict[str, Any],
        action: Action,
        resource: dict[str, Any],
        context: dict[str, Any],
        role: str | None,
    ) -> Decision:
        request = {
            "principal": principal["uid"],
            "action": {"type": f"{_SPACE}::Action", "id": action.value},
            "resource": resource["uid"],
            "context": context,
        }
        try:
            entities = self._roles.with_added_json_str(json.dumps([principal, resource]), self._schema)
            result = cedarpy.is_authorized(request, self._set, entities, self._schema)
        except (ValueError, TypeError, KeyError) as error:
            return Decision(False, action, (), "AUT-006", f"{action} could not be decided and is denied: {error}")
        diagnostics = result.diagnostics
        if diagnostics.errors or result.decision is cedarpy.Decision.NoDecision:
            problem = "; ".join(diagnostics.errors) or "the engine gave no decision"
            return Decision(False, action, (), "AUT-006", f"{action} could not be decided and is denied: {problem}")
        names = tuple(sorted(diagnostics.id_annotations_by_reason.values()))
        if result.allowed:
            return Decision(True, action, names)
        told = [
            self._annotations[name] for name in self._annotations if name in names and "says" in self._annotations[name]
        ]
        if told:
            # In the order of the files: the message does not depend on the engine's.
            return Decision(False, action, names, told[0].get("code", ""), told[0]["says"])
        return Decision(False, action, names, "", f"no policy permits {action} to {role or 'the service'}")


def load_policies(folder: Path | None = None) -> Policies:
    """The package's policies, and those of a mission's own folder (``*.cedar``).

    Raises:
        PolicyFileError: A policy does not parse or does not fit the schema; names file, line and policy.
        InputError: The folder is not there or holds no policy.
    """
    own = resources.files("core.authority") / "policies"
    schema = cedarpy.Schema.from_str((own / _SCHEMA_FILE).read_text())
    files = sorted((one.name, one.read_text()) for one in own.iterdir() if one.name.endswith(".cedar"))
    if folder is not None:
        added = sorted(folder.glob("*.cedar")) if folder.is_dir() else []
        if not added:
            raise InputError("policies", f"{folder} is no folder with policy files (*.cedar)")
        files += [(str(path), path.read_text()) for path in added]
    statements = [one for path, text in files for one in _statements(path, text)]
    _check(statements, schema)
    return Policies(schema, statements)


@cache
def package_policies() -> Policies:
    """The policies that come with the package, parsed once in a process."""
    return load_policies()


def policies_of(folder: Path | None) -> Policies:
    """The policies in force: the package's, tightened by a mission's own folder where it has one."""
    return package_policies() if folder is None else load_policies(folder)


def _statements(path: str, text: str) -> list[_Statement]:
    starts = list(_STATEMENT.finditer(text))
    openings = len(_OPENING.findall(text))
    if openings != len(starts):
        line = _line(text, next((one for one in _OPENING.finditer(text)), None))
        raise PolicyFileError(
            path, line, "?", f'{openings} policies and {len(starts)} lines @id("…") before them: each needs its own'
        )
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return [
        _Statement(path, text[: start.start()].count("\n") + 1, start["id"], text[start.start() : end])
        for start, end in zip(starts, ends, strict=True)
    ]


def _check(statements: Sequence[_Statement], schema: cedarpy.Schema) -> None:
    seen: set[str] = set()
    for one in statements:
        if one.policy in seen:
            raise PolicyFileError(one.path, one.line, one.policy, "there are two policies of this id")
        seen.add(one.policy)
        try:
            cedarpy.PolicySet.from_str(one.text)
        except ValueError as error:
            raise PolicyFileError(one.path, one.line, one.policy, str(error)) from error
        problems = cedarpy.validate_policies(one.text, schema).errors
        if problems:
            raise PolicyFileError(one.path, one.line, one.policy, problems[0].error)


def _annotations(text: str) -> dict[str, dict[str, str]]:
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return {one["annotations"]["id"]: one["annotations"] for one in policies.values()}


def _line(text: str, found: re.Match[str] | None) -> int:
    return text[: found.start()].count("\n") + 1 if found else 1


def _role(name: str, parent: str | None) -> dict[str, Any]:
    return _entity("Role", name, parents=[_uid("Role", parent)] if parent else [])


def _user(person: Person) -> dict[str, Any]:
    parents = [_uid("Role", person.role)] if person.role in _ROLES else []
    return _entity("User", person.name, {"name": person.name}, parents)


def _subject(subject: Subject) -> dict[str, Any]:
    attributes = {"kind": subject.kind, "author": subject.author, "command_class": subject.command_class}
    return _entity("Subject", f"{subject.kind}:{subject.subject_id}", attributes)


def _entity(
    kind: str, name: str, attributes: Mapping[str, Any] | None = None, parents: Sequence[dict[str, str]] = ()
) -> dict[str, Any]:
    return {"uid": _uid(kind, name), "attrs": dict(attributes or {}), "parents": list(parents)}


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": f"{_SPACE}::{kind}", "id": name}
