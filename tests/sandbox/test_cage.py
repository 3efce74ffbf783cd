"""What a client's schema may cost: memory, time, and nobody else's patience."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.artifacts.store import GivenUpError
from tickhaul_sandbox.artifacts.tables import LayoutError
from tickhaul_sandbox.market.sources import Message
from tickhaul_sandbox.schemas.cage import Cage, _Process
from tickhaul_sandbox.schemas.content import Rules, read_content
from tickhaul_sandbox.schemas.layout import SchemaLayout, check_transforms
from tickhaul_sandbox.schemas.transforms import TransformError
from tickhaul_sandbox.schemas.types import DataType
from tickhaul_sandbox.schemas.worker import write_frame

from tests.sandbox.api import CAGE, HOUR, PER_MINUTE, START, Api, ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDS_LIMIT = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process reliably")
TEXT = DataType("string")


def nested(times: int, form: str, start: str = "{v}") -> str:
    """Return an expression put into another again and again, where `@` is in it."""
    text = start
    for _ in range(times):
        text = form.replace("@", text)
    return text


# Each doubles what it is given, or makes more of it.
BOMBS = {
    "translate": nested(22, r"translate(CAST(unhex(@) AS VARCHAR), '\x', 'FF')"),
    "hex": nested(40, "hex(@)"),
    "replace": nested(12, "replace(@, 'F', 'FFFFFFFF')"),
    "json_quote": nested(30, "CAST(json_quote('\"' || @) AS VARCHAR)"),
    "regexp_replace": nested(12, r"regexp_replace(@, '^(.*)$', '\1\1\1\1\1\1', 'g')"),
    "concat_ws": f"concat_ws(repeated, {', '.join(['{v}'] * 900)})".replace("repeated", "hex(hex(hex({v})))"),
    "strftime": f"strftime(TIMESTAMP '2020-01-01', '{'%c' * 1900}')",
}


@pytest.fixture
def cage() -> Iterator[Cage]:
    with closing(Cage(30, 256 << 20)) as made:
        yield made


def process_of(cage: Cage) -> subprocess.Popen[bytes]:
    assert cage._idle is not None
    return cage._idle._process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@NEEDS_LIMIT
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_meets_a_limit_and_the_next_transform_is_run(cage: Cage, name: str) -> None:
    with cage.session() as session:
        # Close to its limit of memory, DuckDB may also crash.
        met = r"needs more than 256 MiB of memory|makes too much text|ended the process that ran it"
        with pytest.raises(TransformError, match=met):
            session.run(BOMBS[name], TEXT, ["FF" * 40] * 5000)
        session.begin()
        assert session.run("{v} || 'b'", TEXT, ["a"]) == ["ab"]


@pytest.mark.parametrize(
    "transform",
    [
        "(" * 2000 + "1" + ")" * 2000,
        "(" * 4000,
        nested(400, "CASE @ WHEN '1' THEN '2' END"),
        "1" + "::INT" * 800,
        "{v}" + " || {v}" * 700,
        f"{{v}} IN ({'1, ' * 1300}1)",
        "~ " * 2000 + "1",
        "- " * 2000 + "1",
    ],
)
def test_an_expression_nested_without_end_does_no_harm(cage: Cage, transform: str) -> None:
    # Versions of DuckDB differ in which of them they take.
    with cage.session() as session:
        session.check("{v} || 'a'", TEXT)
        process = session._process
        with suppress(TransformError):
            session.check(transform, TEXT)
        session.check("{v} || 'b'", TEXT)
        assert session._process is process


def test_what_a_transform_makes_is_measured(cage: Cage) -> None:
    with cage.session() as session:
        with pytest.raises(TransformError, match="makes too much text: more than 64 MiB and 4 times its input"):
            session.run(f"'{'x' * 3000}'", TEXT, [None] * 30_000)
        session.begin()
        # Much text out of much text is nothing to object to.
        assert session.run("upper({v})", TEXT, ["a" * 1_000_000] * 70)[-1] == "A" * 1_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal")
def test_a_transform_that_does_not_end_in_time_is_killed() -> None:
    with closing(Cage(1)) as cage:
        with cage.session() as session:
            session.run("{v} || 'a'", TEXT, ["a"])
        process = process_of(cage)
        # As good as one that computes for ever, and does not depend on how quick the machine is.
        process.send_signal(signal.SIGSTOP)
        with cage.session() as session:
            with pytest.raises(TransformError, match="interrupted after 1 s"):
                session.run("{v} || 'a'", TEXT, ["a"])
            assert process.returncode == -signal.SIGKILL
            session.begin()
            session._left = 30
            assert session.run("{v} || 'b'", TEXT, ["a"]) == ["ab"]


def test_a_process_that_died_with_nothing_to_run_is_replaced(cage: Cage) -> None:
    with cage.session() as session:
        session.run("{v} || 'a'", TEXT, ["a"])
    end(process_of(cage))
    with cage.session() as session:
        assert session.run("{v} || 'a'", TEXT, ["a"]) == ["aa"]
        assert session._process is not None
        end(session._process._process)
        assert session.run("{v} || 'b'", TEXT, ["a"]) == ["ab"]


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal")
def test_a_process_that_dies_with_a_transform_to_run_is_told_of_and_replaced(
    cage: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cage.session() as session:
        session.run("{v} || 'a'", TEXT, ["a"])
    process = process_of(cage)
    process.send_signal(signal.SIGSTOP)

    def write_and_end(file: IO[bytes], request: Any) -> None:
        write_frame(file, request)
        end(process)

    with cage.session() as session:
        with monkeypatch.context() as patched:
            patched.setattr("tickhaul_sandbox.schemas.cage.write_frame", write_and_end)
            with pytest.raises(TransformError, match=r"ended the process that ran it \(Killed"):
                session.run("{v} || 'a'", TEXT, ["a"])
        assert session.run("{v} || 'b'", TEXT, ["a"]) == ["ab"]


def test_a_response_that_comes_as_time_is_over_does_not_keep_its_process(
    cage: Cage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with cage.session() as session:
        session.run("{v} || 'a'", TEXT, ["a"])
        talk = _Process._talk

        def talk_too_long(self: _Process, request: Any, most: int) -> list[Any]:
            response = talk(self, request, most)
            self._process.wait()
            return response

        with monkeypatch.context() as patched:
            patched.setattr(_Process, "_talk", talk_too_long)
            session._left = 0.5
            with pytest.raises(TransformError, match="interrupted after 30 s"):
                session.check("{v} || 'c'", TEXT)
        session.begin()
        assert session.run("{v} || 'b'", TEXT, ["a"]) == ["ab"]


def test_a_failure_that_is_no_text_ends_no_process(cage: Cage) -> None:
    with cage.session() as session:
        session.run("{v} || 'a'", TEXT, ["a"])
        process = session._process
        with pytest.raises(TransformError, match="UnicodeDecodeError"):
            session.run("from_hex(chr(1114111) || {v})", TEXT, ["a"])
        session.run("{v} || 'b'", TEXT, ["a"])
        assert session._process is process


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal")
def test_the_check_of_a_schema_has_less_time_than_a_batch_of_rows(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickhaul_sandbox.schemas.layout._CHECK_SECONDS", 0.5)
    content = read_content(schema_with("{v} || '!'"), Rules(max_columns=100))
    assert check_transforms(content, cage) is None
    process_of(cage).send_signal(signal.SIGSTOP)
    problem = check_transforms(content, cage)
    assert problem == "Invalid transform of column x for binance: interrupted after 0.5 s"


def test_transforms_of_built_in_schemas_need_no_process(cage: Cage) -> None:
    with cage.session() as session:
        assert session.check("lower({v})", TEXT) == "VARCHAR"
        assert session.run("lower({v})", TEXT, ["BUY", None]) == ["buy", None]
    assert cage._idle is None


def test_one_process_serves_one_session_after_another(cage: Cage) -> None:
    seen: set[int] = set()
    for _ in range(3):
        with cage.session() as session:
            session.check("{v} || 'a'", TEXT)
            with pytest.raises(TransformError):
                session.check("{v} +", TEXT)
        seen.add(process_of(cage).pid)
    assert len(seen) == 1


def test_a_closed_cage_has_no_process_and_starts_none(cage: Cage) -> None:
    with cage.session() as session:
        session.check("{v} || 'a'", TEXT)
    process = process_of(cage)
    with cage.session() as session:
        session.check("{v} || 'a'", TEXT)
        cage.close()
        with pytest.raises(GivenUpError):
            session.check("{v} || 'a'", TEXT)
        assert process.returncode is not None
        with pytest.raises(GivenUpError):
            session.check("{v} || 'a'", TEXT)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_the_process_ends_with_a_sandbox_that_is_killed() -> None:
    program = (
        "import sys, time\n"
        "from tickhaul_sandbox.schemas.cage import Cage\n"
        "from tickhaul_sandbox.schemas.types import DataType\n"
        "cage = Cage(1000)\n"
        "with cage.session() as session:\n"
        "    session.check(\"{v} || 'a'\", DataType('string'))\n"
        "    print(session._process._process.pid, flush=True)\n"
        "    session.run(\"sha256(\" * 300 + '{v}' + ')' * 300, DataType('string'), ['a'] * 10_000_000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        pid = int(killed.stdout.readline())
        process = os.pidfd_open(pid)
        killed.kill()
    try:
        # Readable once the process is gone; it may be at work for a long time yet.
        assert select.select([process], [], [], 60)[0]
    finally:
        os.close(process)


JOINED: dict[str, Any] = {
    "columns": [{"output_column": "x", "data": {"venue": {"json": {"path": "v", "type": "string"}}}}],
    "unfold": {"venue": {"path": "a60"}},
    "derive": {
        "venue": [
            {
                "field": f"a{number}",
                "op": "tagged_concat",
                "arrays": [{"path": path, "tag": "t"} for path in [f"a{number - 1}" if number else "list"] * 2],
                "tag_field": "t",
                "value_field": "v",
            }
            for number in range(61)
        ]
    },
}


def rows_of(schema: dict[str, Any], payload: str) -> int:
    layout = SchemaLayout(read_content(schema, Rules(max_columns=100)), "venue", CAGE)
    return sum(1 for _ in layout.rows([Message(0, payload)]))


def test_an_array_that_is_joined_with_itself_again_and_again_fails_the_export() -> None:
    with pytest.raises(LayoutError, match="derive makes more than 100,000 elements of one message"):
        rows_of(JOINED, '{"list": [1, 2]}')


def test_a_message_that_is_written_over_and_over_fails_the_export() -> None:
    columns = [
        {"output_column": f"x{number}", "data": {"venue": {"json": {"path": "whole", "type": "string"}}}}
        for number in range(100)
    ]
    schema = {"columns": columns, "unfold": {"venue": {"path": "list"}}}
    with pytest.raises(LayoutError, match="makes too much of one message"):
        rows_of(schema, f'{{"list": {[1] * 10_000}, "whole": "{"x" * 1000}"}}')
    with pytest.raises(LayoutError, match="makes too much of one message"):
        rows_of(schema, f'{{"list": {[1] * 30_000}}}')


def test_what_is_derived_too_deeply_fails_the_export() -> None:
    derive = [
        {
            "field": f"a{number}",
            "op": "tagged_concat",
            "arrays": [{"path": f"a{number - 1}" if number else "list", "tag": "t"}],
            "tag_field": "t",
            "value_field": "v",
        }
        for number in range(5000)
    ]
    columns = [{"output_column": "x", "data": {"venue": {"json": {"path": "a4999", "type": "string"}}}}]
    with pytest.raises(LayoutError, match="nests what it derives too deeply"):
        rows_of({"columns": columns, "derive": {"venue": derive}}, '{"list": [1]}')


def schema_with(transform: str) -> dict[str, Any]:
    extractor = {"json": {"path": "data.t", "type": "string"}, "transform": transform}
    return {"columns": [{"output_column": "x", "data": {"binance": extractor}}]}


@NEEDS_LIMIT
def test_the_export_of_a_bomb_fails_with_its_reason_and_others_are_served() -> None:
    settings = Settings(messages_per_minute=PER_MINUTE, export_seconds=0, build_patience=60)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        bomb = api.export(START - HOUR, START, schema=schema_with(f"hex({BOMBS['hex']})"))
        plain = api.export(START - HOUR, START, schema=schema_with("{v} || '!'"))
        failed = ok(api.get(f"/exports/{bomb}"))
        assert failed["status"] == "failed"
        assert failed["reason"] == "Transform of column x failed: needs more than 512 MiB of memory"
        assert all(row["x"].endswith("!") for row in api.rows(plain))


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal")
def test_a_sandbox_serves_others_and_stops_while_a_transform_does_not_end(tmp_path: Path) -> None:
    settings = Settings(
        messages_per_minute=PER_MINUTE,
        export_seconds=0,
        state=tmp_path / "state",
        transform_seconds=1000,
        build_patience=0.1,
    )
    schema = {"name": "mine", "stream_category": "trade", **schema_with("{v} || '!'")}
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        ok(api.post("/export-schemas", schema), 201)
        process_of(sandbox.service.cage).send_signal(signal.SIGSTOP)
        stuck = api.export(START - HOUR, START, schema="mine")
        assert ok(api.get(f"/exports/{stuck}"))["status"] == "running"
        ok(api.post("/export-schemas", {**schema, "name": "other"}), 201)
    # That it was given up is no failure of the job: the next sandbox makes it.
    with Sandbox(replace(settings, build_patience=60), clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        assert ok(api.get(f"/exports/{stuck}"))["status"] == "succeeded"
        assert all(row["x"].endswith("!") for row in api.rows(stuck))
