"""What the command ends with, and what it says."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from tickhaul.cli import failures, main, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul_sandbox import Sandbox

    from tests.cli.conftest import Ran


def test_done_is_0(tickhaul: Callable[..., Ran]) -> None:
    assert tickhaul("exchanges").code == 0


def test_an_error_of_the_service_is_1_in_one_line(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("exports", "get", "exp_nowhere")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("tickhaul: ")
    assert "404 not_found, request req_" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_with_json_an_error_is_a_document_on_stderr(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("exports", "get", "exp_nowhere", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    error = ran.error
    assert (error["kind"], error["code"], error["status"], error["exit_code"]) == ("NotFoundError", "not_found", 404, 1)
    assert error["request_id"].startswith("req_")


@pytest.mark.parametrize(
    "words",
    [
        ("exprts",),
        ("exports", "lst"),
        ("exports", "list", "--limit", "many"),
        ("exports", "list", "--limit", "0"),
        ("exports", "get"),
        ("exports", "get", ".."),
        ("instruments", "list"),
        ("subscriptions", "get", "exp_1"),
        ("--timeout", "0", "exchanges"),
        ("--deadline", "-1", "exchanges"),
        ("--base-url", "ftp://example.com", "exchanges"),
        ("--base-url", "http://example.com", "exchanges"),
        ("--api-key-file", "/nowhere/at/all", "exchanges"),
        ("availability",),
    ],
)
def test_wrong_usage_is_2(tickhaul: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = tickhaul(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err


def test_no_command_shows_the_help(offline: Callable[..., Ran]) -> None:
    ran = offline()
    assert "Commands:" in ran.out + ran.err
    assert ran.code in (0, 2)  # which of them is a matter of typer's version


def test_no_key_is_3(offline: Callable[..., Ran], tmp_path: Path) -> None:
    ran = offline("exchanges")
    assert (ran.code, ran.out) == (3, "")
    assert "TICKSUPPLY_API_KEY is not set" in ran.err
    empty = tmp_path / "key"
    empty.write_text("\n", encoding="utf-8")
    assert offline("--api-key-file", empty, "exchanges", "--json").error["kind"] == "NotAuthenticatedError"


def test_a_wrong_key_is_3(tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TICKSUPPLY_API_KEY", "key_wrong.secret")
    ran = tickhaul("exchanges", "--json")
    assert (ran.code, ran.out) == (3, "")
    assert ran.error["kind"] == "AuthenticationError"
    assert "key_wrong" not in ran.err


def test_a_key_may_come_from_a_file(offline: Callable[..., Ran], sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{sandbox.api_key}\n", encoding="utf-8")
    assert offline("--base-url", f"{sandbox.base_url}/v1", "--api-key-file", file, "exchanges").code == 0


def test_a_call_out_of_time_is_4(tickhaul: Callable[..., Ran], sandbox: Sandbox) -> None:
    sandbox.faults.add("latency:exchanges.list:seconds=60")
    ran = tickhaul("--deadline", "0.2", "exchanges", "--json")
    assert (ran.code, ran.out) == (4, "")
    assert ran.error["kind"] == "DeadlineExceeded"
    assert ran.error["deadline"] == 0.2


def test_an_unreachable_service_is_1(tickhaul: Callable[..., Ran]) -> None:
    ran = tickhaul("--base-url", "http://127.0.0.1:9", "--deadline", "0.5", "exchanges")
    assert ran.code in (1, 4)
    assert ran.err.startswith("tickhaul: ")


def test_a_disk_that_fails_is_1(tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.stdout, "write", full)
    ran = tickhaul("exchanges")
    assert ran.code == 1
    assert "No space left on device" in ran.err


def test_retries_are_told_at_a_terminal(
    tickhaul: Callable[..., Ran], sandbox: Sandbox, terminal: Callable[[str], None]
) -> None:
    terminal("stderr")
    sandbox.faults.add("rate-limit:exchanges.list:times=1:retry-after=1")
    ran = tickhaul("exchanges", "--json")
    assert ran.code == 0
    assert ran.document
    assert "trying again in " in ran.err


def test_a_mistake_of_the_program_is_not_dressed_up(
    tickhaul: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tickhaul._sync.resources.billing.Billing.get_summary", broken)
    with pytest.raises(ZeroDivisionError):
        tickhaul("billing")


def test_ctrl_c_outside_of_a_command_is_130(offline: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("typer.main.get_command", interrupted)
    ran = offline("exchanges")
    assert (ran.code, ran.err) == (130, "tickhaul: interrupted\n")


@pytest.mark.parametrize(("end", "code"), [(SystemExit(), 0), (SystemExit("words"), 1), (SystemExit(2), 2)])
def test_a_command_that_ends_the_process_has_its_way(
    offline: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, end: SystemExit, code: int
) -> None:
    def ending(*_: object) -> None:
        raise end

    monkeypatch.setattr("typer.main.get_command", ending)
    assert offline("exchanges").code == code


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_an_interruption_that_comes_out_of_an_import_as_another_error_stays_one(
    number: signal.Signals,
    code: int,
    word: str,
    tickhaul: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def importing(_: object) -> str:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        raise ImportError("could not import a module")

    before = signal.getsignal(number)
    monkeypatch.setattr(session.Session, "api_key", importing)
    ran = tickhaul("billing")
    assert (ran.code, ran.out, ran.err) == (code, "", f"tickhaul: {word}\n")
    assert signal.getsignal(number) is before


def test_the_command_may_run_in_a_thread(tickhaul: Callable[..., Ran]) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["billing", "--json"])))
    thread.start()
    thread.join()
    assert codes == [0]


def test_the_log_goes_to_stderr_without_a_secret_and_ends_with_the_run(tickhaul: Callable[..., Ran]) -> None:
    logger = logging.getLogger("tickhaul")
    before = list(logger.handlers), logger.level
    quiet, loud, louder = (tickhaul(*words, "exchanges", "--json") for words in ((), ("-v",), ("-vvv",)))
    assert quiet.err == ""
    assert len(louder.err) >= len(loud.err)
    assert "exchanges.list" in louder.err
    assert quiet.document == loud.document == louder.document
    assert (list(logger.handlers), logger.level) == before


def test_nobody_left_to_read_an_error_is_no_error(offline: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(sys.stderr, "write", gone)
    assert offline("exchanges").code == 3


def test_what_comes_from_afar_cannot_play_with_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    failures.report("ApiError", "no\x1b[2J\u202e such thing", 1, session.Session())
    assert capsys.readouterr().err == "tickhaul: no\\x1b[2J\\u202e such thing\n"


def test_a_documentation_of_the_codes_is_in_the_help(offline: Callable[..., Ran]) -> None:
    text = " ".join(offline("--help").out.split())
    assert "0 done, 1 the service or the job failed, 2 wrong usage, 3 not authenticated, 4 timed out, 130" in text
