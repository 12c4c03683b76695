"""Signing keys in the transit engine of HashiCorp Vault: private halves never leave it.

Each purpose has one named ``ed25519`` key; its versions are our keys. The newest version is active, the one before it
retiring, older ones retired. That a version is compromised is kept here, in a file, because Vault has no such state: it
could only forget the version, and then history would not verify. Verification uses the public halves and asks nobody.

Written to Vault's documented HTTP API (create, read, rotate, sign); it has been run against a server of ours that
behaves as that documentation says, and against no real Vault.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.exceptions import InvalidSignature

from core.command.keystore import KeyPurpose, KeyState, SigningKey
from core.command.secret_file import check_private, one_writer, write_secret_file
from core.errors import Conflict, InputError, LlamaSpaceError, NotFound
from core.time import SystemClock, parse_utc

__all__ = ["VaultKeyStore", "VaultUnavailable"]

_TIMEOUT_S: Final = 5.0
_FRESH_S: Final = 60.0
_TYPE: Final = "ed25519"


class VaultUnavailable(LlamaSpaceError):
    """Vault does not answer, or not as its documentation says; nothing is signed."""

    default_code = "vault"


class VaultKeyStore:
    """A key store whose keys live in Vault.

    Args:
        url: Where Vault is, such as ``https://vault.example:8200``.
        token: A token that may create, read, rotate and sign with our keys.
        mount: Path of the transit engine.
        prefix: Our keys are called ``<prefix>-<purpose>``.
        states_file: Where compromised versions are noted.
    """

    def __init__(self, url: str, token: str, mount: str, prefix: str, states_file: Path) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1/{mount.strip('/')}/", headers={"X-Vault-Token": token}, timeout=_TIMEOUT_S
        )
        self._prefix = prefix
        self._file = states_file
        self._lock = threading.Lock()
        self._known: dict[KeyPurpose, tuple[SigningKey, ...]] = {}
        self._read_s = 0.0
        try:
            for purpose in KeyPurpose:
                # Creating a key that is there changes nothing, says the documentation.
                self._call("POST", f"keys/{self._name(purpose)}", {"type": _TYPE})
            self._refresh()
        except LlamaSpaceError:
            self._http.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def list_keys(self) -> tuple[SigningKey, ...]:
        """Every key, oldest first of each purpose."""
        self._refresh()
        return tuple(key for keys in self._known.values() for key in map(self._judged, keys))

    def key(self, key_id: str) -> SigningKey:
        """A key by id; NotFound where there is none. What is known is used while Vault is away."""
        found = self._find(key_id)
        if found is None or time.monotonic() - self._read_s > _FRESH_S:
            try:
                self._refresh()
            except VaultUnavailable:
                if found is None:
                    raise
                self._read_s = time.monotonic()  # asked again in a minute, not at each release
            found = self._find(key_id)
        if found is None:
            raise NotFound(f"there is no key {key_id!r} in the key store", code="unknown-key")
        return self._judged(found)

    def active(self, purpose: KeyPurpose) -> SigningKey:
        """The newest version, as Vault has it now."""
        self._refresh((purpose,))
        newest = self._judged(self._known[purpose][-1])
        if newest.state is not KeyState.ACTIVE:
            raise NotFound(f"no key is active for {purpose}: rotate it", code="no-active-key")
        return newest

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Ed25519 signature, made by Vault and verified here."""
        key = self.key(key_id)
        if key.state is not KeyState.ACTIVE:
            raise Conflict(f"key {key_id} is {key.state} and signs no more", code="key-state")
        version = _version(key_id)
        body = {"input": base64.b64encode(message).decode(), "key_version": version}
        told = self._call("POST", f"sign/{self._name(key.purpose)}", body).get("signature", "")
        head, _, encoded = str(told).rpartition(":")
        if head != f"vault:v{version}":
            raise VaultUnavailable(f"Vault signed with {head!r}, not with version {version}")
        try:
            signature = base64.b64decode(encoded, validate=True)
            key.public.verify(signature, message)
        except (binascii.Error, ValueError) as error:
            raise VaultUnavailable(f"Vault's signature cannot be read: {error}") from error
        except InvalidSignature as error:
            raise VaultUnavailable("Vault's signature does not verify with its own public key") from error
        return signature

    def rotate(self, purpose: KeyPurpose) -> SigningKey:
        """A new version; the one before is retiring, the one before that retired."""
        self._call("POST", f"keys/{self._name(purpose)}/rotate", {})
        return self.active(purpose)

    def revoke(self, key_id: str, reason: str) -> SigningKey:
        """Note a version as compromised; where it was active, Vault makes a new one."""
        key = self.key(key_id)
        if key.state is KeyState.COMPROMISED:
            return key
        with self._lock, one_writer(self._file):
            noted = {**self._compromised(), key_id: {"at": SystemClock().now_utc().isoformat(), "reason": reason}}
            write_secret_file(self._file, json.dumps(noted, indent=1))
        if key.state is KeyState.ACTIVE:
            self.rotate(key.purpose)
        return self.key(key_id)

    def _name(self, purpose: KeyPurpose) -> str:
        return f"{self._prefix}-{purpose.value}"

    def _find(self, key_id: str) -> SigningKey | None:
        return next((key for keys in self._known.values() for key in keys if key.key_id == key_id), None)

    def _refresh(self, purposes: Sequence[KeyPurpose] = tuple(KeyPurpose)) -> None:
        fresh = {purpose: self._read(purpose) for purpose in purposes}
        with self._lock:
            self._known = self._known | fresh
            if len(fresh) == len(KeyPurpose):
                self._read_s = time.monotonic()

    def _read(self, purpose: KeyPurpose) -> tuple[SigningKey, ...]:
        name = self._name(purpose)
        data = self._call("GET", f"keys/{name}")
        try:
            if data["type"] != _TYPE:
                raise VaultUnavailable(f"Vault's key {name} is of type {data['type']!r}, not {_TYPE!r}")
            newest = int(data["latest_version"])
            versions = sorted((int(version), one) for version, one in data["keys"].items())
            return tuple(_key(name, purpose, version, newest, one) for version, one in versions)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            raise VaultUnavailable(f"Vault's answer about {name} cannot be read: {error}") from error

    def _judged(self, key: SigningKey) -> SigningKey:
        noted = self._compromised().get(key.key_id)
        if noted is None:
            return key
        changed: datetime = parse_utc(str(noted["at"]))
        return key.model_copy(
            update={"state": KeyState.COMPROMISED, "changed_utc": changed, "reason": str(noted["reason"])}
        )

    def _compromised(self) -> dict[str, Mapping[str, Any]]:
        if not self._file.exists():
            return {}
        check_private(self._file)
        try:
            noted = json.loads(self._file.read_text())
        except ValueError:
            raise InputError("keys", f"{self._file} is not a readable file of key states") from None
        if not isinstance(noted, dict):
            raise InputError("keys", f"{self._file} is not a readable file of key states")
        return noted

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise VaultUnavailable(f"Vault at {self._http.base_url} does not answer: {error}") from error
        if answer.is_error:
            raise VaultUnavailable(f"Vault refuses {method} {path}: {answer.status_code} {_errors(answer)}")
        if not answer.content:
            return {}
        try:
            data = answer.json().get("data")
        except (ValueError, AttributeError) as error:
            raise VaultUnavailable(f"Vault's answer to {method} {path} is not JSON") from error
        return data if isinstance(data, dict) else {}


def _key(name: str, purpose: KeyPurpose, version: int, newest: int, told: Mapping[str, Any]) -> SigningKey:
    age = newest - version
    state = KeyState.ACTIVE if age == 0 else KeyState.RETIRING if age == 1 else KeyState.RETIRED
    created = parse_utc(str(told["creation_time"]))
    return SigningKey(
        key_id=f"{name}:v{version}",
        purpose=purpose,
        state=state,
        created_utc=created,
        changed_utc=created,
        public_hex=base64.b64decode(str(told["public_key"]), validate=True).hex(),
    )


def _version(key_id: str) -> int:
    return int(key_id.rpartition(":v")[2])


def _errors(answer: httpx.Response) -> str:
    try:
        return "; ".join(str(one) for one in answer.json().get("errors", []))
    except (ValueError, AttributeError):
        return ""
