"""Signing keys by id: their state, their rotation, and the file that keeps them.

| state | signs | releases commands | verifies history |
|---|---|---|---|
| active | yes | yes | yes |
| retiring (the active key before the last rotation) | no | yes | yes |
| retired | no | no | yes |
| compromised | no | no | no |

A key has one purpose, and one active key serves a purpose at a time. The file is written whole or not at all, and read
again when it has changed: a rotation from another process is seen by a running service.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from core.command.secret_file import check_private, one_writer, write_secret_file
from core.errors import Conflict, InputError, NotFound
from core.time import SystemClock

__all__ = ["FileKeyStore", "KeyPurpose", "KeyState", "KeyStore", "KnownKeys", "SigningKey", "key_id_of"]


class KeyPurpose(StrEnum):
    """What a key signs, and nothing else."""

    COMMAND_SET = "command-set"
    APPROVAL = "approval"
    AUDIT = "audit"


class KeyState(StrEnum):
    """The life of a key, forward only; any state can become compromised."""

    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"
    COMPROMISED = "compromised"


class SigningKey(BaseModel):
    """The public side of a key; times are those of the computer's clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: Annotated[str, Field(min_length=1, max_length=128)]
    purpose: KeyPurpose
    state: KeyState
    created_utc: AwareDatetime
    changed_utc: AwareDatetime
    public_hex: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # Ed25519, RFC 8032
    reason: str = ""

    @property
    def public(self) -> Ed25519PublicKey:
        """The key itself."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_hex))


class KeyStore(Protocol):
    """Where signing keys live: a file, or a service that never gives them away."""

    def list_keys(self) -> tuple[SigningKey, ...]:
        """Every key, oldest first."""

    def key(self, key_id: str) -> SigningKey:
        """A key by id; NotFound where there is none."""

    def active(self, purpose: KeyPurpose) -> SigningKey:
        """The key that signs for a purpose now; NotFound where none does."""

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Ed25519 signature of an active key; Conflict where it is not active."""

    def rotate(self, purpose: KeyPurpose) -> SigningKey:
        """A new active key; the one before is retiring, the one before that retired."""

    def revoke(self, key_id: str, reason: str) -> SigningKey:
        """Declare a key compromised; where it was active, a new one takes its place."""


class _StoredKey(SigningKey):
    private_hex: SecretStr | None  # None once it is retired or compromised: what signs no more is not kept

    @field_serializer("private_hex", when_used="json")
    def _plain(self, value: SecretStr | None) -> str | None:
        return value.get_secret_value() if value else None

    def told(self) -> SigningKey:
        return SigningKey(**self.model_dump(exclude={"private_hex"}))


class _KeyFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1, le=1)] = 1
    keys: tuple[_StoredKey, ...] = ()


class FileKeyStore:
    """Signing keys in one file of mode 600.

    Args:
        path: The file; made with a key for each purpose when it is not there.
        imported: Command-set key of an older data folder, taken over at the first start.
    """

    def __init__(self, path: Path, imported: Ed25519PrivateKey | None = None) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[_StoredKey, ...] = ()
        with one_writer(self._path):
            known = self._read()
            missing = [one for one in KeyPurpose if not any(key.purpose is one for key in known)]
            if missing:
                made = [_fresh(one, imported if one is KeyPurpose.COMMAND_SET else None) for one in missing]
                self._write((*known, *made))

    def list_keys(self) -> tuple[SigningKey, ...]:
        """Every key, oldest first."""
        return tuple(one.told() for one in self._read())

    def key(self, key_id: str) -> SigningKey:
        """A key by id; NotFound where there is none."""
        return self._stored(key_id).told()

    def active(self, purpose: KeyPurpose) -> SigningKey:
        """The key that signs for a purpose now."""
        found = next((one for one in self._read() if one.purpose is purpose and one.state is KeyState.ACTIVE), None)
        if found is None:
            raise NotFound(f"no key is active for {purpose}", code="no-active-key")
        return found.told()

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Ed25519 signature of an active key."""
        key = self._stored(key_id)
        if key.state is not KeyState.ACTIVE or key.private_hex is None:
            raise Conflict(f"key {key_id} is {key.state} and signs no more", code="key-state")
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.private_hex.get_secret_value()))
        return private.sign(message)

    def rotate(self, purpose: KeyPurpose) -> SigningKey:
        """A new active key; the one before is retiring, the one before that retired."""
        with one_writer(self._path):
            fresh = _fresh(purpose)
            aged = tuple(_aged(one) if one.purpose is purpose else one for one in self._read())
            self._write((*aged, fresh))
        return fresh.told()

    def revoke(self, key_id: str, reason: str) -> SigningKey:
        """Declare a key compromised; where it was active, a new one takes its place."""
        with one_writer(self._path):
            key = self._stored(key_id)
            if key.state is KeyState.COMPROMISED:
                return key.told()
            revoked = _moved(key, KeyState.COMPROMISED, reason)
            kept = tuple(revoked if one.key_id == key_id else one for one in self._read())
            self._write((*kept, _fresh(key.purpose)) if key.state is KeyState.ACTIVE else kept)
        return revoked.told()

    def _stored(self, key_id: str) -> _StoredKey:
        found = next((one for one in self._read() if one.key_id == key_id), None)
        if found is None:
            raise NotFound(f"there is no key {key_id!r} in the key store", code="unknown-key")
        return found

    def _read(self) -> tuple[_StoredKey, ...]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            if self._keys:
                raise InputError("keys", f"{self._path} is gone") from None
            return ()
        mark = (status.st_mtime_ns, status.st_size, status.st_ino)
        if mark != self._seen:
            check_private(self._path)
            try:
                self._keys = _KeyFile.model_validate_json(self._path.read_text()).keys
            except (ValidationError, UnicodeDecodeError):
                # The validator's own message would repeat the file's content, which is secret.
                raise InputError("keys", f"{self._path} is not a readable key file") from None
            self._seen = mark
        return self._keys

    def _write(self, keys: tuple[_StoredKey, ...]) -> None:
        write_secret_file(self._path, _KeyFile(keys=keys).model_dump_json(indent=1))
        self._read()


class KnownKeys:
    """Public keys that somebody handed over, to verify with and nothing else.

    Args:
        keys: The keys.
    """

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        self._keys = {one.key_id: one for one in keys}

    def list_keys(self) -> tuple[SigningKey, ...]:
        """Every key."""
        return tuple(self._keys.values())

    def key(self, key_id: str) -> SigningKey:
        """A key by id; NotFound where there is none."""
        if key_id not in self._keys:
            raise NotFound(f"key {key_id!r} is not among those to verify with", code="unknown-key")
        return self._keys[key_id]

    def active(self, purpose: KeyPurpose) -> SigningKey:
        """None of them signs."""
        raise NotFound(f"no key signs for {purpose} here: these are public keys", code="no-active-key")

    def sign(self, key_id: str, message: bytes) -> bytes:
        """None of them signs."""
        raise Conflict(f"key {key_id} is a public key and signs nothing", code="key-state")

    def rotate(self, purpose: KeyPurpose) -> SigningKey:
        """Public keys are rotated where their private halves are."""
        raise Conflict(f"keys for {purpose} cannot be rotated here: these are public keys", code="key-state")

    def revoke(self, key_id: str, reason: str) -> SigningKey:
        """Public keys are revoked where their private halves are."""
        raise Conflict(f"key {key_id} cannot be revoked here ({reason}): it is a public key", code="key-state")


def key_id_of(public: Ed25519PublicKey) -> str:
    """The RFC 7638 thumbprint of a public key (SHA-256, base64url): the same key has the same id everywhere."""
    x = base64.urlsafe_b64encode(public.public_bytes_raw()).rstrip(b"=").decode()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}).thumbprint()


def read_old_signing_key(path: Path) -> Ed25519PrivateKey | None:
    """The one signing key of a data folder from before there was a key store; None where there is no such file."""
    if not path.exists():
        return None
    check_private(path)
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(path.read_text())["ed25519"]))
    except (ValueError, KeyError, TypeError):
        raise InputError("keys", f"{path} holds no Ed25519 key") from None


_NEXT: Final[Mapping[KeyState, KeyState]] = {
    KeyState.ACTIVE: KeyState.RETIRING,
    KeyState.RETIRING: KeyState.RETIRED,
}


def _new_private_key() -> Ed25519PrivateKey:
    """A key whose id does not begin with a hyphen, for a command line would take such an id for an option."""
    while key_id_of((private := Ed25519PrivateKey.generate()).public_key()).startswith("-"):
        pass
    return private


def _fresh(purpose: KeyPurpose, private: Ed25519PrivateKey | None = None) -> _StoredKey:
    private = private or _new_private_key()
    now_utc = _now_utc()
    return _StoredKey(
        key_id=key_id_of(private.public_key()),
        purpose=purpose,
        state=KeyState.ACTIVE,
        created_utc=now_utc,
        changed_utc=now_utc,
        public_hex=private.public_key().public_bytes_raw().hex(),
        private_hex=SecretStr(private.private_bytes_raw().hex()),
    )


def _aged(key: _StoredKey) -> _StoredKey:
    following = _NEXT.get(key.state)
    return _moved(key, following, "rotated") if following else key


def _moved(key: _StoredKey, state: KeyState, reason: str) -> _StoredKey:
    return key.model_copy(update={"state": state, "changed_utc": _now_utc(), "reason": reason, "private_hex": None})


def _now_utc() -> datetime:
    return SystemClock().now_utc()
