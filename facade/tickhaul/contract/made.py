"""What a check has made at the service, so that nothing of it stays and nothing else is touched."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from tickhaul.contract.session import OutOfTimeError

if TYPE_CHECKING:
    from tickhaul.contract.session import Asked, Session

_REMOVALS = {"sub": "delete_subscription", "exp": "delete_export", "sch": "delete_export_schema"}
_CLEANING_SECONDS = 60.0
_GONE = (204, 404)
_FRESH = timedelta(minutes=5)


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
        self._foreign: frozenset[str] = frozenset()
        self.left: list[str] = []

    def spare(self, names: frozenset[str]) -> None:
        """Never touch these, whatever the service says: they were there before."""
        self._foreign = names

    def remember(self, asked: Asked, kind: str) -> str | None:
        """Note what an answer says was made, also where nothing should have been.

        Deleting a subscription removes what it has recorded, so one that is not new beyond doubt is left alone.

        Args:
            asked: the answer to a creation.
            kind: how the ids of such resources begin: ``sub``, ``exp`` or ``sch``.

        Returns:
            The id; ``None`` when nothing was made.
        """
        if asked.status is None or not 200 <= asked.status < 300 or not isinstance(asked.value, dict):
            return None
        name, created = asked.value.get("id"), asked.value.get("created_at")
        if not isinstance(name, str) or not name.startswith(f"{kind}_"):
            return None
        new = name not in self._foreign and isinstance(created, str) and _is_fresh(created, asked)
        if not self._session.ensure(asked, new, "body", "is a resource that was there before"):
            return None
        if name not in self._names:
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
        """Remove what is still there; what cannot be removed is in `left`."""
        self._session.allow(_CLEANING_SECONDS)
        for name in reversed(self._names):
            try:
                removal = _REMOVALS[name[:3]]
                asked = self._session.ask(removal, path={"id": name}, expect=_GONE, idempotency_key=new_key())
            except OutOfTimeError:
                self.left.append(name)
            else:
                self.left += [] if asked.status in _GONE else [name]
        self._names.clear()


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
