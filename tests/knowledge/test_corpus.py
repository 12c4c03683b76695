"""The handbook says only what the mission file and the mission database hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.mdb import AlarmLevel, CommandClass, reference_mdb
from core.mission import reference_mission
from knowledge.document import CORPUS, Document, document_files, read_document
from knowledge.encoder import ENCODER_NAME
from knowledge.ingest import chunks_of, corpus_digest
from knowledge.shipped import SHIPPED, read_shipped

FILES = document_files(CORPUS)
DOCUMENTS = {path.name: read_document(path) for path in FILES}
CODE = re.compile(r"`([^`]+)`")
REFERENCE = re.compile(r"\b(?:PROC-[A-Z]+|HB|STD-[A-Z]+|FRB)-\d{3}\b")
RULE = re.compile(r"\bFR-\d+\b")
MNEMONIC = re.compile(r"[A-Z][A-Z0-9_]+")
COMMAND_LINE = ("llamaspace audit verify", "llamaspace mission check")
PROCEDURE_SECTIONS = [
    "Purpose",
    "Applicability",
    "Preconditions",
    "Cautions and warnings",
    "Steps",
    "Verification",
    "Contingency",
    "References",
]

every_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=list(DOCUMENTS))


def headings(document: Document) -> list[str]:
    return re.findall(r"(?m)^## (.+)$", document.text)


def test_there_are_the_procedures_that_operators_need() -> None:
    ids = [document.matter.id for document in DOCUMENTS.values()]
    assert len(ids) == len(set(ids))
    assert sum(one.startswith("PROC-") for one in ids) >= 30


@every_document
def test_front_matter_is_complete_and_ours(document: Document) -> None:
    matter = document.matter
    assert (matter.licence, matter.author) == ("Apache-2.0", "LlamaSpace")
    known = {craft.id for craft in reference_mission().spacecraft}
    assert set(matter.satellites) <= known
    assert bool(matter.satellites) is not matter.id.startswith("STD-")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_named_by_their_document(path: Path) -> None:
    assert path.name.startswith(DOCUMENTS[path.name].matter.id.lower() + "-")


@every_document
def test_commands_and_parameters_in_code_quotes_exist_in_the_database(document: Document) -> None:
    mdb = reference_mdb()
    arguments = {argument.name for one in mdb.commands.values() for argument in one.arguments}
    for quoted in CODE.findall(document.text):
        if quoted in COMMAND_LINE:
            continue
        known = mdb.commands if MNEMONIC.fullmatch(quoted) else {*mdb.parameters, *arguments}
        assert quoted in known, f"{document.matter.id} names {quoted}"


@every_document
def test_mnemonics_always_stand_in_code_quotes(document: Document) -> None:
    bare = CODE.sub("", document.text)
    assert [name for name in reference_mdb().commands if "_" in name and re.search(rf"\b{name}\b", bare)] == []


@every_document
def test_flight_rules_and_references_resolve(document: Document) -> None:
    rules = {rule.id for rule in reference_mission().flight_rules}
    ids = {one.matter.id for one in DOCUMENTS.values()}
    assert set(RULE.findall(document.text)) <= rules
    assert set(REFERENCE.findall(document.text)) <= ids - {document.matter.id}


@pytest.mark.parametrize(
    "document", [one for one in DOCUMENTS.values() if one.matter.id.startswith("PROC-")], ids=lambda one: one.matter.id
)
def test_procedures_have_the_standard_form(document: Document) -> None:
    assert headings(document) == PROCEDURE_SECTIONS
    steps = document.text.split("## Steps")[1].split("## ")[0]
    numbers = [int(number) for number in re.findall(r"(?m)^(\d+)\. ", steps)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 4
    assert re.search(r"Expect|expect", steps) or document.matter.id in {"PROC-OPS-002", "PROC-OPS-003"}


@every_document
def test_documents_have_a_readable_length(document: Document) -> None:
    assert 150 <= len(document.text.split()) <= 650


def test_the_flight_rules_chapter_states_the_limits_of_the_mission_file() -> None:
    text = next(one.text for one in DOCUMENTS.values() if one.matter.id == "FRB-001")
    for rule in reference_mission().flight_rules:
        line = next(line for line in text.splitlines() if line.startswith(f"- {rule.id} "))
        assert f"({rule.severity}s; waiver by {rule.waiver_authority.replace('_', ' ')})" in line


@pytest.mark.parametrize(
    ("document", "parameter", "level", "stated"),
    [
        ("PROC-ADCS-002", "wheel_momentum_n_m_s", AlarmLevel.WARNING, "warning limit of {high:.1f} N m s"),
        ("PROC-ADCS-002", "wheel_momentum_n_m_s", AlarmLevel.CRITICAL, "critical limits, {high:.1f} N m s"),
        ("PROC-ADCS-002", "wheel_1_speed_rad_s", AlarmLevel.WARNING, "within {low:.0f} to {high:.0f} rad/s"),
        ("PROC-ADCS-002", "wheel_1_speed_rad_s", AlarmLevel.CRITICAL, "or {high:.0f} rad/s"),
        ("PROC-ADCS-004", "attitude_error_deg", AlarmLevel.WARNING, "below {high:.1f} deg (warning limit)"),
        ("PROC-ADCS-004", "attitude_error_deg", AlarmLevel.CRITICAL, "above {high:.1f} deg (critical limit)"),
        ("PROC-EPS-001", "soc", AlarmLevel.WARNING, "warning limit of {low:.2f}"),
        ("PROC-EPS-001", "bus_voltage_v", AlarmLevel.WARNING, "within {low:.1f} to {high:.1f} V"),
        ("PROC-EPS-001", "bus_voltage_v", AlarmLevel.CRITICAL, "below {low:.1f} V (critical)"),
        ("PROC-EPS-004", "load_power_w", AlarmLevel.WARNING, "above {high:.0f} W (warning)"),
        ("PROC-EPS-004", "load_power_w", AlarmLevel.CRITICAL, "or {high:.0f} W (critical)"),
        ("PROC-EPS-004", "battery_current_a", AlarmLevel.WARNING, "beyond {high:.0f} A either way (warning)"),
        ("PROC-EPS-004", "battery_current_a", AlarmLevel.CRITICAL, "{high:.0f} A (critical)"),
        ("PROC-THM-001", "battery_temp_c", AlarmLevel.WARNING, "outside {low:.0f} to {high:.0f} degC (warning)"),
        ("PROC-THM-001", "battery_temp_c", AlarmLevel.CRITICAL, "Below {low:.0f} degC or above {high:.0f} degC"),
        ("PROC-PRP-001", "tank_pressure_pa", AlarmLevel.WARNING, "below {low:.0f} Pa (warning)"),
        ("PROC-PRP-001", "tank_pressure_pa", AlarmLevel.CRITICAL, "{low:.0f} Pa (critical)"),
        ("PROC-PRP-002", "propellant_kg", AlarmLevel.WARNING, "warns at {low:.1f} kg"),
        ("PROC-PRP-002", "propellant_kg", AlarmLevel.CRITICAL, "critical at {low:.1f} kg"),
        ("PROC-PLD-003", "data_stored_bytes", AlarmLevel.WARNING, "above {high:.0f} (90 percent"),
        ("PROC-PLD-003", "data_stored_bytes", AlarmLevel.CRITICAL, "critical at {high:.0f}"),
        ("PROC-NAV-001", "altitude_m", AlarmLevel.WARNING, "between {low:.0f} and {high:.0f}"),
    ],
)
def test_limits_are_those_of_the_database(document: str, parameter: str, level: AlarmLevel, stated: str) -> None:
    alarms = reference_mdb().parameters[parameter].type.alarms
    limits = next(one.range for one in alarms.ranges if one.level is level)
    text = next(one.text for one in DOCUMENTS.values() if one.matter.id == document)
    assert stated.format(low=limits.minimum, high=limits.maximum) in text


def test_command_classes_are_those_of_the_database() -> None:
    text = next(one.text for one in DOCUMENTS.values() if one.matter.id == "PROC-OPS-003")
    line = next(line for line in text.splitlines() if "hazardous command of the reference mission" in line)
    classes = (CommandClass.HAZARDOUS, CommandClass.CRITICAL, CommandClass.VITAL)
    sentences = zip(line.split("."), classes, strict=False)
    named = {name: command_class for sentence, command_class in sentences for name in CODE.findall(sentence)}
    for name, command in reference_mdb().commands.items():
        assert command.command_class is named.get(name, CommandClass.ROUTINE), name


def test_failure_codes_and_events_are_those_of_the_database() -> None:
    text = next(one.text for one in DOCUMENTS.values() if one.matter.id == "HB-003")
    parameters = reference_mdb().parameters
    for parameter in ("failure_code", "event_id"):
        assert [label for label in parameters[parameter].type.labels.values() if label not in text] == []


def test_shipped_vectors_belong_to_the_corpus_as_it_is() -> None:
    digests = {chunk.digest for chunk in chunks_of(DOCUMENTS.values())}
    assert set(read_shipped()) == digests, f"the corpus has changed: run python -m knowledge.shipped for {SHIPPED.name}"


def test_the_digest_of_a_corpus_changes_with_every_word() -> None:
    documents = list(DOCUMENTS.values())
    changed = documents[0].model_copy(update={"text": documents[0].text + "\nOne word more."})
    before = corpus_digest(chunks_of(documents), ENCODER_NAME)
    assert corpus_digest(chunks_of([changed, *documents[1:]]), ENCODER_NAME) != before
    assert corpus_digest(chunks_of(reversed(documents)), ENCODER_NAME) == before
