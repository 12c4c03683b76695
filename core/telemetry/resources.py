"""The resources of a satellite as its telemetry last told them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.mdb import MissionDatabase
from core.mdb.calibration import Polynomial
from core.mission.design.thermal import CELSIUS_K
from core.telemetry.archive import Archive
from core.time import tai_s_from_utc, utc_from_tai_s

__all__ = ["ArchiveTelemetryReader", "ResourceEstimate"]

_NUMBERS: Final = ("soc", "data_stored_bytes", "propellant_kg")
_MODE: Final = "mode"
_TEMPERATURE: Final = re.compile(r"temp_([a-z0-9_]+)_c")
_QUANTISATION_SIGMA: Final = 0.289  # of one step: the standard deviation of a uniform distribution, 1/sqrt(12)


@dataclass(frozen=True)
class ResourceEstimate:
    """Resources of one satellite, where they came from, and their one-sigma uncertainty by name."""

    satellite: str
    soc: float
    data_stored_bytes: int
    propellant_kg: float
    mode: str
    source: str
    as_of: datetime
    sigma: Mapping[str, float] = field(default_factory=dict)
    temperatures_k: Mapping[str, float] = field(default_factory=dict)  # by thermal node, as far as they are reported


class ArchiveTelemetryReader:
    """Reads resource estimates from an archive.

    Args:
        archive: Stored telemetry.
        mdb: Definitions; the resolution of a parameter gives its uncertainty.
    """

    def __init__(self, archive: Archive, mdb: MissionDatabase) -> None:
        self._archive = archive
        self._mdb = mdb

    def initial_resources(self, satellite: str, at_utc: datetime) -> ResourceEstimate | None:
        """The newest complete set up to an instant; None where there is none. ``as_of`` tells its age."""
        at_tai_s = tai_s_from_utc(at_utc)
        found = {name: self._archive.newest(satellite, name, at_tai_s) for name in (*_NUMBERS, _MODE)}
        samples = {name: sample for name, sample in found.items() if sample is not None}
        mode = samples.get(_MODE)
        numbers = {name: one.number for name, one in samples.items() if one.number is not None}
        if mode is None or mode.text is None or set(numbers) != set(_NUMBERS):
            return None
        return ResourceEstimate(
            satellite=satellite,
            soc=min(1.0, max(0.0, numbers["soc"])),
            data_stored_bytes=int(numbers["data_stored_bytes"]),
            propellant_kg=numbers["propellant_kg"],
            mode=mode.text,
            source="telemetry",
            as_of=utc_from_tai_s(min(one.generated_tai_s for one in samples.values())),
            sigma={name: self._sigma(name) for name in _NUMBERS},
            temperatures_k=self._temperatures_k(satellite, at_tai_s),
        )

    def _temperatures_k(self, satellite: str, at_tai_s: float) -> dict[str, float]:
        """The newest temperature of every node that the database has a parameter for (``temp_NODE_c``)."""
        found: dict[str, float] = {}
        for parameter in self._mdb.parameters:
            node = _TEMPERATURE.fullmatch(parameter)
            sample = self._archive.newest(satellite, parameter, at_tai_s) if node else None
            if node and sample is not None and sample.number is not None:
                found[node.group(1)] = round(sample.number + CELSIUS_K, 3)
        return found

    def _sigma(self, parameter: str) -> float:
        calibrator = self._mdb.parameters[parameter].type.calibrator
        terms = calibrator.coefficients if isinstance(calibrator, Polynomial) else ()
        return _QUANTISATION_SIGMA * (abs(terms[1]) if len(terms) > 1 else 1.0)
