"""Presigned URLs and their renewal: one refresh serves everyone who waits for one."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tickhaul.transfer.listing import check_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tickhaul.transfer.model import RemoteFile

_OLD = 0.8  # of its lifetime: a request sent just before the end must still be answered
#: Its lifetime in seconds, in a presigned URL's query.
_EXPIRES = re.compile(r"[?&]X-Amz-Expires=([0-9]{1,18})(?=[&#]|$)")
_YOUNG = 5.0  # seconds: URLs that die sooner are renewed when storage says so, not before every request


@dataclass(frozen=True, slots=True)
class Lease:
    """A file as last announced, and which listing announced it."""

    file: RemoteFile = field(repr=False)
    generation: int


class UrlBook:
    """The URLs in force.

    Args:
        files: the first listing, taken to be fresh, and checked.
        refresh: fetches a new listing; may be called from any thread, never twice at once.
        lifetime: seconds a URL lives when its query does not say (``X-Amz-Expires``).
        clock: monotonic seconds.
    """

    def __init__(
        self,
        files: Sequence[RemoteFile],
        refresh: Callable[[], Sequence[RemoteFile]],
        *,
        lifetime: float,
        clock: Callable[[], float],
    ) -> None:
        self._refresh = refresh
        self._lifetime = lifetime
        self._clock = clock
        self._changed = threading.Condition()
        self._refreshing = False
        self._closed = False
        self._generation = 0
        self._failure: BaseException | None = None
        self._wanted = frozenset(file.id for file in files)
        self._files: dict[str, RemoteFile] = {}
        self._dies = 0.0
        self._take(files)

    def _take(self, files: Sequence[RemoteFile]) -> None:
        now = self._clock()
        self._files = {file.id: file for file in files}
        lifetime = min((lifetime_of(file.url, self._lifetime) for file in files), default=self._lifetime)
        self._dies = now + max(_OLD * lifetime, _YOUNG)

    def lease(self, artifact: str) -> Lease | None:
        """The file as now announced, from a new listing if the present one is known to be old.

        Returns:
            ``None`` when the service no longer lists the artifact, or the book is closed.
        """
        with self._changed:
            generation = self._generation
            old = self._clock() >= self._dies
        if old:
            self.renew(generation)
        with self._changed:
            file = None if self._closed else self._files.get(artifact)
            return None if file is None else Lease(file, self._generation)

    def renew(self, generation: int) -> None:
        """Make sure the listing is newer than ``generation``, fetching one unless somebody already has or does.

        Raises:
            TransferError: what the new listing has of the files cannot be used.
            BaseException: whatever ``refresh`` raised, to everyone who waited for it.
        """
        with self._changed:
            while self._refreshing and not self._closed:
                self._changed.wait()
            if self._closed or self._generation > generation:
                return
            if self._failure is not None:
                raise self._failure
            self._refreshing = True
        failure: BaseException | None = None
        files: Sequence[RemoteFile] = ()
        try:
            files = check_addresses(self._refresh(), self._wanted)
        except BaseException as error:  # noqa: BLE001 - handed to every waiter, and raised again below
            failure = error
        with self._changed:
            self._refreshing = False
            self._failure = failure
            if failure is None:
                self._take(files)
                self._generation += 1
            self._changed.notify_all()
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Let go of everyone who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class Refusals:
    """Counts listings whose URLs were refused, one after another, so as not to ask for new ones for ever.

    A refusal is counted once for each listing, however many parts meet it, and any file the host does hand over starts
    the count anew.

    Attributes:
        since: when the first of them was refused.
    """

    def __init__(self) -> None:
        self.since = 0.0
        self._last = -1
        self._count = 0

    def refused(self, generation: int, now: float) -> int:
        """A URL of this listing was refused; returns how many listings in a row were."""
        if self._count == 0:
            self.since = now
        if generation > self._last:
            self._last = generation
            self._count += 1
        return self._count

    def accepted(self) -> None:
        """A URL was good."""
        self._count = 0


def lifetime_of(url: str, default: float) -> float:
    """How many seconds a presigned URL lives from its signing: its ``X-Amz-Expires``, else ``default``."""
    found = _EXPIRES.search(url)
    return default if found is None else float(found[1])
