"""Routes of the pages that browse and plot telemetry, over a service whose simulator is not started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from core.link import Telemetry, encode_telemetry
from core.mdb import decode_packet, encode_container, reference_mdb
from core.mdb.batch import packet_offsets
from core.telemetry.packet_rows import PacketRows
from core.time import format_utc, parse_utc, tai_s_from_utc
from tests.api.conftest import Headers, Service, make_runtime

MDB = reference_mdb()
BEGIN = parse_utc("2026-11-20T00:00:00Z", "begin")
PERIOD_S = 10
BASE: dict[str, Any] = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {
    "structure_id": 1,
    "pointing": "nadir",
    "in_eclipse": False,
    "downlink_active": False,
}


def packet(number: int) -> bytes:
    mode = "nominal" if number < 700 else "safe"
    data = encode_container(MDB, "Housekeeping", BASE | {"mode": mode, "soc": 0.3 + number % 50 / 100})
    return encode_telemetry(
        Telemetry(673, number % 16384, 3, 25, number, tai_s_from_utc(BEGIN) + PERIOD_S * number, data)
    )


def store(service: Service, satellite: str, numbers: range) -> None:
    raw = [packet(one) for one in numbers]
    received = np.full(len(raw), tai_s_from_utc(BEGIN) + 20_000.0)
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    rows = PacketRows(satellite, data, packet_offsets([len(one) for one in raw]), received)
    service.runtime.flight.fleet.archive.columns.append(rows)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Headers]]:
    """A service with a thousand packets of LSAT-1, of which the newest wait to be moved into files."""
    runtime = make_runtime(tmp_path_factory.mktemp("telemetry"))
    app = create_app(runtime)
    service = Service(app=app, runtime=runtime, client=TestClient(app))
    store(service, "LSAT-1", range(900))
    runtime.flight.fleet.archive.columns.compact()
    store(service, "LSAT-1", range(900, 1000))
    yield service, service.as_viewer()
    runtime.flight.stop()


def at(number: float) -> str:
    return format_utc(BEGIN + timedelta(seconds=PERIOD_S * number))


def ask(filled: tuple[Service, Headers], path: str, **query: Any) -> Any:
    service, headers = filled
    params = {"satellite": "LSAT-1", **query}
    return service.client.get(f"/api/v1/telemetry/{path}", params=params, headers=headers)


def test_a_short_interval_is_told_value_by_value(filled: tuple[Service, Headers]) -> None:
    answer = ask(filled, "series", parameter="soc", start=at(100), end=at(140), points=100).json()
    assert (answer["form"], answer["total"], answer["buckets"]) == ("values", 41, None)
    assert answer["values"]["t"] == [at(one) for one in range(100, 141)]
    sent = [decode_packet(MDB, packet(one)).parameters["soc"] for one in range(100, 141)]
    assert answer["values"]["values"] == [one.value for one in sent]
    assert answer["values"]["levels"] == [one.limit_state for one in sent]
    assert {one["level"] for one in answer["limits"]["bands"]} == {
        one.level for one in MDB.parameters["soc"].type.alarms.ranges
    }


def test_a_long_interval_is_told_in_buckets_with_real_edges(filled: tuple[Service, Headers]) -> None:
    answer = ask(filled, "series", parameter="soc", start=at(0), end=at(1000), points=100).json()
    buckets = answer["buckets"]
    assert (answer["form"], answer["values"], buckets["bucket_s"]) == ("buckets", None, 120)
    assert sum(buckets["count"]) == answer["total"] == 1000
    assert all(tai_s_from_utc(parse_utc(one, "t")) % 120 == 0 for one in buckets["t"])
    assert min(buckets["minimum"]) == pytest.approx(0.3, abs=0.01) and max(buckets["maximum"]) > 0.75


def test_texts_are_told_where_they_change(filled: tuple[Service, Headers]) -> None:
    answer = ask(filled, "series", parameter="mode", start=at(0), end=at(1000)).json()
    assert (answer["form"], answer["total"]) == ("changes", 1000)
    assert list(zip(answer["values"]["t"], answer["values"]["values"], strict=True)) == [
        (at(0), "nominal"),
        (at(699), "nominal"),
        (at(700), "safe"),
        (at(999), "safe"),
    ]


def test_a_parameter_that_never_came_has_no_values_and_one_that_there_is_not_is_no_parameter(
    filled: tuple[Service, Headers],
) -> None:
    service, headers = filled
    of_other = {"satellite": "LSAT-2", "parameter": "soc"}
    answer = service.client.get("/api/v1/telemetry/series", params=of_other, headers=headers)
    assert (answer.status_code, answer.json()["form"], answer.json()["values"]["t"]) == (200, "values", [])
    assert ask(filled, "series", parameter="nothing").status_code == 404
    assert ask(filled, "series", parameter="soc", start=at(9), end=at(8)).json()["field"] == "end"
    assert ask(filled, "series", parameter="soc", start="yesterday").json()["field"] == "start"
    assert ask(filled, "series", parameter="soc", points=1).status_code == 422
    assert ask(filled, "series", satellite="LSAT-9", parameter="soc").status_code in (404, 422)


def test_parameters_have_the_limits_in_force_for_the_spacecraft(filled: tuple[Service, Headers]) -> None:
    service, _ = filled
    planner = service.as_role("planner")
    wanted = {"satellite": "LSAT-1", "parameter": "soc", "bands": [{"level": "watch", "low": 0.5}], "reason": "r"}
    assert service.client.put("/api/v1/telemetry/limits", json=wanted, headers=planner).status_code == 200
    answer = ask(filled, "parameters").json()
    assert [one["name"] for one in answer["parameters"]] == sorted(MDB.parameters)
    assert answer["containers"] == ["Housekeeping"]
    soc = next(one for one in answer["parameters"] if one["name"] == "soc")
    assert soc["limits"]["changed"] and soc["limits"]["bands"] == [
        {"level": "watch", "low": 0.5, "high": None, "inside": False}
    ]
    other = ask(filled, "parameters", satellite="LSAT-2").json()["parameters"]
    assert not any(one["limits"]["changed"] for one in other)
    assert next(one["unit"] for one in other if one["name"] == "soc") == MDB.parameters["soc"].type.unit


def test_packets_come_page_by_page_and_open(filled: tuple[Service, Headers]) -> None:
    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"start": at(0), "end": at(1000), "limit": 150} | ({"cursor": cursor} if cursor else {})
        page = ask(filled, "packets", **query).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [one["generated"] for one in seen] == [at(one) for one in reversed(range(1000))]
    opened = ask(filled, f"packets/{seen[299]['packet_id']}").json()
    assert opened["octets"] == packet(700).hex()
    values = {one["name"]: one for one in opened["values"]}
    assert (values["mode"]["value"], values["mode"]["raw"]) == (
        "safe",
        decode_packet(MDB, packet(700)).parameters["mode"].raw,
    )
    assert values["soc"]["offset_bits"] > 0 and values["soc"]["size_bits"] > 0
    assert ask(filled, "packets/1").status_code == 404
    assert ask(filled, "packets/x").status_code == 422
    assert ask(filled, "packets", cursor="1").json()["field"] == "cursor"
    assert ask(filled, "packets", start=at(0), end=at(9), container="-").json() == {"items": [], "next_cursor": None}


def test_ingest_tells_what_is_stored_and_what_waits(filled: tuple[Service, Headers]) -> None:
    answer = ask(filled, "ingest").json()
    mine = answer["satellites"][0]
    assert (mine["satellite"], mine["filed_packets"], mine["waiting_packets"]) == ("LSAT-1", 900, 100)
    assert (answer["compaction_failure"], answer["link_up"]) == ("", False)
    assert answer["kept"] == {"packets_days": None, "values_days": None, "summaries_days": None}
    assert answer["copy_in_postgres"] is None
    assert mine["newest"] == at(999) and mine["octets"] > 0
    assert [one["satellite"] for one in answer["satellites"]][:4] == ["LSAT-1", "LSAT-2", "LSAT-3", "LSAT-4"]


def test_limits_that_are_changed_hold_for_the_packets_that_come_then(filled: tuple[Service, Headers]) -> None:
    service, headers = filled
    planner = service.as_role("planner")
    named = {"satellite": "LSAT-3", "parameter": "soc"}
    url = "/api/v1/telemetry/limits"

    def levels() -> list[str]:
        query = named | {"start": at(0), "end": at(1000)}
        answer = service.client.get("/api/v1/telemetry/series", params=query, headers=headers).json()
        found: list[str] = answer["values"]["levels"]
        return found

    store(service, "LSAT-3", range(40, 43))
    wanted = named | {"bands": [{"level": "severe", "low": 0.72}], "reason": "r"}
    assert service.client.put(url, json=wanted, headers=planner).status_code == 200
    store(service, "LSAT-3", range(43, 46))
    store(service, "LSAT-3", range(50, 52))
    restored = service.client.post(f"{url}/restore", json=named | {"reason": "over"}, headers=planner)
    assert restored.status_code == 200
    store(service, "LSAT-3", range(90, 92))
    assert levels() == ["normal"] * 6 + ["severe"] * 2 + ["normal"] * 2
    service.runtime.flight.fleet.archive.columns.compact()
    assert levels() == ["normal"] * 6 + ["severe"] * 2 + ["normal"] * 2
