"""Every request that tickhaul sends while the tests run, wherever it sends it.

In this process they are noted where they go out, whatever answers them; those of other processes, such as the command's,
where a sandbox of this process receives them.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from tickhaul._async.transport import AsyncTransport
from tickhaul._sync.transport import Transport
from tickhaul_sandbox import Recorder

from tests.contract.openapi import Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul._core.answers import Answer
    from tickhaul._core.retry import Lost
    from tickhaul._core.wire import WireRequest
    from tickhaul_sandbox import RecordedRequest

#: The requests, and the test that sent it first.
SEEN: dict[Sent, str] = {}

#: How the contract check names itself, which asks for what is wrong on purpose.
_CHECK = "contract-check"
_LOOKED_AT = ("content-type", "idempotency-key", "x-api-key")
#: What is larger is sent for its size and not for its content.
_LARGEST_BODY = 1 << 16
_FRESH_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MADE_UP_ID = re.compile(r"(?<=/)(sub|exp|sch)_[^/?]*")
_ANY_KEY = "00000000-0000-4000-8000-000000000000"


def listen() -> Callable[[], None]:
    """Note requests from now on; call what is returned to stop."""
    send, send_async, add = Transport.send, AsyncTransport.send, Recorder.add

    def send_and_note(self: Transport, request: WireRequest, **options: Any) -> Answer | Lost:  # whatever it takes
        _note_sent(request)
        return send(self, request, **options)

    async def send_async_and_note(self: AsyncTransport, request: WireRequest, **options: Any) -> Answer | Lost:
        _note_sent(request)
        return await send_async(self, request, **options)

    def add_and_note(self: Recorder, request: RecordedRequest) -> None:
        agent = request.headers.get("user-agent", "")
        # A sandbox that refuses a request, or breaks off, has not read its body.
        whole = len(request.body) == int(request.headers.get("content-length", 0))
        if agent.startswith("tickhaul/") and _CHECK not in agent and request.origin == "api" and whole:
            target = f"{request.path}?{request.query}" if request.query else request.path
            _note(request.method, target, list(request.headers.items()), request.body)
        add(self, request)

    def stop() -> None:
        _replace(send, send_async, add)

    _replace(send_and_note, send_async_and_note, add_and_note)
    return stop


def _replace(send: object, send_async: object, add: object) -> None:
    for owner, name, method in (
        (Transport, "send", send),
        (AsyncTransport, "send", send_async),
        (Recorder, "add", add),
    ):
        setattr(owner, name, method)


def _note_sent(request: WireRequest) -> None:
    headers, body = request.reveal()
    shown = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    if any(name == "User-Agent" and _CHECK in value for name, value in shown):
        return
    _note(request.method, request.target.decode("latin-1"), shown, body or b"")


def _note(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> None:
    kept = sorted((name.lower(), value) for name, value in headers if name.lower() in _LOOKED_AT)
    # Requests to xyt hub go through the same transport with a token instead of the key, and have a contract of their own.
    if len(body) > _LARGEST_BODY or not any(name == "x-api-key" for name, _ in kept):
        return
    # An id is opaque to a client, and many tests make one up.
    target = _MADE_UP_ID.sub(lambda made_up: f"{made_up[1]}_{'0' * 32}", target)
    # A thousand requests that differ in their fresh keys alone, or in whose they are, are one to the contract.
    alike = [(name, "key" if name == "x-api-key" else _FRESH_KEY.sub(_ANY_KEY, value)) for name, value in kept]
    SEEN.setdefault(Sent(method, target, tuple(alike), body), os.environ.get("PYTEST_CURRENT_TEST", ""))
