"""Connecting to a name that may stand for several addresses, some of which may be silent (RFC 8305).

Attempts overlap: the next address gets its turn a moment after the one before, or as soon as one fails. The first
connection wins. All of this happens in the calling thread, in steps that an interrupt may come between.
"""

from __future__ import annotations

import errno
import os
import select
import selectors
import socket
import time
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from tickhaul._signals import raised_by_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    #: As `socket.getaddrinfo` gives it: family, kind, protocol, canonical name, address.
    Address = tuple[int, int, int, str, Any]

HEAD_START = 0.25  # seconds that an attempt has before the next one begins
_TICK = 0.1  # seconds between two looks at whether to go on
_REMEMBERED = 256
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}
#: This machine has no way to such an address, which says nothing about the other end.
_NO_WAY = {errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
# The one that takes no handle of the system for itself.
_SELECTOR = selectors.PollSelector if hasattr(select, "poll") else selectors.SelectSelector

#: The address that worked last, for each host and port where an earlier one did not.
_worked: dict[tuple[str, int], Address] = {}


def dial(
    host: str,
    port: int,
    left: Callable[[], float | None],
    *,
    look: Callable[[], None] = lambda: None,
    monotonic: Callable[[], float] = time.monotonic,
) -> socket.socket:
    """Open a TCP connection.

    Looking up the name cannot be bounded without a thread: the system's resolver has its own timeout.

    Args:
        host: a name, or an address; an IPv6 address without brackets.
        port: the port.
        left: the seconds that all attempts may take together, ``None`` for no limit; asked once the name is looked up.
        look: called at least ten times a second while an attempt is under way; what it raises ends all of them.
        monotonic: the clock.

    Returns:
        A blocking socket, with ``TCP_NODELAY``.

    Raises:
        socket.gaierror: the name has no address.
        TimeoutError: no connection was made in time.
        OSError: all attempts failed; the failure that says most.
    """
    key = (host, port)
    addresses = in_order(resolve(host, port), _worked.get(key))
    race = _Race(addresses, monotonic)
    try:
        sock, address = race.run(left(), look)
        race.close(but=sock)
        if address != addresses[0]:
            remember(_worked, key, address)
        return sock  # noqa: TRY300 (an interrupt that comes right before must find the socket)
    except BaseException as error:
        race.close()
        if isinstance(error, OSError):
            _worked.pop(key, None)
        raise


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, in the system's order.

    Raises:
        socket.gaierror: it has none.
    """
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except UnicodeError as error:
        # A part of the name is empty or too long.
        raise socket.gaierror(socket.EAI_NONAME, "the name is malformed") from error


def in_order(found: Sequence[Address], preferred: Address | None = None) -> list[Address]:
    """The order of the attempts: the kinds of address take turns, the first of the list begins.

    Args:
        found: the addresses, best first.
        preferred: goes first, if it is among them.
    """
    kinds: dict[int, list[Address]] = {}
    for address in dict.fromkeys(found):
        kinds.setdefault(address[0], []).append(address)
    turns = [address for address in chain(*zip_longest(*kinds.values())) if address is not None]
    # The sort keeps the order of all others.
    return sorted(turns, key=lambda address: address != preferred)


def remember(worked: dict[tuple[str, int], Address], key: tuple[str, int], address: Address) -> None:
    """Note which address to begin with; of too many, the oldest are forgotten.

    What worked as the first is not noted: resolvers change their order to spread the load.

    Args:
        worked: the notes, which other threads change too.
        key: host and port.
        address: the address.
    """
    worked.pop(key, None)
    worked[key] = address
    for oldest in list(worked)[:-_REMEMBERED]:
        worked.pop(oldest, None)


def most_telling(failures: Sequence[BaseException]) -> BaseException:
    """The failure to report: the last that is about the other end, else the last.

    Args:
        failures: at least one, in the order they came.
    """
    about_others = [each for each in failures if not isinstance(each, OSError) or each.errno not in _NO_WAY]
    return (about_others or failures)[-1]


class Schedule:
    """Whose turn it is.

    Args:
        addresses: in the order of their attempts.
    """

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._waiting = list(reversed(addresses))
        self._due: float | None = None

    def begin(self, now: float) -> Address | None:
        """The address whose attempt is to begin now, ``None`` if none is."""
        if not self._waiting or (self._due is not None and now < self._due):
            return None
        self._due = now + HEAD_START
        return self._waiting.pop()

    def failed(self) -> None:
        """Take note that an attempt has failed: the next need not wait."""
        self._due = None

    def wait(self, now: float) -> float | None:
        """The seconds until the next attempt; ``None`` after the last."""
        if not self._waiting:
            return None
        return 0.0 if self._due is None else max(self._due - now, 0.0)


class _Race:
    """The attempts, side by side."""

    def __init__(self, addresses: Sequence[Address], monotonic: Callable[[], float]) -> None:
        self._schedule = Schedule(addresses)
        self._monotonic = monotonic
        self._sockets: list[socket.socket] = []
        self._selector = _SELECTOR()
        self._failures: list[OSError] = []

    def run(self, seconds: float | None, look: Callable[[], None]) -> tuple[socket.socket, Address]:
        """The first connection, and where it leads."""
        until = None if seconds is None else self._monotonic() + seconds
        while True:
            look()
            now = self._monotonic()
            if until is not None and now >= until:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            address = self._schedule.begin(now)
            if address is not None:
                if not self._attempt(self._begin, address):
                    continue
            elif not self._selector.get_map():
                raise most_telling(self._failures or [socket.gaierror(socket.EAI_NONAME, "the name has no address")])
            waits = (_TICK, self._schedule.wait(now), None if until is None else until - now)
            for key, _ in self._selector.select(min(wait for wait in waits if wait is not None)):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                self._selector.unregister(sock)
                if self._attempt(self._end, sock):
                    return sock, key.data

    def close(self, *, but: socket.socket | None = None) -> None:
        """Close all sockets but one."""
        for sock in self._sockets:
            if sock is not but:
                sock.close()
        self._selector.close()
        # Each holds, by its traceback, what holds it.
        self._failures.clear()

    def _attempt(self, step: Callable[[Any], None], subject: object) -> bool:
        """Take a step of an attempt. Whether it succeeded."""
        try:
            step(subject)
        except OSError as error:
            if raised_by_handler(error) is not None:
                raise
            self._failures.append(error)
            self._schedule.failed()
            return False
        return True

    def _begin(self, address: Address) -> None:
        family, kind, protocol, _, where = address
        # In one step, for no interrupt to come between.
        self._sockets.append(sock := socket.socket(family, kind, protocol))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setblocking(False)
        _check(sock.connect_ex(where), *_UNDER_WAY)
        self._selector.register(sock, selectors.EVENT_WRITE, address)

    @staticmethod
    def _end(sock: socket.socket) -> None:
        _check(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        sock.setblocking(True)


def _check(code: int, *fine: int) -> None:
    if code and code not in fine:
        raise OSError(code, os.strerror(code))
