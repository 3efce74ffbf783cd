"""What is said to a SOCKS 5 proxy, byte for byte, and what its replies mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.net.proxies import Login, Proxy
from tickhaul.net.refusals import refused_by_socks
from tickhaul.net.socks import SocksError, talk

ME = Login(b"me", "pä55".encode())
BOUND = bytes([1, 127, 0, 0, 1, 0, 80])


def converse(replies: bytes, host: str = "h.example", login: Login | None = None) -> tuple[list[bytes], bytes]:
    """What is sent, step by step, and what is left of the replies.

    Raises:
        EOFError: more replies are waited for.
    """
    conversation = talk(host, 443, login)
    sent: list[bytes] = []
    data, count = next(conversation)
    while True:
        sent += [data] if data else []
        if len(replies) < count:
            raise EOFError
        piece, replies = replies[:count], replies[count:]
        try:
            data, count = conversation.send(piece)
        except StopIteration:
            return sent, replies


@pytest.mark.parametrize(
    ("host", "login", "replies", "sent"),
    [
        ("h.example", None, b"\5\0\5\0\0" + BOUND, [b"\5\1\0", b"\5\1\0\3\x09h.example\x01\xbb"]),
        ("192.0.2.1", None, b"\5\0\5\0\0" + BOUND, [b"\5\1\0", b"\5\1\0\1\xc0\0\2\1\x01\xbb"]),
        ("::1", None, b"\5\0\5\0\0" + BOUND, [b"\5\1\0", b"\5\1\0\4" + bytes(15) + b"\1\x01\xbb"]),
        # Where it connects from may be told as a name or an IPv6 address.
        ("192.0.2.1", None, b"\5\0\5\0\0\3\4here\0\1", [b"\5\1\0", b"\5\1\0\1\xc0\0\2\1\x01\xbb"]),
        ("192.0.2.1", None, b"\5\0\5\0\0\4" + bytes(18), [b"\5\1\0", b"\5\1\0\1\xc0\0\2\1\x01\xbb"]),
        # A login is sent only where it is wanted.
        ("192.0.2.1", ME, b"\5\0\5\0\0" + BOUND, [b"\5\2\0\2", b"\5\1\0\1\xc0\0\2\1\x01\xbb"]),
        (
            "192.0.2.1",
            ME,
            b"\5\2\1\0\5\0\0" + BOUND,
            [b"\5\2\0\2", b"\1\2me\5p\xc3\xa455", b"\5\1\0\1\xc0\0\2\1\x01\xbb"],
        ),
    ],
)
def test_it_is_asked_for_a_connection(host: str, login: Login | None, replies: bytes, sent: list[bytes]) -> None:
    assert converse(replies + b"what the host says", host, login) == (sent, b"what the host says")


@pytest.mark.parametrize(
    ("login", "replies", "words", "hopeless"),
    [
        (None, b"HT", "does not speak SOCKS 5", True),
        (None, b"\4\0", "does not speak SOCKS 5", True),
        (None, b"\5\xff", "it wants a login: write user:password@ before p:1080 in its URL", True),
        (None, b"\5\2", "it wants a login: write user:password@ before p:1080 in its URL", True),
        (ME, b"\5\xff", "it did not accept the login", True),
        (ME, b"\5\1", "it did not accept the login", True),
        (ME, b"\5\2\1\1", "it did not accept the login", True),
        (None, b"\5\0\5\1\0\1", "made no connection (General SOCKS server failure)", False),
        (None, b"\5\0\5\2\0\1", "made no connection (Connection not allowed by ruleset)", True),
        (None, b"\5\0\5\4\0\1", "made no connection (Host unreachable)", False),
        (None, b"\5\0\5\4\0\0", "made no connection (Host unreachable)", False),
        (None, b"\5\0\5\x63\0\1", "made no connection (reply 99)", False),
        (None, b"\5\0\4\0\0\1", "does not speak SOCKS 5", True),
        (None, b"\5\0\5\0\0\2", "does not speak SOCKS 5", True),
    ],
)
def test_a_refusal_is_told(login: Login | None, replies: bytes, words: str, hopeless: bool) -> None:
    with pytest.raises(SocksError) as caught:
        converse(replies, login=login)
    refusal = refused_by_socks(Proxy("socks5", "p", 1080, login), caught.value)
    assert refusal.text.removeprefix("the proxy p:1080").lstrip(": ") == words
    assert refusal.hopeless is hopeless


def test_a_name_that_is_too_long_for_it_is_refused() -> None:
    with pytest.raises(SocksError, match="255 bytes at most"):
        converse(b"\5\0", host="x" * 256)


@given(st.binary(max_size=40), st.sampled_from([None, ME]))
def test_whatever_it_says_ends_the_talk(replies: bytes, login: Login | None) -> None:
    for start in (b"", b"\5\0", b"\5\0\5\0\0", b"\5\2\1\0"):
        try:
            converse(start + replies, login=login)
        except (SocksError, EOFError):
            continue
