"""The control centre's keys: link keys of every spacecraft, and the store of keys that sign."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from core.command.keystore import FileKeyStore, KeyPurpose, KeyStore, check_private, read_old_signing_key
from core.command.signing import Seal
from core.link import LinkKeys, new_link_keys, read_link_keys, write_secret_file
from core.mission.model import Mission

__all__ = ["CommandKeys", "open_key_store", "open_keys", "spacecraft_key_file"]

_LINK_FILE: Final = "link-keys.json"
_SIGNING_FILE: Final = "signing-keys.json"
_OLD_SIGNING_FILE: Final = "signing-key.json"


@dataclass(frozen=True)
class CommandKeys:
    """What the pipeline signs and protects with."""

    link: LinkKeys
    store: KeyStore = field(repr=False)

    @cached_property
    def signing(self) -> Seal:
        """Signs command sets."""
        return Seal(self.store, KeyPurpose.COMMAND_SET)

    @property
    def verifying(self) -> Seal:
        """Verifies command sets."""
        return self.signing


def spacecraft_key_file(folder: Path) -> Path:
    """The file with what the spacecraft hold, and nothing more: no signing key."""
    return folder / _LINK_FILE


def open_keys(folder: Path, mission: Mission, store: KeyStore | None = None) -> CommandKeys:
    """The keys in a folder; made at the first start, with link keys added for spacecraft that are new.

    Args:
        folder: Where the key files are.
        mission: Its spacecraft have link keys.
        store: Signing keys that are kept elsewhere; None keeps them in the folder.
    Raises:
        InputError: A key file is damaged, or others may read it.
    """
    link = _open_link_keys(folder / _LINK_FILE, mission)
    return CommandKeys(link, store or open_key_store(folder))


def open_key_store(folder: Path) -> FileKeyStore:
    """The signing keys in a folder; the single key of an older folder becomes the first command-set key."""
    return FileKeyStore(folder / _SIGNING_FILE, read_old_signing_key(folder / _OLD_SIGNING_FILE))


def _open_link_keys(path: Path, mission: Mission) -> LinkKeys:
    known = LinkKeys(spacecraft={})
    if path.exists():
        check_private(path)
        known = read_link_keys(path)
    missing = [one for one in mission.spacecraft if one.id not in known.spacecraft]
    if missing:
        added = {one.id: new_link_keys(one.spacecraft_id) for one in missing}
        known = LinkKeys(spacecraft=known.spacecraft | added)
        write_secret_file(path, json.dumps(known.dump(), indent=1))
    return known
