"""One place in the connection budget: a request at a time, redirects followed, stopped from outside."""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from tickhaul.transfer.listing import objection_to_url
from tickhaul.transfer.wire.address import find_origin
from tickhaul.transfer.wire.stop import Stop
from tickhaul.transfer.wire.trouble import RefusedError, WireError, refused_by_proxy
from tickhaul.transfer.words import redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.address import Origin

_BUFFER = 256 * 1024  # bytes: they fit the processor's cache, larger was slower
_HOLD = 1.0  # seconds a body's bytes may wait for more of them
_ENOUGH = 128 * 1024  # bytes worth waking up for
_MUCH = 1024 * 1024  # bytes that must still be to come, so that their end is not waited for in vain
_SOON = 0.1  # seconds in which the buffer must have filled
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5


class Receiver(Protocol):
    """Takes in a response. What its methods raise ends the request and reaches whoever asked."""

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        """The head; names are in lower case, and of a repeated one the first counts. Whether the body is wanted."""
        ...

    def piece(self, data: memoryview) -> bool:
        """The next bytes of the body, valid during the call only. Whether more are wanted."""
        ...


class Engine(Protocol):
    """Sends requests over one connection, which it keeps while that can be."""

    def ask(self, origin: Origin, target: str, headers: Mapping[str, str], receiver: Receiver) -> None:
        """Send a GET, and hand over what comes until that is complete or no more is wanted.

        The connection is kept only when the exchange is over, and used again only when nothing came by it meanwhile.

        Raises:
            RefusedError: a certificate that is not trusted, or a proxy that refuses.
            WireError: the connection could not be made, or broke, or the response is malformed or incomplete.
        """
        ...

    def wake_at(self, count: int) -> None:
        """Be woken only when so many bytes have come, where the system can do that, and not for every packet."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class Channel:
    """A place in the connection budget.

    Used by one thread, except for `abort` and `retire`, and the counts, which are for the one that watches.

    Args:
        options: the settings.
        make: makes the engine.

    Attributes:
        requests: counts the requests.
        received: counts the body's bytes, of all requests.
        busy: whether the other side is waited for, so that silence counts.
        worked: processor seconds its thread has used.
    """

    def __init__(self, options: TransferOptions, make: Callable[[Stop], Engine]) -> None:
        self._stop = Stop()
        self._find_origin = cache(partial(find_origin, proxy=options.proxy, trust_env=options.trust_env))
        self.engine = make(self._stop)
        self.buffer = memoryview(bytearray(_BUFFER))
        self.requests = 0
        self.received = 0
        self.busy = False
        self.worked = 0.0

    def get(self, url: str, headers: Mapping[str, str], receiver: Receiver) -> None:
        """Send a GET and hand over the response, following redirects.

        Args:
            url: where to, found usable; never shown with its query.
            headers: beside the ones every request has.
            receiver: what takes the response in.

        Raises:
            RefusedError: a redirect to anything but https, a certificate that is not trusted, an unusable proxy.
            WireError: everything else that keeps a complete response from coming.
        """
        self._stop.begin()
        self.requests += 1
        for _ in range(_MOST_REDIRECTS + 1):
            origin, target = self._locate(url)
            exchange = _Exchange(self, origin, receiver)
            self.busy = True
            try:
                self.engine.ask(origin, target, headers, exchange)
            finally:
                # What came before a connection broke is as good as the rest.
                exchange.hand_over()
                self.busy = False
            if exchange.location is None:
                return
            url = _redirected(url, exchange.location)
        raise RefusedError(f"more than {_MOST_REDIRECTS} redirects, the last to {redacted(url)}")

    def _locate(self, url: str) -> tuple[Origin, str]:
        scheme, _, rest = url.partition("#")[0].partition("://")
        authority = rest.partition("/")[0].partition("?")[0]
        target = rest[len(authority) :]
        return self._find_origin(scheme, authority), target if target.startswith("/") else f"/{target}"

    def close(self) -> None:
        """Close the connection."""
        self.engine.close()

    def retire(self) -> None:
        """Stop whatever the channel is doing, and refuse all further requests. May be called from any thread."""
        self._stop.set("stopped", final=True)

    def abort(self, reason: str) -> None:
        """Stop whatever the channel is doing; its thread gets a `WireError`. May be called from any thread."""
        self._stop.set(reason)

    @property
    def aborted(self) -> str | None:
        """Why the current request was stopped, ``None`` if it was not."""
        return self._stop.reason


class _Exchange:
    """One request of a channel: follows no redirect into a body, and gathers a body's small pieces into larger ones."""

    def __init__(self, channel: Channel, origin: Origin, receiver: Receiver) -> None:
        self.location: str | None = None
        self._channel = channel
        self._receiver = receiver
        self._origin = origin
        self._held = 0
        self._left = 0
        self._since = 0.0
        self._eased = False

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        channel = self._channel
        if channel.aborted is not None:
            raise WireError("stopped")  # a response that has come already could still be read
        if status in _REDIRECTS and "location" in headers:
            self.location = headers["location"]
            return False
        if status == 407 and self._origin.forwarded is not None:
            raise refused_by_proxy(self._origin.forwarded, status)
        channel.busy = False  # a slow disk is not a silent host
        wanted = self._receiver.head(status, headers)
        self._left = int(headers.get("content-length", 0))
        channel.busy, self._since = True, time.monotonic()
        return wanted

    def piece(self, data: memoryview) -> bool:
        channel, held, size = self._channel, self._held, len(data)
        channel.received += size
        end = held + size
        if end > _BUFFER:
            if not self.hand_over():
                return False
            if size > _BUFFER:
                return self._receiver.piece(data)
            held, end = 0, size
        channel.buffer[held:end] = data
        self._held = end
        return time.monotonic() - self._since < _HOLD or self.hand_over()

    def hand_over(self) -> bool:
        """Let the receiver have what was gathered. Whether it wants more."""
        held, self._held = self._held, 0
        if not held:
            return True
        channel = self._channel
        channel.busy = False
        wanted = self._receiver.piece(channel.buffer[:held])
        now = time.monotonic()
        self._left -= held
        fast = self._left > _MUCH and now - self._since < _SOON
        if fast is not self._eased:
            # Woken for every packet, threads find each other at Python's lock.
            channel.engine.wake_at(_ENOUGH if fast else 1)
            self._eased = fast
        channel.worked, channel.busy, self._since = time.thread_time(), True, now
        return wanted


def _redirected(url: str, location: str) -> str:
    try:
        target = urljoin(url, location)
        scheme = urlsplit(target).scheme
    except ValueError:
        target, scheme = location, ""
    if scheme != "https":
        raise RefusedError(f"refused a redirect to {redacted(target)}: only https is followed")
    reason = objection_to_url(target)
    if reason is not None:
        raise RefusedError(f"refused a redirect to {redacted(target)}: {reason}")
    return target
