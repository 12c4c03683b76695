"""The link keys that a spacecraft and its control centre share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from core.errors import InputError
from core.link.sdls import SecurityAssociation

__all__ = ["LinkKeys", "SpacecraftLinkKeys", "new_link_keys", "read_link_keys", "write_secret_file"]

_TC_SPI: Final = 1
_TM_SPI: Final = 2
HexKey = Annotated[SecretStr, Field(min_length=64, max_length=64)]


class SpacecraftLinkKeys(BaseModel):
    """AES-256 keys of one spacecraft, one per direction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scid: Annotated[int, Field(ge=0, le=1023)]
    tc_key: HexKey
    tm_key: HexKey

    def tc_association(self) -> SecurityAssociation:
        """Protection of telecommands: every header bit authenticated, 32-bit sequence number."""
        return SecurityAssociation(_TC_SPI, bytes.fromhex(self.tc_key.get_secret_value()))

    def tm_association(self) -> SecurityAssociation:
        """Protection of telemetry; the IV is the frame counter and serves as sequence number."""
        return SecurityAssociation(_TM_SPI, bytes.fromhex(self.tm_key.get_secret_value()), sequence_length=0)


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
                }
                for satellite, keys in self.spacecraft.items()
            }
        }


def new_link_keys(scid: int) -> SpacecraftLinkKeys:
    """Fresh random keys."""
    return SpacecraftLinkKeys(scid=scid, tc_key=SecretStr(os.urandom(32).hex()), tm_key=SecretStr(os.urandom(32).hex()))


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
