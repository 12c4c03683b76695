"""The key of a flying spacecraft is changed by a stack, with crashes at every step: no key is lost, none is used too early."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import MDB, MISSION, START_TAI_S, Bench, Loopback
from sqlalchemy import text

from core.command import open_keys
from core.command.model import Contact
from core.command.rollover import abandon, begin_rollover
from core.command.stack_table import StackState, StackTable
from core.errors import Conflict, StoreError
from core.ground.simulator import SimulatedSpacecraft, initial_state
from core.link import SpacecraftLinkKeys
from core.link.keys import SPARE_TC_SPI, TC_SPI, RolloverState
from core.link.procedure_units import decode_unit
from core.link.rollover import GROUND_ACTIONS, GroundAction, answers_challenge, prepare_rollover, rollover_units
from core.plan.model import Approval
from core.time import MissionClock
from core.time.clock import ClockAnchor

SATELLITE = "LSAT-1"


class Craft:
    """The simulated spacecraft behind the loopback."""

    def __init__(self, keys: SpacecraftLinkKeys) -> None:
        state = initial_state(MISSION, SATELLITE, START_TAI_S)
        self.craft = SimulatedSpacecraft(MISSION, SATELLITE, MDB, keys, state, 10.0)
        self.spoils_uploads = self.spoils_at_start = False

    def take(self, cltu: bytes, _now_tai_s: float) -> None:
        self.craft.receive_cltu(cltu)
        held = self.craft._security._unit.keys
        if self.spoils_at_start and len(self.accepted) == 2:
            held[131].key = bytes(32)
        if self.spoils_uploads and 131 in held:
            held[131].key = bytes(32)

    def frames(self) -> list[bytes]:
        return self.craft.frames([raw for raw, _ in self.craft.take_outbox()])

    @property
    def accepted(self) -> dict[int, str]:
        """Telecommand associations that are operational, with their key."""
        unit = self.craft._security._unit
        keys = {spi: unit.session_key(spi) for spi in (TC_SPI, SPARE_TC_SPI)}
        return {spi: key.hex() for spi, key in keys.items() if key is not None}


class Changing:
    """A control centre that changes keys, and that can be restarted over the same spacecraft."""

    def __init__(self, folder: Path) -> None:
        keys = open_keys(folder / "keys", MISSION).link
        self.craft = Craft(keys.spacecraft[SATELLITE])
        clock = MissionClock(ClockAnchor(0.0, START_TAI_S, 1.0), lambda: 0.0)
        self.bench = Bench(folder, Loopback(keys, clock, crafts={SATELLITE: self.craft}))
        self.now_s = 0.0
        self.used: list[str] = []

    def restart(self) -> None:
        """After a crash: nothing but the database, the key file and the spacecraft is left."""
        self.bench.rig.close()
        self.bench.link.session += 1
        self.bench = Bench(self.bench.folder, self.bench.link)

    @property
    def keys(self) -> SpacecraftLinkKeys:
        return self.bench.rig.keys.link.spacecraft[SATELLITE]

    @property
    def table(self) -> StackTable:
        return self.bench.pipeline.stacks.table

    def begin(self, start_s: float) -> str:
        """A stack that two people have approved, running."""
        contact = Contact(station="svalbard", start=self.bench.at(start_s), end=self.bench.at(start_s + 600.0))
        stack = begin_rollover(self.bench.rig.keys.link_file, self.table, SATELLITE, contact, "olga")
        stacks = self.bench.pipeline.stacks
        stacks.save(stack)
        for by in ("petra", "fred"):
            at_utc = self.bench.clock.now_utc()
            stacks.approve(
                stack.stack_id,
                Approval(revision_hash=stack.stack_hash(), by=by, role="flight_director", at=at_utc),
            )
        stacks.start(stack.stack_id, by="petra")
        self.now_s = start_s
        return stack.stack_id

    def step(self) -> str:
        """A second later; gives the position, and holds what must be true at every moment."""
        self.now_s += 1.0
        self.bench.go_to(self.now_s)
        in_use = self.keys.telecommand_key
        assert self.craft.accepted.get(in_use.spi) == in_use.key.get_secret_value()
        return next(iter(self.bench.pipeline.stacks.all())).position

    def to_the_end(self, stack_id: str, *, crashing: bool = False) -> StackState:
        for _ in range(60):
            self.step()
            if crashing:
                self.restart()
            record = self.bench.pipeline.stacks.get(stack_id)
            if record.state is not StackState.RUNNING:
                break
        return record.state


@pytest.fixture
def changing(tmp_path: Path) -> Iterator[Changing]:
    one = Changing(tmp_path)
    yield one
    one.bench.close()


def test_keys_are_changed_there_and_back_over_the_pipeline(changing: Changing) -> None:
    first = changing.keys
    stack_id = changing.begin(50.0)
    assert changing.keys.tc_key == first.tc_key  # nothing has changed yet, and the new key is kept
    assert changing.to_the_end(stack_id) is StackState.COMPLETED, changing.bench.reasons()
    second = changing.keys
    assert (second.tc_spi, second.tc_key_id, second.master_iv, second.rollover) == (SPARE_TC_SPI, 131, 1, None)
    assert changing.craft.accepted == {SPARE_TC_SPI: second.tc_key.get_secret_value()}
    again = changing.begin(700.0)
    assert changing.to_the_end(again) is StackState.COMPLETED, changing.bench.reasons()
    third = changing.keys
    assert (third.tc_spi, third.tc_key_id, third.master_iv) == (TC_SPI, 132, 2)
    assert changing.craft.accepted == {TC_SPI: third.tc_key.get_secret_value()}
    with changing.bench.rig.database.read() as connection:
        counters = connection.execute(text("SELECT key_id, next_sequence_number FROM key_counters")).all()
    assert {key_id: number > 1 for key_id, number in counters} == {131: True, 132: True}


def test_crashes_all_along_the_way_lose_nothing(changing: Changing) -> None:
    stack_id = changing.begin(50.0)
    assert changing.to_the_end(stack_id, crashing=True) is StackState.COMPLETED, changing.bench.reasons()
    assert changing.bench.link.session > 4
    assert changing.craft.accepted == {SPARE_TC_SPI: changing.keys.tc_key.get_secret_value()}


def test_a_crash_between_the_key_file_and_the_record_of_the_switch(changing: Changing) -> None:
    stack_id = changing.begin(50.0)
    file = changing.bench.rig.keys.link_file
    switch = changing.bench.pipeline.stacks._jump

    def crash(record: object, step_id: str, reason: str = "") -> bool:
        if step_id == "ping":
            raise StoreError("the disk is full")
        return switch(record, step_id, reason)

    changing.bench.pipeline.stacks._jump = crash
    with pytest.raises(StoreError):
        for _ in range(30):
            changing.step()
    rollover = file.current().spacecraft[SATELLITE].rollover
    assert rollover is not None and rollover.state is RolloverState.SWITCHED
    assert changing.bench.pipeline.stacks.get(stack_id).position == "switch"
    changing.restart()
    assert changing.to_the_end(stack_id) is StackState.COMPLETED


def test_a_spacecraft_that_holds_another_key_is_not_switched_to(changing: Changing) -> None:
    stack_id = changing.begin(50.0)
    changing.craft.spoils_uploads = True
    assert changing.to_the_end(stack_id) is StackState.FAILED
    assert "does not hold the new key" in changing.bench.pipeline.stacks.get(stack_id).reason
    assert changing.keys.tc_spi == TC_SPI
    with pytest.raises(Conflict, match="has begun"):
        changing.begin(700.0)
    assert abandon(changing.bench.rig.keys.link_file, changing.table, SATELLITE).rollover is None
    assert (changing.keys.last_key_id, changing.keys.master_iv) == (131, 1)  # neither is ever used again


def test_a_ping_that_is_not_answered_leads_back_to_the_old_key(changing: Changing) -> None:
    first = changing.keys
    changing.craft.spoils_at_start = True
    stack_id = changing.begin(50.0)
    bench = changing.bench
    for seconds in (51.0, 52.0, 53.0, 54.0, 60.0, 640.0, 651.0, 660.0):
        bench.go_to(seconds)
    record = bench.pipeline.stacks.get(stack_id)
    assert (record.position, changing.keys.telecommand_key) == ("reverted", first.telecommand_key), record
    assert changing.keys.rollover is not None and changing.keys.rollover.state is RolloverState.PROVED
    changing.restart()
    plan = changing.bench.plan([("PING", 720.0)], contacts=((700.0, 1300.0),))
    (later,) = changing.bench.submit(plan)
    for seconds in (701.0, 702.0, 710.0, 721.0, 722.0, 730.0, 740.0):
        changing.bench.go_to(seconds)
    assert changing.bench.pipeline.register.get(later.command_id).state == "completed"


def test_an_abandoned_or_repeated_preparation_never_reuses_id_or_iv() -> None:
    keys = SpacecraftLinkKeys.model_validate(
        {"scid": 1, "tc_key": "11" * 32, "tm_key": "22" * 32, "master_key": "33" * 32}
    )
    seen = set()
    for number in range(1, 4):
        begun = prepare_rollover(keys, f"stack-{number}", bytes([number]) * 32, bytes(16))
        assert begun.rollover is not None and rollover_units(begun) == rollover_units(begun)
        seen.add((begun.rollover.other.key_id, begun.rollover.master_iv))
        keys = begun.model_copy(update={"rollover": None})
    assert len({one for one, _ in seen}) == len({one for _, one in seen}) == 3
    with pytest.raises(Conflict, match="no change of keys has begun"):
        GROUND_ACTIONS[GroundAction.SWITCH](keys)
    begun = prepare_rollover(keys, "stack-x", bytes(32), bytes(16))
    with pytest.raises(Conflict, match="is prepared; for this it has to be proved"):
        GROUND_ACTIONS[GroundAction.SWITCH](begun)
    with pytest.raises(Conflict, match="for this it has to be switched"):
        GROUND_ACTIONS[GroundAction.FINISH](begun)
    with pytest.raises(Conflict, match="no master key"):
        prepare_rollover(keys.model_copy(update={"master_key": None}), "stack-y", bytes(32), bytes(16))
    assert answers_challenge(begun, decode_unit(bytes.fromhex("b10000"))) is None


def test_a_switch_can_be_taken_back_while_the_old_association_stands() -> None:
    keys = SpacecraftLinkKeys.model_validate(
        {"scid": 1, "tc_key": "11" * 32, "tm_key": "22" * 32, "master_key": "33" * 32}
    )
    state = prepare_rollover(keys, "stack-x", bytes(32), bytes(16))
    for action in (GroundAction.PROVE, GroundAction.SWITCH):
        state = GROUND_ACTIONS[action](GROUND_ACTIONS[action](state))  # twice, as after a crash
    assert (state.tc_spi, state.tc_key_id) == (SPARE_TC_SPI, 131)
    back = GROUND_ACTIONS[GroundAction.REVERT](state)
    assert back.telecommand_key == keys.telecommand_key
    assert back.rollover is not None and back.rollover.state is RolloverState.PROVED
