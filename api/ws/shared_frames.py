"""A server's WebSocket whose messages share their octets: what many readers get is framed and copied for none of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, cast

from fastapi import WebSocket, WebSocketDisconnect
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Opcode
from websockets.protocol import State

__all__ = ["SOCKET_OPTIONS", "SharedFrames", "frame_head", "send_parts"]

_EXTENSION: Final = "llamaspace.parts"  # of the ASGI scope: a function that sends a message in parts
_GONE: Final = 1006  # RFC 6455, 7.4.1: without a closing frame
_LAST: Final = 0x80  # RFC 6455, 5.2: FIN
_SHORT, _LENGTH_16, _LENGTH_64 = 126, 126, 127
_SendParts = Callable[[Sequence[bytes], bool], Awaitable[None]]


class SharedFrames(WebSocketsSansIOProtocol):
    """uvicorn's connection, which also sends a message in parts: one frame, and each part goes from where it is to the socket.

    Joining head and body, encoding and framing copy a message four times for each of its readers, which costs several times
    what the system takes to send it.
    """

    async def run_asgi(self) -> None:
        """Tell the application that it may send parts."""
        extensions = cast(dict[str, Any], self.scope["extensions"])
        extensions[_EXTENSION] = self._send_parts
        await super().run_asgi()

    async def _send_parts(self, parts: Sequence[bytes], binary: bool) -> None:
        if self.conn.extensions:  # what was negotiated changes what is sent
            whole = b"".join(parts)
            await self.send({"type": "websocket.send", **({"bytes": whole} if binary else {"text": whole.decode()})})  # type: ignore[arg-type,misc]
            return
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        head = frame_head(Opcode.BINARY if binary else Opcode.TEXT, sum(len(one) for one in parts))
        self.transport.writelines((head, *parts))


SOCKET_OPTIONS: Final[Mapping[str, Any]] = {
    "ws": SharedFrames,
    # Compressing would be done again for each reader of a message that is written once.
    "ws_per_message_deflate": False,
}


def frame_head(opcode: int, length: int) -> bytes:
    """What stands before the content of a message of one unmasked frame (RFC 6455, 5.2).

    Args:
        opcode: Text or binary.
        length: Octets of the content.
    """
    if length < _SHORT:
        return bytes((_LAST | opcode, length))
    if length < 1 << 16:
        return bytes((_LAST | opcode, _LENGTH_16)) + length.to_bytes(2, "big")
    return bytes((_LAST | opcode, _LENGTH_64)) + length.to_bytes(8, "big")


async def send_parts(socket: WebSocket, parts: Sequence[bytes], *, binary: bool = False) -> None:
    """Send one message; where the server cannot share octets, they are joined for it.

    Args:
        parts: One behind the other; UTF-8 unless it is binary.
        binary: Whether the message is octets, and not text.
    Raises:
        WebSocketDisconnect: The client has left.
    """
    send: _SendParts | None = socket.scope.get("extensions", {}).get(_EXTENSION)
    if send is None:
        whole = b"".join(parts)
        await (socket.send_bytes(whole) if binary else socket.send_text(whole.decode()))
        return
    try:
        await send(parts, binary)
    except OSError as error:
        raise WebSocketDisconnect(_GONE) from error
