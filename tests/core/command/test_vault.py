"""Signing keys in Vault's transit engine, against a server that behaves as Vault's HTTP API documentation says."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.command.keystore import KeyPurpose, KeyState
from core.command.signing import HISTORY, RELEASE, Seal, SignatureRefused
from core.command.vault import VaultKeyStore, VaultUnavailable
from core.errors import Conflict, InputError, NotFound

COMMAND_SET = KeyPurpose.COMMAND_SET
CONTENT = b'{"commands":[]}'


class Transit:
    """The part of the transit engine that we use: create, read, rotate, sign."""

    def __init__(self) -> None:
        self.keys: dict[str, list[Ed25519PrivateKey]] = {}
        self.requests: list[str] = []
        self.sabotage = ""

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        self.requests.append(f"{method} {path}")
        if token != "s.right":
            return 403, {"errors": ["permission denied"]}
        what, name, *more = path.removeprefix("/v1/transit/").split("/")
        if self.sabotage == "sealed":
            return 503, {"errors": ["Vault is sealed"]}
        match (method, what, more):
            case ("POST", "keys", []):
                if body.get("type") != "ed25519":
                    return 400, {"errors": ["unknown key type"]}
                self.keys.setdefault(name, [Ed25519PrivateKey.generate()])
                return 204, None
            case ("POST", "keys", ["rotate"]):
                self.keys[name].append(Ed25519PrivateKey.generate())
                return 204, None
            case ("GET", "keys", []):
                return 200, {"data": self._read(name)}
            case ("POST", "sign", []):
                return 200, {"data": self._sign(name, body)}
        return 404, {"errors": []}

    def _read(self, name: str) -> dict[str, Any]:
        versions = {
            str(number): {
                "creation_time": "2026-11-23T12:00:00.123456789Z",
                "name": "ed25519",
                "public_key": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            }
            for number, key in enumerate(self.keys[name], start=1)
        }
        kind = "rsa-2048" if self.sabotage == "type" else "ed25519"
        return {"type": kind, "name": name, "latest_version": len(versions), "keys": versions, "exportable": False}

    def _sign(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        version = int(body.get("key_version") or len(self.keys[name]))
        message = base64.b64decode(body["input"])
        signed = self.keys[name][version - 1].sign(message + b"!" if self.sabotage == "signature" else message)
        shown = version + 1 if self.sabotage == "version" else version
        return {"signature": f"vault:v{shown}:{base64.b64encode(signed).decode()}"}


@pytest.fixture
def transit() -> Transit:
    return Transit()


@pytest.fixture
def url(transit: Transit) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            code, document = transit.answer(self.command, self.path, self.headers.get("X-Vault-Token", ""), body)
            content = b"" if document is None else json.dumps(document).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _handle

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[VaultKeyStore]:
    one = VaultKeyStore(url, "s.right", "transit", "llamaspace", tmp_path / "vault-key-states.json")
    yield one
    one.close()


def test_vault_signs_and_nobody_is_asked_to_verify(store: VaultKeyStore, transit: Transit) -> None:
    seal = Seal(store, COMMAND_SET)
    token = seal.sign_detached(CONTENT)
    asked = len(transit.requests)
    assert seal.check_detached(token, CONTENT) == CONTENT
    assert len(transit.requests) == asked
    assert store.active(COMMAND_SET).key_id == "llamaspace-command-set:v1"
    with pytest.raises(SignatureRefused):
        seal.check_detached(token, CONTENT + b" ")
    with pytest.raises(SignatureRefused, match="signed for 'audit'"):
        seal.check_detached(Seal(store, KeyPurpose.AUDIT).sign_detached(CONTENT), CONTENT)


def test_versions_age_as_keys_do(store: VaultKeyStore) -> None:
    seal = Seal(store, COMMAND_SET)
    token = seal.sign_detached(CONTENT)
    assert store.rotate(COMMAND_SET).key_id == "llamaspace-command-set:v2"
    seal.check_detached(token, CONTENT, RELEASE)
    store.rotate(COMMAND_SET)
    with pytest.raises(SignatureRefused, match="is retired"):
        seal.check_detached(token, CONTENT, RELEASE)
    seal.check_detached(token, CONTENT, HISTORY)
    states = [one.state for one in store.list_keys() if one.purpose is COMMAND_SET]
    assert states == [KeyState.RETIRED, KeyState.RETIRING, KeyState.ACTIVE]
    with pytest.raises(Conflict, match="retired and signs no more"):
        store.sign("llamaspace-command-set:v1", CONTENT)


def test_a_compromised_version_counts_no_more_also_after_a_restart(
    store: VaultKeyStore, url: str, tmp_path: Path
) -> None:
    seal = Seal(store, COMMAND_SET)
    token = seal.sign_detached(CONTENT)
    lost = store.active(COMMAND_SET).key_id
    assert store.revoke(lost, "copied").state is KeyState.COMPROMISED
    assert store.revoke(lost, "again").reason == "copied"
    assert store.active(COMMAND_SET).key_id == "llamaspace-command-set:v2"
    again = VaultKeyStore(url, "s.right", "transit", "llamaspace", tmp_path / "vault-key-states.json")
    for one in (store, again):
        with pytest.raises(SignatureRefused, match="is compromised"):
            Seal(one, COMMAND_SET).check_detached(token, CONTENT, HISTORY)
    again.close()
    (tmp_path / "vault-key-states.json").write_text("[")
    with pytest.raises(InputError, match="is not a readable file of key states"):
        store.key(lost)


@pytest.mark.parametrize(
    ("sabotage", "message"),
    [
        ("sealed", "503 Vault is sealed"),
        ("signature", "does not verify with its own public key"),
        ("version", "Vault signed with 'vault:v2', not with version 1"),
        ("type", "is of type 'rsa-2048'"),
    ],
)
def test_a_vault_that_does_not_do_as_it_should_signs_nothing(
    store: VaultKeyStore, transit: Transit, sabotage: str, message: str
) -> None:
    seal = Seal(store, COMMAND_SET)
    token = seal.sign_detached(CONTENT)
    transit.sabotage = sabotage
    with pytest.raises(VaultUnavailable, match=message):
        seal.sign_detached(CONTENT)
    assert seal.check_detached(token, CONTENT) == CONTENT  # what was signed goes on to verify


def test_a_wrong_token_and_a_vault_that_is_not_there_are_told(url: str, tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailable, match="403 permission denied"):
        VaultKeyStore(url, "s.wrong", "transit", "llamaspace", tmp_path / "states.json")
    with pytest.raises(VaultUnavailable, match="does not answer"):
        VaultKeyStore("http://127.0.0.1:9", "s.right", "transit", "llamaspace", tmp_path / "states.json")


def test_a_version_that_vault_does_not_have_is_unknown(store: VaultKeyStore) -> None:
    with pytest.raises(NotFound, match="no key 'llamaspace-command-set:v9'"):
        store.key("llamaspace-command-set:v9")
