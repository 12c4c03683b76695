"""The mission clock when its notes cannot be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.service.clock import open_clock
from core.errors import StoreError
from core.mission import reference_mission
from core.store import open_database


def test_a_note_of_the_time_that_cannot_be_written_is_a_store_error_and_the_next_one_counts(tmp_path: Path) -> None:
    """The flight watch goes on after a store error; after any other it would end."""
    database, memory = open_database(tmp_path / "clock.db"), tmp_path / "notes" / "time.json"
    clock = open_clock(database, memory, reference_mission(), 10.0, "2026-11-23T00:00:00Z", simulated=True)
    with pytest.raises(StoreError, match="cannot be noted"):
        clock.remember()
    memory.parent.mkdir()
    clock.remember()
    noted = memory.read_text()
    again = open_clock(database, memory, reference_mission(), 10.0, None, simulated=True)
    assert again.clock.now_tai_s() >= float(noted.split(":")[1].strip(" }"))
    database.close()
