"""Small responses that stand for much work: each call ends in time, within its memory, and in a right result or an error.

Every bomb goes off in a process of its own, forked for it, so that its own memory can be measured.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import signal
import struct
import sys
import time
import traceback
import zlib
from functools import cache
from typing import TYPE_CHECKING

from tests.siege import echo
from tests.siege.callers import RIGHT, MixedUpError, ask, ask_async, new_async_client, new_client, new_id
from tests.siege.serving import Served, served
from tests.support.behaviours import head

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.siege.tally import Tally
    from tests.support.server import Exchange

#: Seconds a call has, and seconds it may take beyond that: unpacking and parsing look at the time between pieces only.
_DEADLINE = 5.0
_BEYOND = 3.0
#: MiB a call may add to the process, by service. A table of xyt hub may be large by right.
_MEMORY = {False: 512, True: 1600}
#: A bomb that takes as much of the address space has gone off; the machine is spared the rest.
_SPACE = 6 << 30
#: Exit codes of the forked process.
_RESULT, _TREE, _FOREIGN, _WRONG = 0, 10, 11, 12
_MIB = 1 << 20
_FAULTS = ("too much memory", "too late", "foreign errors", "wrong", "hung")


def attack(tally: Tally) -> None:
    """Let bombs go off, one after another, each service and both kinds of client."""
    tally.expect(("bombs", "results", "errors of the tree", "MiB of memory for one at most"), _FAULTS)
    # What all of them need is loaded before the fork, and a call's own memory is all that is measured.
    with served("tests.siege.bombs") as servers:
        _warm_up(servers)
        for roll in tally.rounds():
            # All bombs in each round, in another order, each at one of the four kinds of client.
            bombs = roll.sample(sorted(BOMBS), len(BOMBS))
            for number in tally.steps(len(bombs)):
                bomb = bombs[number]
                _set_off(tally, servers, bomb, hub=roll.random() < 0.4, loop=roll.random() < 0.4)
                if tally.out_of_time:
                    break


def _warm_up(servers: Served) -> None:
    for hub in (False, True):
        with new_client(servers, hub=hub, tls=False) as client:
            ask(client, new_id("gzip"))
        asyncio.run(_ask_once(servers, hub, new_id("gzip")))


def _set_off(tally: Tally, servers: Served, bomb: str, *, hub: bool, loop: bool) -> None:
    face = f"{'hub' if hub else 'client'}{', asyncio' if loop else ''}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began = time.monotonic()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        _go_off(servers, bomb, hub=hub, loop=loop)
    status, memory, hung = _wait(child, began + _DEADLINE + 60)
    took = time.monotonic() - began
    tally.count("bombs")
    most = "MiB of memory for one at most"
    tally.counts[most] = max(tally.counts[most], memory - before)
    if hung:
        tally.fault("hung", f"{bomb} at {face}: ended after {took:.0f} s")
        return
    if memory - before > _MEMORY[hub]:
        tally.fault("too much memory", f"{bomb} at {face}: {memory - before:,} MiB")
    if took > _DEADLINE + _BEYOND:
        tally.fault("too late", f"{bomb} at {face}: {took:.1f} s with a deadline of {_DEADLINE:g} s")
    if status == _RESULT and bomb in _INCOMPLETE:
        tally.fault("wrong", f"{bomb} at {face}: a result of what did not arrive whole")
    elif status == _RESULT:
        tally.count("results")
    elif status == _TREE:
        tally.count("errors of the tree")
    elif status == _WRONG:
        tally.fault("wrong", f"{bomb} at {face}: a result, but not the right one")
    else:
        tally.fault("foreign errors", f"{bomb} at {face}: its process ended with {status}")


def _wait(child: int, end: float) -> tuple[int, int, bool]:
    """The exit code of a process, the most memory it had in MiB, and whether it had to be ended."""
    hung = False
    while True:
        pid, status, usage = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024, hung
        if time.monotonic() > end and not hung:
            hung = True
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)


def _go_off(servers: Served, bomb: str, *, hub: bool, loop: bool) -> None:
    """In the forked process: make the call, and end with what came of it."""
    code = _FOREIGN
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_SPACE, _SPACE))
        identifier = new_id(bomb)
        if loop:
            asyncio.run(_ask_once(servers, hub, identifier))
        else:
            with new_client(servers, hub=hub, tls=False, deadline=_DEADLINE) as client:
                ask(client, identifier)
        code = _RESULT
    except MixedUpError:
        code = _WRONG
    except RIGHT:
        code = _TREE
    except BaseException:
        traceback.print_exc(limit=-4)
    finally:
        sys.stderr.flush()
        os._exit(code)


async def _ask_once(servers: Served, hub: bool, identifier: str) -> None:
    async with new_async_client(servers, hub=hub, tls=False, deadline=_DEADLINE) as client:
        await ask_async(client, identifier)


# -- the other side ---------------------------------------------------------------------------------------------------


def step(exchange: Exchange) -> None:
    """Send the bomb that the id names."""
    bomb = BOMBS.get(echo.manner_of(echo.asked_for(exchange.request)))
    if bomb is None or exchange.request.path.startswith("/auth/"):
        echo.step(exchange)
    else:
        bomb(exchange)


def _packed(content: Callable[[Exchange], bytes], coding: str = "gzip") -> Callable[[Exchange], None]:
    """Send a body that is packed already."""

    def send(exchange: Exchange) -> None:
        data = content(exchange)
        headers = {**echo.kind_of(exchange.request), "Content-Encoding": coding}
        exchange.send(head(200, headers, len(data)) + data)

    return send


def _plain(content: bytes) -> Callable[[Exchange], None]:
    def send(exchange: Exchange) -> None:
        exchange.send(head(200, echo.kind_of(exchange.request), len(content)) + content)

    return send


@cache
def _pack(piece: bytes, mebibytes: int, start: bytes = b"", end: bytes = b"") -> bytes:
    """So much of one piece again and again, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = piece * (_MIB // len(piece))
    # After a full flush nothing refers back, so that the packed block can be repeated as it is.
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(end) + packer.flush()
    check = zlib.crc32(start)
    for _ in range(mebibytes):
        check = zlib.crc32(block, check)
    size = len(start) + mebibytes * len(block) + len(end)
    trailer = struct.pack("<II", zlib.crc32(end, check), size % (1 << 32))
    return b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + first + again * mebibytes + last + trailer


@cache
def _deflated() -> bytes:
    return zlib.compress(b"\0" * (255 * _MIB), 1)


def _document(exchange: Exchange) -> bytes:
    return gzip.compress(echo.document(exchange.request))


def _endless(start: Callable[[Exchange], bytes], piece: bytes, every: float = 0.0) -> Callable[[Exchange], None]:
    """Send a start, and then a piece again and again until the client goes away."""

    def send(exchange: Exchange) -> None:
        exchange.send(start(exchange))
        end = time.monotonic() + 60
        while not exchange.stopped.wait(every) and time.monotonic() < end:
            exchange.send(piece)
        exchange.hang_up()

    return send


def _head(exchange: Exchange, length: int | None = None, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return head(200, {**echo.kind_of(exchange.request), **named}, length)


#: What these stand for is right as far as it goes, but it has no end that says so.
_INCOMPLETE = ("cut", "cutbomb")
_DEEP = b"[" * 200_000 + b"]" * 200_000
_INT = b'{"id":"exp_1","datastream_id":' + b"9" * 5_000_000 + b"}"
_WIDE = b'{"items":[' + b"{}," * 3_000_000 + b"{}]}"
BOMBS: dict[str, Callable[[Exchange], None]] = {
    "gzipofgzip": _packed(lambda _: gzip.compress(_pack(b"\0", 1024)), "gzip, gzip"),
    "gzipofgziponce": _packed(lambda _: gzip.compress(_pack(b"\0", 255)), "gzip"),
    "threetimes": _packed(lambda _: gzip.compress(gzip.compress(_pack(b"\0", 1024))), "gzip, gzip, gzip"),
    "lists": _packed(lambda _: _pack(b"[],", 255, b"[", b"[]]")),
    "zeros": _packed(lambda _: _pack(b"\0", 1024)),
    "spaces": _packed(lambda exchange: _pack(b" ", 200) + _document(exchange)),
    "objects": _packed(lambda _: _pack(b'{"a":{}},', 60, b'{"items":[', b"{}]}")),
    "members": _packed(lambda exchange: gzip.compress(b"") * 300_000 + _document(exchange)),
    "membersonly": _packed(lambda _: gzip.compress(b"") * 300_000),
    "cut": _packed(lambda exchange: _document(exchange)[:-9]),
    "cutbomb": _packed(lambda _: _pack(b"[],", 255)[:-20]),
    "garbage": _packed(lambda exchange: _document(exchange) + os.urandom(1000)),
    "notgzip": _packed(lambda _: os.urandom(100_000)),
    "unasked": _packed(_document, "br"),
    "deflate": _packed(lambda _: _deflated(), "deflate"),
    "deep": _plain(_DEEP),
    "deepgzip": _packed(lambda _: _pack(b"[", 60)),
    "int": _plain(_INT),
    "wide": _plain(_WIDE),
    "hugeheader": _endless(lambda _: b"HTTP/1.1 200 OK\r\nX-Long: ", b"a" * 65536),
    "headers": _endless(lambda _: b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n" * 6000),
    "interim": _endless(lambda _: b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 500),
    "interimslow": _endless(lambda _: b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "chunks": _endless(lambda exchange: _head(exchange, Transfer_Encoding="chunked"), b"1\r\n \r\n" * 5000),
    "endless": _endless(lambda exchange: _head(exchange, Connection="close"), b" " * 65536),
    "length": _endless(lambda exchange: _head(exchange, 1 << 60), b" " * 65536),
    "extension": _endless(lambda exchange: _head(exchange, Transfer_Encoding="chunked") + b"1;", b"a" * 65536),
    "trailers": _endless(
        lambda exchange: _head(exchange, Transfer_Encoding="chunked") + b"1\r\n \r\n0\r\n", b"X-More: 1\r\n" * 6000
    ),
    "drip": _endless(lambda exchange: _head(exchange, 1_000_000), b" ", 0.05),
    "driphead": _endless(lambda _: b"HTTP/1.1 200 OK\r\nX-Long: ", b"a", 0.05),
    "dripchunk": _endless(lambda exchange: _head(exchange, Transfer_Encoding="chunked"), b"1\r\n \r\n", 0.05),
    "silence": _endless(lambda _: b"", b"", 0.2),
}
