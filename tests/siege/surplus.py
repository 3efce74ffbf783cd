"""Servers that leave something behind a response: no call may be given what was left by another.

Every server of a siege says in its response which id was asked for, so a response in the wrong hands shows.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import tickhaul
from tickhaul import ApiError, ResponseDecodeError

from tests.siege import echo
from tests.siege.callers import DEADLINE, MARGIN, RIGHT, ask, ask_async, judge, new_async_client, new_client, new_id
from tests.siege.serving import Served, served
from tests.support.behaviours import head

if TYPE_CHECKING:
    import random

    from tests.siege.tally import Tally
    from tests.support.server import Exchange

_CALLS = 12
#: How a response is framed, what is left behind it, and when.
_FRAMINGS = ("length", "chunked", "trailers", "gzip", "empty204", "not304", "refused", "unasked103")
_SURPLUS = ("twice", "other", "junk", "newline", "interim")
_MOMENTS = ("same", "next", "later")
_FAULTS = ("wrong", "hung", "calls lost", "foreign errors")


def attack(tally: Tally) -> None:
    """Make calls one after another where each response may have something behind it."""
    tally.expect(("calls", "right", "errors of the tree", "connections"), _FAULTS)
    with served("tests.siege.surplus") as servers, new_client(servers, hub=False, tls=False) as control:
        for roll in tally.rounds():
            hub, tls = roll.random() < 0.4, roll.random() < 0.4
            if roll.random() < 0.5:
                with new_client(servers, hub=hub, tls=tls) as client:
                    _besiege(tally, client, control, roll)
            else:
                asyncio.run(_besiege_async(tally, servers, control, roll, hub=hub, tls=tls))


def _manners(roll: random.Random) -> list[str]:
    """Manners for one client: some that leave something behind, and some that do not."""
    framing, surplus, moment = roll.choice(_FRAMINGS), roll.choice(_SURPLUS), roll.choice(_MOMENTS)
    return [roll.choice([f"{framing}_{surplus}_{moment}", "fast"]) for _ in range(_CALLS)]


def _besiege(tally: Tally, client: Any, control: Any, roll: random.Random) -> None:
    connections = set()
    for manner in _manners(roll):
        identifier, began = new_id(manner), time.monotonic()
        try:
            if _is_deletion(client, manner):
                client.exports.delete(identifier)
            else:
                connections.add(ask(client, identifier))
        except BaseException as error:
            _judge(tally, identifier, error)
        else:
            _accept(tally, identifier, client)
        _bound(tally, identifier, began)
        _settle(control, manner)
    tally.count("connections", len(connections))


async def _besiege_async(
    tally: Tally, servers: Served, control: Any, roll: random.Random, *, hub: bool, tls: bool
) -> None:
    connections = set()
    async with new_async_client(servers, hub=hub, tls=tls) as client:
        for manner in _manners(roll):
            identifier, began = new_id(manner), time.monotonic()
            try:
                if _is_deletion(client, manner):
                    await client.exports.delete(identifier)
                else:
                    connections.add(await ask_async(client, identifier))
            except BaseException as error:
                _judge(tally, identifier, error)
            else:
                _accept(tally, identifier, client)
            _bound(tally, identifier, began)
            _settle(control, manner)
    tally.count("connections", len(connections))


def _is_deletion(client: Any, manner: str) -> bool:
    return manner.startswith("empty204") and isinstance(client, tickhaul.Client | tickhaul.AsyncClient)


def _settle(control: Any, manner: str) -> None:
    """Wait until nothing is about to be sent any more.

    What arrives only after the next request was sent looks like the response to it, and no client can tell.
    """
    if not manner.endswith("same"):
        ask(control, new_id("settle"))


def _bound(tally: Tally, identifier: str, began: float) -> None:
    tally.count("calls")
    if (took := time.monotonic() - began) > DEADLINE + MARGIN:
        tally.fault("hung", f"{identifier} took {took:.1f} s")


def _accept(tally: Tally, identifier: str, client: Any) -> None:
    manner = echo.manner_of(identifier)
    if manner.startswith(("empty204", "not304", "refused")) and not _is_deletion(client, manner):
        tally.fault("wrong", f"{identifier} has a result, and the server sent none")
    tally.count("right")


def _judge(tally: Tally, identifier: str, error: BaseException) -> None:
    if isinstance(error, RIGHT) and echo.manner_of(identifier) != "fast":
        # An error in the place of a response with something behind it does no harm.
        tally.count("errors of the tree")
    else:
        # The server has nothing but right responses to such a call: another one is somebody else's.
        other = isinstance(error, ApiError | ResponseDecodeError)
        judge(tally, error, "wrong" if other else "calls lost", identifier)


# -- the other side ---------------------------------------------------------------------------------------------------


_pending = 0
_changed = threading.Condition()


def step(exchange: Exchange) -> None:
    """Respond in the manner the id names, and leave something behind."""
    manner = echo.manner_of(echo.asked_for(exchange.request))
    if manner == "settle":
        with _changed:
            _changed.wait_for(lambda: not _pending, echo.MEETING)
    if manner.count("_") != 2 or exchange.request.path.startswith("/auth/"):
        echo.step(exchange)
        return
    framing, surplus, moment = manner.split("_")
    response = _response(exchange, framing)
    left = _surplus(exchange, surplus, response)
    if moment == "same":
        exchange.send(response + left)
        return
    # Else the second segment waits for the client's acknowledgment of the first, which comes with its next request.
    exchange.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _count_pending(1)
    try:
        exchange.send(response)
        if moment == "later":
            time.sleep(0.005)
        exchange.send(left)
    finally:
        _count_pending(-1)


def _count_pending(change: int) -> None:
    global _pending  # noqa: PLW0603 (one server, one number)
    with _changed:
        _pending += change
        _changed.notify_all()


def _response(exchange: Exchange, framing: str) -> bytes:
    headers, content = echo.kind_of(exchange.request), echo.document(exchange.request)
    match framing:
        case "chunked":
            headers["Transfer-Encoding"] = "chunked"
            return head(200, headers, None) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)
        case "trailers":
            headers["Transfer-Encoding"] = "chunked"
            return head(200, headers, None) + b"%x\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(content), content)
        case "gzip":
            content = gzip.compress(content)
            return head(200, {**headers, "Content-Encoding": "gzip"}, len(content)) + content
        case "empty204":
            return head(204, headers, None)
        case "not304":
            return head(304, headers, None)
        case "refused":
            refusal = b'{"error":{"code":"not_found","message":"There is no such job"}}'
            return head(404, headers, len(refusal)) + refusal
        case "unasked103":
            return head(103, {"Link": "</a>"}, None) + head(200, headers, len(content)) + content
    return head(200, headers, len(content)) + content


def _surplus(exchange: Exchange, surplus: str, response: bytes) -> bytes:
    content = echo.document(exchange.request)
    match surplus:
        case "other":
            return head(200, echo.kind_of(exchange.request), len(content)) + content
        case "interim":
            return head(103, {"Link": "</a>"}, None)
        case "junk":
            return content
        case "newline":
            return b"\r\n"
    return response
