"""A server that sends a message in parts: any client gets the whole of it, compressed or not, and nothing after it has left."""

from __future__ import annotations

import asyncio
import socket as sockets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from starlette.testclient import TestClient
from websockets.sync.client import connect

from api.ws.shared_frames import SOCKET_OPTIONS, send_parts

LENGTHS = (0, 1, 125, 126, 65_535, 65_536, 3_000_000)  # on both sides of where RFC 6455 writes a length in another way


def application(ended: list[BaseException]) -> FastAPI:
    app = FastAPI()

    @app.websocket("/lengths")
    async def lengths(socket: WebSocket) -> None:
        await socket.accept()
        for length in LENGTHS:
            await send_parts(socket, (b"x" * (length // 2), b"", b"y" * (length - length // 2)))
            await send_parts(socket, (bytes(length),), binary=True)
        await socket.close()

    @app.websocket("/endless")
    async def endless(socket: WebSocket) -> None:
        await socket.accept()
        body = bytes(100_000)
        try:
            while True:
                await send_parts(socket, (b"head", body), binary=True)
                await asyncio.sleep(0)
        except WebSocketDisconnect as error:
            ended.append(error)

    return app


@contextmanager
def served(app: FastAPI, **options: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize(
    "options",
    [SOCKET_OPTIONS, {**SOCKET_OPTIONS, "ws_per_message_deflate": True}, {}],
    ids=["shared", "compressed", "plain"],
)
def test_messages_arrive_whole_whatever_their_length(options: dict[str, Any]) -> None:
    with (
        served(application([]), **options) as address,
        connect(f"{address}/lengths", max_size=None, open_timeout=60, ping_timeout=120) as socket,
    ):
        for length in LENGTHS:
            assert socket.recv(timeout=120) == "x" * (length // 2) + "y" * (length - length // 2)
            assert socket.recv(timeout=120) == bytes(length)


def test_a_server_that_cannot_share_octets_sends_them_joined() -> None:
    with TestClient(application([])) as client, client.websocket_connect("/lengths") as socket:
        for length in LENGTHS:
            assert socket.receive_text() == "x" * (length // 2) + "y" * (length - length // 2)
            assert socket.receive_bytes() == bytes(length)


def test_a_client_that_leaves_while_it_is_sent_to_is_seen_to_have_left() -> None:
    ended: list[BaseException] = []
    with served(application(ended), **SOCKET_OPTIONS) as address:
        port = int(address.rpartition(":")[2])
        with sockets.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(
                b"GET /endless HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            assert client.recv(12) == b"HTTP/1.1 101"
            assert client.recv(100_000)
        deadline = time.monotonic() + 120
        while not ended:
            assert time.monotonic() < deadline, "the server goes on sending"
            time.sleep(0.01)
    assert isinstance(ended[0], WebSocketDisconnect) and ended[0].code == 1006
