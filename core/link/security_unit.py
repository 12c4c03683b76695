"""The receiver's half of the SDLS extended procedures (CCSDS 355.1-B-1): keys, associations, and a log of what happened.

| key | becomes by | association | becomes by |
|---|---|---|---|
| pre-active | upload | unkeyed | expiry |
| active | activation, from pre-active | keyed | a key, from unkeyed; stop, from operational |
| deactivated | deactivation, from active | operational | start, from keyed, if its key is active |
| gone | destruction, from any but active | | |

What is refused changes nothing. A key never becomes active again, and the association over which a request came can be
neither stopped nor given another key: otherwise one wrong command would lock the operator out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from core.link.errors import FrameMalformed, ProcedureRefused
from core.link.procedure_units import (
    Procedure,
    ProcedureUnit,
    answer_challenge,
    key_ids,
    open_upload,
    pair_challenges,
    spi_of,
)

__all__ = ["AssociationRecord", "AssociationState", "KeyRecord", "KeyState", "SecurityEvent", "SecurityUnit"]

FIRST_SESSION_KEY: Final = 128  # ids below are master keys, which only encrypt keys
_LOG_CAPACITY: Final = 64
_CHANNEL_LENGTH: Final = 4
_IV_LENGTH: Final = 12


class KeyState(IntEnum):
    """As in the answer of an inventory (§6.2.7)."""

    PRE_ACTIVE = 0
    ACTIVE = 1
    DEACTIVATED = 2


class AssociationState(StrEnum):
    """Life of a security association (§6.3)."""

    UNKEYED = "unkeyed"
    KEYED = "keyed"
    OPERATIONAL = "operational"


class SecurityEvent(IntEnum):
    """What the log holds; codes are the mission's."""

    KEYS_UPLOADED = 1
    KEY_ACTIVATED = 2
    KEY_DEACTIVATED = 3
    KEY_DESTROYED = 4
    ASSOCIATION_STARTED = 5
    ASSOCIATION_STOPPED = 6
    ASSOCIATION_REKEYED = 7
    ASSOCIATION_EXPIRED = 8
    SEQUENCE_NUMBER_SET = 9
    REQUEST_REFUSED = 10
    FRAME_REFUSED = 11


@dataclass
class KeyRecord:
    """A key that is held."""

    key: bytes = field(repr=False)
    state: KeyState


@dataclass
class AssociationRecord:
    """What changes of a security association; its suite and layout are fixed with the mission."""

    state: AssociationState
    key_id: int | None = None
    sequence_number: int = 0  # the newest accepted
    last_transition: Procedure | None = None


@dataclass
class SecurityUnit:
    """Keys and associations of one spacecraft.

    Args:
        keys: By id; those below 128 are master keys.
        associations: By SPI.
        iv: Of the last answer to a challenge; counts on and is never used twice.
        log: Events with their value, the oldest first.
        alarm: Whether something was refused since it was last reset.
    """

    keys: dict[int, KeyRecord]
    associations: dict[int, AssociationRecord]
    iv: int = 0
    log: list[tuple[SecurityEvent, int]] = field(default_factory=list)
    alarm: bool = False

    def execute(self, unit: ProcedureUnit, over_spi: int) -> ProcedureUnit | None:
        """Carry out a request that came over an association; the answer, where the procedure has one.

        Raises:
            ProcedureRefused: Not allowed in the present state; nothing was changed but log and alarm.
            AuthenticationFailed: An upload that is not sealed as it should be.
            FrameMalformed: Its content cannot be read.
        """
        if unit.reply:
            raise FrameMalformed("an answer was sent where a request is expected")
        try:
            content = _PERFORMERS[unit.procedure](self, unit.content, over_spi)
        except ProcedureRefused:
            self.alarm = True
            self.note(SecurityEvent.REQUEST_REFUSED, unit.procedure)
            raise
        return None if content is None else ProcedureUnit(unit.procedure, content, reply=True)

    def note(self, event: SecurityEvent, value: int) -> None:
        """Add to the log; when it is full the newest is lost, so that the first sign of trouble stays."""
        if len(self.log) < _LOG_CAPACITY:
            self.log.append((event, value))

    def session_key(self, spi: int) -> bytes | None:
        """The key with which an association may be used now; None where it may not."""
        association = self.associations.get(spi)
        if association is None or association.state is not AssociationState.OPERATIONAL:
            return None
        record = self.keys.get(-1 if association.key_id is None else association.key_id)
        return record.key if record is not None and record.state is KeyState.ACTIVE else None

    # Keys

    def _upload(self, content: bytes, _spi: int) -> None:
        masters = {
            number: one.key
            for number, one in self.keys.items()
            if number < FIRST_SESSION_KEY and one.state is KeyState.ACTIVE
        }
        uploaded = open_upload(content, masters)
        for number in uploaded:
            if number < FIRST_SESSION_KEY:
                raise ProcedureRefused(f"key {number} is a master key, which cannot be uploaded", key_id=number)
            if number in self.keys:
                raise ProcedureRefused(f"key {number} is held already; destroy it first", key_id=number)
        for number, key in uploaded.items():
            self.keys[number] = KeyRecord(key, KeyState.PRE_ACTIVE)
        self.note(SecurityEvent.KEYS_UPLOADED, len(uploaded))

    def _activate(self, content: bytes, _spi: int) -> None:
        self._change_keys(content, KeyState.PRE_ACTIVE, KeyState.ACTIVE, SecurityEvent.KEY_ACTIVATED)

    def _deactivate(self, content: bytes, _spi: int) -> None:
        for number in key_ids(content):
            self._refuse_key_in_use(number)
        self._change_keys(content, KeyState.ACTIVE, KeyState.DEACTIVATED, SecurityEvent.KEY_DEACTIVATED)

    def _change_keys(self, content: bytes, before: KeyState, after: KeyState, event: SecurityEvent) -> None:
        ids = key_ids(content)
        for number in ids:
            record = self._key(number)
            if record.state is not before:
                raise ProcedureRefused(
                    f"key {number} is {record.state.name.lower()}, not {before.name.lower()}", key_id=number
                )
        for number in ids:
            self.keys[number].state = after
            self.note(event, number)

    def _destroy(self, content: bytes, _spi: int) -> None:
        ids = key_ids(content)
        for number in ids:
            self._refuse_key_in_use(number)
            if self._key(number).state is KeyState.ACTIVE:
                raise ProcedureRefused(f"key {number} is active; deactivate it first", key_id=number)
        for number in ids:
            del self.keys[number]
            self.note(SecurityEvent.KEY_DESTROYED, number)

    def _verify(self, content: bytes, _spi: int) -> bytes:
        answers = b""
        for number, challenge in pair_challenges(content).items():
            self.iv += 1
            answers += answer_challenge(number, self._key(number).key, self.iv.to_bytes(_IV_LENGTH, "big"), challenge)
        return answers

    def _inventory(self, content: bytes, _spi: int) -> bytes:
        if len(content) != 4:
            raise FrameMalformed(f"an inventory names a first and a last key in 4 octets, not {len(content)}")
        first, last = int.from_bytes(content[:2], "big"), int.from_bytes(content[2:], "big")
        held = [(number, one.state) for number, one in sorted(self.keys.items()) if first <= number <= last]
        return len(held).to_bytes(2, "big") + b"".join(
            number.to_bytes(2, "big") + bytes((state,)) for number, state in held
        )

    def _key(self, number: int) -> KeyRecord:
        record = self.keys.get(number)
        if record is None:
            raise ProcedureRefused(f"there is no key {number}", key_id=number)
        return record

    def _refuse_key_in_use(self, number: int) -> None:
        """A master key counts as in use: without it no new key could ever be uploaded."""
        if number < FIRST_SESSION_KEY:
            raise ProcedureRefused(f"key {number} is a master key and stays", key_id=number)
        using = [spi for spi, one in self.associations.items() if one.key_id == number]
        if using:
            raise ProcedureRefused(f"key {number} is in use by SPI {using[0]}", key_id=number, spi=using[0])

    # Associations

    def _rekey(self, content: bytes, over_spi: int) -> None:
        spi, more = spi_of(content)
        if len(more) != 2 + 4:
            raise FrameMalformed(f"a new key needs its id and a sequence number in 6 octets, not {len(more)}")
        association = self._association(spi, AssociationState.UNKEYED)
        number = int.from_bytes(more[:2], "big")
        self._key(number)
        if number < FIRST_SESSION_KEY:
            raise ProcedureRefused(f"key {number} is a master key, which protects no frames", key_id=number)
        association.state, association.key_id = AssociationState.KEYED, number
        association.sequence_number = int.from_bytes(more[2:], "big")
        self._changed(spi, association, Procedure.REKEY_SA, SecurityEvent.ASSOCIATION_REKEYED)

    def _start(self, content: bytes, _spi: int) -> None:
        spi, channels = spi_of(content)
        if not channels or len(channels) % _CHANNEL_LENGTH:
            raise FrameMalformed(f"{len(channels)} octets are no list of channels")
        association = self._association(spi, AssociationState.KEYED)
        record = self._key(-1 if association.key_id is None else association.key_id)
        if record.state is not KeyState.ACTIVE:
            raise ProcedureRefused(f"key {association.key_id} of SPI {spi} is not active", spi=spi)
        association.state = AssociationState.OPERATIONAL
        self._changed(spi, association, Procedure.START_SA, SecurityEvent.ASSOCIATION_STARTED)

    def _stop(self, content: bytes, over_spi: int) -> None:
        spi = self._only_spi(content)
        if spi == over_spi:
            raise ProcedureRefused(f"SPI {spi} carries this very request and cannot be stopped by it", spi=spi)
        association = self._association(spi, AssociationState.OPERATIONAL)
        association.state = AssociationState.KEYED
        self._changed(spi, association, Procedure.STOP_SA, SecurityEvent.ASSOCIATION_STOPPED)

    def _expire(self, content: bytes, _spi: int) -> None:
        spi = self._only_spi(content)
        association = self._association(spi, AssociationState.KEYED)
        association.state, association.key_id = AssociationState.UNKEYED, None
        self._changed(spi, association, Procedure.EXPIRE_SA, SecurityEvent.ASSOCIATION_EXPIRED)

    def _set_sequence_number(self, content: bytes, over_spi: int) -> None:
        """Only forward: a number set back would let recorded frames in again."""
        spi, more = spi_of(content)
        if len(more) != 4:
            raise FrameMalformed(f"a sequence number has 4 octets, not {len(more)}")
        association = self._known(spi)
        number = int.from_bytes(more, "big")
        if number < association.sequence_number:
            raise ProcedureRefused(
                f"sequence number {number} of SPI {spi} is below {association.sequence_number}; it only goes forward",
                spi=spi,
            )
        association.sequence_number = number
        self.note(SecurityEvent.SEQUENCE_NUMBER_SET, spi)

    def _read_sequence_number(self, content: bytes, _spi: int) -> bytes:
        spi = self._only_spi(content)
        return spi.to_bytes(2, "big") + self._known(spi).sequence_number.to_bytes(4, "big")

    def _status(self, content: bytes, _spi: int) -> bytes:
        spi = self._only_spi(content)
        last = self._known(spi).last_transition
        return spi.to_bytes(2, "big") + bytes((last & 0x0F if last is not None else 0,))

    def _only_spi(self, content: bytes) -> int:
        spi, more = spi_of(content)
        if more:
            raise FrameMalformed(f"{len(more)} octets follow the SPI, none may")
        return spi

    def _known(self, spi: int) -> AssociationRecord:
        if spi not in self.associations:
            raise ProcedureRefused(f"there is no SPI {spi}", spi=spi)
        return self.associations[spi]

    def _association(self, spi: int, needed: AssociationState) -> AssociationRecord:
        association = self._known(spi)
        if association.state is not needed:
            raise ProcedureRefused(f"SPI {spi} is {association.state}, not {needed}", spi=spi)
        return association

    def _changed(self, spi: int, association: AssociationRecord, by: Procedure, event: SecurityEvent) -> None:
        association.last_transition = by
        self.note(event, spi)

    # Monitoring and control

    def _ping(self, _content: bytes, _spi: int) -> bytes:
        return b""

    def _log_status(self, _content: bytes, _spi: int) -> bytes:
        return len(self.log).to_bytes(2, "big") + (_LOG_CAPACITY - len(self.log)).to_bytes(2, "big")

    def _dump_log(self, _content: bytes, _spi: int) -> bytes:
        """Tag, length of the value in octets, value: of each event."""
        return b"".join(bytes((event,)) + b"\0\2" + (value & 0xFFFF).to_bytes(2, "big") for event, value in self.log)

    def _erase_log(self, content: bytes, spi: int) -> bytes:
        self.log.clear()
        return self._log_status(content, spi)

    def _self_test(self, _content: bytes, _spi: int) -> bytes:
        """One known answer of AES-256-GCM (NIST GCM test case 13: zero key, zero IV, no data); 0 says that it is right."""
        answer = answer_challenge(0, bytes(32), bytes(_IV_LENGTH), b"")
        return bytes((answer[2 + _IV_LENGTH :] != bytes.fromhex("530f8afbc74536b9a963b4f1c4cb738b"),))

    def _reset_alarm(self, _content: bytes, _spi: int) -> None:
        self.alarm = False


_PERFORMERS: Final[Mapping[Procedure, Callable[[SecurityUnit, bytes, int], bytes | None]]] = {
    Procedure.OTAR: SecurityUnit._upload,
    Procedure.KEY_ACTIVATION: SecurityUnit._activate,
    Procedure.KEY_DEACTIVATION: SecurityUnit._deactivate,
    Procedure.KEY_VERIFICATION: SecurityUnit._verify,
    Procedure.KEY_DESTRUCTION: SecurityUnit._destroy,
    Procedure.KEY_INVENTORY: SecurityUnit._inventory,
    Procedure.REKEY_SA: SecurityUnit._rekey,
    Procedure.START_SA: SecurityUnit._start,
    Procedure.STOP_SA: SecurityUnit._stop,
    Procedure.EXPIRE_SA: SecurityUnit._expire,
    Procedure.SET_ARSN: SecurityUnit._set_sequence_number,
    Procedure.READ_ARSN: SecurityUnit._read_sequence_number,
    Procedure.SA_STATUS: SecurityUnit._status,
    Procedure.PING: SecurityUnit._ping,
    Procedure.LOG_STATUS: SecurityUnit._log_status,
    Procedure.DUMP_LOG: SecurityUnit._dump_log,
    Procedure.ERASE_LOG: SecurityUnit._erase_log,
    Procedure.SELF_TEST: SecurityUnit._self_test,
    Procedure.ALARM_FLAG_RESET: SecurityUnit._reset_alarm,
}
