"""How many connections a transfer opens, and who finishes files meanwhile."""

from __future__ import annotations

import errno
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tickhaul.errors import StorageError
from tickhaul.transfer import TransferOptions, crew
from tickhaul.transfer.crew import next_count
from tickhaul.transfer.disk import PartFile
from tickhaul.transfer.finish import Finisher
from tickhaul.transfer.meter import IdleTime
from tickhaul.transfer.wire import Channel

from tests.transfer.hauls import KIB, assert_arrived, content, haul
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tickhaul.transfer import Progress
    from tickhaul.transfer.build import Build
    from tickhaul.transfer.engine import Transfer

pytestmark = pytest.mark.usefixtures("engine")

MANY = {f"part_{index:02}.csv.gz": content(5 * KIB, index) for index in range(24)}


@pytest.mark.parametrize(
    ("threads", "most", "waited", "count"),
    [
        (1, 16, 0.1, 2),  # all of the time
        (1, 16, 0.041, 2),
        (1, 16, 0.039, 1),
        (4, 16, 0.17, 8),
        (4, 16, 0.1, 4),  # one of four waits
        (8, 10, 0.8, 10),
        (16, 16, 1.6, 16),
        (2, 16, 0.0, 2),
    ],
)
def test_threads_that_wait_get_company(threads: int, most: int, waited: float, count: int) -> None:
    assert next_count(threads, most, waited=waited, seconds=0.1) == count


@given(st.integers(1, 64), st.integers(0, 64), st.floats(0, 100), st.floats(0, 10))
def test_there_are_never_fewer_threads_nor_more_than_may_be(
    threads: int, more: int, waited: float, seconds: float
) -> None:
    assert threads <= next_count(threads, threads + more, waited=waited, seconds=seconds) <= threads + more


def test_a_transfer_that_waits_for_its_host_gets_all_its_connections(tmp_path: Path) -> None:
    all_there = threading.Barrier(4)

    def hold(request: Request, answer: Answer) -> Answer:
        if request.nth < 4:
            all_there.wait(20)
        return answer

    with Storage(MANY, hold) as storage:
        haul(storage, tmp_path, connections=4)
        assert storage.most_open == 4
    assert_arrived(storage, tmp_path)


def test_where_nothing_is_waited_for_no_connection_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    monkeypatch.setattr(IdleTime, "seconds", lambda *_: 0.0)
    looked = threading.Event()
    look = crew.Crew._look

    def tell(self: crew.Crew, waited: float, seconds: float) -> None:
        look(self, waited, seconds)
        looked.set()

    monkeypatch.setattr(crew.Crew, "_look", tell)

    def hold(request: Request, answer: Answer) -> Answer:
        assert request.nth > 0 or looked.wait(20)
        return answer

    with Storage(MANY, hold) as storage:
        haul(storage, tmp_path, connections=4)
        assert storage.connections == 1
    assert_arrived(storage, tmp_path)


def test_the_next_file_is_fetched_while_the_disk_confirms_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    next_one = threading.Event()
    sync = PartFile.sync

    def slow(self: PartFile) -> None:
        assert next_one.wait(20)
        sync(self)

    monkeypatch.setattr(PartFile, "sync", slow)

    def tell(request: Request, answer: Answer) -> Answer:
        if request.nth == 1:
            next_one.set()
        return answer

    with Storage(MANY, tell) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("fsync", [True, False])
def test_a_file_gets_its_name_though_the_next_one_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: bool
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    named = threading.Event()

    def tell(progress: Progress) -> None:
        if progress.files_done:
            named.set()

    def hang(request: Request, answer: Answer) -> Answer:
        assert request.name == "a" or named.wait(20)
        return answer

    with Storage({"a": content(5 * KIB), "b": content(500 * KIB)}, hang) as storage:
        haul(storage, tmp_path, fsync=fsync, on_progress=tell, silence=60, connections=8)
    assert_arrived(storage, tmp_path)


def test_a_disk_that_hangs_costs_no_more_than_the_budget_when_the_process_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    most, looks, enough = 0, 0, threading.Event()
    look, sync = crew.Crew._look, PartFile.sync

    def hang(self: PartFile) -> None:
        assert enough.wait(20)
        sync(self)

    def count(self: crew.Crew, waited: float, seconds: float) -> None:
        nonlocal most, looks
        look(self, waited, seconds)
        most, looks = max(most, self.fetchers + self._transfer.finisher.unnamed), looks + 1
        if looks == 8:
            enough.set()

    monkeypatch.setattr(PartFile, "sync", hang)
    monkeypatch.setattr(crew.Crew, "_look", count)
    with Storage({f"{index:03}": content(2 * KIB, index) for index in range(120)}) as storage:
        haul(storage, tmp_path, connections=16, silence=60)
    assert 8 <= most <= 16
    assert_arrived(storage, tmp_path)


def test_a_slow_disk_is_not_taken_for_a_silent_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "tickhaul.transfer")
    monkeypatch.setattr(crew, "READERS", 1)
    watched = threading.Event()
    drop, name = crew.Crew._drop_silent, Finisher.name_confirmed
    asked: list[bool] = []

    def tell(self: crew.Crew, now: float) -> None:
        drop(self, now)
        asked.append(self._channels[0].busy)
        if len(asked) > 3:
            watched.set()

    def slow(self: Finisher) -> None:
        if threading.current_thread().name.endswith("-0") and self._confirmed and not watched.is_set():
            asked.clear()
            assert watched.wait(20)
            # The first may have been on its way when the list was cleared.
            assert not any(asked[1:4])
        name(self)

    monkeypatch.setattr(crew.Crew, "_drop_silent", tell)
    monkeypatch.setattr(Finisher, "name_confirmed", slow)
    with Storage(MANY) as storage:
        haul(storage, tmp_path, fsync=False)
    assert watched.is_set()
    assert "failed" not in caplog.text
    assert_arrived(storage, tmp_path)


def test_an_error_of_the_disk_between_two_requests_is_none_of_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    failures: list[str] = []

    def broken(self: Finisher) -> None:
        if self._confirmed:
            failures.append(threading.current_thread().name)
            raise OSError("the disk is gone")

    monkeypatch.setattr(Finisher, "name_confirmed", broken)
    with Storage(MANY) as storage, pytest.raises(OSError, match="the disk is gone"):
        haul(storage, tmp_path, fsync=False)
    assert len(failures) == 1


def test_where_no_more_threads_can_be_had_a_transfer_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    refused = threading.Event()
    start = threading.Thread.start

    def limited(self: threading.Thread) -> None:
        if self.name == "tickhaul-transfer-1":
            refused.set()
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", limited)

    def hold(_: Request, answer: Answer) -> Answer:
        assert refused.wait(20)
        return answer

    with Storage(MANY, hold) as storage:
        haul(storage, tmp_path)
        assert storage.connections == 1
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("name", ["", "-finish", "-0", "-watch"])
def test_where_no_thread_can_be_had_a_transfer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    start = threading.Thread.start

    def limited(self: threading.Thread) -> None:
        if self.name == f"tickhaul-transfer{name}":
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", limited)
    with Storage(MANY) as storage, pytest.raises(StorageError, match="can't start new thread; a limit of this process"):
        haul(storage, tmp_path)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("tickhaul-transfer")] == []


@pytest.mark.parametrize("allowed", [1, 2])
def test_where_no_more_files_can_be_opened_a_transfer_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    monkeypatch.setattr(crew, "READERS", 1)
    refused = threading.Event()
    made: list[Channel] = []

    class Limited(Channel):
        def __init__(self, *arguments: Any) -> None:
            if len(made) == allowed:
                refused.set()
                raise OSError(errno.EMFILE, "Too many open files")
            super().__init__(*arguments)
            made.append(self)

    monkeypatch.setattr(crew, "Channel", Limited)

    def hold(_: Request, answer: Answer) -> Answer:
        assert refused.wait(20)
        return answer

    with Storage(MANY, hold) as storage:
        haul(storage, tmp_path)
        assert storage.connections == allowed
    assert_arrived(storage, tmp_path)


def test_where_no_file_can_be_opened_the_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Channel):
        def __init__(self, *_: Any) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(crew, "Channel", Refused)
    with (
        Storage(MANY) as storage,
        pytest.raises(StorageError, match="no connection can be opened here: Too many open files; a limit"),
    ):
        haul(storage, tmp_path)


def test_a_callback_that_takes_its_time_keeps_no_connection_from_being_added(tmp_path: Path) -> None:
    all_there = threading.Event()
    most = threading.Semaphore(3)

    def hold(_: Request, answer: Answer) -> Answer:
        if not most.acquire(blocking=False):
            all_there.set()
        assert all_there.wait(20)
        return answer

    with Storage(MANY, hold) as storage:
        haul(storage, tmp_path, connections=4, on_progress=lambda _: all_there.wait(20))
    assert_arrived(storage, tmp_path)


def test_nothing_is_being_fetched_when_all_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crews: list[crew.Crew] = []
    start = crew.Crew.start

    def told(self: crew.Crew) -> None:
        crews.append(self)
        start(self)

    monkeypatch.setattr(crew.Crew, "start", told)
    with Storage(
        {"a": content(500 * KIB)}, lambda asked, answer: refusal(412) if asked.nth == 1 else answer
    ) as storage:
        haul(storage, tmp_path, connections=1)
    assert not crews[0]._transfer.fetching
    assert_arrived(storage, tmp_path)


def test_a_disk_that_does_not_confirm_a_deferred_file_ends_the_transfer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: PartFile) -> None:
        raise StorageError("the disk failed")

    with Storage(MANY) as storage:
        with monkeypatch.context() as patch:
            patch.setattr(PartFile, "sync", broken)
            with pytest.raises(StorageError, match="the disk failed"):
                haul(storage, tmp_path)
        assert not [path for path in tmp_path.iterdir() if path.suffix == ".gz"]
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_only_so_many_files_wait_for_their_names() -> None:
    transfer = SimpleNamespace(options=TransferOptions(), fetching=True)
    finisher = Finisher(cast("Transfer", transfer))
    file = cast("Build", SimpleNamespace(draft=None))
    assert [finisher.defer(file, at_most=2) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("connections", "threads", "spare"), [(16, 1, 14), (16, 8, 0), (4, 1, 2), (1, 1, 0), (3, 4, 0)]
)
def test_what_waits_and_what_is_fetched_are_within_the_budget(
    monkeypatch: pytest.MonkeyPatch, connections: int, threads: int, spare: int
) -> None:
    monkeypatch.setattr(crew.Crew, "fetchers", threads)
    transfer: Any = SimpleNamespace(options=TransferOptions(connections=connections))  # Any: stands in for a transfer
    assert crew.Crew(transfer, connections).spare == spare
