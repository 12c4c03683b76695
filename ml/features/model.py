"""A feature: a named, versioned expression with its unit; and files of features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import InputError
from core.mdb import MissionDatabase, ValueKind
from core.telemetry.parameter_units import ParameterUnits
from ml.features.expressions import Expression
from ml.features.units import Unit, parse_unit

__all__ = ["Feature", "check_features", "load_features", "parse_features", "reference_features"]

_MOST_BYTES: Final = 1_000_000
_NUMBERS: Final = (ValueKind.INTEGER, ValueKind.FLOAT, ValueKind.BOOLEAN)


class Feature(BaseModel):
    """One definition, which batch and stream compute alike.

    Args:
        name: Of the quantity; the unit is its last part where it has one.
        version: Rises when the definition changes.
        definition: What it is made of.
        unit: Of its values; checked against what the definition makes of the parameters' units.
        owner: Who answers for it.
        description: What it tells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
    version: Annotated[int, Field(ge=1, le=1_000_000, strict=True)]
    definition: Expression
    unit: Annotated[str, Field(max_length=64)]
    owner: Annotated[str, Field(min_length=1, max_length=64)]
    description: Annotated[str, Field(max_length=500)] = ""

    @property
    def source_parameters(self) -> tuple[str, ...]:
        """The parameters that it is made of, by name."""
        return tuple(sorted(self.definition.parameters()))

    @cached_property
    def definition_hash(self) -> str:
        """SHA-256 of definition and unit as JSON with sorted keys: equal hashes stand for equal values."""
        content = {"definition": self.definition.model_dump(mode="json"), "unit": str(parse_unit(self.unit))}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_features(features: Sequence[Feature], mdb: MissionDatabase) -> None:
    """Compare features with a mission database: parameters, kinds, labels and units.

    Raises:
        InputError: The first thing that does not fit; names feature and field.
    """
    units = _MissionUnits(mdb)
    for one in features:
        try:
            _check(one, mdb, units)
        except InputError as error:
            raise InputError(f"{one.name}.{error.field}", error.message.removeprefix(f"{error.field}: ")) from error


def load_features(path: Path) -> list[Feature]:
    """The features of a YAML file: a list under ``features``.

    Raises:
        InputError: It cannot be read, or has what is no feature; names the place.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError("file", f"{path} has {path.stat().st_size} bytes; at most {_MOST_BYTES} are read")
        return parse_features(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("file", f"{path} cannot be read: {error}") from error


def parse_features(text: str) -> list[Feature]:
    """The features of a YAML text.

    Raises:
        InputError: As ``load_features``.
    """
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError("file", f"not YAML: {error}") from error
    if not isinstance(content, dict) or set(content) != {"features"}:
        raise InputError("features", "the file is to hold one list under 'features'")
    try:
        found = _LIST.validate_python(content["features"])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(one) for one in ("features", *first["loc"]))
        raise InputError(place, f"{first['msg']} ({error.error_count()} problems in all)") from error
    seen: set[tuple[str, int]] = set()
    for one in found:
        if (one.name, one.version) in seen:
            raise InputError("features", f"{one.name} version {one.version} is there twice")
        seen.add((one.name, one.version))
    return found


def reference_features() -> list[Feature]:
    """The features of the reference mission's spacecraft, which models of it are made of."""
    return parse_features(files("ml.features").joinpath("reference", "lsat.yaml").read_text(encoding="utf-8"))


class _MissionUnits:
    def __init__(self, mdb: MissionDatabase) -> None:
        self._units = ParameterUnits(mdb)

    def __getitem__(self, parameter: str, /) -> Unit:
        return parse_unit(self._units[parameter])


def _check(feature: Feature, mdb: MissionDatabase, units: _MissionUnits) -> None:
    for name in feature.source_parameters:
        if name not in mdb.parameters:
            raise InputError("definition", f"the mission database has no parameter {name!r}")
    for name in sorted(feature.definition.numeric()):
        if (kind := mdb.parameters[name].type.kind) not in _NUMBERS:
            raise InputError("definition", f"values of {name} are of kind {kind}, not numbers")
    for condition in feature.definition.conditions():
        known = mdb.parameters[condition.parameter].type
        if (known.kind in _NUMBERS) == isinstance(condition.value, str):
            raise InputError("definition", f"{condition.value!r} is no value of {condition.parameter} ({known.kind})")
        labels = set(known.all_labels)
        if known.kind is ValueKind.ENUMERATED and condition.value not in labels:
            raise InputError("definition", f"{condition.value!r} is not one of {condition.parameter}: {sorted(labels)}")
    derived, said = feature.definition.unit(units), parse_unit(feature.unit)
    if derived != said:
        raise InputError("unit", f"{said} is said, the definition gives {derived}")


_LIST: Final = TypeAdapter(list[Feature])
