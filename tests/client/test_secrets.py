"""Neither the API key nor a presigned query is in any log, repr, exception, warning or pickle.

One broad run of everything a client does, well and badly, against servers that throw secrets back in every way; then
one search through all that could be seen of it.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import pickle
import ssl
import traceback
import warnings
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore
import pytest
import trustme
from tickhaul import ApiError, AsyncClient, Client, NetworkError, Quota, TickhaulError

from tests.support import bodies
from tests.support.behaviours import answer, body, done, error, html, last, lose, raw, whole
from tests.support.clock import FakeClock
from tests.support.faces import KEY
from tests.support.interrupts import variables_of
from tests.support.proxy import ConnectProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.behaviours import Step
    from tests.support.faces import Connect, Face
    from tests.support.server import Exchange, Serve

PROXY_PASSWORD = "pr0xy-p4ss"
EXP, SUB, SCH = bodies.EXPORT_ID, bodies.SUBSCRIPTION_ID, bodies.SCHEMA_ID


class Seen:
    """All that a person, a log file or an error tracker could have seen."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, what: object) -> None:
        self._texts.append(what if isinstance(what, str) else repr(what))

    def add_error(self, error: BaseException) -> None:
        """The error as printed, as an error tracker takes it (with the variables of every frame), and as it travels."""
        seen: set[int] = set()
        pending: list[BaseException | None] = [error]
        while pending:
            link = pending.pop()
            if link is None or id(link) in seen:
                continue
            seen.add(id(link))
            pending += [link.__cause__, link.__context__]
            self.add(str(link))
            self.add(link)
            self.add(vars(link))
            self.add(list(getattr(link, "__notes__", [])))
            captured = traceback.TracebackException.from_exception(link, capture_locals=True)
            for frame in captured.stack:
                # The variables of the test itself hold what it hides.
                if "tests" not in frame.filename:
                    self.add(frame.locals or {})
            self.add("".join(traceback.format_exception(link)))
            if isinstance(link, TickhaulError):
                self.add(pickle.dumps(link).decode("latin-1"))
                self.add(pickle.loads(pickle.dumps(link)))

    def assert_none_of(self, *secrets: str) -> None:
        everything = "\n".join(self._texts)
        assert len(everything) > 1000, "the search had nothing to search"
        for secret in secrets:
            at = everything.find(secret)
            assert at < 0, everything[max(at - 500, 0) : at + 200]


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Collects every log record of every logger at its lowest level, and every warning."""
    collected = Seen()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s"))
    root = logging.getLogger()
    names = [None, "tickhaul", "httpcore", "httpcore.http11", "httpx", "asyncio"]
    before = {name: logging.getLogger(name).level for name in names}
    root.addHandler(handler)
    for name in names:
        logging.getLogger(name).setLevel(1)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield collected
        collected.add(stream.getvalue())
        for warning in warned:
            collected.add(str(warning.message))
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    collected.assert_none_of(KEY, bodies.SIGNATURE, PROXY_PASSWORD, "Proxy-Authorization")


def _redirect(exchange: Exchange) -> None:
    """Elsewhere, with everything that should not be there."""
    key = exchange.request.headers["x-api-key"]
    exchange.send(
        f"HTTP/1.1 307 Moved\r\nLocation: {bodies.PRESIGNED}&key={key}\r\nX-Request-Id: req-{key}\r\n"
        f"X-Echo: {key}\r\nContent-Length: 0\r\n\r\n".encode()
    )


def _relative_redirect(exchange: Exchange) -> None:
    exchange.send(f"HTTP/1.1 302 Moved\r\nLocation: /x?{bodies.SIGNATURE}\r\nContent-Length: 0\r\n\r\n".encode())


def _echo_in(shape: Callable[[str], Step]) -> Step:
    def step(exchange: Exchange) -> None:
        shape(exchange.request.headers["x-api-key"])(exchange)

    return step


def _echoed(status: int, key: str) -> Step:
    details = {
        "header": {"x-api-key": key},
        key: [key, {"deep": f"before {key} after"}],
        "link": bodies.PRESIGNED,
        "quoted": f'see "{bodies.PRESIGNED}" and \\"{bodies.PRESIGNED}\\"',
    }
    return error(
        status, f"bad.{key}", f"key {key} sent to {bodies.PRESIGNED}", details=details, headers={"X-Request-Id": key}
    )


ESCAPED = json.dumps({"url": bodies.PRESIGNED}).replace("/", "\\/").replace("&", "\\u0026")
ECHOES: dict[str, Step] = {
    "error message and details": _echo_in(lambda key: _echoed(400, key)),
    "passing error": _echo_in(lambda key: _echoed(503, key)),
    "redirect": _redirect,
    "relative redirect": _relative_redirect,
    "HTML": _echo_in(lambda key: body(f"<p>{key} <a href='{bodies.PRESIGNED}'>".encode(), 502)),
    "HTML as a success": _echo_in(lambda key: body(f"<p>{key} <a href='{bodies.PRESIGNED}'>".encode())),
    "content type": _echo_in(lambda key: body(b"", 503, {"Content-Type": f"text/{key}; see={bodies.PRESIGNED}"})),
    "reason phrase": _echo_in(lambda key: raw(f"HTTP/1.1 503 {key}\r\nContent-Length: 0\r\n\r\n".encode())),
    "truncated JSON": _echo_in(lambda key: body(f'{{"id": "{key}", "url": "{bodies.PRESIGNED}'.encode())),
    "far into a body": _echo_in(lambda key: body(b'"' + b"x" * 480 + f"{key}{bodies.PRESIGNED}".encode())),
    "escaped": body(ESCAPED.encode()),
    "wrong type": _echo_in(lambda key: answer({**bodies.job(), "created_at": f"{key} {bodies.PRESIGNED}"})),
    "missing field": _echo_in(lambda key: answer({"id": key, "url": bodies.PRESIGNED})),
    "illegal header": _echo_in(lambda key: last(raw(f"HTTP/1.1 200 OK\r\nbad header {key}\r\n\r\n".encode()))),
    "no HTTP": _echo_in(lambda key: last(raw(f"{key} {bodies.PRESIGNED}\r\n\r\n".encode()))),
    "bad chunk": _echo_in(
        lambda key: last(raw(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{key}\r\n".encode()))
    ),
    "lost": lose(),
    "header of a success": _echo_in(
        lambda key: raw(whole(bodies.job(), headers={"X-Request-Id": key, "Link": f"<{bodies.PRESIGNED}>"}))
    ),
    "unknown field": _echo_in(lambda key: answer({**bodies.job(), "link": bodies.PRESIGNED})),
}


@pytest.mark.parametrize("echo", list(ECHOES))
def test_a_server_that_throws_secrets_back_does_not_get_them_seen(
    echo: str, serve: Serve, connect: Connect, seen: Seen
) -> None:
    server = serve(otherwise=ECHOES[echo])
    client = connect(
        server,
        clock=FakeClock(),
        max_retries=1,
        quota=None,
        on_request=seen.add,
        on_retry=seen.add,
        on_response=seen.add,
    )
    calls: list[Callable[[], object]] = [
        lambda: client.exports.get(EXP),
        lambda: client.exports.create(123, 1, 2),
        lambda: client.export_schemas.update(SCH, [bodies.COLUMN]),
        lambda: list(client.exports.list()),
    ]
    for call in calls:
        try:
            seen.add(call())
        except TickhaulError as error_:
            seen.add_error(error_)
    seen.add(client.last_response)
    seen.add("x" * 1000)


def test_nothing_of_a_whole_working_day_is_seen(serve: Serve, connect: Connect, seen: Seen) -> None:
    server = serve(
        html(503),
        answer([bodies.EXCHANGE]),
        answer(bodies.page([bodies.DATASTREAM])),
        answer(bodies.page([bodies.subscription()])),
        answer(bodies.job(), 202),
        answer(bodies.job("succeeded")),
        answer(bodies.DOWNLOAD),
        answer(bodies.SCHEMA),
        answer(bodies.BILLING),
        answer(bodies.AVAILABILITY),
        done(),
        error(429, "rate_limited", headers={"Retry-After": "100"}),
        otherwise=lose(),
    )
    clock = FakeClock()
    told = {"on_request": seen.add, "on_retry": seen.add, "on_response": seen.add}
    client = connect(server, clock=clock, quota=Quota(), **told)
    seen.add(client)
    seen.add(client.with_options(timeout=1.0))
    for resource in (
        client.exchanges,
        client.datastreams,
        client.availability,
        client.subscriptions,
        client.exports,
        client.export_schemas,
        client.billing,
    ):
        seen.add(resource)
        seen.add(repr(vars(getattr(resource, "_inner", resource))))
    seen.add(client.exchanges.list())
    stream = client.datastreams.find("binance", "BTCUSDT", "trades")
    seen.add(client.subscriptions.ensure(stream))
    job = client.exports.create(stream, 1, 2)
    seen.add(client.exports.wait(job))
    download = client.exports.get_download(job)
    # The model holds the URL, for the transfer needs it; it does not show it.
    assert bodies.SIGNATURE in download.artifacts[0].url
    seen.add(download)
    seen.add(str(download.artifacts))
    seen.add(client.export_schemas.get(SCH))
    seen.add(client.billing.get_summary())
    seen.add(client.availability.get(stream))
    client.subscriptions.pause(SUB)
    for _ in range(2):
        with pytest.raises(TickhaulError) as caught:
            client.exports.delete(job)
        seen.add_error(caught.value)
    seen.add(clock.slept)


def test_what_the_insides_show_of_themselves_holds_no_key(serve: Serve, seen: Seen) -> None:
    server = serve(answer([]))
    with Client(KEY, base_url=server.url) as client:
        client.exchanges.list()
        executor = client._executor
        for inside in (client, executor, executor._secret, executor._stamp, executor._ledger, executor._transport):
            seen.add(inside)
        # As a debugger or an error tracker lists them.
        seen.add({name: repr(value) for name, value in vars(executor).items()})
        seen.add({name: repr(value) for name, value in vars(executor._transport).items()})
        with pytest.raises(TypeError) as caught:
            pickle.dumps(client)
        seen.add_error(caught.value)
    seen.add("x" * 1000)


@pytest.mark.parametrize(
    "call",
    [
        lambda th: th.exports.create(123, 1, 2, format_options={"x": float("nan")}),
        lambda th: th.exports.create(123, 1, 2, format_options={"x": object()}),
        lambda th: th.exports.get(".."),
        lambda th: th.exports.cancel(EXP, idempotency_key="no uuid"),
        lambda th: th.export_schemas.update(SCH, [{"no": "name"}]),
        lambda th: th.exports.create(123, "never", 2),
    ],
)
def test_a_wrong_argument_is_refused_without_showing_the_key(
    call: Callable[[Client], object], serve: Serve, connect: Connect, seen: Seen
) -> None:
    client = connect(serve())
    with pytest.raises((ValueError, TypeError)) as caught:
        call(client)
    seen.add_error(caught.value)
    seen.add("x" * 1000)


@pytest.mark.parametrize("wrong", [f"{KEY}\n{KEY}", f"{KEY} x", f"{KEY}é"])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(wrong: str, seen: Seen) -> None:
    for build in (Client, AsyncClient):
        with pytest.raises(ValueError, match="the API key holds") as caught:
            build(wrong)
        seen.add(str(caught.value))
        seen.add(caught.value)
    seen.add("x" * 1000)


def test_a_proxys_login_is_seen_nowhere(serve: Serve, connect: Connect, seen: Seen) -> None:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = serve(answer([]), lose(), tls=serving)
    with ConnectProxy() as proxy:
        url = f"http://me:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}"
        client = connect(server, ssl_context=trusting, proxy=url, max_retries=0)
        seen.add(client)
        client.exchanges.list()
        with pytest.raises(TickhaulError) as caught:
            client.exchanges.list()
        seen.add_error(caught.value)
        client.close()
    refusal = f"HTTP/1.1 407 Not {PROXY_PASSWORD}\r\nContent-Length: 0\r\n\r\n".encode()
    with ConnectProxy(refusal) as proxy:
        url = f"http://me:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}"
        with pytest.raises(TickhaulError) as caught:
            connect(server, ssl_context=trusting, proxy=url, max_retries=0).exchanges.list()
        seen.add_error(caught.value)
    gone = f"http://me:{PROXY_PASSWORD}@127.0.0.1:{proxy.port}"
    with pytest.raises(TickhaulError) as caught:
        connect(server, ssl_context=trusting, proxy=gone, max_retries=0).exchanges.list()
    seen.add_error(caught.value)
    for wrong in (f"ftp://me:{PROXY_PASSWORD}@proxy.example", f"http://me:{PROXY_PASSWORD}@proxy.example:port"):
        with pytest.raises(ValueError, match="proxy") as refused:
            connect(server, proxy=wrong)
        seen.add(str(refused.value))
        seen.add(refused.value)


def test_a_proxys_password_may_have_any_characters(serve: Serve, connect: Connect) -> None:
    with ConnectProxy(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        server = serve(tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        with pytest.raises(NetworkError, match=r"the proxy 127.0.0.1:[0-9]+ said 407; it did not accept the login"):
            connect(server, proxy=f"http://me:pä%C3%9F@127.0.0.1:{proxy.port}").exchanges.list()
        sent = proxy.requests[0].headers["proxy-authorization"]
        assert b64decode(sent.removeprefix("Basic ")).decode() == "me:päß"


def test_an_event_loop_that_tells_all_it_does_does_not_tell_that(serve: Serve, seen: Seen) -> None:
    server = serve(answer([]), lose(), _redirect)

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.0
        async with AsyncClient(KEY, base_url=server.url, max_retries=0) as client:
            await client.exchanges.list()
            for _ in range(2):
                with suppress(ApiError, TickhaulError):
                    await client.exchanges.list()

    asyncio.run(main(), debug=True)


def test_what_the_engine_logs_of_other_programs_requests_is_left_alone(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "httpcore")
    server = serve(answer([], headers={"X-Mine": "1"}), answer([], headers={"X-Theirs": "2"}))
    connect(server).exchanges.list()
    with httpcore.ConnectionPool() as pool:
        pool.request("GET", server.url)
    messages = "\n".join(record.getMessage() for record in caplog.records)
    assert "receive_response_headers.complete status=200" in messages
    assert "X-Mine" not in messages
    assert "(b'X-Theirs', b'2')" in messages


def test_short_keys_do_not_break_the_errors_they_are_hidden_from(serve: Serve, face: Face) -> None:
    details: dict[str, Any] = {"t": True, "n": 1234, "list": ["test", None], "e": 'a "quoted" \\ text'}
    server = serve(otherwise=error(404, "not_found", "the text", details=details))
    for key in ("t", "1", "null", '"', "\\", "test"):
        with face.client(key, base_url=server.url) as client, pytest.raises(ApiError) as caught:
            client.exports.get(EXP)
        assert caught.value.status == 404
        assert caught.value.details["n" if key != "n" else "t"] == 1234


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": -1},
        {"proxy": f"http://me:{PROXY_PASSWORD}@p:port"},
        {"base_url": "ftp://h"},
        {"quota": 1},
        {"key": " x"},
    ],
    ids=str,
)
def test_a_client_that_could_not_be_built_shows_no_secret_and_can_be_shown(wrong: dict[str, Any]) -> None:
    options = {"proxy": f"http://me:{PROXY_PASSWORD}@p:1", **wrong}
    key = KEY + options.pop("key", "")
    for kind in (Client, AsyncClient):
        with pytest.raises((ValueError, TypeError)) as caught:
            kind(key, **options)
        shown = variables_of(caught.value)
        assert KEY not in shown
        assert PROXY_PASSWORD not in shown
        half_built = object.__new__(kind)
        assert repr(half_built) == f"<{kind.__name__} of no service: it was not built>"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"api_key": b"hunter2"}, "api_key must be a str, not bytes"),
        ({"api_key": ["hunter2"]}, "api_key must be a str, not list"),
        ({"api_key": "hunter2\ud800"}, "the API key holds"),
        ({"proxy": b"http://me:hunter2@p"}, "proxy must be a str, not bytes"),
        ({"proxy": ["http://me:hunter2@p"]}, "proxy must be a str, not list"),
        ({"ssl_context": "/ca.pem"}, "ssl_context must be an ssl.SSLContext, not str"),
        ({"ssl_context": False}, "ssl_context must be an ssl.SSLContext, not bool"),
        ({"proxy": "ftp://me:hunter2@p"}, "proxy: .*expected a URL"),
        ({"proxy": "http//me:hunter2"}, "proxy: .*expected a URL"),
        ({"proxy": "me:hunter2@p:x"}, "proxy: .*expected a URL"),
        ({"proxy": "http://me:hunter2"}, "proxy: .*expected a URL"),
        ({"proxy": "http://me:hunter2@"}, "proxy: .*expected a URL"),
        ({"proxy": "http://me:hunter2@[::1"}, "proxy: .*expected a URL"),
        ({"proxy": "http://me:x/y@p:port/hunter2"}, "proxy: the characters / . # of a user name or password must be"),
        ({"proxy": "http://me:hunter2\ud800@p"}, "proxy: .*expected a URL"),
        ({"proxy": "socks5://me:@p/hunter2"}, "proxy: it has a path"),
        ({"base_url": "https://me:hunter2@h"}, "base_url has a user name"),
        ({"base_url": b"https://me:hunter2@h"}, "base_url must be a str, not bytes"),
    ],
    ids=ascii,
)
def test_no_wrong_value_shows_itself(wrong: dict[str, Any], words: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises((ValueError, TypeError), match=words) as caught:
            kind(**{"api_key": KEY, **wrong})
        shown = variables_of(caught.value) + repr(caught.value)
        assert "hunter2" not in shown
        assert KEY not in shown
