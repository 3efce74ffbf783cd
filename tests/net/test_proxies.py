"""The environment's proxy, as both HTTP halves see it."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import pytest
from tickhaul._core.origin import read_origin
from tickhaul._core.proxies import choose_proxy
from tickhaul._core.secrets import Secret
from tickhaul.net.proxies import proxy_from_environment
from tickhaul.transfer.wire.address import find_origin

pytestmark = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's own settings count there too")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("environment", "url", "host"),
    [
        ({}, "https://api.example", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://api.example", "p"),
        ({"HTTPS_PROXY": "p:1"}, "https://api.example", "p"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://api.example", None),
        ({"HTTP_PROXY": "http://p:1"}, "http://api.example", "p"),
        ({"ALL_PROXY": "http://p:1"}, "http://api.example", "p"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example"}, "https://api.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example:443"}, "https://api.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.example:8443"}, "https://api.example", "p"),
        # A sandbox is on this machine, and no proxy can reach it.
        *[
            ({name: "http://p:1"}, f"http://{host}:8080", None)
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY")
            for host in (
                *("127.0.0.1", "127.9.9.9", "localhost", "[::1]", "localhost.", "127.0.0.1."),
                *("[::ffff:127.0.0.1]", "0.0.0.0", "[::]"),
            )
        ],
        ({"HTTP_PROXY": "http://p:1"}, "http://localhost.example", "p"),
        ({"HTTPS_PROXY": "http://p:1"}, "https://localhost:8443", "p"),
    ],
)
def test_both_halves_go_the_same_way(
    environment: dict[str, str], url: str, host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    origin = read_origin(url, allow_plain_http=True)
    named = proxy_from_environment(origin.scheme, origin.host, origin.port)
    assert urlsplit(named).hostname == host
    assert (choose_proxy(None, origin) or Secret("")).reveal() == named
    parts = urlsplit(url)
    transfers = find_origin(parts.scheme, parts.netloc, proxy=None, trust_env=True).proxy
    assert (transfers.host if transfers else None) == host
