"""Where a client connects to is checked when it is built, and no error shows a secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul._core.origin import DEFAULT_ORIGIN, read_key, read_origin
from tickhaul.net.origins import Origin


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TICKSUPPLY_API_KEY", raising=False)
    monkeypatch.delenv("TICKSUPPLY_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "shown"),
    [
        ("https://api.ticksupply.com", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("https://api.ticksupply.com/", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("https://api.ticksupply.com/v1", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("https://api.ticksupply.com/v1/", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("  https://api.ticksupply.com\n", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("HTTPS://API.Ticksupply.COM", "https", "api.ticksupply.com", 443, "https://api.ticksupply.com"),
        ("https://h:443", "https", "h", 443, "https://h"),
        ("https://h:8443", "https", "h", 8443, "https://h:8443"),
        ("https://h:80", "https", "h", 80, "https://h:80"),
        ("http://localhost:80", "http", "localhost", 80, "http://localhost"),
        ("http://localhost:443", "http", "localhost", 443, "http://localhost:443"),
        ("http://127.0.0.1:8080", "http", "127.0.0.1", 8080, "http://127.0.0.1:8080"),
        ("http://127.8.8.8", "http", "127.8.8.8", 80, "http://127.8.8.8"),
        ("http://[::1]:8080/v1", "http", "::1", 8080, "http://[::1]:8080"),
        ("https://[2001:db8::1]", "https", "2001:db8::1", 443, "https://[2001:db8::1]"),
        ("https://tick_supply", "https", "tick_supply", 443, "https://tick_supply"),
        ("https://example.com.", "https", "example.com.", 443, "https://example.com."),
        ("https://bücher.example", "https", "xn--bcher-kva.example", 443, "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_read(text: str, scheme: str, host: str, port: int, shown: str) -> None:
    origin = read_origin(text, allow_plain_http=False)
    assert origin == Origin(scheme, host, port)
    assert str(origin) == shown
    assert origin.authority == shown.partition("://")[2]


@pytest.mark.parametrize(
    "text",
    [
        "api.ticksupply.com",
        "ftp://api.ticksupply.com",
        "https://",
        "https:///v1",
        "https://:443",
        "https://h:0",
        "https://h:65536",
        "https://h:port",
        "https://h:-1",
        "https://ho st",
        "https://h\\evil",
        "https://h%2fevil",
        "https://[::1",
        "https://[fe80::1%25eth0]",
        "https://h/v2",
        "https://h/v1/exports",
        "https://h//v1",
        "https://.h",
        "https://h..example",
        f"https://{'a' * 64}.example",
        "https://-\u2100.example",
        f"https://{'a' * 300}",
        f"https://{'ü' * 80}.example",
    ],
)
def test_what_is_no_origin_is_shown_beside_what_is_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected an origin such as https://api") as caught:
        read_origin(text, allow_plain_http=True)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:hunter2@h",
        "https://hunter2@h",
        "https://:hunter2@h",
        "https://user:hunter2/x@h",
        "https://user:hunter2@h:port",
        "user:hunter2@h",
        "https://h/?api_key=hunter2",
        "https://h?api_key=a@hunter2",
        "https://h/v1#hunter2",
    ],
)
def test_an_origin_that_may_hold_a_secret_is_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="has a user name, a query or a fragment; expected an origin") as caught:
        read_origin(text, allow_plain_http=True)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["example.com", "10.0.0.1", "192.168.1.1", "0.0.0.0", "[2001:db8::1]", "localhost.com"]
)
def test_plain_http_needs_to_be_asked_for_beyond_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="would send the API key unencrypted; use https://, or pass allow_plain_http"):
        read_origin(f"http://{host}", allow_plain_http=False)
    assert read_origin(f"http://{host}", allow_plain_http=True).scheme == "http"


@pytest.mark.parametrize("text", [None, ""])
def test_without_an_argument_the_environment_counts_and_then_the_service(
    text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert str(read_origin(text, allow_plain_http=False)) == DEFAULT_ORIGIN
    monkeypatch.setenv("TICKSUPPLY_BASE_URL", "https://other.example/v1")
    assert str(read_origin(text, allow_plain_http=False)) == "https://other.example"
    assert str(read_origin("https://h", allow_plain_http=False)) == "https://h"
    monkeypatch.setenv("TICKSUPPLY_BASE_URL", "")
    assert str(read_origin(text, allow_plain_http=False)) == DEFAULT_ORIGIN


def test_an_origin_of_another_type_is_a_type_error() -> None:
    wrong: Any = b"https://h"
    with pytest.raises(TypeError, match="base_url must be a str, not bytes"):
        read_origin(wrong, allow_plain_http=False)


@given(st.text() | st.from_regex(r"\Ahttps?://[^/]{0,12}(:[0-9]{0,6})?/?\Z"))
def test_any_text_is_an_origin_or_a_value_error(text: str) -> None:
    try:
        origin = read_origin(text, allow_plain_http=True)
    except ValueError:
        return
    assert origin.authority.isascii()
    assert origin.authority.isprintable()
    assert not set(origin.authority) & set(" /\\@?#%")
    assert 0 < origin.port < 65_536
    assert read_origin(str(origin), allow_plain_http=True) == origin


@pytest.mark.parametrize("given_key", ["sk_live_1", " sk_live_1\n", "key_xxx.secret", '!"#~'])
def test_a_key_is_taken_as_it_is(given_key: str) -> None:
    assert read_key(given_key).reveal() == given_key.strip()


def test_a_key_comes_from_the_environment_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKSUPPLY_API_KEY", "from-environment\n")
    assert read_key(None).reveal() == "from-environment"
    assert read_key("given").reveal() == "given"
    with pytest.raises(ValueError, match="no API key"):
        read_key("")


@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_without_a_key_the_error_says_where_one_goes(key: str | None) -> None:
    with pytest.raises(ValueError, match=r"pass api_key=… or set TICKSUPPLY_API_KEY"):
        read_key(key)


@pytest.mark.parametrize("key", ["se cret", "sec\nret", "sec\x00ret", "sec\x7fret", "sécret", "sec\u2028ret"])
def test_a_key_that_cannot_be_a_header_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(ValueError, match="holds spaces, control or non-ASCII characters") as caught:
        read_key(key)
    assert key not in str(caught.value)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("key", [b"secret", 5, ["secret"]])
def test_a_key_of_another_type_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(TypeError, match="api_key must be a str, not") as caught:
        read_key(key)
    assert "secret" not in str(caught.value)
