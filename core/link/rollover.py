"""A change of the telecommand key as the ground keeps it: what is written down before, between and after its procedures.

prepared -> proved -> switched -> finished, and from prepared or proved: abandoned. Each step gives the whole new content
of the key file; whoever calls stores it before anything is sent, so that after a crash telecommands go over what the
file names and no key is lost. Ids of keys and IVs of the master key are never used twice, also not after an abandonment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from pydantic import SecretStr

from core.errors import Conflict
from core.link.errors import FrameMalformed
from core.link.keys import (
    MASTER_KEY_ID,
    SPARE_TC_SPI,
    TC_SPI,
    KeyRollover,
    RolloverState,
    SpacecraftLinkKeys,
    TelecommandKey,
)
from core.link.procedure_units import (
    KEY_LENGTH,
    Procedure,
    ProcedureUnit,
    check_answers,
    key_list,
    seal_upload,
    spi_unit,
)

__all__ = [
    "GROUND_ACTIONS",
    "GroundAction",
    "abandon_rollover",
    "answers_challenge",
    "finish_rollover",
    "prepare_rollover",
    "prove_rollover",
    "revert_rollover",
    "rollover_units",
    "switch_rollover",
]

_ARSN: Final = bytes(4)  # a new key begins to count at 1
_CHANNELS: Final = bytes(4)  # the one virtual channel and MAP of telecommands
_IV_LENGTH: Final = 12
_LARGEST_KEY_ID: Final = 0xFFFF


def prepare_rollover(keys: SpacecraftLinkKeys, stack_id: str, new_key: bytes, challenge: bytes) -> SpacecraftLinkKeys:
    """Keep a new key for the association that is free; its id and the IV of its upload count as used from now on.

    Raises:
        Conflict: Another change has begun, or there is no master key, or no key id is left.
    """
    if keys.rollover is not None:
        raise Conflict(
            f"a change of keys has begun: {keys.rollover.stack_id} is {keys.rollover.state}", code="rollover-begun"
        )
    if keys.master_key is None:
        raise Conflict("there is no master key, under which a new key could be uploaded", code="no-master-key")
    if keys.last_key_id >= _LARGEST_KEY_ID:
        raise Conflict(f"no key id after {keys.last_key_id} is left", code="no-key-id")
    if len(new_key) != KEY_LENGTH:
        raise FrameMalformed(f"a key has {KEY_LENGTH} octets, not {len(new_key)}")
    key_id, master_iv = keys.last_key_id + 1, keys.master_iv + 1
    other = TelecommandKey(
        key=SecretStr(new_key.hex()), key_id=key_id, spi=SPARE_TC_SPI if keys.tc_spi == TC_SPI else TC_SPI
    )
    begun = KeyRollover(stack_id=stack_id, other=other, challenge=challenge.hex(), master_iv=master_iv)
    return keys.model_copy(update={"last_key_id": key_id, "master_iv": master_iv, "rollover": begun})


def rollover_units(keys: SpacecraftLinkKeys) -> dict[str, ProcedureUnit]:
    """The procedures of a prepared change by name, in their order; the same again for the same preparation.

    Raises:
        Conflict: None is prepared.
    """
    begun = _begun(keys, RolloverState.PREPARED)
    if keys.master_key is None:
        raise Conflict("there is no master key, under which a new key could be uploaded", code="no-master-key")
    new, old = begun.other, keys.telecommand_key
    master, iv = bytes.fromhex(keys.master_key.get_secret_value()), begun.master_iv.to_bytes(_IV_LENGTH, "big")
    new_id = new.key_id.to_bytes(2, "big")
    return {
        "upload": seal_upload(MASTER_KEY_ID, master, iv, {new.key_id: bytes.fromhex(new.key.get_secret_value())}),
        "verify": ProcedureUnit(Procedure.KEY_VERIFICATION, new_id + bytes.fromhex(begun.challenge)),
        "activate": key_list(Procedure.KEY_ACTIVATION, [new.key_id]),
        "rekey": spi_unit(Procedure.REKEY_SA, new.spi, new_id + _ARSN),
        "start": spi_unit(Procedure.START_SA, new.spi, _CHANNELS),
        "ping": ProcedureUnit(Procedure.PING),
        "stop": spi_unit(Procedure.STOP_SA, old.spi),
        "expire": spi_unit(Procedure.EXPIRE_SA, old.spi),
        "deactivate": key_list(Procedure.KEY_DEACTIVATION, [old.key_id]),
        "destroy": key_list(Procedure.KEY_DESTRUCTION, [old.key_id]),
    }


def answers_challenge(keys: SpacecraftLinkKeys, unit: ProcedureUnit) -> bool | None:
    """Whether a unit from the spacecraft proves that it holds the new key; None where it is about something else."""
    begun = keys.rollover
    if begun is None or unit.procedure is not Procedure.KEY_VERIFICATION or not unit.reply:
        return None
    wanted, key = begun.other.key_id, bytes.fromhex(begun.other.key.get_secret_value())
    if unit.content[:2] != wanted.to_bytes(2, "big"):
        return None  # an answer of an earlier change
    try:
        return wanted in check_answers(unit.content, {wanted: key}, {wanted: bytes.fromhex(begun.challenge)})
    except FrameMalformed:
        return False


def prove_rollover(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
    """Note that the spacecraft has proved the new key; noting it twice changes nothing."""
    return _moved(keys, _begun(keys, RolloverState.PREPARED, RolloverState.PROVED), RolloverState.PROVED)


def switch_rollover(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
    """From now on telecommands go over the new key; switching twice changes nothing.

    Raises:
        Conflict: The spacecraft has not proved that it holds the new key.
    """
    begun = _begun(keys, RolloverState.PROVED, RolloverState.SWITCHED)
    return keys if begun.state is RolloverState.SWITCHED else _exchanged(keys, begun, RolloverState.SWITCHED)


def revert_rollover(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
    """Back to the old key, which the spacecraft still accepts: it is stopped only over the new one."""
    begun = _begun(keys, RolloverState.PREPARED, RolloverState.PROVED, RolloverState.SWITCHED)
    return _exchanged(keys, begun, RolloverState.PROVED) if begun.state is RolloverState.SWITCHED else keys


def finish_rollover(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
    """Forget the old key, after it is gone on board; finishing twice changes nothing."""
    if keys.rollover is None:
        return keys
    _begun(keys, RolloverState.SWITCHED)
    return keys.model_copy(update={"rollover": None})


def abandon_rollover(keys: SpacecraftLinkKeys) -> SpacecraftLinkKeys:
    """Forget the new key before any telecommand went over it; its id and its IV stay used.

    Raises:
        Conflict: None has begun, or telecommands go over the new key already.
    """
    _begun(keys, RolloverState.PREPARED, RolloverState.PROVED)
    return keys.model_copy(update={"rollover": None})


def _begun(keys: SpacecraftLinkKeys, *states: RolloverState) -> KeyRollover:
    begun = keys.rollover
    if begun is None:
        raise Conflict("no change of keys has begun", code="rollover-state")
    if begun.state not in states:
        raise Conflict(
            f"the change of keys of {begun.stack_id} is {begun.state}; for this it has to be {' or '.join(states)}",
            code="rollover-state",
        )
    return begun


def _moved(keys: SpacecraftLinkKeys, begun: KeyRollover, state: RolloverState) -> SpacecraftLinkKeys:
    return keys.model_copy(update={"rollover": begun.model_copy(update={"state": state})})


def _exchanged(keys: SpacecraftLinkKeys, begun: KeyRollover, state: RolloverState) -> SpacecraftLinkKeys:
    """The key in use and the other one change places."""
    before, after = keys.telecommand_key, begun.other
    moved = begun.model_copy(update={"state": state, "other": before})
    return keys.model_copy(
        update={"tc_key": after.key, "tc_key_id": after.key_id, "tc_spi": after.spi, "rollover": moved}
    )


class GroundAction(StrEnum):
    """What a stack does to the key file between its telecommands."""

    PROVE = "prove"
    SWITCH = "switch"
    REVERT = "revert"
    FINISH = "finish"


GROUND_ACTIONS: Final[Mapping[GroundAction, Callable[[SpacecraftLinkKeys], SpacecraftLinkKeys]]] = {
    GroundAction.PROVE: prove_rollover,
    GroundAction.SWITCH: switch_rollover,
    GroundAction.REVERT: revert_rollover,
    GroundAction.FINISH: finish_rollover,
}
