"""Addresses that take no connection and refuse none, and names that lead to chosen addresses."""

from __future__ import annotations

import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def silent_listener(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port of a listener that completes no more handshakes, so that connecting to it never ends."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        try:
            listener.bind((host, port))
        except OSError:
            pytest.skip(f"this machine has no address {host}")
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(64):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        yield port


def resolve_localhost(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have ``localhost`` stand for addresses, in their order."""
    real = socket.getaddrinfo

    def resolve(host: object, port: object, *args: object, **options: object) -> object:
        if host in ("localhost", b"localhost"):
            return [found for address in addresses for found in real(address, port, *args, **options)]  # type: ignore[arg-type]  # passed through as they came
        return real(host, port, *args, **options)  # type: ignore[arg-type]  # as above

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
