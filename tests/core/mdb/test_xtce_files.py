"""XTCE files: written and read again, what telecommands inherit, and every kind of wrong file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.mdb import (
    ArgumentRefused,
    CommandClass,
    DatabaseFileError,
    VerificationStage,
    encode_command,
    load_mdb,
    reference_mdb,
)
from core.mdb.commanding import decode_command
from core.mdb.containers import PacketRate
from core.mdb.xtce.writer import write_mdb
from tests.core.mdb.xtce_text import load, space_system, telemetry, unsigned

LSAT = Path(__file__).parents[3] / "core" / "mdb" / "reference" / "lsat.xml"
ARGUMENT = (
    '<IntegerArgumentType name="u8"><UnitSet/><IntegerDataEncoding sizeInBits="8"/></IntegerArgumentType>'
    '<FloatArgumentType name="volt"><UnitSet><Unit>V</Unit></UnitSet><IntegerDataEncoding sizeInBits="16">'
    '<DefaultCalibrator><PolynomialCalibrator><Term coefficient="-5" exponent="0"/><Term coefficient="100" exponent="1"/>'
    '</PolynomialCalibrator></DefaultCalibrator></IntegerDataEncoding><ValidRangeSet><ValidRange minInclusive="1" '
    'maxExclusive="30"/></ValidRangeSet></FloatArgumentType>'
    '<BinaryArgumentType name="bytes"><UnitSet/><BinaryDataEncoding><SizeInBits><DynamicValue><ArgumentInstanceRef '
    'argumentRef="length"/><LinearAdjustment slope="8"/></DynamicValue></SizeInBits></BinaryDataEncoding></BinaryArgumentType>'
)
COMMANDS = f"""<ArgumentTypeSet>{ARGUMENT}</ArgumentTypeSet><MetaCommandSet>
<MetaCommand name="Base" abstract="true"><ArgumentList><Argument name="opcode" argumentTypeRef="u8"/></ArgumentList>
<CommandContainer name="BaseC"><EntryList><FixedValueEntry binaryValue="1F" sizeInBits="8"/>
<ArgumentRefEntry argumentRef="opcode"/></EntryList></CommandContainer>
<TransmissionConstraintList><TransmissionConstraint timeOut="PT2M"><Comparison parameterRef="a" value="3"/>
</TransmissionConstraint></TransmissionConstraintList>
<VerifierSet><AcceptedVerifier><ContainerRef containerRef="Report"/><CheckWindow timeToStopChecking="PT10S"/></AcceptedVerifier>
<CompleteVerifier><Comparison parameterRef="a" value="4"/><CheckWindow timeToStopChecking="PT1M"/></CompleteVerifier>
</VerifierSet></MetaCommand>
<MetaCommand name="HEAT"><AncillaryDataSet><AncillaryData name="idempotent">true</AncillaryData>
</AncillaryDataSet><BaseMetaCommand metaCommandRef="Base"><ArgumentAssignmentList>
<ArgumentAssignment argumentName="opcode" argumentValue="0x21"/></ArgumentAssignmentList></BaseMetaCommand>
<ArgumentList><Argument name="level" argumentTypeRef="volt" initialValue="12.5"/></ArgumentList>
<CommandContainer name="HEATC"><EntryList><ArgumentRefEntry argumentRef="level"/></EntryList>
<BaseContainer containerRef="BaseC"/></CommandContainer>
<DefaultSignificance consequenceLevel="vital" reasonForWarning="draws power"/>
<ContextSignificanceList><ContextSignificance><ContextMatch><Comparison parameterRef="a" value="9"/></ContextMatch>
<Significance consequenceLevel="forbidden"/></ContextSignificance></ContextSignificanceList>
<VerifierSet><CompleteVerifier><Comparison parameterRef="a" comparisonOperator="&gt;" value="5"/>
<CheckWindow timeToStopChecking="PT90S" timeWindowIsRelativeTo="timeCommandReleased"/></CompleteVerifier></VerifierSet>
</MetaCommand>
<MetaCommand name="LOAD"><ArgumentList><Argument name="length" argumentTypeRef="u8"/><Argument name="data"
argumentTypeRef="bytes"/></ArgumentList><CommandContainer name="LOADC"><EntryList><ArgumentRefEntry argumentRef="length"/>
<ArgumentRefEntry argumentRef="data"/></EntryList></CommandContainer></MetaCommand></MetaCommandSet>"""
REPORT = (
    '<SequenceContainer name="Report"><EntryList/><BaseContainer containerRef="P"><RestrictionCriteria>'
    '<Comparison parameterRef="service" value="1"/></RestrictionCriteria></BaseContainer></SequenceContainer>'
)
ENTRIES = '<ParameterRefEntry parameterRef="a"/><ParameterRefEntry parameterRef="service"/>'
WHOLE = space_system(telemetry(unsigned("u8"), {"a": "u8", "service": "u8"}, ENTRIES, REPORT), COMMANDS)


def test_a_telecommand_has_what_its_bases_have(tmp_path: Path) -> None:
    heat = load(tmp_path, WHOLE).command("HEAT")
    assert [str(one.condition) for one in heat.constraints] == ["a == 3.0"]
    assert heat.constraints[0].timeout_s == 120.0
    stages = {one.stage: one for one in heat.verifiers}
    assert stages[VerificationStage.ACCEPTED].container == "Report"
    assert str(stages[VerificationStage.COMPLETED].condition) == "a > 5.0"
    assert stages[VerificationStage.COMPLETED].timeout_s == 90.0
    assert heat.idempotent
    assert heat.significance.reason == "draws power"
    assert heat.command_class is CommandClass.HAZARDOUS  # the worst of its contexts


def test_an_argument_is_calibrated_from_engineering_to_raw_value(tmp_path: Path) -> None:
    mdb = load(tmp_path, WHOLE)
    assert encode_command(mdb, "HEAT", {"level": 2.05}).application_data.hex() == "1f21" + f"{200:04x}"
    assert encode_command(mdb, "HEAT", {}).application_data.hex() == "1f21" + f"{1245:04x}"
    with pytest.raises(ArgumentRefused, match=r"HEAT\.level: 30 V is outside 1 to below 30 V"):
        encode_command(mdb, "HEAT", {"level": 30})


def test_a_length_that_is_not_that_of_the_data_is_refused(tmp_path: Path) -> None:
    mdb = load(tmp_path, WHOLE)
    assert encode_command(mdb, "LOAD", {"length": 2, "data": b"ab"}).application_data == b"\x02ab"
    with pytest.raises(ArgumentRefused, match="24 bits exceed the 16"):
        encode_command(mdb, "LOAD", {"length": 2, "data": b"abc"})


def test_a_telecommand_without_service_is_no_pus_telecommand(tmp_path: Path) -> None:
    encoded = encode_command(load(tmp_path, WHOLE), "HEAT", {"level": 5})
    with pytest.raises(ArgumentRefused, match="HEAT: is no PUS telecommand"):
        _ = encoded.service


def test_every_database_is_written_and_read_as_the_same(tmp_path: Path, reference_data: Path) -> None:
    (tmp_path / "own.xml").write_text(WHOLE)
    paths = [LSAT, tmp_path / "own.xml", *sorted((reference_data / "mcs").glob("**/*xtce*.xml"))]
    assert len(paths) > 6
    for path in paths:
        before = load_mdb(path)
        write_mdb(before, tmp_path / "written.xml")
        assert load_mdb(tmp_path / "written.xml") == before, path


def test_telecommands_of_the_written_reference_database_read_alike(tmp_path: Path) -> None:
    write_mdb(reference_mdb(), tmp_path / "written.xml")
    mdb = load_mdb(tmp_path / "written.xml")
    encoded = encode_command(mdb, "EXECUTE_BURN", {"delta_v_m_s": 1.5, "duration_s": 60.0})
    decoded = decode_command(reference_mdb(), encoded.service, encoded.subtype, encoded.application_data)
    assert decoded.arguments == {"delta_v_m_s": 1.5, "duration_s": 60.0}


WRONG = [
    ('argumentRef="level"', 'argumentRef="lvl"', "argumentRef 'lvl' is not defined"),
    ('metaCommandRef="Base"', 'metaCommandRef="Bas"', "metaCommandRef 'Bas' is not defined"),
    ('metaCommandRef="Base"', 'metaCommandRef="HEAT"', "its own base"),
    ('argumentName="opcode"', 'argumentName="code"', "assigned arguments ['code'] are not declared"),
    ('timeOut="PT2M"', 'timeOut="P1M"', "is no duration"),
    ('timeToStopChecking="PT10S"', 'timeToStopChecking="PT0S"', "which is not after its start"),
    ('<CheckWindow timeToStopChecking="PT10S"/>', "", "needs a CheckWindow"),
    ('binaryValue="1F"', 'binaryValue="1G"', "is no hexadecimal"),
    ('<Comparison parameterRef="a" value="3"/>', "", "needs a condition"),
    ('parameterRef="a" value="4"', 'parameterRef="a" value="four"', "'four' is no number"),
    ('parameterRef="a" value="4"', 'parameterRef="b" value="4"', "parameterRef 'b' is not defined"),
    ('minInclusive="1" maxExclusive="30"', 'minInclusive="30" maxExclusive="30"', "is empty"),
    ('exponent="1"', 'exponent="0"', "exponent 0 stands there twice"),
    ('consequenceLevel="vital"', 'consequenceLevel="deadly"', "'deadly' is not one of"),
    ('<ContainerRef containerRef="Report"/>', '<ContainerRef containerRef="P"/>', "is no report of service 1"),
    (
        'timeToStopChecking="PT1M"',
        'timeToStartChecking="PT2S" timeToStopChecking="PT1M"',
        "starts later than its window",
    ),
    ('containerRef="BaseC"', 'containerRef="HEATC"', "the container extends itself"),
    ('name="length" argumentTypeRef="u8"/>', 'name="size" argumentTypeRef="u8"/>', "'length' is not defined"),
    ('<MetaCommand name="LOAD">', '<MetaCommand name="HEAT">', "the command is defined twice"),
]


@pytest.mark.parametrize(("before", "after", "message"), WRONG, ids=[one[2] for one in WRONG])
def test_a_wrong_file_names_what_is_wrong_and_its_line(tmp_path: Path, before: str, after: str, message: str) -> None:
    assert before in WHOLE
    with pytest.raises(DatabaseFileError) as caught:
        load(tmp_path, WHOLE.replace(before, after))
    assert message in caught.value.message
    assert caught.value.line > 0


LINES = LSAT.read_text().splitlines()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(3, len(LINES) - 2), st.sampled_from(["drop", "double", "swap", "empty"]), st.integers(3, len(LINES) - 2)
)
def test_an_altered_database_loads_or_is_a_named_error(tmp_path: Path, where: int, how: str, other: int) -> None:
    lines = list(LINES)
    if how == "drop":
        del lines[where]
    elif how == "double":
        lines.insert(where, lines[where])
    elif how == "swap":
        lines[where], lines[other] = lines[other], lines[where]
    else:
        lines[where] = lines[where].replace('="', '="x', 1)
    path = tmp_path / "altered.xml"
    path.write_text("\n".join(lines))
    try:
        load_mdb(path)
    except DatabaseFileError as error:
        assert error.line >= 0


RATED = telemetry(
    unsigned("u8"),
    {"a": "u8"},
    "",
    '<SequenceContainer name="R"><DefaultRateInStream {}/><EntryList><ParameterRefEntry parameterRef="a"/></EntryList>'
    "</SequenceContainer>",
)


@pytest.mark.parametrize(
    ("attributes", "rate"),
    [
        ('minimumValue="0.1"', PacketRate(0.1, None)),
        ('basis="perSecond" minimumValue="0" maximumValue="2.5E1"', PacketRate(0.0, 25.0)),
        ('basis="perContainerUpdate" minimumValue="1"', None),
    ],
)
def test_rates_of_packets_are_read_and_written(tmp_path: Path, attributes: str, rate: PacketRate | None) -> None:
    mdb = load(tmp_path, space_system(RATED.format(attributes)))
    assert mdb.containers["R"].rate == rate
    write_mdb(mdb, tmp_path / "written.xml")
    assert load_mdb(tmp_path / "written.xml") == mdb


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ('minimumValue="often"', "minimumValue='often' is no number"),
        ('minimumValue="3" maximumValue="2"', "does not go from"),
        ('minimumValue="-1"', "does not go from"),
        ('maximumValue="INF"', "does not go from"),
        ('maximumValue="nan"', "does not go from"),
    ],
)
def test_a_wrong_rate_is_refused(tmp_path: Path, attributes: str, named: str) -> None:
    with pytest.raises(DatabaseFileError, match=named):
        load(tmp_path, space_system(RATED.format(attributes)))
