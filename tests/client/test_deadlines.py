"""No call outlives its deadline, whatever the other side does. Bounds are loose: this is about ever ending at all."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import trustme
from tickhaul import DeadlineExceeded, NetworkError, Quota, RateLimitError, ServerError

from tests.support import bodies
from tests.support.behaviours import answer, drip, error, head, held, html, stall
from tests.support.proxy import ConnectProxy
from tests.support.silent import silent_listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul import Client

    from tests.support.behaviours import Step
    from tests.support.faces import Connect
    from tests.support.server import Exchange, Serve

DEADLINE = 0.2
LONG = 100_000
#: Far above any deadline here, far below what the stalls would take.
pytestmark = pytest.mark.timeout(30)


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return serving, trusting


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _flood(exchange: Exchange) -> None:
    """A body without an end, as fast as it is taken, in pieces so small that it stays short."""
    exchange.send(CHUNKED)
    while not exchange.stopped.is_set():
        exchange.send(b"1\r\n \r\n" * 1000)


def _more_to_come(exchange: Exchange) -> None:
    """Provisional answers without an end."""
    while not exchange.stopped.wait(0.005):
        exchange.send(b"HTTP/1.1 102 Processing\r\n\r\n")
    exchange.hang_up()


SLOW = {
    "silence": stall(),
    "half a status line": stall(b"HTTP/1.1 2"),
    "half a header": stall(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": stall(head(200, {}, 100) + b"[" * 50),
    "half a chunk": stall(CHUNKED + b"64\r\n[[[["),
    "dripping header": drip(b"HTTP/1.1 200 OK\r\nX-Drip: " + b"x" * LONG),
    "dripping body": drip(head(200, {}, LONG) + b"[" * LONG, every=0.01),
    "endless body": _flood,
    "endless hints": _more_to_come,
}


@pytest.mark.parametrize("how", list(SLOW))
def test_a_call_ends_at_its_deadline_however_the_answer_hangs(how: str, serve: Serve, connect: Connect) -> None:
    server = serve(SLOW[how])
    with pytest.raises(
        DeadlineExceeded, match=r"exchanges\.list: the deadline of 0\.2 s .* before the deadline"
    ) as caught:
        connect(server, deadline=DEADLINE).exchanges.list()
    assert len(caught.value.attempts) == 1
    assert caught.value.deadline == DEADLINE


@pytest.mark.parametrize("how", ["silence", "dripping header", "dripping body"])
def test_a_kept_connection_is_bounded_like_a_new_one(how: str, serve: Serve, connect: Connect) -> None:
    server = serve(answer([]), SLOW[how], answer([]))
    client = connect(server).with_options(deadline=DEADLINE)
    client.with_options(deadline=30).exchanges.list()
    with pytest.raises(DeadlineExceeded):
        client.exchanges.list()
    # The hanging connection is not used again.
    client.with_options(deadline=30).exchanges.list()
    assert [request.connection for request in server.requests] == [0, 0, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.exchanges.list(),
        lambda client: client.export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN]),
    ],
    ids=["read", "write"],
)
def test_silence_longer_than_the_timeout_ends_a_try_long_before_the_deadline(
    call: Callable[[Client], object], serve: Serve, connect: Connect
) -> None:
    server = serve(otherwise=stall())
    with pytest.raises(NetworkError, match=r"after trying once: the service sent nothing within 0\.1 s"):
        call(connect(server, timeout=0.1, max_retries=0))
    assert len(server.requests) == 1


def test_a_try_that_times_out_is_repeated_while_the_deadline_allows(serve: Serve, connect: Connect) -> None:
    server = serve(stall(), stall(), answer([]))
    assert connect(server, timeout=0.1).exchanges.list() == []


def test_connecting_is_bounded(connect: Connect) -> None:
    with silent_listener() as port:
        url = f"http://127.0.0.1:{port}"
        with pytest.raises(DeadlineExceeded, match=f"cannot connect to {url}: no answer before the deadline"):
            connect(url, deadline=DEADLINE).exchanges.list()
        with pytest.raises(NetworkError, match=f"cannot connect to {url}: no answer within 0.1 s"):
            connect(url, timeout=0.1, max_retries=0).exchanges.list()


def test_the_tls_handshake_is_bounded(connect: Connect) -> None:
    with ExitStack() as cleanup:
        silent = cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"https://localhost:{silent.getsockname()[1]}"
        with pytest.raises(DeadlineExceeded, match=f"cannot connect to {url}"):
            connect(url, deadline=DEADLINE, ssl_context=ssl.create_default_context()).exchanges.list()


def test_a_dripping_tls_handshake_is_bounded(connect: Connect) -> None:
    over = threading.Event()
    with ExitStack() as cleanup:
        listener = cleanup.enter_context(socket.create_server(("127.0.0.1", 0)))

        def drip_records() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    # A handshake record that announces more than ever comes.
                    connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
                    while not over.wait(0.02):
                        connection.sendall(b"\x00")
                except OSError:
                    return

        dripper = threading.Thread(target=drip_records)
        dripper.start()
        cleanup.callback(dripper.join, 30)
        cleanup.callback(over.set)
        url = f"https://localhost:{listener.getsockname()[1]}"
        with pytest.raises(DeadlineExceeded, match=f"cannot connect to {url}"):
            connect(url, deadline=DEADLINE, ssl_context=ssl.create_default_context()).exchanges.list()


@pytest.mark.parametrize("after", [0, 4000])
def test_a_proxy_that_drips_within_tls_within_tls_is_bounded(
    serve: Serve, connect: Connect, contexts: tuple[ssl.SSLContext, ssl.SSLContext], after: int
) -> None:
    # From the first byte on, so that the inner handshake takes for ever; or later, within the one record of an answer.
    serving, trusting = contexts
    server = serve(answer([bodies.EXCHANGE] * 1000), tls=serving)
    with ConnectProxy(tls=serving, drips=(after, 0.05)) as proxy:
        proxied = f"https://localhost:{proxy.port}"
        client = connect(server, deadline=DEADLINE * 3, ssl_context=trusting, proxy=proxied)
        with pytest.raises(DeadlineExceeded):
            client.exchanges.list()


@pytest.mark.parametrize("how", ["dripping header", "endless body"])
def test_an_answer_over_tls_is_bounded(
    how: str, serve: Serve, connect: Connect, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    serving, trusting = contexts
    server = serve(SLOW[how], tls=serving)
    with pytest.raises(DeadlineExceeded):
        connect(server, deadline=0.3, ssl_context=trusting).exchanges.list()


@pytest.mark.parametrize("through", ["http", "https"])
@pytest.mark.parametrize("how", ["silence", "dripping body"])
def test_an_answer_through_a_proxy_is_bounded(
    through: str, how: str, serve: Serve, connect: Connect, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    serving, trusting = contexts
    server = serve(SLOW[how], tls=serving)
    with ConnectProxy(tls=serving if through == "https" else None) as proxy:
        client = connect(server, deadline=0.3, ssl_context=trusting, proxy=f"{through}://localhost:{proxy.port}")
        with pytest.raises(DeadlineExceeded):
            client.exchanges.list()
        client.close()


def test_a_proxy_that_never_answers_is_bounded(connect: Connect, serve: Serve) -> None:
    silent = serve(stall())
    with pytest.raises(DeadlineExceeded):
        connect(
            "https://api.example", deadline=DEADLINE, proxy=silent.url, ssl_context=ssl.create_default_context()
        ).exchanges.list()


def test_a_body_that_is_not_taken_is_bounded(connect: Connect) -> None:
    columns = [{"output_column": "x" * 1000, "meta": {"value": "exchange"}} for _ in range(20_000)]
    with ExitStack() as cleanup:
        listener = cleanup.enter_context(socket.socket())
        # Small, so that the sender soon finds no more room.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client = connect(f"http://127.0.0.1:{listener.getsockname()[1]}", deadline=0.5)
        with pytest.raises(DeadlineExceeded, match="the service took nothing before the deadline"):
            client.export_schemas.create("mine", "trade", columns)


def test_a_connection_that_does_not_become_free_is_bounded(serve: Serve, connect: Connect) -> None:
    release = threading.Event()
    server = serve(otherwise=held(release, answer([])))
    client = connect(server, deadline=60)
    busy = [threading.Thread(target=client.exchanges.list) for _ in range(64)]
    for thread in busy:
        thread.start()
    server.wait_for_requests(64)
    try:
        with pytest.raises(DeadlineExceeded, match="no connection became free before the deadline"):
            client.with_options(deadline=DEADLINE).exchanges.list()
    finally:
        release.set()
        for thread in busy:
            thread.join(30)
    assert len(server.requests) == 64


def test_waiting_for_quota_is_bounded(serve: Serve, connect: Connect) -> None:
    server = serve(answer([]))
    client = connect(server, deadline=DEADLINE, quota=Quota(per_minute=1, shared=False))
    client.exchanges.list()
    with pytest.raises(DeadlineExceeded, match="the account's quota"):
        client.exchanges.list()


def test_waiting_as_the_service_asks_is_bounded(serve: Serve, connect: Connect) -> None:
    server = serve(error(429, "rate_limited", headers={"Retry-After": "30"}))
    with pytest.raises(RateLimitError):
        connect(server, deadline=DEADLINE).exchanges.list()


@pytest.mark.parametrize("failure", [html(503), error(429, "rate_limited")])
def test_retries_are_bounded(failure: Step, serve: Serve, connect: Connect) -> None:
    server = serve(otherwise=failure)
    with pytest.raises((ServerError, RateLimitError, DeadlineExceeded)):
        connect(server, deadline=DEADLINE, max_retries=1_000_000).exchanges.list()


def test_without_a_deadline_the_timeout_alone_bounds_each_try(serve: Serve, connect: Connect) -> None:
    server = serve(otherwise=stall())
    with pytest.raises(NetworkError):
        connect(server, deadline=None, timeout=0.1, max_retries=0).exchanges.list()
