"""The link keys that a spacecraft and its control centre share."""

from __future__ import annotations

import json
import os
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
    "LinkKeys",
    "SpacecraftLinkKeys",
    "new_link_keys",
    "read_link_keys",
    "tc_association",
    "write_secret_file",
]

TC_SPI: Final = 1
TM_SPI: Final = 2
SPARE_TC_SPI: Final = 3  # telecommands move here while the keys of the first association are changed
MASTER_KEY_ID: Final = 1
TC_KEY_ID: Final = 129
TM_KEY_ID: Final = 130
HexKey = Annotated[SecretStr, Field(min_length=64, max_length=64)]


class SpacecraftLinkKeys(BaseModel):
    """AES-256 keys of one spacecraft, one per direction, and the master key under which new ones are uploaded.

    ``tc_spi`` is the association that telecommands go over; a file from before master keys has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scid: Annotated[int, Field(ge=0, le=1023)]
    tc_key: HexKey
    tm_key: HexKey
    master_key: HexKey | None = None
    tc_spi: Literal[1, 3] = 1

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
        return {
            "spacecraft": {
                satellite: {
                    "scid": keys.scid,
                    "tc_key": keys.tc_key.get_secret_value(),
                    "tm_key": keys.tm_key.get_secret_value(),
                    "tc_spi": keys.tc_spi,
                }
                | ({} if keys.master_key is None else {"master_key": keys.master_key.get_secret_value()})
                for satellite, keys in self.spacecraft.items()
            }
        }


def new_link_keys(scid: int) -> SpacecraftLinkKeys:
    """Fresh random keys."""
    tc_key, tm_key, master_key = (SecretStr(os.urandom(32).hex()) for _ in range(3))
    return SpacecraftLinkKeys(scid=scid, tc_key=tc_key, tm_key=tm_key, master_key=master_key)


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


def write_secret_file(path: Path, content: str) -> None:
    """Write a file that only its owner may read; it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
