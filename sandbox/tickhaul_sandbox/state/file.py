"""One SQLite file that holds the records of a sandbox.

The file belongs to one running sandbox at a time: SQLite's exclusive lock is held from its opening to its end, and the
operating system lets go of it however the sandbox dies. A commit is in the file, and on the disk, before it returns; what
the journal beside the file (`-journal`) holds is only how to undo the commit that is under way. A write-ahead log would
be faster (a commit took 0.1 ms instead of 1.2 ms, with a busy disk 0.2 ms instead of 14 ms), but what is committed would
be in the log alone for a while, and SQLite takes a damaged log for one that ends at the damage: committed records would
be gone without a word.

What is written carries a checksum. SQLite's own check finds damage to the structure of the file, but not a letter that
has become another one. The sum of the checksums is written with every commit, so that it is found too when a commit was
undone in part, because its journal was damaged.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zlib
from contextlib import closing, suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
_MARK = "SELECT mark FROM records WHERE kind = ? AND account = ? AND name = ?"
_DROP = "DELETE FROM records WHERE kind = ? AND account = ? AND name = ?"
# What SQLite keeps beside the file, the log only of a file of 0.1.0.
_BESIDE = ("-journal", "-wal")
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
        # The sum of the checksums of all records.
        self._sum = 0
        try:
            # What lies beside it lies beside the file itself, not beside a link to it.
            self._place = Path(os.path.realpath(path))
            size, *beside = self._sizes()
            if size > 0:
                self._look_before_touching()
                if any(beside):
                    self._try_on_a_copy(origin)
            self._open(self._place, origin)
        except _UNREADABLE as error:
            raise self._explained(error) from error
        except OSError as error:
            raise StateError(f"{path}: cannot be used ({error.strerror}); name another file") from error

    def facts(self) -> dict[str, Json]:
        """Return what is known of the sandbox as a whole.

        Raises:
            StateError: If it cannot be read.
        """
        found: dict[str, Json] = {}
        try:
            for name, value, *mark in self._connection.execute("SELECT * FROM facts"):
                self._check_mark(f"fact {name}", mark, name, value)
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
        query = "SELECT name, body FROM records WHERE kind = ? AND account = ? ORDER BY position"
        try:
            yield from self._connection.execute(query, (kind, account))
        except _UNREADABLE as error:
            raise self._explained(error) from error

    def write(self, facts: Mapping[str, Json], records: Iterable[tuple[Key, JsonObject | None]]) -> None:
        """Write all of it or nothing; when this returns, it survives the death of the process.

        Args:
            facts: What has changed of the sandbox as a whole.
            records: Kind, account and name of each changed record with its body, `None` to remove it.

        Raises:
            StateError: If it cannot be written, for the disk may be full.
        """
        try:
            self._write(facts, records)
        except sqlite3.Error as error:
            raise self._explained(error) from error
        self._is_older = False

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def damaged(self, what: str) -> StateError:
        """Return the error of a file whose content makes no sense."""
        shown = "".join(letter if letter.isprintable() else "?" for letter in what)
        return StateError(f"{self._path}: the state is damaged ({shown}); restore a copy of it, or name another file")

    def _write(self, facts: Mapping[str, Json], records: Iterable[tuple[Key, JsonObject | None]]) -> None:
        connection, total = self._connection, self._sum
        if self._is_older:
            # Of 0.1.0, with a write-ahead log.
            connection.execute("PRAGMA journal_mode = DELETE")
        with connection:
            connection.execute("BEGIN")
            if self._is_older:
                self._renew()
            for key, body in records:
                [mark] = connection.execute(_MARK, key).fetchone() or (0,)
                total -= mark
                if body is None:
                    connection.execute(_DROP, key)
                else:
                    written = _written(body)
                    mark = _mark(*key, written)
                    total += mark
                    connection.execute(_PUT, (*key, written, mark))
            self._put_facts({**facts, "sum": total})
        self._sum = total

    def _sizes(self) -> list[int]:
        """Return how large the file and what may lie beside it are; 0 for what is not there.

        Raises:
            StateError: If one is a pipe or the like, which SQLite would wait for.
        """
        if self._place.is_dir():
            raise StateError(f"{self._path}: is a directory; name a file")
        if not self._place.parent.is_dir():
            raise StateError(f"{self._path}: its directory does not exist; make it first")
        sizes: list[int] = []
        for beside in ("", *_BESIDE):
            place = Path(f"{self._place}{beside}")
            try:
                found = place.lstat()
            except FileNotFoundError:
                sizes.append(0)
                continue
            if not stat.S_ISREG(found.st_mode):
                what = f"{place.name} beside it is" if beside else "is"
                raise StateError(f"{self._path}: {what} not a regular file; name another file")
            sizes.append(found.st_size)
        return sizes

    def _look_before_touching(self) -> None:
        """Refuse what is no state file without so much as a lock on it.

        SQLite itself does the looking: closing a file handle of our own would drop the lock of another sandbox of this
        process.
        """
        # Only looked at: no lock, no recovery, no file made beside it.
        looking = sqlite3.connect(f"{self._place.as_uri()}?mode=ro&immutable=1", uri=True)
        with closing(looking) as connection:
            [application] = connection.execute("PRAGMA application_id").fetchone()
        if application != _APPLICATION:
            raise StateError(f"{self._path}: is not the state of a sandbox; name another file")

    def _try_on_a_copy(self, origin: Mapping[str, Json]) -> None:
        """Refuse what cannot be used once SQLite has recovered it from a sudden end, while it is still as it was."""
        with closing(sqlite3.connect(f"{self._place.as_uri()}?mode=ro", uri=True, timeout=0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            try:
                connection.execute("SELECT * FROM sqlite_master")
            except sqlite3.Error as error:
                # Only whether it is in use matters: a file that is to be recovered cannot be read this way.
                if _kind(error) == sqlite3.SQLITE_BUSY:
                    raise
        with tempfile.TemporaryDirectory() as directory:
            for beside in ("", *_BESIDE):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{self._place}{beside}", f"{directory}/state{beside}")
            self._open(Path(directory, "state"), origin)
            self._connection.close()

    def _open(self, place: Path, origin: Mapping[str, Json]) -> None:
        self._connection = connection = sqlite3.connect(place, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA synchronous = FULL")
            with connection:
                connection.execute("BEGIN EXCLUSIVE")
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                    self._create(origin)
                else:
                    self._check(origin)
        except BaseException:
            connection.close()
            raise

    def _create(self, origin: Mapping[str, Json]) -> None:
        for statement in (*_TABLES.values(), *_MARKS):
            self._connection.execute(statement)
        self._put_facts({"program": _program(), "origin": dict(origin), "sum": 0})

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
        facts, self._sum = self.facts(), self._checked_sum()
        if not self._is_older and facts.get("sum") != self._sum:
            raise self.damaged("its records are not those of one moment")
        made_with = facts.get("origin")
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

    def _checked_sum(self) -> int:
        columns = "kind, account, name, body" if self._is_older else "kind, account, name, body, mark"
        return sum(
            self._check_mark(f"{kind} {name} of account {account}", mark, kind, account, name, body)
            for kind, account, name, body, *mark in self._connection.execute(f"SELECT {columns} FROM records")  # noqa: S608 - ours
        )

    def _check_mark(self, what: str, mark: list[object], *texts: object) -> int:
        expected = _mark(*texts)
        if not all(isinstance(text, str) for text in texts) or not (self._is_older or mark == [expected]):
            raise self.damaged(what)
        return expected

    def _explained(self, error: Exception) -> StateError:
        kind = _kind(error)
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


def _kind(error: Exception) -> int:
    # The lower byte of the code; the rest says more than anybody can act upon.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


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
