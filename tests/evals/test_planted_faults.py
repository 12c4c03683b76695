"""Every planted fault is found with its code, severity and window; the plans that were spoilt had no such finding."""

from __future__ import annotations

from collections import Counter

import pytest

from core.plan.check import check_plan
from core.plan.model import Severity
from evals.faults import FAULTS, Fault, judge
from evals.faults.originals import ORIGINALS, original

SEED = 20261123


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.code} {fault.name}")
def test_a_planted_fault_is_found_with_its_code_severity_and_window(fault: Fault) -> None:
    outcome = judge(fault, SEED)
    assert outcome.finding is not None, f"{outcome.missed}; found {outcome.others}"
    assert len(outcome.finding.explanation) > 20
    if outcome.finding.value is not None and outcome.finding.limit is not None:
        assert outcome.finding.margin is not None


@pytest.mark.parametrize("seed", [SEED, 7])
@pytest.mark.parametrize("name", sorted(ORIGINALS))
def test_the_valid_originals_have_no_finding(name: str, seed: int) -> None:
    made = original(name, seed)
    site = made.site
    again = check_plan(made.plan, site.mission, site.now_utc, site.conjunctions, site.catalogue)
    assert again.validation is not None
    assert {one.severity for one in again.validation.findings} <= {Severity.INFO}


def test_every_group_of_codes_is_planted_and_there_are_enough() -> None:
    groups = Counter(fault.code[:3] for fault in FAULTS)
    assert set(groups) == {"STR", "TMP", "RES", "GEO", "ATT", "GND", "MAN", "COL", "AUT", "FRU", "CON"}
    assert len(FAULTS) >= 100
    assert len({(fault.code, fault.name) for fault in FAULTS}) == len(FAULTS)


def test_the_same_seed_plants_the_same_fault() -> None:
    fault = FAULTS[-1]
    assert judge(fault, 3).finding == judge(fault, 3).finding
