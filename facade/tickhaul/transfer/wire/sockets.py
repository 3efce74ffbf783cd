"""The sockets of one connection, reachable from another thread."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tickhaul.transfer.wire.trouble import WireError


class Sockets:
    """The sockets an engine has open: more than one only while it tries several addresses.

    Each is held twice, so that a number the system has given to somebody else meanwhile is never touched.

    Attributes:
        reason: why they were shut down, ``None`` if they were not.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[int, socket.socket] = {}
        self._final = False
        self.reason: str | None = None

    def begin(self) -> None:
        """Let a new request begin.

        Raises:
            WireError: no more requests are to be made.
        """
        with self._guard:
            if self._final:
                raise WireError("stopped")
            self.reason = None

    def hold(self, handle: int) -> bool:
        """Take note of an open socket; ``False`` when it is not to be used."""
        with self._guard:
            if self.reason is not None:
                return False
            # The family and the kind do not matter for what is done with it here.
            self._held[handle] = socket.fromfd(handle, socket.AF_INET, socket.SOCK_STREAM)
            return True

    def forget(self, handle: int) -> None:
        """Let go of a socket that is being closed."""
        with self._guard:
            held = self._held.pop(handle, None)
        if held is not None:
            held.close()

    def shut_down(self, reason: str, *, final: bool = False) -> None:
        """End every connection, which wakes the thread that waits for one, and refuse those being made.

        Args:
            reason: why.
            final: whether no more requests are to be made.
        """
        with self._guard:
            self._final = self._final or final
            self.reason = reason
            for held in self._held.values():
                with suppress(OSError):  # it is not connected yet, or not any more
                    held.shutdown(socket.SHUT_RDWR)

    def wake_at(self, count: int) -> None:
        """Have the thread be woken only when so many bytes have come, where the system can, and not for every packet."""
        with self._guard:
            for held in self._held.values():
                with suppress(OSError):
                    held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
