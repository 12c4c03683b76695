"""Telecommands of XTCE 1.2 files, with everything that they inherit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.mdb.commands import CommandDefinition, Consequence, Significance, VerificationStage, Verifier
from core.mdb.conditions import DEFAULT_AGE_S
from core.mdb.containers import Argument, Entry, Parameter
from core.mdb.references import AllOf, AnyOf, Condition, Operator, Reference, Value
from core.mdb.xtce.containers import EntryReader
from core.mdb.xtce.literals import boolean, duration_s_of, read_condition
from core.mdb.xtce.names import Scope
from core.mdb.xtce.types import Types
from core.mdb.xtce.verification import read_constraints, read_verifiers
from core.mdb.xtce.xml_tree import Element

__all__ = ["CommandReader"]

_SERVICE: Final = "service"
_SUBTYPE: Final = "subtype"
# Ancillary data: the standard has no word for either.
_IDEMPOTENT: Final = "idempotent"
_MAXIMUM_AGE: Final = "maximumTelemetryAge"  # of what transmission constraints look at
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
        self.left_out: list[str] = []

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
            constraints=tuple(one for link in chain for one in read_constraints(*link, _maximum_age_s(chain))),
            verifiers=self._verifiers(chain),
            idempotent=_idempotent(chain),
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

    def _verifiers(self, chain: list[_Link]) -> tuple[Verifier, ...]:
        """Those of every definition; the more special one replaces a stage of its base."""
        found: dict[VerificationStage, Verifier] = {}
        for element, scope in chain:
            found |= read_verifiers(element, scope, self.left_out)
        return tuple(found[stage] for stage in VerificationStage if stage in found)


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


def _idempotent(chain: list[_Link]) -> bool:
    """Whether the most special definition that speaks of it says so."""
    said = _said(chain, _IDEMPOTENT)
    if said is None:
        return False
    if said.text.strip() not in ("true", "false"):
        raise said.error(f"{_IDEMPOTENT} is neither true nor false")
    return said.text.strip() == "true"


def _maximum_age_s(chain: list[_Link]) -> float:
    """How old telemetry may be that lets a command go, as the most special definition that speaks of it says."""
    said = _said(chain, _MAXIMUM_AGE)
    if said is None:
        return DEFAULT_AGE_S
    age_s = duration_s_of(said, _MAXIMUM_AGE, said.text.strip())
    if age_s <= 0.0:
        raise said.error(f"{_MAXIMUM_AGE} has to be more than nothing")
    return age_s


def _said(chain: list[_Link], name: str) -> Element | None:
    """The ancillary data of a name in the most special definition that has it."""
    found = [
        one for element, _ in chain for one in element.each("AncillaryDataSet") if one.attributes.get("name") == name
    ]
    return found[-1] if found else None


def _header(element: Element, arguments: Mapping[str, Argument], name: str) -> int | None:
    """The service or subtype that the definition assigns; None where it is no PUS telecommand."""
    argument = arguments.get(name)
    if argument is None or argument.type.encoding is None:
        return None
    text = argument.fixed if argument.fixed is not None else argument.default
    if text is None or not text.isdigit() or int(text) > 255:
        raise element.error(f"the command must assign {name!r} a number from 0 to 255")
    return int(text)
