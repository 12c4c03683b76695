"""The control centre's keys: link keys of every spacecraft, and the store of keys that sign."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from core.command.keystore import FileKeyStore, KeyPurpose, KeyStore, read_old_signing_key
from core.command.link_keys import LinkKeyFile
from core.command.signing import Seal
from core.link import LinkKeys
from core.mission.model import Mission

__all__ = ["CommandKeys", "open_key_store", "open_keys", "open_link_key_file", "spacecraft_key_file"]

_LINK_FILE: Final = "link-keys.json"
_SIGNING_FILE: Final = "signing-keys.json"
_OLD_SIGNING_FILE: Final = "signing-key.json"


@dataclass(frozen=True)
class CommandKeys:
    """What the pipeline signs and protects with."""

    link_file: LinkKeyFile
    store: KeyStore = field(repr=False)

    @property
    def link(self) -> LinkKeys:
        """What the spacecraft hold, as the key file has it now."""
        return self.link_file.current()

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
    return CommandKeys(open_link_key_file(folder, mission), store or open_key_store(folder))


def open_link_key_file(folder: Path, mission: Mission) -> LinkKeyFile:
    """The link keys in a folder, made where there are none."""
    return LinkKeyFile(folder / _LINK_FILE, mission)


def open_key_store(folder: Path) -> FileKeyStore:
    """The signing keys in a folder; the single key of an older folder becomes the first command-set key."""
    return FileKeyStore(folder / _SIGNING_FILE, read_old_signing_key(folder / _OLD_SIGNING_FILE))
