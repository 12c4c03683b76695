"""Small problems whose optimum is known: what is scheduled is valid, best where it can be proved, and never worse than greedy."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.plan.schedule import Candidate, Fleet, Ledger, Problem, Request, SatelliteBudget, solve, violations
from core.plan.schedule.greedy import greedy
from core.plan.schedule.weights import Weights

HORIZON_S = 40.0
CHARGE_TIMES_S = np.array([0.0, 10.0, 20.0, 30.0, 40.0])
TURN_S_PER_DEGREE = 0.5


def turn_s(first: Candidate, second: Candidate) -> float:
    assert isinstance(first.pointing, float) and isinstance(second.pointing, float)
    return TURN_S_PER_DEGREE * abs(first.pointing - second.pointing)


def fleet(*satellites: SatelliteBudget, stations: int = 2, setup_s: float = 3.0) -> Fleet:
    names = tuple(f"station-{k}" for k in range(stations))
    return Fleet(satellites, names, (setup_s,) * stations, turn_s, 10.0 * TURN_S_PER_DEGREE)


def is_allowed(problem: Problem, chosen: Iterable[int]) -> bool:
    """The rules once more, by plain loops over seconds and pairs; nothing here is taken from the scheduler."""
    picked = [problem.candidates[index] for index in chosen]
    if len({one.request for one in picked}) != len(picked):
        return False
    for a, b in itertools.combinations(picked, 2):
        early, late = sorted((a, b), key=lambda one: one.start_s)
        share = {a.satellite, *a.relays} & {b.satellite, *b.relays}
        if share and a.turns and b.turns and late.start_s < early.end_s + turn_s(early, late):
            return False
        for station in set(_ends(a)) & set(_ends(b)):
            same = _ends(a)[station] == _ends(b)[station]
            gap_s = 0.0 if same else problem.fleet.setup_s[station]
            apart = b.contact[0] >= a.contact[1] + gap_s or a.contact[0] >= b.contact[1] + gap_s
            if not apart and not (same and a.contact == b.contact):
                return False
    for number, budget in enumerate(problem.fleet.satellites):
        mine = [one for one in picked if one.satellite == number]
        if sum(one.propellant_kg for one in mine) > budget.propellant_kg + 1e-9:
            return False
        if not _store_allowed(budget, mine) or not _battery_allowed(budget, mine):
            return False
    return True


def _ends(one: Candidate) -> dict[int, int]:
    """The satellite over each station of a candidate."""
    near = {} if one.station is None else {one.station: one.satellite}
    return near if one.far_station is None else near | {one.far_station: [one.satellite, *one.relays][-1]}


def _store_allowed(budget: SatelliteBudget, mine: list[Candidate]) -> bool:
    """What is recorded arrives at its end, what is downlinked leaves at its start; at one instant arrivals come first."""
    instants = sorted({one.end_s if one.data_bytes > 0 else one.start_s for one in mine if one.data_bytes})
    level = budget.initial_data_bytes
    for instant in instants:
        for one in (one for one in mine if one.data_bytes > 0 and one.end_s == instant):
            level += one.data_bytes
            if level > budget.store_bytes:
                return False
        for one in (one for one in mine if one.data_bytes < 0 and one.start_s == instant):
            level += one.data_bytes
            if level < -0.5:
                return False
    return True


def _battery_allowed(budget: SatelliteBudget, mine: list[Candidate]) -> bool:
    """Steps of a quarter of a second, at whose edges all times of these problems lie; the charge stops at full."""
    if budget.charge_times_s is None or budget.charge_j is None:
        return True
    if not any(one.energy_j for one in mine):
        return True  # what the idle load does is not the schedule's doing
    level, step_s = budget.initial_battery_j, 0.25
    if level < budget.minimum_battery_j:
        return False
    for k in range(round(HORIZON_S / step_s)):
        begin, end = k * step_s, (k + 1) * step_s
        brought = np.interp([begin, end], budget.charge_times_s, budget.charge_j)
        drawn = sum(
            one.energy_j * max(0.0, min(end, one.end_s) - max(begin, one.start_s)) / (one.end_s - one.start_s)
            for one in mine
        )
        level = min(budget.battery_j, level + float(brought[1] - brought[0]) - drawn)
        if level < budget.minimum_battery_j - 1e-6:
            return False
    return True


def best_value(problem: Problem) -> float:
    """The value of the best allowed choice, by trying every one."""
    ways = [(None, *group) for group in problem.of_request]
    picks = ([index for index in pick if index is not None] for pick in itertools.product(*ways))
    return max(sum(problem.candidates[index].value for index in pick) for pick in picks if is_allowed(problem, pick))


@st.composite
def budgets(draw: st.DrawFn, number: int) -> SatelliteBudget:
    rates_w = draw(st.lists(st.sampled_from([-2.0, -1.0, 2.0, 4.0]), min_size=4, max_size=4))
    charge_j = np.concatenate([[0.0], np.cumsum(np.array(rates_w) * np.diff(CHARGE_TIMES_S))])
    return SatelliteBudget(
        name=f"sat-{number}",
        store_bytes=draw(st.sampled_from([6e6, 12e6, np.inf])),
        initial_data_bytes=draw(st.sampled_from([0.0, 4e6])),
        battery_j=100.0,
        initial_battery_j=draw(st.sampled_from([100.0, 80.0])),
        minimum_battery_j=draw(st.sampled_from([0.0, 20.0])),
        propellant_kg=draw(st.sampled_from([0.5, 5.0])),
        charge_times_s=CHARGE_TIMES_S,
        charge_j=charge_j,
    )


@st.composite
def candidates(draw: st.DrawFn, request: int, worth: float) -> Candidate:
    start_s = float(draw(st.integers(0, 30)))
    end_s = start_s + draw(st.integers(1, 8))
    station = draw(st.sampled_from([None, None, 0, 1]))
    satellite = draw(st.integers(0, 1))
    return Candidate(
        request=request,
        satellite=satellite,
        start_s=start_s,
        end_s=end_s,
        value=worth * draw(st.sampled_from([1.0, 0.9, 0.5])),
        station=station,
        contact_start_s=None if station is None else start_s - draw(st.integers(0, 2)),
        data_bytes=draw(st.sampled_from([0.0, 4e6, -4e6])),
        energy_j=draw(st.sampled_from([0.0, 10.0, 40.0])),
        propellant_kg=draw(st.sampled_from([0.0, 0.4])),
        pointing=float(draw(st.integers(0, 10))),
        turns=draw(st.sampled_from([True, True, False])),
        relays=draw(st.sampled_from([(), (), (1 - satellite,)])),
        far_station=None if station is None else draw(st.sampled_from([None, 1 - station])),
    )


@st.composite
def problems(draw: st.DrawFn, most_requests: int = 5) -> Problem:
    worths = draw(st.lists(st.sampled_from([1.0, 2.0, 5.0]), min_size=1, max_size=most_requests))
    ways = [draw(candidates(k, worth)) for k, worth in enumerate(worths) for _ in range(draw(st.integers(0, 3)))]
    requests = tuple(Request(f"request-{k}", worth) for k, worth in enumerate(worths))
    return Problem(HORIZON_S, fleet(draw(budgets(0)), draw(budgets(1))), requests, tuple(ways))


@settings(max_examples=60, deadline=None)
@given(problem=problems(), pick=st.data())
def test_violations_agree_with_the_rules_written_as_plain_loops(problem: Problem, pick: st.DataObject) -> None:
    usable = [group for group in problem.of_request if group]
    chosen = [pick.draw(st.sampled_from(group)) for group in usable]
    assert (violations(problem, chosen) == []) == is_allowed(problem, chosen)


@settings(max_examples=60, deadline=None)
@given(problem=problems(most_requests=8), pick=st.data())
def test_what_changed_is_all_that_has_to_be_looked_at_again(problem: Problem, pick: st.DataObject) -> None:
    """From a schedule with nothing wrong: the changed part has something wrong just where the whole has."""
    before = greedy(problem)
    after = before.copy()
    for request in pick.draw(st.lists(st.sampled_from(range(len(problem.requests))), max_size=3, unique=True)):
        if request in after.chosen:
            after.remove(request)
        if problem.of_request[request]:
            after.add(pick.draw(st.sampled_from(problem.of_request[request])))
    changed = set(before.chosen.values()) ^ set(after.chosen.values())
    chosen = list(after.chosen.values())
    assert (
        (violations(problem, chosen, changed) == [])
        == (violations(problem, chosen) == [])
        == is_allowed(problem, chosen)
    )
    assert before.chosen == greedy(problem).chosen  # a copy is changed by itself


@settings(max_examples=60, deadline=None)
@given(problem=problems(most_requests=8))
def test_a_greedy_schedule_is_allowed_and_leaves_nothing_that_fits(problem: Problem) -> None:
    ledger = greedy(problem)
    chosen = list(ledger.chosen.values())
    assert is_allowed(problem, chosen)
    for request, group in enumerate(problem.of_request):
        if request not in ledger.chosen:
            assert not any(is_allowed(problem, [*chosen, index]) for index in group)


@settings(max_examples=20, deadline=None)
@given(problem=problems(), scale=st.sampled_from([1e-9, 1e-3, 1.0, 1e6]))
def test_an_improved_schedule_is_allowed_and_the_best_there_is(problem: Problem, scale: float) -> None:
    scaled = worth(problem, lambda value: value * scale)
    schedule = solve(scaled, 0.5)
    assert is_allowed(scaled, schedule.chosen)
    assert schedule.value >= greedy(scaled).value
    assert schedule.value <= schedule.bound * (1.0 + 1e-12)
    assert schedule.value == pytest.approx(best_value(scaled), rel=1e-9)


def worth(problem: Problem, of: Callable[[float], float]) -> Problem:
    """The same problem with other values."""
    return replace(
        problem,
        requests=tuple(replace(one, value=of(one.value)) for one in problem.requests),
        candidates=tuple(replace(one, value=of(one.value)) for one in problem.candidates),
    )


@pytest.mark.parametrize("held", [1e6, 1e12])
def test_what_is_held_does_not_drown_small_preferences(held: float) -> None:
    """Two images exclude each other; the one that greed takes leaves no room for two that are together worth a millionth more."""
    kept = Candidate(0, 1, 0.0, 1.0, held, pointing=0.0)
    long = Candidate(1, 0, 0.0, 10.0, 1.0, pointing=0.0)
    short = [Candidate(2, 0, 0.0, 4.0, 0.5, pointing=0.0), Candidate(3, 0, 6.0, 10.0, 0.500001, pointing=0.0)]
    requests = (Request("held", held), Request("long", 1.0), Request("short", 0.5), Request("late", 0.500001))
    budget = SatelliteBudget("sat")
    problem = Problem(HORIZON_S, fleet(budget, budget), requests, (kept, long, *short))
    assert set(greedy(problem).chosen.values()) == {0, 1}
    assert set(solve(problem, 1.0).chosen) == {0, 2, 3}


@given(values=st.lists(st.floats(1e-9, 10.0), min_size=1, max_size=6), held=st.integers(0, 3))
def test_weights_rank_choices_as_their_values_do(values: list[float], held: int) -> None:
    worths = [1e6] * held + values
    requests = tuple(Request(f"request-{k}", value) for k, value in enumerate(worths))
    ways = tuple(Candidate(k, 0, 0.0, 1.0, value) for k, value in enumerate(worths))
    problem = Problem(HORIZON_S, fleet(SatelliteBudget("sat")), requests, ways)
    weights = Weights(problem)
    choices = [c for size in range(len(ways) + 1) for c in itertools.combinations(range(len(ways)), size)]
    told = [(weights.of(choice), sum(Fraction(worths[k]) for k in choice)) for choice in choices]
    told.sort(key=lambda one: one[1])
    finest = sum(values) * 1e-11  # what is left of a weight after rounding
    assert all(low[0] <= high[0] for low, high in itertools.pairwise(told) if high[1] - low[1] > finest)


@pytest.mark.parametrize("takes", [{"energy_j": 40.0}, {"propellant_kg": 0.6}], ids=["battery", "propellant"])
def test_what_the_solver_does_not_see_does_not_keep_it_from_the_best(takes: dict[str, float]) -> None:
    """Serving request 0 without turning looks best, and costs more than there is; the other ways are worth a little less."""
    falling_j = np.array([0.0, -20.0, -40.0, -60.0, -80.0])
    budget = SatelliteBudget("sat", np.inf, 0.0, 100.0, 100.0, 0.0, 0.5, CHARGE_TIMES_S, falling_j)
    cheap = Candidate(0, 0, 0.0, 1.0, 1.0, pointing=0.0)
    dear = Candidate(0, 0, 0.0, 1.0, 1.0, pointing=0.0, turns=False, **takes)
    first, second = Candidate(1, 0, 0.0, 1.0, 1.0, pointing=0.0), Candidate(1, 1, 0.0, 1.0, 0.9, pointing=0.0)
    requests = (Request("request-0", 1.0), Request("request-1", 1.0))
    problem = Problem(HORIZON_S, fleet(budget, budget), requests, (cheap, cheap, dear, first, second))
    schedule = solve(problem, 2.0)
    assert schedule.value == pytest.approx(best_value(problem)) == 1.9
    assert is_allowed(problem, schedule.chosen)


@settings(max_examples=25, deadline=None)
@given(problem=problems(most_requests=6))
def test_every_request_is_served_or_refused_with_a_reason(problem: Problem) -> None:
    schedule = solve(problem, 0.0)
    served = {problem.candidates[index].request for index in schedule.chosen}
    assert served | {one.request for one in schedule.unplaced} == set(range(len(problem.requests)))
    assert not served & {one.request for one in schedule.unplaced}
    assert all(one.refusals for one in schedule.unplaced)


@settings(max_examples=25, deadline=None)
@given(problem=problems(most_requests=6))
def test_giving_a_request_up_leaves_the_ledger_as_if_it_never_was(problem: Problem) -> None:
    ledger = greedy(problem)
    for request in list(ledger.chosen):
        index = ledger.chosen[request]
        ledger.remove(request)
        assert ledger.block(index) is None
        ledger.add(index)


def two(first: Candidate, second: Candidate, budget: SatelliteBudget | None = None, setup_s: float = 3.0) -> Problem:
    one = budget or SatelliteBudget("sat-0")
    requests = (Request("first", 2.0), Request("second", 1.0))
    return Problem(HORIZON_S, fleet(one, SatelliteBudget("sat-1"), setup_s=setup_s), requests, (first, second))


def at(request: int, start_s: float, **more: object) -> Candidate:
    fields: dict[str, object] = {"satellite": 0, "end_s": start_s + 4.0, "value": 1.0, "pointing": 0.0} | more
    return Candidate(request=request, start_s=start_s, **fields)  # type: ignore[arg-type]


BATTERY = SatelliteBudget(
    "sat-0",
    battery_j=100.0,
    initial_battery_j=100.0,
    minimum_battery_j=60.0,
    charge_times_s=np.array([0.0, 40.0]),
    charge_j=np.array([0.0, 0.0]),
)
REFUSALS = {
    "TMP-005": two(at(0, 5.0), at(1, 7.0)),
    "ATT-001": two(at(0, 5.0), at(1, 10.0, pointing=10.0)),
    "GND-002": two(at(0, 5.0, station=0), at(1, 10.0, station=0, satellite=1)),
    "RES-001": two(at(0, 5.0, energy_j=30.0), at(1, 20.0, energy_j=30.0), BATTERY),
    "RES-002": two(at(0, 5.0, data_bytes=6e6), at(1, 20.0, data_bytes=6e6), SatelliteBudget("sat-0", 10e6)),
    "RES-003": two(at(0, 5.0), at(1, 20.0, data_bytes=-6e6)),
    "RES-005": two(
        at(0, 5.0, propellant_kg=0.6), at(1, 20.0, propellant_kg=0.6), SatelliteBudget("sat-0", propellant_kg=1.0)
    ),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_what_stands_in_the_way_has_its_code(code: str) -> None:
    schedule = solve(REFUSALS[code], 0.0)
    assert [(one.request, [way.code for way in one.refusals]) for one in schedule.unplaced] == [(1, [code])]
    in_the_way = schedule.unplaced[0].refusals[0].blocked_by
    assert in_the_way == ("first" if code in ("TMP-005", "ATT-001", "GND-002") else None)


def test_a_request_that_nobody_can_see_says_so() -> None:
    problem = Problem(HORIZON_S, fleet(SatelliteBudget("sat-0")), (Request("alone", 1.0),), ())
    assert [way.code for way in solve(problem, 0.0).unplaced[0].refusals] == ["GEO-001"]


def test_one_satellite_goes_on_in_its_pass_without_setting_up_again() -> None:
    same_pass = {"station": 0, "contact_start_s": 0.0, "contact_end_s": 30.0}
    assert len(solve(two(at(0, 5.0, **same_pass), at(1, 10.0, **same_pass)), 0.0).chosen) == 2


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"satellite": 1}, "TMP-005"),  # the relay is held too
        ({"satellite": 2, "station": 1}, "GND-002"),  # and so is the station at the far end
        ({"satellite": 2}, None),
    ],
)
def test_a_chain_holds_its_relays_and_the_station_at_its_far_end(other: dict[str, object], code: str | None) -> None:
    chain = at(0, 5.0, value=2.0, relays=(1,), station=0, far_station=1)
    satellites = [SatelliteBudget(f"sat-{k}") for k in range(3)]
    requests = (Request("chain", 2.0), Request("other", 1.0))
    schedule = solve(Problem(HORIZON_S, fleet(*satellites), requests, (chain, at(1, 6.0, **other))), 0.0)
    assert [one.refusals[0].code for one in schedule.unplaced] == ([] if code is None else [code])


def test_a_battery_that_is_full_wastes_what_the_sun_brings() -> None:
    """100 J more arrive before the second load, but only the 30 J that the first one drew find room."""
    full = SatelliteBudget(
        "sat-0",
        battery_j=100.0,
        initial_battery_j=100.0,
        charge_times_s=np.array([0.0, 10.0, 20.0, 40.0]),
        charge_j=np.array([0.0, 0.0, 100.0, 100.0]),
    )
    drawn = two(at(0, 5.0, energy_j=30.0), at(1, 25.0, energy_j=101.0), full)
    assert [one.refusals[0].code for one in solve(drawn, 0.0).unplaced] == ["RES-001"]
    assert len(solve(two(at(0, 5.0, energy_j=30.0), at(1, 25.0, energy_j=99.0), full), 0.0).chosen) == 2


def test_a_downlink_waits_for_what_it_brings_down() -> None:
    """The downlink is worth more and tried first; it fits once the image is taken."""
    requests = (Request("downlink", 5.0), Request("image", 1.0))
    ways = (at(0, 20.0, value=5.0, data_bytes=-4e6), at(1, 5.0, data_bytes=4e6))
    assert len(solve(Problem(HORIZON_S, fleet(SatelliteBudget("sat-0")), requests, ways), 0.0).chosen) == 2


def test_search_gives_up_a_valuable_request_for_two_others() -> None:
    """Greedy takes the one long request of value 3; two of value 2 are better."""
    requests = (Request("long", 3.0), Request("early", 2.0), Request("late", 2.0))
    ways = (at(0, 0.0, end_s=20.0, value=3.0), at(1, 2.0, value=2.0), at(2, 12.0, value=2.0))
    schedule = solve(Problem(HORIZON_S, fleet(SatelliteBudget("sat-0")), requests, ways), 1.0)
    assert schedule.steps[0].value == 3.0
    assert schedule.value == 4.0


def test_better_schedules_are_told_as_they_are_found() -> None:
    told: list[float] = []
    requests = (Request("long", 3.0), Request("early", 2.0), Request("late", 2.0))
    ways = (at(0, 0.0, end_s=20.0, value=3.0), at(1, 2.0, value=2.0), at(2, 12.0, value=2.0))
    problem = Problem(HORIZON_S, fleet(SatelliteBudget("sat-0")), requests, ways)
    solve(problem, 1.0, on_better=lambda step: told.append(step.value))
    assert told == [3.0, 4.0]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("candidates.0.request", at(2, 5.0)),
        ("candidates.0.satellite", at(0, 5.0, satellite=7)),
        ("candidates.0.station", at(0, 5.0, station=9)),
        ("candidates.0.relays", at(0, 5.0, relays=(7,))),
        ("candidates.0.relays", at(0, 5.0, relays=(0,))),
        ("candidates.0.far_station", at(0, 5.0, station=0, far_station=9)),
        ("candidates.0.far_station", at(0, 5.0, station=0, far_station=0)),
        ("candidates.0.far_station", at(0, 5.0, far_station=1)),
        ("candidates.0", at(0, 39.0)),
        ("candidates.0", at(0, 5.0, end_s=5.0)),
        ("candidates.0", at(0, float("nan"))),
        ("candidates.0.value", at(0, 5.0, value=9.0)),
        ("candidates.0.value", at(0, 5.0, value=-1.0)),
    ],
)
def test_a_candidate_that_cannot_be_is_refused_by_name(field: str, bad: Candidate) -> None:
    with pytest.raises(InputError) as refused:
        two(bad, at(1, 5.0))
    assert refused.value.facts["field"] == field


def test_stations_without_set_up_times_are_refused() -> None:
    bare = Fleet((SatelliteBudget("sat-0"),), ("station-0",), ())
    with pytest.raises(InputError, match=r"fleet\.setup_s"):
        Problem(HORIZON_S, bare, (), ())


def test_a_ledger_keeps_what_it_was_given() -> None:
    problem = REFUSALS["RES-003"]
    assert Ledger(problem, (0,)).value == 1.0
