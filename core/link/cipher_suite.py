"""What a security association does with a frame: the algorithms of CCSDS 352.0-B-2, and others that missions fly.

A suite seals a data field under a key, and opens it again. All cryptography is pyca/cryptography's; this module only says
which parts of a frame go where.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hmac import HMAC

__all__ = [
    "AES_256_CBC",
    "AES_256_CMAC",
    "AES_256_GCM",
    "AES_256_GCM_SIV",
    "AES_256_GCM_UNAUTHENTICATED",
    "AES_256_GMAC",
    "CLEAR",
    "HMAC_SHA_256",
    "HMAC_SHA_512",
    "SUITES",
    "CipherSuite",
    "Keyed",
    "MacMismatch",
]

_AES_BLOCK: Final = 16
_AES_KEY: Final = 32
_TAG_LENGTH: Final = 16
Octets = bytes | memoryview
_MINIMUM_MAC: Final = 8  # 64 bits, the least that 352.0-B-2 §4.2 allows for a truncated MAC


class MacMismatch(Exception):
    """The MAC is not that of the content; the caller knows the frame and raises AuthenticationFailed."""


class Keyed:
    """A suite with a key; the base of all leaves the data as it is and has no MAC.

    ``associated`` are the octets before the data field, under the authentication mask.
    """

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        """The protected data field, and its MAC before it is cut to length."""
        return data, b""

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        """The data of a protected field; MacMismatch where the MAC is wrong."""
        return data

    def open_into(self, iv: Octets, associated: Octets, sealed: Octets, mac_length: int, out: memoryview) -> None:
        """As ``open``, of a field with its MAC behind it, into a buffer of the data's length."""
        end = len(sealed) - mac_length
        out[:] = self.open(bytes(iv), bytes(associated), bytes(sealed[:end]), bytes(sealed[end:]))


class _AesGcm(Keyed):
    def __init__(self, key: bytes) -> None:
        self._cipher: AESGCM | AESGCMSIV = AESGCM(key)

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        sealed = self._cipher.encrypt(iv, data, associated)
        return sealed[:-_TAG_LENGTH], sealed[-_TAG_LENGTH:]

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        try:
            return self._cipher.decrypt(iv, data + mac, associated)
        except InvalidTag:
            raise MacMismatch from None

    def open_into(self, iv: Octets, associated: Octets, sealed: Octets, mac_length: int, out: memoryview) -> None:
        try:
            self._cipher.decrypt_into(iv, sealed, associated, out)
        except InvalidTag:
            raise MacMismatch from None


class _AesGcmSiv(_AesGcm):
    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCMSIV(key)


class _AesGmac(_AesGcm):
    open_into = Keyed.open_into  # the field is not encrypted, so there is nothing to decrypt in place

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        return data, self._cipher.encrypt(iv, b"", associated + data)

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        super().open(iv, associated + data, b"", mac)
        return data


class _AesGcmUnauthenticated(Keyed):
    def __init__(self, key: bytes) -> None:
        self._key = algorithms.AES256(key)

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        return Cipher(self._key, modes.GCM(iv)).encryptor().update(data), b""

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        return Cipher(self._key, modes.GCM(iv)).decryptor().update(data)


class _AesCbc(Keyed):
    def __init__(self, key: bytes) -> None:
        self._key = algorithms.AES256(key)

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        return Cipher(self._key, modes.CBC(iv)).encryptor().update(data), b""

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        return Cipher(self._key, modes.CBC(iv)).decryptor().update(data)


class _Mac(Keyed):
    """Authentication alone, by a function of everything before the MAC."""

    def __init__(self, of: Callable[[bytes], bytes]) -> None:
        self._of = of

    def seal(self, iv: bytes, associated: bytes, data: bytes) -> tuple[bytes, bytes]:
        return data, self._of(associated + data)

    def open(self, iv: bytes, associated: bytes, data: bytes, mac: bytes) -> bytes:
        if len(mac) < _MINIMUM_MAC or not constant_time.bytes_eq(self._of(associated + data)[: len(mac)], mac):
            raise MacMismatch
        return data


def _cmac(key: bytes) -> Keyed:
    start = CMAC(algorithms.AES256(key))

    def of(content: bytes) -> bytes:
        run = start.copy()
        run.update(content)
        return run.finalize()

    return _Mac(of)


def _hmac(algorithm: hashes.HashAlgorithm) -> Callable[[bytes], Keyed]:
    def keyed(key: bytes) -> Keyed:
        start = HMAC(key, algorithm)

        def of(content: bytes) -> bytes:
            run = start.copy()
            run.update(content)
            return run.finalize()

        return _Mac(of)

    return keyed


@dataclass(frozen=True)
class CipherSuite:
    """One way of protecting frames.

    Args:
        name: Its standard name.
        keyed: Makes it ready for a key.
        key_length: Octets of a key; 0 where there is none.
        encrypts: Whether the data field becomes unreadable.
        mac_length: Octets of the full MAC; 0 where nothing is authenticated.
        mask_covers_data: Whether the authentication mask extends over the data field (352.0-B-2 gives AEAD no such mask).
        block: Octets to which the data field is padded; 1 where it is not.
    """

    name: str
    keyed: Callable[[bytes], Keyed]
    key_length: int = _AES_KEY
    encrypts: bool = False
    mac_length: int = 0
    mask_covers_data: bool = False
    block: int = 1

    @property
    def authenticates(self) -> bool:
        """Whether an altered frame is noticed."""
        return self.mac_length > 0

    def fill(self, length: int) -> int:
        """Octets of fill behind a data field: at least one for a block cipher (RFC 5652 §6.3)."""
        return self.block - length % self.block if self.block > 1 else 0


def _clear(_key: bytes) -> Keyed:
    return Keyed()


CLEAR: Final = CipherSuite("clear", _clear, key_length=0)
AES_256_GCM: Final = CipherSuite("AES-256-GCM", _AesGcm, encrypts=True, mac_length=_TAG_LENGTH)
AES_256_GMAC: Final = CipherSuite("AES-256-GMAC", _AesGmac, mac_length=_TAG_LENGTH, mask_covers_data=True)
AES_256_GCM_SIV: Final = CipherSuite("AES-256-GCM-SIV", _AesGcmSiv, encrypts=True, mac_length=_TAG_LENGTH)  # RFC 8452
AES_256_CMAC: Final = CipherSuite("AES-256-CMAC", _cmac, mac_length=_AES_BLOCK, mask_covers_data=True)
HMAC_SHA_256: Final = CipherSuite("HMAC-SHA-256", _hmac(hashes.SHA256()), mac_length=32, mask_covers_data=True)
HMAC_SHA_512: Final = CipherSuite("HMAC-SHA-512", _hmac(hashes.SHA512()), mac_length=64, mask_covers_data=True)
# Encryption alone is for receiving from systems that do it; 350.9-G advises against it, and nothing of ours sends it.
AES_256_GCM_UNAUTHENTICATED: Final = CipherSuite("AES-256-GCM without MAC", _AesGcmUnauthenticated, encrypts=True)
AES_256_CBC: Final = CipherSuite("AES-256-CBC", _AesCbc, encrypts=True, block=_AES_BLOCK)

SUITES: Final = {
    suite.name: suite
    for suite in (
        CLEAR,
        AES_256_GCM,
        AES_256_GMAC,
        AES_256_GCM_SIV,
        AES_256_CMAC,
        HMAC_SHA_256,
        HMAC_SHA_512,
        AES_256_GCM_UNAUTHENTICATED,
        AES_256_CBC,
    )
}
