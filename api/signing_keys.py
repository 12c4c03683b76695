"""Where the settings keep signing keys and audit checkpoints."""

from __future__ import annotations

from pathlib import Path

from api.settings import Settings
from core.command.keys import open_key_store
from core.command.keystore import KeyStore
from core.command.vault import VaultKeyStore
from core.errors import InputError

__all__ = ["audit_file_of", "open_signing_keys"]


def audit_file_of(settings: Settings) -> Path:
    """Where checkpoints are kept outside the database."""
    return settings.audit_file or settings.data / "audit" / "checkpoints.jsonl"


def open_signing_keys(settings: Settings) -> KeyStore:
    """The key store that the settings name.

    Raises:
        InputError: Vault is named and there is no token for it.
    """
    folder = settings.data / "keys"
    if settings.key_store == "file":
        return open_key_store(folder)
    if settings.vault_token is None:
        raise InputError("vault_token", "the key store is Vault, which needs a token (LLAMASPACE_VAULT_TOKEN)")
    return VaultKeyStore(
        settings.vault_url,
        settings.vault_token.get_secret_value(),
        settings.vault_mount,
        settings.vault_key_prefix,
        folder / "vault-key-states.json",
    )
