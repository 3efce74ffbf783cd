"""Reaching the connection beneath a request, to break it on purpose."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_KEY = "tickhaul_sandbox.transport"
# On, with a linger time of zero: closing sends a reset instead of an orderly end.
_RESET = struct.pack("ii", 1, 0)
#: What the head of a request may have, its target included.
HEAD_BYTES = 64 << 10
_HEADERS = 100
_TOO_LARGE = b"The head of the request is too large"


class BreakableProtocol(H11Protocol):
    """Uvicorn's HTTP protocol, which also tells the application what connection a request came by."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # uvicorn's own arguments, handed on unseen
        super().__init__(*args, **kwargs)
        inner = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:  # as typed by uvicorn, privately
            scope.setdefault("extensions", {})[_KEY] = self.transport
            if _has_large_head(scope):
                headers = [(b"content-length", b"%d" % len(_TOO_LARGE)), (b"connection", b"close")]
                await send({"type": "http.response.start", "status": 431, "headers": headers})
                await send({"type": "http.response.body", "body": _TOO_LARGE})
                return
            try:
                await inner(scope, receive, send)
            except ClientDisconnect:
                # There is nobody left to answer.
                pass
            except asyncio.CancelledError:
                # The sandbox ends, and this request took too long to end with it.
                self.transport.abort()
                await _gone(receive)

        self.app = with_transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn types it
        """Take a connection, and send what is small at once."""
        connection = transport.get_extra_info("socket")
        # Head and body are two writes: without this the second waits for the client's delayed acknowledgement, 40 ms.
        # asyncio does it only for listeners that name TCP as their protocol, which those of the standard library do not.
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Take bytes. A connection is idle until a whole head is there, however much comes of one, or of an old body."""
        last = self.cycle
        self.conn.receive_data(data)
        self.handle_events()
        if self.cycle is not last:
            self._unset_keepalive_if_required()


def _has_large_head(scope: Scope) -> bool:
    # The parser minds only heads that come in parts, and not how many headers there are: each is much more than its text.
    headers = scope["headers"]
    texts = (scope["raw_path"], scope["query_string"], *(name + value for name, value in headers))
    return len(headers) > _HEADERS or sum(map(len, texts)) > HEAD_BYTES


def _transport(scope: Scope) -> asyncio.Transport:
    transport = scope["extensions"][_KEY]
    if not isinstance(transport, asyncio.Transport):
        raise TypeError("the application runs on a server whose connections cannot be broken")
    return transport


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection a request came by; whatever was not yet sent is lost."""
    transport = _transport(scope)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await _gone(receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """End the connection a request came by in order, after what was sent so far."""
    _transport(scope).close()
    await _gone(receive)


async def send_part(send: Send, status: int, headers: list[tuple[bytes, bytes]], part: bytes) -> None:
    """Send the head of an answer and the beginning of its body."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _gone(receive: Receive) -> None:
    # The server only forgives an answer that never ends once it knows the client is gone.
    while (await receive())["type"] != "http.disconnect":
        pass
