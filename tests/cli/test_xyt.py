"""xyt hub from a shell."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # type: ignore[import-untyped]  # it ships no types
import pyarrow.parquet as pq  # type: ignore[import-untyped]  # as above
import pytest
from tickhaul.cli.failures import UsageError
from tickhaul.cli.xyt import read_parameters
from tickhaul_sandbox.xythub.settings import DEFAULT_CLIENT_SECRET, DEFAULT_KEY, DEFAULT_PASSWORD, DEFAULT_USER
from xythub_proto.v2_0_0.api_data_pb2 import DataResponse

from tests.support.server import ScriptedServer
from tests.xythub.answers import answer
from tests.xythub.wire import TOKEN, framed, grant, refusal, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran

DAY = ("--day", "2016-05-05", "--to", "09:05")
WEEK = ("--first", "2016-05-02", "--last", "2016-05-06")
SECRETS = (DEFAULT_KEY, DEFAULT_PASSWORD, DEFAULT_CLIENT_SECRET, TOKEN)
VARIABLES = ("XYTHUB_USER", "XYTHUB_PASSWORD", "XYTHUB_API_KEY", "XYTHUB_CLIENT_SECRET", "XYTHUB_BASE_URL")

#: Each command that gives a table, the rows it has, and its first columns.
TABLES: dict[str, tuple[tuple[str, ...], int, list[str]]] = {
    "products": (("products", "zalando"), 4, ["symbol", "name", "exchange", "currency"]),
    "availability": (("availability", "ZAL.XE", "ADS.XE"), 2, ["symbol", "first_day", "last_day", "trading_days"]),
    "ticks": (("ticks", "ZAL.XE", *DAY), 17, ["symbol", "time", "trade", "trade_size"]),
    "ohlcv": (("ohlcv", "ZAL.XE", *WEEK), 5, ["symbol", "time", "open", "high"]),
    "get": (
        ("get", "endOfDayData", "--source", "ACTIV", "symbols[]=ZAL.XE", "first_day=2016-05-02", "last_day=2016-05-06"),
        5,
        ["symbol", "date", "open", "high"],
    ),
}


@pytest.fixture
def bare(offline: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """The command where nothing says who asks and whom."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Ran:
        ran = offline("xyt", *words)
        for secret in SECRETS:
            assert secret not in ran.out + ran.err
        return ran

    return run


@pytest.fixture
def xyt(bare: Callable[..., Ran], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """The command with credentials and a sandbox to talk to."""
    monkeypatch.setenv("XYTHUB_USER", DEFAULT_USER)
    monkeypatch.setenv("XYTHUB_API_KEY", DEFAULT_KEY)
    monkeypatch.setenv("XYTHUB_CLIENT_SECRET", DEFAULT_CLIENT_SECRET)
    monkeypatch.setenv("XYTHUB_BASE_URL", sandbox.base_url)
    return bare


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_token_is_checked(xyt: Callable[..., Ran], sandbox: Sandbox) -> None:
    ran = xyt("token")
    assert (ran.code, ran.err) == (0, "")
    # What is left of its life depends on how long the check took.
    assert re.fullmatch(r"the token is good for 43,1\d\d s, scope read\n", ran.out)
    document = xyt("token", "--json").document
    assert document["scope"] == "read"
    assert 43_000 < document["expires_in"] <= 43_199
    assert [request.operation for request in sandbox.requests][:2] == ["xyt.token", "xyt.user"]


def test_a_token_without_an_end_is_told_so(bare: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XYTHUB_USER", "u")
    monkeypatch.setenv("XYTHUB_PASSWORD", "p")
    monkeypatch.setenv("XYTHUB_CLIENT_SECRET", "")
    endless = grant(expires_in=None, scope=None)
    with ScriptedServer(endless, framed(DataResponse()), endless, framed(DataResponse())) as server:
        ran = bare("--url", server.url, "token")
        assert ran.out == "the token is good for as long as the service pleases, scope unknown\n"
        assert bare("--url", server.url, "token", "--json").document == {"scope": None, "expires_in": None}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_as_json(xyt: Callable[..., Ran], name: str) -> None:
    words, rows, columns = TABLES[name]
    ran = xyt(*words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.document) == rows
    assert list(ran.document[0])[: len(columns)] == columns
    assert xyt(*words, "--format", "json").out == ran.out


@pytest.mark.parametrize("name", TABLES)
def test_a_table_comes_as_csv(xyt: Callable[..., Ran], name: str) -> None:
    words, rows, columns = TABLES[name]
    ran = xyt(*words, "--format", "csv")
    assert (ran.code, ran.err) == (0, "")
    found = rows_of(ran.out)
    assert len(found) == rows
    assert list(found[0])[: len(columns)] == columns
    if name != "products":
        assert xyt(*words).out == ran.out


@pytest.mark.parametrize("name", TABLES)
def test_a_file_has_the_form_its_name_ends_in(xyt: Callable[..., Ran], tmp_path: Path, name: str) -> None:
    words, rows, columns = TABLES[name]
    for file in ("a.csv", "a.json", "a.PARQUET", "a.data"):
        ran = xyt(*words, "--out", tmp_path / file)
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "a.csv").read_text("utf-8") == xyt(*words, "--format", "csv").out
    assert (tmp_path / "a.data").read_bytes() == (tmp_path / "a.csv").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == xyt(*words, "--json").document
    table = pq.read_table(tmp_path / "a.PARQUET")
    assert (table.num_rows, table.column_names[: len(columns)]) == (rows, columns)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.PARQUET", "a.csv", "a.data", "a.json"]


def test_the_form_that_is_named_wins_over_the_ending(xyt: Callable[..., Ran], tmp_path: Path) -> None:
    assert xyt("ticks", "ZAL.XE", *DAY, "--format", "parquet", "--out", tmp_path / "a.csv").code == 0
    assert pq.read_table(tmp_path / "a.csv").num_rows == 17


def test_parquet_has_real_types_and_nulls_and_the_same_ones_in_every_file(
    xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = answer(
        venue=("string_list", ["XE", "L"]),
        size=("integer_list", [1, -(2**63)]),
        price=("double_list", [1.5, float("nan")]),
        day=("days_list", [18171, -(2**31)]),
        time=("nanoseconds_list", [1, 2]),
        at=("timestamps_list", [1, 2]),
    )
    many = DataResponse()
    for name, column in few.data.columns.items():
        member: Any = column.WhichOneof("list_type")
        getattr(many.data.columns[name], member).values.extend([*getattr(column, member).values] * 4096)
    tables = []
    with ScriptedServer(grant(), framed(few), grant(), framed(many)) as server:
        monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
        for name in ("few.parquet", "many.parquet"):
            assert xyt("get", "anything", "--out", tmp_path / name).code == 0
            tables.append(pq.read_table(tmp_path / name))
    assert tables[0].schema == tables[1].schema
    types = {field.name: field.type for field in tables[0].schema}
    assert types == {
        "day": pa.date32(),
        "time": pa.time64("ns"),
        "at": pa.timestamp("ns"),
        "price": pa.float64(),
        "size": pa.int64(),
        "venue": pa.string(),
    }
    assert tables[0]["size"].to_pylist() == [1, None]
    assert tables[1].num_rows == 8192


def test_ticks_can_be_narrowed_down(xyt: Callable[..., Ran]) -> None:
    words = ("ticks", "ZAL.XE", "--day", "2016.05.05", "--from", "09:00", "--to", "09:02")
    ran = xyt(*words, "--type", "trades_and_quotes", "--flag", "USE_MARKET_TS", "--flag", "INCLUDE_NON_REGULAR")
    assert set(rows_of(ran.out)[0]) == {
        *("symbol", "time", "trade", "trade_size", "trade_condition"),
        *("bid", "bid_size", "ask", "ask_size"),
    }
    assert len(xyt(*words, "--limit", 2).lines) < len(xyt(*words).lines)


def test_products_are_a_table_for_people(xyt: Callable[..., Ran]) -> None:
    ran = xyt("products", "zalando", "--exchange", "XETRA")
    assert ran.lines[0].split() == ["SYMBOL", "NAME", "EXCHANGE", "CURRENCY", "ISIN", "DATA", "FROM", "TO"]
    assert ran.lines[1].split()[0] == "ZAL.XE"
    found = xyt("products", "a", "--limit", 3, "--json").document
    assert [product["symbol"] for product in found] == ["ZAL.XE", "ZALd.AQX", "ZALd.CHIX"]
    assert found[0]["first_day"] == "2015-01-02"


def test_a_generic_request_takes_lists_and_numbers(xyt: Callable[..., Ran]) -> None:
    days = ("dateFrom=2019-10-02", "dateTo=2019-10-02")
    ran = xyt("get", "lcGetMarketShare", "source=LC", "isins[]=DE000A1EWWW0", "isins[]=DE000ZAL1111", *days)
    assert len(ran.lines) == 1 + 8
    assert xyt("get", "lcGetMarketShare", "source=LC", 'isins:=["DE000A1EWWW0", "DE000ZAL1111"]', *days).out == ran.out
    assert len(xyt("get", "lookupSymbols", "--source", "ACTIV", "page_limit:=7").lines) == 1 + 7


def test_a_warning_of_the_service_is_told_beside_the_table(xyt: Callable[..., Ran], tmp_path: Path) -> None:
    words = ("ticks", "NOPE.XE", *DAY)
    assert xyt(*words).err == "the service warns: Unknown symbols: NOPE.XE\n"
    assert json.loads(xyt(*words, "--json").err) == {"warning": "Unknown symbols: NOPE.XE"}
    assert xyt(*words, "--json").document == []
    assert "Unknown symbols" in xyt(*words, "--out", tmp_path / "a.csv").err


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], {}),
        (["a=1", "b=", "c=x=y"], {"a": "1", "b": "", "c": "x=y"}),
        (["a[]=1", "b=2", "a[]=3"], {"a": ["1", "3"], "b": "2"}),
        (["a:=1", "b:=true", "c:=[1.5]", "d:=null"], {"a": 1, "b": True, "c": [1.5], "d": None}),
        (["a:b=1"], {"a:b": "1"}),
    ],
)
def test_parameters_are_read_as_typed(words: list[str], wanted: dict[str, object]) -> None:
    assert read_parameters(words) == wanted


@pytest.mark.parametrize(
    "words", [["a"], ["=1"], ["[]=1"], [":=1"], ["a=1", "a=2"], ["a=1", "a[]=2"], ["a[]=2", "a=1"], ["a[]:=1"]]
)
def test_parameters_that_are_none_are_wrong_usage(words: list[str]) -> None:
    with pytest.raises(UsageError, match=r"expected NAME=TEXT|is given twice"):
        read_parameters(words)


@pytest.mark.parametrize("text", ["", "x", "{", "[" * 100_000])
def test_what_should_be_json_and_is_none_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="expected JSON after :="):
        read_parameters([f"a:={text}"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("ticks", "ZAL.XE", *DAY, "--format", "parquet"), "name a file with --out"),
        (("ticks", "ZAL.XE", *DAY, "--json", "--format", "csv"), "--json writes JSON to stdout"),
        (("ticks", "ZAL.XE", *DAY, "--json", "--out", "a.json"), "--json writes JSON to stdout"),
        (("ticks", "ZAL.XE", *DAY, "--out", "no/where/a.csv"), "there is no folder no"),
        (("ticks", "ZAL.XE", "--day", "soon"), "day='soon': expected a day such as '2016-05-05'"),
        (("ticks", "ZAL.XE", *DAY, "--type", "BARS"), "expected one of TRADES, QUOTES, TRADES_AND_QUOTES"),
        (("ticks", "ZAL.XE", *DAY, "--flag", "X"), "flags='X'"),
        (("ticks", *["A"] * 11, *DAY), "11 of them, and the service takes 10"),
        (("ohlcv", "A", *WEEK, "--from", "9"), "from_time='9': expected a time"),
        (("availability", "A", "--category", "L"), "expected one of LEVEL_1"),
        (("get", "x", "nothing"), "expected NAME=TEXT"),
        (("get", "x", "--source", "LC", "source=LC"), "source is given twice"),
        (("get", "..", "a=1"), "endpoint"),
        (("--set", "nothing=1", "token"), "--set nothing: expected one of auth_url"),
        (("--set", "data_url", "token"), "expected NAME=VALUE"),
        (("--set", "marker=x", "token"), "expected VARINT or FIXED"),
        (("--set", "get_contract=3", "token"), "expected one of 2.0.0, 1.1.2"),
        (("--set", "get_path=/x", "token"), "expected a path with {endpoint}"),
        (("--set", "renew_before=x", "token"), "expected a number of seconds"),
        (("--set", "paths.x=/y", "token"), "expected operations out of"),
        (("--set", "data_url=http://hub.example", "token"), "data_url"),
        (("--url", "ftp://x", "token"), "auth_url"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(
    xyt: Callable[..., Ran], sandbox: Sandbox, words: tuple[str, ...], hint: str
) -> None:
    ran = xyt(*words)
    assert (ran.code, ran.out) == (2, "")
    assert hint in ran.err
    assert not len(sandbox.requests)


def test_options_of_the_other_service_are_not_ignored(offline: Callable[..., Ran], xyt: Callable[..., Ran]) -> None:
    del xyt
    ran = offline("--base-url", "http://127.0.0.1:1", "xyt", "token")
    assert ran.code == 2
    assert "--base-url" in ran.err


class TestAccess:
    def test_missing_credentials_are_named(self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
        for name, what in {
            "XYTHUB_CLIENT_SECRET": "no client_secret",
            "XYTHUB_API_KEY": "no password or api_key",
            "XYTHUB_USER": "no user",
        }.items():
            monkeypatch.delenv(name)
            ran = xyt("token", "--json")
            assert (ran.code, ran.error["exit_code"], ran.error["kind"]) == (3, 3, "NotAuthenticatedError")
            assert what in ran.error["message"]
            assert "XYTHUB_CLIENT_SECRET" in ran.error["message"]

    def test_wrong_credentials_have_the_services_words(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "Bad credentials (400 invalid_grant)" in xyt("--user", "stranger", "token").err
        monkeypatch.setenv("XYTHUB_CLIENT_SECRET", "wrong-one")
        ran = xyt("ticks", "ZAL.XE", *DAY, "--json")
        assert (ran.code, ran.out) == (3, "")
        assert (ran.error["kind"], ran.error["code"], ran.error["status"]) == ("TokenError", "invalid_client", 401)
        assert "wrong-one" not in ran.err

    def test_a_token_that_is_refused_is_not_authenticated(self, xyt: Callable[..., Ran], sandbox: Sandbox) -> None:
        sandbox.faults.add("stale-token:xyt.tickData")
        assert xyt("ticks", "ZAL.XE", *DAY).code == 3
        sandbox.faults.clear()
        sandbox.faults.add("stale-token:xyt.tickData:times=1")
        assert xyt("ticks", "ZAL.XE", *DAY).code == 0

    def test_secrets_may_come_from_files(
        self, bare: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "key").write_text(f"{DEFAULT_KEY}\n", encoding="utf-8-sig")
        (tmp_path / "password").write_text(f" {DEFAULT_PASSWORD}\r\n", encoding="utf-16")
        (tmp_path / "secret").write_text(DEFAULT_CLIENT_SECRET, encoding="utf-8-sig")
        common = ("--url", sandbox.base_url, "--user", DEFAULT_USER, "--client-secret-file", tmp_path / "secret")
        assert bare(*common, "--api-key-file", tmp_path / "key", "token").code == 0
        assert bare(*common, "--password-file", tmp_path / "password", "token").code == 0
        ran = bare(*common, "--password-file", tmp_path / "password", "--api-key-file", tmp_path / "key", "token")
        assert (ran.code, "one of them is enough" in ran.err) == (2, True)
        (tmp_path / "key").write_text("\n")
        assert bare(*common, "--api-key-file", tmp_path / "key", "token").code == 3
        assert bare(*common, "--api-key-file", tmp_path / "nothing", "token").code == 2

    def test_addresses_and_names_can_be_set(self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
        with ScriptedServer(grant(), otherwise=framed(DataResponse())) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", "http://127.0.0.1:1")
            settings = {
                "auth_url": f"{server.url}/login",
                "token_path": "/token",
                "data_url": f"{server.url}/v2",
                "get_path": "/{source}/ask/{endpoint}",
                "marker": "fixed",
                "renew_before": "5",
                "lookup_url": "",
                "day_parameters": "on,until",
                "paths.market.ohlcv": "/retrieval/ohlcv",
            }
            words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
            assert xyt(*words, "get", "x", "--source", "LC", "on=2019-10-02").code == 0
            assert [request.path for request in server.requests] == ["/login/token", "/v2/LC/ask/x"]
            assert server.requests[1].body[0] == 0xFF
            assert b"\x40\xfb\x8d\x01" in server.requests[1].body  # days_value 18171

    def test_nothing_secret_is_logged(
        self, offline: Callable[..., Ran], xyt: Callable[..., Ran], caplog: pytest.LogCaptureFixture
    ) -> None:
        del xyt
        caplog.set_level(logging.DEBUG)
        ran = offline("-vv", "xyt", "ticks", "ZAL.XE", *DAY)
        assert ran.code == 0
        assert "market.tick_data: 200" in ran.err
        for secret in (DEFAULT_KEY, DEFAULT_CLIENT_SECRET, "Bearer ", "Basic "):
            assert secret not in ran.err + caplog.text


class TestFailures:
    def test_an_error_of_the_service_is_its_words(self, xyt: Callable[..., Ran]) -> None:
        ran = xyt("get", "nothing", "--source", "LC", "--json")
        assert (ran.code, ran.out) == (1, "")
        assert (ran.error["kind"], ran.error["code"]) == ("NotFoundError", "not_found")
        assert "Unknown endpoint: nothing" in ran.error["message"]
        assert "No access to source TCA" in xyt("get", "lcGetIsinList", "--source", "TCA").err

    def test_an_answer_that_is_none_says_what_was_expected_and_found(
        self, xyt: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
    ) -> None:
        sandbox.faults.add("malformed-frame:xyt.ohlcv:how=short")
        ran = xyt("ohlcv", "ZAL.XE", *WEEK, "--out", tmp_path / "a.csv")
        assert ran.code == 1
        assert "expected" in ran.err
        assert "found" in ran.err
        assert list(tmp_path.iterdir()) == []

    def test_nobody_there_is_a_failure(self, xyt: Callable[..., Ran], offline: Callable[..., Ran]) -> None:
        del xyt
        ran = offline("--deadline", "5", "xyt", "--url", "http://127.0.0.1:1", "token")
        assert ran.code in (1, 4)
        assert "token" in ran.err

    def test_a_call_that_takes_too_long_has_timed_out(
        self, xyt: Callable[..., Ran], offline: Callable[..., Ran], sandbox: Sandbox
    ) -> None:
        del xyt
        sandbox.faults.add("latency:xyt.tickData:seconds=60")
        ran = offline("--deadline", "0.5", "xyt", "ticks", "ZAL.XE", *DAY)
        assert (ran.code, ran.out) == (4, "")

    def test_a_table_that_a_form_cannot_hold_leaves_no_file_and_nothing_on_stdout(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        late = framed(answer(a=("integer_list", [1]), time=("milliseconds_list", [90_000_000])))
        (tmp_path / "a.csv").write_text("what was there")
        with ScriptedServer(*[grant(), late] * 4) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            for name in ("a.csv", "a.json", "a.parquet"):
                ran = xyt("get", "x", "--out", tmp_path / name)
                assert (ran.code, ran.out) == (1, "")
                assert "column 'time' has 1 times of day outside of a day" in ran.err
            assert xyt("get", "x").out == ""
        assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.csv", "what was there")]

    @pytest.mark.parametrize("name", ["a.csv", "a.json", "a.parquet"])
    def test_a_disk_that_is_full_leaves_what_was_there(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        (tmp_path / name).write_text("what was there")
        monkeypatch.setattr("tickhaul._files.atomic.os.fsync", full)
        ran = xyt("ticks", "ZAL.XE", *DAY, "--out", tmp_path / name)
        assert (ran.code, ran.out) == (1, "")
        assert "No space left" in ran.err
        assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "what was there")]

    def test_a_folder_is_no_file(self, xyt: Callable[..., Ran], tmp_path: Path) -> None:
        assert xyt("ticks", "ZAL.XE", *DAY, "--out", tmp_path).code == 2

    def test_a_link_stays_one(self, xyt: Callable[..., Ran], tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link.csv").symlink_to(tmp_path / "real" / "a.csv")
        assert xyt("ohlcv", "ZAL.XE", *WEEK, "--out", tmp_path / "link.csv").code == 0
        assert (tmp_path / "link.csv").is_symlink()
        assert [file.name for file in (tmp_path / "real").iterdir()] == ["a.csv"]

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
    def test_a_pipe_is_written_to_and_not_replaced(self, xyt: Callable[..., Ran], tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read: list[bytes] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
        reader.start()
        assert xyt("ohlcv", "ZAL.XE", *WEEK, "--format", "csv", "--out", pipe).code == 0
        reader.join(30)
        assert read[0].startswith(b"symbol,time,open")
        assert pipe.is_fifo()
        assert [file.name for file in tmp_path.iterdir()] == ["pipe"]

    @pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no name for stdout")
    def test_what_stdout_goes_to_is_added_to_and_not_replaced(
        self, xyt: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path
    ) -> None:
        log = tmp_path / "log"
        log.write_text("what was there\n")
        words = [sys.executable, "-m", "tickhaul.cli", "xyt", "ohlcv", "ZAL.XE", *WEEK, "--out", "/dev/stdout"]
        with log.open("ab") as stdout:
            done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert log.read_text() == "what was there\n" + xyt("ohlcv", "ZAL.XE", *WEEK).out

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
    def test_a_device_that_takes_no_more_is_a_failure(self, xyt: Callable[..., Ran]) -> None:
        ran = xyt("ohlcv", "ZAL.XE", *WEEK, "--out", "/dev/full")
        assert (ran.code, ran.out) == (1, "")
        assert "No space left" in ran.err
        assert Path("/dev/full").is_char_device()

    def test_a_missing_pyarrow_is_named_before_anything_is_asked(
        self, xyt: Callable[..., Ran], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        ran = xyt("ticks", "ZAL.XE", *DAY, "--out", tmp_path / "a.parquet")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == 'tickhaul: Parquet needs pyarrow: pip install "tickhaul[arrow]"\n'
        assert list(tmp_path.iterdir()) == []
        assert not len(sandbox.requests)

    @pytest.mark.parametrize(("module", "library"), [("google.protobuf", "protobuf"), ("numpy", "numpy")])
    def test_a_missing_extra_is_named(self, module: str, library: str) -> None:
        code = (
            f"import sys; sys.modules[{module!r}] = None;"
            "from tickhaul.cli import main; sys.exit(main(['xyt', 'token']))"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr == f'tickhaul: xyt hub needs {library}: pip install "tickhaul[xythub]"\n'


class TestText:
    ODD = "Zürich \U0001f642\x1b[31m"

    def test_json_on_stdout_is_ascii_and_in_a_file_utf_8(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        with ScriptedServer(*[grant(), framed(answer(name=("string_list", [self.ODD])))] * 2) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            ran = xyt("get", "x", "--json")
            assert ran.out.isascii()
            assert ran.document == [{"name": self.ODD}]
            xyt("get", "x", "--out", tmp_path / "a.json")
        assert "Zürich" in (tmp_path / "a.json").read_text("utf-8")

    def test_text_from_far_away_does_not_steer_a_terminal(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, terminal: Callable[[str], None]
    ) -> None:
        with ScriptedServer(*[grant(), framed(answer(name=("string_list", [self.ODD, "b"])))] * 2) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            assert xyt("get", "x").out == f"name\n{self.ODD}\nb\n"
            terminal("stdout")
            assert xyt("get", "x").out == "name\nZürich \U0001f642\\x1b[31m\nb\n"

    def test_a_table_in_a_pipe_is_utf_8_in_any_locale(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        written = io.BytesIO()
        with ScriptedServer(grant(), framed(answer(name=("string_list", [self.ODD])))) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", newline=""))
            assert xyt("get", "x").code == 0
        assert written.getvalue() == f"name\n{self.ODD}\n".encode()

    def test_a_long_table_is_written_piece_by_piece_and_whole(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = framed(answer(number=("integer_list", range(100_000))))
        with ScriptedServer(*[grant(), many] * 2) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            assert xyt("get", "x").lines == ["number", *map(str, range(100_000))]
            assert xyt("get", "x", "--json").document == [{"number": number} for number in range(100_000)]

    def test_a_person_is_told_how_much_went_where(
        self, xyt: Callable[..., Ran], terminal: Callable[[str], None], tmp_path: Path
    ) -> None:
        terminal("stderr")
        ran = xyt("ohlcv", "ZAL.XE", *WEEK, "--out", tmp_path / "a.csv")
        assert ran.err == f"5 rows in {tmp_path / 'a.csv'}\n"

    def test_a_person_is_told_of_a_long_wait(
        self, xyt: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, terminal: Callable[[str], None]
    ) -> None:
        busy = refusal(503, "busy", "come back")
        with ScriptedServer(busy, busy, busy, grant(), framed(answer(a=("bool_list", [True])))) as server:
            monkeypatch.setenv("XYTHUB_BASE_URL", server.url)
            # Waits pass at once, and are as long as they may be.
            monkeypatch.setattr("tickhaul._sync.executor.Clock.sleep", lambda *_: None)
            monkeypatch.setattr("random.uniform", lambda _, high: high)
            terminal("stderr")
            ran = xyt("get", "x")
        assert ran.code == 0
        assert "token: 503 busy; trying again in" in ran.err
        assert len(sent(server, "/auth/oauth/token")) == 4


def test_help_loads_nothing_of_xyt_hub() -> None:
    program = (
        "import sys; from tickhaul.cli import main; code = main(['xyt', 'ticks', '--help']);"
        "heavy = {'google.protobuf', 'numpy', 'pyarrow', 'httpcore', 'tickhaul.xythub.settings'};"
        "sys.exit(code or ' '.join(sorted(heavy & {*sys.modules})) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_sandbox_tells_a_person_lines_that_work_when_they_are_copied() -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tickhaul.cli", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as running:
        os.close(theirs)
        try:
            with os.fdopen(ours, encoding="utf-8") as terminal:
                assert running.stdout is not None
                assert running.stdout.readline().startswith("ready http://127.0.0.1:")
                lines = [terminal.readline().strip() for _ in range(5)]
            assert lines[0] == "In another shell:"
            environment = os.environ | {"XYTHUB_API_KEY": ""}
            for exported, typed in (lines[1:3], lines[3:5]):
                environment |= dict(word.split("=", 1) for word in shlex.split(exported)[1:])
                done = subprocess.run(
                    [sys.executable, "-m", "tickhaul.cli", *shlex.split(typed)[1:]],
                    capture_output=True,
                    text=True,
                    check=False,
                    env=environment,
                )
                assert (done.returncode, done.stderr) == (0, "")
                assert len(done.stdout.splitlines()) > 5
        finally:
            running.terminate()
