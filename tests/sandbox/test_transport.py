"""What the sandbox asks of its connections."""

from __future__ import annotations

import asyncio
import select
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from tickhaul_sandbox import Sandbox
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def connect(sandbox: Sandbox) -> socket.socket:
    place = urlsplit(sandbox.base_url)
    return socket.create_connection((str(place.hostname), place.port or 0), timeout=60)


def head(sandbox: Sandbox, request: str, *headers: str) -> bytes:
    lines = (f"{request} HTTP/1.1", "Host: localhost", f"X-Api-Key: {sandbox.api_key}", *headers, "", "")
    return "\r\n".join(lines).encode()


def test_an_answer_does_not_wait_for_the_client_to_acknowledge_its_head(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[int] = []
    take = H11Protocol.connection_made

    def look_and_take(self: H11Protocol, transport: asyncio.Transport) -> None:
        found.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        take(self, transport)

    monkeypatch.setattr(H11Protocol, "connection_made", look_and_take)
    with Sandbox() as sandbox:
        httpx.get(f"{sandbox.base_url}/v1/exchanges", headers={"X-Api-Key": sandbox.api_key})
    assert len(found) == 1
    assert found[0] != 0


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [
        ("/v1/exchanges", 90, b"200"),
        ("/v1/exchanges", 100, b"431"),
        (f"/v1/exchanges?a={'x' * 60_000}", 0, b"200"),
        # All of it comes at once, which the parser would let through.
        (f"/v1/exchanges?a={'x' * 66_000}", 0, b"431"),
    ],
)
def test_a_head_has_so_many_headers_and_so_many_bytes(
    sandbox: Sandbox, target: str, headers: int, status: bytes
) -> None:
    with connect(sandbox) as connection:
        connection.sendall(head(sandbox, f"GET {target}", "Connection: close", *map("a{}:".format, range(headers))))
        assert connection.makefile("rb").read().split()[1] == status


TOO_MUCH = "Content-Length: 4000000"


@pytest.mark.parametrize("begun", ["nothing", "half a head", "half a second head", "a body nobody reads"])
def test_a_connection_on_which_no_request_comes_is_closed(begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickhaul_sandbox.server._IDLE_SECONDS", 0.2)
    with Sandbox() as sandbox, connect(sandbox) as connection:
        if begun == "half a second head":
            connection.sendall(head(sandbox, "GET /v1/exchanges?limit=1"))
            assert connection.recv(1 << 20).startswith(b"HTTP/1.1 200")
        if begun == "a body nobody reads":
            connection.sendall(head(sandbox, "POST /nothing", "Transfer-Encoding: chunked"))
            assert connection.recv(1 << 20).startswith(b"HTTP/1.1 404")
            more = b"1\r\nx\r\n"
        else:
            more = b"" if begun == "nothing" else b"G"
        # That a little comes now and then does not help.
        while not select.select([connection], [], [], 0.05)[0]:
            connection.sendall(more)


@pytest.mark.parametrize("path", ["/v1/exports", "/_sandbox/faults", "/tickData"])
@pytest.mark.parametrize("sent", [b"zz\r\n", b"5\r\nab"])
def test_a_body_that_breaks_off_leaves_no_trace(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture, path: str, sent: bytes
) -> None:
    with connect(sandbox) as connection:
        connection.sendall(head(sandbox, f"POST {path}", "Transfer-Encoding: chunked") + sent)
        connection.shutdown(socket.SHUT_WR)
        connection.makefile("rb").read()
    sandbox.stop()
    assert not [record for record in caplog.records if record.exc_info]


def test_a_request_that_is_broken_off_at_the_end_leaves_no_trace(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickhaul_sandbox.server._GRACE_SECONDS", 0.1)
    arrived = threading.Event()

    async def pause(seconds: float) -> None:
        del seconds
        arrived.set()
        await asyncio.Event().wait()

    with Sandbox() as sandbox, connect(sandbox) as connection:
        sandbox.service.pause = pause  # type: ignore[method-assign]  # what latency waits in
        sandbox.faults.add("latency:exchanges.list:seconds=1000")
        connection.sendall(head(sandbox, "GET /v1/exchanges"))
        assert arrived.wait(60)
        sandbox.stop()
        assert connection.recv(1) == b""
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]
