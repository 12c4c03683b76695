"""Extended procedures of link security: NASA CryptoLib's known answers, and what must never be possible."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import LinkError
from core.link.errors import AuthenticationFailed, FrameMalformed, ProcedureRefused
from core.link.procedure_units import (
    Procedure,
    ProcedureUnit,
    check_answers,
    decode_unit,
    encode_unit,
    key_list,
    open_upload,
    seal_upload,
    spi_unit,
)
from core.link.security_unit import AssociationRecord, AssociationState, KeyRecord, KeyState, SecurityUnit

HEADERS = 5 + 1 + 2  # TC header, segment header, SPI: what stands before the packet in frames without IV
PUS_HEADERS = 6 + 4  # packet and secondary header of that implementation
KEY_132 = bytes.fromhex("0123456789abcdefabcdef0123456789" * 2)
KEY_134 = bytes.fromhex("abcdef0123456789fedcba9876543210" * 2)


def _case(folder: Path, name: str) -> dict[str, bytes]:
    cases = json.loads((folder / "mcs" / "sdls_known_answers.json").read_text())
    found = next(one for one in cases if one["test"] == name)
    return {key.removesuffix("_h"): bytes.fromhex(value) for key, value in found["hex"].items()}


def _unit_in(frame: bytes, secondary_header: bool = True) -> bytes:
    """The procedure in a frame of the known answers: the packet begins where its header is."""
    start = frame.index(b"\x19\x80") if b"\x19\x80" in frame[:12] else frame.index(b"\x18\x80")
    length = int.from_bytes(frame[start + 4 : start + 6], "big") + 1
    packet = frame[start : start + 6 + length]
    return packet[PUS_HEADERS if secondary_header else 6 :]


def _padded(raw: bytes) -> ProcedureUnit:
    """The unit at the start of octets; the known answers have fill and error control behind it."""
    octets = int.from_bytes(raw[1:3], "big") // 8
    return decode_unit(raw[: 3 + octets])


def test_a_verification_gives_the_known_answer_octet_for_octet(reference_data: Path) -> None:
    values = _case(reference_data, "VERIFY_132_134")
    request = _unit_in(values["buffer_VERIFY"])
    challenges = request[3 : 3 + 2 * 18]  # its length field says four octets more than two challenges have
    unit = SecurityUnit(
        {132: KeyRecord(KEY_132, KeyState.PRE_ACTIVE), 134: KeyRecord(KEY_134, KeyState.DEACTIVATED)}, {}
    )
    with pytest.raises(ProcedureRefused, match="no key 133"):
        unit.execute(ProcedureUnit(Procedure.KEY_VERIFICATION, b"\0\x85" + bytes(16)), over_spi=1)
    unit.iv = 0
    truth = values["buffer_TRUTH_RESPONSE"][PUS_HEADERS:]
    asked = _answered_keys(truth)
    content = b"".join(number.to_bytes(2, "big") + challenges[2:18] for number in asked)
    answer = unit.execute(ProcedureUnit(Procedure.KEY_VERIFICATION, content[:18]), over_spi=1)
    assert answer is not None
    assert encode_unit(answer)[3:] == truth[3 : 3 + 46]
    assert truth[0] == Procedure.KEY_VERIFICATION | 0x80


def _answered_keys(truth: bytes) -> list[int]:
    content = truth[3:]
    return [int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 46)]


def test_the_known_answer_to_a_verification_proves_both_keys(reference_data: Path) -> None:
    values = _case(reference_data, "VERIFY_132_134")
    request, truth = _unit_in(values["buffer_VERIFY"])[3:], values["buffer_TRUTH_RESPONSE"][PUS_HEADERS:]
    first, second = request[2:18], request[20:36]
    numbers = _answered_keys(truth)
    keys = {132: KEY_132, 134: KEY_134}
    proved = check_answers(_padded(truth).content, keys, {numbers[0]: first, numbers[1]: second})
    assert 132 in proved
    assert check_answers(_padded(truth).content, {132: KEY_134}, {132: first}) == ()


@pytest.mark.parametrize(
    ("case", "buffer", "procedure", "content"),
    [
        ("ACTIVATE_141_142", "buffer_ACTIVATE", Procedure.KEY_ACTIVATION, "008d008e"),
        ("SA_4_READ_ARSN", "buffer_READ", Procedure.READ_ARSN, "0004"),
        ("SA_EXPIRE_6", "buffer_EXPIRE", Procedure.EXPIRE_SA, "0006"),
        ("SA_STOP_SELF", "buffer_STOP", Procedure.STOP_SA, "0000"),
        ("MC_STATUS", "buffer_STATUS", Procedure.LOG_STATUS, ""),
        ("MC_DUMP", "buffer_DUMP", Procedure.DUMP_LOG, ""),
        ("MC_SELF_TEST", "buffer_SELF", Procedure.SELF_TEST, ""),
        ("MC_ALARM_FLAG_RESET", "buffer_ALARM", Procedure.ALARM_FLAG_RESET, ""),
    ],
)
def test_tags_and_contents_are_those_of_another_implementation(
    reference_data: Path, case: str, buffer: str, procedure: Procedure, content: str
) -> None:
    raw = _unit_in(_case(reference_data, case)[buffer])
    assert raw[0] == procedure
    assert raw[3:].hex().startswith(content)


def test_the_association_that_carries_a_request_is_not_stopped_by_it() -> None:
    unit = SecurityUnit({}, {5: AssociationRecord(AssociationState.OPERATIONAL, 129)})
    with pytest.raises(ProcedureRefused, match="carries this very request"):
        unit.execute(spi_unit(Procedure.STOP_SA, 5), over_spi=5)
    assert unit.alarm


MASTER, OTHER = bytes(range(32)), bytes(range(1, 33))


@given(st.dictionaries(st.integers(128, 65535), st.binary(min_size=32, max_size=32), min_size=1, max_size=5))
def test_uploaded_keys_are_read_under_their_master_key_and_no_other(keys: dict[int, bytes]) -> None:
    sealed = seal_upload(3, MASTER, bytes(12), keys)
    assert open_upload(sealed.content, {3: MASTER}) == keys
    for wrong in ({3: OTHER}, {4: MASTER}):
        with pytest.raises(AuthenticationFailed):
            open_upload(sealed.content, wrong)


@given(st.binary(max_size=60))
def test_any_octets_are_a_unit_or_a_named_error(raw: bytes) -> None:
    unit = SecurityUnit(
        {1: KeyRecord(MASTER, KeyState.ACTIVE)}, {1: AssociationRecord(AssociationState.OPERATIONAL, 1)}
    )
    try:
        unit.execute(decode_unit(raw), over_spi=1)
    except LinkError:
        return


def test_a_unit_that_is_longer_than_it_says_is_refused() -> None:
    with pytest.raises(FrameMalformed, match="announces 16 bits, there are 24"):
        decode_unit(bytes((Procedure.KEY_ACTIVATION,)) + b"\0\x10" + b"\0\x81\0")


def test_the_self_test_holds_against_the_published_case() -> None:
    answer = SecurityUnit({}, {}).execute(ProcedureUnit(Procedure.SELF_TEST), over_spi=1)
    assert answer is not None
    assert answer.content == b"\0"


NUMBERS = st.sampled_from([1, 128, 129, 130, 131])
SPIS = st.sampled_from([1, 3, 4])


class SecurityModel(RuleBasedStateMachine):
    """Any order of requests, against what must hold whatever was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.unit = SecurityUnit(
            {1: KeyRecord(MASTER, KeyState.ACTIVE), 129: KeyRecord(OTHER, KeyState.ACTIVE)},
            {
                1: AssociationRecord(AssociationState.OPERATIONAL, 129),
                3: AssociationRecord(AssociationState.UNKEYED),
            },
        )
        self.retired: set[bytes] = set()
        self.next = 0
        self.numbers = {1: 0, 3: 0}

    def ask(self, unit: ProcedureUnit, over: int = 1) -> None:
        with contextlib.suppress(LinkError):
            self.unit.execute(unit, over)

    @rule(number=NUMBERS)
    def upload(self, number: int) -> None:
        self.next += 1
        self.ask(seal_upload(1, MASTER, self.next.to_bytes(12, "big"), {number: bytes([self.next % 256]) * 32}))

    @rule(number=NUMBERS, procedure=st.sampled_from([Procedure.KEY_ACTIVATION, Procedure.KEY_DESTRUCTION]))
    def change_key(self, number: int, procedure: Procedure) -> None:
        self.ask(key_list(procedure, [number]))

    @rule(number=NUMBERS)
    def deactivate(self, number: int) -> None:
        held = self.unit.keys.get(number)
        self.ask(key_list(Procedure.KEY_DEACTIVATION, [number]))
        if held is not None and held.state is KeyState.DEACTIVATED:
            self.retired.add(held.key)

    @rule(spi=SPIS, number=NUMBERS)
    def rekey(self, spi: int, number: int) -> None:
        self.ask(spi_unit(Procedure.REKEY_SA, spi, number.to_bytes(2, "big") + bytes(4)))

    @rule(spi=SPIS, procedure=st.sampled_from([Procedure.STOP_SA, Procedure.EXPIRE_SA]), over=st.sampled_from([1, 3]))
    def end(self, spi: int, procedure: Procedure, over: int) -> None:
        if self.unit.session_key(over) is not None:  # a request can only come over an association in use
            self.ask(spi_unit(procedure, spi), over)

    @rule(spi=SPIS)
    def start(self, spi: int) -> None:
        self.ask(spi_unit(Procedure.START_SA, spi, bytes(4)))

    @invariant()
    def there_is_always_a_way_in(self) -> None:
        assert any(self.unit.session_key(spi) is not None for spi in self.unit.associations)

    @invariant()
    def no_frame_goes_under_a_key_that_is_not_active_or_was_retired(self) -> None:
        for spi, one in self.unit.associations.items():
            key = self.unit.session_key(spi)
            if key is not None:
                assert one.key_id is not None
                assert self.unit.keys[one.key_id].state is KeyState.ACTIVE
                assert one.key_id >= 128

    @invariant()
    def the_master_key_stays(self) -> None:
        assert self.unit.keys[1].key == MASTER


TestSecurityModel = SecurityModel.TestCase
TestSecurityModel.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
