"""The wire: redirects, certificates, proxies, and what is never let out."""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
import ssl
import subprocess
import threading
import time
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import pytest
import trustme
from tickhaul.errors import StorageError
from tickhaul.net.proxies import parse_proxy
from tickhaul.net.redaction import redacted
from tickhaul.net.secrets import Secret
from tickhaul.transfer import RemoteFile, download
from tickhaul.transfer.wire import Channel, WireError, choose

from tests.support.proxy import ConnectProxy, SocksProxy
from tests.support.server import PATIENCE, Exchange, ScriptedServer
from tests.support.silent import resolve_localhost, silent_listener
from tests.transfer.hauls import KIB, assert_arrived, content, haul, options
from tests.transfer.storage import SECRET, Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tickhaul.transfer.model import Engine


pytestmark = pytest.mark.usefixtures("engine")

FILES = {"a": content(300 * KIB)}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    """No proxies, and one's own authority: both engines take it from there, and only one from an ``ssl_context``."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


def serving(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    return serving(authority, "localhost", "127.0.0.1")


def redirecting(target: Storage | str, status: int = 307) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, _: Answer) -> Answer:
        url = target if isinstance(target, str) else target.url(request.name)
        return refusal(status, Location=url)

    return fault


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_https_is_followed(tmp_path: Path, server_context: ssl.SSLContext, status: int) -> None:
    with Storage(FILES, context=server_context) as target, Storage(FILES) as first:
        first.fault = redirecting(target, status)
        haul(first, tmp_path)
        assert all("range" in request.headers for request in target.requests)
    assert_arrived(target, tmp_path)


@pytest.mark.parametrize(
    ("name", "location", "sent"),
    [
        ("two words", "two words", "two%20words"),
        ("two words", "two%20words", "two%20words"),
        ('say "<{`}>"', 'say "<{`}>"', "say%20%22%3C%7B%60%7D%3E%22"),
        ("f\u00fcr", "f\u00c3\u00bcr", "f%C3%BCr"),
        ("a|b^c'd", "a|b^c'd", "a|b^c'd"),
        ("50% off", "50% off", "50%%20off"),
    ],
)
def test_a_redirect_may_hold_what_must_be_encoded(
    tmp_path: Path, server_context: ssl.SSLContext, name: str, location: str, sent: str
) -> None:
    body = content(10 * KIB)
    with Storage({name: body}, context=server_context) as target, Storage({"a": body}) as first:
        before, after = target.url("NAME").split("NAME")
        first.fault = lambda *_: refusal(302, Location=f" {before}{location}{after}\t")
        haul(first, tmp_path)
        assert [request.target.partition("?")[0] for request in target.requests] == [f"/exports/{sent}"]
    assert_arrived(first, tmp_path)


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "//[", "x"])
def test_a_redirect_to_anything_else_is_refused(tmp_path: Path, target: str) -> None:
    with Storage(FILES) as storage:
        storage.fault = redirecting(f"{target}?sig={SECRET}")
        with pytest.raises(StorageError, match=r"refused a redirect to .*only https is followed") as caught:
            haul(storage, tmp_path)
    assert SECRET not in str(caught.value)


def test_redirects_that_do_not_end_are_refused(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Storage(FILES, context=server_context) as storage:
        storage.fault = redirecting(storage)
        with pytest.raises(StorageError, match="more than 5 redirects"):
            haul(storage, tmp_path)


def test_a_certificate_nobody_vouches_for_ends_the_transfer_at_once(tmp_path: Path) -> None:
    with Storage(FILES, context=serving(trustme.CA(), "localhost")) as storage:
        with pytest.raises(StorageError, match=r"certificate of localhost is not trusted: unable to .*SSL_CERT_FILE"):
            haul(storage, tmp_path, connections=1)
        assert storage.connections == 1
        assert storage.requests == []


def test_a_certificate_for_another_name_ends_the_transfer_at_once(tmp_path: Path, authority: trustme.CA) -> None:
    with Storage(FILES, context=serving(authority, "example.org")) as storage:
        with pytest.raises(StorageError, match=r"certificate of localhost is not trusted: .*(another name|mismatch)"):
            haul(storage, tmp_path, connections=1)
        assert storage.requests == []


def test_a_directory_of_authorities_counts_too(
    tmp_path: Path, bundle: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "authorities"
    directory.mkdir()
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(bundle)], capture_output=True, text=True, check=True
    ).stdout.strip()
    (directory / f"{name}.0").write_bytes(bundle.read_bytes())
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'missing'}:{directory}")
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "out")
    assert_arrived(storage, tmp_path / "out")


def test_a_name_that_is_not_ascii_names_authorities_too(
    tmp_path: Path, bundle: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "autorit\u00e4ten.pem"
    other.write_bytes(bundle.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "out")
    assert_arrived(storage, tmp_path / "out")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authorities_that_are_not_there_are_told(
    tmp_path: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing"))
    with (
        Storage(FILES, context=server_context) as storage,
        pytest.raises(ValueError, match=rf"{variable} names .*missing', which is not a "),
    ):
        haul(storage, tmp_path / "out")


def test_authorities_that_cannot_be_read_are_told(
    tmp_path: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    monkeypatch.setenv("SSL_CERT_FILE", str(nonsense))
    with (
        Storage(FILES, context=server_context) as storage,
        pytest.raises(
            ValueError, match=r"SSL_CERT_FILE names .*nonsense.pem., which cannot be read .*; it must name a PEM"
        ),
    ):
        haul(storage, tmp_path / "out")


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


def framed(body: bytes, *, chunked: bool) -> bytes:
    if chunked:
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class Taken:
    """Takes a body in."""

    def __init__(self) -> None:
        self.body = bytearray()
        self.heads = 0

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        self.heads += 1
        return True

    def piece(self, data: memoryview) -> bool:
        self.body += data
        return True


@contextlib.contextmanager
def opened() -> Iterator[Channel]:
    with contextlib.closing(Channel(options(), choose(options())[1])) as channel:
        yield channel


def body_of(channel: Channel, url: str) -> bytes:
    taken = Taken()
    channel.get(url, {}, taken)
    assert taken.heads == 1
    return bytes(taken.body)


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


class Tunnel:
    """An HTTP proxy: CONNECT for https, absolute URLs for http."""

    def __init__(self, *, wants: str | None = None, refuses: bool = False, status: int = 200) -> None:
        self.heads: list[str] = []
        self._wants, self._refuses, self._status = wants, refuses, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._run(self._serve, client)

    def _run(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(4096)
                if not piece:
                    return
                head += piece
            self.heads.append(head.decode())
            if self._refuses or (self._wants is not None and f"Basic {self._wants}" not in self.heads[-1]):
                status = "403 Forbidden" if self._refuses else "407 Proxy Authentication Required"
                client.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                client.shutdown(socket.SHUT_WR)
                return
            verb, target, _ = self.heads[-1].split(" ", 2)
            address = target.split("/")[2] if "//" in target else target
            upstream = socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])))
            self._sockets.append(upstream)
            if verb == "CONNECT":
                client.sendall(b"HTTP/1.1 %d Connection established\r\n\r\n" % self._status)
            else:
                upstream.sendall(head.replace(target.encode(), ("/" + target.split("/", 3)[3]).encode(), 1))
            self._run(self._pump, upstream, client)
            self._pump(client, upstream)

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel() -> Iterator[Tunnel]:
    with Tunnel() as tunnel:
        yield tunnel


def test_https_goes_through_a_proxy_by_connect(tmp_path: Path, tunnel: Tunnel, server_context: ssl.SSLContext) -> None:
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}", connections=2)
        assert {head.split("\r\n")[0] for head in tunnel.heads} == {f"CONNECT localhost:{storage.port} HTTP/1.1"}
        assert len(tunnel.heads) <= 2
    assert_arrived(storage, tmp_path)
    assert SECRET not in str(tunnel.heads)


def test_every_success_of_a_proxy_is_one(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Tunnel(status=204) as tunnel, Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}", connections=1)
    assert_arrived(storage, tmp_path)


def test_plain_http_goes_through_a_proxy_by_absolute_url(tmp_path: Path, tunnel: Tunnel) -> None:
    with Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"127.0.0.1:{tunnel.port}", connections=1)
        assert tunnel.heads[0].startswith(f"GET http://127.0.0.1:{storage.port}/exports/a?")
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_the_environment_names_the_proxy(
    tmp_path: Path,
    tunnel: Tunnel,
    server_context: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{tunnel.port}")
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "through", trust_env=True)
        assert tunnel.heads
        seen = len(tunnel.heads)
        haul(storage, tmp_path / "not", trust_env=False)
        monkeypatch.setenv("NO_PROXY", "example.org,localhost")
        haul(storage, tmp_path / "exempt", trust_env=True)
        assert len(tunnel.heads) == seen
    assert_arrived(storage, tmp_path / "exempt")


def test_a_proxy_is_given_its_password_and_the_host_is_not(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Tunnel(wants="dXNlcjpwQHNz") as tunnel, Storage(FILES, context=server_context) as storage:
        url = f"http://user:p%40ss@127.0.0.1:{tunnel.port}"
        haul(storage, tmp_path, proxy=url)
        assert all("proxy-authorization" not in request.headers for request in storage.requests)
        with pytest.raises(StorageError, match="said 407") as caught:
            haul(storage, tmp_path / "x", proxy=url.replace("p%40ss", "wrong"))
    assert "wrong" not in str(caught.value)
    assert "wrong" not in repr(options(proxy=url.replace("p%40ss", "wrong")))


def test_a_proxy_that_refuses_ends_the_transfer(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with (
        Tunnel(refuses=True) as tunnel,
        Storage(FILES, context=server_context) as storage,
        pytest.raises(StorageError, match=r"the proxy 127\.0\.0\.1:.* said 403"),
    ):
        haul(storage, tmp_path, proxy=f"http://127.0.0.1:{tunnel.port}")


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"hello\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n", b"\x15\x03\x01\x00\x02\x02\x46"),
        *(b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
    ],
)
def test_a_proxy_that_speaks_something_else_is_named(said: bytes) -> None:
    with ConnectProxy(said) as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            words = rf"the proxy 127\.0\.0\.1:{proxy.port} closed the connection, or speaks no HTTP"
            with pytest.raises(WireError, match=words):
                channel.get("https://localhost:9/a", {}, Taken())


def test_a_proxy_that_says_nothing_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = options(proxy=f"http://127.0.0.1:{port}", connect_timeout=0.05, silence=0.05)
        with (
            contextlib.closing(Channel(settings, choose(settings)[1])) as channel,
            pytest.raises(WireError, match=rf"the proxy 127\.0\.0\.1:{port}: timed out"),
        ):
            channel.get("https://localhost:9/a", {}, Taken())


def test_what_a_host_breaks_off_in_a_tunnel_that_was_kept_is_not_the_proxys_doing(
    server_context: ssl.SSLContext,
) -> None:
    def respond(exchange: Exchange) -> None:
        if exchange.request.target == "/a":
            exchange.send(framed(b"x", chunked=False))
        else:
            exchange.send(b"HTTP/1.1 200 OK\r\nContent-Le")
            exchange.hang_up()

    with ScriptedServer(otherwise=respond, tls=server_context) as server, ConnectProxy() as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            assert body_of(channel, f"{server.url}/a") == b"x"
            with pytest.raises(WireError, match=r"^(?!the proxy)"):
                channel.get(f"{server.url}/b", {}, Taken())


def test_https_goes_through_a_proxy_that_is_itself_spoken_to_over_tls(
    tmp_path: Path, server_context: ssl.SSLContext
) -> None:
    files = {"a": content(1500 * KIB), "b": content(3)}
    with ConnectProxy(tls=server_context) as proxy, Storage(files, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=2)
        assert {request.target for request in proxy.requests} == {f"localhost:{storage.port}"}
        assert len(proxy.requests) == storage.connections
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("fault", ["reset", "stall", "close"])
def test_what_breaks_behind_two_layers_of_tls_is_taken_up_again(
    tmp_path: Path, server_context: ssl.SSLContext, fault: str
) -> None:
    def broken_off(request: Request, answer: Answer) -> Answer:
        if request.nth % 3 == 1:
            answer.cut, answer.then = len(answer.body) // 2, fault
        return answer

    files = {"a": content(1000 * KIB)}
    with ConnectProxy(tls=server_context) as proxy, Storage(files, broken_off, context=server_context) as storage:
        haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=2)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("untrusted", ["the proxy", "the host"])
def test_behind_two_layers_of_tls_each_certificate_is_looked_at(
    tmp_path: Path, server_context: ssl.SSLContext, untrusted: str
) -> None:
    strange = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("localhost" if untrusted == "the host" else "127.0.0.1").configure_cert(strange)
    near, far = (strange, server_context) if untrusted == "the proxy" else (server_context, strange)
    name = "localhost" if untrusted == "the host" else "127.0.0.1"
    with ConnectProxy(tls=near) as proxy, Storage(FILES, context=far) as storage:
        with pytest.raises(StorageError, match=rf"certificate of {name} is not trusted"):
            haul(storage, tmp_path, proxy=f"https://127.0.0.1:{proxy.port}", connections=1)
        assert storage.requests == []


def test_plain_http_goes_through_a_tls_proxy_by_absolute_url(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with ConnectProxy(refused, tls=server_context) as proxy, Storage(FILES) as storage:
        with pytest.raises(StorageError):
            haul(storage, tmp_path, proxy=f"https://localhost:{proxy.port}", connections=1)
        assert proxy.requests[0].target.startswith(f"http://127.0.0.1:{storage.port}/exports/a?")


def test_a_login_that_a_socks_proxy_does_not_ask_for_is_kept_to_oneself(tmp_path: Path) -> None:
    with SocksProxy() as proxy, Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"socks5://me:you@127.0.0.1:{proxy.port}")
        assert proxy.logins == []
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("login", [None, ("me", "p\u00e4ss:word")])
def test_everything_goes_through_a_socks_proxy(
    tmp_path: Path, server_context: ssl.SSLContext, encrypted: bool, login: tuple[str, str] | None
) -> None:
    with (
        SocksProxy(login=login) as proxy,
        Storage(FILES, context=server_context if encrypted else None) as storage,
    ):
        who = "" if login is None else "me:p%C3%A4ss%3Aword@"
        url = f"socks5://{who}127.0.0.1:{proxy.port}"
        haul(storage, tmp_path, proxy=url, connections=1)
        address = (3, b"localhost", storage.port) if encrypted else (1, bytes([127, 0, 0, 1]), storage.port)
        assert proxy.wishes == [address]
        assert proxy.logins == ([] if login is None else [login])
        assert "p\u00e4ss" not in repr(parse_proxy("proxy", Secret(url)))
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize(
    ("proxy", "login", "text"),
    [
        ({"method": b"HT"}, "", "does not speak SOCKS 5"),
        ({"method": b"\x05\xff"}, "", r"it wants a login: write user:password@ before 127\.0\.0\.1:"),
        ({"method": b"\x05\xff"}, "me:you@", "did not accept the login"),
        ({"login": ("me", "right")}, "me:wrong@", "did not accept the login"),
        ({"refusal": 2}, "", r"made no connection \(Connection not allowed by ruleset\)"),
        ({"refusal": 4}, "", r"failed 2 times .* made no connection \(Host unreachable\)"),
    ],
)
def test_what_a_socks_proxy_refuses_is_told(tmp_path: Path, proxy: dict[str, Any], login: str, text: str) -> None:
    with SocksProxy(**proxy) as socks, Storage(FILES) as storage:
        with pytest.raises(StorageError, match=text) as caught:
            haul(storage, tmp_path, proxy=f"socks5://{login}127.0.0.1:{socks.port}", attempts=2, connections=1)
        assert storage.requests == []
        assert f"the proxy 127.0.0.1:{socks.port}" in str(caught.value)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize("proxy", [{"method": b"\x05"}, {"method": b"\x05\x02"}, {"refusal": 99}])
def test_a_socks_proxy_that_makes_no_sense_is_an_error(tmp_path: Path, proxy: dict[str, Any]) -> None:
    with (
        SocksProxy(**proxy) as socks,
        Storage(FILES) as storage,
        pytest.raises(StorageError, match=r"the proxy 127\.0\.0\.1:"),
    ):
        haul(storage, tmp_path, proxy=socks.url, attempts=2, connections=1)


def test_a_redirect_to_a_host_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    name = ".".join(["x" * 60] * 5)
    with (
        Storage(FILES, lambda *_: refusal(302, Location=f"https://{name}/a")) as storage,
        pytest.raises(StorageError, match="its host has 304 characters"),
    ):
        haul(storage, tmp_path)


def test_a_proxy_in_the_environment_that_cannot_be_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://me:pa55word@127.0.0.1:1")
    files = [RemoteFile("art_1", "a", 3, "https://storage.example/a?X-Amz-Signature=1")]
    with pytest.raises(StorageError, match=r"^HTTPS_PROXY: a proxy of another kind than http") as caught:
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options(trust_env=True))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in frames.stack if "/tickhaul/" in frame.filename]
    assert ours
    assert "pa55word" not in str([frame.locals for frame in ours])
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/a",
        "http:///a",
        "/a",
        "",
        "http://host:x/a",
        "http://host/a b",
        "http://host/a\r\nX-Evil: 1",
        "http://h\u00f6st/",
    ],
)
def test_a_url_that_cannot_be_used_is_told(tmp_path: Path, url: str) -> None:
    files = [RemoteFile("art_1", "a", 3, f"{url}?X-Amz-Signature={SECRET}")]
    with pytest.raises(StorageError, match="not a usable URL") as caught:
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert SECRET not in str(caught.value)


def test_a_host_that_is_not_there_is_told_after_some_tries(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    files = [RemoteFile("art_1", "a", 3, f"http://127.0.0.1:{port}/a?X-Amz-Signature={SECRET}")]
    with pytest.raises(StorageError, match="a failed 3 times in a row, the last time with the connection was refused"):
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options(attempts=3))


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_a_proxy_that_is_not_there_is_named(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Storage(FILES) as storage,
        pytest.raises(StorageError, match=rf"the proxy 127\.0\.0\.1:{port}: the connection was refused"),
    ):
        haul(storage, tmp_path, proxy=f"{scheme}://127.0.0.1:{port}", attempts=2)


def test_a_login_is_sent_byte_by_byte(tmp_path: Path) -> None:
    expected = base64.b64encode(b"me:p\xe4\xc3\xa4 %").decode()
    with Tunnel(wants=expected) as tunnel, Storage(FILES) as storage:
        haul(storage, tmp_path, proxy=f"http://me:p%E4\u00e4%20%25@127.0.0.1:{tunnel.port}", connections=1)
    assert_arrived(storage, tmp_path)


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_a_proxy_is_asked_for_an_ipv6_address_in_brackets() -> None:
    refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    with ConnectProxy(refused) as proxy:
        settings = options(proxy=proxy.url)
        with contextlib.closing(Channel(settings, choose(settings)[1])) as channel:
            channel.get("http://[::1]:9/a", {}, Taken())
            assert proxy.requests[0].target == "http://[::1]:9/a"
            with pytest.raises(WireError, match="said 403"):
                channel.get("https://[::1]:9/a", {}, Taken())
            assert proxy.requests[1].target == proxy.requests[1].headers["host"] == "[::1]:9"


def test_no_signature_is_in_any_log_error_or_repr(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def misbehave(request: Request, answer: Answer) -> Answer | None:
        match request.nth % 5:
            case 0:
                return refusal(403)
            case 1:
                return refusal(503)
            case 2:
                answer.cut = 10
                return answer
            case 3:
                return None
            case _:
                return refusal(302, Location=f"http://127.0.0.1/?X-Amz-Signature={SECRET}")

    with Storage(FILES, misbehave) as storage, pytest.raises(StorageError) as caught:
        haul(storage, tmp_path, connections=1)
    error: BaseException | None = caught.value
    assert error is not None
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format(chain=True))
    assert SECRET not in caplog.text + told + repr(error) + repr(storage.listing()) + repr(options())
    assert "X-Amz" not in caplog.text + told
    assert "asking for new URLs" in caplog.text
    assert "/exports/a: 503" in caplog.text
    assert {record.name for record in caplog.records} >= {"tickhaul.transfer"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://user:pw@host:8443/p/a.csv?sig={SECRET}#f", "https://host:8443/p/a.csv"),
        (f"https://[::1]:8443/a?{SECRET}", "https://[::1]:8443/a"),
        (f"https://host:x/?{SECRET}", "https://host:x/"),
        ("https://h/\u00f6", "https://h/\\xf6"),
        ("https://user:pass?word@host/a", "an unreadable URL"),
        ("https://user:pass/word@host/a", "an unreadable URL"),
        ("https://host/a?b=@c", "https://host/a"),
    ],
)
def test_urls_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert redacted(url) == shown
