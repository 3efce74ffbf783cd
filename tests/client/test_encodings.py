"""Packed responses: all of them is taken, a part of one is a lost response, and a bomb is not unpacked."""

from __future__ import annotations

import gc
import gzip
import json
import sys
import zlib
from typing import TYPE_CHECKING

import pytest
from tickhaul import DeadlineExceeded, NetworkError, NotFoundError, RateLimitError, ServerError
from tickhaul._core import operations

from tests.support import bodies
from tests.support.behaviours import answer, body, raw
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.behaviours import Step
    from tests.support.faces import Connect, Face
    from tests.support.server import Serve

JOB = json.dumps(bodies.job()).encode()
PACKED = gzip.compress(JOB)


def packed(content: bytes, coding: str = "gzip", status: int = 200, headers: Mapping[str, str] | None = None) -> Step:
    return body(content, status, {"Content-Encoding": coding, **(headers or {})})


@pytest.mark.parametrize(
    "step",
    [
        packed(PACKED),
        packed(PACKED, "GZip"),
        packed(PACKED, "x-gzip"),
        packed(gzip.compress(JOB[:40]) + gzip.compress(b"") + gzip.compress(JOB[40:])),
        packed(JOB, "identity"),
        packed(JOB, ""),
    ],
    ids=["gzip", "in capitals", "by its old name", "in several members", "identity", "empty"],
)
def test_a_packed_body_is_unpacked_to_its_end(step: Step, serve: Serve, connect: Connect) -> None:
    server = serve(step, answer(bodies.job()))
    client = connect(server)
    assert client.exports.get(bodies.EXPORT_ID) == client.exports.get(bodies.EXPORT_ID)
    assert server.requests[0].headers["accept-encoding"] == "gzip"
    assert server.connections == 1


@pytest.mark.parametrize(
    "broken",
    [PACKED[:-1], PACKED[: len(PACKED) // 2], b"", PACKED[:-8] + bytes(8), PACKED + b"x", JOB],
    ids=["a byte short", "half", "empty", "wrong checksum", "something behind it", "not packed"],
)
def test_a_response_whose_packing_is_not_whole_is_lost_and_asked_for_again(
    broken: bytes, serve: Serve, connect: Connect
) -> None:
    server = serve(packed(broken, status=202), answer(bodies.job(), 202))
    job = connect(server, clock=FakeClock()).exports.create(1, 1, 2)
    assert job.id == bodies.EXPORT_ID
    assert server.requests[0].key == server.requests[1].key
    assert server.requests[0].body == server.requests[1].body


def test_a_put_whose_response_was_lost_like_that_is_not_sent_again(serve: Serve, connect: Connect) -> None:
    server = serve(packed(PACKED[:-1]))
    with pytest.raises(NetworkError, match="gzip stream ends before its end; it may have been carried out"):
        connect(server).export_schemas.update(bodies.SCHEMA_ID, [bodies.COLUMN])


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("deflate", zlib.compress(JOB)),
        ("br", JOB),
        ("x-unknown", JOB),
        ("gzip, gzip", gzip.compress(PACKED)),
        ("gzip\r\nContent-Encoding: gzip", gzip.compress(PACKED)),
    ],
)
def test_a_coding_nobody_asked_for_is_an_error(coding: str, content: bytes, serve: Serve, connect: Connect) -> None:
    server = serve(packed(content, coding))
    with pytest.raises(NetworkError, match=r"the response is encoded as .*, and only gzip was asked for"):
        connect(server).exports.get(bodies.EXPORT_ID)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "unusable",
    [packed(b"not gzip", status=404), packed(JOB, "br", 404), body(b" " * (2 << 20), 404)],
    ids=["damaged", "unasked coding", "too long"],
)
def test_an_error_is_judged_by_its_status_whatever_its_body_is(unusable: Step, serve: Serve, connect: Connect) -> None:
    with pytest.raises(NotFoundError, match="without the service's error body"):
        connect(serve(unusable)).exports.get(bodies.EXPORT_ID)


def test_what_an_error_asks_for_is_done_whatever_its_body_is(serve: Serve, connect: Connect) -> None:
    clock = FakeClock()
    server = serve(packed(b"not gzip", status=429, headers={"Retry-After": "7"}), answer(bodies.job()))
    connect(server, clock=clock).exports.get(bodies.EXPORT_ID)
    assert sum(clock.slept) >= 7
    server = serve(packed(b"not gzip", status=429, headers={"Retry-After": "700"}), packed(b"", status=500))
    client = connect(server, max_retries=0, quota=None)
    with pytest.raises(RateLimitError) as caught:
        client.exports.get(bodies.EXPORT_ID)
    assert caught.value.retry_after == 700
    with pytest.raises(ServerError):
        client.exports.get(bodies.EXPORT_ID)


LIMIT = operations.LIST_EXCHANGES.limit
_CHUNK = b"186a0\r\n" + b" " * 100_000 + b"\r\n"
TOO_LONG = {
    "plain": body(b"[" + b" " * LIMIT + b"]"),
    "chunked": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + _CHUNK * (LIMIT // 100_000 + 2)),
    "packed": packed(gzip.compress(b"[" + b"[]," * 100_000_000 + b"[]]", 1)),
    "packed twice": packed(gzip.compress(gzip.compress(bytes(100_000_000), 9), 9), "gzip, gzip"),
}


@pytest.mark.parametrize("how", list(TOO_LONG))
def test_a_response_that_would_fill_the_memory_is_given_up(how: str, serve: Serve, connect: Connect) -> None:
    server = serve(TOO_LONG[how], answer([]))
    client = connect(server)
    reason = "is encoded as 'gzip, gzip'" if how == "packed twice" else f"has more than {LIMIT:,} bytes"
    with pytest.raises(NetworkError, match=reason):
        client.exchanges.list()
    assert len(server.requests) == 1
    assert client.exchanges.list() == []
    assert server.connections == 2


def test_a_download_of_ten_thousand_files_is_taken_and_pages_are_a_megabyte(serve: Serve, connect: Connect) -> None:
    url = "https://storage.example/bucket/" + "x" * 1800
    listing = {
        "artifacts": [
            {"id": f"art_{n:032x}", "url": url, "bytes": 1, "filename": f"{n}.csv.gz"} for n in range(10_000)
        ],
        "count": 10_000,
        "total_bytes": 10_000,
    }
    server = serve(answer(listing))
    assert len(connect(server).exports.get_download(bodies.EXPORT_ID).artifacts) == 10_000
    assert {operation.limit for operation in operations.ALL if operation is not operations.GET_EXPORT_DOWNLOAD} == {
        8 << 20
    }


def test_the_deadline_ends_the_unpacking(serve: Serve, connect: Connect) -> None:
    class Jumping(FakeClock):
        """Time that passes with every look at it."""

        def monotonic(self) -> float:
            self.advance(1.0)
            return super().monotonic()

    server = serve(packed(gzip.compress(b" " * (LIMIT - 10))))
    with pytest.raises(DeadlineExceeded, match="was not unpacked before the deadline"):
        connect(server, clock=Jumping(), deadline=30, timeout=30, quota=None).exchanges.list()


@pytest.mark.parametrize("face", ["asyncio", "trio"], indirect=True)
@pytest.mark.parametrize("more", [0, 1 << 20])
def test_of_a_body_that_is_given_up_nothing_is_left_to_the_event_loop(
    more: int, serve: Serve, connect: Connect, face: Face
) -> None:
    ends: list[object] = []

    async def watch() -> None:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(hooks.firstiter, ends.append)

    face.portal.call(watch)
    step = packed(JOB + bytes(more))
    client = connect(serve(step, answer(bodies.job())), clock=FakeClock(), max_retries=0)
    with pytest.raises(NetworkError, match="gzip stream is damaged"):
        client.exports.get(bodies.EXPORT_ID)
    gc.collect()
    assert ends == []
    assert client.exports.get(bodies.EXPORT_ID).id == bodies.EXPORT_ID
