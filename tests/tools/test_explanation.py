"""Explained anomalies: every number of the text is in the data, and every procedure is in the handbook."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.document import CORPUS, document_files, read_document
from ml.anomaly.anomaly import Anomaly, AnomalyKind, Evidence, Severity
from ml.anomaly.spacecraft_inputs import SENSORS
from tools.explanation import ExplainedAnomaly, explained, procedures_for

NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w-])")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
WORDS = re.compile(r"an-\w+|LSAT-\d|PROC-\w+-\d+|" + "|".join(sorted(SENSORS, key=len, reverse=True)))

floats = st.floats(-1e6, 1e6, allow_nan=False)
evidence = st.builds(
    Evidence,
    parameter=st.sampled_from(SENSORS),
    unit=st.sampled_from([None, "V", "degC", "rad/s"]),
    since_tai_s=st.floats(8.4e8, 8.5e8),
    at_tai_s=st.floats(8.5e8, 8.6e8),
    observed=st.one_of(floats, st.just(float("nan"))),
    expected=floats,
    spread=st.floats(1e-6, 1e4),
    share=st.floats(0.0, 1.0),
)
anomalies = st.builds(
    Anomaly,
    anomaly_id=st.from_regex(r"\Aan-[0-9a-f]{16}\Z"),
    satellite=st.sampled_from(["LSAT-1", "LSAT-2"]),
    begin_tai_s=st.floats(8.4e8, 8.5e8),
    end_tai_s=st.one_of(st.none(), st.floats(8.5e8, 8.6e8)),
    newest_tai_s=st.just(8.6e8),
    kind=st.sampled_from(AnomalyKind),
    severity=st.sampled_from(Severity),
    score=st.floats(1.0, 1e4),
    evidence=st.lists(evidence, min_size=1, max_size=6).map(tuple),
    model=st.just("a-model"),
    circumstances=st.sampled_from(["", "mode nominal, pointing nadir, in sunlight"]),
)


def numbers_of(one: ExplainedAnomaly) -> set[str]:
    """All numbers of the data, as texts have them."""
    lines = [value for line in one.evidence for value in line.model_dump().values() if isinstance(value, float)]
    cases = [case.likeness_percent for case in one.similar]
    return {f"{value:.4g}" for value in [*lines, *cases, one.score]} | {str(max(len(one.evidence) - 3, 0))}


def times_of(one: ExplainedAnomaly) -> set[str]:
    told = [one.begin, one.end, *(t for line in one.evidence for t in (line.since, line.at))]
    return {t for t in [*told, *(case.begin for case in one.similar)] if t is not None}


@given(anomalies, st.lists(anomalies, max_size=4))
def test_every_number_and_time_of_the_text_is_in_the_data(one: Anomaly, past: list[Anomaly]) -> None:
    made = explained(one, past)
    assert set(TIME.findall(made.text)) <= times_of(made)
    rest = WORDS.sub("", TIME.sub("", made.text))
    assert set(NUMBER.findall(rest)) <= numbers_of(made), made.text


@given(anomalies)
def test_the_numbers_are_those_of_the_anomaly(one: Anomaly) -> None:
    made = explained(one, ())
    for line, given_ in zip(made.evidence, one.evidence, strict=True):
        assert line.expected == given_.expected and line.spread == given_.spread
        assert line.observed is None if given_.observed != given_.observed else line.observed == given_.observed
    assert made.text.startswith(one.satellite) and one.evidence[0].parameter in made.text
    assert one.kind.value in made.text and one.severity.name.lower() in made.text


BASE = Anomaly(
    "an-1",
    "LSAT-1",
    8.5e8,
    None,
    8.5e8,
    AnomalyKind.DRIFT,
    Severity.WARNING,
    2.0,
    (Evidence("soc", None, 8.5e8, 8.5e8, 0.7, 0.8, 0.01, 1.0),),
    "a-model",
)


def test_similar_cases_share_sensors_and_are_earlier() -> None:
    other = (Evidence("temp_obc_c", "degC", 8.5e8, 8.5e8, 40.0, 30.0, 1.0, 1.0),)
    alike = replace(BASE, anomaly_id="an-2", begin_tai_s=8.4e8)
    later = replace(BASE, anomaly_id="an-3", begin_tai_s=8.6e8)
    unlike = replace(BASE, anomaly_id="an-4", begin_tai_s=8.4e8, evidence=other)
    found = explained(BASE, [BASE, later, unlike, alike]).similar
    assert [(one.anomaly_id, one.likeness_percent) for one in found] == [("an-2", 100.0)]


@pytest.mark.parametrize("sensor", SENSORS)
def test_every_sensor_leads_to_a_procedure_that_the_handbook_has(sensor: str) -> None:
    matters = [read_document(path).matter for path in document_files(CORPUS)]
    titles = {one.id: one.title for one in matters}
    evidence_of = (replace(BASE.evidence[0], parameter=sensor),)
    found = procedures_for(replace(BASE, evidence=evidence_of))
    assert len(found) == 2
    for one in found:
        assert titles[one.document] == one.title
