"""What the pages say about xyt hub is what happens when it is done."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import ResponseDecodeError, xythub
from tickhaul_sandbox import Sandbox
from tickhaul_sandbox.xythub.settings import DEFAULT_CLIENT_SECRET, DEFAULT_KEY, DEFAULT_USER
from xythub_proto.v2_0_0.api_data_pb2 import DataRequest, DataResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox as `tickhaul sandbox` runs it, and the environment that leads there."""
    with Sandbox() as running:
        monkeypatch.setenv("XYTHUB_USER", DEFAULT_USER)
        monkeypatch.setenv("XYTHUB_API_KEY", DEFAULT_KEY)
        monkeypatch.setenv("XYTHUB_CLIENT_SECRET", DEFAULT_CLIENT_SECRET)
        monkeypatch.setenv("XYTHUB_BASE_URL", running.base_url)
        yield running


def test_the_readmes_program_shows_ticks(emulator: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = (text for text in blocks("README.md", "python") if "xythub" in text)
    exec(compile(program, "README.md", "exec"), {})
    assert "ZAL.XE" in capsys.readouterr().out


def test_the_pages_first_program_gives_tables(emulator: Sandbox) -> None:
    program = blocks("docs/xythub.md", "python")[0]
    # The page has dots where a person has credentials; here they come from the environment.
    found: dict[str, Any] = {}
    exec(program.replace('"user", api_key="...", client_secret="..."', ""), found)
    assert found["ticks"].row_count > 0
    assert set(found["shares"].to_numpy()["isin"]) == {"DE000A1EWWW0"}


def test_the_pages_settings_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    program = next(text for text in blocks("docs/xythub.md", "python") if "xythub.Settings(" in text)
    found: dict[str, Any] = {"xythub": xythub}
    exec(program, found)
    assert repr(found["hub"]) == "<Client of https://data.example>"
    found["hub"].close()


def test_the_pages_frames_are_written_and_read() -> None:
    program = next(text for text in blocks("docs/xythub.md", "python") if "write_delimited_to" in text)
    empty = b"\xfa\x00"
    found: dict[str, Any] = {
        "io": io,
        "xythub": xythub,
        "DataResponse": DataResponse,
        "request": DataRequest(),
        "body": empty,
        "chunks": [empty, empty],
    }
    exec(program, found)
    assert found["buffer"].getvalue() == empty
    assert found["response"] == found["message"] == DataResponse()


def test_the_pages_test_is_one(ticksupply_sandbox: Sandbox) -> None:
    program = next(text for text in blocks("docs/xythub.md", "python") if "ticksupply_sandbox" in text)
    found: dict[str, Any] = {"xythub": xythub}
    exec(program.replace("    ...\n", "    return hub\n"), found)
    with found["test_my_program"](ticksupply_sandbox) as hub:
        assert hub.get("lookupSources").row_count == 2
        with pytest.raises(ResponseDecodeError, match="the frame ends early"):
            hub.market.tick_data("ZAL.XE", "2016-05-05")


def commands() -> list[str]:
    lines = [line for page in ("README.md", "docs/cli.md") for text in blocks(page, "sh") for line in text.splitlines()]
    return [line.partition("  #")[0].strip() for line in lines if line.startswith("tickhaul xyt ")]


@pytest.mark.parametrize("line", commands())
def test_the_command_lines_of_the_pages_work(emulator: Sandbox, tmp_path: Path, line: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tickhaul.cli", *shlex.split(line)[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=dict(os.environ),
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout or list(tmp_path.iterdir())


def test_the_command_lines_are_found() -> None:
    assert len(commands()) >= 7
