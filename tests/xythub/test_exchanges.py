"""What may be wrong with an exchange as such: something behind a response, half of its packing, an interrupt in it."""

from __future__ import annotations

import contextlib
import gzip
import importlib
from typing import TYPE_CHECKING, Any

import pytest
from tickhaul import NetworkError, ResponseDecodeError, xythub

from tests.support.behaviours import body, head, last, raw
from tests.support.clock import FakeClock
from tests.support.interrupts import interrupt_call, interrupted, variables_of
from tests.xythub.answers import answer as table_answer
from tests.xythub.faces import CLIENT_SECRET, KEY, PASSWORD
from tests.xythub.wire import framed, grant

if TYPE_CHECKING:
    from tests.support.behaviours import Step
    from tests.support.server import Exchange, Serve
    from tests.xythub.faces import Connect, HubFace

ROWS = b"time,price\n" + b"".join(b"%d,1.5\n" % number for number in range(5000))
DAY = "2024-01-15"


def packed(content: bytes, coding: str = "gzip") -> Step:
    return body(content, headers={"Content-Encoding": coding})


@pytest.mark.parametrize(
    ("content", "coding"),
    [
        (gzip.compress(ROWS), "gzip"),
        (gzip.compress(ROWS), "x-gzip"),
        (gzip.compress(ROWS[:12_770]) + gzip.compress(ROWS[12_770:]), "gzip"),
    ],
    ids=["one member", "by its old name", "two members"],
)
def test_all_rows_of_a_packed_table_are_returned(content: bytes, coding: str, connect: Connect, serve: Serve) -> None:
    server = serve(grant(), packed(content, coding))
    assert connect(server.url).csv.timeseries("trades", "SAP", DAY) == ROWS


@pytest.mark.parametrize("cut", [0, 1, 9, 1000, -1])
def test_part_of_a_packed_table_is_asked_for_again(cut: int, connect: Connect, serve: Serve) -> None:
    server = serve(grant(), packed(gzip.compress(ROWS)[:cut]), packed(gzip.compress(ROWS)))
    assert connect(server.url, clock=FakeClock()).csv.timeseries("trades", "SAP", DAY) == ROWS
    assert len(server.requests) == 3


@pytest.mark.parametrize("coding", ["deflate", "br", "gzip, gzip"])
def test_bytes_in_a_coding_nobody_asked_for_are_not_returned(coding: str, connect: Connect, serve: Serve) -> None:
    server = serve(grant(), packed(gzip.compress(ROWS), coding))
    with pytest.raises(NetworkError, match="only gzip was asked for"):
        connect(server.url).csv.timeseries("trades", "SAP", DAY)


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n",
        head(206, {"Content-Range": "bytes 0-23891/47784"}, 12_770),
        head(206, {}, 12_770),
        head(200, {"Content-Range": "bytes 0-23891/47784"}, 12_770),
    ],
    ids=["no length", "HTTP/1.0", "a part", "a part that says nothing", "a part that calls itself whole"],
)
def test_part_of_a_table_is_asked_for_again(start: bytes, connect: Connect, serve: Serve) -> None:
    server = serve(grant(), last(raw(start + ROWS[:12_770])), body(ROWS))
    assert connect(server.url, clock=FakeClock()).csv.timeseries("trades", "SAP", DAY) == ROWS
    assert len(server.requests) == 3


def _bytes_of(step: Step) -> bytes:
    sent: list[bytes] = []

    class Taken:
        def send(self, data: bytes) -> None:
            sent.append(data)

    step(Taken())  # type: ignore[arg-type]  # all it is asked for
    return b"".join(sent)


def _table(number: int) -> Step:
    return framed(table_answer(a=("integer_list", [number])))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _in_chunks(response: bytes) -> bytes:
    content = response.partition(b"\r\n\r\n")[2]
    return CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(content), content)


@pytest.mark.parametrize("framing", ["a length", "chunks", "no content"])
@pytest.mark.parametrize("after", ["token", "data"])
def test_nothing_left_behind_a_response_reaches_another_call(
    framing: str, after: str, connect: Connect, serve: Serve
) -> None:
    surplus, token, good = _bytes_of(_table(666)), _bytes_of(grant()), _bytes_of(_table(1))
    if after == "token":
        if framing == "no content":
            pytest.skip("a token has content")
        first = token if framing == "a length" else _in_chunks(token)
        server = serve(raw(first + surplus), raw(good))
        client = connect(server.url)
    else:
        first = {"a length": good, "chunks": _in_chunks(good), "no content": head(204, {}, None)}[framing]
        server = serve(raw(token), raw(first + surplus), raw(good))
        client = connect(server.url)
        with contextlib.suppress(ResponseDecodeError):
            client.get("nothing")
    assert client.get("nothing").to_numpy()["a"].tolist() == [1]
    assert server.requests[-1].connection == 1


def _get(client: Any) -> Any:  # of either face
    return client.get("nothing")


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    "step", ["tokens.Tokens._enter", "tokens.Tokens._leave", "tokens.Tokens._keep", "Places.take", "Places.give_back"]
)
def test_a_client_is_as_good_as_new_after_an_interrupt_in_its_token_request(
    step: str, moment: str, connect: Connect, serve: Serve, face: HubFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(exchange: Exchange) -> None:
        (grant() if exchange.request.path.endswith("/token") else _table(1))(exchange)

    server = serve(otherwise=tell)
    client = connect(server.url, deadline=30)
    half, prefix = ("_sync", "") if face.name == "sync" else ("_async", "Async")
    if step.startswith("Places"):
        owner = importlib.import_module(f"tickhaul.{half}.primitives").Places
    else:
        owner = getattr(importlib.import_module(f"tickhaul.xythub.{half}.tokens"), f"{prefix}Tokens")
    name = step.rpartition(".")[2]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, interrupted(getattr(owner, name), moment))
        interrupt_call(client, face, _get)
    assert [client.get("nothing").to_numpy()["a"].tolist() for _ in range(3)] == [[1]] * 3


def test_no_frame_of_an_interrupt_or_of_a_refused_client_shows_a_secret(
    connect: Connect, serve: Serve, face: HubFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(serve(otherwise=grant()).url)
    half, prefix = ("_sync", "") if face.name == "sync" else ("_async", "Async")
    network = importlib.import_module(f"tickhaul.{half}.network")
    with monkeypatch.context() as patched:
        stream = getattr(network, f"{prefix}DeadlineStream")
        patched.setattr(stream, "read", interrupted(stream.read, "before"))
        errors: list[BaseException] = [interrupt_call(client, face, _get)]
    mistakes: tuple[dict[str, Any], ...] = (
        {"timeout": -1},
        {"proxy": "nonsense://"},
        {"password": PASSWORD, "api_key": KEY},
    )
    for wrong in mistakes:
        with pytest.raises(ValueError) as caught:
            face.hub(**wrong)
        errors.append(caught.value)
    kind = xythub.Client if face.name == "sync" else xythub.AsyncClient
    assert repr(object.__new__(kind)) == f"<{kind.__name__} of no service: it was not built>"
    for error in errors:
        shown = variables_of(error)
        for secret in (PASSWORD, CLIENT_SECRET, KEY):
            assert secret not in shown
