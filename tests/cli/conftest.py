"""The command, run in this process: what it wrote, and with what it ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul.cli import main
from tickhaul_sandbox import Sandbox, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tickhaul_sandbox import RecordedRequest

KEY = "key_4f6e1c.very-secret-9d1b"


@dataclass(frozen=True)
class Ran:
    """One run of the command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout, which must be all there is."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The JSON error on stderr, which must be all there is."""
        found: dict[str, Any] = json.loads(self.err)["error"]
        return found

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@pytest.fixture
def export_seconds() -> float:
    """How long exports take; a test that needs them to last says so."""
    return 0.05


@pytest.fixture
def sandbox(export_seconds: float) -> Iterator[Sandbox]:
    settings = Settings(api_keys=(KEY,), export_seconds=export_seconds, minute_limit=100_000, hour_limit=100_000)
    with Sandbox(settings) as running:
        yield running


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command where there is neither a service nor a key."""
    for name in ("TICKSUPPLY_API_KEY", "TICKSUPPLY_BASE_URL", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*words: object) -> Ran:
        capsys.readouterr()
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert KEY not in captured.out + captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def tickhaul(offline: Callable[..., Ran], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """The command with a key and a sandbox to talk to."""
    monkeypatch.setenv("TICKSUPPLY_API_KEY", KEY)
    monkeypatch.setenv("TICKSUPPLY_BASE_URL", sandbox.base_url)
    # The sandbox's exports take a twentieth of a second; a person's polling interval would only slow the tests.
    monkeypatch.setattr("tickhaul._core.waiting._FIRST", 0.1)
    return offline


@pytest.fixture
def received(tickhaul: Callable[..., Ran], sandbox: Sandbox) -> Callable[..., list[RecordedRequest]]:
    """The requests for some operations, or for all, that the sandbox has received so far."""

    def of(pattern: str = "*") -> list[RecordedRequest]:
        # The sandbox notes a request after it has answered; once it answers another one, it has.
        assert tickhaul("billing").code == 0
        others = [request for request in sandbox.requests if not request.operation.startswith("billing.")]
        return [request for request in others if fnmatch(request.operation, pattern)]

    return of


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Make a stream of this process look like a terminal's."""
    import sys

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    def pretend(name: str) -> None:
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True)

    return pretend


@pytest.fixture
def job(tickhaul: Callable[..., Ran]) -> str:
    """A job that is under way."""
    assert tickhaul("subscriptions", "ensure", "123").code == 0
    made = tickhaul("exports", "create", "123", "--from", "-30min", "--to", "now", "--json").document
    identifier: str = made["id"]
    return identifier
