"""Idempotency keys: the first answer is kept and given again.

Source: docs guides/idempotency, section 6 of the API reference.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import conflict, invalid_argument
from tickhaul_sandbox.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.settings import Settings
    from tickhaul_sandbox.state.ledger import Shelf

_LONGEST = 128
_UUID = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
# Answers about the moment rather than about the request; a retry must be able to get another.
_NEVER_KEPT = frozenset({401, 408, 429})


@dataclass(init=False)
class Replay:
    """What a key was used for and answered.

    The body is kept as it was sent: the objects it is made of take fifteen times as much.

    Args:
        key: The key.
        fingerprint: What the request asked for, see `fingerprint`.
        begun_ns: When it was first used, in nanoseconds since the Unix epoch.
        answer: The answer it was given.
    """

    key: uuid.UUID
    fingerprint: bytes
    begun_ns: int
    body: bytes
    status: int
    headers: Mapping[str, str]

    def __init__(self, key: uuid.UUID, fingerprint: bytes, begun_ns: int, answer: Answer) -> None:
        self.key, self.fingerprint, self.begun_ns = key, fingerprint, begun_ns
        self.body, self.status, self.headers = answer.encode(), answer.status, answer.headers

    @property
    def answer(self) -> Answer:
        """The answer it was given."""
        return Answer(self.status, json.loads(self.body) if self.body else None, self.headers)


@dataclass(frozen=True)
class _Running:
    """A first request that has not been answered yet."""

    fingerprint: bytes
    ended: asyncio.Event = field(default_factory=asyncio.Event)


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
        self._running: dict[uuid.UUID, _Running] = {}
        # In the order of their answers, so the old ones are in front; a request takes seconds, a key lasts a day.
        self._known: dict[uuid.UUID, Replay] = {}
        self._size = 0

    def restore(self) -> None:
        """Take up the answers of an earlier run.

        Raises:
            StateError: If one makes no sense.
        """
        known: list[Replay] = []
        self._shelf.restore(known.append)
        for replay in sorted(known, key=lambda replay: replay.begun_ns):
            self._keep(replay)

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
        while (running := self._running.get(name)) is not None:
            _check_same(running.fingerprint, fingerprint)
            try:
                await asyncio.wait_for(running.ended.wait(), self._settings.idempotency_wait)
            except TimeoutError:
                raise conflict("A request with this Idempotency-Key is still in progress") from None
        self._expire()
        if (replay := self._known.get(name)) is not None:
            _check_same(replay.fingerprint, fingerprint)
            return replay.answer
        return await self._first(name, fingerprint, act)

    async def _first(self, name: uuid.UUID, fingerprint: bytes, act: Callable[[], Awaitable[Answer]]) -> Answer:
        running = self._running[name] = _Running(fingerprint)
        begun_ns = self._clock.now_ns()
        try:
            answer = await act()
            if self._kept(answer.status):
                replay = Replay(name, fingerprint, begun_ns, answer)
                self._keep(replay)
                self._shelf.put(name.hex, replay)
                self._make_room()
            return answer
        finally:
            del self._running[name]
            running.ended.set()

    def _kept(self, status: int) -> bool:
        if status >= 500 or status in _NEVER_KEPT:
            return False
        return status < 400 or self._settings.idempotency_stores_errors

    def _expire(self) -> None:
        oldest = self._clock.now_ns() - round(self._settings.idempotency_hours * 3600 * SECOND)
        while self._known:
            name, replay = next(iter(self._known.items()))
            if replay.begun_ns > oldest:
                return
            self._forget(name)

    def _make_room(self) -> None:
        while self._size > self._settings.idempotency_bytes and len(self._known) > 1:
            self._forget(next(iter(self._known)))

    def _keep(self, replay: Replay) -> None:
        self._known[replay.key] = replay
        self._size += len(replay.body)

    def _forget(self, name: uuid.UUID) -> None:
        self._size -= len(self._known.pop(name).body)
        self._shelf.drop(name.hex)


def _check_same(known: bytes, asked: bytes) -> None:
    if known != asked:
        raise conflict("Idempotency-Key was already used for a different request")


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
    if len(text) <= _LONGEST and _UUID.fullmatch(bare):
        return uuid.UUID(hex=bare)
    raise invalid_argument("Invalid Idempotency-Key: must be a UUID")


def canonical(body: bytes) -> bytes:
    """Return a body in the one way to write its JSON; as it came if it is none."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """Return what makes two requests the same: method, path and body."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()
