"""Signatures as JWS (RFC 7515) with Ed25519 (RFC 9864), pinned to one algorithm and one purpose.

The protected header names algorithm, key and purpose; the purpose is critical, so that nobody who does not know it
accepts the signature. A verifier takes one algorithm, knows which purpose it asks for, and takes the key from the store
by its id, never from the header. A header that it does not know is refused, critical or not.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter

from core.command.keystore import KeyPurpose, KeyState, KeyStore, SigningKey
from core.errors import LlamaSpaceError, NotFound

__all__ = ["HISTORY", "RELEASE", "Seal", "SignatureRefused"]

_ALGORITHM: Final = "Ed25519"
_PURPOSE: Final = "purpose"
_HEADERS: Final = frozenset({"alg", "kid", "crit", _PURPOSE})
_REMEMBERED: Final = 64

RELEASE: Final = frozenset({KeyState.ACTIVE, KeyState.RETIRING})
HISTORY: Final = frozenset({KeyState.ACTIVE, KeyState.RETIRING, KeyState.RETIRED})


class SignatureRefused(LlamaSpaceError):
    """A signature does not hold: altered, by another key, for another purpose, or by a key that counts no more."""

    default_code = "AUT-003"


class _Registry(JWSRegistry):
    max_payload_length = 256_000_000  # the library's limit is for tokens; a set holds all application data


class _StoreAlgorithm(type(JWSRegistry.algorithms[_ALGORITHM])):  # type: ignore[misc]
    """Ed25519 whose private key stays in the key store."""

    def __init__(self, store: KeyStore, key_id: str) -> None:
        super().__init__(_ALGORITHM)
        self._store = store
        self._key_id = key_id

    def sign(self, msg: bytes, key: OKPKey) -> bytes:
        return self._store.sign(self._key_id, msg)


class _SigningRegistry(_Registry):
    def __init__(self, algorithm: _StoreAlgorithm) -> None:
        super().__init__(_OWN_HEADERS, [_ALGORITHM])
        self._algorithm = algorithm

    def get_alg(self, name: str) -> _StoreAlgorithm:
        super().get_alg(name)
        return self._algorithm


_OWN_HEADERS: Final = {_PURPOSE: HeaderParameter("Purpose", "str", True)}
_VERIFYING: Final = _Registry(_OWN_HEADERS, [_ALGORITHM])


class Seal:
    """Signs and verifies for one purpose.

    Args:
        store: Where the keys are.
        purpose: The purpose that is signed for, and the only one that is accepted.
    """

    def __init__(self, store: KeyStore, purpose: KeyPurpose) -> None:
        self._store = store
        self._purpose = purpose
        self._verified: OrderedDict[bytes, tuple[bytes, str]] = OrderedDict()

    def sign(self, payload: bytes) -> str:
        """A compact JWS that holds the payload."""
        key = self._store.active(self._purpose)
        header = {"alg": _ALGORITHM, "kid": key.key_id, _PURPOSE: self._purpose.value, "crit": [_PURPOSE]}
        registry = _SigningRegistry(_StoreAlgorithm(self._store, key.key_id))
        return jws.serialize_compact(header, payload, _public(key), registry=registry)

    def sign_detached(self, content: bytes) -> bytes:
        """A compact JWS whose payload is kept elsewhere (RFC 7515, appendix F)."""
        return jws.detach_content(self.sign(content)).encode()

    def open(self, token: str, states: Collection[KeyState] = HISTORY) -> bytes:
        """The payload of a compact JWS that holds.

        Raises:
            SignatureRefused: It does not.
        """
        return self._check(token.encode(), None, states)[0]

    def check_detached(self, token: bytes, content: bytes, states: Collection[KeyState] = RELEASE) -> bytes:
        """Content whose detached signature holds, as the one object that was verified first.

        A signature that held is not computed again for the same bytes; the state of its key is looked up each time.

        Raises:
            SignatureRefused: It does not.
        """
        known = self._verified.get(token)
        if known is not None and known[0] == content:
            self._key(known[1], states)
            return known[0]
        verified = self._check(token, content, states)
        self._verified[token] = verified
        if len(self._verified) > _REMEMBERED:
            self._verified.popitem(last=False)
        return verified[0]

    def require_counting(self, token: bytes, states: Collection[KeyState] = RELEASE) -> None:
        """Refuse a detached signature that held before and whose key counts no more; for callers who keep what held.

        Raises:
            SignatureRefused: The key was retired or compromised, or the signature is not among the latest that held.
        """
        known = self._verified.get(token)
        if known is None:
            raise SignatureRefused("the signature has not been verified, or so long ago that it has to be again")
        self._key(known[1], states)

    def _check(self, token: bytes, content: bytes | None, states: Collection[KeyState]) -> tuple[bytes, str]:
        try:
            header = jws.extract_compact(token, content, _VERIFYING).headers()
            if set(header) != _HEADERS or header["crit"] != [_PURPOSE]:
                raise SignatureRefused(f"the signature's header has {sorted(header)}, not {sorted(_HEADERS)}")
            if header[_PURPOSE] != self._purpose.value:
                raise SignatureRefused(f"it was signed for {header[_PURPOSE]!r}, not for {self._purpose.value!r}")
            key = self._key(str(header["kid"]), states)
            verified = jws.deserialize_compact(token, _public(key), registry=_VERIFYING, payload=content)
        except (JoseError, ValueError, TypeError) as error:
            raise SignatureRefused(f"the signature does not verify: {error}") from error
        return verified.payload, key.key_id

    def _key(self, key_id: str, states: Collection[KeyState]) -> SigningKey:
        try:
            key = self._store.key(key_id)
        except NotFound as error:
            raise SignatureRefused(f"it does not verify: {error.message}") from error
        if key.purpose is not self._purpose:
            raise SignatureRefused(f"key {key_id} is for {key.purpose}, not for {self._purpose}")
        if key.state not in states:
            raise SignatureRefused(f"key {key_id} is {key.state}: what it signed counts no more")
        return key


def _public(key: SigningKey) -> OKPKey:
    x = base64.urlsafe_b64encode(bytes.fromhex(key.public_hex)).rstrip(b"=").decode()
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x})
