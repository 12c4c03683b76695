"""Lives of a spacecraft's parts: the law against scipy's, use against signals whose use is known, and what cannot be told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import weibull_min

from core.errors import NotFound
from core.mission import reference_mission
from core.mission.design import Component
from core.telemetry.archive_queries import Downsampled, ReceivedValues
from core.units import SOLAR_DAY_S
from ml.features.samples import Samples
from ml.lifetime.component_life import ArrayHistory, array_degradation, array_life, use_life
from ml.lifetime.components import NoLife, predict_component
from ml.lifetime.usage import DailyUse, charge_wear, consumed, revolutions, time_on_h
from ml.lifetime.wear_law import WearLaw

DAY0 = 9_000 * SOLAR_DAY_S
BUS = reference_mission().bus_of("LSAT-1")


def _samples(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> Samples:
    return Samples(DAY0 + times_s, DAY0 + times_s, np.asarray(values, dtype=np.float64))


def _use(*per_day: float) -> DailyUse:
    return DailyUse(np.arange(len(per_day)), np.array(per_day), np.ones(len(per_day)), float(len(per_day)))


@given(
    bears=st.floats(1e-3, 1e12), shape=st.floats(1.0, 10.0), share=st.floats(0.0, 1.5), level=st.floats(0.001, 0.999)
)
def test_what_a_used_part_still_bears_is_the_conditioned_weibull_law_of_scipy(
    bears: float, shape: float, share: float, level: float
) -> None:
    law = WearLaw(bears, shape)
    reference = weibull_min(shape, scale=law.scale)
    assert reference.sf(bears) == pytest.approx(0.9)
    used = share * bears
    more = float(law.remaining(used, np.array([level]))[0])
    assert reference.sf(used + more) == pytest.approx(reference.sf(used) * (1.0 - level), rel=1e-6)
    assert law.survival(np.array([used]))[0] == pytest.approx(reference.sf(used))


def test_a_wheel_at_constant_speed_turns_so_often_and_gaps_count_as_not_seen() -> None:
    times = np.concatenate(
        [np.arange(0.0, SOLAR_DAY_S, 10.0), 2.5 * SOLAR_DAY_S + np.arange(0.0, SOLAR_DAY_S / 2, 10.0)]
    )
    use = revolutions(_samples(times, np.full(len(times), -2.0 * math.pi * 50.0)))
    assert use.day.tolist() == [9000, 9002]
    assert use.per_day == pytest.approx([50.0 * SOLAR_DAY_S] * 2)
    assert use.covered == pytest.approx([1.0, 0.5], abs=0.01)
    assert use.rate_deviation == pytest.approx(0.0, abs=1e-6)


def test_hours_on_are_split_at_midnight() -> None:
    times = np.arange(0.0, 2 * SOLAR_DAY_S, 60.0)
    on = ((times >= SOLAR_DAY_S - 3600.0) & (times < SOLAR_DAY_S + 7200.0)).astype(float)
    assert time_on_h(_samples(times, on)).per_day == pytest.approx(
        [1.0, 2.0], rel=0.001
    )  # the last sample stands for no time


@given(depth=st.floats(0.05, 0.9), cycles_a_day=st.integers(2, 16))
def test_equal_cycles_wear_a_battery_as_their_depth_says(depth: float, cycles_a_day: int) -> None:
    design = BUS.wear.battery if BUS.wear is not None else None
    assert design is not None
    times = np.arange(0.0, 4 * SOLAR_DAY_S, 30.0)
    phase = times / SOLAR_DAY_S * cycles_a_day
    soc = 1.0 - depth * np.abs(2.0 * (phase - np.floor(phase)) - 1.0)  # a triangle from 1 - depth to 1 and back
    peaks = 1.0 - (soc.max() - soc.min())
    use = charge_wear(_samples(times, soc), design.depths, design.cycles)
    borne = np.exp(np.interp(np.log(1.0 - peaks), np.log(design.depths), np.log(design.cycles)))
    total = float(use.per_day @ use.covered)
    assert total == pytest.approx(4 * cycles_a_day / borne, rel=0.2)
    assert use.rate_per_day > 0


def test_propellant_that_only_scatters_is_not_used() -> None:
    draw = np.random.default_rng(1)
    times = np.arange(0.0, 6 * SOLAR_DAY_S, 60.0)
    level = 17.0 - 0.05 * (times > 3 * SOLAR_DAY_S) + draw.normal(0.0, 0.002, len(times))
    use = consumed(_samples(times, level))
    assert use.per_day.sum() == pytest.approx(0.05, abs=0.002)


def test_a_part_that_is_not_used_lasts_and_one_day_tells_a_wide_interval() -> None:
    law = WearLaw(1000.0, 3.0)
    assert use_life(law, 10.0, _use(0.0, 0.0)) is None
    one, many = use_life(law, 10.0, _use(2.0)), use_life(law, 10.0, _use(*[2.0] * 10))
    assert one is not None and many is not None
    assert one.high - one.low > 1.5 * (many.high - many.low)
    exact = weibull_min(3.0, scale=law.scale)
    wanted = [(exact.isf(exact.sf(10.0) * (1.0 - p)) - 10.0) / 2.0 for p in (0.05, 0.5, 0.95)]
    assert [many.low, many.median, many.high] == pytest.approx(wanted, rel=0.01)


def test_more_use_never_makes_a_part_last_longer() -> None:
    law = WearLaw(1000.0, 2.5)
    lives = [use_life(law, used, _use(1.0, 1.2, 0.9)) for used in (0.0, 100.0, 500.0, 2000.0)]
    medians = [one.median for one in lives if one is not None]
    assert medians == sorted(medians, reverse=True) and len(medians) == 4


def test_an_array_lasts_until_its_degradation_reaches_the_end_and_a_year_of_telemetry_tells_it() -> None:
    life = array_life(0.0275, 1e-9, 1.0, 0.8)
    assert life.median == pytest.approx(math.log(0.8) / math.log(1 - 0.0275) * 365.25, rel=1e-4)
    assert array_degradation(0.0275, 0.3, ArrayHistory(np.arange(40), np.full(40, 700.0)))[2] is None
    day = np.arange(420)
    season = 1.0 + 0.03 * np.cos(2 * np.pi * day / 365.0)
    power = 700.0 * season * (1.0 - 0.05) ** (day / 365.0) * np.random.default_rng(2).normal(1.0, 0.002, len(day))
    per_year, deviation, seen = array_degradation(0.0275, 0.3, ArrayHistory(day, power))
    assert seen == pytest.approx(0.05, abs=0.003)
    assert per_year == pytest.approx(0.05, abs=0.003) and deviation < 0.3 * 0.0275


@dataclass
class _Archive:
    """Telemetry of one satellite, as an archive answers."""

    known: dict[str, Samples] = field(default_factory=dict)

    def received_values(
        self, _satellite: str, parameter: str, start_tai_s: float, end_tai_s: float, *, version: int | None = None
    ) -> ReceivedValues:
        if parameter not in self.known:
            raise NotFound(f"no packet ever had {parameter}")
        one = self.known[parameter]
        inside = (one.generated_tai_s >= start_tai_s) & (one.generated_tai_s <= end_tai_s)
        times = one.generated_tai_s[inside]
        return ReceivedValues(times, times, pa.chunked_array([one.values[inside]]), -math.inf)

    def downsampled(self, _satellite: str, parameter: str, *_: float) -> Downsampled:
        raise NotFound(f"no packet ever had {parameter}")


def test_every_part_of_the_reference_mission_has_a_life_from_its_telemetry() -> None:
    times = np.arange(0.0, 3 * SOLAR_DAY_S, 10.0)
    archive = _Archive(
        {
            "soc": _samples(times, 0.9 - 0.1 * np.abs(np.sin(np.pi * times / 5700.0))),
            "propellant_kg": _samples(times, 17.0 - 0.001 * times / SOLAR_DAY_S),
            "downlink_active": _samples(times, (times % 5700.0 < 400.0).astype(float)),
            **{f"wheel_{one}_speed_rad_s": _samples(times, np.full(len(times), 100.0 * one)) for one in range(1, 5)},
        }
    )
    now_s = DAY0 + 3 * SOLAR_DAY_S
    lives = {one: predict_component(one, "LSAT-1", BUS, archive, now_s, DAY0) for one in Component}  # type: ignore[arg-type]
    for one in lives.values():
        assert one.remaining is not None and 0.0 < one.remaining.low < one.remaining.median < one.remaining.high
        assert 0.0 <= one.used < one.bears
    slow, fast = (lives[one].remaining for one in (Component.REACTION_WHEEL_1, Component.REACTION_WHEEL_4))
    assert slow is not None and fast is not None and slow.median == pytest.approx(4 * fast.median, rel=0.01)
    assert lives[Component.THRUSTER].used == pytest.approx(1.003, abs=1e-3)  # of the 18 kg that were loaded
    assert lives[Component.SOLAR_ARRAY].telemetry_days == 0.0


def test_what_cannot_be_told_says_why() -> None:
    now_s = DAY0 + SOLAR_DAY_S
    with pytest.raises(NoLife, match="no telemetry of LSAT-1 has soc"):
        predict_component(Component.BATTERY, "LSAT-1", BUS, _Archive(), now_s)  # type: ignore[arg-type]
    hour = _Archive({"soc": _samples(np.arange(0.0, 3600.0, 10.0), np.full(360, 0.8))})
    with pytest.raises(NoLife, match=r"1\.0 h in all; at least one day with 6 h"):
        predict_component(Component.BATTERY, "LSAT-1", BUS, hour, now_s)  # type: ignore[arg-type]
    flood = _Archive({"soc": _samples(np.arange(0.0, SOLAR_DAY_S, 10.0), np.full(8640, np.nan))})
    with pytest.raises(NoLife, match="telemetry"):
        predict_component(Component.BATTERY, "LSAT-1", BUS, flood, now_s)  # type: ignore[arg-type]
    plain = BUS.model_copy(update={"wear": None})
    with pytest.raises(NoLife, match="mission file"):
        predict_component(Component.BATTERY, "LSAT-1", plain, hour, now_s)  # type: ignore[arg-type]
