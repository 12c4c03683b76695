"""Whatever comes late, twice or out of order, and whatever is compacted, removed or reopened: queries equal plain lists."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.link import Telemetry, encode_telemetry
from core.mdb import MissionDatabase, ValueKind
from core.mdb.batch import BatchDecoder, packet_offsets
from core.mdb.calibration import Polynomial
from core.mdb.containers import Container, Entry, FixedBits, Parameter
from core.mdb.encoding import FloatEncoding, FloatForm, IntegerEncoding
from core.mdb.types import DataType
from core.telemetry.archive_reader import ArchiveReader
from core.telemetry.column_archive import ColumnArchive
from core.telemetry.packet_rows import PacketRows, pus_times
from core.telemetry.retention import RetentionPolicies, RetentionPolicy

DAY_S = 86_400
START_TAI_S = 8.4672e8 - 600.0  # ten minutes before a day begins
SATELLITES = ("ONE-1", "TWO-2")
CHEAP = settings(
    max_examples=15,
    stateful_step_count=16,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def _mdb(factor: float) -> MissionDatabase:
    """One container: a calibrated count and a float, which may be sent as no number; the factor is what was wrong."""
    kinds = {
        "temp": DataType("temp_type", ValueKind.FLOAT, IntegerEncoding(16), calibrator=Polynomial((-80.0, factor))),
        "rate": DataType("rate_type", ValueKind.FLOAT, FloatEncoding(32, FloatForm.IEEE754)),
    }
    known = {name: Parameter(name, kind) for name, kind in kinds.items()}
    container = Container("Only", (Entry(FixedBits(0, 160)), *(Entry(one) for one in known.values())))
    return MissionDatabase("only", known, {"Only": container}, {}, content_hash=f"factor {factor}")


FACTORS = (0.01, 0.02, 0.03)
DECODERS = [BatchDecoder(_mdb(one)) for one in FACTORS]


@dataclass(frozen=True, order=True)
class Sample:
    """A packet, which follows from its number: seven seconds apart at first, then an hour."""

    number: int

    @property
    def t_tai_s(self) -> float:
        return START_TAI_S + (7.0 * self.number if self.number < 300 else 3600.0 * (self.number - 299))

    @property
    def count(self) -> int:
        return (self.number * 37) % 65536

    @property
    def rate(self) -> float:
        return math.nan if self.number % 11 == 3 else float(np.float32(math.sin(self.number) * 1e3))

    def octets(self) -> bytes:
        data = self.count.to_bytes(2, "big") + np.array(self.rate, dtype=">f4").tobytes()
        return encode_telemetry(Telemetry(5, self.number % 16384, 3, 25, self.number, self.t_tai_s, data))


@dataclass
class Truth:
    """All packets of one satellite that were ever appended, by number, and with which factor each is decoded."""

    factors: dict[int, float] = field(default_factory=dict)
    older: dict[int, dict[int, float]] = field(default_factory=dict)  # by version: what was then
    values_from_s: float = -math.inf
    summed: set[int] = field(default_factory=set)  # those in a summary although their values are gone

    def rows(self, parameter: str, version: int | None = None) -> list[tuple[float, float]]:
        """Generation times and values; NaN is no value that is compared."""
        factors = self.factors if version is None else self.older.get(version, self.factors)
        found = []
        for number in sorted(factors):
            one = Sample(number)
            value = one.rate if parameter == "rate" else -80.0 + factors[number] * one.count
            found.append((round(one.t_tai_s, 5), value))
        return found


def packets(numbers: list[int], satellite: str) -> PacketRows:
    raw = [Sample(one).octets() for one in numbers]
    data = np.frombuffer(b"".join(raw), dtype=np.uint8)
    return PacketRows(satellite, data, packet_offsets([len(one) for one in raw]), np.full(len(raw), 9e8))


class ArchiveMachine(RuleBasedStateMachine):
    """Appends, compacts, reprocesses, removes and reopens at random, beside plain dictionaries."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.archive = ColumnArchive(self.folder, DECODERS[0], pus_times)
        self.truth = {name: Truth() for name in SATELLITES}
        self.version = 0

    def teardown(self) -> None:
        if hasattr(self, "archive"):
            self.archive.close()
            shutil.rmtree(self.folder)

    @rule(
        satellite=st.sampled_from(SATELLITES),
        numbers=st.lists(st.integers(0, 360), min_size=1, max_size=30),
    )
    def append(self, satellite: str, numbers: list[int]) -> None:
        self.archive.append(packets(numbers, satellite))
        self._note(satellite, numbers)

    @rule(satellite=st.sampled_from(SATELLITES), first=st.integers(0, 340), count=st.integers(5, 60))
    def append_dump(self, satellite: str, first: int, count: int) -> None:
        numbers = list(range(first, first + count))
        self.archive.append(packets(numbers, satellite))
        self._note(satellite, numbers)

    def _note(self, satellite: str, numbers: list[int]) -> None:
        truth = self.truth[satellite]
        for one in numbers:
            if Sample(one).t_tai_s >= truth.values_from_s:
                truth.factors.setdefault(one, FACTORS[0])

    @rule()
    def compact(self) -> None:
        self.archive.compact()

    @rule()
    def tidy(self) -> None:
        self.archive.tidy()

    @rule()
    def reopen(self) -> None:
        self.archive.close()
        self.archive = ColumnArchive(self.folder, DECODERS[0], pus_times)

    @precondition(lambda self: self.version < 2)
    @rule(satellite=st.sampled_from(SATELLITES), first=st.integers(0, 330), count=st.integers(1, 100))
    def reprocess(self, satellite: str, first: int, count: int) -> None:
        truth = self.truth[satellite]
        begin_s, end_s = Sample(first).t_tai_s, Sample(first + count).t_tai_s
        known = [one for one in truth.factors if begin_s <= Sample(one).t_tai_s <= end_s]
        if begin_s < truth.values_from_s or not known:
            return
        made = self.archive.reprocess(satellite, begin_s, end_s, DECODERS[self.version + 1])
        self.version += 1
        assert made.version == self.version and made.finished
        self.archive.compact()
        truth.older[self.version - 1] = dict(truth.factors)
        touched = {Sample(one).t_tai_s // 3600 for one in known}
        again = [one for one in truth.factors if Sample(one).t_tai_s // 3600 in touched]
        assert made.packets == len(again)
        for one in again:
            truth.factors[one] = FACTORS[self.version]

    @rule(satellite=st.sampled_from(SATELLITES), hours=st.integers(0, 70))
    def retain(self, satellite: str, hours: int) -> None:
        now_s = START_TAI_S + 10 * DAY_S + hours * 3600.0
        policy = RetentionPolicy(values_days=10.0, packets_days=10.0)
        self.archive.retain(RetentionPolicies(by_satellite={satellite: policy}), now_s)
        truth = self.truth[satellite]
        if truth.factors:
            truth.values_from_s = max(truth.values_from_s, (now_s - 10 * DAY_S) // 3600 * 3600)
            assert self.archive.kept(satellite).values_tai_s == truth.values_from_s

    @invariant()
    def values_are_those_of_the_lists(self) -> None:
        if not hasattr(self, "archive"):
            return
        for satellite, truth in self.truth.items():
            if not truth.factors:
                continue
            for parameter in ("temp", "rate"):
                rows = truth.rows(parameter)
                kept = [one for one in rows if one[0] >= truth.values_from_s]
                found = self.archive.values(satellite, parameter, -np.inf, np.inf)
                assert found.generated_tai_s == pytest.approx([one for one, _ in kept], abs=1e-4)
                assert found.values.to_numpy() == pytest.approx([one for _, one in kept], nan_ok=True)
                for bucket_s in (60, 420, 3600, DAY_S):
                    self._check_buckets(satellite, parameter, rows, bucket_s)
                self._check_buckets(satellite, parameter, kept, 5)

    def _check_buckets(self, satellite: str, parameter: str, rows: list[tuple[float, float]], bucket_s: int) -> None:
        short = bucket_s < 60
        first_s = max(START_TAI_S, self.truth[satellite].values_from_s) if short else START_TAI_S
        made = self.archive.downsampled(satellite, parameter, first_s, START_TAI_S + 5 * DAY_S, bucket_s)
        length_s = made.bucket_s
        assert length_s >= bucket_s
        expected: dict[float, list[float]] = {}
        for t_tai_s, value in rows:
            if not math.isnan(value):
                expected.setdefault(t_tai_s // length_s * length_s, []).append(value)
        assert made.start_tai_s.tolist() == sorted(expected)
        groups = [expected[one] for one in sorted(expected)]
        assert made.count.tolist() == [len(one) for one in groups]
        assert made.minimum == pytest.approx([min(one) for one in groups])
        assert made.maximum == pytest.approx([max(one) for one in groups])
        assert made.mean == pytest.approx([math.fsum(one) / len(one) for one in groups], rel=1e-9, abs=1e-9)

    @invariant()
    def a_reader_beside_it_and_instants_agree(self) -> None:
        if not hasattr(self, "archive"):
            return
        reader = ArchiveReader(self.folder, DECODERS[0], pus_times)
        for satellite, truth in self.truth.items():
            kept = [one for one in truth.rows("temp") if one[0] >= truth.values_from_s]
            if not truth.factors:
                continue
            assert reader.values(satellite, "temp", -np.inf, np.inf).values.to_numpy() == pytest.approx(
                [one for _, one in kept]
            )
            instants = np.array([START_TAI_S - 1.0, START_TAI_S + 100.5, START_TAI_S + 9000.5, START_TAI_S + 9e5])
            before = [[value for t, value in kept if t <= one] for one in instants.tolist()]
            found = self.archive.values_at(satellite, "temp", instants).values.to_pylist()
            assert found == [pytest.approx(one[-1]) if one else None for one in before]
        reader.close()

    @invariant()
    def older_versions_stay_by_their_number(self) -> None:
        if not hasattr(self, "archive"):
            return
        for satellite, truth in self.truth.items():
            for version in truth.older:
                rows = [one for one in truth.rows("temp", version) if one[0] >= truth.values_from_s]
                found = self.archive.values(satellite, "temp", -np.inf, np.inf, version=version)
                stored = dict(zip(np.round(found.generated_tai_s, 5).tolist(), found.values.to_pylist(), strict=True))
                assert {t: stored.get(t) for t, _ in rows} == {t: pytest.approx(value) for t, value in rows}


TestArchive = ArchiveMachine.TestCase
TestArchive.settings = CHEAP
