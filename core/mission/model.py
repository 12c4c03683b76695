"""What a mission is made of.

A mission file speaks the units of the documents that people copy from (CCSDS OMM degrees and revolutions per day,
station latitude in degrees); every name says its unit, and properties give the SI value that the core computes with.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from core.errors import NotFound
from core.mission.design import (
    Antenna,
    AttitudeDesign,
    Battery,
    Converters,
    Imager,
    MassItem,
    PowerLoads,
    Propulsion,
    SolarArray,
    ThermalDesign,
    Wear,
    Wheels,
)
from core.mission.design.fit import require_body, require_mass_budget, require_nodes, require_thrust
from core.mission.file_delivery import FileDelivery
from core.mission.flight_rules import FlightRule, contradiction, selectors
from core.mission.parts import Fraction, Identifier, MissionModel, Name, NotNegative, Positive
from core.units import to_rad

__all__ = [
    "Antenna",
    "Battery",
    "Bus",
    "FileDelivery",
    "GroundStation",
    "Imager",
    "InitialState",
    "MeanElements",
    "Mission",
    "MissionModel",
    "Mode",
    "OrbitDoubt",
    "PowerLoads",
    "Propulsion",
    "SolarArray",
    "Spacecraft",
    "Target",
    "Wheels",
]

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Mode(StrEnum):
    """Operating modes, from the least to the most power."""

    SAFE = "safe"
    STANDBY = "standby"
    NOMINAL = "nominal"
    PAYLOAD = "payload"


class MeanElements(MissionModel):
    """Brouwer mean elements in TEME as an OMM gives them (CCSDS 502.0-B, theory SGP4)."""

    epoch_utc: AwareDatetime
    mean_motion_rev_day: Annotated[float, Field(gt=0, lt=18)]  # the catalogue has orbits of two weeks
    eccentricity: Annotated[float, Field(ge=0, lt=1)]
    inclination_deg: Annotated[float, Field(ge=0, le=180)]
    raan_deg: Annotated[float, Field(ge=0, lt=360)]
    argument_of_perigee_deg: Annotated[float, Field(ge=0, lt=360)]
    mean_anomaly_deg: Annotated[float, Field(ge=0, lt=360)]
    bstar_per_earth_radius: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    mean_motion_dot_rev_day2: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    mean_motion_ddot_rev_day3: Annotated[float, Field(allow_inf_nan=False)] = 0.0


class Bus(MissionModel):
    """A spacecraft design, shared by all spacecraft built to it."""

    dry_mass_kg: Positive
    mass_budget: tuple[MassItem, ...] = Field(min_length=1)  # adds up to the dry mass
    inertia_kg_m2: tuple[Positive, Positive, Positive]  # principal moments
    drag_area_m2: Positive
    drag_coefficient: Positive = 2.2
    propulsion: Propulsion
    wheels: Wheels
    magnetorquer_a_m2: Positive
    solar_array: SolarArray
    battery: Battery
    converters: Converters
    loads: PowerLoads
    imager: Imager
    antenna: Antenna
    data_store_bytes: Annotated[int, Field(gt=0)]
    slew_rate_deg_s: Positive
    settle_s: NotNegative
    thermal_nodes: tuple[Identifier, ...]
    thermal: ThermalDesign
    attitude: AttitudeDesign | None = None  # without it, a plain body with these inertias
    wear: Wear | None = None  # without it, no part's life is predicted

    @model_validator(mode="after")
    def _triangle_inequality(self) -> Bus:
        a, b, c = sorted(self.inertia_kg_m2)
        if a + b < c:
            raise ValueError(
                f"inertia_kg_m2 {self.inertia_kg_m2} is not that of a body: the largest exceeds the others' sum"
            )
        return self

    @model_validator(mode="after")
    def _subsystems_fit(self) -> Bus:
        require_mass_budget(self.dry_mass_kg, self.mass_budget)
        require_nodes(
            self.thermal_nodes,
            self.thermal,
            self.solar_array,
            self.battery,
            self.converters,
            self.loads,
            self.propulsion,
        )
        if self.attitude is not None:
            require_body(self.inertia_kg_m2, self.attitude, self.solar_array)
            require_thrust(self.propulsion, self.attitude)
        if self.wear is not None and self.wear.reaction_wheels is not None:
            told = len(self.wear.reaction_wheels.parameters)
            if told != self.wheels.count:
                raise ValueError(f"wear.reaction_wheels.parameters has {told} names for {self.wheels.count} wheels")
        return self

    @property
    def slew_rate_rad_s(self) -> float:
        """Slew rate of the attitude control."""
        return to_rad(self.slew_rate_deg_s)


class InitialState(MissionModel):
    """Resources at the mission's start, until telemetry says otherwise."""

    soc: Fraction
    data_stored_bytes: Annotated[int, Field(ge=0)]
    propellant_kg: NotNegative
    mode: Mode = Mode.NOMINAL


class OrbitDoubt(MissionModel):
    """Why the elements that a spacecraft is planned with may not be where it flies, since when, and by how much they miss.

    ``miss_m`` is the median distance of recent fixes from them; None where too few fixes have been compared.
    """

    code: str
    reason: str
    since_utc: AwareDatetime
    miss_m: NotNegative | None = None


class Spacecraft(MissionModel):
    """One spacecraft.

    Its orbit is the elements. What the ground has learnt of them since is with them: burns that ended before
    ``burns_flown_until`` are in the elements already, fixes agreed with them up to ``orbit_checked_until``, and
    ``orbit_doubt`` says why they may not hold any more.
    """

    id: Identifier
    aliases: tuple[Name, ...] = ()
    norad_id: Annotated[int, Field(ge=1, le=999_999_999)] | None = None
    spacecraft_id: Annotated[int, Field(ge=0, le=1023)]  # CCSDS SCID
    bus: Identifier
    elements: MeanElements
    burns_flown_until: AwareDatetime | None = None
    orbit_checked_until: AwareDatetime | None = None
    orbit_doubt: OrbitDoubt | None = None
    initial: InitialState
    in_use_since: AwareDatetime | None = (
        None  # of its parts: without it, what they did before telemetry begins is not known
    )


class GroundStation(MissionModel):
    """A ground station on the WGS 84 ellipsoid."""

    id: Identifier
    name: Name
    aliases: tuple[Name, ...] = ()
    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: Annotated[float, Field(ge=-500, le=9000)]
    minimum_elevation_deg: Annotated[float, Field(ge=0, lt=90)]
    setup_s: NotNegative  # between two contacts
    bands: tuple[Literal["S", "X"], ...]
    x_band_g_over_t_db_k: Annotated[float, Field(ge=-50, le=80)] = 32.0  # of a 7 m antenna at 8 GHz
    source: str

    @property
    def latitude_rad(self) -> float:
        """Geodetic latitude."""
        return to_rad(self.latitude_deg)

    @property
    def longitude_rad(self) -> float:
        """East longitude."""
        return to_rad(self.longitude_deg)

    @property
    def minimum_elevation_rad(self) -> float:
        """Elevation mask."""
        return to_rad(self.minimum_elevation_deg)


class Target(MissionModel):
    """A named place on the ground."""

    name: Name
    aliases: tuple[Name, ...] = ()
    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: Annotated[float, Field(ge=-500, le=9000)] = 0.0


class Mission(MissionModel):
    """A whole mission."""

    name: Name
    revision: Annotated[int, Field(ge=1)]
    description: str
    buses: dict[Identifier, Bus]
    spacecraft: tuple[Spacecraft, ...] = Field(min_length=1)
    stations: tuple[GroundStation, ...] = Field(min_length=1)
    targets: tuple[Target, ...] = ()
    flight_rules: tuple[FlightRule, ...] = ()
    file_delivery: FileDelivery = FileDelivery()

    @model_validator(mode="after")
    def _references_hold(self) -> Mission:
        for craft in self.spacecraft:
            if craft.bus not in self.buses:
                raise ValueError(f"spacecraft {craft.id}: bus {craft.bus!r} is not one of {sorted(self.buses)}")
            bus = self.buses[craft.bus]
            if craft.initial.propellant_kg > bus.propulsion.propellant_mass_kg:
                raise ValueError(
                    f"spacecraft {craft.id}: initial.propellant_kg exceeds the tank's {bus.propulsion.propellant_mass_kg} kg"
                )
            if craft.initial.data_stored_bytes > bus.data_store_bytes:
                raise ValueError(
                    f"spacecraft {craft.id}: initial.data_stored_bytes exceeds the store's {bus.data_store_bytes} bytes"
                )
        for kind, ids in (
            ("spacecraft id", [craft.id for craft in self.spacecraft]),
            ("CCSDS spacecraft_id", [str(craft.spacecraft_id) for craft in self.spacecraft]),
            ("station id", [station.id for station in self.stations]),
            ("flight rule id", [rule.id for rule in self.flight_rules]),
        ):
            twice = {one for one in ids if ids.count(one) > 1}
            if twice:
                raise ValueError(f"{kind} used twice: {sorted(twice)}")
        for name in ("entity_id", "apid"):
            number = getattr(self.file_delivery, name)
            if number in {craft.spacecraft_id for craft in self.spacecraft}:
                raise ValueError(f"file_delivery.{name} {number} is the spacecraft_id of a spacecraft")
        self._rules_hold()
        return self

    def _rules_hold(self) -> None:
        stations = {station.id for station in self.stations}
        satellites = {craft.id for craft in self.spacecraft}
        for rule in self.flight_rules:
            for one in selectors(rule):
                if one.station is not None and one.station not in stations:
                    raise ValueError(f"flight rule {rule.id}: station {one.station!r} is not one of {sorted(stations)}")
                unknown = set(one.satellites or ()) - satellites
                if unknown:
                    raise ValueError(f"flight rule {rule.id}: {sorted(unknown)} are not among {sorted(satellites)}")
        both = contradiction(self.flight_rules)
        if both is not None:
            raise ValueError(f"flight rules contradict each other: {both}")

    def craft(self, satellite: str) -> Spacecraft:
        """The spacecraft of that id; NotFound names those there are."""
        for craft in self.spacecraft:
            if craft.id == satellite:
                return craft
        raise NotFound(
            f"satellite {satellite!r} is not one of {[craft.id for craft in self.spacecraft]}", code="unknown-satellite"
        )

    def bus_of(self, satellite: str) -> Bus:
        """The design of a spacecraft."""
        return self.buses[self.craft(satellite).bus]

    def station(self, station: str) -> GroundStation:
        """The station of that id; NotFound names those there are."""
        for one in self.stations:
            if one.id == station:
                return one
        raise NotFound(f"station {station!r} is not one of {[one.id for one in self.stations]}", code="unknown-station")

    def content_hash(self) -> str:
        """SHA-256 of everything in the mission: results computed with another hash are stale."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
