"""Connecting to one of several addresses: the order, the turns, what is remembered, and that no socket is left open."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.net import dialing
from tickhaul.net.dialing import HEAD_START, Schedule, dial, in_order, most_telling, remember

from tests.support.silent import resolve_localhost, silent_listener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from tickhaul.net.dialing import Address

NO_WAY = "127.0.0.9"
V4, V6 = int(socket.AF_INET), int(socket.AF_INET6)


def address(name: str) -> Address:
    kind = V6 if ":" in name else V4
    return (kind, int(socket.SOCK_STREAM), 6, "", (name, 443, 0, 0) if kind == V6 else (name, 443))


def named(addresses: list[Address]) -> list[str]:
    return [str(each[4][0]) for each in addresses]


class Interrupt(BaseException):
    """As Ctrl-C."""


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "_worked", {})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Recorded]]:
    """All sockets that are opened, in their order."""
    Recorded.all = []
    with ExitStack() as closing:
        monkeypatch.setattr(socket, "socket", Recorded)
        yield Recorded.all
        for sock in Recorded.all:
            closing.enter_context(sock)


class Recorded(socket.socket):
    """Is kept, so that only being closed closes it, and knows where it was connected to."""

    all: list[Recorded] = []  # noqa: RUF012 (of all of them)
    target: Any = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.all.append(self)

    def connect_ex(self, target: Any) -> int:
        self.target = target[0]
        if self.target == NO_WAY:
            return errno.ENETUNREACH
        return super().connect_ex(target)


def targets(opened: list[Recorded]) -> list[str]:
    return [sock.target for sock in opened]


def open_ones(opened: list[Recorded]) -> list[Recorded]:
    return [sock for sock in opened if sock.fileno() != -1]


@pytest.mark.parametrize(
    ("found", "preferred", "expected"),
    [
        ([], None, []),
        (["1"], None, ["1"]),
        (["1", "2", "3"], None, ["1", "2", "3"]),
        (["a::", "b::", "1", "2"], None, ["a::", "1", "b::", "2"]),
        (["1", "a::", "b::", "c::"], None, ["1", "a::", "b::", "c::"]),
        (["1", "1", "a::", "1"], None, ["1", "a::"]),
        (["a::", "b::", "1", "2"], "2", ["2", "a::", "1", "b::"]),
        (["a::", "1"], "gone", ["a::", "1"]),
    ],
)
def test_the_kinds_of_address_take_turns(found: list[str], preferred: str | None, expected: list[str]) -> None:
    known = None if preferred is None else address(preferred)
    assert named(in_order([address(each) for each in found], known)) == expected


@given(found=st.lists(st.sampled_from([address(each) for each in ("1", "2", "3", "4", "a::", "b::", "c::")])))
def test_each_address_has_its_turn_once_and_none_waits_for_all_of_another_kind(found: list[Address]) -> None:
    order = in_order(found)
    assert sorted(order) == sorted(set(found))
    for kind in (V4, V6):
        mine = [each for each in order if each[0] == kind]
        assert mine == [each for each in dict.fromkeys(found) if each[0] == kind]
        for nth, each in enumerate(mine):
            # Before the nth of its kind come as many of that kind, and of the other at most one more.
            assert order.index(each) <= 2 * nth + 1


def test_an_attempt_begins_after_the_head_start_of_the_last_or_when_one_has_failed() -> None:
    one, two, three = (address(each) for each in "123")
    schedule = Schedule([one, two, three])
    assert schedule.wait(5.0) == 0.0
    assert schedule.begin(5.0) == one
    assert schedule.begin(5.0) is None
    assert schedule.wait(5.1) == pytest.approx(HEAD_START - 0.1)
    assert schedule.begin(5.0 + HEAD_START) == two
    assert schedule.begin(5.0 + HEAD_START) is None
    schedule.failed()
    assert schedule.wait(5.3) == 0.0
    assert schedule.begin(5.3) == three
    assert schedule.wait(5.3) is None
    assert schedule.begin(99.0) is None


@given(
    count=st.integers(0, 5),
    steps=st.lists(st.tuples(st.floats(0, 1, allow_nan=False), st.booleans()), max_size=30),
)
def test_the_turns_are_kept_whatever_happens(count: int, steps: list[tuple[float, bool]]) -> None:
    addresses = [address(str(each)) for each in range(count)]
    schedule, now = Schedule(addresses), 0.0
    begun: list[Address] = []
    last: float | None = None
    failed = True
    for passed, fails in steps:
        now += passed
        if fails:
            schedule.failed()
        failed = failed or fails
        wait = schedule.wait(now)
        turn = schedule.begin(now)
        assert (wait is None) == (len(begun) == count)
        assert (turn is not None) == (wait == 0.0)
        if turn is not None:
            assert failed or (last is not None and now - last >= HEAD_START - 1e-9)
            begun.append(turn)
            last, failed = now, False
    assert begun == addresses[: len(begun)]


@pytest.mark.parametrize(
    ("codes", "telling"),
    [
        ([errno.ECONNREFUSED], errno.ECONNREFUSED),
        ([errno.ECONNREFUSED, errno.EHOSTUNREACH], errno.EHOSTUNREACH),
        ([errno.ECONNREFUSED, errno.ENETUNREACH], errno.ECONNREFUSED),
        ([errno.ENETUNREACH, errno.EADDRNOTAVAIL], errno.EADDRNOTAVAIL),
    ],
)
def test_what_says_most_is_about_the_other_end(codes: list[int], telling: int) -> None:
    error = most_telling([OSError(code, "") for code in codes])
    assert isinstance(error, OSError)
    assert error.errno == telling


def test_of_too_many_addresses_the_oldest_are_forgotten() -> None:
    worked: dict[tuple[str, int], Address] = {}
    remember(worked, ("first", 1), address("1"))
    for number in range(1000):
        remember(worked, (f"host{number}", 1), address("1"))
        remember(worked, ("kept", 1), address(str(number)))
    assert len(worked) == 256
    assert worked["kept", 1] == address("999")
    assert ("host999", 1) in worked
    assert ("first", 1) not in worked


def test_the_first_connection_wins_and_the_other_attempts_are_closed(
    listener: socket.socket, opened: list[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.1")
    with silent_listener("127.0.0.2", port), silent_listener("127.0.0.3", port):
        del opened[:]
        sock = dial("localhost", port, lambda: None)
        assert targets(opened) == ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
        assert open_ones(opened) == [sock]
        assert sock.getpeername() == ("127.0.0.1", port)
        assert sock.getblocking()
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_worked_when_others_did_not_is_tried_first_until_it_fails(
    listener: socket.socket, opened: list[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.1")
    dial("localhost", port, lambda: None)
    assert targets(opened[-2:]) == ["127.0.0.2", "127.0.0.1"]
    dial("localhost", port, lambda: None)
    assert targets(opened[-2:]) == ["127.0.0.1", "127.0.0.1"]
    listener.close()
    with pytest.raises(ConnectionRefusedError):
        dial("localhost", port, lambda: None)
    assert targets(opened[-2:]) == ["127.0.0.1", "127.0.0.2"]
    with pytest.raises(ConnectionRefusedError):
        dial("localhost", port, lambda: None)
    assert targets(opened[-2:]) == ["127.0.0.2", "127.0.0.1"]


def test_nothing_is_remembered_where_the_first_address_works(
    listener: socket.socket, opened: list[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    for addresses in (["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]):
        resolve_localhost(monkeypatch, *addresses)
        dial("localhost", port, lambda: None)
    assert targets(opened[-3:]) == ["127.0.0.1", "127.0.0.2", "127.0.0.1"]


def test_all_attempts_end_when_the_time_is_up(opened: list[Recorded], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1000))
    with silent_listener("127.0.0.2") as port, silent_listener("127.0.0.1", port):
        del opened[:]
        resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.1")
        with pytest.raises(TimeoutError):
            dial("localhost", port, lambda: 5.0, monotonic=lambda: float(next(clock)))
        assert targets(opened) == ["127.0.0.2", "127.0.0.1"]
        assert open_ones(opened) == []


def test_what_looks_whether_to_go_on_can_end_all_attempts(opened: list[Recorded]) -> None:
    looks = []

    def look() -> None:
        looks.append(threading.get_ident())
        if len(looks) == 4:
            raise LookupError("enough")

    with silent_listener() as port:
        del opened[:]
        with pytest.raises(LookupError, match="enough"):
            dial("127.0.0.1", port, lambda: None, look=look)
        assert open_ones(opened) == []


def test_attempts_that_all_fail_end_at_once_with_what_says_most(
    opened: list[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    del opened[:]
    resolve_localhost(monkeypatch, "127.0.0.1", "127.0.0.2", NO_WAY)
    with pytest.raises(ConnectionRefusedError):
        dial("localhost", port, lambda: None)
    assert len(opened) == 3
    assert open_ones(opened) == []


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS])
def test_a_system_without_room_for_a_socket_says_so(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(code, "no room")

    monkeypatch.setattr(socket, "socket", full)
    with pytest.raises(OSError, match="no room"):
        dial("127.0.0.1", 9, lambda: None)


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example", "\ud800.example"])
def test_a_name_that_cannot_be_one_does_not_resolve(name: str) -> None:
    with pytest.raises(socket.gaierror, match="malformed"):
        dial(name, 443, lambda: None)


def test_a_name_without_addresses_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_localhost(monkeypatch)
    with pytest.raises(socket.gaierror, match="no address"):
        dial("localhost", 443, lambda: None)


def test_an_interrupt_between_any_two_lines_leaves_no_socket_open(
    listener: socket.socket, opened: list[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    resolve_localhost(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.1")
    monkeypatch.setattr(dialing, "HEAD_START", 0.0)
    lines = [0]

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code.co_filename != dialing.__file__:
            return None
        if event == "line":
            lines[0] -= 1
            if lines[0] == 0:
                raise Interrupt
        return trace

    def attempt(outcome: list[Any]) -> None:
        sys.settrace(trace)
        try:
            outcome.append(dial("localhost", port, lambda: None))
        except Interrupt:
            outcome.append(None)
        finally:
            sys.settrace(None)

    at = 0
    outcome: list[Any] = [None]
    with silent_listener("127.0.0.2", port):
        del opened[:]
        while outcome == [None]:
            at += 1
            lines[0] = at
            outcome = []
            # In a thread of its own: raising in a trace function leaves that one with an exception it never ends with.
            thread = threading.Thread(target=attempt, args=[outcome])
            thread.start()
            thread.join(30)
            assert open_ones(opened) == [sock for sock in outcome if sock is not None]
    assert at > 50
    assert len(outcome) == 1
