# Written by tools/unasync.py from the module of the same name under _async. Edit that one.
"""The one token of a client: asked for once by however many calls need it, and renewed before it ends."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tickhaul import errors
from tickhaul._core.forks import renew_after_fork
from tickhaul._sync.executor import is_interrupt
from tickhaul._threads import load
from tickhaul.xythub.errors import TokenError
from tickhaul.xythub.grants import read_grant
from tickhaul.xythub.operations import FORM, Operation

if TYPE_CHECKING:
    from tickhaul._core.deadline import Deadline
    from tickhaul._core.options import CallOptions
    from tickhaul._sync.executor import Executor
    from tickhaul._sync.primitives import Places
    from tickhaul.xythub.grants import Credentials, Grant
    from tickhaul.xythub.secrets import Secrets
    from tickhaul.xythub.settings import Settings

#: A token that is good for a short time only is renewed when a tenth of it is left.
_LAST_PART = 0.1
#: What a lock can wait in one go.
_LONGEST_WAIT = 3600.0
#: Refusals that another try, or another time, may not meet.
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A token in use.

    Attributes:
        grant: what was given.
        stale_at: when it is to be renewed, by the executor's monotonic clock.
        ends_at: when it ends, by the same.
    """

    grant: Grant
    stale_at: float
    ends_at: float


@dataclass(slots=True)
class _Door:
    """Lets one call at a time of an event loop, or one thread, ask for a token."""

    places: Places
    #: Kept, so that its identity is no other's.
    run: object
    users: int = 0


class Tokens:
    """Hands out the token of a client.

    Calls that find none, an old one, or one the service has refused, queue up; the first asks for a new one, and the
    others get what it gets, be it a token or an error. A token that has time left outlives a renewal that fails for a
    reason that passes. Under several event loops at once each asks for itself.

    Args:
        executor: carries the requests out.
        path: the path of the token endpoint.
        credentials: who asks.
        settings: how.
        secrets: is told each token, to hide it.
    """

    def __init__(
        self, executor: Executor, path: str, credentials: Credentials, settings: Settings, secrets: Secrets
    ) -> None:
        self._executor = executor
        self._operation = Operation("token", path, read_grant, content_type=FORM, confidential=True)
        self._credentials = credentials
        self._settings = settings
        self._secrets = secrets
        self._held: Held | None = None
        self._renewals = 0
        self._failure: errors.TickhaulError | None = None
        #: By the identity of the run they are of.
        self._doors: dict[int, _Door] = {}
        self._lock = threading.Lock()
        renew_after_fork(self)

    def take(self, options: CallOptions, deadline: Deadline, *, refused: Held | None = None) -> Held:
        """A token that is good, as far as one can know.

        Args:
            options: what asking for one may cost.
            deadline: when the call that needs it must be over.
            refused: a token the service has just refused; another one is wanted.

        Raises:
            TokenError: the service gives none to this user.
            DeadlineExceeded: the time ran out.
            TickhaulError: whatever else a call may end in.
        """
        held = self._usable(refused)
        if held is not None:
            return held
        try:
            return self._take_in_turn(options, deadline, refused)
        except BaseException as error:
            if is_interrupt(error):
                # It may have come between entering a door and noting who has to leave it.
                self.renew()
                # The frames hold the password as it is sent, or the token as it came.
                error.__context__ = error.__traceback__ = None
            raise

    def _take_in_turn(self, options: CallOptions, deadline: Deadline, refused: Held | None) -> Held:
        load("tickhaul._sync.primitives")
        from tickhaul._sync.primitives import current_run  # noqa: PLC0415 (the HTTP libraries load with the first call)

        renewals = self._renewals
        door = self._enter(current_run())
        try:
            while not door.places.take(min(deadline.remaining(), _LONGEST_WAIT)):
                if deadline.remaining() <= 0:
                    raise _late(deadline)
            try:
                held = self._usable(refused)
                if held is not None:
                    return held
                if self._renewals != renewals:
                    # Somebody asked while this call waited; asking again would be told the same, be it no or a token
                    # that has hardly any time left.
                    if self._failure is not None:
                        raise copy.copy(self._failure)
                    if (held := self._standing(refused)) is not None:
                        return held
                return self._renew(options, deadline, refused)
            finally:
                door.places.give_back()
        finally:
            self._leave(door)

    def renew(self) -> None:
        """In a forked child: a vanished thread may hold the lock or stand in a door."""
        self._lock = threading.Lock()
        self._doors = {}

    def _usable(self, refused: Held | None) -> Held | None:
        held = self._standing(refused)
        return held if held is not None and self._executor.clock.monotonic() < held.stale_at else None

    def _standing(self, refused: Held | None) -> Held | None:
        """The present token, unless it is the one that was refused."""
        held = self._held
        # A service may give the same token again; that it has done so is known, and need not be found out by every call.
        return None if held is None or (refused is not None and held.grant is refused.grant) else held

    def _renew(self, options: CallOptions, deadline: Deadline, refused: Held | None) -> Held:
        began = self._executor.clock.monotonic()
        failure: errors.TickhaulError
        try:
            grant = self._executor.run(
                self._operation,
                {
                    "body": self._credentials.form(self._settings),
                    "authorization": self._credentials.authorization(self._settings),
                },
                options,
                deadline=deadline,
            )
        except errors.DeadlineExceeded:
            # That is this call's own affair: the next in line may have more time.
            raise
        except errors.ApiError as error:
            refusal = 400 <= error.status < 500 and error.status not in _PASSING
            failure = TokenError(error.message, code=error.code, status=error.status) if refusal else error
        except errors.TickhaulError as error:
            failure = error
        else:
            return self._keep(grant, began)
        if not isinstance(failure, TokenError) and (held := self._prolong(refused)) is not None:
            return held
        # Kept and raised without the frames of this try.
        self._failure = copy.copy(failure)
        self._renewals += 1
        raise copy.copy(failure)

    def _keep(self, grant: Grant, began: float) -> Held:
        self._secrets.learn(grant.token)
        ends_at = began + grant.lifetime
        stale_at = ends_at - min(self._settings.renew_before, grant.lifetime * _LAST_PART)
        held = Held(grant, stale_at, ends_at)
        self._held = held
        self._failure = None
        self._renewals += 1
        return held

    def _prolong(self, refused: Held | None) -> Held | None:
        """The present token while it has time left, to be renewed when half of that is over."""
        held, now = self._standing(refused), self._executor.clock.monotonic()
        if held is None or now >= held.ends_at:
            return None
        self._held = replace(held, stale_at=(now + held.ends_at) / 2)
        self._failure = None
        self._renewals += 1
        return self._held

    def _enter(self, run: object) -> _Door:
        load("tickhaul._sync.primitives")
        from tickhaul._sync.primitives import Places  # noqa: PLC0415 (as above)

        with self._lock:
            door = self._doors.get(id(run))
            if door is None:
                door = self._doors[id(run)] = _Door(Places(1), run)
            door.users += 1
        return door

    def _leave(self, door: _Door) -> None:
        with self._lock:
            door.users -= 1
            if not door.users and self._doors.get(id(door.run)) is door:
                # Kept for longer, it would keep an event loop that is gone.
                del self._doors[id(door.run)]


def _late(deadline: Deadline) -> errors.DeadlineExceeded:
    return errors.DeadlineExceeded(
        f"token: the deadline of {deadline.seconds:g} s does not allow waiting for a token any longer",
        deadline=deadline.seconds,
    )
