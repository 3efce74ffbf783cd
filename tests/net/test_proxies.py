"""Which proxy serves a connection, for every way of saying so, and the same for both HTTP halves."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from typing import Any
from urllib.parse import urlsplit

import pytest
from tickhaul import Client
from tickhaul.net.origins import Origin
from tickhaul.net.proxies import Login, Proxy, choose_proxy
from tickhaul.net.secrets import Secret
from tickhaul.transfer import TransferOptions
from tickhaul.transfer.wire.route import find_route

SERVICE = Origin("https", "api.ticksupply.com", 443)
PLAIN = Origin("http", "service.internal", 8080)
LOCAL = Origin("http", "127.0.0.1", 8080)
LOCAL_TLS = Origin("https", "localhost", 8443)
P = Proxy("http", "p", 1)

alike = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="the system's own settings count there too")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "REQUEST_METHOD":
            monkeypatch.delenv(name)


def choose(proxy: Any, origin: Origin) -> Proxy | None:  # of any type a caller may pass
    """What both halves choose."""
    setting = Secret.wrap(proxy)
    chosen = choose_proxy(setting, origin)
    transfers = find_route(origin.scheme, origin.authority, proxy=setting, trust_env=True).proxy
    assert transfers == chosen
    return chosen


@alike
@pytest.mark.parametrize(
    ("environment", "origin", "chosen"),
    [
        ({}, SERVICE, None),
        ({"HTTPS_PROXY": ""}, SERVICE, None),
        ({"HTTPS_PROXY": " \t"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1"}, SERVICE, P),
        ({"HTTPS_PROXY": " http://p:1 "}, SERVICE, P),
        ({"https_proxy": "http://p:1"}, SERVICE, P),
        ({"https_proxy": "http://p:1", "HTTPS_PROXY": "http://q:1"}, SERVICE, P),
        ({"https_proxy": "", "HTTPS_PROXY": "http://q:1"}, SERVICE, None),
        ({"HTTPS_PROXY": "p:1"}, SERVICE, P),
        ({"HTTPS_PROXY": "p"}, SERVICE, Proxy("http", "p", 80)),
        ({"HTTPS_PROXY": "https://p"}, SERVICE, Proxy("https", "p", 443)),
        ({"HTTPS_PROXY": "HTTP://P:1/"}, SERVICE, P),
        ({"HTTPS_PROXY": "http://user:word@p:1"}, SERVICE, Proxy("http", "p", 1, Login(b"user", b"word"))),
        ({"HTTP_PROXY": "http://p:1"}, SERVICE, None),
        ({"HTTP_PROXY": "http://p:1"}, PLAIN, P),
        ({"HTTPS_PROXY": "http://p:1"}, PLAIN, None),
        ({"ALL_PROXY": "socks5://p:1"}, SERVICE, Proxy("socks5", "p", 1)),
        ({"ALL_PROXY": "socks5h://p"}, SERVICE, Proxy("socks5", "p", 1080)),
        ({"ALL_PROXY": "socks5h://q:1080", "HTTPS_PROXY": "http://p:1"}, SERVICE, P),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "ticksupply.com"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "no_proxy": "api.ticksupply.com:443"}, SERVICE, None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "api.ticksupply.com:8443"}, SERVICE, P),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, Origin("https", "10.1.2.3", 443), None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "[2001:db8::1]"}, Origin("https", "2001:db8::1", 443), None),
        ({"NO_PROXY": "example.com"}, SERVICE, None),
        # Without TLS, a proxy would see the key that goes to this very machine.
        ({"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, LOCAL, None),
        *[
            ({name: "http://p:1"}, Origin("http", host, 8080), None)
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY")
            for host in (
                *("127.0.0.1", "127.9.9.9", "localhost", "::1", "localhost.", "127.0.0.1."),
                *("::ffff:127.0.0.1", "0.0.0.0", "::"),
            )
        ],
        ({"HTTP_PROXY": "http://p:1"}, Origin("http", "localhost.example", 80), P),
        ({"HTTPS_PROXY": "http://p:1"}, LOCAL_TLS, P),
    ],
)
def test_the_environment_decides_when_nothing_is_given(
    environment: dict[str, str], origin: Origin, chosen: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert choose(None, origin) == chosen


@pytest.mark.parametrize(
    ("proxy", "chosen"),
    [
        ("http://p", Proxy("http", "p", 80)),
        ("p:3128", Proxy("http", "p", 3128)),
        ("http://p:3128", Proxy("http", "p", 3128)),
        ("https://p:3128", Proxy("https", "p", 3128)),
        ("socks5://p", Proxy("socks5", "p", 1080)),
        ("socks5h://[::1]:1080", Proxy("socks5", "::1", 1080)),
        ("http://u:p%40w@p:1", Proxy("http", "p", 1, Login(b"u", b"p@w"))),
        ("http://u@p:1", Proxy("http", "p", 1, Login(b"u", b""))),
        ("http://:w@p:1", Proxy("http", "p", 1, Login(b"", b"w"))),
        ("http://u:pä55@p:1", Proxy("http", "p", 1, Login(b"u", "pä55".encode()))),
        ("socks5://u:a:b@p:1", Proxy("socks5", "p", 1, Login(b"u", b"a:b"))),
        ("http://u:a@b@p:1", Proxy("http", "p", 1, Login(b"u", b"a@b"))),
        # What a login may have, and a URL's parser drops or objects to.
        *[
            (f"http://u:a{character}b@p:1", Proxy("http", "p", 1, Login(b"u", f"a{character}b".encode())))
            for character in ("[", "]", "[c]", "\t", "\\", " ", "\uff1a", "\u2100")
        ],
        (" http://p:1\n", P),
        ("HTTP://P:1/", P),
    ],
)
def test_a_proxy_that_is_given_is_taken_whatever_the_environment_says(
    proxy: str, chosen: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://other:1")
    monkeypatch.setenv("NO_PROXY", "*")
    assert choose(proxy, SERVICE) == chosen
    assert choose(proxy, LOCAL) == chosen


def test_an_empty_text_means_a_direct_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p:1")
    assert choose("", SERVICE) is None
    route = find_route("https", "api.example", proxy=None, trust_env=False)
    assert route.proxy is None


@pytest.mark.parametrize(
    "proxy",
    [
        *("ftp://p", "http://", "http://:3128", "http://p:port", "http://p:99999", "http://p:0", "socks4://p"),
        *("http://[::1", "http://p q", "http://.p", "http://pröxy", "http://[fe80::1%25eth0]:1", "http://p\\q"),
        *(
            f"http://p:{'9' * 5000}",
            "http://[::1]p:1",
            "http://p[::1]:1",
            "http://[p]:1",
            "http://p\tq",
            "http://p:\u0661",
            "http://::1",
        ),
        *("socks5://u@p", f"socks5://{'u' * 256}:w@p", "http://u%3Av:w@p:1", "http://u:a%00b@p"),
        *("ftp://user:hunter2@p", "user:hunter2@p:x", "http://user:hunter2@", "http://user:hunter2@x@p:port"),
        *("http//user:hunter2", "http://user:x/y@p:port/hunter2", "http://user:hunter2\ud800@p", "socks5://:hunter2@p"),
        f"socks5://hunter2:{'hunter2' * 99}@p",
    ],
)
def test_what_is_no_proxy_is_told_by_its_name_and_never_shown(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(name: str, ask: Any) -> None:
        with pytest.raises(ValueError, match=rf"^{name}: ") as caught:
            ask()
        assert "hunter2" not in str(caught.value)
        for frame, _ in traceback.walk_tb(caught.tb):
            ours = os.sep + "tickhaul" + os.sep in frame.f_code.co_filename
            assert not ours or "hunter2" not in repr(frame.f_locals)

    check("proxy", lambda: choose_proxy(Secret(proxy), SERVICE))
    check("proxy", lambda: Client("key", proxy=proxy))
    with pytest.raises(ValueError, match=r"^proxy: "):
        TransferOptions(proxy=proxy)
    if "\ud800" not in proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        check("HTTPS_PROXY", lambda: choose_proxy(None, SERVICE))
        monkeypatch.delenv("HTTPS_PROXY")
        monkeypatch.setenv("all_proxy", proxy)
        check("ALL_PROXY", lambda: choose_proxy(None, SERVICE))


@pytest.mark.parametrize("character", ["/", "?", "#"])
def test_what_must_be_encoded_in_a_login_is_told(character: str) -> None:
    with pytest.raises(ValueError, match=r"^proxy: the characters / \? # of a user name or password must be percent-"):
        choose(f"http://user:hunter{character}2@p:1", SERVICE)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_the_systems_settings_count_where_the_environment_has_none(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = {"https": "http://p:1"}
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("urllib.request.getproxies", lambda: system)
    monkeypatch.setattr("urllib.request.proxy_bypass", lambda host: host == "direct.example")
    assert choose(None, SERVICE) == P
    assert choose(None, Origin("https", "direct.example", 443)) is None
    assert choose(None, LOCAL) is None
    # Windows takes those of SOCKS for version 4.
    system["https"] = "socks4://user:hunter2@p:1"
    with pytest.raises(ValueError, match=r"^the system's proxy for https: a proxy of another kind") as caught:
        choose(None, SERVICE)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert choose(None, SERVICE) is None


def test_a_proxy_of_another_type_is_a_type_error() -> None:
    wrong: Any = 3128
    with pytest.raises(TypeError, match="proxy must be a str, not int"):
        choose(wrong, SERVICE)
    with pytest.raises(TypeError, match="proxy must be a str, not int"):
        TransferOptions(proxy=wrong)


def test_a_login_is_in_no_repr() -> None:
    assert "hunter2" not in repr(choose("http://user:hunter2@p:1", SERVICE))


@alike
def test_where_nothing_is_set_nothing_is_loaded_to_find_that_out() -> None:
    code = (
        "import sys\n"
        "from tickhaul.net.origins import Origin\n"
        "from tickhaul.net.proxies import choose_proxy\n"
        "assert choose_proxy(None, Origin('https', 'h', 443)) is None\n"
        "assert 'urllib.request' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("environment", "url", "host"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://h.example/a", "p"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "h.example"}, "https://h.example/a", None),
    ],
)
def test_transfers_look_at_the_environment_for_each_host(
    environment: dict[str, str], url: str, host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    parts = urlsplit(url)
    proxy = find_route(parts.scheme, parts.netloc, proxy=None, trust_env=True).proxy
    assert (proxy.host if proxy else None) == host
