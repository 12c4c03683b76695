"""The control centre's keys: link keys of every spacecraft, and the key that signs command sets."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import InputError
from core.link import LinkKeys, new_link_keys, read_link_keys, write_secret_file
from core.mission.model import Mission

__all__ = ["CommandKeys", "open_keys", "spacecraft_key_file"]

_LINK_FILE: Final = "link-keys.json"
_SIGNING_FILE: Final = "signing-key.json"


@dataclass(frozen=True)
class CommandKeys:
    """What the pipeline signs and protects with."""

    link: LinkKeys
    signing: Ed25519PrivateKey = field(repr=False)

    @property
    def verifying(self) -> Ed25519PublicKey:
        """The public half of the signing key."""
        return self.signing.public_key()


def spacecraft_key_file(folder: Path) -> Path:
    """The file with what the spacecraft hold, and nothing more: no signing key."""
    return folder / _LINK_FILE


def open_keys(folder: Path, mission: Mission) -> CommandKeys:
    """The keys in a folder; made at the first start, with link keys added for spacecraft that are new.

    Raises:
        InputError: A key file is damaged, or others may read it.
    """
    link = _open_link_keys(folder / _LINK_FILE, mission)
    return CommandKeys(link, _open_signing_key(folder / _SIGNING_FILE))


def _open_link_keys(path: Path, mission: Mission) -> LinkKeys:
    known = LinkKeys(spacecraft={})
    if path.exists():
        _check_private(path)
        known = read_link_keys(path)
    missing = [one for one in mission.spacecraft if one.id not in known.spacecraft]
    if missing:
        added = {one.id: new_link_keys(one.spacecraft_id) for one in missing}
        known = LinkKeys(spacecraft=known.spacecraft | added)
        write_secret_file(path, json.dumps(known.dump(), indent=1))
    return known


def _open_signing_key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        fresh = Ed25519PrivateKey.generate()
        write_secret_file(path, json.dumps({"ed25519": fresh.private_bytes_raw().hex()}))
        return fresh
    _check_private(path)
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(json.loads(path.read_text())["ed25519"]))
    except (ValueError, KeyError, TypeError):
        raise InputError("keys", f"{path} holds no Ed25519 key") from None


def _check_private(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("keys", f"{path} may be read by others; its mode must be 600")
