"""Every request that all the tests before this one had tickhaul send. `tests/conftest.py` has it run last."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from tickhaul import AsyncClient, Client
from tickhaul_sandbox import Sandbox

# Its oldest version does not go with the oldest one of what it needs.
pytest.importorskip("openapi_core", exc_type=ImportError)

from tests.contract import every_request
from tests.contract.openapi import Sent, wrong_with

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def _asked() -> None:
    """At least one, so that a run of these tests alone has something to look at."""
    with Sandbox() as sandbox, Client(sandbox.api_key, base_url=sandbox.base_url) as th:
        th.exchanges.list()


def test_requests_are_noted_with_the_test_that_sent_them() -> None:
    exchanges = Sent("GET", "/v1/exchanges", (("x-api-key", "key"),), b"")
    assert "tests/" in every_request.SEEN[exchanges]


def test_requests_of_both_clients_and_of_the_command_are_noted() -> None:
    async def ask(sandbox: Sandbox) -> None:
        async with AsyncClient(sandbox.api_key, base_url=sandbox.base_url) as th:
            [_ async for _ in th.exchanges.list_instruments("binance", search="ASYNC")]

    with Sandbox() as sandbox:
        with Client(sandbox.api_key, base_url=sandbox.base_url) as th:
            list(th.exchanges.list_instruments("binance", search="SYNC"))
        anyio.run(ask, sandbox)
        program = "import sys; from tickhaul.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", program, "--base-url", sandbox.base_url]
        environment = {**os.environ, "TICKSUPPLY_API_KEY": sandbox.api_key}
        # A process of its own: only the sandbox sees what it sends.
        subprocess.run(
            [*command, "instruments", "list", "binance", "--search", "COMMAND"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    targets = {sent.target for sent in every_request.SEEN if "/instruments?" in sent.target}
    searched = {way for way in ("SYNC", "ASYNC", "COMMAND") for target in targets if f"search={way}" in target}
    assert searched == {"SYNC", "ASYNC", "COMMAND"}


#: A project's test that passes, and that sends what the contract does not know.
WRONG = """
import time
from dataclasses import replace

import anyio
from tickhaul._async.transport import AsyncTransport
from tickhaul._core.deadline import Deadline
from tickhaul._core.origin import read_origin
from tickhaul.net.secrets import Secret
from tickhaul._core.wire import WireRequest
from tickhaul._sync.transport import Transport


def request_to(sandbox):
    origin = read_origin(sandbox.base_url, allow_plain_http=False)
    headers = [(b"Host", origin.authority.encode())]
    credential = (b"X-Api-Key", Secret(sandbox.api_key))
    return origin, WireRequest("GET", "/v1/exports", b"/v1/exports?QUERY", headers, credential, None)


def ask(transport, request):
    return transport.send(request, limit=1 << 20, timeout=10, until=Deadline(10, time.monotonic))


def test_that_is_sync_and_passes(ticksupply_sandbox):
    origin, request = request_to(ticksupply_sandbox)
    transport = Transport(origin, ssl_context=None, proxy=None, on_lost=list)
    assert ask(transport, request).status == 200
    transport.close()


def test_that_is_async_and_passes(ticksupply_sandbox):
    async def send():
        origin, request = request_to(ticksupply_sandbox)
        request = replace(request, target=request.target + b"1")
        transport = AsyncTransport(origin, ssl_context=None, proxy=None, on_lost=list)
        assert (await ask(transport, request)).status == 200
        await transport.aclose()

    anyio.run(send)
"""


@pytest.mark.parametrize(("query", "code"), [("limit=1", 0), ("size=1", 1)])
def test_a_wrong_request_fails_the_run_and_names_the_test_that_sent_it(tmp_path: Path, query: str, code: int) -> None:
    (tmp_path / "test_wrong.py").write_text(WRONG.replace("QUERY", query), "utf-8")
    last = "tests/contract/test_every_request.py::test_every_request_of_the_whole_suite_fits_the_contract"
    ran = subprocess.run(
        # Named first, and run last all the same.
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", last, str(tmp_path / "test_wrong.py")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    wrong = bool(code)
    assert ("the contract does not name the parameters ['size']" in ran.stdout) is wrong
    assert ("::test_that_is_sync_and_passes" in ran.stdout) is wrong
    assert ("::test_that_is_async_and_passes" in ran.stdout) is wrong


def test_every_request_of_the_whole_suite_fits_the_contract() -> None:
    wrong = [
        f"{test}\n  {sent.method} {sent.target} {sent.body[:200]!r}\n  {why}"
        for sent, test in every_request.SEEN.items()
        if (why := wrong_with(sent))
    ]
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
