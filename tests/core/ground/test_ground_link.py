"""The ground connection: resumes where the store stands, and outlives a station network that goes away."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from core.ground import GroundLinkDown, TcpGroundLink
from core.ground.messages import ClockSet, Hello, MessageReader, SendCltu, TmDelivery, encode_message
from core.time.clock import ClockAnchor

ANCHOR = ClockAnchor(1.0, 8.4e8, 60.0)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(10.0)
        yield one


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _messages(connection: socket.socket, count: int) -> list:
    reader, received = MessageReader(), []
    while len(received) < count:
        received += reader.receive(connection)
    return received


def test_each_connection_begins_with_the_clock_and_the_stored_cursor(listener: socket.socket) -> None:
    stored = [0]
    link = TcpGroundLink(listener.getsockname, lambda: stored[0], lambda: ANCHOR)
    with pytest.raises(GroundLinkDown):
        link.send_cltu("svalbard", "LSAT-1", b"x")
    link.start()
    first, _ = listener.accept()
    assert _messages(first, 2) == [ClockSet(1.0, 8.4e8, 60.0), Hello(0)]
    first.sendall(encode_message(TmDelivery(41, 1.0, "svalbard", b"frame")))
    _wait(lambda: link.connected)
    received: list = []
    while not received:
        received = link.receive(0.1)
    assert received == [TmDelivery(41, 1.0, "svalbard", b"frame")]
    stored[0] = 41
    first.close()
    second, _ = listener.accept()
    assert _messages(second, 2)[1] == Hello(41)
    _wait(lambda: link.session == 2 and link.connected)
    link.send_cltu("svalbard", "LSAT-1", b"cltu")
    assert _messages(second, 1) == [SendCltu("svalbard", "LSAT-1", b"cltu")]
    link.close()
    second.close()


def test_what_an_earlier_connection_left_unread_is_not_taken_twice(listener: socket.socket) -> None:
    link = TcpGroundLink(listener.getsockname, lambda: 0, lambda: None)
    link.start()
    first, _ = listener.accept()
    first.sendall(encode_message(TmDelivery(1, 1.0, "svalbard", b"frame")))
    time.sleep(0.2)
    first.close()
    second, _ = listener.accept()
    second.sendall(encode_message(TmDelivery(1, 1.0, "svalbard", b"frame")))
    _wait(lambda: link.session == 2 and link.connected)
    time.sleep(0.2)
    assert link.receive(1.0) == [TmDelivery(1, 1.0, "svalbard", b"frame")]
    link.close()
    second.close()
