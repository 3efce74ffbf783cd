from __future__ import annotations

import gc
import gzip
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import warnings
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings, SystemClock
from tickhaul_sandbox.__main__ import main
from tickhaul_sandbox.settings import DEFAULT_API_KEY

from tests.sandbox.api import HOUR, SECOND, START, TLS, Api, ok

if TYPE_CHECKING:
    from pathlib import Path

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX's")


def command(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tickhaul_sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@POSIX
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_command_says_when_it_is_ready_and_ends_on_a_signal(number: signal.Signals, status: int) -> None:
    flags = ["--port", "0", "--api-key", "team:key_one", "--api-key", "team:key_two", "--minute-limit", "7"]
    with command(*flags, "--fault", "html-503:exchanges.list:times=1", "--set", "reset_style=delay") as process:
        assert process.stdout is not None
        word, url = process.stdout.readline().split()
        assert word == "ready"
        with httpx.Client(base_url=url, headers={"X-Api-Key": "key_two"}, verify=TLS) as client:
            assert client.get("/v1/exchanges").status_code == 503
            headers = client.get("/v1/exchanges").headers
            assert (headers["x-ratelimit-limit-minute"], headers["x-ratelimit-reset-minute"]) == ("7", "0")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        struck = "sandbox: fault html-503:exchanges.list:times=1 struck exchanges.list /v1/exchanges\n"
        assert (process.returncode, out, err) == (status, "", struck)


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (["--fault", "explode"], "unknown fault"),
        (["--api-key", ":"], "api_keys"),
        (["--minute-limit", "0"], "minute_limit"),
        (["--set", "colour=blue"], "NAME=VALUE"),
        (["--captures", "nowhere"], "not the index of a captures directory"),
    ],
)
def test_flags_that_cannot_work_are_wrong_usage(
    flags: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", "0", *flags]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err


def test_a_port_that_is_taken_is_a_failure_that_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
        with pytest.raises(OSError, match="in use"):
            Sandbox(Settings(port=port)).start()
    assert "cannot listen" in capsys.readouterr().err


@POSIX
@pytest.mark.parametrize("module", [["tickhaul_sandbox"], ["tickhaul.cli", "sandbox"]], ids=["module", "command"])
@pytest.mark.parametrize("closed", [">&-", "<&- >&-"])
def test_where_it_is_must_be_heard(module: list[str], closed: str) -> None:
    words = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-m", *module, "--port", "0"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    assert done.stderr.startswith("sandbox: cannot write to stdout: it is closed")
    assert done.returncode == 1


@POSIX
def test_without_stderr_it_serves(tmp_path: Path) -> None:
    words = ["sh", "-c", 'exec "$@" <&- 2>&-', "sh", sys.executable, "-m", "tickhaul_sandbox", "--port", "0"]
    with subprocess.Popen([*words, "--state", str(tmp_path / "state")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        with httpx.Client(base_url=url, headers={"X-Api-Key": DEFAULT_API_KEY}, verify=TLS) as client:
            assert client.get("/v1/exchanges").status_code == 200
        process.terminate()
        assert process.wait() == 0


def test_help_names_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for flag in ("--host", "--port", "--api-key", "--captures", "--seed", "--minute-limit", "--hour-limit", "--state"):
        assert flag in text
    assert "lost-answer" in text


def test_a_sandbox_takes_the_port_it_is_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Sandbox(Settings(port=port)) as sandbox:
        assert sandbox.base_url == f"http://127.0.0.1:{port}"


def test_a_stopped_sandbox_leaves_no_thread_no_port_and_no_file() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = set(threading.enumerate())
        with Sandbox() as sandbox, Api(sandbox) as api:
            ok(api.get("/exchanges"))
            directory: Path = sandbox.service.artifacts._scratch.path
            assert directory.exists()
            url = sandbox.base_url
        gc.collect()
    assert set(threading.enumerate()) <= before
    assert not directory.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, verify=TLS)
    sandbox.stop()


def test_sandboxes_run_side_by_side_and_know_nothing_of_each_other() -> None:
    with Sandbox() as first, Sandbox() as second:
        with Api(first) as api:
            api.subscribe()
        with Api(second) as api:
            assert ok(api.get("/subscriptions"))["total"] == 0


def test_a_sandbox_that_serves_a_slow_request_stops_all_the_same() -> None:
    arrived = threading.Event()
    lost: list[Exception] = []

    def ask() -> None:
        try:
            with Api(sandbox) as api:
                api.get("/exchanges")
        except httpx.TransportError as error:
            lost.append(error)

    with Sandbox(Settings(faults=("latency:seconds=1000",), request_deadline=2000)) as sandbox:
        pause = sandbox.service.pause

        async def noticed(seconds: float) -> None:
            arrived.set()
            await pause(seconds)

        sandbox.service.pause = noticed  # type: ignore[method-assign]  # to know when the request has arrived
        thread = threading.Thread(target=ask)
        thread.start()
        assert arrived.wait(60)
    thread.join(60)
    assert not thread.is_alive()


def test_a_sandbox_whose_client_does_not_read_stops_all_the_same(tmp_path: Path) -> None:
    # A message that does not compress, so that the file is larger than what sockets hold.
    with gzip.open(tmp_path / "large.tsv.gz", "wt", encoding="utf-8") as file:
        file.write(f'5\t"{random.Random(0).randbytes(4 << 20).hex()}"\n')
    entry = {"file": "large.tsv.gz", "exchange": "binance", "instrument": "BTCUSDT", "stream_type": "trades"}
    (tmp_path / "index.json").write_text(json.dumps([entry]), encoding="utf-8")
    settings = Settings(captures=tmp_path, hour_bytes=1 << 40, gzip_level=1, export_seconds=0)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        download = ok(api.get(f"/exports/{api.export(START - 30 * SECOND, START)}/download"))
        assert download["total_bytes"] > 10 << 20
        parts = urlsplit(download["artifacts"][0]["url"])
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
            sandbox.stop()


def test_a_sandbox_that_makes_a_long_export_stops_all_the_same() -> None:
    settings = Settings(backdate=200 * 86_400.0, messages_per_minute=1000, daily_parts_after_hours=1)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - 200 * 24 * HOUR, START)}"
        assert ok(api.get(path))["status"] == "queued"
        directory = sandbox.service.artifacts._scratch.path
    assert not directory.exists()


def test_a_canceled_export_leaves_no_file_behind() -> None:
    clock = ManualClock(START)
    settings = Settings(backdate=20 * 86_400.0, messages_per_minute=1000, daily_parts_after_hours=1)
    with Sandbox(settings, clock=clock) as sandbox, Api(sandbox) as api:
        api.subscribe()
        path = f"/exports/{api.export(START - 20 * 24 * HOUR, START)}"
        ok(api.post(f"{path}/cancel"), 204)
        # The clock says it is over, so whoever looks waits for the making of the files to end.
        clock.advance(1)
        assert ok(api.get(path))["status"] == "canceled"
        assert sandbox.service.artifacts.size == 0
        assert [file.name for file in sandbox.service.artifacts._scratch.path.iterdir()] == ["held"]


def test_a_sandbox_runs_once() -> None:
    sandbox = Sandbox()
    with sandbox:
        pass
    with pytest.raises(RuntimeError, match="runs once"):
        sandbox.start()


def test_keys_and_accounts_are_at_hand() -> None:
    with Sandbox(Settings(api_keys=("a:one", "b:two"))) as sandbox:
        assert (sandbox.api_key, sandbox.api_keys) == ("one", ["one", "two"])
        assert sandbox.account("b").name == "b"


def test_system_time_can_be_advanced_and_never_turned_back() -> None:
    clock = SystemClock()
    before = clock.now_ns()
    clock.advance(3600)
    assert clock.now_ns() >= before + 3600 * 10**9
    for any_clock in (clock, ManualClock(START)):
        with pytest.raises(ValueError, match="forward"):
            any_clock.advance(-1)


def test_manual_time_stands_still_until_advanced() -> None:
    clock = ManualClock(START)
    assert clock.now_ns() == clock.now_ns() == START
    clock.advance(0.25)
    assert clock.now_ns() == START + 250_000_000
