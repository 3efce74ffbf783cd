"""What the servers of a siege respond with: the id they were asked for, in a manner that the id names.

An id is ``exp_<manner>-<anything>``, for xyt hub an endpoint ``exp_<manner>-<anything>``. Whoever gets another id than
the one asked for was given somebody else's response.
"""

from __future__ import annotations

import gzip
import itertools
import json
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

from tickhaul.xythub.framing import frame
from xythub_proto.v2_0_0 import types_pb2 as types
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

from tests.support import bodies
from tests.support.behaviours import head

if TYPE_CHECKING:
    from tests.support.server import Exchange, Received

#: How many calls a client can have on their way at once, by its own account.
PLACES = 64
#: Seconds the calls that test all places wait for each other.
MEETING = 10.0
#: Seconds a token of xyt hub is good for: it is renewed all the time.
LIFETIME = 0.4
_ROOM = {"X-RateLimit-Limit-Minute": "1000000", "X-RateLimit-Remaining-Minute": "1000000"}
_LAST = {"X-RateLimit-Limit-Minute": "1", "X-RateLimit-Remaining-Minute": "1"}

_numbers = itertools.count()
_met: Counter[str] = Counter()
_meeting = threading.Condition()


def asked_for(request: Received) -> str:
    """The id in a request's path."""
    return request.path.rpartition("/")[2]


def manner_of(identifier: str) -> str:
    """The manner an id names."""
    return identifier.removeprefix("exp_").partition("-")[0]


def is_hub(request: Received) -> bool:
    """Whether a request is for xyt hub."""
    return request.path.startswith("/get/")


def document(request: Received, note: str | None = None) -> bytes:
    """The body of the right response: an export job or a table that says what was asked for.

    Args:
        request: what was asked.
        note: what else to say; the number of the connection if there is nothing else.
    """
    identifier = asked_for(request)
    note = str(request.connection) if note is None else note
    if not is_hub(request):
        return json.dumps({**bodies.job(reason=note), "id": identifier}).encode()
    response = DataResponse()
    response.data.columns["id"].CopyFrom(types.ValueList(string_list=types.StringList(values=[identifier])))
    response.data.columns["note"].CopyFrom(types.ValueList(string_list=types.StringList(values=[note])))
    return frame(response)


def kind_of(request: Received) -> dict[str, str]:
    """The headers every right response has."""
    return {"Content-Type": "application/octet-stream" if is_hub(request) else "application/json", **_ROOM}


def step(exchange: Exchange) -> None:
    """Respond."""
    request = exchange.request
    if request.path == "/auth/oauth/token":
        _grant(exchange)
        return
    headers = kind_of(request)
    match manner_of(asked_for(request)):
        case "slow":
            time.sleep(0.03)
            _whole(exchange, headers)
        case "halves":
            data = head(200, headers, len(document(request))) + document(request)
            exchange.send(data[: len(data) // 2])
            time.sleep(0.01)
            exchange.send(data[len(data) // 2 :])
        case "closing":
            _whole(exchange, {**headers, "Connection": "close"})
            exchange.hang_up()
        case "gzip":
            content = gzip.compress(document(request))
            exchange.send(head(200, {**headers, "Content-Encoding": "gzip"}, len(content)) + content)
        case "chunked":
            content = document(request)
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in (content[:20], content[20:]))
            exchange.send(head(200, {**headers, "Transfer-Encoding": "chunked"}, None) + chunks + b"0\r\n\r\n")
        case "lost":
            _lose_first(exchange, headers)
        case "refused" if is_hub(request) and next(_numbers) % 2:
            content = b'{"error":"invalid_token","error_description":"The token has ended"}'
            exchange.send(head(401, {"Content-Type": "application/json"}, len(content)) + content)
        case "meet":
            _whole(exchange, headers, str(_meet(asked_for(request))))
        case "last":
            _whole(exchange, {**headers, **_LAST})
        case _:
            _whole(exchange, headers)


def _whole(exchange: Exchange, headers: dict[str, str], note: str | None = None) -> None:
    content = document(exchange.request, note)
    exchange.send(head(200, headers, len(content)) + content)


def _lose_first(exchange: Exchange, headers: dict[str, str]) -> None:
    """Hang up half the time, so that clients wait and send again."""
    if next(_numbers) % 2:
        exchange.hang_up()
    else:
        _whole(exchange, headers)


def _meet(identifier: str) -> int:
    """Wait until as many calls are here as a client has places; how many came."""
    group = identifier.split("-")[1]
    with _meeting:
        _met[group] += 1
        _meeting.notify_all()
        _meeting.wait_for(lambda: _met[group] >= PLACES, MEETING)
        return _met[group]


def _grant(exchange: Exchange) -> None:
    token = f"token-{next(_numbers)}"
    given = {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME, "scope": "read"}
    content = json.dumps(given).encode()
    if next(_numbers) % 3 == 0:
        time.sleep(0.01)
    exchange.send(head(200, {"Content-Type": "application/json"}, len(content)) + content)
