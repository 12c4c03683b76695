"""The shipped detector over telemetry of a simulated spacecraft, in one go and as it comes."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.ground.simulator.faults import HeaterFault
from core.mdb import reference_mdb
from core.mdb.batch import BatchDecoder
from core.mission import reference_mission
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_rows import PacketRows, pus_times
from core.time import parse_utc, tai_s_from_utc, utc_from_tai_s
from evals.anomaly.flights import FlownPackets, fly
from ml.anomaly.anomaly import Anomaly
from ml.anomaly.live import judge_archive, open_detectors
from ml.anomaly.spacecraft_model import shipped_model

MDB = reference_mdb()
START_TAI_S = tai_s_from_utc(parse_utc("2026-12-20T00:00:00Z"))
FAULT_TAI_S = START_TAI_S + 4 * 3600.0
END_TAI_S = START_TAI_S + 6 * 3600.0


@pytest.fixture(scope="module")
def flown() -> FlownPackets:
    fault = HeaterFault.model_validate(
        {
            "id": "hot",
            "satellite": "LSAT-2",
            "at": utc_from_tai_s(FAULT_TAI_S),
            "fault": "heater_stuck_on",
            "heater": "imager_heater",
        }
    )
    return fly(reference_mission(), "LSAT-2", MDB, START_TAI_S, END_TAI_S - START_TAI_S, 77, (fault,))


def archive_at(folder: Path) -> ColumnArchive:
    return ColumnArchive(folder, BatchDecoder(MDB), pus_times)


def parts(rows: PacketRows, cuts: list[int]) -> list[PacketRows]:
    edges = [0, *cuts, len(rows)]
    numbers = np.arange(len(rows))
    return [rows.only((numbers >= first) & (numbers < end)) for first, end in pairwise(edges)]


def final(found: list[Anomaly]) -> dict[str, Anomaly]:
    return {one.anomaly_id: one for one in found}


def test_live_and_archive_give_the_same_anomalies(tmp_path: Path, flown: FlownPackets) -> None:
    archive = archive_at(tmp_path)
    detectors, reasons = open_detectors(MDB, ["LSAT-2"], archive, START_TAI_S)
    assert not reasons
    live: list[Anomaly] = []
    chance = np.random.default_rng(5)
    cuts = sorted(chance.choice(len(flown.rows), 60, replace=False).tolist())
    for part in parts(flown.rows, cuts):
        (stored,) = archive.append(part)
        detectors["LSAT-2"].take(stored)
        live += detectors["LSAT-2"].advance(float(part.received_tai_s[-1]) if len(part) else END_TAI_S)
    batch = judge_archive(shipped_model(), MDB, archive, "LSAT-2", START_TAI_S, END_TAI_S)
    assert batch
    told = final(live)
    assert set(told) == {one.anomaly_id for one in batch}
    for one in batch:
        other = told[one.anomaly_id]
        assert replace(other, evidence=(), score=0.0, newest_tai_s=0.0) == replace(
            one, evidence=(), score=0.0, newest_tai_s=0.0
        )
    archive.close()


def test_a_heater_that_is_stuck_is_named_first_with_its_instant(tmp_path: Path, flown: FlownPackets) -> None:
    archive = archive_at(tmp_path)
    archive.append(flown.rows)
    found = judge_archive(shipped_model(), MDB, archive, "LSAT-2", START_TAI_S, END_TAI_S)
    first = next(one for one in found if one.begin_tai_s >= FAULT_TAI_S)
    assert first.evidence[0].parameter == "imager_heater_duty"
    assert first.begin_tai_s - FAULT_TAI_S < 180.0
    assert first.evidence[0].observed == 1.0
    assert math.isclose(sum(one.share for one in first.evidence), 1.0, abs_tol=0.2)
    archive.close()
