"""What a check has made at the service, so that nothing of it stays and nothing else is touched."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from tickhaul.contract.session import PASSING, OutOfTimeError, nobody

if TYPE_CHECKING:
    from collections.abc import Collection

    from tickhaul.contract.session import Asked, Session

_REMOVALS = {"sub": "delete_subscription", "exp": "delete_export", "sch": "delete_export_schema"}
_CLEANING_SECONDS = 60.0
_GONE = (204, 404)
#: A first request that is still at work, or a resource that is there already.
_IN_THE_WAY = 409
_FRESH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A creation of which it is not known yet whether it was one."""

    operation: str
    body: object
    key: str


class Made:
    """The resources of one check.

    Args:
        session: the check.

    Attributes:
        left: those that could not be removed.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names: list[str] = []
        self._attempts: list[_Attempt] = []
        self._foreign: frozenset[str] = frozenset()
        self.left: list[str] = []

    def spare(self, names: frozenset[str]) -> None:
        """Never touch these, whatever the service says: they were there before."""
        self._foreign = names

    def make(
        self, operation: str, body: object, *, expect: Collection[int], unsure: bool = False, key: str | None = None
    ) -> Asked:
        """Ask for something to be made, and note what is, also where nothing should be.

        Args:
            operation: the creation.
            body: the JSON to send.
            expect: the statuses that fit.
            unsure: whether no source states that these are the ones.
            key: the idempotency key; a fresh one when left out.

        Raises:
            OutOfTimeError: the time of the check is over.
        """
        attempt = _Attempt(operation, body, key or new_key())
        # Noted before it is sent: the answer may be lost after the service has acted, or the check be interrupted.
        self._attempts.append(attempt)
        asked = self._session.ask(operation, body=body, expect=expect, unsure=unsure, idempotency_key=attempt.key)
        if asked.status is not None and asked.status < 500:
            self._settle(attempt, asked)
        return asked

    def is_mine(self, asked: Asked) -> bool:
        """Whether what an answer shows was made by this check."""
        return isinstance(asked.value, dict) and asked.value.get("id") in self._names

    def remember(self, asked: Asked, kind: str) -> str | None:
        """Note what an answer says was made.

        Deleting a subscription removes what it has recorded, so one that is not new beyond doubt is left alone.

        Args:
            asked: the answer to a creation.
            kind: how the ids of such resources begin: ``sub``, ``exp`` or ``sch``.

        Returns:
            The id that is in the answer; ``None`` when there is none.
        """
        if not _is_success(asked) or not isinstance(asked.value, dict):
            return None
        name, created = asked.value.get("id"), asked.value.get("created_at")
        if not isinstance(name, str) or not name.startswith(f"{kind}_"):
            return None
        new = name not in self._foreign and isinstance(created, str) and _is_fresh(created, asked)
        if self._session.ensure(asked, new, "body", "is a resource that was there before") and name not in self._names:
            self._names.append(name)
        return name

    def remove(self, name: str) -> None:
        """Remove a resource, as the last part of its trip.

        Args:
            name: its id.

        Raises:
            OutOfTimeError: the time of the check is over.
        """
        if self._session.ask(_REMOVALS[name[:3]], path={"id": name}, idempotency_key=new_key()).status == _GONE[0]:
            self._names.remove(name)

    def clean_up(self) -> None:
        """Remove what is still there; what cannot be removed is in `left`, also when this is interrupted."""
        self._session.allow(_CLEANING_SECONDS)
        try:
            while self._attempts:
                self._find_out(self._attempts[-1])
            while self._names:
                self._clear_away(self._names[-1])
        except OutOfTimeError:
            pass
        finally:
            self.left += [_unknown(self._session, attempt) for attempt in self._attempts]
            self.left += reversed(self._names)

    def _find_out(self, attempt: _Attempt) -> None:
        """Send a creation again whose answer was lost: the same key makes nothing new, and brings that answer."""
        statuses = {int(status) for status in self._session.contract.operations[attempt.operation].responses}
        asked = self._session.ask(
            attempt.operation, body=attempt.body, expect=statuses - set(PASSING), idempotency_key=attempt.key
        )
        if asked.status is None or asked.status >= 500 or asked.status == _IN_THE_WAY:
            self.left.append(_unknown(self._session, attempt))
            self._attempts.remove(attempt)
        else:
            self._settle(attempt, asked)

    def _settle(self, attempt: _Attempt, asked: Asked) -> None:
        if self.remember(asked, nobody(attempt.operation)[:3]) is None and _is_success(asked):
            missing = f"{_creation(self._session, attempt)} made: its answer has no id"
            self.left += [] if missing in self.left else [missing]
        self._attempts.remove(attempt)

    def _clear_away(self, name: str) -> None:
        removal = _REMOVALS[name[:3]]
        asked = self._session.ask(removal, path={"id": name}, expect=_GONE, idempotency_key=new_key())
        self._names.remove(name)
        self.left += [] if asked.status in _GONE else [name]


def new_key() -> str:
    """An idempotency key that was never used."""
    return str(uuid.uuid4())


def service_time(asked: Asked) -> datetime | None:
    """The service's own clock at an answer; ``None`` when it does not tell."""
    try:
        return parsedate_to_datetime(asked.headers.get("date", ""))
    except ValueError:
        return None


def _is_fresh(created: str, asked: Asked) -> bool:
    now = service_time(asked)
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return False
    # A service that does not tell its time is taken at its word.
    return now is None or (moment.tzinfo is not None and now - moment < _FRESH)


def _is_success(asked: Asked) -> bool:
    return asked.status is not None and 200 <= asked.status < 300


def _creation(session: Session, attempt: _Attempt) -> str:
    operation = session.contract.operations[attempt.operation]
    return f"what {operation.method} {operation.path}"


def _unknown(session: Session, attempt: _Attempt) -> str:
    return f"{_creation(session, attempt)} may have made: its answer was lost"
