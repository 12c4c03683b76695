"""Mission files: the shipped ones are what they claim; broken ones are refused at their line and field."""

from __future__ import annotations

import math
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError, MissionFileError
from core.mission import (
    check_mission,
    load_mission,
    new_mission,
    parse_mission,
    parse_tle,
    reference_mission,
    sentinel2a_mission,
)
from core.orbit import Sgp4Orbit, state_at

REFERENCE = files("core.mission").joinpath("reference")
TEXT = REFERENCE.joinpath("lsat.yaml").read_text(encoding="utf-8")
RULES = REFERENCE.joinpath("flight_rules.yaml").read_text(encoding="utf-8")
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("craft", "altitude_km"), [("LSAT-1", 498.0), ("LSAT-2", 525.0), ("LSAT-3", 560.0), ("LSAT-4", 525.0)]
)
def test_reference_orbits_have_their_altitude_and_local_time(craft: str, altitude_km: float) -> None:
    orbit = Sgp4Orbit.from_elements(reference_mission().craft(craft).elements)
    state = state_at(orbit, orbit.epoch_tai_s)
    assert state.mean_altitude_m == pytest.approx(altitude_km * 1000.0, abs=1.0)
    assert state.descending_node_local_time_h == pytest.approx(10.5, abs=0.01)
    for day in (0.0, 90.0):  # the node turns with the Sun: the local time still holds after a season
        t = orbit.epoch_tai_s + day * DAY_S + np.linspace(0.0, orbit.period_s, 400)
        ephemeris = orbit.propagate(t)
        down = int(np.flatnonzero((ephemeris.r_gcrf_m[:-1, 2] > 0) & (ephemeris.r_gcrf_m[1:, 2] <= 0))[0])
        node = math.atan2(ephemeris.r_gcrf_m[down, 1], ephemeris.r_gcrf_m[down, 0])
        # Mean Sun: the true one's mean longitude, which advances evenly (Meeus, chapter 25).
        mean_sun = math.radians(280.46646 + 0.98564736 * (t[down] + 32.184) / DAY_S)
        local_hour = (12.0 + math.degrees(node - mean_sun) / 15.0) % 24.0
        assert local_hour == pytest.approx(10.5, abs=0.1)


def test_lsat4_flies_half_an_orbit_from_lsat2() -> None:
    mission = reference_mission()
    two, four = (Sgp4Orbit.from_elements(mission.craft(name).elements) for name in ("LSAT-2", "LSAT-4"))
    t = two.epoch_tai_s + np.linspace(0.0, 3 * DAY_S, 50)
    a, b = two.propagate(t).r_gcrf_m, four.propagate(t).r_gcrf_m
    cosine = (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).min() > 179.0


def test_sentinel2a_is_the_catalogued_orbit(reference_data: Path) -> None:
    lines = (reference_data / "flight" / "catalogue" / "active.tle").read_text().splitlines()
    index = next(k for k, line in enumerate(lines) if line.startswith("1 40697U"))
    assert sentinel2a_mission().spacecraft[0].elements == parse_tle(lines[index], lines[index + 1]).elements


def test_reference_stations_are_where_their_source_says(reference_data: Path) -> None:
    known = set()
    for name in ("ksat", "nen"):
        folder = reference_data / "flight" / "brahe" / "groundstations"
        loaded = yaml.safe_load((folder / f"{name}.json").read_text())
        known |= {tuple(feature["geometry"]["coordinates"]) for feature in loaded["features"]}
    for station in reference_mission().stations:
        assert (station.longitude_deg, station.latitude_deg) in known


def test_targets_have_distinct_names_and_aliases() -> None:
    names = [name.lower() for target in reference_mission().targets for name in (target.name, *target.aliases)]
    assert len(names) == len(set(names))
    assert len(reference_mission().targets) >= 60


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("dry_mass_kg: 150.0", "dry_mass_kg: -150.0", "buses.lsat.dry_mass_kg", "greater than 0"),
        ("dry_mass_kg: 150.0", "dry_mass_kg: heavy", "buses.lsat.dry_mass_kg", "valid number"),
        ("eccentricity: 0.00012", "eccentricity: 1.5", "spacecraft.0.elements.eccentricity", "less than 1"),
        ("latitude_deg: 78.23", "latitude_deg: 98.23", "stations.0.latitude_deg", "less than or equal to 90"),
        ("latitude_deg: 78.23", "latitude_deg: .nan", "stations.0.latitude_deg", "finite"),
        ("    height_m: 450.0", "    height_m: 450.0\n    hight_m: 1.0", "stations.0.hight_m", "Extra inputs"),
        ("    bus: lsat\n", "    bus: lsot\n", "mission", "lsot"),
        ("revision: 1\n", "revision: 1\nrevision: 2\n", "revision", "given twice, first on line 4"),
        ("2026-11-22T00:00:00Z", "2026-13-22T00:00:00Z", "spacecraft.0.elements.epoch_utc", "month"),
    ],
)
def test_a_broken_file_names_line_and_field(tmp_path: Path, old: str, new: str, field: str, message: str) -> None:
    assert old in TEXT
    path = tmp_path / "mission.yaml"
    (tmp_path / "flight_rules.yaml").write_text(RULES, encoding="utf-8")
    text = TEXT.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MissionFileError, match=message) as raised:
        load_mission(path)
    assert raised.value.field == field
    if field != "mission":
        wrong_key = new.strip().splitlines()[-1].split(":")[0]
        assert raised.value.line is not None
        line = text.splitlines()[raised.value.line - 1]
        assert wrong_key in line or new in line


def test_several_problems_are_counted_and_all_reported(tmp_path: Path) -> None:
    path = tmp_path / "mission.yaml"
    (tmp_path / "flight_rules.yaml").write_text(RULES, encoding="utf-8")
    path.write_text(TEXT.replace("cant_deg: 35.26", "cant_deg: 100").replace("thrust_n: 1.0", "thrust_n: -1.0"))
    with pytest.raises(MissionFileError, match="1 more problem in this file"):
        load_mission(path)
    assert len(check_mission(path).problems) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("a: [1, 2", "not YAML"),
        ("a: 1\n\tb: 2", "not YAML"),
        ("just words", "valid dictionary|Input should be"),
        ("a: &x [1]\nb: *x", "aliases are not supported"),
        ("a: &x [*x]", "aliases are not supported"),
        ("? [1, 2]\n: 3", "not a word"),
        ("a: !!python/object/apply:os.system [ls]", "line|cannot be read|Extra|Field"),
        ("a: " + "[" * 5000, "not YAML|nested"),
        ("a: 1\n---\nb: 2", "not YAML"),
    ],
)
def test_text_that_is_no_mission_is_refused(text: str, message: str) -> None:
    report = parse_mission(text)
    assert not report.valid
    assert re.search(message, " ".join(problem.message for problem in report.problems))


def test_missing_unreadable_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissionFileError, match="cannot be read"):
        load_mission(tmp_path / "absent.yaml")
    with pytest.raises(MissionFileError, match="cannot be read"):
        load_mission(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MissionFileError, match="UTF-8"):
        load_mission(tmp_path / "binary.yaml")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.integers(0, 400))
def test_a_file_with_a_piece_torn_out_never_crashes(start: int, length: int) -> None:
    report = parse_mission(TEXT[:start] + TEXT[start + length :], folder=REFERENCE)
    assert report.valid or report.problems


def test_a_new_mission_from_real_elements_is_valid() -> None:
    elements = sentinel2a_mission().spacecraft[0].elements
    report = parse_mission(new_mission("SENTINEL 2A", 40697, elements))
    assert report.mission is not None
    craft = report.mission.spacecraft[0]
    assert (craft.id, craft.norad_id, craft.elements) == ("SENTINEL-2A", 40697, elements)
    with pytest.raises(InputError, match="name"):
        new_mission("***", 40697, elements)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("minimum: 0.6", "minimum: 0.6, maximum: 0.5", "minimum 0.6 is above maximum 0.5"),
        ("quantity: soc, minimum: 0.6", "quantity: soc", "a minimum, a maximum or both"),
        ("quantity: soc, minimum: 0.6", "quantity: charge, minimum: 0.6", "'soc', 'bus_power_w'"),
        ("kind: count", "kind: number", "'profile', 'attribute'"),
        ("first: {type: burn}", "first: {}", "names at least one of type"),
        ("minimum_s: 2700.0", "minimum_s: -1", "greater than 0"),
        ("other: {type: imaging}", "other: {station: nowhere}", "station 'nowhere' is not one of"),
        ("maximum: 0.9}", "maximum: 0.9}\n- *x", "is not YAML|undefined alias"),
        ("needs: {type: uplink}", "needs: {satellites: [LSAT-9]}", "LSAT-9.* not among"),
        (
            "kind: profile, quantity: propellant_kg, minimum: 3.0",
            "kind: profile, quantity: soc, maximum: 0.3",
            "contradict",
        ),
        ("id: FR-02", "id: FR-01", "used twice"),
    ],
)
def test_a_broken_flight_rule_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in RULES
    (tmp_path / "mission.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "flight_rules.yaml").write_text(RULES.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(MissionFileError, match=message) as raised:
        load_mission(tmp_path / "mission.yaml")
    assert raised.value.field.startswith(("flight_rules", "mission"))


def test_a_file_of_rules_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "mission.yaml").write_text(TEXT.replace("flight_rules.yaml", "../rules.yaml"), encoding="utf-8")
    with pytest.raises(MissionFileError, match="neither a list of rules nor the name"):
        load_mission(tmp_path / "mission.yaml")
    (tmp_path / "mission.yaml").write_text(TEXT, encoding="utf-8")
    with pytest.raises(MissionFileError, match=r"flight_rules\.yaml cannot be read"):
        load_mission(tmp_path / "mission.yaml")
    assert "cannot be found from here" in parse_mission(TEXT).problems[0].message
