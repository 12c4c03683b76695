"""What every socket does with its connection."""

from __future__ import annotations

from fastapi import WebSocket, WebSocketDisconnect

__all__ = ["received"]


async def received(socket: WebSocket) -> str | bytes:
    """The next message, which a client may send as text or as bytes.

    Raises:
        WebSocketDisconnect: The client has left.
    """
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))  # 1005: no code was given
    text, content = message.get("text"), message.get("bytes")
    return text if text is not None else content or b""
