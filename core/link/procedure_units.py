"""Units of the SDLS extended procedures (CCSDS 355.1-B-1 §5): what is asked of a security unit, and what it answers.

A unit is a tag octet (reply flag, user flag, service group, procedure), the length of its content in bits, and the content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.link.errors import AuthenticationFailed, FrameMalformed

__all__ = [
    "KEY_LENGTH",
    "Procedure",
    "ProcedureUnit",
    "answer_challenge",
    "check_answers",
    "decode_unit",
    "encode_unit",
    "key_ids",
    "key_list",
    "open_upload",
    "pair_challenges",
    "seal_upload",
    "spi_of",
    "spi_unit",
]

KEY_LENGTH: Final = 32  # AES-256, CCSDS 352.0-B-2
_HEADER_LENGTH: Final = 3
_REPLY: Final = 0x80
_USER: Final = 0x40
_KEY_ID_LENGTH: Final = 2
_SPI_LENGTH: Final = 2
_IV_LENGTH: Final = 12
_MAC_LENGTH: Final = 16
_CHALLENGE_LENGTH: Final = 16
_ANSWER_LENGTH: Final = _KEY_ID_LENGTH + _IV_LENGTH + _CHALLENGE_LENGTH + _MAC_LENGTH
_LARGEST_CONTENT: Final = 0xFFFF // 8


class Procedure(IntEnum):
    """Service group (two bits) and procedure (four bits), as in the tag."""

    OTAR = 0x01
    KEY_ACTIVATION = 0x02
    KEY_DEACTIVATION = 0x03
    KEY_VERIFICATION = 0x04
    KEY_DESTRUCTION = 0x06
    KEY_INVENTORY = 0x07
    READ_ARSN = 0x10
    REKEY_SA = 0x16
    EXPIRE_SA = 0x19
    SET_ARSN = 0x1A
    START_SA = 0x1B
    STOP_SA = 0x1E
    SA_STATUS = 0x1F
    PING = 0x31
    LOG_STATUS = 0x32
    DUMP_LOG = 0x33
    ERASE_LOG = 0x34
    SELF_TEST = 0x35
    ALARM_FLAG_RESET = 0x37


@dataclass(frozen=True)
class ProcedureUnit:
    """A unit, asking or answering."""

    procedure: Procedure
    content: bytes = b""
    reply: bool = False


def encode_unit(unit: ProcedureUnit) -> bytes:
    """The unit's octets."""
    if len(unit.content) > _LARGEST_CONTENT:
        raise FrameMalformed(f"a procedure's content of {len(unit.content)} octets exceeds {_LARGEST_CONTENT}")
    tag = unit.procedure | (_REPLY if unit.reply else 0)
    return bytes((tag,)) + (8 * len(unit.content)).to_bytes(2, "big") + unit.content


def decode_unit(raw: bytes) -> ProcedureUnit:
    """The unit that some octets are.

    Raises:
        FrameMalformed: Cut off, longer than announced, or no procedure that is known here.
    """
    if len(raw) < _HEADER_LENGTH:
        raise FrameMalformed(f"{len(raw)} octets hold no header of a procedure")
    tag, bits = raw[0], int.from_bytes(raw[1:3], "big")
    content = raw[_HEADER_LENGTH:]
    if tag & _USER or tag & 0x3F not in set(Procedure):
        raise FrameMalformed(f"tag {tag:#04x} is no procedure that is known here")
    if bits != 8 * len(content):
        raise FrameMalformed(f"the header announces {bits} bits, there are {8 * len(content)}")
    return ProcedureUnit(Procedure(tag & 0x3F), content, bool(tag & _REPLY))


def key_list(procedure: Procedure, ids: Sequence[int]) -> ProcedureUnit:
    """Activation, deactivation or destruction of keys."""
    return ProcedureUnit(procedure, b"".join(one.to_bytes(_KEY_ID_LENGTH, "big") for one in ids))


def key_ids(content: bytes) -> tuple[int, ...]:
    """The key ids of a list, of which there is at least one, each once."""
    if not content or len(content) % _KEY_ID_LENGTH:
        raise FrameMalformed(f"{len(content)} octets are no list of key ids")
    ids = tuple(
        int.from_bytes(content[at : at + _KEY_ID_LENGTH], "big") for at in range(0, len(content), _KEY_ID_LENGTH)
    )
    if len(set(ids)) < len(ids):
        raise FrameMalformed(f"a key is named twice in {list(ids)}")
    return ids


def spi_unit(procedure: Procedure, spi: int, more: bytes = b"") -> ProcedureUnit:
    """A procedure about one security association."""
    return ProcedureUnit(procedure, spi.to_bytes(_SPI_LENGTH, "big") + more)


def spi_of(content: bytes) -> tuple[int, bytes]:
    """The association that a procedure is about, and what follows."""
    if len(content) < _SPI_LENGTH:
        raise FrameMalformed(f"{len(content)} octets hold no SPI")
    return int.from_bytes(content[:_SPI_LENGTH], "big"), content[_SPI_LENGTH:]


def seal_upload(master_id: int, master_key: bytes, iv: bytes, keys: dict[int, bytes]) -> ProcedureUnit:
    """New keys for upload (over-the-air rekeying), sealed under a master key with an IV that it never had before."""
    if len(iv) != _IV_LENGTH or any(len(one) != KEY_LENGTH for one in keys.values()):
        raise FrameMalformed(f"an upload needs an IV of {_IV_LENGTH} octets and keys of {KEY_LENGTH}")
    block = b"".join(number.to_bytes(_KEY_ID_LENGTH, "big") + key for number, key in keys.items())
    sealed = AESGCM(master_key).encrypt(iv, block, None)
    return ProcedureUnit(Procedure.OTAR, master_id.to_bytes(_KEY_ID_LENGTH, "big") + iv + sealed)


def open_upload(content: bytes, master_keys: dict[int, bytes]) -> dict[int, bytes]:
    """The keys of an upload, by id.

    Raises:
        AuthenticationFailed: Not sealed under an active master key.
        FrameMalformed: No whole number of keys, or one twice.
    """
    size = len(content) - _KEY_ID_LENGTH - _IV_LENGTH - _MAC_LENGTH
    one_key = _KEY_ID_LENGTH + KEY_LENGTH
    if size <= 0 or size % one_key:
        raise FrameMalformed(f"{len(content)} octets are no upload of keys")
    master_id, iv = int.from_bytes(content[:_KEY_ID_LENGTH], "big"), content[_KEY_ID_LENGTH:][:_IV_LENGTH]
    if master_id not in master_keys:
        raise AuthenticationFailed(f"key {master_id} is no active master key", key_id=master_id)
    try:
        block = AESGCM(master_keys[master_id]).decrypt(iv, content[_KEY_ID_LENGTH + _IV_LENGTH :], None)
    except InvalidTag:
        raise AuthenticationFailed(f"the upload is not sealed under master key {master_id}", key_id=master_id) from None
    keys: dict[int, bytes] = {}
    for at in range(0, len(block), one_key):
        number = int.from_bytes(block[at : at + _KEY_ID_LENGTH], "big")
        if number in keys:
            raise FrameMalformed(f"key {number} is uploaded twice")
        keys[number] = block[at + _KEY_ID_LENGTH : at + one_key]
    return keys


def pair_challenges(content: bytes) -> dict[int, bytes]:
    """Key ids with the challenge for each, of a request for verification."""
    one = _KEY_ID_LENGTH + _CHALLENGE_LENGTH
    if not content or len(content) % one:
        raise FrameMalformed(f"{len(content)} octets are no challenges for keys")
    return {
        int.from_bytes(content[at : at + _KEY_ID_LENGTH], "big"): content[at + _KEY_ID_LENGTH : at + one]
        for at in range(0, len(content), one)
    }


def answer_challenge(key_id: int, key: bytes, iv: bytes, challenge: bytes) -> bytes:
    """Proof that a key is held: the challenge, encrypted and authenticated."""
    return key_id.to_bytes(_KEY_ID_LENGTH, "big") + iv + AESGCM(key).encrypt(iv, challenge, None)


def check_answers(content: bytes, keys: dict[int, bytes], challenges: dict[int, bytes]) -> tuple[int, ...]:
    """The keys that the answers prove to be held; those asked for and missing here are not proved.

    Raises:
        FrameMalformed: No whole number of answers.
    """
    if len(content) % _ANSWER_LENGTH:
        raise FrameMalformed(f"{len(content)} octets are no answers to challenges")
    proved = []
    for at in range(0, len(content), _ANSWER_LENGTH):
        answer = content[at : at + _ANSWER_LENGTH]
        number = int.from_bytes(answer[:_KEY_ID_LENGTH], "big")
        iv, sealed = answer[_KEY_ID_LENGTH:][:_IV_LENGTH], answer[_KEY_ID_LENGTH + _IV_LENGTH :]
        try:
            opened = AESGCM(keys[number]).decrypt(iv, sealed, None) if number in keys else None
        except InvalidTag:
            opened = None
        if opened is not None and opened == challenges.get(number):
            proved.append(number)
    return tuple(proved)
