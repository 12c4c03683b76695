"""Contacts in which nothing is heard."""

from __future__ import annotations

from typing import Any

import pytest
from loopback import Bench

from core.command.contact_watch import ContactWatch

SVALBARD = ("LSAT-1", "svalbard")


@pytest.fixture
def watch(bench: Bench) -> ContactWatch:
    bench.submit(bench.plan([("PING", 5100.0)], contacts=[(100.0, 400.0), (5000.0, 5600.0)], plan_id="plan-watch01"))
    return ContactWatch(bench.pipeline.bookings, bench.pipeline.register, bench.rig.events, bench.at(0.0))


def _told(bench: Bench) -> list[tuple[str, dict[str, Any]]]:
    return [(one.kind, one.payload) for one in bench.rig.events.read(kinds=["contact."])]


def test_a_contact_without_a_sign_is_told_once_while_it_lasts_and_once_when_it_is_over(
    bench: Bench, watch: ContactWatch
) -> None:
    for seconds in (50.0, 100.0, 159.0, 161.0, 170.0, 399.0, 401.0, 402.0, 500.0):
        watch.look([], [], bench.at(seconds))
    (silent, about), (missed, _) = _told(bench)
    assert (silent, missed) == ("contact.silent", "contact.missed")
    assert (about["station"], about["plans"]) == ("svalbard", ["plan-watch01"])


def test_it_says_which_commands_waited_and_where_they_go(bench: Bench) -> None:
    bench.link.connected = False
    bench.submit(bench.plan([("PING", 30.0)], contacts=[(0.0, 40.0)], plan_id="plan-watch02", satellite="LSAT-2"))
    plan = bench.plan([("PING", 5100.0)], contacts=[(100.0, 400.0), (5000.0, 5600.0)], plan_id="plan-watch01")
    (later,) = bench.submit(plan)
    watch = ContactWatch(bench.pipeline.bookings, bench.pipeline.register, bench.rig.events, bench.at(0.0))
    watch.look([], [], bench.at(401.0))
    by_satellite = {
        event.subject: event.payload["commands"] for event in bench.rig.events.read(kinds=["contact.missed"])
    }
    assert by_satellite["LSAT-1"] == {later.command_id: f"svalbard at {_utc(bench, 5000.0)}"}
    assert set(by_satellite["LSAT-2"].values()) == {""}


def _utc(bench: Bench, seconds: float) -> str:
    return bench.at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("seen", "heard"), [([SVALBARD], []), ([], ["LSAT-1"])])
def test_one_sign_is_enough(bench: Bench, watch: ContactWatch, seen: list[tuple[str, str]], heard: list[str]) -> None:
    watch.look(seen, heard, bench.at(120.0))
    for seconds in (200.0, 500.0):
        watch.look([], [], bench.at(seconds))
    assert _told(bench) == []


def test_signs_of_others_do_not_count(bench: Bench, watch: ContactWatch) -> None:
    watch.look([("LSAT-2", "svalbard"), ("LSAT-1", "kiruna")], ["LSAT-2"], bench.at(120.0))
    watch.look([], [], bench.at(401.0))
    assert [kind for kind, _ in _told(bench)] == ["contact.missed"]


def test_a_contact_that_was_not_watched_from_its_beginning_is_not_judged(bench: Bench, watch: ContactWatch) -> None:
    again = ContactWatch(bench.pipeline.bookings, bench.pipeline.register, bench.rig.events, bench.at(200.0))
    again.look([], [], bench.at(450.0))
    assert _told(bench) == []


def test_what_is_on_its_way_is_waited_for(bench: Bench, watch: ContactWatch) -> None:
    watch.look([], [], bench.at(420.0), slack_s=60.0)
    watch.look([SVALBARD], [], bench.at(450.0), slack_s=60.0)
    watch.look([], [], bench.at(600.0), slack_s=60.0)
    assert [kind for kind, _ in _told(bench)] == ["contact.silent"]  # and what came later means that it was not missed


def test_a_contact_that_people_gave_up_is_not_missed(bench: Bench, watch: ContactWatch) -> None:
    bench.pipeline.orders.lose_contact("LSAT-1", "svalbard", bench.at(120.0), by="olga", reason="a storm")
    watch.look([], [], bench.at(450.0))
    assert [kind for kind, _ in _told(bench)] == ["contact.lost"]
