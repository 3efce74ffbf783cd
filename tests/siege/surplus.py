"""Servers that leave something behind a response: no call may be given what was left by another.

Every server of a siege says in its response which id was asked for, so a response in the wrong hands shows.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from tests.siege import echo
from tests.siege.callers import DEADLINE, MARGIN, RIGHT, ask, ask_async, judge, new_async_client, new_client, new_id
from tests.siege.serving import Served, served
from tests.support.behaviours import head

if TYPE_CHECKING:
    import random

    from tests.siege.tally import Tally
    from tests.support.server import Exchange

_CALLS = 12
#: How a response is framed, and what is left behind it, and when.
_FRAMINGS = ("length", "chunked", "trailers", "gzip", "empty204", "not304", "refused", "unasked1xx")
_SURPLUS = ("twice", "other", "junk", "newline", "early")
_MOMENTS = ("same", "later", "soon")
_FAULTS = ("wrong", "hung", "calls lost", "foreign errors")


def attack(tally: Tally) -> None:
    """Make calls one after another where each response may have something behind it."""
    tally.expect(("calls", "right", "errors of the tree"), _FAULTS)
    with served("tests.siege.surplus") as servers:
        for roll in tally.rounds():
            hub, tls = roll.random() < 0.4, roll.random() < 0.4
            if roll.random() < 0.5:
                with new_client(servers, hub=hub, tls=tls) as client:
                    _besiege(tally, client, roll)
            else:
                asyncio.run(_besiege_async(tally, servers, roll, hub=hub, tls=tls))


def _manners(roll: random.Random) -> list[str]:
    """A few manners for one connection, with calls between that leave nothing."""
    framing, surplus, moment = roll.choice(_FRAMINGS), roll.choice(_SURPLUS), roll.choice(_MOMENTS)
    return [roll.choice([f"{framing}_{surplus}_{moment}", "fast"]) for _ in range(_CALLS)]


def _besiege(tally: Tally, client: Any, roll: random.Random) -> None:
    for manner in _manners(roll):
        identifier = new_id(manner)
        began = time.monotonic()
        try:
            ask(client, identifier)
        except BaseException as error:
            _outcome(tally, identifier, error, began)
        else:
            _outcome(tally, identifier, None, began)
        if roll.random() < 0.3:
            # What comes in a second segment has arrived by then.
            time.sleep(0.02)


async def _besiege_async(tally: Tally, servers: Served, roll: random.Random, *, hub: bool, tls: bool) -> None:
    async with new_async_client(servers, hub=hub, tls=tls) as client:
        for manner in _manners(roll):
            identifier = new_id(manner)
            began = time.monotonic()
            try:
                await ask_async(client, identifier)
            except BaseException as error:
                _outcome(tally, identifier, error, began)
            else:
                _outcome(tally, identifier, None, began)
            if roll.random() < 0.3:
                await asyncio.sleep(0.02)


def _outcome(tally: Tally, identifier: str, error: BaseException | None, began: float) -> None:
    tally.count("calls")
    took = time.monotonic() - began
    if took > DEADLINE + MARGIN:
        tally.fault("hung", f"{identifier} took {took:.1f} s")
    if error is None:
        if _has_no_document(identifier):
            tally.fault("wrong", f"{identifier} has a result, and the server sent none")
        tally.count("right")
    elif isinstance(error, RIGHT) and echo.manner_of(identifier) != "fast":
        # An error instead of a response with something behind it is no harm. Nor is one for a status without a document.
        tally.count("errors of the tree")
    else:
        judge(tally, error, "calls lost", identifier)


def _has_no_document(identifier: str) -> bool:
    return echo.manner_of(identifier).startswith(("empty204", "not304", "refused"))


# -- the other side ---------------------------------------------------------------------------------------------------


def step(exchange: Exchange) -> None:
    """Respond in the manner the id names, and leave something behind."""
    manner = echo.manner_of(echo.asked_for(exchange.request))
    if manner.count("_") != 2 or exchange.request.path.startswith("/auth/"):
        echo.step(exchange)
        return
    framing, surplus, moment = manner.split("_")
    response = _response(exchange, framing)
    left = _surplus(exchange, surplus, response)
    if surplus == "early":
        response, left = left + response, b""
    if moment == "same":
        exchange.send(response + left)
        return
    exchange.send(response)
    if moment == "later":
        time.sleep(0.005)
    exchange.send(left)


def _response(exchange: Exchange, framing: str) -> bytes:
    import gzip

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
        case "unasked1xx":
            return head(103, {"Link": "</a>"}, None) + head(200, headers, len(content)) + content
    return head(200, headers, len(content)) + content


def _surplus(exchange: Exchange, surplus: str, response: bytes) -> bytes:
    content = echo.document(exchange.request)
    match surplus:
        case "other" | "early":
            # A whole response to a request that nobody has made; "early" ones come before the right response.
            return head(200, echo.kind_of(exchange.request), len(content)) + content if surplus == "other" else b""
        case "junk":
            return content
        case "newline":
            return b"\r\n"
    return response
