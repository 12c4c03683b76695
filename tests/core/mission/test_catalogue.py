"""Catalogues of element sets: names, newest of each, and what could not be read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.errors import InputError
from core.mission import OmmError, parse_catalogue, parse_omm, parse_tle, read_catalogue

FIRST = "1 25544U 98067A   22306.50000000  .00016717  00000-0  30306-3 0  999"
SECOND = "2 25544  51.6443  30.0000 0006703 130.0000 325.0000 15.4981557136664"


def _checked(line: str) -> str:
    return line + str(sum(int(c) if c.isdigit() else c == "-" for c in line) % 10)


def _set(epoch: str = "22306.50000000", number: str = "25544") -> str:
    first = FIRST.replace("22306.50000000", epoch).replace("25544", number)
    return f"{_checked(first)}\n{_checked(SECOND.replace('25544', number))}\n"


def test_the_public_catalogue_is_read_whole(reference_data: Path) -> None:
    catalogue = read_catalogue(reference_data / "flight" / "catalogue" / "active.tle")
    assert len(catalogue) == 6789 and catalogue.rejected == () and catalogue.source == "active.tle"
    assert len({one.norad_id for one in catalogue.objects}) == 6789
    own = catalogue.objects[5].norad_id
    assert own is not None and len(catalogue.without([own])) == 6788


def test_names_come_from_the_line_before_and_the_newest_elements_count() -> None:
    text = f"0 STATION\n{_set()}{_set('22307.50000000')}NAMED\n{_set(number='00005')}"
    catalogue = parse_catalogue(text, "here")
    assert [(one.name, one.norad_id) for one in catalogue.objects] == [("25544", 25544), ("NAMED", 5)]
    newest = parse_tle(*_set("22307.50000000").splitlines()).elements
    assert catalogue.objects[0].elements == newest
    assert catalogue.objects[0].age_s(newest.epoch_utc + timedelta(hours=2)) == 7200.0


def test_a_damaged_set_is_left_out_and_said() -> None:
    damaged = _set(number="00007").replace(" 30.0000", " 3x.0000")
    catalogue = parse_catalogue(f"A\n{_set()}B\n{damaged}C\n{_set(number='00009')}", "here")
    assert [one.name for one in catalogue.objects] == ["A", "C"]
    (rejected,) = catalogue.rejected
    assert rejected.line == 5 and "column" in rejected.reason
    half = parse_catalogue(f"{_set()}{_set(number='00007').splitlines()[0]}\n{_set(number='00009')}", "here")
    assert len(half) == 2 and half.rejected[0].line == 3


def test_a_file_of_omm_is_a_catalogue_too(reference_data: Path) -> None:
    text = (reference_data / "flight/sgp4-vectors/sample_omm.json").read_text()
    (one,) = parse_catalogue(text, "gp.json").objects
    assert (one.name, one.norad_id) == ("VANGUARD 1", 5) and one.elements == parse_omm(text)[0].elements
    with pytest.raises(OmmError):
        parse_catalogue(text.replace('"EPOCH"', '"EPOK"'), "gp.json")


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_catalogue(tmp_path / "none.tle")
    with pytest.raises(InputError, match="no element set that can be read: line 1"):
        parse_catalogue(_set().replace("51.6443", "51.64x3"), "here")
    (tmp_path / "empty.tle").write_text("")
    with pytest.raises(InputError):
        read_catalogue(tmp_path / "empty.tle")
