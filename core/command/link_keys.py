"""The file of link keys: read again when it has changed, written whole, by one writer at a time also among processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from core.command.secret_file import check_private, one_writer, write_secret_file
from core.errors import NotFound, StoreError
from core.link import LinkKeys, SpacecraftLinkKeys, new_link_keys, read_link_keys
from core.mission.model import Mission

__all__ = ["LinkKeyFile"]


class LinkKeyFile:
    """Link keys of every spacecraft; made at the first start, with keys added for spacecraft that are new.

    Args:
        path: The file.
        mission: Its spacecraft have keys.
    Raises:
        InputError: The file is damaged, or others may read it.
    """

    def __init__(self, path: Path, mission: Mission) -> None:
        self._path = path
        self._mark: tuple[int, int, int] | None = None
        self._keys = LinkKeys(spacecraft={})
        with one_writer(self._path):
            known = self._read() if path.exists() else self._keys
            missing = [one for one in mission.spacecraft if one.id not in known.spacecraft]
            if missing:
                added = {one.id: new_link_keys(one.spacecraft_id) for one in missing}
                self._write(LinkKeys(spacecraft=known.spacecraft | added))

    def current(self) -> LinkKeys:
        """The keys as the file has them now.

        Raises:
            StoreError: It is gone or cannot be read; telecommands must not go over keys that may be out of date.
        """
        try:
            mark = self._marked()
        except OSError as error:
            raise StoreError(f"the link keys at {self._path} cannot be read: {error.strerror}") from error
        return self._keys if mark == self._mark else self._read()

    def change(self, satellite: str, change: Callable[[SpacecraftLinkKeys], SpacecraftLinkKeys]) -> SpacecraftLinkKeys:
        """Change one spacecraft's keys; durable when it returns, and unchanged where ``change`` raises."""
        with one_writer(self._path):
            known = self._read()
            if satellite not in known.spacecraft:
                raise NotFound(f"there are no link keys of {satellite!r}", code="unknown-satellite")
            changed = change(known.spacecraft[satellite])
            if changed != known.spacecraft[satellite]:
                self._write(LinkKeys(spacecraft=known.spacecraft | {satellite: changed}))
            return changed

    def _read(self) -> LinkKeys:
        check_private(self._path)
        mark = self._marked()  # before the content: one that changes in between is read once more
        self._keys = read_link_keys(self._path)
        self._mark = mark
        return self._keys

    def _write(self, keys: LinkKeys) -> None:
        write_secret_file(self._path, json.dumps(keys.dump(), indent=1))
        self._read()

    def _marked(self) -> tuple[int, int, int]:
        status = self._path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
