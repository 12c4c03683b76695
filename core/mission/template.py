"""A new mission file from real elements: the bus, stations and rules of the reference mission, to be edited."""

from __future__ import annotations

import re
from importlib.resources import files

import yaml

from core.errors import InputError
from core.mission.files import parse_mission, reference_mission
from core.mission.model import MeanElements, Spacecraft

__all__ = ["new_mission"]

_HEADING = """\
# Mission file made from the orbit of {name} (NORAD {norad_id}).
# The elements are real. The bus, its initial state, the stations, the targets and the flight rules are those of the
# LlamaSpace reference mission: replace what differs, then run `llamaspace mission check` on this file.
"""


def new_mission(name: str, norad_id: int, elements: MeanElements) -> str:
    """YAML text of a valid mission with one spacecraft on the given orbit.

    Args:
        name: Name of the object; also its identifier, with other characters than letters, digits, _ . - made -.
        norad_id: Catalogue number.
        elements: Mean elements, SGP4 theory.
    Raises:
        InputError: The name has no letter or digit, or a value is not one a mission file may hold.
    """
    identifier = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-._")[:64]
    if not identifier:
        raise InputError("name", f"{name!r} has no letter or digit to make an identifier of")
    reference = yaml.safe_load(files("core.mission").joinpath("reference", "lsat.yaml").read_text(encoding="utf-8"))
    first = reference_mission().spacecraft[0]
    craft = Spacecraft(
        id=identifier,
        aliases=(name,) if name != identifier else (),
        norad_id=norad_id,
        spacecraft_id=first.spacecraft_id,
        bus=first.bus,
        elements=elements,
        initial=first.initial,
    )
    reference |= {
        "name": name,
        "description": f"{name} on its catalogued orbit; bus and ground segment taken over from the reference mission.",
        "flight_rules": [rule.model_dump(mode="json", exclude_none=True) for rule in reference_mission().flight_rules],
        "spacecraft": [craft.model_dump(mode="json", exclude_defaults=True)],
    }
    text = _HEADING.format(name=" ".join(name.split()), norad_id=norad_id) + yaml.safe_dump(
        reference, sort_keys=False, allow_unicode=True, width=120
    )
    report = parse_mission(text)
    if report.mission is None:
        first_problem = report.problems[0]
        raise InputError(first_problem.field, first_problem.message)
    return text
