"""Ids and sizes of file delivery in mission files."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.mission import reference_mission
from core.mission.file_delivery import FileDelivery
from core.mission.model import Mission

MISSION = reference_mission()


def test_a_mission_file_without_it_has_ids_beyond_those_of_spacecraft() -> None:
    content = MISSION.model_dump()
    del content["file_delivery"]
    delivery = Mission.model_validate(content).file_delivery
    assert min(delivery.entity_id, delivery.apid) > 1023  # the largest CCSDS spacecraft id
    assert delivery.classes == {}


@pytest.mark.parametrize("name", ["entity_id", "apid"])
def test_an_id_of_a_spacecraft_is_refused(name: str) -> None:
    content = MISSION.model_dump()
    content["file_delivery"][name] = MISSION.spacecraft[1].spacecraft_id
    with pytest.raises(ValidationError, match=f"file_delivery.{name} 674 is the spacecraft_id of a spacecraft"):
        Mission.model_validate(content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"apid": 2047},
        {"apid": 0},
        {"up_segment_octets": 2000},
        {"classes": {"a/": "harmless"}},
        {"classes": {"": "vital"}},
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FileDelivery.model_validate(wrong)
