"""One SQLite file that holds the records of a sandbox.

The file belongs to one running sandbox at a time: SQLite's exclusive lock is held from its opening to its end, and the
operating system lets go of it however the sandbox dies. A commit is in the file's write-ahead log before it returns, so
what is committed survives the death of the process; `synchronous=NORMAL` does without a flush to the disk for each
commit, so the loss of power may cost the last few, never the file. That is the right price for an emulator, which
would otherwise wait for the disk with every request.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from tickhaul_sandbox.jsontypes import Json, JsonObject

    Key = tuple[str, str, str]

# To be raised whenever an older or newer version would misread a record, or make other messages for the same seed.
FORMAT = 2
# Formats whose records can be read all the same; a file of one of them becomes one of the present format.
_OLDER = frozenset({1})
# "haul" in ASCII: what tells a state file from any other database.
_APPLICATION = 0x6861756C
_FACTS = "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
_RECORDS = (
    "CREATE TABLE records (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, "
    "name TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, account, name))"
)
_MARKS = (f"PRAGMA application_id = {_APPLICATION}", f"PRAGMA user_version = {FORMAT}")
_PUT_FACT = "INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_PUT = (
    "INSERT INTO records (kind, account, name, body) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, account, name) DO UPDATE SET body = excluded.body"
)
_DROP = "DELETE FROM records WHERE kind = ? AND account = ? AND name = ?"


class StateError(Exception):
    """A state file that cannot be used; the text names it and says what to do."""


class StateFile:
    """An open state file; to be used by one thread at a time.

    Args:
        path: Where it is; it is made if it is not there, or empty.
        origin: What the sandbox's data comes from. A file made with another origin is refused, for its exports could
            not be made again.

    Raises:
        StateError: If it cannot be used. Nothing has been changed then.
    """

    def __init__(self, path: Path, origin: Mapping[str, Json]) -> None:
        self._path = path
        self._look_before_touching()
        try:
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        try:
            self._open(origin)
        except sqlite3.Error as error:
            self._connection.close()
            raise self._explained(error) from error
        except BaseException:
            self._connection.close()
            raise

    def facts(self) -> dict[str, Json]:
        """Return what is known of the sandbox as a whole."""
        return {name: json.loads(value) for name, value in self._connection.execute("SELECT name, value FROM facts")}

    def records(self, kind: str, account: str) -> Iterator[tuple[str, str]]:
        """Yield name and JSON of the records of an account, in the order of their first writing.

        Raises:
            StateError: If they cannot be read.
        """
        query = "SELECT name, body FROM records WHERE kind = ? AND account = ? ORDER BY position"
        try:
            yield from self._connection.execute(query, (kind, account))
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def write(self, facts: Mapping[str, Json], records: Iterable[tuple[Key, JsonObject | None]]) -> None:
        """Write all of it or nothing; when this returns, it survives the death of the process.

        Args:
            facts: What has changed of the sandbox as a whole.
            records: Kind, account and name of each changed record with its body, `None` to remove it.

        Raises:
            sqlite3.Error: If it cannot be written, for the disk may be full.
        """
        with self._connection as connection:
            connection.execute("BEGIN")
            connection.executemany(_PUT_FACT, [(name, _written(value)) for name, value in facts.items()])
            for key, body in records:
                if body is None:
                    connection.execute(_DROP, key)
                else:
                    connection.execute(_PUT, (*key, _written(body)))

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._connection.close()

    def damaged(self, what: str) -> StateError:
        """Return the error of a file whose content makes no sense."""
        return StateError(f"{self._path}: the state is damaged ({what}); restore a copy of it, or name another file")

    def _look_before_touching(self) -> None:
        """Refuse what is no state file without so much as a lock on it.

        SQLite itself does the looking: closing a file handle of our own would drop the lock of another sandbox of this
        process.
        """
        if self._path.is_dir():
            raise StateError(f"{self._path}: is a directory; name a file")
        if not self._path.parent.is_dir():
            raise StateError(f"{self._path}: its directory does not exist; make it first")
        if not self._path.exists() or self._path.stat().st_size == 0:
            return
        try:
            # Only looked at: no lock, no recovery, no file made beside it.
            looking = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
            with closing(looking) as connection:
                [application] = connection.execute("PRAGMA application_id").fetchone()
        except sqlite3.Error as error:
            raise self._explained(error) from error
        if application != _APPLICATION:
            raise StateError(f"{self._path}: is not the state of a sandbox; name another file")

    def _open(self, origin: Mapping[str, Json]) -> None:
        connection = self._connection
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        with connection:
            connection.execute("BEGIN EXCLUSIVE")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                # Without a log yet, so that the file itself says from the first moment whose it is.
                self._create(origin)
            else:
                self._check(origin)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    def _create(self, origin: Mapping[str, Json]) -> None:
        connection = self._connection
        for statement in (_FACTS, _RECORDS, *_MARKS):
            connection.execute(statement)
        facts: dict[str, Json] = {"program": _program(), "origin": dict(origin)}
        connection.executemany(_PUT_FACT, [(name, _written(value)) for name, value in facts.items()])

    def _check(self, origin: Mapping[str, Json]) -> None:
        connection = self._connection
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version in _OLDER:
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        elif version != FORMAT:
            [writer] = connection.execute("SELECT value FROM facts WHERE name = 'program'").fetchone() or ("unknown",)
            raise StateError(
                f"{self._path}: has format {version}, written by tickhaul {writer.strip(chr(34))}, and tickhaul "
                f"{_program()} reads format {FORMAT}; use that version, or name another file"
            )
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise self.damaged("SQLite's check of it fails")
        made_with = self.facts().get("origin")
        if not isinstance(made_with, dict):
            raise self.damaged("it does not say what it was made with")
        differing = [
            f"{name} {_written(made_with.get(name))} (now {_written(value)})"
            for name, value in origin.items()
            if made_with.get(name) != value
        ]
        if differing:
            raise StateError(
                f"{self._path}: was made with other data: {', '.join(differing)}; use the same again, or name "
                "another file"
            )

    def _explained(self, error: sqlite3.Error) -> StateError:
        # The lower byte is the kind; the rest says more than anybody can act upon.
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if kind == sqlite3.SQLITE_BUSY:
            return StateError(f"{self._path}: is in use by another sandbox; stop that one, or name another file")
        if kind == sqlite3.SQLITE_NOTADB:
            return StateError(f"{self._path}: is not the state of a sandbox; name another file")
        if kind in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
            return StateError(
                f"{self._path}: cannot be written ({error}); see to its permissions, or name another file"
            )
        if kind in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}:
            return self.damaged(str(error))
        return StateError(f"{self._path}: cannot be used ({error})")


def _written(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _program() -> str:
    try:
        return metadata.version("tickhaul")
    except metadata.PackageNotFoundError:
        return "unknown"
