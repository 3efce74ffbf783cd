# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""The loop every call goes through: a slot of the quota, a try, a decision."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from tickhaul._core import answers
from tickhaul._core.answers import Answer
from tickhaul._core.arguments import check_callback
from tickhaul._core.calls import Progress
from tickhaul._core.forks import renew_after_fork
from tickhaul._core.headers import read_rate_limits, read_retry_after
from tickhaul._core.idempotency import choose_key
from tickhaul._signals import raised_by_handler
from tickhaul._threads import load
from tickhaul.hooks import RequestInfo, ResponseInfo, RetryInfo
from tickhaul.net.redaction import MASK
from tickhaul.net.tls import check_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from uuid import UUID

    from tickhaul._core.deadline import Deadline
    from tickhaul._core.headers import RateLimits
    from tickhaul._core.options import CallOptions
    from tickhaul._core.quota import Ledger
    from tickhaul._core.retry import Lost
    from tickhaul._core.service import Action, Reader, Writer
    from tickhaul._sync.transport import Transport
    from tickhaul.net.origins import Origin
    from tickhaul.net.proxies import Proxy
    from tickhaul.net.secrets import Secret

T = TypeVar("T")

_log = logging.getLogger("tickhaul")
_CLOSED = "the client is closed; build a new one"


class Clock:
    """The time, and how to let it pass; tests bring their own."""

    def monotonic(self) -> float:
        """Seconds on a clock that only goes forward."""
        return time.monotonic()

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        load("tickhaul._sync.primitives")
        from tickhaul._sync.primitives import sleep  # noqa: PLC0415 (the event-loop library loads with the first wait)

        sleep(seconds)


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the client tells about its calls."""

    on_request: Callable[[RequestInfo], object] | None
    on_retry: Callable[[RetryInfo], object] | None
    on_response: Callable[[ResponseInfo], object] | None

    def __post_init__(self) -> None:
        for field in fields(self):
            check_callback(field.name, getattr(self, field.name))


class Executor:
    """Carries out calls against one service with one key. Shared by all views of a client.

    Args:
        origin: where to.
        secret: the API key.
        stamp: writes the requests.
        ledger: the quota, or ``None`` for no pacing.
        hooks: whom to tell.
        ssl_context: how to trust the service, or ``None`` for the usual certificates.
        proxy: the proxy on the way to this service, or ``None``.
        proxy_setting: what the client was given as its proxy, for connections to other hosts.
        reader: knows what the service's answers mean.

    Raises:
        TypeError: ``ssl_context`` is something else.
    """

    def __init__(
        self,
        *,
        origin: Origin,
        secret: Secret,
        # Which operations it writes is between it and whoever asks for them.
        stamp: Writer[Any],
        ledger: Ledger | None,
        hooks: Hooks,
        ssl_context: ssl.SSLContext | None,
        proxy: Proxy | None,
        proxy_setting: Secret | None,
        reader: Reader = answers,
    ) -> None:
        check_context(ssl_context)
        self.origin = origin
        self.clock = Clock()
        self.uniform: Callable[[float, float], float] = random.uniform
        self.last_response: ResponseInfo | None = None
        self.ssl_context = ssl_context
        self.proxy_setting = proxy_setting
        self._proxy = proxy
        self._secret = secret
        self._stamp = stamp
        self._reader = reader
        self._ledger = ledger
        self._hooks = hooks
        self._transport: Transport | None = None
        self._lock = threading.Lock()
        self._closed = False
        renew_after_fork(self)

    def run(
        self,
        operation: Action[T],
        arguments: dict[str, object],
        options: CallOptions,
        *,
        idempotency_key: str | UUID | None = None,
        resend: bool = False,
        deadline: Deadline | None = None,
    ) -> T:
        """Carry out one call.

        Args:
            operation: what to call.
            arguments: as its writer takes them.
            options: what the call may cost.
            idempotency_key: the caller's key; ``None`` makes one where the operation takes one.
            resend: send it again after a lost answer even where that may carry it out twice.
            deadline: when it must be over, if it is part of something longer; ``None`` for what the options say.

        Raises:
            ApiError: the service's last word is an error.
            NetworkError: no answer came.
            DeadlineExceeded: the time ran out.
            ResponseDecodeError: a success does not fit the contract.
        """
        if self._closed:
            raise RuntimeError(_CLOSED)
        key = choose_key(idempotency_key) if operation.takes_key else None
        call = Progress(
            operation,
            self._stamp.write(operation, arguments, key),
            options,
            repeatable=operation.repeatable or resend,
            secret=self._secret,
            monotonic=self.clock.monotonic,
            uniform=self.uniform,
            reader=self._reader,
            deadline=deadline,
        )
        try:
            while True:
                outcome = self._try(call, key)
                if isinstance(outcome, Answer) and outcome.is_success:
                    return call.result(outcome)
                attempt = call.attempt
                wait = call.after(outcome, self.clock.time())
                self._tell_retry(call, attempt, wait, outcome)
                self.clock.sleep(wait)
        except BaseException as error:
            if is_interrupt(error):
                # It may have come between taking a slot and noting who has to give it back.
                self._forget_in_flight()
            raise

    def close(self) -> None:
        """Close the connections; later calls are refused, and those under way end with an error."""
        with self._lock:
            self._closed = True
            transport = self._transport
        if transport is not None:
            transport.close()

    def renew(self) -> None:
        """In a forked child: a vanished thread may hold the lock."""
        self._lock = threading.Lock()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client is neither pickled nor deep-copied: build a new one in the other process")

    def _try(self, call: Progress[T], key: str | None) -> Answer | Lost:
        """One try, within a slot of the quota."""
        self._take_slot(call)
        limits = None
        try:
            self._tell_request(call, key)
            outcome = self._open().send(
                call.request,
                limit=call.operation.limit if call.operation.has_body else None,
                timeout=call.options.timeout,
                until=call.deadline,
            )
            if isinstance(outcome, Answer):
                limits = read_rate_limits(outcome.headers, self.clock.time())
        finally:
            if self._ledger is not None:
                self._ledger.settle(self.clock.monotonic(), limits)
        if isinstance(outcome, Answer):
            self._tell_response(call, outcome, limits)
            if outcome.status == 429 and self._ledger is not None:
                # Whoever used up the quota, this process must not add to it.
                pause = read_retry_after(outcome.headers, self.clock.time()) or 0.0
                self._ledger.close_until(self.clock.monotonic() + pause)
        return outcome

    def _take_slot(self, call: Progress[T]) -> None:
        if self._ledger is None:
            return
        while (wait := self._ledger.reserve(self.clock.monotonic())) > 0:
            call.before_wait(wait, f"the account's quota has no room for another {wait:.1f} s")
            self.clock.sleep(wait)

    def _forget_in_flight(self) -> None:
        if self._ledger is not None:
            self._ledger.forget_in_flight()

    def _open(self) -> Transport:
        transport = self._transport
        if transport is None:
            # The codec turns host names into those of the network.
            load("tickhaul._sync.transport", "encodings.idna")
            from tickhaul._sync.transport import (  # noqa: PLC0415 (the HTTP libraries load with the first call)
                Transport,
            )

            with self._lock:
                if self._closed:
                    raise RuntimeError(_CLOSED)
                transport = self._transport
                if transport is None:
                    transport = Transport(
                        self.origin, ssl_context=self.ssl_context, proxy=self._proxy, on_lost=self._forget_in_flight
                    )
                    self._transport = transport
        return transport

    def _tell_request(self, call: Progress[T], key: str | None) -> None:
        name, request = call.operation.name, call.request
        _log.debug("%s: %s %s, try %d", name, request.method, request.path, call.attempt)
        if self._hooks.on_request is not None:
            self._hooks.on_request(RequestInfo(name, request.method, request.path, call.attempt, key))

    def _tell_retry(self, call: Progress[T], attempt: int, wait: float, outcome: Answer | Lost) -> None:
        name, cause = call.operation.name, call.history[-1]
        _log.info("%s: try %d ended with %s; next in %.2f s", name, attempt, cause, wait)
        if self._hooks.on_retry is not None:
            answer = outcome if isinstance(outcome, Answer) else None
            status, request_id = (answer.status, self._request_id(answer)) if answer else (None, None)
            self._hooks.on_retry(RetryInfo(name, attempt, wait, cause, status, request_id))

    def _tell_response(self, call: Progress[T], answer: Answer, limits: RateLimits | None) -> None:
        info = ResponseInfo(
            operation=call.operation.name,
            status=answer.status,
            request_id=self._request_id(answer),
            remaining_minute=limits.minute.remaining if limits else None,
            remaining_hour=limits.hour.remaining if limits else None,
            duration=answer.duration,
            attempt=call.attempt,
        )
        self.last_response = info
        _log.debug("%s: %d in %.3f s, request %s", info.operation, info.status, info.duration, info.request_id)
        if self._hooks.on_response is not None:
            self._hooks.on_response(info)

    def _request_id(self, answer: Answer) -> str | None:
        # Plainly, for a header holds the key as it is or not at all, and this runs for every answer.
        return answer.request_id and answer.request_id.replace(self._secret.reveal(), MASK)


def is_interrupt(error: BaseException) -> bool:
    """Whether an exception may have come between any two steps of this thread, such as Ctrl-C."""
    if isinstance(error, Exception):
        return raised_by_handler(error) is not None
    load("tickhaul._sync.primitives")
    from tickhaul._sync import primitives  # noqa: PLC0415 (as above)

    return primitives.is_interrupt(error)
