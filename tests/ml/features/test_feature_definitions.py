"""Definitions of features: what is refused, which units they have, and that a version never changes its meaning."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import Conflict, InputError, NotFound, StoreError
from core.mdb import reference_mdb
from core.store import open_database
from ml.features import Feature, FeatureRegistry, check_features, load_features, parse_features, reference_features
from ml.features.units import parse_unit

MDB = reference_mdb()
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SOC = {"kind": "newest", "parameter": "soc", "max_age_s": 60}
BATTERY = {"kind": "newest", "parameter": "battery_temp_c", "max_age_s": 60}
MODE = {"parameter": "mode", "comparison": "equal", "value": "safe"}


def feature(definition: dict[str, object] = SOC, **changes: object) -> Feature:
    content = {"name": "charge", "version": 1, "definition": definition, "unit": "1", "owner": "power"}
    return Feature.model_validate(content | changes)


def test_the_reference_features_fit_the_reference_mission() -> None:
    features = reference_features()
    check_features(features, MDB)
    sources = {name for one in features for name in one.source_parameters}
    assert {"bus_voltage_v", "temp_tank_c", "wheel_3_speed_rad_s", "tank_pressure_pa"} <= sources


@pytest.mark.parametrize(
    ("definition", "unit"),
    [
        (BATTERY, "degC"),
        ({"kind": "difference", "left": BATTERY, "right": BATTERY}, "K"),
        ({"kind": "window", "parameter": "battery_temp_c", "statistic": "slope", "window_s": 60}, "K/s"),
        ({"kind": "window", "parameter": "wheel_momentum_n_m_s", "statistic": "rate", "window_s": 60}, "N m"),
        ({"kind": "window", "parameter": "wheel_1_speed_rad_s", "statistic": "slope", "window_s": 60}, "rad/s^2"),
        ({"kind": "window", "parameter": "mode", "statistic": "count", "window_s": 60}, ""),
        ({"kind": "time_since", "condition": MODE, "horizon_s": 60}, "s"),
    ],
)
def test_units_follow_from_those_of_parameters(definition: dict[str, object], unit: str) -> None:
    check_features([feature(definition, unit=unit)], MDB)
    with pytest.raises(InputError, match=r"charge\.unit: .* the definition gives"):
        check_features([feature(definition, unit="kg")], MDB)


@pytest.mark.parametrize(
    ("definition", "why"),
    [
        (SOC | {"parameter": "charge_of_state"}, "no parameter 'charge_of_state'"),
        (SOC | {"parameter": "mode"}, "mode are of kind"),
        ({"kind": "total", "terms": [BATTERY, BATTERY]}, "sum of temperatures"),
        ({"kind": "ratio", "above": BATTERY, "below": SOC}, "ratio of temperatures"),
        ({"kind": "difference", "left": BATTERY, "right": SOC}, "in degC and in 1"),
        ({"kind": "time_since", "condition": MODE | {"value": "asleep"}, "horizon_s": 9}, "not one of mode"),
        ({"kind": "time_since", "condition": MODE | {"value": 3}, "horizon_s": 9}, "no value of mode"),
        ({"kind": "time_since", "condition": MODE | {"parameter": "soc"}, "horizon_s": 9}, "no value of soc"),
    ],
)
def test_what_does_not_fit_the_mission_is_refused(definition: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        check_features([feature(definition)], MDB)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("features: [", "file"),
        ("characteristics: []", "features"),
        ("features: 3", "features"),
        ("features: [{name: A b}]", "features.0.name"),
        ("features: [{name: a, version: 1, unit: s, owner: b, definition: {kind: newest}}]", "definition.newest.parameter"),
        ("features: [{name: a, version: 1, unit: s, owner: b, definition: {kind: oldest}}]", "features.0.definition"),
        ("features: [{name: a, version: 1, unit: s, owner: b, definition: {kind: newest, parameter: x, max_age_s: .inf}}]", "max_age_s"),
    ],
)  # fmt: skip
def test_a_wrong_file_names_the_place(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "features.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=place):
        load_features(file)


def test_a_file_with_one_version_twice_or_no_file_is_refused(tmp_path: Path) -> None:
    one = "{name: a, version: 1, unit: s, owner: b, definition: {kind: newest, parameter: x, max_age_s: 1}}"
    assert len(parse_features(f"features: [{one}]")) == 1
    with pytest.raises(InputError, match="there twice"):
        parse_features(f"features: [{one}, {one}]")
    with pytest.raises(InputError, match="cannot be read"):
        load_features(tmp_path / "none.yaml")


@pytest.mark.parametrize("unit", ["degC/s", "m^0", "3 m", "kg*m"])
def test_what_is_no_unit_is_refused(unit: str) -> None:
    with pytest.raises(InputError, match="unit"):
        parse_unit(unit)


def test_the_hash_is_of_the_meaning_only() -> None:
    same = (feature(owner="thermal"), feature(version=2), feature(SOC | {"max_age_s": 60.0}), feature(unit=""))
    assert {one.definition_hash for one in same} == {feature().definition_hash}
    other = (feature(SOC | {"max_age_s": 61}), feature(unit="s"), feature(SOC | {"parameter": "soc2"}))
    assert len({one.definition_hash for one in (feature(), *other)}) == 4
    # Hashes are stored for years: they must not change with the code.
    assert feature().definition_hash == "5d4a5568e9d087c67539dffe7256e62cdf543f9975c19ced20c394b72642d218"


def test_a_registered_version_keeps_its_meaning(tmp_path: Path) -> None:
    database = open_database(tmp_path / "features.db")
    registry = FeatureRegistry(database)
    registry.register([feature(), feature(SOC | {"max_age_s": 90}, version=2)], NOW)
    registry.register([feature()], NOW)  # again: nothing happens
    with pytest.raises(Conflict, match="give it a new version"):
        registry.register([feature(name="other"), feature(SOC | {"max_age_s": 61})], NOW)
    with pytest.raises(Conflict, match="another owner"):
        registry.register([feature(owner="thermal")], NOW)
    database.close()
    again = FeatureRegistry(open_database(tmp_path / "features.db"))
    assert [(one.feature.name, one.feature.version) for one in again.features()] == [("charge", 1), ("charge", 2)]
    assert again.feature("charge").version == 2
    assert again.feature("charge", 1) == feature()
    assert again.features()[0].registered_utc == NOW
    with pytest.raises(NotFound):
        again.feature("other")


def test_what_was_altered_in_the_database_is_not_used(tmp_path: Path) -> None:
    database = open_database(tmp_path / "features.db")
    registry = FeatureRegistry(database)
    registry.register([feature()], NOW)
    for change in ("replace(content, '60', '61')", "'{}'"):
        with database.write() as connection:
            connection.execute(text(f"UPDATE features SET content = {change}"))
        with pytest.raises(StoreError):
            registry.feature("charge")
