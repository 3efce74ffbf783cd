"""One SQLite file that holds the records of a sandbox.

The file belongs to one running sandbox at a time: SQLite's exclusive lock is held from its opening to its end, and the
operating system lets go of it however the sandbox dies. A commit is in the file's write-ahead log before it returns, so
what is committed survives the death of the process; `synchronous=NORMAL` does without a flush to the disk for each
commit, so the loss of power may cost the last few, never the file. That is the right price for an emulator, which
would otherwise wait for the disk with every request.

A log is safe here even with the versions of SQLite (3.7.0 to 3.51.2, save 3.44.6 and 3.50.7) that can damage a file when
its log begins anew: that takes two connections to the file at once, and the exclusive lock, taken before the log is first
looked at, keeps every second one out, of this process or another. It also does without the memory that connections share
(`-shm`), which not every file system has.

What is written carries a checksum. SQLite's own check finds damage to the structure of the file, but not a letter that
has become another one.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tickhaul_sandbox.jsontypes import Json, JsonObject

    Key = tuple[str, str, str]

# To be raised whenever an older or newer version would misread a record, or make other messages for the same seed.
FORMAT = 3
# "haul" in ASCII: what tells a state file from any other database.
_APPLICATION = 0x6861756C
_TABLES = {
    "facts": "CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, mark INTEGER NOT NULL) WITHOUT ROWID",
    "records": (
        "CREATE TABLE records (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, "
        "name TEXT NOT NULL, body TEXT NOT NULL, mark INTEGER NOT NULL, UNIQUE (kind, account, name))"
    ),
}
# Formats whose records can be read all the same; a file of one of them becomes one of the present format.
_OLDER = frozenset({1, 2})
_OLDER_TABLES = {name: statement.replace(", mark INTEGER NOT NULL", "", 1) for name, statement in _TABLES.items()}
_MARKS = (f"PRAGMA application_id = {_APPLICATION}", f"PRAGMA user_version = {FORMAT}")
_PUT_FACT = (
    "INSERT INTO facts (name, value, mark) VALUES (?, ?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value, mark = excluded.mark"
)
_PUT = (
    "INSERT INTO records (kind, account, name, body, mark) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, account, name) DO UPDATE SET body = excluded.body, mark = excluded.mark"
)
_DROP = "DELETE FROM records WHERE kind = ? AND account = ? AND name = ?"
# The second where SQLite quotes from a damaged file in its error, and Python cannot read that.
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
# What says nothing about the file.
_OF_THE_MACHINE = frozenset({sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT})
_SHOWN = 40


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
        # Whether it is still of an older format, without checksums; it is until something is written.
        self._is_older = False
        self._look_before_touching()
        try:
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except _UNREADABLE as error:
            raise self._explained(error) from error
        try:
            self._open(origin)
        except _UNREADABLE as error:
            self._connection.close()
            raise self._explained(error) from error
        except BaseException:
            self._connection.close()
            raise

    def facts(self) -> dict[str, Json]:
        """Return what is known of the sandbox as a whole.

        Raises:
            StateError: If it cannot be read.
        """
        found: dict[str, Json] = {}
        try:
            for name, value, *mark in self._connection.execute("SELECT * FROM facts"):
                if not self._is_sound(mark, name, value):
                    raise self.damaged(f"fact {name}")
                try:
                    found[name] = json.loads(value)
                except (ValueError, RecursionError) as error:
                    raise self.damaged(f"fact {name}") from error
        except _UNREADABLE as error:
            raise self._explained(error) from error
        return found

    def records(self, kind: str, account: str) -> Iterator[tuple[str, str]]:
        """Yield name and JSON of the records of an account, in the order of their first writing.

        Raises:
            StateError: If they cannot be read.
        """
        columns = "name, body" if self._is_older else "name, body, mark"
        query = f"SELECT {columns} FROM records WHERE kind = ? AND account = ? ORDER BY position"  # noqa: S608 - ours
        try:
            for name, body, *mark in self._connection.execute(query, (kind, account)):
                if not self._is_sound(mark, kind, account, name, body):
                    raise self.damaged(f"{kind} {name} of account {account}")
                yield name, body
        except _UNREADABLE as error:
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
            if self._is_older:
                self._renew()
            self._put_facts(facts)
            for key, body in records:
                if body is None:
                    connection.execute(_DROP, key)
                else:
                    written = _written(body)
                    connection.execute(_PUT, (*key, written, _mark(*key, written)))
        self._is_older = False

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self._connection.close()

    def damaged(self, what: str) -> StateError:
        """Return the error of a file whose content makes no sense."""
        shown = "".join(letter if letter.isprintable() else "?" for letter in what)
        return StateError(f"{self._path}: the state is damaged ({shown}); restore a copy of it, or name another file")

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
        except _UNREADABLE as error:
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
        for statement in (*_TABLES.values(), *_MARKS):
            self._connection.execute(statement)
        self._put_facts({"program": _program(), "origin": dict(origin)})

    def _put_facts(self, facts: Mapping[str, Json]) -> None:
        written = {name: _written(value) for name, value in facts.items()}
        self._connection.executemany(_PUT_FACT, [(*fact, _mark(*fact)) for fact in written.items()])

    def _check(self, origin: Mapping[str, Json]) -> None:
        connection = self._connection
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if version != FORMAT and version not in _OLDER:
            [writer] = connection.execute("SELECT value FROM facts WHERE name = 'program'").fetchone() or ("unknown",)
            shown = "".join(letter for letter in str(writer)[:_SHOWN] if letter.isprintable() and letter != '"')
            raise StateError(
                f"{self._path}: has format {version}, written by tickhaul {shown}, and tickhaul {_program()} reads "
                f"format {FORMAT}; use that version, or name another file"
            )
        # The whole check: the quick one would not miss a record that only the index knows.
        if connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise self.damaged("SQLite's check of it fails")
        tables = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        if tables != (_OLDER_TABLES if version in _OLDER else _TABLES):
            raise self.damaged("its tables are not those of a state")
        self._is_older = version in _OLDER
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

    def _renew(self) -> None:
        """Make a file of an older format one of this format."""
        connection = self._connection
        facts = connection.execute("SELECT name, value FROM facts").fetchall()
        records = connection.execute("SELECT kind, account, name, body FROM records ORDER BY position").fetchall()
        for name, statement in _TABLES.items():
            connection.execute(f"DROP TABLE {name}")
            connection.execute(statement)
        connection.executemany(_PUT_FACT, [(*row, _mark(*row)) for row in facts])
        connection.executemany(_PUT, [(*row, _mark(*row)) for row in records])
        connection.execute(f"PRAGMA user_version = {FORMAT}")

    def _is_sound(self, mark: Sequence[object], *texts: object) -> bool:
        return all(isinstance(text, str) for text in texts) and (self._is_older or [*mark] == [_mark(*texts)])

    def _explained(self, error: Exception) -> StateError:
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
        if kind in _OF_THE_MACHINE:
            return StateError(f"{self._path}: cannot be used ({error}); look at the disk, or name another file")
        # Whatever else SQLite finds fault with, or Python where a text is none: there is nothing wrong with the sandbox.
        return self.damaged(str(error))


def _mark(*texts: object) -> int:
    """Return the checksum of what belongs together; of what should be a text and is none, too."""
    return zlib.crc32(ascii(texts).encode())


def _written(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _program() -> str:
    try:
        return metadata.version("tickhaul")
    except metadata.PackageNotFoundError:
        return "unknown"
