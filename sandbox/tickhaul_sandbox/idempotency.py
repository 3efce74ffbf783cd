"""Idempotency keys: the first answer is kept and given again.

Source: docs guides/idempotency, section 6 of the API reference.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import conflict, invalid_argument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.settings import Settings
    from tickhaul_sandbox.state.ledger import Shelf
    from tickhaul_sandbox.wire import Answer

_LONGEST = 128
# Answers about the moment rather than about the request; a retry must be able to get another.
_NEVER_KEPT = frozenset({401, 408, 429})


@dataclass(frozen=True)
class Replay:
    """What a key was used for and answered.

    Attributes:
        key: The key.
        fingerprint: What the request asked for, see `fingerprint`.
        begun_ns: When it was first used, in nanoseconds since the Unix epoch.
        answer: The answer it was given.
    """

    key: uuid.UUID
    fingerprint: bytes
    begun_ns: int
    answer: Answer


@dataclass
class _Entry:
    fingerprint: bytes
    begun_ns: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Answer | None = None


class Replays:
    """What the idempotency keys of one account were used for.

    Args:
        settings: How the sandbox is to be.
        clock: The sandbox's time; keys are forgotten by it.
        shelf: Where answers are remembered.
    """

    def __init__(self, settings: Settings, clock: Clock, shelf: Shelf[Replay]) -> None:
        self._settings = settings
        self._clock = clock
        self._shelf = shelf
        self._entries: dict[uuid.UUID, _Entry] = {}

    def restore(self) -> None:
        """Take up the answers of an earlier run.

        Raises:
            StateError: If one makes no sense.
        """
        known: list[Replay] = []
        self._shelf.restore(known.append)
        for replay in sorted(known, key=lambda replay: replay.begun_ns):
            entry = _Entry(replay.fingerprint, replay.begun_ns, answer=replay.answer)
            entry.ended.set()
            self._entries[replay.key] = entry

    async def once(self, key: str, fingerprint: bytes, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """Answer a request, by acting or by giving the answer of the first request with its key again.

        Args:
            key: The `Idempotency-Key` header.
            fingerprint: What the request asks for, see `fingerprint`.
            act: Does it.

        Raises:
            ApiError: 400 for a key that is no UUID, 409 for one used for something else or still in progress.
        """
        name = parse_key(key)
        self._expire()
        while (entry := self._entries.get(name)) is not None:
            if entry.fingerprint != fingerprint:
                raise conflict("Idempotency-Key was already used for a different request")
            if entry.answer is not None:
                return entry.answer
            try:
                await asyncio.wait_for(entry.ended.wait(), self._settings.idempotency_wait)
            except TimeoutError:
                raise conflict("A request with this Idempotency-Key is still in progress") from None
        return await self._first(name, fingerprint, act)

    async def _first(self, name: uuid.UUID, fingerprint: bytes, act: Callable[[], Awaitable[Answer]]) -> Answer:
        entry = self._entries[name] = _Entry(fingerprint, self._clock.now_ns())
        try:
            answer = await act()
            if self._kept(answer.status):
                entry.answer = answer
                self._shelf.put(name.hex, Replay(name, fingerprint, entry.begun_ns, answer))
            return answer
        finally:
            if entry.answer is None:
                del self._entries[name]
            entry.ended.set()

    def _kept(self, status: int) -> bool:
        if status >= 500 or status in _NEVER_KEPT:
            return False
        return status < 400 or self._settings.idempotency_stores_errors

    def _expire(self) -> None:
        oldest = self._clock.now_ns() - round(self._settings.idempotency_hours * 3600 * SECOND)
        # Entries are in the order of their beginning, so the old ones are in front.
        while self._entries:
            name, entry = next(iter(self._entries.items()))
            if entry.begun_ns > oldest or not entry.ended.is_set():
                return
            del self._entries[name]
            self._shelf.drop(name.hex)


def parse_key(text: str) -> uuid.UUID:
    """Return the UUID a key stands for: any version, hyphenated, simple, braced or URN.

    Raises:
        ApiError: 400 if it is none, or too long.
    """
    bare = text.strip()
    for opening, closing in (("urn:uuid:", ""), ("{", "}")):
        if bare.lower().startswith(opening) and bare.endswith(closing):
            bare = bare[len(opening) : len(bare) - len(closing)]
            break
    groups = [len(group) for group in bare.split("-")]
    if len(text) <= _LONGEST and groups in ([32], [8, 4, 4, 4, 12]):
        try:
            return uuid.UUID(hex=bare)
        except ValueError:
            pass
    raise invalid_argument("Invalid Idempotency-Key: must be a UUID")


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Return what makes two requests the same: method, path and body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()
