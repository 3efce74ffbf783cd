"""One response after another over a connection: where each ends, what belongs to it, and how it is stopped."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import pytest
from tickhaul.transfer.wire import Channel, WireError, choose

from tests.support.server import PATIENCE, Exchange, ScriptedServer
from tests.support.silent import resolve_localhost, silent_listener
from tests.transfer.channels import Taken, body_of, framed, opened
from tests.transfer.hauls import KIB, assert_arrived, content, haul, options
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tickhaul.transfer.model import Engine

pytestmark = pytest.mark.usefixtures("engine", "own_authority")

FILES = {"a": content(300 * KIB)}


def test_connections_are_kept_for_the_next_part(tmp_path: Path) -> None:
    with Storage({"a": content(2000 * KIB)}) as storage:
        haul(storage, tmp_path, connections=2)
        assert storage.connections <= 2
        assert len(storage.requests) == 16


def test_a_kept_connection_the_server_has_closed_counts_as_no_failure(tmp_path: Path) -> None:
    def hang_up(request: Request, answer: Answer) -> Answer:
        answer.close = True
        return answer

    with Storage({"a": content(2000 * KIB)}, hang_up) as storage:
        haul(storage, tmp_path, connections=1, attempts=1)
        assert storage.connections == 16
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize(
    "surplus", ["in one piece with it", "in one piece with its end", "while idle", "half of it while idle"]
)
@pytest.mark.parametrize("size", [100, 200 * KIB])
def test_what_comes_behind_a_response_is_not_taken_for_the_next(
    server_context: ssl.SSLContext, *, chunked: bool, encrypted: bool, surplus: str, size: int
) -> None:
    read, sent = threading.Event(), threading.Event()

    def twice(exchange: Exchange) -> None:
        response = framed(exchange.request.path[1:].encode() * size, chunked=chunked)
        try:
            if "idle" in surplus:
                exchange.send(response)
                assert read.wait(PATIENCE)
                exchange.send(response[: len(response) // 2] if "half" in surplus else response)
            elif "end" in surplus:
                # One record of TLS, that no client asks for more of than is left of the body.
                exchange.send(response[:-50])
                exchange.send(response[-50:] + framed(b"x" * size, chunked=False)[:1000])
            else:
                exchange.send(response * 2)
        finally:
            sent.set()

    with ScriptedServer(otherwise=twice, tls=server_context if encrypted else None) as server, opened() as channel:
        for name in ("a", "b"):
            read.clear()
            sent.clear()
            body = body_of(channel, f"{server.url}/{name}")
            read.set()
            assert sent.wait(PATIENCE)
            assert (len(body), set(body)) == (size, {ord(name)})
        assert server.connections == 2


class SplitRecords:
    """A host that sends its first response twice, and breaks the second one off in a record of TLS until the next request.

    Args:
        context: its TLS settings.
        at: how much of the record goes out together with the end of the first response.
    """

    def __init__(self, context: ssl.SSLContext, at: int) -> None:
        self.connections = 0
        self._context = context
        self._at = at
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=[sock])
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        end = self._context.wrap_bio(incoming, outgoing, server_side=True)

        def until_done(work: Callable[[], Any]) -> Any:  # Any: whatever the work returns
            while True:
                try:
                    result = work()
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    data = sock.recv(65536)
                    if not data:
                        raise OSError("closed") from None
                    incoming.write(data)
                else:
                    sock.sendall(outgoing.read())
                    return result

        with contextlib.suppress(OSError), sock:
            until_done(end.do_handshake)
            held, first = b"", self.connections == 1
            while True:
                request = until_done(lambda: end.read(65536))
                sock.sendall(held)
                response = framed(request.split(b" ", 2)[1][1:] * 100 * KIB, chunked=False)
                end.write(response[:-50])
                sock.sendall(outgoing.read())
                end.write(response[-50:])
                whole = outgoing.read()
                held = b""
                if first:
                    end.write(response[:16000])
                    record = outgoing.read()
                    end.write(response[16000:])
                    whole, held, first = whole + record[: self._at], record[self._at :] + outgoing.read(), False
                sock.sendall(whole)


@pytest.mark.parametrize("at", [3, 100, 10_000])
def test_a_response_sent_twice_with_a_record_broken_off_is_not_taken_for_the_next(
    server_context: ssl.SSLContext, at: int
) -> None:
    with SplitRecords(server_context, at) as host, opened() as channel:
        assert set(body_of(channel, f"{host.url}/a")) == {ord("a")}
        assert set(body_of(channel, f"{host.url}/b")) == {ord("b")}
        assert host.connections == 2


@pytest.mark.parametrize("count", [1, 100, 3000])
def test_of_a_response_sent_twice_that_breaks_off_no_byte_is_taken_in(
    engine: Engine, server_context: ssl.SSLContext, count: int
) -> None:
    if engine == "httpcore":
        pytest.skip("it sees all that comes behind a response")

    def respond(exchange: Exchange) -> None:
        whole = framed(b"a" * 5000, chunked=False)
        broken_off = exchange.request.path == "/b"
        exchange.send(whole[: count - 5000] if broken_off else whole)
        if broken_off:
            exchange.hang_up()

    with ScriptedServer(otherwise=respond, tls=server_context) as server, opened() as channel:
        assert body_of(channel, f"{server.url}/a") == b"a" * 5000
        taken = Taken()
        with pytest.raises(WireError):
            channel.get(f"{server.url}/b", {}, taken)
        assert taken.heads == 0
        assert not taken.body
        assert server.connections == 1


def test_the_same_file_is_the_same_each_time(server_context: ssl.SSLContext) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x" * 100, chunked=False))

    with ScriptedServer(otherwise=respond, tls=server_context) as server, opened() as channel:
        for sign in "abc":
            assert body_of(channel, f"{server.url}/file?X-Amz-Signature={sign}") == b"x" * 100
        assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize("size", [0, 1, 300 * KIB])
def test_responses_that_are_the_same_are_all_taken_in(server_context: ssl.SSLContext, size: int) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x" * size, chunked=False))

    with ScriptedServer(otherwise=respond, tls=server_context) as server, opened() as channel:
        for name in "abcdef":
            assert body_of(channel, f"{server.url}/{name}") == b"x" * size


def test_a_body_that_is_broken_off_by_its_receiver_takes_its_connection_with_it(
    server_context: ssl.SSLContext,
) -> None:
    class Enough(Taken):
        def piece(self, data: memoryview) -> bool:
            return False

    def twice(exchange: Exchange) -> None:
        with contextlib.suppress(OSError):
            exchange.send(framed(exchange.request.path[1:].encode() * 300 * KIB, chunked=False) * 2)

    for context in (None, server_context):
        with ScriptedServer(otherwise=twice, tls=context) as server, opened() as channel:
            channel.get(f"{server.url}/a", {}, Enough())
            assert set(body_of(channel, f"{server.url}/b")) == {ord("b")}
            assert server.connections == 2


def test_a_flood_of_interim_heads_is_no_response() -> None:
    flood = b"HTTP/1.1 103 Early Hints\r\nX-A: %b\r\n\r\n" % (b"x" * 1000) * 63
    head = b"HTTP/1.1 200 OK\r\nETag: x\r\nX-B: %b\r\nContent-Length: 1\r\n\r\nx" % (b"x" * 1000)
    heads: list[Mapping[str, str]] = []

    class Looks(Taken):
        def head(self, status: int, headers: Mapping[str, str]) -> bool:
            heads.append(headers)
            return True

    def respond(exchange: Exchange) -> None:
        with contextlib.suppress(OSError):
            exchange.send(flood + head)

    with ScriptedServer(otherwise=respond) as server, opened() as channel:
        with contextlib.suppress(WireError):
            channel.get(f"{server.url}/a", {}, Looks())
        assert all(headers["etag"] == "x" and "x-b" in headers for headers in heads)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_line_that_becomes_slow_is_not_taken_for_silent(
    tmp_path: Path, server_context: ssl.SSLContext, chunked: bool
) -> None:
    fast, slow = b"x" * 4 * 1024 * KIB, b"y" * 2 * KIB
    clock = threading.Event()

    def become_slow(exchange: Exchange) -> None:
        length = len(fast) + 40 * len(slow) + 2 * 1024 * KIB
        extra = b"Transfer-Encoding: chunked\r\n" if chunked else b""
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (length, extra))
        for piece in (fast, *[slow] * 40):
            exchange.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if piece is slow:
                clock.wait(0.05)
        exchange.send(b"0\r\n\r\n" if chunked else b"z" * 2 * 1024 * KIB)

    with ScriptedServer(otherwise=become_slow, tls=server_context) as server, opened() as channel:
        seen: list[int] = []
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.25):
                seen.append(channel.received)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            body = body_of(channel, f"{server.url}/a")
        finally:
            done.set()
            watcher.join()
        assert body.count(b"y") == 40 * len(slow)
        # While it is slow, which takes two seconds, bytes are seen to come.
        slowly = {count for count in seen if len(fast) < count <= len(fast) + 40 * len(slow)}
        assert len(slowly) > 1


def test_what_comes_by_a_connection_used_before_the_last_is_not_taken_for_a_response() -> None:
    read, sent = threading.Event(), threading.Event()

    def more(exchange: Exchange) -> None:
        exchange.send(framed(b"first", chunked=False))
        assert read.wait(PATIENCE)
        with contextlib.suppress(OSError):
            exchange.send(framed(b"wrong", chunked=False))
        sent.set()

    def once(exchange: Exchange) -> None:
        exchange.send(framed(b"other", chunked=False))

    def right(exchange: Exchange) -> None:
        exchange.send(framed(b"right", chunked=False))

    with ScriptedServer(more, otherwise=right) as one, ScriptedServer(otherwise=once) as another, opened() as channel:
        assert body_of(channel, f"{one.url}/") == b"first"
        assert body_of(channel, f"{another.url}/") == b"other"
        read.set()
        assert sent.wait(PATIENCE)
        assert body_of(channel, f"{one.url}/") == b"right"


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_connection_on_which_nothing_more_comes_is_kept(
    engine: Engine, server_context: ssl.SSLContext, chunked: bool, encrypted: bool
) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(exchange.request.path[1:].encode() * 200 * KIB, chunked=chunked))

    with ScriptedServer(otherwise=respond, tls=server_context if encrypted else None) as server, opened() as channel:
        for nth in range(4):
            assert len(body_of(channel, f"{server.url}/{nth}")) == 200 * KIB
        # libcurl does not tell what came behind the last chunk.
        assert server.connections == (4 if chunked and engine == "libcurl" else 1)


def test_a_request_is_stopped_while_the_host_is_silent(server_context: ssl.SSLContext) -> None:
    def silent(exchange: Exchange) -> None:
        exchange.send(framed(b"x" * 100, chunked=False)[:-1])
        stopper.start()
        exchange.stopped.wait(PATIENCE)

    with ScriptedServer(otherwise=silent, tls=server_context) as server, opened() as channel:
        stopper = threading.Thread(target=channel.abort, args=["enough"])
        # Without an end to it, this would take the seconds of `silence` twice, and say that time is up.
        with pytest.raises(WireError, match=r"^(?!timed out)"):
            body_of(channel, f"{server.url}/a")
        assert channel.aborted == "enough"
        stopper.join()


def test_a_request_is_stopped_while_much_is_still_to_come(server_context: ssl.SSLContext) -> None:
    much = 4 * 1024 * KIB

    def falls_silent(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (2 * much) + b"x" * much)
        stopper.start()
        exchange.stopped.wait(PATIENCE)

    def stop() -> None:
        pause = threading.Event()
        while channel.received < much:
            pause.wait(0.005)
        # By now it waits for the rest, and not for every packet of it.
        began = channel.idle.seconds(time.monotonic())
        while channel.idle.seconds(time.monotonic()) - began < 0.05:
            pause.wait(0.005)
        channel.abort("enough")

    with ScriptedServer(otherwise=falls_silent, tls=server_context) as server, opened() as channel:
        stopper = threading.Thread(target=stop)
        with pytest.raises(WireError, match=r"^(?!timed out)"):
            body_of(channel, f"{server.url}/a")
        assert channel.aborted == "enough"
        stopper.join()


def test_a_retired_channel_makes_no_more_requests() -> None:
    with ScriptedServer() as server, opened() as channel:
        channel.retire()
        with pytest.raises(WireError, match="stopped"):
            body_of(channel, f"{server.url}/a")
        assert server.requests == []


def test_what_a_receiver_raises_reaches_whoever_asked(
    server_context: ssl.SSLContext, capfd: pytest.CaptureFixture[str]
) -> None:
    class Full(Taken):
        def piece(self, data: memoryview) -> bool:
            raise OSError(28, "the disk is full")

    def respond(exchange: Exchange) -> None:
        exchange.send(framed(exchange.request.path[1:].encode() * 100, chunked=False))

    with ScriptedServer(otherwise=respond, tls=server_context) as server, opened() as channel:
        with pytest.raises(OSError, match="the disk is full"):
            channel.get(f"{server.url}/a", {}, Full())
        assert body_of(channel, f"{server.url}/b") == b"b" * 100
    # libcurl's binding prints what its callbacks raise.
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("head", "text"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nxx", "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", "malformed|broke"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\nxx", "malformed"),
        (b"HTTP/1.1 200 OK\r\n: empty\r\nContent-Length: 2\r\n\r\nxx", "malformed"),
        (b"HTTP/1.1 nonsense\r\n\r\n", "malformed"),
        (b"nonsense\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Header: %b\r\n" % (b"x" * 1000) * 200 + b"\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nX-Header: " + b"x" * 200 * KIB + b"\r\n\r\n", "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx", "ended before the body did"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", "ended before the body did"),
        (b"", "closed by the other side"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "malformed|ended|closed"),
    ],
)
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_malformed_response_is_an_error(
    server_context: ssl.SSLContext, head: bytes, text: str, encrypted: bool
) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(head)
        exchange.hang_up()

    with (
        ScriptedServer(otherwise=respond, tls=server_context if encrypted else None) as server,
        opened() as channel,
        pytest.raises(WireError, match=text),
    ):
        body_of(channel, f"{server.url}/a")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"X-A: 1\r\nx-a: 2\r\n", {"x-a": "1"}),
        (b"X-A: one\r\n two\r\n", {"x-a": "one two"}),
        (b"X-A:\r\n", {"x-a": ""}),
        (b"X-A:  \t spaces \t \r\n", {"x-a": "spaces"}),
        (b"X-A: \xe9\r\n", {"x-a": "\xe9"}),
        (b"", {}),
    ],
)
def test_a_head_is_read(lines: bytes, expected: dict[str, str]) -> None:
    heads: list[tuple[int, Mapping[str, str]]] = []

    class Looks(Taken):
        def head(self, status: int, headers: Mapping[str, str]) -> bool:
            heads.append((status, headers))
            return True

    def respond(exchange: Exchange) -> None:
        interim = b"HTTP/1.1 103 Early Hints\r\nX-A: early\r\n\r\n"
        exchange.send(interim + b"HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n" + lines + b"\r\nx")

    with ScriptedServer(otherwise=respond) as server, opened() as channel:
        looks = Looks()
        channel.get(f"{server.url}/a", {}, looks)
        assert heads == [(206, {"content-length": "1", **expected})]
        assert looks.body == b"x"


@pytest.mark.parametrize(
    "target",
    ["/a/../b", "//a", "/./a", "/%2e%2e/a", "/a?b=c&d={e}|'f'\"", "/a;b=c", "/?", "/a%20b?X=%2F+%2f", "?a=b", ""],
)
def test_a_target_is_asked_for_as_it_is_written(target: str) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x", chunked=False))

    with ScriptedServer(otherwise=respond) as server, opened() as channel:
        channel.get(f"{server.url}{target}#fragment", {}, Taken())
        assert server.requests[0].target == (target if target.startswith("/") else f"/{target}")


def test_headers_are_of_one_request_only() -> None:
    with ScriptedServer(otherwise=lambda exchange: exchange.send(framed(b"x", chunked=False))) as server:
        with opened() as channel:
            for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=1-2"}, {}):
                channel.get(f"{server.url}/a", headers, Taken())
        assert [request.headers.get("range") for request in server.requests] == [None, "bytes=0-1", "bytes=1-2", None]


def test_what_is_sent_is_what_a_storage_host_may_see(engine: Engine) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x", chunked=False))

    with ScriptedServer(otherwise=respond) as server, opened() as channel:
        channel.get(f"{server.url}/a", {"Range": "bytes=0-0", "If-Match": '"\xe9"'}, Taken())
        sent = {name.lower(): value for name, value in server.requests[0].headers.items()}
        assert sent.pop("user-agent").startswith("tickhaul/")
        assert sent == {
            "host": f"127.0.0.1:{server.port}",
            "accept": "*/*",
            "accept-encoding": "identity",
            "range": "bytes=0-0",
            "if-match": '"\xe9"',
        }


def test_a_short_response_is_noticed_after_a_long_one_that_came_fast() -> None:
    size, sent = 24 * 1024 * KIB, threading.Event()

    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x" * (size if exchange.request.path == "/long" else 100), chunked=False))
        sent.set()

    class Pausing(Taken):
        def piece(self, data: memoryview) -> bool:
            # What is left now is in the system, and is read at once, while a thread is still woken for much only.
            if len(self.body) < size - 1536 * KIB <= len(self.body) + len(data):
                assert sent.wait(PATIENCE)
            return super().piece(data)

    with ScriptedServer(otherwise=respond) as server, opened() as channel:
        channel.get(f"{server.url}/long", {}, taken := Pausing())
        assert len(taken.body) == size
        stopper = threading.Timer(PATIENCE, channel.abort, args=["it was not noticed"])
        stopper.start()
        try:
            assert len(body_of(channel, f"{server.url}/short")) == 100
        finally:
            stopper.cancel()
        assert server.connections == 1


def test_a_silent_address_is_not_waited_for_when_another_one_answers(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def respond(exchange: Exchange) -> None:
        exchange.send(framed(b"x", chunked=False))

    # So patient that waiting for the silent one would outlast this test.
    patient = options(connect_timeout=1000, silence=1000)
    with (
        ScriptedServer(otherwise=respond) as server,
        silent_listener("127.0.0.2", server.port),
        contextlib.closing(Channel(patient, choose(patient)[1])) as channel,
    ):
        if engine == "libcurl":
            # It looks names up by itself.
            import pycurl

            known: Any = channel._engine  # Any: of either kind
            known._curl.setopt(pycurl.RESOLVE, [f"localhost:{server.port}:127.0.0.2,127.0.0.1"])
        resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.1")
        assert body_of(channel, f"http://localhost:{server.port}/a") == b"x"


@pytest.mark.parametrize("final", [False, True])
def test_a_connection_that_is_being_made_is_stopped(final: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = options(connect_timeout=1000, silence=1000)
    with silent_listener() as port, contextlib.closing(Channel(patient, choose(patient)[1])) as channel:
        stopper = threading.Thread(target=channel.retire if final else partial(channel.abort, "enough"))
        with pytest.raises(WireError, match=r"^(?!timed out)"):
            channel.get(f"http://127.0.0.1:{port}/a", {}, Taken(), meanwhile=stopper.start)
        stopper.join()
