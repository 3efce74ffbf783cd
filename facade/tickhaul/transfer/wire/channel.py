"""One place in the connection budget: a request at a time, redirects followed, stopped from outside."""

from __future__ import annotations

import io
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from tickhaul.net.redaction import redacted
from tickhaul.net.refusals import is_by_proxy, refused_status
from tickhaul.net.secrets import Secret
from tickhaul.net.urls import objection_to_url, redirected
from tickhaul.transfer.meter import IdleTime
from tickhaul.transfer.wire.route import find_route
from tickhaul.transfer.wire.stop import Stop
from tickhaul.transfer.wire.trouble import RefusedError, WireError, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Buffer

    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.route import Route

_BUFFER = 256 * 1024  # bytes: they fit the processor's cache, larger was slower
_OPENING = 1024  # bytes of a body that tell it from another
_HOLD = 1.0  # seconds a body's bytes may wait for more of them
_MUCH = 1024 * 1024  # bytes that must still be to come, so that their end is not waited for in vain
_SOON = 0.1  # seconds in which the buffer must have filled
_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5


class Receiver(Protocol):
    """Takes in a response. What its methods raise ends the request, and is raised from `Channel.get`."""

    def head(self, status: int, headers: Mapping[str, str]) -> bool:
        """The head; names are in lower case, and of a repeated one the first counts. Whether the body is wanted."""
        ...

    def piece(self, data: memoryview) -> bool:
        """The next bytes of the body, valid during the call only. Whether more are wanted."""
        ...


class Engine(Protocol):
    """Sends requests over one connection, which it keeps while that can be."""

    def ask(self, origin: Route, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        """Send a GET, and hand over what comes until that is complete or no more is wanted.

        The connection is kept only when the exchange is over, and used again only when nothing came by it meanwhile.

        Raises:
            RefusedError: a certificate that is not trusted, or a proxy that refuses.
            WireError: the connection could not be made, or broke, or the response is malformed or incomplete.
        """
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
        idle: how long its thread has waited for the other side.
    """

    def __init__(self, options: TransferOptions, make: Callable[[Stop, IdleTime], Engine]) -> None:
        self._stop = Stop()
        proxy = Secret.wrap(options.proxy)
        self._find_route = cache(partial(find_route, proxy=proxy, trust_env=options.trust_env))
        self.idle = IdleTime()
        self._intake = Intake(self)
        self._engine = make(self._stop, self.idle)
        self.requests = 0
        self.received = 0
        self.busy = False

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        receiver: Receiver,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """Send a GET and hand over the response, following redirects.

        Args:
            url: where to, found usable; never shown with its query.
            headers: beside the ones every request has.
            receiver: what takes the response in.
            meanwhile: what to do while the host works on its response, where the engine can, else before.

        Raises:
            RefusedError: a redirect to anything but https, a certificate that is not trusted, an unusable proxy.
            WireError: everything else that keeps a complete response from coming.
        """
        self._stop.begin()
        self.requests += 1
        intake = self._intake
        for _ in range(_MOST_REDIRECTS + 1):
            origin, target = self._locate(url)
            intake.begin(origin, target, receiver, meanwhile)
            self.busy = True
            try:
                self._engine.ask(origin, target, headers, intake)
            finally:
                # What came before a connection broke is as good as the rest.
                intake.end()
                self.busy = False
            if intake.location is not None:
                url = _checked(redirected(url, intake.location))
            elif not intake.repeated:
                return
        raise RefusedError(f"more than {_MOST_REDIRECTS} redirects, the last to {redacted(url)}")

    def _locate(self, url: str) -> tuple[Route, str]:
        scheme, _, rest = url.partition("#")[0].partition("://")
        authority = rest.partition("/")[0].partition("?")[0]
        target = rest[len(authority) :]
        return self._find_route(scheme, authority), target if target.startswith("/") else f"/{target}"

    def close(self) -> None:
        """Close the connection."""
        self._engine.close()

    def retire(self) -> None:
        """Stop whatever the channel is doing, and refuse all further requests. May be called from any thread."""
        self._stop.set("stopped", final=True)

    def abort(self, reason: str) -> None:
        """Stop whatever the channel is doing; its thread gets a `WireError`. May be called from any thread."""
        self._stop.set(reason)

    @property
    def forwarded_by(self) -> str | None:
        """The proxy that made the last request in this one's name, and may be who responded; ``None`` without one."""
        return self._intake.forwarded_by

    @property
    def aborted(self) -> str | None:
        """Why the current request was stopped, ``None`` if it was not."""
        return self._stop.reason


class Intake(io.RawIOBase):
    """Where an engine puts a channel's responses, one after another.

    A body comes in pieces of 16 KiB, the records of TLS. A buffer of the standard library gathers them, without a step of
    Python's own for each, and hands what it has to this object, which hands it to the receiver.

    Args:
        channel: the channel, whose counts are kept here.

    Attributes:
        piece: puts bytes into the buffer.
        wanted: whether more is wanted; it may turn false with any piece.
        fast: whether so much comes, and so much is still to come, that it may be waited for in larger pieces.
        kept: whether the response comes by a connection that was used before, of which the engine cannot see all that may
            have come behind the last response.
        repeated: whether the response is the last one once more, as far as can be told, and is not taken in.
        location: where a redirect leads to.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._receiver: Receiver | None = None
        self._origin: Route | None = None
        self._meanwhile: Callable[[], None] = lambda: None
        self._failure: BaseException | None = None
        self._count = 0
        self._left = 0
        self._since = 0.0
        self.wanted = True
        self.fast = False
        self.kept = False
        self.repeated = False
        self._path = ""
        self._other = self._doubted = False
        self._before: tuple[int, Mapping[str, str]] | None = None
        self._opening: bytes | None = None
        self.location: str | None = None
        self._buffer = io.BufferedWriter(self, _BUFFER)
        self.piece: Callable[[Buffer], int] = self._buffer.write

    def begin(self, origin: Route, target: str, receiver: Receiver, meanwhile: Callable[[], None]) -> None:
        """Take in one response."""
        path, self._path = self._path, target.partition("?")[0]
        self._other = path != self._path or origin is not self._origin
        self._origin, self._receiver, self._meanwhile = origin, receiver, meanwhile
        self._failure = self.location = None
        self._left = 0
        self.wanted, self.fast, self.kept = True, False, False
        self.repeated = self._doubted = False

    @property
    def forwarded_by(self) -> str | None:
        """The proxy the last request was made to, if it was not made to the host itself."""
        return None if self._origin is None or self._origin.forwarded is None else str(self._origin.forwarded)

    def sent(self) -> None:
        """Use the time in which the host works on its response."""
        self._channel.busy = False  # a slow disk is not a silent host
        self._meanwhile()
        self._channel.busy = True

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Take in the head."""
        channel, origin = self._channel, self._origin
        assert self._receiver is not None
        assert origin is not None
        if channel.aborted is not None:
            raise WireError("stopped")  # a response that has come already could still be read
        if status in _REDIRECTS and "location" in headers:
            self.location, self.wanted = headers["location"], False
            return
        proxy = origin.forwarded
        if proxy is not None and is_by_proxy(proxy, status):
            raise refused(refused_status(proxy, status))
        before, self._before = self._before, (status, headers)
        self._left = 0 if "transfer-encoding" in headers else int(headers.get("content-length", 0))
        self._since = time.monotonic()
        self._doubted = self.kept and self._other and before == self._before
        if self._doubted:
            return  # until its body begins differently
        self._opening = None
        self._hand_over_head()

    def _hand_over_head(self) -> None:
        assert self._receiver is not None
        assert self._before is not None
        self._doubted = self._channel.busy = False
        self.wanted = self._receiver.head(*self._before)
        self._channel.busy = True

    def take(self, data: Buffer) -> bool:
        """Put bytes into the buffer. Whether more are wanted."""
        self.piece(data)
        self.moved()
        return self.wanted

    def moved(self) -> None:
        """Take note that time has passed, and pieces may have come."""
        self._channel.received = self._buffer.tell()
        if self._receiver is not None and time.monotonic() - self._since > _HOLD:
            self._buffer.flush()

    def flush(self) -> None:
        """Hand over what is left of a response that is complete."""
        self._buffer.flush()
        if self._doubted:
            self._hand_over_head()  # without a body, two are the same

    def end(self) -> None:
        """Hand over what is left, whether it is complete or not.

        Raises:
            BaseException: what the receiver raised.
        """
        self._buffer.flush()
        self._channel.received = self._count
        failure, self._failure, self._receiver = self._failure, None, None
        if failure is not None:
            raise failure

    # -- for the buffer -----------------------------------------------------------------------------------------------

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How many bytes were handed over, of all responses."""
        return self._count

    def write(self, data: Buffer) -> int:
        """Hand bytes to the receiver; all of them count as taken, for the buffer would keep the rest."""
        channel, view = self._channel, memoryview(data)
        size = len(view)
        self._count += size
        if not self.wanted or self._receiver is None:
            return size
        channel.busy = False
        try:
            if (self._opening is not None and not self._doubted) or self._is_new(view):
                self.wanted = self._receiver.piece(view)
        except BaseException as error:  # noqa: BLE001 (raised again by `end`, for the buffer would go on with it)
            self._failure, self.wanted = error, False
        now = time.monotonic()
        self._left -= size
        self.fast = self._left > _MUCH and now - self._since < _SOON
        channel.busy, self._since = True, now
        return size

    def _is_new(self, view: memoryview) -> bool:
        """Whether the body begins other than the one before, where that is in doubt; its head is handed over then."""
        doubted, self._doubted = self._doubted, False
        before, self._opening = self._opening, bytes(view[:_OPENING])
        if not doubted:
            return True
        # Either may be all that had come when it was handed over.
        common = min(len(before or b""), len(self._opening))
        if before is not None and before[:common] == self._opening[:common]:
            self.repeated, self.wanted = True, False
        else:
            self._hand_over_head()
        return self.wanted


def _checked(target: str) -> str:
    """Where a redirect leads to, if it may be followed."""
    if not target.startswith("https:"):
        raise RefusedError(f"refused a redirect to {redacted(target)}: only https is followed")
    reason = objection_to_url(target)
    if reason is not None:
        raise RefusedError(f"refused a redirect to {redacted(target)}: {reason}")
    return target
