"""What the tests of the clients share: a server to script, a client to point at it, in both worlds."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.faces import KEY, Face
from tests.support.server import ScriptedServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from tickhaul import Client

    from tests.support.behaviours import Step
    from tests.support.clock import FakeClock
    from tests.support.faces import Connect
    from tests.support.server import Serve

_ENVIRONMENT = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "TICKSUPPLY_API_KEY",
    "TICKSUPPLY_BASE_URL",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(*plan: Step, otherwise: Step | None = None, tls: ssl.SSLContext | None = None) -> ScriptedServer:
            return servers.enter_context(ScriptedServer(*plan, otherwise=otherwise, tls=tls))

        yield start


@pytest.fixture(params=["sync", "asyncio"])
def face(request: pytest.FixtureRequest) -> Iterator[Face]:
    face = Face(request.param)
    yield face
    face.stop()


@pytest.fixture
def connect(face: Face, serve: Serve) -> Iterator[Connect]:
    # Depends on `serve` so that clients are closed before the servers they talk to.
    del serve
    with ExitStack() as clients:

        def build(
            server: ScriptedServer | str,
            *,
            clock: FakeClock | None = None,
            **options: Any,  # whatever the clients take
        ) -> Client:
            url = server if isinstance(server, str) else server.url
            return clients.enter_context(face.client(KEY, base_url=url, clock=clock, **options))

        yield build
