"""Telecommands of XTCE 1.2 files, with everything that they inherit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.mdb.commands import (
    CommandDefinition,
    Consequence,
    Significance,
    TransmissionConstraint,
    Verifier,
    VerifierStage,
    WindowStart,
)
from core.mdb.containers import Argument, Entry, Parameter
from core.mdb.references import AllOf, AnyOf, Condition, Operator, Reference, Value
from core.mdb.xtce.containers import EntryReader
from core.mdb.xtce.literals import boolean, read_condition, read_duration_s
from core.mdb.xtce.names import Scope
from core.mdb.xtce.types import Types
from core.mdb.xtce.xml_tree import Element

__all__ = ["CommandReader"]

_SERVICE: Final = "service"
_SUBTYPE: Final = "subtype"
_STAGES: Final = {
    "TransferredToRangeVerifier": VerifierStage.TRANSFERRED_TO_RANGE,
    "SentFromRangeVerifier": VerifierStage.SENT_FROM_RANGE,
    "ReceivedVerifier": VerifierStage.RECEIVED,
    "AcceptedVerifier": VerifierStage.ACCEPTED,
    "QueuedVerifier": VerifierStage.QUEUED,
    "ExecutionVerifier": VerifierStage.EXECUTION,
    "CompleteVerifier": VerifierStage.COMPLETE,
    "FailedVerifier": VerifierStage.FAILED,
}
_Link = tuple[Element, Scope]


class CommandReader:
    """Reads every telecommand of a file.

    Args:
        scope: Of the root.
        parameters: All there are.
        types: Of arguments.
    """

    def __init__(self, scope: Scope, parameters: Mapping[str, Parameter], types: Types) -> None:
        self._scope = scope
        self._parameters = parameters
        self._types = types

    def concrete(self) -> dict[str, CommandDefinition]:
        """Every telecommand that is not abstract."""
        return {
            name: self._definition(name, element, scope)
            for name, element, scope in self._scope.commands
            if not boolean(element, "abstract", False)
        }

    def _definition(self, name: str, element: Element, scope: Scope) -> CommandDefinition:
        chain = self._chain(element, scope)
        declared = tuple(argument for one, _ in chain for argument in one.each("ArgumentList"))
        names = [one.get("name") for one in declared]
        for one in declared:
            if names.count(one.get("name")) > 1:
                raise one.error("the argument is declared twice")
        chain = [(one, replace(home, arguments=declared)) for one, home in chain]
        assigned = _assignments(chain)
        unknown = assigned.keys() - set(names)
        if unknown:
            raise element.error(f"assigned arguments {sorted(unknown)} are not declared")
        arguments = {one.name: one for link in chain for one in self._arguments(link, assigned)}
        fixed: dict[str, Value] = {}
        entries = self._layout(chain, arguments, fixed)
        significance, contexts = _significance(chain)
        return CommandDefinition(
            name=name,
            arguments=tuple(arguments.values()),
            entries=tuple(entries),
            significance=significance,
            contexts=contexts,
            constraints=tuple(_constraints(chain)),
            verifiers=tuple(self._verifiers(chain)),
            assigned=fixed,
            service=_header(element, arguments, _SERVICE),
            subtype=_header(element, arguments, _SUBTYPE),
            description=element.attributes.get("shortDescription", ""),
        )

    def _chain(self, element: Element, scope: Scope) -> list[_Link]:
        """From the most basic definition to this one."""
        chain = [(element, scope)]
        while (base := chain[0][0].find("BaseMetaCommand")) is not None:
            home = chain[0][1]
            parent = home.commands.elements[home.resolve(home.commands, base, "metaCommandRef")]
            if any(parent[0] is one for one, _ in chain):
                raise element.error("the command is its own base")
            chain.insert(0, parent)
        return chain

    def _arguments(self, link: _Link, assigned: Mapping[str, str]) -> Iterator[Argument]:
        element, scope = link
        for one in element.each("ArgumentList"):
            yield Argument(
                name=one.get("name"),
                type=self._types.referred(one, "argumentTypeRef", scope),
                fixed=assigned.get(one.get("name")),
                description=one.attributes.get("shortDescription", ""),
                default=one.attributes.get("initialValue"),
            )

    def _layout(self, chain: list[_Link], arguments: Mapping[str, Argument], fixed: dict[str, Value]) -> list[Entry]:
        """The entries of the container, those of its bases first.

        A container that names no base extends that of the command's base, as other ground systems read it too.
        """
        entries: list[Entry] = []
        for element, scope in chain:
            container = element.find("CommandContainer")
            if container is None:
                continue
            base = container.find("BaseContainer")
            if base is not None:
                entries = self._based(base, scope, arguments, fixed, (container,))
            entries += EntryReader(scope, self._parameters, arguments).entries(container)
        return entries

    def _based(
        self,
        base: Element,
        scope: Scope,
        arguments: Mapping[str, Argument],
        fixed: dict[str, Value],
        inside: tuple[Element, ...],
    ) -> list[Entry]:
        reference = base.get("containerRef")
        names = scope.command_containers
        name = scope.find(names, reference)
        if name is None:
            names = scope.containers
            name = scope.resolve(names, base, "containerRef")
        container, home = names.elements[name]
        if any(container is one for one in inside):
            raise container.error("the container extends itself")
        home = replace(home, arguments=scope.arguments)
        deeper = container.find("BaseContainer")
        entries = self._based(deeper, home, arguments, fixed, (*inside, container)) if deeper is not None else []
        criteria = base.find("RestrictionCriteria")
        if criteria is not None:
            fixed |= _fixed_by(criteria, read_condition(criteria, scope))
        return entries + list(EntryReader(home, self._parameters, arguments).entries(container))

    def _verifiers(self, chain: list[_Link]) -> Iterator[Verifier]:
        """Those of every definition; the more special one replaces a stage of its base."""
        found: dict[VerifierStage, list[Verifier]] = {}
        for element, scope in chain:
            own: dict[VerifierStage, list[Verifier]] = {}
            for one in element.each("VerifierSet"):
                if one.tag not in _STAGES:
                    raise one.error(f"verifier {one.tag} is not one of {sorted(_STAGES)}")
                own.setdefault(_STAGES[one.tag], []).append(_verifier(one, scope))
            found |= own
        for stage in VerifierStage:
            yield from found.get(stage, [])


def _assignments(chain: list[_Link]) -> dict[str, str]:
    return {
        one.get("argumentName"): one.get("argumentValue")
        for element, _ in chain
        for one in element.each("BaseMetaCommand", "ArgumentAssignmentList")
    }


def _fixed_by(element: Element, condition: Condition | None) -> dict[str, Value]:
    """The values that a restriction gives to parameters of a telecommand's header."""
    if condition is None:
        return {}
    if isinstance(condition, AllOf):
        found: dict[str, Value] = {}
        for one in condition.conditions:
            found |= _fixed_by(element, one)
        return found
    if isinstance(condition, AnyOf) or condition.operator is not Operator.EQUAL:
        raise element.error("a restriction on a telecommand's container must be made of equalities")
    if isinstance(condition.right, Reference):
        raise element.error("a restriction on a telecommand's container must compare with values")
    return {condition.left.name: condition.right}


def _constraints(chain: list[_Link]) -> Iterator[TransmissionConstraint]:
    for element, scope in chain:
        for one in element.each("TransmissionConstraintList"):
            condition = read_condition(one, scope)
            if condition is None:
                raise one.error("a transmission constraint needs a condition")
            yield TransmissionConstraint(
                condition, read_duration_s(one, "timeOut", 0.0), boolean(one, "suspendable", False)
            )


def _significance(chain: list[_Link]) -> tuple[Significance, tuple[tuple[Condition, Significance], ...]]:
    """The default significance of the most special definition that has one, and all contexts, the most special first."""
    default = Significance()
    contexts: list[tuple[Condition, Significance]] = []
    for element, scope in chain:
        found = element.find("DefaultSignificance")
        if found is not None:
            default = _one_significance(found)
        own = []
        for one in element.each("ContextSignificanceList"):
            condition = read_condition(one.need("ContextMatch"), scope)
            if condition is None:
                raise one.error("a context significance needs a context")
            own.append((condition, _one_significance(one.need("Significance"))))
        contexts = own + contexts
    return default, tuple(contexts)


def _one_significance(element: Element) -> Significance:
    level = element.attributes.get("consequenceLevel", "normal")
    if level not in set(Consequence):
        raise element.error(f"consequenceLevel {level!r} is not one of {[str(one) for one in Consequence]}")
    return Significance(
        Consequence(level),
        element.attributes.get("reasonForWarning", ""),
        element.attributes.get("spaceSystemAtRisk", ""),
    )


def _verifier(element: Element, scope: Scope) -> Verifier:
    for tag in ("CustomAlgorithm", "ParameterValueChange", "CheckWindowAlgorithms"):
        found = element.find(tag)
        if found is not None:
            raise found.error(f"{tag} in a verifier is not supported")
    container = element.find("ContainerRef")
    condition = read_condition(element, scope)
    if (container is None) == (condition is None):
        raise element.error("a verifier needs a condition or a container, and not both")
    window = element.find("CheckWindow")
    if window is None:
        raise element.error("a verifier needs a CheckWindow, or a lost report would never be noticed")
    start = window.attributes.get("timeWindowIsRelativeTo", str(WindowStart.LAST_VERIFIER_PASSED))
    if start not in set(WindowStart):
        raise window.error(f"timeWindowIsRelativeTo {start!r} is not one of {[str(one) for one in WindowStart]}")
    start_s, stop_s = read_duration_s(window, "timeToStartChecking", 0.0), read_duration_s(window, "timeToStopChecking")
    if stop_s <= start_s:
        raise window.error(f"checking stops after {stop_s:g} s, which is not after its start at {start_s:g} s")
    return Verifier(
        stage=_STAGES[element.tag],
        condition=condition,
        container=scope.resolve(scope.containers, container, "containerRef") if container is not None else None,
        start_s=start_s,
        stop_s=stop_s,
        window=WindowStart(start),
    )


def _header(element: Element, arguments: Mapping[str, Argument], name: str) -> int | None:
    """The service or subtype that the definition assigns; None where it is no PUS telecommand."""
    argument = arguments.get(name)
    if argument is None or argument.type.encoding is None:
        return None
    text = argument.fixed if argument.fixed is not None else argument.default
    if text is None or not text.isdigit() or int(text) > 255:
        raise element.error(f"the command must assign {name!r} a number from 0 to 255")
    return int(text)
