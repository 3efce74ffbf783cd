"""A damaged state file is refused in one clear line, or the damage is where nothing is."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings, StateError
from tickhaul_sandbox.service import Service
from tickhaul_sandbox.state.file import FORMAT, StateFile

from tests.sandbox.api import BTCUSDT, HOUR, START, Api, ok
from tests.sandbox.test_state_file import contents, execute, make_older, mend, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tickhaul_sandbox.jsontypes import JsonObject

SETTINGS = Settings(messages_per_minute=6, api_keys=("mine:k1", "other:k2"), export_seconds=0)
ROUNDS = 200
PAGE = 4096
COLUMNS = [{"output_column": "at", "meta": {"value": "collection_timestamp_ns"}}]
LETTERS = b'0123456789abcdefntrue{}[]",:-.eE \\'


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The state of a sandbox in which something of everything was done."""
    path = tmp_path_factory.mktemp("whole") / "state"
    with Sandbox(replace(SETTINGS, state=path), clock=ManualClock(START)) as sandbox:
        for key in ("k1", "k2"):
            with Api(sandbox, key) as api:
                subscriptions = [api.subscribe(BTCUSDT + number) for number in range(4)]
                ok(api.post(f"/subscriptions/{subscriptions[1]}/pause"), 204)
                ok(api.delete(f"/subscriptions/{subscriptions[2]}"), 204)
                for number in range(10):
                    order = {"datastream_id": BTCUSDT, "start_time": START - HOUR, "end_time": START}
                    ok(api.post("/exports", order, Idempotency_Key=f"{number:032x}"), 202)
                    named = {"name": f"s{number}", "stream_category": "trade", "columns": COLUMNS}
                    schema = ok(api.post("/export-schemas", named), 201)["id"]
                    ok(api.post(f"/export-schemas/{schema}/draft"), 201)
                    ok(api.post("/exports", {**order, "schema": schema}), 202)
        sandbox.clock.advance(5)
    return path.read_bytes()


def opened(path: Path, **more: Any) -> list[tuple[str, ...]]:
    """Return the records of a state file after a sandbox has used it."""
    service = Service(replace(SETTINGS, state=path, **more), ManualClock(START))
    try:
        service.open()
    finally:
        service.close()
    return rows_of(path)


def damaged(whole: bytes, dice: random.Random) -> bytes:
    """Return a file after something has happened to it."""
    data, at, pages = bytearray(whole), dice.randrange(len(whole)), len(whole) // PAGE
    one, other = (slice(page * PAGE, (page + 1) * PAGE) for page in (dice.randrange(pages), dice.randrange(pages)))

    def cut() -> None:
        del data[at:]

    def flip() -> None:
        for place in [at, *(dice.randrange(len(data)) for _ in range(dice.choice([0, 0, 5, 100])))]:
            data[place] ^= 1 << dice.randrange(8)

    def change_a_head() -> None:
        data[dice.choice([dice.randrange(100), dice.randrange(pages) * PAGE + dice.randrange(40)])] = dice.randrange(
            256
        )

    def empty_a_page() -> None:
        data[one] = bytes(PAGE)

    def swap_pages() -> None:
        data[one], data[other] = data[other], data[one]

    def repeat_a_page() -> None:
        data[one] = data[other]

    def scribble() -> None:
        data[at : at + 300] = dice.randbytes(len(data[at : at + 300]))

    def change_a_letter() -> None:
        place = dice.choice([place for place, byte in enumerate(data) if 32 <= byte < 127])
        data[place] = dice.choice(LETTERS)

    def insert() -> None:
        data[at:at] = dice.randbytes(dice.randrange(1, 50))

    def remove() -> None:
        del data[at : at + dice.randrange(1, 50)]

    def grow() -> None:
        data.extend(dice.randbytes(dice.randrange(1, 2 * PAGE)))

    ways = (
        cut,
        flip,
        change_a_head,
        empty_a_page,
        swap_pages,
        repeat_a_page,
        scribble,
        change_a_letter,
        insert,
        remove,
    )
    dice.choice((*ways, grow))()
    return bytes(data)


def check(path: Path, whole: list[tuple[str, ...]]) -> str:
    """Hold a file to it: refused in one line that names it and left as it is, or whole."""
    before = contents(path.parent)
    try:
        assert opened(path) == whole
    except StateError as error:
        text = str(error)
        assert text.startswith(f"{path}: ")
        assert text.isprintable()
        assert text.endswith(("name another file", "name a file"))
        assert contents(path.parent) == before
        return "refused"
    return "whole"


def test_damage_of_every_kind_is_found_or_does_no_harm(tmp_path: Path, whole: bytes) -> None:
    reference = tmp_path / "reference"
    reference.write_bytes(whole)
    records = opened(reference)
    seen: dict[str, int] = {"refused": 0, "whole": 0}
    for seed in range(ROUNDS):
        place = tmp_path / str(seed)
        place.mkdir()
        (place / "state").write_bytes(damaged(whole, random.Random(seed)))
        try:
            seen[check(place / "state", records)] += 1
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    assert seen["refused"] > ROUNDS // 2
    assert seen["whole"] > 0


def rewrite_schema(name: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        execute(
            path,
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}') WHERE name = '{name}'",
        )

    return damage


def sql(*statements: str, mended: bool = False, older: bool = False) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        if older:
            make_older(path, 2)
        execute(path, *statements)
        if mended:
            mend(path)

    return damage


def put(offset: int, value: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[offset : offset + len(value)] = value
        path.write_bytes(data)

    return damage


def replaced(old: bytes, new: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(old, new))

    return damage


CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a digit of a record is another one": (
        sql("""UPDATE records SET body = replace(body, '"created_ns":1', '"created_ns":2') WHERE kind = 'export'"""),
        "the state is damaged (export exp_",
    ),
    "a record belongs to another account": (
        sql("UPDATE records SET account = 'other' WHERE kind = 'export' AND account = 'mine'"),
        "the state is damaged (export exp_",
    ),
    "a name is another one": (
        sql("UPDATE records SET name = 'sub_x' WHERE kind = 'subscription' AND account = 'mine' AND position < 3"),
        "the state is damaged (subscription sub_x of account mine)",
    ),
    "the clock is another one": (
        sql("UPDATE facts SET value = '9' || value WHERE name = 'advanced_ns'"),
        "the state is damaged (fact advanced_ns)",
    ),
    "a fact is no JSON": (
        sql("UPDATE facts SET value = 'oops' WHERE name = 'origin'"),
        "the state is damaged (fact origin)",
    ),
    "a fact is bytes": (
        sql("UPDATE facts SET value = CAST(value AS BLOB) WHERE name = 'origin'"),
        "the state is damaged (fact origin)",
    ),
    "a fact is no UTF-8": (
        sql("UPDATE facts SET value = CAST(x'ff22' AS TEXT) WHERE name = 'origin'"),
        "the state is damaged (Could not decode",
    ),
    "a record is no UTF-8": (
        sql("UPDATE records SET body = CAST(x'ff22' AS TEXT) WHERE kind = 'export'"),
        "the state is damaged (Could not decode",
    ),
    "a record is bytes": (
        sql("UPDATE records SET body = CAST(body AS BLOB) WHERE kind = 'export'"),
        "the state is damaged (export exp_",
    ),
    "the names of a record hold what cannot be shown": (
        sql("UPDATE records SET name = char(10) || char(27) || name WHERE kind = 'export'"),
        "the state is damaged (export ??exp_",
    ),
    "the writer of another format is a number": (
        sql("PRAGMA user_version = 77", "UPDATE facts SET value = 5 WHERE name = 'program'"),
        "has format 77, written by tickhaul 5, and tickhaul",
    ),
    "the writer of another format is bytes": (
        sql("PRAGMA user_version = 77", "UPDATE facts SET value = x'0a0a' WHERE name = 'program'"),
        "has format 77, written by tickhaul ",
    ),
    "another format without facts": (
        sql("PRAGMA user_version = 77", "DROP TABLE facts"),
        "the state is damaged (no such table: facts)",
    ),
    "a table is missing": (sql("DROP TABLE records"), "the state is damaged (its tables are not those of a state)"),
    "a trigger that came from nowhere": (
        sql("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END"),
        "the state is damaged (its tables are not those of a state)",
    ),
    "a column has another name": (rewrite_schema("records", "body", "bodx"), "the state is damaged ("),
    "a column has another type": (rewrite_schema("facts", "value TEXT", "value TEXA"), "the state is damaged ("),
    "the format says it is an older one": (
        sql("PRAGMA user_version = 2"),
        "the state is damaged (its tables are not those of a state)",
    ),
    "a record of an older format is bytes": (
        sql("UPDATE records SET body = CAST(body AS BLOB) WHERE kind = 'export'", older=True),
        "the state is damaged (export exp_",
    ),
    "a record of an older format makes no sense": (
        sql("UPDATE records SET body = '{}' WHERE kind = 'export'", older=True),
        "the state is damaged (export exp_",
    ),
    "a number is too large for any instant": (
        sql("UPDATE facts SET value = '9' || value || '0000000000000000000' WHERE name = 'advanced_ns'", mended=True),
        "the state is damaged (",
    ),
    "a fact is nested without end": (
        sql("UPDATE facts SET value = replace(hex(zeroblob(100000)), '0', '[') WHERE name = 'origin'", mended=True),
        "the state is damaged (fact origin)",
    ),
    "a record is nested without end": (
        sql("UPDATE records SET body = replace(hex(zeroblob(100000)), '0', '[') WHERE kind = 'export'", mended=True),
        "the state is damaged (export exp_",
    ),
    "a statement that is no UTF-8 and no SQL": (
        replaced(b"CREATE TABLE records", b"CREATE \xe9ABLE records"),
        "the state is damaged (",
    ),
    "an unknown way of writing": (put(18, b"\x09"), ""),
    "an unknown way of reading": (put(19, b"\x09"), "is not the state of a sandbox"),
    "another page size": (put(16, b"\x02\x00"), ""),
    "another encoding": (put(56, b"\x00\x00\x00\x02"), "the state is damaged ("),
    "an unknown form of the schema": (put(44, b"\x00\x00\x00\x09"), "the state is damaged ("),
    "a list of free pages that is none": (put(32, b"\x00\x00\x00\x01\x00\x00\x00\x05"), "the state is damaged ("),
    "pages that move by themselves": (put(52, b"\x00\x00\x00\x03"), "the state is damaged ("),
}


@pytest.mark.parametrize("name", CASES)
def test_damage_is_named(tmp_path: Path, whole: bytes, name: str) -> None:
    damage, wanted = CASES[name]
    path = tmp_path / "state"
    path.write_bytes(whole)
    damage(path)
    before = contents(tmp_path)
    with pytest.raises(StateError) as caught:
        opened(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: {wanted}")
    assert text.isprintable()
    assert text.endswith("name another file")
    assert contents(tmp_path) == before


def test_a_file_that_is_whole_is_used(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(whole)
    before: list[Any] = rows_of(path)
    assert opened(path) == before
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)


def interrupted(path: Path, whole: bytes) -> dict[str, bytes]:
    """Return the files that a sandbox leaves which was killed in the middle of a commit that changes every record."""
    path.write_bytes(whole)
    records = rows_of(path)
    left: dict[str, bytes] = {}

    def changes() -> Iterator[tuple[tuple[str, str, str], JsonObject]]:
        for kind, account, name, body in records:
            yield (kind, account, name), {**json.loads(body), "changed": True}
        left.update(contents(path.parent))

    with closing(StateFile(path, {})) as file:
        # Pages go to the file as soon as there are more than these.
        file._connection.execute("PRAGMA cache_size = 3")
        file.write({}, changes())
    assert left[path.name] != whole
    assert len(left) == 2
    return left


def lay_out(place: Path, files: dict[str, bytes]) -> Path:
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place / "state"


def test_a_commit_that_was_interrupted_is_undone(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "made").mkdir()
    left = interrupted(tmp_path / "made" / "state", whole)
    path = lay_out(tmp_path / "left", left)
    with pytest.raises(StateError, match="was made with other data: seed 0"):
        opened(path, seed=7)
    assert contents(path.parent) == left
    before = lay_out(tmp_path / "whole", {"state": whole})
    assert opened(path) == opened(before)


def test_a_damaged_journal_is_found_or_does_no_harm(tmp_path: Path, whole: bytes) -> None:
    (tmp_path / "made").mkdir()
    left = interrupted(tmp_path / "made" / "state", whole)
    records = opened(lay_out(tmp_path / "whole", {"state": whole}))
    journal = left["state-journal"]
    seen: dict[str, int] = {"refused": 0, "whole": 0}
    # The header to its last byte, then one bit in every so many.
    for place in [*range(28), *range(512, len(journal), 1 + len(journal) // 40)]:
        damage = bytearray(journal)
        damage[place] ^= 1 << place % 8
        path = lay_out(tmp_path / str(place), {**left, "state-journal": bytes(damage)})
        try:
            seen[check(path, records)] += 1
        except BaseException as error:
            error.add_note(f"byte {place}")
            raise
    assert min(seen.values()) > 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_log_of_0_1_0_is_folded_into_the_file_when_it_is_accepted(tmp_path: Path, whole: bytes, version: int) -> None:
    made = lay_out(tmp_path / "made", {"state": whole})
    make_older(made, version)
    with closing(sqlite3.connect(made, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("DELETE FROM records WHERE kind = 'replay'")
        left = {name: content for name, content in contents(made.parent).items() if not name.endswith("-shm")}
        records = connection.execute("SELECT kind, account, name, body FROM records ORDER BY position").fetchall()
    assert left["state-wal"]
    path = lay_out(tmp_path / "left", left)
    with pytest.raises(StateError, match="was made with other data: seed 0"):
        opened(path, seed=7)
    assert contents(path.parent) == left
    assert opened(path) == records
    assert list(contents(path.parent)) == ["state"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
