"""Bytes from and to one socket, without ever blocking inside a read, so that threads take turns well.

A TLS record is 16 KiB, and reading one takes Python's lock twice. Sixteen threads that each read record by record spend
more time handing that lock around than reading. So a thread waits for its socket outside of any lock, then takes a
*turn* and reads all that has come, and there are only a few turns to be had.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
from typing import Protocol

from tickhaul.transfer.meter import IdleTime

_MOMENT = 0.1  # seconds a piece may grow before it is handed over
_HEAD = 64 * 1024
_ENOUGH = 128 * 1024  # bytes worth waking up for while a piece grows
_RECORDS = 2 * 16 * 1024  # bytes of TLS records at most, one of each layer

_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
#: How many threads may read at once: more of them find each other at Python's lock.
READERS = min(4, max(1, _PROCESSORS // 2))

#: A read that has to wait says so in one of these ways.
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError)


class Turns:
    """As many locks as threads may read at once; each stream is bound to one of them."""

    def __init__(self) -> None:
        self._locks = [threading.Lock() for _ in range(READERS)]
        self._given = 0

    def one(self) -> threading.Lock:
        """The lock for one more stream."""
        self._given += 1
        return self._locks[self._given % READERS]


class Connected(Protocol):
    """What a `Stream` needs of a socket."""

    def send(self, data: bytes, /) -> int:
        """Send some of it."""
        ...

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read into a buffer; 0 at the end."""
        ...

    def settimeout(self, value: float | None, /) -> None:
        """Block for so long, 0 for not at all."""
        ...

    def setsockopt(self, level: int, optname: int, value: int, /) -> None:
        """Set an option."""
        ...

    def fileno(self) -> int:
        """The handle to wait for."""
        ...


class Stream:
    """A connection.

    Args:
        sock: the socket, its TLS handshake done.
        turn: held while reading what has come.
        patience: seconds to wait for the other side. The transfer's watch drops a silent connection long before; this
            is for when there is no watch any more.
        idle: measures each wait.
    """

    def __init__(self, sock: Connected, turn: threading.Lock, patience: float, idle: IdleTime | None = None) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._turn = turn
        self._patience = patience
        self._idle = idle or IdleTime()
        self._buffer = bytearray(_HEAD)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._mark = 1
        self._marks = True
        self._broken: OSError | None = None

    def send(self, data: bytes) -> None:
        """Send all of ``data``.

        Raises:
            OSError: the connection broke.
        """
        while data:
            try:
                data = data[self._sock.send(data) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._wait(self._patience, write=True)
            except ssl.SSLWantReadError:
                self._wait(self._patience)

    def head(self) -> bytes | None:
        """Read up to and with the next empty line.

        Returns:
            The lines, or ``None`` if the connection ended before any of it.

        Raises:
            OSError: the connection broke.
            ValueError: it is longer than any proper head.
        """
        return self._until(b"\r\n\r\n")

    def line(self) -> bytes | None:
        """Read a line, its end included; ``None`` if the connection ended before it."""
        return self._until(b"\r\n")

    def _until(self, mark: bytes) -> bytes | None:
        searched = self._start
        while (at := self._buffer.find(mark, searched, self._end)) < 0:
            searched = max(self._start, self._end - len(mark) + 1)
            if self._end == _HEAD:
                if self._start == 0:
                    raise ValueError("too long")
                self._buffer[: self._end - self._start] = self._buffer[self._start : self._end]
                searched -= self._start
                self._start, self._end = 0, self._end - self._start
            count = self._receive(self._view[self._end :])
            if not count:
                return None
            self._end += count
        found = bytes(self._view[self._start : at + len(mark)])
        self._advance(at + len(mark))
        return found

    def _advance(self, start: int) -> None:
        self._start = start
        if self._start == self._end:
            self._start = self._end = 0

    def _receive(self, view: memoryview) -> int:
        """Read once, waiting for it."""
        while True:
            try:
                return self._sock.recv_into(view)
            except _NOT_YET:
                self._wait(self._patience)
            except ssl.SSLWantWriteError:
                self._wait(self._patience, write=True)

    def take(self, view: memoryview) -> int:
        """Read into ``view`` what there is within a moment, at least one read's worth.

        Returns:
            How many bytes; 0 when the connection has ended.

        Raises:
            OSError: the connection broke.
        """
        count = min(self._end - self._start, len(view))
        if count:
            view[:count] = self._view[self._start : self._start + count]
            self._advance(self._start + count)
        until = 0.0
        while count < len(view):
            count, wants = self._all_that_came(view, count)
            if wants is None:
                break
            if not count:
                self._wait(self._patience, write=wants == "write")
                continue
            now = time.monotonic()
            until = until or now + _MOMENT
            if now >= until or not self._ready(until - now, write=wants == "write", enough=len(view) - count):
                break
        return count

    def _all_that_came(self, view: memoryview, count: int) -> tuple[int, str | None]:
        """Fill ``view`` from ``count`` on, without waiting.

        Returns:
            How much of it is filled; and what to wait for (``read``, ``write``) to get more, ``None`` when it is full or
            the connection has ended.
        """
        if self._broken is not None:
            raise self._broken
        read, size = self._sock.recv_into, len(view)
        with self._turn:
            try:
                while count < size:
                    piece = read(view[count:])
                    if not piece:
                        break
                    count += piece
            except _NOT_YET:
                return count, "read"
            except ssl.SSLWantWriteError:
                return count, "write"
            except OSError as error:
                if not count:
                    raise
                # What came before is good. A socket tells of a reset once, and afterwards says the connection has ended.
                self._broken = error
        return count, None

    @property
    def drained(self) -> bool:
        """Whether nothing was received that nobody asked for."""
        return self._start == self._end

    @property
    def quiet(self) -> bool:
        """Whether nothing unread has come, here, in TLS or in the system, and the connection has not ended."""
        return self.drained and not getattr(self._sock, "pending", int)() and not self._ready(0, write=False)

    def _wait(self, seconds: float, *, write: bool = False) -> None:
        if not self._ready(seconds, write=write):
            raise TimeoutError

    def _ready(self, seconds: float, *, write: bool, enough: int = 1) -> bool:
        """Wait until the socket can be written, or has ``enough`` bytes to be read, or has ended."""
        if not write:
            # The beginnings of records may have been taken already, and will not come again.
            self._wake_at(max(1, min(enough - _RECORDS, _ENOUGH)))
        handle = self._sock.fileno()
        with self._idle:
            if hasattr(select, "poll"):
                waiter = select.poll()
                waiter.register(handle, select.POLLOUT if write else select.POLLIN)
                return bool(waiter.poll(seconds * 1000))
            ready = select.select([] if write else [handle], [handle] if write else [], [handle], seconds)
            return any(ready)

    def _wake_at(self, count: int) -> None:
        """Be woken only when so many bytes have come, where the system can, and not for every packet."""
        if count == self._mark or not self._marks:
            return
        try:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            self._mark = count
        except OSError:
            self._marks = False  # Windows has the name, and nothing behind it
