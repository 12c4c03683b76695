"""The link keys that a spacecraft and its control centre share."""

from __future__ import annotations

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from core.errors import InputError
from core.link.sdls import SecurityAssociation

__all__ = [
    "MASTER_KEY_ID",
    "SPARE_TC_SPI",
    "TC_KEY_ID",
    "TC_SPI",
    "TM_KEY_ID",
    "TM_SPI",
    "KeyRollover",
    "LinkKeys",
    "RolloverState",
    "SpacecraftLinkKeys",
    "TelecommandKey",
    "new_link_keys",
    "read_link_keys",
    "tc_association",
]

TC_SPI: Final = 1
TM_SPI: Final = 2
SPARE_TC_SPI: Final = 3  # telecommands move here while the keys of the first association are changed
MASTER_KEY_ID: Final = 1
TC_KEY_ID: Final = 129
TM_KEY_ID: Final = 130
HexKey = Annotated[SecretStr, Field(min_length=64, max_length=64)]


class RolloverState(StrEnum):
    """How far a change of the telecommand key has come on the ground."""

    PREPARED = "prepared"  # the new key is kept; telecommands go over the old one
    PROVED = "proved"  # the spacecraft has shown that it holds the new key
    SWITCHED = "switched"  # telecommands go over the new one; the old one is kept until it is gone on board


class TelecommandKey(BaseModel):
    """A key of telecommands, its id on board, and the association that it belongs to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: HexKey
    key_id: Annotated[int, Field(ge=128, le=0xFFFF)]
    spi: Literal[1, 3]


class KeyRollover(BaseModel):
    """A change of the telecommand key that has begun: ``other`` is the new key, and after the switch the old one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack_id: str
    state: RolloverState = RolloverState.PREPARED
    other: TelecommandKey
    challenge: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    master_iv: Annotated[int, Field(ge=1, lt=1 << 96)]


class SpacecraftLinkKeys(BaseModel):
    """AES-256 keys of one spacecraft, one per direction, and the master key under which new ones are uploaded.

    ``tc_spi`` is the association that telecommands go over; a file from before master keys has none. ``last_key_id`` is
    the highest id that was ever given to a key, ``master_iv`` the last IV that was ever taken under the master key:
    both only count on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scid: Annotated[int, Field(ge=0, le=1023)]
    tc_key: HexKey
    tm_key: HexKey
    master_key: HexKey | None = None
    tc_spi: Literal[1, 3] = 1
    tc_key_id: Annotated[int, Field(ge=128, le=0xFFFF)] = TC_KEY_ID
    last_key_id: Annotated[int, Field(ge=128, le=0xFFFF)] = TM_KEY_ID
    master_iv: Annotated[int, Field(ge=0, lt=1 << 96)] = 0
    rollover: KeyRollover | None = None

    @property
    def telecommand_key(self) -> TelecommandKey:
        """What telecommands go over now."""
        return TelecommandKey(key=self.tc_key, key_id=self.tc_key_id, spi=self.tc_spi)

    def tc_association(self) -> SecurityAssociation:
        """Protection of telecommands: every header bit authenticated, 32-bit sequence number."""
        return tc_association(self.tc_spi, bytes.fromhex(self.tc_key.get_secret_value()))

    def tm_association(self) -> SecurityAssociation:
        """Protection of telemetry; the IV is the frame counter and serves as sequence number."""
        return SecurityAssociation(TM_SPI, bytes.fromhex(self.tm_key.get_secret_value()), sequence_length=0)


class LinkKeys(BaseModel):
    """Keys of every spacecraft of a mission, by satellite id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    spacecraft: dict[str, SpacecraftLinkKeys]

    def dump(self) -> dict[str, object]:
        """The plain content for a key file."""
        return {"spacecraft": {satellite: _plain(keys) for satellite, keys in self.spacecraft.items()}}


def new_link_keys(scid: int) -> SpacecraftLinkKeys:
    """Fresh random keys."""
    tc_key, tm_key, master_key = (SecretStr(os.urandom(32).hex()) for _ in range(3))
    return SpacecraftLinkKeys(scid=scid, tc_key=tc_key, tm_key=tm_key, master_key=master_key)


def _plain(part: BaseModel) -> dict[str, object]:
    """A part of the file with its secrets, what has no value left out."""
    plain: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            plain[name] = _plain(value)
        elif value is not None:
            plain[name] = value.get_secret_value() if isinstance(value, SecretStr) else value
    return plain


def tc_association(spi: int, key: bytes) -> SecurityAssociation:
    """An association for telecommands: every header bit authenticated, a sequence number of 32 bits."""
    return SecurityAssociation(spi, key)


def read_link_keys(path: Path) -> LinkKeys:
    """The keys in a file.

    Raises:
        InputError: No such file, or it is not a key file; the keys are not in the message.
    """
    try:
        return LinkKeys.model_validate(json.loads(path.read_text()))
    except (OSError, ValueError, ValidationError) as error:
        raise InputError("keys", f"{path} is not a readable key file ({type(error).__name__})") from None
