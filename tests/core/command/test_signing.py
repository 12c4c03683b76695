"""Keys by id and what their signatures are worth: states, rotation, other purposes, other algorithms, other headers."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.command.keys import open_key_store
from core.command.keystore import FileKeyStore, KeyPurpose, KeyState, key_id_of
from core.command.signing import HISTORY, RELEASE, Seal, SignatureRefused
from core.errors import Conflict, InputError, NotFound

CONTENT = b'{"commands":[]}'
COMMAND_SET = KeyPurpose.COMMAND_SET


@pytest.fixture
def store(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "signing-keys.json")


@pytest.fixture
def seal(store: FileKeyStore) -> Seal:
    return Seal(store, COMMAND_SET)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _forge(store: FileKeyStore, header: dict[str, Any], key_id: str | None = None) -> bytes:
    """A token whose signature is right, over whatever header."""
    head = _b64(json.dumps(header).encode())
    signature = store.sign(key_id or store.active(COMMAND_SET).key_id, f"{head}.{_b64(CONTENT)}".encode())
    return f"{head}..{_b64(signature)}".encode()


def _header(store: FileKeyStore, **changes: Any) -> dict[str, Any]:
    own = {"alg": "Ed25519", "kid": store.active(COMMAND_SET).key_id, "purpose": "command-set", "crit": ["purpose"]}
    return {name: value for name, value in (own | changes).items() if value is not None}


def test_a_signature_holds_also_for_another_implementation(store: FileKeyStore, seal: Seal) -> None:
    token = seal.sign_detached(CONTENT)
    assert seal.check_detached(token, CONTENT) == CONTENT
    head, empty, signature = token.decode().split(".")
    assert empty == "" and json.loads(base64.urlsafe_b64decode(head + "==")) == _header(store)
    key = store.active(COMMAND_SET)
    verifier = jwt.algorithms.OKPAlgorithm()  # PyJWT
    signed = f"{head}.{_b64(CONTENT)}".encode()
    raw = base64.urlsafe_b64decode(signature + "==")
    assert verifier.verify(signed, key.public, raw)
    assert not verifier.verify(signed + b"x", key.public, raw)


def test_the_id_of_a_key_is_its_thumbprint_as_rfc_8037_has_it() -> None:
    # RFC 8037, appendix A.3: the thumbprint of the public key of appendix A.2.
    public = base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    key = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    assert key.public_key().public_bytes_raw() == public
    assert key_id_of(key.public_key()) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "EdDSA"},
        {"alg": "Ed448"},
        {"alg": None},
        {"kid": "unknown"},
        {"kid": None},
        {"purpose": "audit"},
        {"purpose": None, "crit": None},
        {"crit": None},
        {"crit": ["purpose", "exp"], "exp": 1},
        {"crit": ["purpose", "unheard"]},
        {"b64": False, "crit": ["purpose", "b64"]},
        {"jwk": {"kty": "OKP"}},
        {"typ": "JWT"},
    ],
)
def test_another_header_is_refused_though_its_signature_is_right(
    store: FileKeyStore, seal: Seal, changes: dict[str, Any]
) -> None:
    assert seal.check_detached(_forge(store, _header(store)), CONTENT) == CONTENT
    with pytest.raises(SignatureRefused):
        seal.check_detached(_forge(store, _header(store, **changes)), CONTENT)


def test_the_public_key_is_no_hmac_secret(store: FileKeyStore, seal: Seal) -> None:
    header = _header(store, alg="HS256", purpose="command-set")
    secret = bytes.fromhex(store.active(COMMAND_SET).public_hex)
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    head = _b64(json.dumps(header).encode())
    forged = f"{head}..{_b64(algorithm.sign(f'{head}.{_b64(CONTENT)}'.encode(), secret))}"
    with pytest.raises(SignatureRefused, match="not allowed"):
        seal.check_detached(forged.encode(), CONTENT)


def test_a_key_of_another_purpose_signs_nothing_here(store: FileKeyStore, seal: Seal) -> None:
    audit = store.active(KeyPurpose.AUDIT).key_id
    with pytest.raises(SignatureRefused, match="is for audit, not for command-set"):
        seal.check_detached(_forge(store, _header(store, kid=audit), audit), CONTENT)
    with pytest.raises(SignatureRefused, match="signed for 'audit'"):
        seal.check_detached(Seal(store, KeyPurpose.AUDIT).sign_detached(CONTENT), CONTENT)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_refused(store: FileKeyStore, seal: Seal, data: st.DataObject) -> None:
    token = seal.sign(CONTENT)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([one for one in "ABCxyz019-_." if one != token[at]]))
    changed = token[:at] + other + token[at + 1 :]
    if changed.split(".")[:2] == token.split(".")[:2] and _same_octets(changed, token):
        return  # the last character of base64 carries bits that nobody reads
    with pytest.raises(SignatureRefused):
        seal.open(changed)


def _same_octets(one: str, other: str) -> bool:
    tails = [text.split(".")[2] for text in (one, other) if text.count(".") == 2]
    return len(tails) == 2 and len({base64.urlsafe_b64decode(tail + "==") for tail in tails}) == 1


def test_a_key_ages_by_rotation_and_loses_what_it_could(store: FileKeyStore, seal: Seal) -> None:
    token = seal.sign_detached(CONTENT)
    first = store.active(COMMAND_SET)
    second = store.rotate(COMMAND_SET)
    assert store.key(first.key_id).state is KeyState.RETIRING
    assert store.active(COMMAND_SET) == second
    seal.check_detached(token, CONTENT, RELEASE)
    with pytest.raises(Conflict, match="retiring and signs no more"):
        store.sign(first.key_id, CONTENT)
    store.rotate(COMMAND_SET)
    with pytest.raises(SignatureRefused, match="is retired"):
        seal.check_detached(token, CONTENT, RELEASE)
    seal.check_detached(token, CONTENT, HISTORY)
    store.revoke(first.key_id, "laptop lost")
    with pytest.raises(SignatureRefused, match="is compromised"):
        seal.check_detached(token, CONTENT, HISTORY)
    assert store.key(first.key_id).reason == "laptop lost"
    assert len([one for one in store.list_keys() if one.purpose is KeyPurpose.AUDIT]) == 1


def test_a_compromised_active_key_is_replaced_at_once(store: FileKeyStore, seal: Seal) -> None:
    token = seal.sign_detached(CONTENT)
    with pytest.raises(SignatureRefused, match="has not been verified"):
        seal.require_counting(token)
    seal.check_detached(token, CONTENT)
    seal.require_counting(token)
    lost = store.active(COMMAND_SET).key_id
    store.revoke(lost, "copied")
    assert store.active(COMMAND_SET).key_id != lost
    with pytest.raises(SignatureRefused, match="is compromised"):
        seal.require_counting(token)
    with pytest.raises(SignatureRefused, match="is compromised"):
        seal.check_detached(token, CONTENT)
    assert store.revoke(lost, "again").reason == "copied"


def test_a_running_service_sees_what_another_process_changed(store: FileKeyStore, tmp_path: Path) -> None:
    other = FileKeyStore(tmp_path / "signing-keys.json")
    fresh = other.rotate(COMMAND_SET)
    assert store.active(COMMAND_SET) == fresh
    assert store.list_keys() == other.list_keys()


def test_private_halves_are_kept_only_while_they_sign(store: FileKeyStore, tmp_path: Path) -> None:
    store.rotate(COMMAND_SET)
    path = tmp_path / "signing-keys.json"
    kept = json.loads(path.read_text())["keys"]
    assert [one["private_hex"] is not None for one in kept] == [one["state"] == "active" for one in kept]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}
    assert not any(one["private_hex"] in repr(store.list_keys()) for one in kept if one["private_hex"])


def test_a_write_that_a_crash_cut_leaves_the_old_keys(store: FileKeyStore, tmp_path: Path) -> None:
    before = store.list_keys()
    (tmp_path / "signing-keys.json.new").write_text('{"version": 1, "ke')
    assert FileKeyStore(tmp_path / "signing-keys.json").list_keys() == before


def test_a_key_file_that_is_open_damaged_or_gone_is_refused(store: FileKeyStore, tmp_path: Path) -> None:
    path = tmp_path / "signing-keys.json"
    text = path.read_text()
    path.chmod(0o640)
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="its mode must be 600"):
        store.list_keys()
    path.chmod(0o600)
    path.write_text(text.replace('"ed', "").replace("active", "young", 1))
    with pytest.raises(InputError, match="is not a readable key file") as caught:
        store.list_keys()
    assert "private" not in caught.value.message
    path.unlink()
    with pytest.raises(InputError, match="is gone"):
        store.list_keys()


def test_the_single_key_of_an_older_folder_becomes_the_first_of_the_store(tmp_path: Path) -> None:
    old = Ed25519PrivateKey.generate()
    file = tmp_path / "signing-key.json"
    file.write_text(json.dumps({"ed25519": old.private_bytes_raw().hex()}))
    file.chmod(0o600)
    assert open_key_store(tmp_path).active(COMMAND_SET).key_id == key_id_of(old.public_key())
    file.write_text("{}")
    with pytest.raises(InputError, match="holds no Ed25519 key"):
        open_key_store(tmp_path)


def test_no_key_is_made_whose_id_a_command_line_takes_for_an_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big")) for number in range(400)]
    made.sort(key=lambda one: not key_id_of(one.public_key()).startswith("-"))
    assert key_id_of(made[0].public_key()).startswith("-")
    waiting = iter(made)
    monkeypatch.setattr(Ed25519PrivateKey, "generate", lambda: next(waiting))
    store = open_key_store(tmp_path)
    assert store.list_keys() and not any(one.key_id.startswith("-") for one in store.list_keys())


def test_a_key_that_is_not_there_is_told_by_its_id(store: FileKeyStore) -> None:
    with pytest.raises(NotFound, match="no key 'nothing'"):
        store.key("nothing")
