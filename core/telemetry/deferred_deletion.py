"""Files that no longer count are deleted once nobody reads them any more."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["DeferredDeletion"]


class DeferredDeletion:
    """Keeps files for those who began to read before they ceased to count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = 0
        self._readers: Counter[int] = Counter()
        self._doomed: list[tuple[int, Path]] = []

    @contextmanager
    def reading(self) -> Iterator[None]:
        """No file that counts at the beginning of the block is deleted before its end."""
        with self._lock:
            epoch = self._epoch
            self._readers[epoch] += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers[epoch] -= 1
                if not self._readers[epoch]:
                    del self._readers[epoch]
            self._delete_unread()

    def delete(self, paths: Iterable[Path]) -> None:
        """Delete files that have ceased to count, now or after their last reader."""
        with self._lock:
            self._doomed += [(self._epoch, one) for one in paths]
            self._epoch += 1
        self._delete_unread()

    def _delete_unread(self) -> None:
        with self._lock:
            oldest = min(self._readers, default=self._epoch)
            unread = [path for epoch, path in self._doomed if epoch < oldest]
            self._doomed = [one for one in self._doomed if one[0] >= oldest]
        for path in unread:
            path.unlink(missing_ok=True)
