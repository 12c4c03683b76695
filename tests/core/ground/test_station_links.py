"""Stations over plain TCP, UDP and the bound transfer: breaks, silence, doubled answers, floods and garbage."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from story import MISSION

from core.errors import InputError
from core.ground import (
    ContactStatus,
    GroundLinkDown,
    GroundMessageMalformed,
    StationEndpoint,
    StationLinks,
    TmDelivery,
    TransferKind,
    load_stations,
)
from core.ground.back_off import BackOff
from core.ground.frame_sync import SYNC_MARKER, FrameSync
from core.ground.station_messages import (
    Bind,
    BindReturn,
    Frame,
    StationReader,
    Status,
    Transfer,
    TransferReturn,
    Unbind,
    encode_station_message,
)

FRAME = bytes(range(256)) * 4 + bytes(91)  # 1115 octets
CLTU = b"\xeb\x90cltu\xc5\xc5"


def _wait(condition: Callable[[], object], limit_s: float = 90.0) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(10.0)
        yield one


@pytest.fixture
def open_links() -> Iterator[Callable[..., StationLinks]]:
    opened = []

    def make(*endpoints: StationEndpoint) -> StationLinks:
        links = StationLinks(endpoints, lambda: 40, lambda: 8.4e8)
        links.start()
        opened.append(links)
        return links

    yield make
    for one in opened:
        one.close()


def _endpoint(kind: TransferKind, port: int, station: str = "svalbard", **more: object) -> StationEndpoint:
    return StationEndpoint.model_validate({"station": station, "kind": kind, "host": "127.0.0.1", "port": port, **more})


def _received(links: StationLinks, count: int) -> list[object]:
    found: list[object] = []
    _wait(lambda: (found.extend(links.receive(0.05)), len(found) >= count)[1])
    return found


def _messages(connection: socket.socket, reader: StationReader, count: int) -> list[object]:
    found: list[object] = []
    connection.settimeout(10.0)
    while len(found) < count:
        found += reader.feed(connection.recv(1 << 16))
    return found


Opener = Callable[..., StationLinks]


def test_plain_tcp_carries_units_up_and_frames_down_across_a_reset_in_a_frame(
    listener: socket.socket, open_links: Opener
) -> None:
    links = open_links(_endpoint(TransferKind.TCP, listener.getsockname()[1]))
    first, _ = listener.accept()
    _wait(lambda: links.connected_to("svalbard"))
    links.send_cltu("svalbard", "LSAT-1", CLTU)
    assert first.recv(100) == CLTU
    first.sendall(b"noise" + SYNC_MARKER + FRAME + SYNC_MARKER + FRAME[:500])
    assert _received(links, 1) == [TmDelivery(41, 8.4e8, "svalbard", FRAME)]
    first.close()  # in the middle of the second frame
    second, _ = listener.accept()
    _wait(lambda: links.session_of("svalbard") == 2 and links.connected_to("svalbard"))
    second.sendall(SYNC_MARKER + FRAME)
    assert _received(links, 1) == [TmDelivery(42, 8.4e8, "svalbard", FRAME)]
    second.close()


def test_datagrams_of_others_do_not_count(open_links: Opener) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as station,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        station.bind(("127.0.0.1", 0))
        station.settimeout(10.0)
        links = open_links(_endpoint(TransferKind.UDP, station.getsockname()[1]))
        _wait(lambda: links.connected_to("svalbard"))
        links.send_cltu("svalbard", "LSAT-1", CLTU)
        octets, centre = station.recvfrom(1000)
        assert octets == CLTU
        other.sendto(b"forged", centre)
        station.sendto(SYNC_MARKER + FRAME, centre)
        assert _received(links, 1) == [TmDelivery(41, 8.4e8, "svalbard", FRAME)]


def test_the_bound_transfer_numbers_units_and_takes_each_answer_once(
    listener: socket.socket, open_links: Opener
) -> None:
    links = open_links(_endpoint(TransferKind.BOUND, listener.getsockname()[1], initiator="test"))
    connection, _ = listener.accept()
    reader = StationReader()
    assert _messages(connection, reader, 1) == [Bind(1, "test", "svalbard")]
    with pytest.raises(GroundLinkDown):
        links.send_cltu("svalbard", "LSAT-1", CLTU)  # not bound yet
    connection.sendall(encode_station_message(BindReturn(0, "")))
    _wait(lambda: links.connected_to("svalbard"))
    for _ in range(3):
        links.send_cltu("svalbard", "LSAT-1", CLTU)
    assert _messages(connection, reader, 3) == [Transfer(number, "LSAT-1", CLTU) for number in (1, 2, 3)]
    answers = [(3, 0), (1, 0), (2, 5), (2, 5), (9, 5)]  # out of order, refused, doubled, unknown
    for number, result in answers:
        connection.sendall(encode_station_message(TransferReturn(number, result, "below the mask")))
    connection.sendall(encode_station_message(Frame(8.41e8, b"frame")))
    found = _received(links, 2)
    assert found == [
        ContactStatus(8.4e8, False, "svalbard", "LSAT-1"),
        TmDelivery(41, 8.41e8, "svalbard", b"frame"),
    ]
    links.close()
    assert _messages(connection, reader, 1) == [Unbind(0)]
    connection.close()


def test_a_station_that_refuses_or_falls_silent_is_left_and_tried_again(
    listener: socket.socket, open_links: Opener
) -> None:
    links = open_links(_endpoint(TransferKind.BOUND, listener.getsockname()[1], heartbeat_s=0.03))
    refusing, _ = listener.accept()
    refusing.sendall(encode_station_message(BindReturn(2, "another centre is bound")))
    silent, _ = listener.accept()
    silent.sendall(encode_station_message(BindReturn(0, "")))
    _wait(lambda: links.connected_to("svalbard"))
    reader = StationReader()
    assert _messages(silent, reader, 2) == [Bind(1, "llamaspace", "svalbard"), Status(ready=True)]
    third, _ = listener.accept()  # it never answers its heartbeats
    assert links.session_of("svalbard") == 1
    for one in (refusing, silent, third):
        one.close()


def test_stations_are_apart_one_may_be_down(listener: socket.socket, open_links: Opener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    links = open_links(
        _endpoint(TransferKind.TCP, listener.getsockname()[1]), _endpoint(TransferKind.TCP, port, "kiruna")
    )
    _wait(lambda: links.connected_to("svalbard"))
    assert links.connected and not links.connected_to("kiruna")
    with pytest.raises(GroundLinkDown, match="no connection to station kiruna"):
        links.send_cltu("kiruna", "LSAT-1", CLTU)
    with pytest.raises(GroundLinkDown, match="awarua is not one of"):
        links.send_cltu("awarua", "LSAT-1", CLTU)


def test_waits_double_up_to_the_limit_and_differ_by_chance() -> None:
    one, other = (BackOff(0.1, 1.0, 0.5, Random(seed)) for seed in (1, 2))
    waits = [one.wait_s() for _ in range(8)]
    for number, wait_s in enumerate(waits):
        longest = min(0.1 * 2**number, 1.0)
        assert 0.5 * longest <= wait_s <= longest
    assert waits != [other.wait_s() for _ in range(8)]
    one.reset()
    assert one.wait_s() <= 0.1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 60))
def test_frames_are_found_however_the_stream_is_cut_and_whatever_lies_between(noise: list[bytes], cut: int) -> None:
    noise = [one.replace(SYNC_MARKER[:1], b"") for one in noise]
    frames = [bytes([number]) * 32 for number in range(len(noise))]
    stream = b"".join(one + SYNC_MARKER + frame for one, frame in zip(noise, frames, strict=True))
    sync = FrameSync(32)
    found = [frame for start in range(0, len(stream), cut) for frame in sync.feed(stream[start : start + cut])]
    assert found == frames
    assert sync.dropped_octets == sum(len(one) for one in noise)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_garbage_is_refused_by_type(octets: bytes) -> None:
    try:
        StationReader().feed(octets)
    except GroundMessageMalformed:
        return


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("stations: [{station: nowhere, kind: tcp, host: h, port: 1}]", "stations.0.station"),
        ("stations: [{station: kiruna, kind: fax, host: h, port: 1}]", "stations.0.kind"),
        ("stations: [{station: kiruna, kind: tcp, host: h, port: 70000}]", "stations.0.port"),
        (
            "stations: [{station: kiruna, kind: tcp, host: h, port: 1}, {station: kiruna, kind: udp, host: h, port: 1}]",
            "stations.1.station",
        ),
        ("stations: []", "stations"),
        ("{", "stations"),
    ],
)
def test_a_wrong_station_file_is_refused_with_its_field(tmp_path: Path, text: str, field: str) -> None:
    path = tmp_path / "stations.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_stations(path, MISSION)
    assert caught.value.field == field
