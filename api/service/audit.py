"""The service's part of the audit trail: checkpoints by number and by time, and one when it stops."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

import structlog

from api.settings import Settings
from core.command.keys import open_key_store
from core.command.keystore import KeyStore
from core.command.vault import VaultKeyStore
from core.errors import InputError, LlamaSpaceError
from core.events import AuditTrail, EventLog
from core.time import SystemClock

__all__ = ["AuditKeeper", "audit_file_of", "open_signing_keys"]

_PERIOD_S: Final = 1.0
_STOP_TIMEOUT_S: Final = 5.0
_log = structlog.get_logger("audit")


class AuditKeeper:
    """Signs the log while the service runs.

    Args:
        trail: The trail.
        events: The log.
        every_events: A checkpoint after so many events at the latest.
        every_s: And after so many seconds of the computer's clock, where anything is new.
    """

    def __init__(self, trail: AuditTrail, events: EventLog, every_events: int, every_s: float) -> None:
        self.trail = trail
        self._events = events
        self._every_events = every_events
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)

    def start(self) -> None:
        """Begin to watch the log."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and sign what has come until now."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)
        self._sign()

    def _run(self) -> None:
        last = self.trail.checkpoints.last()
        signed = last.sequence if last else 0
        since_s = time.monotonic()
        while not self._stop.wait(_PERIOD_S):
            waited_s = time.monotonic() - since_s
            fresh = self._events.last_sequence() - signed
            if fresh >= self._every_events or (fresh > 0 and waited_s >= self._every_s):
                self._sign()
                signed, since_s = self._events.last_sequence(), time.monotonic()

    def _sign(self) -> None:
        try:
            self.trail.checkpoint(SystemClock().now_utc())
        except LlamaSpaceError as error:
            _log.error("no checkpoint of the audit log was signed", error=error.message, code=error.code)


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
