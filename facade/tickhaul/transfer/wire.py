"""One connection to the storage host: made through TLS and proxies, kept for the next request, broken off from outside.

Nothing here logs, and no error holds a URL's query.
"""

from __future__ import annotations

import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from tickhaul._version import __version__
from tickhaul.transfer.http1 import EndedError, HttpError, Reply, request_head
from tickhaul.transfer.proxies import Proxy, proxy_for
from tickhaul.transfer.stream import Stream
from tickhaul.transfer.urls import redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.transfer.model import TransferOptions

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_MOMENT = 0.1  # seconds
_HEADERS = {"User-Agent": f"tickhaul/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


class WireError(Exception):
    """The connection could not be made, or broke. The text is fit to be shown."""


class RefusedError(WireError):
    """What the other side asks for, or is, must not be accepted; trying again would not help."""


def default_context() -> ssl.SSLContext:
    """The TLS settings used when the caller brings none.

    The system's certificates, or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``; where Python finds none of them
    (some macOS installations), those of ``certifi``.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.cert_store_stats()["x509_ca"]):
        import certifi  # noqa: PLC0415 - a bundle of half a megabyte, read only where there is no other

        context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str
    port: int
    proxy: Proxy | None


class Channel:
    """A place in the connection budget: at most one open connection, kept for the next request if that may be.

    Used by one thread, except for `abort` and `retire`, and the counts, which are for the one that watches.

    Args:
        options: the settings.
        context: the TLS settings.
        turn: held while reading what has come.

    Attributes:
        requests: counts the requests.
        received: counts the body's bytes, of all requests.
        busy: whether its thread waits for the other side.
    """

    def __init__(self, options: TransferOptions, context: ssl.SSLContext, turn: threading.Lock) -> None:
        self._options = options
        self._turn = turn
        self._patience = options.silence * 2
        self._context = context
        self._guard = threading.Lock()
        self._socket: socket.socket | None = None
        self._stream: Stream | None = None
        self._origin: _Origin | None = None
        self._reply: Reply | None = None
        self._aborted: str | None = None
        self._retired = False
        self._proxies: dict[tuple[str, str], Proxy | None] = {}
        self.requests = 0
        self.received = 0
        self.busy = False

    def get(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Send a GET and read the answer's head, following redirects.

        Args:
            url: where to; never shown with its query.
            headers: beside the ones every request has.

        Raises:
            RefusedError: a redirect to anything but https, a certificate that is not trusted, an unusable URL or proxy.
            WireError: everything else that keeps an answer from coming.
        """
        with self._guard:
            if self._retired:
                raise WireError("stopped")
            self._aborted = None
        self.requests += 1
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._ask(url, headers)
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or location is None:
                return reply
            self.close()
            url = _redirected(url, location)
        raise RefusedError(f"more than {_MOST_REDIRECTS} redirects, the last to {redacted(url)}")

    def _ask(self, url: str, headers: Mapping[str, str]) -> Reply:
        parts = _split(url)
        proxy = self._proxy(parts)
        assert parts.hostname is not None
        origin = _Origin(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], proxy)
        reused = self._stream is not None and self._origin == origin
        if not reused:
            self.close()
        failure: WireError
        while True:
            try:
                return self._send(origin, parts, headers)
            except ssl.SSLCertVerificationError as error:
                failure = RefusedError(
                    f"the certificate of {origin.host} is not trusted: {error.verify_message}; "
                    "for a certificate authority of your own set SSL_CERT_FILE or pass ssl_context="
                )
            except (OSError, ValueError) as error:
                failure = WireError(describe(error))
            self.close()
            # A kept connection may have been closed by the server meanwhile; that says nothing about a new one.
            if not reused or self._aborted is not None:
                break
            reused = False
        raise failure

    def _proxy(self, parts: SplitResult) -> Proxy | None:
        key = (parts.scheme, parts.netloc)
        if key not in self._proxies:
            try:
                proxy = proxy_for(parts, proxy=self._options.proxy, trust_env=self._options.trust_env)
            except ValueError as error:
                raise RefusedError(str(error)) from None
            self._proxies[key] = proxy
        return self._proxies[key]

    def _send(self, origin: _Origin, parts: SplitResult, headers: Mapping[str, str]) -> Reply:
        stream = self._stream if self._stream is not None else self._open(origin)
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        extra: dict[str, str] = {}
        if origin.proxy is not None and origin.scheme == "http":
            target = f"http://{_authority(origin)}{target}"
            extra = origin.proxy.headers
        stream.send(request_head(target, {"Host": _authority(origin), **_HEADERS, **headers, **extra}))
        self._reply = Reply(stream)
        return self._reply

    def read_into(self, view: memoryview) -> int:
        """Put the next piece of the answer's body into ``view``.

        Returns:
            How many bytes it is; 0 when the body is over.

        Raises:
            WireError: the connection broke, or ended before the body did.
        """
        reply = self._reply
        if reply is None:
            return 0
        try:
            count = reply.read_into(view)
        except (OSError, ValueError) as error:
            text = describe(error)
        else:
            self.received += count
            return count
        raise WireError(text)

    def _open(self, origin: _Origin) -> Stream:
        options = self._options
        via = origin.proxy
        address = (origin.host, origin.port) if via is None else (via.host, via.port)
        plain = socket.create_connection(address, timeout=options.connect_timeout)
        try:
            self._watch(plain)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(self._patience)
            if origin.scheme == "https":
                if via is not None:
                    _tunnel(plain, origin, via, self._patience)
                secure = self._context.wrap_socket(
                    plain, server_hostname=origin.host, do_handshake_on_connect=False, suppress_ragged_eofs=False
                )
                plain = secure
                self._watch(secure)
                secure.do_handshake()
        except BaseException:
            plain.close()
            raise
        self._stream = Stream(plain, self._turn, self._patience)
        self._origin = origin
        return self._stream

    def _watch(self, sock: socket.socket) -> None:
        with self._guard:
            if self._aborted is not None or self._retired:
                raise ConnectionAbortedError
            self._socket = sock

    def done(self) -> None:
        """End the reading of an answer: keep the connection if its body is over, else close it."""
        reply, self._reply = self._reply, None
        if reply is not None and not (reply.reusable and self._aborted is None):
            self.close()

    def close(self) -> None:
        """Close the connection."""
        self._reply = self._stream = self._origin = None
        with self._guard:
            sock, self._socket = self._socket, None
        if sock is not None:
            sock.close()

    def retire(self) -> None:
        """Break off whatever the channel is doing, and refuse all further requests. May be called from any thread."""
        with self._guard:
            self._retired = True
        self.abort("stopped")

    def abort(self, reason: str) -> None:
        """Break off whatever the channel is doing; its thread gets a `WireError`. May be called from any thread."""
        with self._guard:
            self._aborted = reason
            if self._socket is not None:
                try:
                    # Not SSLSocket.shutdown, which would take the TLS state away from under the reading thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:
                    return  # it is closed already

    @property
    def aborted(self) -> str | None:
        """Why the current request was broken off, ``None`` if it was not."""
        return self._aborted


def _split(url: str) -> SplitResult:
    # urlsplit would silently drop line ends and tabs, and the request would be for something else.
    if url.isascii() and url.isprintable() and " " not in url:
        try:
            parts = urlsplit(url)
            if parts.scheme in _PORTS and parts.hostname and parts.port != 0:
                return parts
        except ValueError:
            pass  # said below, where the exception's text, which may quote the URL, is not dragged along
    raise RefusedError(f"not a usable URL: {redacted(url)}")


def _authority(origin: _Origin) -> str:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if origin.port == _PORTS[origin.scheme] else f"{host}:{origin.port}"


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError:
        target, scheme = location, ""
    if scheme != "https":
        raise RefusedError(f"refused a redirect to {redacted(target)}: only https is followed")
    return target


def _tunnel(sock: socket.socket, origin: _Origin, proxy: Proxy, patience: float) -> None:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
    lines += [f"{name}: {value}" for name, value in proxy.headers.items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    stream = Stream(sock, threading.Lock(), patience)
    status = Reply(stream).status
    sock.settimeout(patience)
    if not stream.drained:
        raise WireError(f"the proxy {proxy.host}:{proxy.port} spoke out of turn")
    if status != 200:
        kind = RefusedError if status in {401, 403, 405, 407} else WireError
        raise kind(f"the proxy {proxy.host}:{proxy.port} said {status}")


def describe(error: Exception) -> str:
    """Say what went wrong in words that can hold no URL."""
    match error:
        case HttpError():
            return f"the answer is no proper HTTP: {error}"
        case EndedError():
            return str(error)
        case TimeoutError():
            return "timed out"
        case socket.gaierror():
            return f"the host name could not be resolved ({error.strerror})"
        case ssl.SSLEOFError():
            return "the connection ended without a goodbye"
        case ssl.SSLError():
            return f"TLS failed ({error.reason or 'no reason given'})"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "the connection was closed by the other side"
        case ConnectionRefusedError():
            return "the connection was refused"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"the answer is no proper HTTP ({type(error).__name__})"
