"""What the sandbox asks of its connections."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
from tickhaul_sandbox import Sandbox
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    import pytest


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
