"""What the tests of xyt hub's client share: a sandbox, a server to script, a client to point at either, in both worlds."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.xythub.settings import HubSettings

from tests.support.server import ScriptedServer
from tests.xythub.faces import CLIENT_SECRET, KEY, PASSWORD, USER, HubFace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul import xythub

    from tests.support.behaviours import Step
    from tests.support.clock import FakeClock
    from tests.support.server import Serve
    from tests.xythub.faces import Connect

_ENVIRONMENT = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("XYTHUB_USER", "XYTHUB_PASSWORD", "XYTHUB_API_KEY", "XYTHUB_CLIENT_SECRET", "XYTHUB_BASE_URL"),
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server_clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def sandbox(server_clock: ManualClock) -> Iterator[Sandbox]:
    hub = HubSettings(users=(f"{USER}:{PASSWORD}", f"{USER}:{KEY}"), client_secret=CLIENT_SECRET)
    with Sandbox(Settings(hub=hub), clock=server_clock) as running:
        yield running


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as servers:

        def start(*plan: Step, otherwise: Step | None = None, tls: Any = None) -> ScriptedServer:
            return servers.enter_context(ScriptedServer(*plan, otherwise=otherwise, tls=tls))

        yield start


@pytest.fixture(params=["sync", "asyncio"])
def face(request: pytest.FixtureRequest) -> Iterator[HubFace]:
    face = HubFace(request.param)
    yield face
    face.stop()


@pytest.fixture
def connect(face: HubFace, sandbox: Sandbox, serve: Serve) -> Iterator[Connect]:
    # Depends on both servers so that clients are closed before them.
    del sandbox, serve
    with ExitStack() as clients:

        def build(
            url: str,
            *,
            clock: FakeClock | None = None,
            **options: Any,  # whatever the clients take
        ) -> xythub.Client:
            return clients.enter_context(face.hub(base_url=url, clock=clock, **options))

        yield build


@pytest.fixture
def hub(connect: Connect, sandbox: Sandbox) -> xythub.Client:
    """A client of the sandbox."""
    return connect(sandbox.base_url)
