"""State files that cannot be used: said clearly, and left as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings, StateError
from tickhaul_sandbox.__main__ import main
from tickhaul_sandbox.state.file import _OLDER_TABLES, FORMAT, StateFile, _mark

from tests.sandbox.api import HOUR, START, Api, ok

if TYPE_CHECKING:
    from collections.abc import Callable


def run(path: Path, **more: Any) -> None:
    """Use a state file as a sandbox does."""
    settings = Settings(state=path, messages_per_minute=6)
    with Sandbox(Settings(**{**vars(settings), **more}), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        if ok(api.get("/subscriptions"))["total"] == 0:
            api.subscribe()
            api.export(START - HOUR, START)


def refused(path: Path, **more: Any) -> str:
    """Return why a state file is refused, in a text that names it first; nothing may have changed."""
    before = contents(path.parent)
    with pytest.raises(StateError) as caught:
        run(path, **more)
    assert contents(path.parent) == before
    name, _, text = str(caught.value).partition(": ")
    assert name == str(path)
    return text


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.rglob("*") if file.is_file()}


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def mend(path: Path) -> None:
    """Give each record the checksum of what it says now."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_function("mark_of", -1, _mark)
        connection.execute("UPDATE records SET mark = mark_of(kind, account, name, body)")
        connection.execute("UPDATE facts SET value = (SELECT sum(mark) FROM records) WHERE name = 'sum'")
        connection.execute("UPDATE facts SET mark = mark_of(name, value)")


def make_older(path: Path, version: int) -> None:
    """Make a file one of a format that had no checksums."""
    columns = {"facts": "name, value", "records": "position, kind, account, name, body"}
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table, names in columns.items():
            kept = connection.execute(f"SELECT {names} FROM {table}").fetchall()
            connection.execute(f"DROP TABLE {table}")
            connection.execute(_OLDER_TABLES[table])
            connection.executemany(
                f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(names.split(',')))})", kept
            )
        connection.execute(f"PRAGMA user_version = {version}")


def rows_of(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT kind, account, name, body FROM records ORDER BY position").fetchall()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite"
    run(path)
    return path


def test_neither_file_nor_journal_grows_with_the_number_of_commits(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    file = StateFile(path, {})
    try:
        sizes: list[int] = []
        for number in range(300):
            file.write({"ids_made": number}, [(("account", "default", ""), {"number": number})])
            sizes.append(path.with_name("state.sqlite-journal").stat().st_size + path.stat().st_size)
    finally:
        file.close()
    assert max(sizes) < 1 << 16
    assert sizes[-1] == sizes[len(sizes) // 2]


def test_the_file_stands_alone_when_the_sandbox_has_ended(state: Path) -> None:
    assert [file.name for file in state.parent.iterdir()] == [state.name]


def test_what_was_answered_is_in_the_file_itself(tmp_path: Path) -> None:
    # No damage to what lies beside it can take that away.
    path, alone = tmp_path / "state", tmp_path / "alone"
    with Sandbox(Settings(state=path, messages_per_minute=6), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        subscription = api.subscribe()
        shutil.copyfile(path, alone)
    with (
        Sandbox(Settings(state=alone, messages_per_minute=6), clock=ManualClock(START)) as sandbox,
        Api(sandbox) as api,
    ):
        assert [item["id"] for item in ok(api.get("/subscriptions"))["items"]] == [subscription]


def test_an_empty_file_is_taken_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    run(path)
    run(path)
    assert path.stat().st_size > 0


def test_a_name_with_marks_that_mean_something_in_a_url_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "what? 100%#1.state"
    run(path)
    run(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_relative_name_is_taken_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(Path("here"))
    run(Path("here"))
    assert (tmp_path / "here").is_file()


def test_a_file_in_use_is_refused_in_the_same_process_and_in_another(state: Path) -> None:
    command = [sys.executable, "-m", "tickhaul_sandbox", "--port", "0", "--messages-per-minute", "6"]
    wanted = "is in use by another sandbox; stop that one, or name another file"
    with Sandbox(Settings(state=state, messages_per_minute=6), clock=ManualClock(START)) as sandbox:
        # Read by nobody here in between: whoever closes a file drops his process's locks on it.
        for _ in range(2):
            with pytest.raises(StateError, match=wanted):
                run(state)
            other = subprocess.run(
                [*command, "--state", str(state)], capture_output=True, text=True, check=False, timeout=60
            )
            assert (other.returncode, other.stdout, other.stderr) == (1, "", f"sandbox: {state}: {wanted}\n")
        with Api(sandbox) as api:
            assert ok(api.get("/subscriptions"))["total"] == 1
    run(state)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"hello, world\n" * 100, "is not the state of a sandbox; name another file"),
        (b"x", "is not the state of a sandbox; name another file"),
        (b"SQLite format 3\0", "is not the state of a sandbox; name another file"),
    ],
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert refused(path) == text


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_another_programs_database_is_refused(tmp_path: Path, journal: str) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}")
        connection.execute("CREATE TABLE mine (x)")
        connection.execute("INSERT INTO mine VALUES (1)")
        assert refused(path) == "is not the state of a sandbox; name another file"
    assert refused(path) == "is not the state of a sandbox; name another file"


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_older_format_that_can_be_read_becomes_one_of_this_format(state: Path, version: int) -> None:
    make_older(state, version)
    before = rows_of(state)
    assert "was made with other data" in refused(state, seed=8)
    assert rows_of(state) == before
    with closing(StateFile(state, {})) as file:
        file.write({}, [])
    assert rows_of(state) == before
    run(state)
    with closing(sqlite3.connect(state)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)


def test_a_file_of_an_older_format_becomes_a_newer_one_at_once_or_not_at_all(state: Path) -> None:
    make_older(state, 2)
    before = rows_of(state)
    file = StateFile(state, {})
    try:
        unwritable: Any = object()
        with pytest.raises(TypeError):
            file.write({}, [(("account", "default", ""), {"x": unwritable})])
        file.write({"ids_made": 7}, [])
        assert file.facts()["ids_made"] == 7
    finally:
        file.close()
    assert rows_of(state) == before


def test_a_file_is_never_shared(state: Path) -> None:
    # There is no second connection, not even one that only reads.
    settings = Settings(state=state, messages_per_minute=6)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe(124)
        beside = {file.name.removeprefix(state.name) for file in state.parent.iterdir()}
        assert beside == {"", "-journal"}
        program = (
            f"import sqlite3; sqlite3.connect({str(state)!r}, timeout=0).execute('SELECT * FROM facts').fetchall()"
        )
        other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr


def test_a_file_of_another_version_is_refused_and_both_versions_named(state: Path) -> None:
    execute(state, "PRAGMA user_version = 7", "UPDATE facts SET value = '\"9.9\"' WHERE name = 'program'")
    text = refused(state)
    assert text.startswith("has format 7, written by tickhaul 9.9, and tickhaul ")
    assert text.endswith(" reads format 3; use that version, or name another file")


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda data: data[:5000], "the state is damaged"),
        (lambda data: data[:4096] + os.urandom(len(data) - 4096), "the state is damaged"),
    ],
)
def test_a_damaged_file_is_refused(state: Path, damage: Callable[[bytes], bytes], text: str) -> None:
    state.write_bytes(damage(state.read_bytes()))
    assert text in refused(state)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE records SET body = '{}' WHERE kind = 'export'", "export exp_"),
        ("UPDATE records SET body = 'oops' WHERE kind = 'subscription'", "subscription sub_"),
        ("UPDATE records SET body = replace(body, '123', '124000') WHERE kind = 'subscription'", "subscription sub_"),
        ("""UPDATE records SET body = replace(body, '"raw"', '"cooked"') WHERE kind = 'export'""", "export exp_"),
        ("UPDATE records SET body = '[]' WHERE kind = 'account'", "account"),
        ("DELETE FROM facts WHERE name = 'origin'", "it does not say what it was made with"),
    ],
)
@pytest.mark.parametrize("mended", [False, True])
def test_a_record_that_makes_no_sense_is_damage_that_is_named(
    state: Path, statement: str, what: str, *, mended: bool
) -> None:
    execute(state, statement)
    if mended:
        mend(state)
    text = refused(state)
    assert text.startswith("the state is damaged (")
    assert what in text
    assert text.endswith("; restore a copy of it, or name another file")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("beside", ["", "-journal", "-wal"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, beside: str, *, linked: bool) -> None:
    path, place = tmp_path / "link", tmp_path / "state"
    if beside:
        run(place)
    path.symlink_to(place)
    os.mkfifo(f"{place}{beside}")
    assert refused(path if linked else place) == (
        f"{f'state{beside} beside it is' if beside else 'is'} not a regular file; name another file"
    )


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / ("x" * 300)) == "cannot be used (File name too long); name another file"


def test_a_name_that_means_something_to_sqlite_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(Path(":memory:"))
    assert [file.name for file in tmp_path.iterdir()] == [":memory:"]


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX")
def test_a_file_that_cannot_be_written_to_from_the_start_on_is_refused(state: Path) -> None:
    before = contents(state.parent)
    program = (
        "import resource, sys; from tickhaul_sandbox.__main__ import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY)); sys.exit(main(sys.argv[1:]))"
    )
    flags = ["--port", "0", "--messages-per-minute", "6", "--state", str(state)]
    # Coverage could not write its own file either.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    command = [sys.executable, "-c", program, *flags]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"sandbox: {state}: cannot be used (")
    assert ended.stderr.endswith("; look at the disk, or name another file\n")
    assert ended.stderr.count("\n") == 1
    assert contents(state.parent) == before


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="is a directory; name a file"):
        run(tmp_path)


def test_a_directory_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert refused(tmp_path / "no" / "state") == "its directory does not exist; make it first"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="a place of Linux in which nobody may make files")
def test_a_place_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(StateError, match=r"^/proc/state: cannot be written \(unable to open"):
        run(Path("/proc/state"))


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="permissions of POSIX, which root need not heed"
)
def test_a_file_that_may_only_be_read_is_refused(state: Path) -> None:
    state.chmod(0o400)
    assert "cannot be written" in refused(state)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"seed": 8}, "seed 0 (now 8)"),
        ({"messages_per_minute": 7}, "messages_per_minute 6 (now 7)"),
        ({"seed": 8, "hour_bytes": 1}, "seed 0 (now 8), hour_bytes 33554432 (now 1)"),
    ],
)
def test_a_file_made_with_other_data_is_refused(state: Path, changed: dict[str, Any], text: str) -> None:
    assert refused(state, **changed) == (f"was made with other data: {text}; use the same again, or name another file")


def test_other_recordings_are_other_data(state: Path, tmp_path: Path) -> None:
    captures = tmp_path / "captures"
    captures.mkdir()
    (captures / "one.gz").write_bytes(b"1")
    entry = '{"file": "one.gz", "exchange": "binance", "instrument": "BTCUSDT", "stream_type": "trades"}'
    (captures / "index.json").write_text(f"[{entry}]", encoding="utf-8")
    assert "captures null (now " in refused(state, captures=captures)


def test_other_settings_hold_for_what_comes(state: Path) -> None:
    settings = Settings(state=state, messages_per_minute=6, csv_line_end="\r\n", gzip_level=1, raw_column="other")
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        [old] = [job["id"] for job in ok(api.get("/exports"))["items"]]
        new = api.export(START - HOUR, START)
        sandbox.clock.advance(1)
        assert list(api.rows(old)[0]) == ["collection_timestamp_ns", "message"]
        assert list(api.rows(new)[0]) == ["collection_timestamp_ns", "other"]


def test_the_command_names_the_file_and_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--state", str(tmp_path)]) == 1
    assert capsys.readouterr() == ("", f"sandbox: {tmp_path}: is a directory; name a file\n")


def test_a_sandbox_that_never_started_has_touched_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox(Settings(state=tmp_path / "state"))
    sandbox.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_leaves_the_file_to_others(state: Path) -> None:
    with Sandbox() as other:
        port = int(other.base_url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            run(state, port=port)
    run(state)
