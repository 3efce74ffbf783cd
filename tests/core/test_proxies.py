"""Which proxy a client goes through, for every way of saying so."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from tickhaul._core import proxies
from tickhaul._core.origin import Origin
from tickhaul._core.proxies import choose_proxy
from tickhaul._core.secrets import Secret

SERVICE = Origin("https", "api.ticksupply.com", 443)
PLAIN = Origin("http", "service.internal", 8080)
LOCAL = Origin("http", "127.0.0.1", 8080)
LOCAL_TLS = Origin("https", "localhost", 8443)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)
    monkeypatch.setattr(proxies, "_speaks_socks", lambda: True)


def choose(proxy: Any, origin: Origin) -> str | None:  # of any type a caller may pass
    chosen = choose_proxy(Secret.wrap(proxy), origin)
    return None if chosen is None else chosen.reveal()


@pytest.mark.parametrize(
    ("environment", "origin", "chosen"),
    [
        ({}, SERVICE, None),
        ({"HTTPS_PROXY": ""}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:3128"}, SERVICE, "http://p:3128"),
        ({"https_proxy": "http://p:3128"}, SERVICE, "http://p:3128"),
        ({"HTTPS_PROXY": "p.example:3128"}, SERVICE, "http://p.example:3128"),
        ({"HTTPS_PROXY": "https://p"}, SERVICE, "https://p"),
        ({"HTTPS_PROXY": "http://user:word@p:1"}, SERVICE, "http://user:word@p:1"),
        ({"HTTP_PROXY": "http://p:1"}, SERVICE, None),
        ({"HTTP_PROXY": "http://p:1"}, PLAIN, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, PLAIN, None),
        ({"ALL_PROXY": "socks5://p:1080"}, SERVICE, "socks5://p:1080"),
        ({"ALL_PROXY": "socks5h://p:1080", "HTTPS_PROXY": "http://p:1"}, SERVICE, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ticksupply.com"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".ticksupply.com"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api.ticksupply.com:443"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.ticksupply.com:8443"}, SERVICE, "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "supply.com,localhost"}, SERVICE, "http://p:1"),
        ({"NO_PROXY": "example.com"}, SERVICE, None),
        # Without TLS, a proxy would see the key that goes to this very machine.
        ({"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, LOCAL, None),
        ({"HTTPS_PROXY": "http://p:1"}, LOCAL_TLS, "http://p:1"),
    ],
)
@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's own settings count there too")
def test_the_environment_decides_when_nothing_is_given(
    environment: dict[str, str], origin: Origin, chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert choose(None, origin) == chosen


@pytest.mark.parametrize(
    "proxy",
    ["http://p", "http://p:3128", "https://p:3128", "socks5://p", "socks5h://[::1]:1080", "http://u:p%40w@p:1"],
)
def test_a_proxy_that_is_given_is_taken_whatever_the_environment_says(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://other:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert choose(proxy, SERVICE) == proxy
    assert choose(proxy, LOCAL) == proxy


def test_an_empty_text_means_a_direct_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    assert choose("", SERVICE) is None


@pytest.mark.parametrize(
    "proxy",
    ["p:3128", "ftp://p", "http://", "http://:3128", "http://p:port", "http://p:99999", "socks4://p", "http://[::1"],
)
def test_what_is_no_proxy_is_told_by_what_is_expected(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^proxy: expected a URL such as 'http://proxy\.example:3128'"):
        choose(proxy, SERVICE)
    if "://" in proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with pytest.raises(ValueError, match="expected a URL such as"):
            choose(None, SERVICE)


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://user:hunter2@p",
        "user:hunter2@p:3128",
        "http://user:hunter2@",
        "http://user:hunter2@x@p:port",
        "http//user:hunter2",
        "http://user:x/y@p:port/hunter2",
        "http://user:hunter2\ud800@p",
    ],
)
def test_a_password_is_not_shown(proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy") as caught:
        choose(proxy, SERVICE)
    assert "hunter2" not in str(caught.value)


def test_a_proxy_of_another_type_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="proxy must be a str, not int"):
        choose(3128, SERVICE)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's own settings are asked for there")
def test_where_nothing_is_set_nothing_is_loaded_to_find_that_out() -> None:
    code = (
        "import sys\n"
        "from tickhaul._core.origin import Origin\n"
        "from tickhaul._core.proxies import choose_proxy\n"
        "assert choose_proxy(None, Origin('https', 'h', 443)) is None\n"
        "assert 'urllib.request' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("proxy", ["socks5://p", "socks5h://p:1080"])
def test_a_socks_proxy_without_its_library_says_what_to_install(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_speaks_socks", lambda: False)
    with pytest.raises(ValueError, match=r"socks5h?:// proxy needs socksio: pip install 'tickhaul\[socks\]'"):
        choose(proxy, SERVICE)
