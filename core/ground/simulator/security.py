"""The security unit of a simulated spacecraft: opens frames over the association that they name, and carries out procedures."""

from __future__ import annotations

from core.ground.simulator.state import AssociationMemory, KeyMemory, OnboardState, SecurityMemory
from core.link import AntiReplay, SpacecraftLinkKeys, unprotect
from core.link.errors import SecurityUnknown
from core.link.keys import MASTER_KEY_ID, SPARE_TC_SPI, TC_SPI, TM_KEY_ID, TM_SPI, tc_association
from core.link.procedure_units import Procedure, ProcedureUnit
from core.link.sdls import SPI_LENGTH, Unprotected
from core.link.security_unit import (
    AssociationRecord,
    AssociationState,
    KeyRecord,
    KeyState,
    SecurityEvent,
    SecurityUnit,
)

__all__ = ["OnboardSecurity"]

_TELECOMMAND_SPIS = (TC_SPI, SPARE_TC_SPI)


class OnboardSecurity:
    """Keys and associations on board, stored with the spacecraft's state.

    Args:
        keys: As the mission delivered them.
        state: The spacecraft's memory.
    """

    def __init__(self, keys: SpacecraftLinkKeys, state: OnboardState) -> None:
        self._state = state
        self._unit = _restored(state.security) if state.security is not None else _delivered(keys, state)
        self._over_spi = TC_SPI

    def open(self, content: bytes, header_length: int) -> Unprotected:
        """The content of a telecommand frame, over an association that is operational.

        Raises:
            SecurityUnknown: No such association, or it is not in use.
            AuthenticationFailed: Its MAC does not match.
        """
        spi = int.from_bytes(content[header_length : header_length + SPI_LENGTH], "big")
        key = self._unit.session_key(spi) if spi in _TELECOMMAND_SPIS else None
        if key is None:
            raise SecurityUnknown(f"SPI {spi} is not in use for telecommands", spi=spi)
        opened = unprotect(tc_association(spi, key), content, header_length)
        self._over_spi = spi
        return opened

    def accept(self, sequence_number: int) -> None:
        """Remember the number of the frame that was opened last; ReplayRefused where it is not new."""
        association = self._unit.associations[self._over_spi]
        replay = AntiReplay(association.sequence_number)
        replay.accept(sequence_number)
        association.sequence_number = replay.last
        if self._over_spi == TC_SPI:
            self._state.last_sequence_number = replay.last
        self._store()

    def execute(self, unit: ProcedureUnit) -> ProcedureUnit | None:
        """Carry out a procedure that came in the frame that was opened last."""
        try:
            return self._unit.execute(unit, self._over_spi)
        finally:
            self._store(always=True)

    def refuse_frame(self) -> None:
        """Note a frame that did not verify."""
        self._unit.alarm = True
        self._unit.note(SecurityEvent.FRAME_REFUSED, 0)
        self._store(always=True)

    def _store(self, always: bool = False) -> None:
        unit = self._unit
        if not always and self._state.security is None:
            return  # nothing but the sequence number has changed, which is stored by itself
        self._state.security = SecurityMemory(
            keys={number: KeyMemory(key_hex=one.key.hex(), state=one.state) for number, one in unit.keys.items()},
            associations={
                spi: AssociationMemory(
                    state=one.state,
                    key_id=one.key_id,
                    sequence_number=one.sequence_number,
                    last_transition=one.last_transition,
                )
                for spi, one in unit.associations.items()
            },
            iv=unit.iv,
            log=[(int(event), value) for event, value in unit.log],
            alarm=unit.alarm,
        )


def _delivered(keys: SpacecraftLinkKeys, state: OnboardState) -> SecurityUnit:
    """As at launch: one association for telecommands, one for telemetry, a spare one without a key."""
    held = {
        keys.tc_key_id: KeyRecord(bytes.fromhex(keys.tc_key.get_secret_value()), KeyState.ACTIVE),
        TM_KEY_ID: KeyRecord(bytes.fromhex(keys.tm_key.get_secret_value()), KeyState.ACTIVE),
    }
    if keys.master_key is not None:
        held[MASTER_KEY_ID] = KeyRecord(bytes.fromhex(keys.master_key.get_secret_value()), KeyState.ACTIVE)
    associations = {spi: AssociationRecord(AssociationState.UNKEYED) for spi in _TELECOMMAND_SPIS} | {
        keys.tc_spi: AssociationRecord(AssociationState.OPERATIONAL, keys.tc_key_id, state.last_sequence_number),
        TM_SPI: AssociationRecord(AssociationState.OPERATIONAL, TM_KEY_ID),
    }
    return SecurityUnit(held, associations)


def _restored(memory: SecurityMemory) -> SecurityUnit:
    return SecurityUnit(
        keys={
            number: KeyRecord(bytes.fromhex(one.key_hex), KeyState(one.state)) for number, one in memory.keys.items()
        },
        associations={
            spi: AssociationRecord(
                AssociationState(one.state),
                one.key_id,
                one.sequence_number,
                None if one.last_transition is None else Procedure(one.last_transition),
            )
            for spi, one in memory.associations.items()
        },
        iv=memory.iv,
        log=[(SecurityEvent(event), value) for event, value in memory.log],
        alarm=memory.alarm,
    )
