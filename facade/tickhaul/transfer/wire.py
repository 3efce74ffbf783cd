"""One connection to the storage host: made through TLS and proxies, kept for the next request, broken off from outside.

Nothing here logs, and no error holds a URL's query.
"""

from __future__ import annotations

import re
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from tickhaul._version import __version__
from tickhaul.transfer.dial import PORTS, Origin, dial
from tickhaul.transfer.http1 import Reply, request_head
from tickhaul.transfer.meter import IdleTime
from tickhaul.transfer.proxies import proxy_for
from tickhaul.transfer.stream import Stream
from tickhaul.transfer.trouble import RefusedError, WireError, describe
from tickhaul.transfer.words import redacted

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from tickhaul.transfer.model import TransferOptions

_URL = re.compile(r"([^/?#]+://[^/?#]*)([^#]*)")
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
        idle: how long its thread has waited, for the other side or the disk's word.
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
        self._origins: dict[str, Origin] = {}
        self.requests = 0
        self.received = 0
        self.busy = False
        self.idle = IdleTime()

    def get(self, url: str, headers: Mapping[str, str], *, meanwhile: Callable[[], None] = lambda: None) -> Reply:
        """Send a GET and read the answer's head, following redirects.

        Args:
            url: where to; never shown with its query.
            headers: beside the ones every request has.
            meanwhile: what to do while the host works on its answer.

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
            reply = self._ask(url, headers, meanwhile)
            location = reply.headers.get("location")
            if reply.status not in _REDIRECTS or location is None:
                return reply
            self.close()
            url = _redirected(url, location)
        raise RefusedError(f"more than {_MOST_REDIRECTS} redirects, the last to {redacted(url)}")

    def _ask(self, url: str, headers: Mapping[str, str], meanwhile: Callable[[], None]) -> Reply:
        base, target = _cut(url)
        origin = self._origins.get(base)
        if origin is None:
            origin = self._origins[base] = self._origin_of(base)
        # What came while nothing was asked for would be taken for the response to this request.
        reused = self._stream is not None and self._origin == origin and self._stream.quiet
        if not reused:
            self.close()
        failure: WireError
        while True:
            try:
                stream = self._send(origin, target, headers)
            except (OSError, ValueError) as error:
                failure = WireError(describe(error))
            else:
                meanwhile()  # what it raises is no fault of the connection
                try:
                    return self._answer(stream)
                except (OSError, ValueError) as error:
                    failure = WireError(describe(error))
            self.close()
            # A kept connection may have been closed by the server meanwhile; that says nothing about a new one.
            if not reused or self._aborted is not None:
                break
            reused = False
        raise failure

    def _origin_of(self, base: str) -> Origin:
        parts = _split(base)
        try:
            proxy = proxy_for(parts, proxy=self._options.proxy, trust_env=self._options.trust_env)
        except (TypeError, ValueError) as error:
            raise RefusedError(str(error)) from None
        return Origin(parts.scheme, parts.hostname or "", parts.port or PORTS[parts.scheme], proxy)

    def _send(self, origin: Origin, target: str, headers: Mapping[str, str]) -> Stream:
        stream = self._stream if self._stream is not None else self._open(origin)
        extra: dict[str, str] = {}
        if origin.proxy is not None and origin.forwarded:
            target = f"http://{origin.authority}{target}"
            extra = origin.proxy.headers
        stream.send(request_head(target, {"Host": origin.authority, **_HEADERS, **headers, **extra}))
        return stream

    def _answer(self, stream: Stream) -> Reply:
        if self._aborted is not None:
            raise ConnectionAbortedError  # an answer that has come already could still be read
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
        with self.idle:
            sock = dial(origin, self._context, self._options, patience=self._patience, watch=self._watch)
        self._stream = Stream(sock, self._turn, self._patience, self.idle)
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


def _cut(url: str) -> tuple[str, str]:
    """The scheme and authority of a URL, and what is asked of it."""
    # urlsplit would silently drop line ends and tabs, and the request would be for something else.
    if url.isascii() and url.isprintable() and " " not in url:
        found = _URL.match(url)
        if found is not None:
            base, target = found.groups()
            return base, target if target.startswith("/") else f"/{target}"
    raise RefusedError(f"not a usable URL: {redacted(url)}")


def _split(base: str) -> SplitResult:
    """A scheme and authority, split and found usable."""
    try:
        parts = urlsplit(base)
        if parts.scheme in PORTS and parts.hostname and parts.port != 0:
            return parts
    except ValueError:
        pass  # said below, where the exception's text, which may quote the URL, is not dragged along
    raise RefusedError(f"not a usable URL: {redacted(base)}")


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError:
        target, scheme = location, ""
    if scheme != "https":
        raise RefusedError(f"refused a redirect to {redacted(target)}: only https is followed")
    return target
