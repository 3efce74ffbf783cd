"""What has changed and is to be written, and what was written before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Generic, TypeVar

from tickhaul_sandbox.errors import ApiError
from tickhaul_sandbox.state.file import StateError, StateFile
from tickhaul_sandbox.wire import INT64_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tickhaul_sandbox.jsontypes import Json, JsonObject
    from tickhaul_sandbox.state.file import Key

T = TypeVar("T")


class Ledger:
    """Collects changes and writes them together. Without a file it lets them go.

    Changes are collected as they are made and written by `commit`, always between two steps of the event loop: a
    request's effect and the answer its idempotency key will be given are in the same commit.

    Args:
        path: The state file, `None` for none.
        facts: Returns what is to be known of the sandbox as a whole.
    """

    def __init__(self, path: Path | None, facts: Callable[[], dict[str, Json]]) -> None:
        self._path = path
        self._facts = facts
        self._written: dict[str, Json] = {}
        self._changed: dict[Key, Callable[[], JsonObject] | None] = {}
        self._file: StateFile | None = None

    def open(self, origin: Callable[[], Mapping[str, Json]]) -> dict[str, Json]:
        """Open the file and return what it knows of the sandbox as a whole; nothing without a file.

        Args:
            origin: Returns what the sandbox's data comes from.

        Raises:
            StateError: If the file cannot be used.
        """
        if self._path is None:
            return {}
        self._file = StateFile(self._path, origin())
        return self._file.facts()

    def note(self, key: Key, body: Callable[[], JsonObject] | None) -> None:
        """Have a record written with the next commit.

        Args:
            key: Its kind, account and name.
            body: Returns it as it then is; `None` to have it removed.
        """
        if self._file is not None:
            self._changed[key] = body

    def commit(self) -> None:
        """Write what has changed; it survives the death of the process from here on.

        Raises:
            StateError: If it cannot be written; the next commit will try again.
        """
        if self._file is None:
            return
        known = self._facts()
        facts = {name: value for name, value in known.items() if self._written.get(name) != value}
        if facts or self._changed:
            self._file.write(facts, [(key, body and body()) for key, body in self._changed.items()])
            self._written = known
            self._changed = {}

    def records(self, kind: str, account: str, take: Callable[[str, JsonObject], object]) -> None:
        """Give out the records of an account, in the order of their first writing.

        Args:
            kind: Their kind.
            account: Whose they are.
            take: Takes name and body of each.

        Raises:
            StateError: If one makes no sense.
        """
        if self._file is None:
            return
        for name, body in self._file.records(kind, account):
            try:
                take(name, json.loads(body))
            except (
                ApiError,
                LookupError,
                TypeError,
                ValueError,
                AttributeError,
                ArithmeticError,
                RecursionError,
            ) as error:
                raise self._file.damaged(f"{kind} {name} of account {account}") from error

    def count(self, facts: Mapping[str, Json], name: str) -> int:
        """Return a fact that is a number of 64 bits, 0 if it is not there.

        Raises:
            StateError: If it is none.
        """
        value = facts.get(name, 0)
        if self._file is not None and not (type(value) is int and 0 <= value <= INT64_MAX):
            raise self._file.damaged(f"fact {name}")
        return value if isinstance(value, int) else 0

    def abandon(self) -> None:
        """Let go of the file as it is."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def close(self) -> None:
        """Write what is left and let go of the file.

        Raises:
            StateError: If it could not be written.
        """
        if self._file is not None:
            try:
                self.commit()
            except StateError as error:
                raise StateError(f"{error}; the last changes are not in it") from error
            finally:
                self.abandon()


class Shelf(Generic[T]):
    """The records of one kind of one account.

    Args:
        ledger: Writes them.
        kind: What they are.
        account: Whose they are.
        write: Returns a record as JSON.
        read: Makes a record from its name and JSON.
    """

    def __init__(
        self,
        ledger: Ledger,
        kind: str,
        account: str,
        write: Callable[[T], JsonObject],
        read: Callable[[str, JsonObject], T],
    ) -> None:
        self._ledger = ledger
        self._place = (kind, account)
        self._write = write
        self._read = read

    def put(self, name: str, record: T) -> None:
        """Have a new or changed record written with the next commit."""
        self._ledger.note((*self._place, name), lambda: self._write(record))

    def drop(self, name: str) -> None:
        """Have a record removed with the next commit."""
        self._ledger.note((*self._place, name), None)

    def commit(self) -> None:
        """Write everything that has changed, not only here; for what no request waits for.

        Raises:
            StateError: If it cannot be written; the next commit will try again.
        """
        self._ledger.commit()

    def restore(self, take: Callable[[T], object]) -> None:
        """Give out what was written before, in the order of its first writing.

        Raises:
            StateError: If a record makes no sense.
        """
        self._ledger.records(*self._place, lambda name, body: take(self._read(name, body)))
