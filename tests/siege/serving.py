"""Servers in a process of their own, so that neither a signal nor a busy interpreter reaches them: ``served(...)``."""

from __future__ import annotations

import contextlib
import json
import ssl
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

from tests.support.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
#: A process that serves for hours must not keep every request it ever got.
_KEPT = 1000


@dataclass(frozen=True)
class Served:
    """A running pair of servers with the same behaviour.

    Attributes:
        url: without TLS.
        tls_url: with TLS.
        context: trusts the latter.
    """

    url: str
    tls_url: str
    context: ssl.SSLContext


@contextlib.contextmanager
def served(module: str) -> Iterator[Served]:
    """Serve what ``module.step`` does with a request, until the end of the block.

    Args:
        module: the full name of a module with a function ``step`` that takes an exchange.
    """
    command = [sys.executable, "-m", "tests.siege.serving", module]
    # A session of its own: Ctrl-C at the terminal is for the attack, which then ends its servers.
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        told = json.loads(process.stdout.readline())
        context = ssl.create_default_context(cadata=told["authority"])
        yield Served(told["url"], told["tls_url"], context)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _serve(module: str) -> None:
    step = import_module(module).step
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with contextlib.ExitStack() as servers:
        running: list[ScriptedServer] = []

        def forgetting(exchange: object) -> None:
            for server in running:
                if len(server.requests) > _KEPT:
                    server.requests.clear()
                    server._threads[:] = [thread for thread in server._threads if thread.is_alive()]
            step(exchange)

        plain, tls = (servers.enter_context(ScriptedServer(otherwise=forgetting, tls=each)) for each in (None, context))
        running += [plain, tls]
        told = {"url": plain.url, "tls_url": tls.url, "authority": authority.cert_pem.bytes().decode()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    _serve(sys.argv[1])
