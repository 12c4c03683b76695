"""Features from the archive and from the stream: equal to the last bit, and equal to plain lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import NotFound
from core.link import Telemetry, encode_telemetry
from core.mdb import encode_container, reference_mdb
from core.mdb.batch import BatchDecoder, packet_offsets
from core.telemetry.archive_queries import ReceivedValues
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_rows import PacketRows, pus_times
from ml.features import (
    Feature,
    FeatureStream,
    FeatureTable,
    Knowledge,
    compute_features,
    reference_features,
)
from ml.features.expressions import (
    Comparison,
    Condition,
    Delayed,
    Difference,
    Expression,
    Magnitude,
    Newest,
    Range,
    Ratio,
    Statistic,
    TimeIn,
    TimeSince,
    Total,
    Window,
)
from ml.features.samples import sayable
from tests.ml.features.plain_features import PlainSample, plain_value

T0_TAI_S = 8.486e8
MDB = reference_mdb()
NUMBERS, TEXTS = ("x", "y"), "state"
# Sums of some hundred numbers, in another order than the reference's, lose a few of 53 bits; a slope loses more where
# the times are close, but then its size is set by the same numbers.
RELATIVE, ABSOLUTE = 1e-9, 1e-6


def seconds(most: int = 120) -> st.SearchStrategy[float]:
    return st.integers(1, most).map(float)


conditions = st.one_of(
    st.builds(
        Condition, parameter=st.sampled_from(NUMBERS), comparison=st.sampled_from(Comparison), value=st.floats(-5, 5)
    ),
    st.builds(
        Condition,
        parameter=st.just(TEXTS),
        comparison=st.sampled_from((Comparison.EQUAL, Comparison.UNEQUAL)),
        value=st.sampled_from(("safe", "nominal")),
    ),
)
leaves = st.one_of(
    st.builds(Newest, parameter=st.sampled_from(NUMBERS), max_age_s=seconds()),
    st.builds(Window, parameter=st.sampled_from(NUMBERS), statistic=st.sampled_from(Statistic), window_s=seconds()),
    st.builds(Window, parameter=st.just(TEXTS), statistic=st.just(Statistic.COUNT), window_s=seconds()),
    st.builds(TimeSince, condition=conditions, horizon_s=seconds()),
    st.builds(TimeIn, condition=conditions, window_s=seconds(), hold_s=seconds(30), share=st.booleans()),
)


def deeper(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Difference, left=parts, right=parts),
        st.builds(Ratio, above=parts, below=parts),
        st.builds(Total, terms=several),
        st.builds(Range, terms=several),
        st.builds(Magnitude, of=parts),
        st.builds(Delayed, of=parts, by_s=seconds()),
    )


@dataclass(frozen=True)
class Arrived:
    """Samples in the order of their arrival, and a stored archive's only query that features need."""

    parameters: dict[str, list[PlainSample]]

    def received_values(
        self, _satellite: str, parameter: str, start_s: float, end_s: float, *, version: int | None = None
    ) -> ReceivedValues:
        assert version is None
        found = [one for one in self.parameters[parameter] if start_s <= one[0] <= end_s]
        found.sort(key=lambda one: one[0])
        generated, received, values = (list(one) for one in zip(*found, strict=True)) if found else ([], [], [])
        column = pa.chunked_array([pa.array(values, pa.string() if parameter == TEXTS else pa.float64())])
        return ReceivedValues(np.array(generated, dtype=float), np.array(received, dtype=float), column, -math.inf)


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[str, PlainSample]]:
    made = []
    for _ in range(draw(st.integers(0, 60))):
        generated = T0_TAI_S + draw(st.integers(0, 1200)) / 4
        received = generated + draw(st.sampled_from((0.5, 1.0, 7.0, 90.0)))
        parameter = draw(st.sampled_from((*NUMBERS, TEXTS)))
        number = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e3, 1e3))
        value = draw(st.sampled_from(("safe", "nominal")) if parameter == TEXTS else number)
        made.append((parameter, (generated, received, value)))
    return sorted(made, key=lambda one: one[1][1])  # by reception


def sampled(arrived: list[tuple[str, PlainSample]]) -> dict[str, list[PlainSample]]:
    return {name: [one for owner, one in arrived if owner == name] for name in (*NUMBERS, TEXTS)}


def feature(definition: Expression) -> Feature:
    return Feature(name="one", version=1, definition=definition, unit="1", owner="tests")


@settings(max_examples=150, deadline=None)
@given(
    definition=st.recursive(leaves, deeper, max_leaves=4),
    arrived=arrivals(),
    instants=st.lists(st.integers(0, 1400).map(lambda one: T0_TAI_S + one / 4), min_size=1, max_size=20),
    knowledge=st.sampled_from(Knowledge),
    cut=st.integers(0, 60),
    lateness_s=st.integers(0, 400),
)
def test_batch_stream_and_plain_lists_agree(
    definition: Expression,
    arrived: list[tuple[str, PlainSample]],
    instants: list[float],
    knowledge: Knowledge,
    cut: int,
    lateness_s: int,
) -> None:
    known = sampled(arrived)
    whole = compute_features([feature(definition)], Arrived(known), "A", np.array(instants), knowledge)  # type: ignore[arg-type]
    for at_s, value in zip(instants, whole["one"].tolist(), strict=True):
        expected = plain_value(definition, known, at_s, at_s if knowledge is Knowledge.RECEIVED else math.inf)
        if not has_ratio(definition):  # where a divisor is nearly zero, rounding decides; see the test of ratios
            expected = math.nan if expected is None else expected
            assert value == pytest.approx(expected, rel=RELATIVE, abs=ABSOLUTE, nan_ok=True)
    # The stream is asked for all instants that it still answers for, at a cut between arrivals and after all of them.
    stream = FeatureStream([feature(definition)], "A", lateness_s, -math.inf)
    for first, last in ((0, cut), (cut, len(arrived))):
        for name, (generated, received, value) in arrived[first:last]:
            column = pa.chunked_array([pa.array([value])])
            stream.take_samples(name, sayable(np.array([generated]), np.array([received]), column))
        asked = np.array([one for one in instants if one >= stream.answers_from_tai_s])
        until_now = Arrived(sampled(arrived[:last]))
        expected_table = compute_features([feature(definition)], until_now, "A", asked, knowledge)  # type: ignore[arg-type]
        assert_same(stream.values(asked, knowledge), expected_table)
    # Cut anywhere, the batch says the same.
    parts = [
        compute_features([feature(definition)], Arrived(known), "A", np.array(some), knowledge)["one"]  # type: ignore[arg-type]
        for some in (instants[:cut], instants[cut:])
    ]
    assert np.concatenate(parts).tobytes() == whole["one"].tobytes()


def has_ratio(definition: Expression) -> bool:
    """Whether there is a division in it."""
    parts = definition.parts() if hasattr(definition, "parts") else ()
    return isinstance(definition, Ratio) or any(has_ratio(one) for one in parts)


def assert_same(one: FeatureTable, other: FeatureTable) -> None:
    assert one.values.tobytes() == other.values.tobytes()
    assert one.complete.tobytes() == other.complete.tobytes()


def packet(number: int, rng: np.random.Generator) -> bytes:
    if number % 3:
        base = {one.name: 0 for one in MDB.containers["Housekeeping"].entries} | {"pointing": "nadir"}
        values = base | {
            "structure_id": 1,
            "mode": str(rng.choice(["safe", "nominal", "payload"])),
            "in_eclipse": bool(rng.integers(2)),
            "downlink_active": False,
            "soc": float(rng.random()),
            "bus_voltage_v": 24 + 8 * float(rng.random()),
            "battery_current_a": 10 * float(rng.random()) - 5,
            "wheel_1_speed_rad_s": float(rng.integers(-300, 300)),
            "propellant_kg": 18 * float(rng.random()),
            "tank_pressure_pa": int(rng.integers(500_000, 2_000_000)),
        }
        data = encode_container(MDB, "Housekeeping", values)  # type: ignore[arg-type]
    else:
        values = {one.name: 0 for one in MDB.containers["PowerAndHeatDiagnostics"].entries} | {
            "temp_tank_c": 40 * float(rng.random()),
            "battery_heater_on": bool(rng.integers(2)),
            "tank_heater_on": False,
            "imager_heater_on": True,
            "brown_out": False,
        }
        structure = encode_container(MDB, "Diagnostics", {"structure_id": 2})
        data = structure + encode_container(MDB, "PowerAndHeatDiagnostics", values)  # type: ignore[arg-type]
    subtype = 25 if number % 3 else 26
    return encode_telemetry(Telemetry(673, number, 3, subtype, number, T0_TAI_S + 31.0 * number, data))


@pytest.mark.parametrize("knowledge", Knowledge)
def test_the_reference_features_of_real_packets_are_the_same_from_archive_and_stream(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    rng = np.random.default_rng(4)
    numbers = np.arange(600)
    order = np.argsort(numbers + 40 * (rng.random(600) < 0.2))  # a fifth comes 20 minutes late
    features = [one for one in reference_features() if "torque" not in one.name and "attitude" not in one.name]
    archive = ColumnArchive(tmp_path, BatchDecoder(MDB), pus_times)
    stream = FeatureStream(features, "LSAT-1", 3600, -math.inf)
    parts = np.split(order, [50, 51, 300, 420])
    for part in parts:
        raw = [packet(int(one), rng) for one in part]
        data = np.frombuffer(b"".join(raw), dtype=np.uint8)
        received = T0_TAI_S + 31.0 * np.maximum.accumulate(part) + 2
        (stored,) = archive.append(PacketRows("LSAT-1", data, packet_offsets([len(one) for one in raw]), received))
        stream.take(stored)
        if part is parts[2]:
            archive.compact()
        newest = T0_TAI_S + 31.0 * part.max()
        asked = newest + np.linspace(-3000, 600, 41)
        batch = compute_features(features, archive, "LSAT-1", asked, knowledge)
        assert_same(stream.values(asked, knowledge), batch)
        assert batch.complete.all()
        again = FeatureStream.primed(features, "LSAT-1", 3600, archive, float(asked[-1]))
        assert_same(again.values(asked, knowledge), batch)
    assert np.isfinite(batch.values).any(axis=1).sum() > 40
    with pytest.raises(NotFound, match="nothing"):
        unknown = feature(Newest(parameter="nothing", max_age_s=60))
        compute_features([unknown], archive, "LSAT-1", asked, knowledge)
    archive.close()


def test_what_was_received_later_is_not_known_then() -> None:
    samples = {"x": [(T0_TAI_S, T0_TAI_S + 1, 1.0), (T0_TAI_S + 10, T0_TAI_S + 500, 2.0)], "y": [], TEXTS: []}
    one = feature(Newest(parameter="x", max_age_s=100))
    instants = np.array([T0_TAI_S + 20])
    then, now = (
        compute_features([one], Arrived(samples), "A", instants, knowledge)["one"].tolist()  # type: ignore[arg-type]
        for knowledge in (Knowledge.RECEIVED, Knowledge.GENERATED)
    )
    assert (then, now) == ([1.0], [2.0])


@pytest.mark.parametrize(("instant_s", "count"), [(9.75, 0), (10.0, 1), (10.25, 1)])
def test_what_is_received_at_the_instant_is_known(instant_s: float, count: int) -> None:
    samples = {"x": [(T0_TAI_S, T0_TAI_S + 10, 1.0)], "y": [], TEXTS: []}
    one = feature(Window(parameter="x", statistic=Statistic.COUNT, window_s=60))
    instants = np.array([T0_TAI_S + instant_s])
    made = compute_features([one], Arrived(samples), "A", instants, Knowledge.RECEIVED)["one"]  # type: ignore[arg-type]
    assert made.tolist() == [count]


@pytest.mark.parametrize(("above", "below", "expected"), [(6.0, 4.0, 1.5), (6.0, 0.0, math.nan), (0.0, -0.0, math.nan)])
def test_a_ratio_to_zero_is_not_known(above: float, below: float, expected: float) -> None:
    samples = {"x": [(T0_TAI_S, T0_TAI_S, above)], "y": [(T0_TAI_S, T0_TAI_S, below)], TEXTS: []}
    parts = [Newest(parameter=name, max_age_s=10) for name in NUMBERS]
    one = feature(Ratio(above=parts[0], below=parts[1]))
    made = compute_features([one], Arrived(samples), "A", np.array([T0_TAI_S]))["one"]  # type: ignore[arg-type]
    assert made.tolist() == pytest.approx([expected], nan_ok=True)
