"""One connection to the storage host: made through TLS and proxies, kept for the next request, broken off from outside.

Nothing here logs, and no error holds a URL's query.
"""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from tickhaul._version import __version__
from tickhaul.transfer.dial import PORTS, Origin, dial
from tickhaul.transfer.http1 import Reply, request_head
from tickhaul.transfer.proxies import Proxy, proxy_for
from tickhaul.transfer.stream import Stream
from tickhaul.transfer.trouble import RefusedError, WireError, describe
from tickhaul.transfer.urls import redacted

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from tickhaul.transfer.model import TransferOptions

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_HEADERS = {"User-Agent": f"tickhaul/{__version__}", "Accept": "*/*", "Accept-Encoding": "identity"}


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
        self._origin: Origin | None = None
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
        origin = Origin(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme], proxy)
        reused = self._stream is not None and self._origin == origin
        if not reused:
            self.close()
        failure: WireError
        while True:
            try:
                return self._send(origin, parts, headers)
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

    def _send(self, origin: Origin, parts: SplitResult, headers: Mapping[str, str]) -> Reply:
        stream = self._stream if self._stream is not None else self._open(origin)
        target = parts.path or "/"
        if parts.query:
            target += "?" + parts.query
        extra: dict[str, str] = {}
        if origin.proxy is not None and origin.forwarded:
            target = f"http://{origin.authority}{target}"
            extra = origin.proxy.headers
        stream.send(request_head(target, {"Host": origin.authority, **_HEADERS, **headers, **extra}))
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

    def _open(self, origin: Origin) -> Stream:
        sock = dial(origin, self._context, self._options, patience=self._patience, watch=self._watch)
        self._stream = Stream(sock, self._turn, self._patience)
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
            if parts.scheme in PORTS and parts.hostname and parts.port != 0:
                return parts
        except ValueError:
            pass  # said below, where the exception's text, which may quote the URL, is not dragged along
    raise RefusedError(f"not a usable URL: {redacted(url)}")


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError:
        target, scheme = location, ""
    if scheme != "https":
        raise RefusedError(f"refused a redirect to {redacted(target)}: only https is followed")
    return target
