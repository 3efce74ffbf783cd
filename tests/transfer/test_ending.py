"""However a transfer ends, it ends soon, leaves no thread or connection behind, and the next run goes on."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tickhaul.errors import StorageError
from tickhaul.transfer import Progress, RemoteFile, TransferCanceled, download
from tickhaul.transfer.build import Build
from tickhaul.transfer.disk import PartFile

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul, names_in, options
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"large": content(1500 * KIB), **{f"small_{index}": content(20 * KIB, index) for index in range(8)}}


class Stall:
    """Lets so many requests through and stalls all that follow, until told to go on; tells when all are stuck."""

    def __init__(self, after: int, connections: int) -> None:
        self.stuck = threading.Event()
        self.on = True
        self._after = after
        self._left = connections
        self._lock = threading.Lock()

    def __call__(self, request: Request, answer: Answer) -> Answer:
        if self.on and request.nth >= self._after:
            answer.cut, answer.then, answer.after = len(answer.body) // 2, "stall", self._one_more
        return answer

    def _one_more(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.stuck.set()


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("tickhaul-transfer")]


def test_ctrl_c_ends_a_transfer_that_hangs_and_the_next_run_goes_on(tmp_path: Path) -> None:
    stall = Stall(after=5, connections=4)

    def interrupt() -> None:
        assert stall.stuck.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    with Storage(FILES, stall) as storage:
        presser = threading.Thread(target=interrupt)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            haul(storage, tmp_path, silence=600)
        presser.join()
        assert threads() == []
        assert_nothing_false(storage, tmp_path)
        sent = sum(storage.sent.values())
        stall.on = False
        haul(storage, tmp_path)
        assert sum(storage.sent.values()) - sent < sum(map(len, FILES.values())) - sent + 4 * 128 * KIB
    assert_arrived(storage, tmp_path)


def test_a_cancel_does_not_wait_for_connections_that_hang(tmp_path: Path) -> None:
    stall = Stall(after=5, connections=4)
    with Storage(FILES, stall) as storage:
        # Were the connections not broken off, this would take the ten minutes of `silence`, and run into the time limit.
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, cancel=stall.stuck, silence=600)
        assert threads() == []
        stall.on = False
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_a_cancel_does_not_wait_for_a_refresh_that_hangs(tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> list[RemoteFile]:
        asked.set()
        assert go_on.wait(30)
        return storage.listing()

    with Storage({"a": content(10)}, lambda *_: refusal(403)) as storage:
        with pytest.raises(TransferCanceled):
            download(storage.listing(), tmp_path, refresh=hang, export_id="exp_1", cancel=asked)
        assert threads() != []
        go_on.set()
        for thread in threading.enumerate():
            if thread.name.startswith("tickhaul"):
                thread.join(20)
        assert threads() == []
        assert len(storage.requests) == 1
    assert names_in(tmp_path) == []


def test_a_cancel_does_not_wait_for_a_disk_that_confirms_what_an_earlier_run_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall, asked, go_on = Stall(after=5, connections=4), threading.Event(), threading.Event()

    def slowly(_: PartFile) -> None:
        asked.set()
        assert go_on.wait(30)

    with Storage({"large": content(1500 * KIB)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, cancel=stall.stuck, silence=600)
        with monkeypatch.context() as patch:
            patch.setattr(PartFile, "sync", slowly)
            with pytest.raises(TransferCanceled):
                haul(storage, tmp_path, cancel=asked, silence=600)
            go_on.set()
            for thread in threading.enumerate():
                if thread.name.startswith("tickhaul"):
                    thread.join(20)
        stall.on = False
        (file,) = haul(storage, tmp_path)
        assert file.resumed
    assert_arrived(storage, tmp_path)


def test_a_transfer_leaves_no_thread_and_no_connection(tmp_path: Path) -> None:
    with Storage(FILES) as storage:
        haul(storage, tmp_path)
        assert threads() == []
        assert storage.most_open <= 4
    assert storage.open_now == 0


def test_the_budget_holds_over_all_files(tmp_path: Path) -> None:
    with Storage({f"f{index}": content(300 * KIB, index) for index in range(8)}) as storage:
        haul(storage, tmp_path, connections=3)
        assert storage.most_open <= 3
    assert_arrived(storage, tmp_path)


def test_a_silent_connection_is_dropped_and_its_part_taken_up_by_another(tmp_path: Path) -> None:
    def stall_once(request: Request, answer: Answer) -> Answer:
        if request.nth == 3:
            answer.cut, answer.then = 1000, "stall"
        return answer

    with Storage({"a": content(1500 * KIB)}, stall_once) as storage:
        haul(storage, tmp_path)
        stuck = storage.requests[3].span
        assert stuck is not None
        assert any(request.span == (stuck[0] + 1000, stuck[1]) for request in storage.requests)
    assert_arrived(storage, tmp_path)


def test_the_last_part_does_not_trail_on_a_slow_connection(tmp_path: Path) -> None:
    """While one connection hangs with the last large part, idle ones take over half of what is left of it."""
    size = 40 * 1024 * KIB

    def hang(request: Request, answer: Answer) -> Answer:
        if request.span is not None and request.span[0] == 0 and request.times == 0:
            answer.cut, answer.then = 1000, "stall"
        return answer

    with Storage({"a": content(size)}, hang) as storage:
        haul(storage, tmp_path, connections=4, part_size=size // 2, silence=1.5)
        starts = sorted(request.span[0] for request in storage.requests if request.span)
        assert any(size // 8 < start < size // 2 for start in starts)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("size", [100 * KIB, 1000 * KIB])
def test_only_what_is_more_than_a_part_is_remembered_while_it_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    seen: list[str] = []
    suspend = Build.suspend

    def look_before(build: Build) -> None:
        seen.extend(names_in(tmp_path))
        suspend(build)

    def break_off(_: Request, answer: Answer) -> Answer:
        answer.cut = size // 2
        return answer

    monkeypatch.setattr(Build, "suspend", look_before)
    with Storage({"a": content(size)}, break_off) as storage:
        files = [replace(file, size=None) for file in storage.listing()]
        settings = options(connections=1, attempts=1)
        with pytest.raises(StorageError):
            download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=settings)
    assert any(name.endswith(".part") for name in seen)
    assert any(name.endswith(".jsonl") for name in seen) is (size > 128 * KIB)


@pytest.mark.parametrize("marked", [True, False])
def test_a_file_of_unknown_length_is_split_too_if_its_version_is_marked(tmp_path: Path, marked: bool) -> None:
    def hang(request: Request, answer: Answer) -> Answer:
        if not marked:
            answer.headers.pop("ETag")
        if request.nth == 0:
            answer.cut, answer.then = 1000, "stall"
        return answer

    with Storage({"a": content(20 * 1024 * KIB)}, hang) as storage:
        files = [replace(file, size=None) for file in storage.listing()]
        settings = options(connections=2, silence=1.5)
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=settings)
        assert any(request.span is not None for request in storage.requests) is marked
        # The host notices late that a connection was closed, so more may seem to be open.
        assert storage.most_open > 1 or not marked
    assert_arrived(storage, tmp_path)


def test_a_file_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    def short(request: Request, answer: Answer) -> Answer:
        if request.name == "small_3":
            answer.headers["Content-Length"] = "7"
            answer.body = answer.body[:7]
        return answer

    from tickhaul.errors import IntegrityError

    with Storage(FILES, short) as storage:
        with pytest.raises(IntegrityError, match=r"7 bytes, 20480 were announced \(1 of 9 files failed, 8 are there\)"):
            haul(storage, tmp_path)
        assert sorted([*set(FILES) - {"small_3"}, "tickhaul.json"]) == names_in(tmp_path)
        storage.fault = None
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_a_host_that_asks_to_wait_for_an_hour_is_told_at_once(tmp_path: Path) -> None:
    with (
        Storage({"a": content(10)}, lambda *_: refusal(503, Retry_After="3600")) as storage,
        pytest.raises(StorageError, match="503: asks to wait 3600 seconds"),
    ):
        haul(storage, tmp_path)


class JumpingClock:
    """The machine's clock, put forward and back at random, as after a suspension or a correction."""

    def __init__(self, seed: int) -> None:
        self._roll = random.Random(seed)
        self._lock = threading.Lock()
        self._jump = 0.0

    def __call__(self) -> float:
        with self._lock:
            if self._roll.random() < 0.002:
                self._jump += self._roll.choice([3600.0, 30.0, 86400.0])
            return time.monotonic() + self._jump


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sizes", [(100,), (1500,), (*[30] * 12, 600)], ids=["one_part", "many_parts", "many_files"])
def test_a_clock_that_jumps_ends_no_transfer(tmp_path: Path, sizes: tuple[int, ...], seed: int) -> None:
    files = {f"file_{index}": content(size * KIB, index) for index, size in enumerate(sizes)}

    def lossy(request: Request, answer: Answer) -> Answer:
        if random.Random(f"{seed}/{request.name}/{request.span}").random() < 0.3 and request.times == 0:
            answer.cut = len(answer.body) // 3
        return answer

    seen: list[Progress] = []
    with Storage(files, lossy) as storage:
        haul(storage, tmp_path, clock=JumpingClock(seed), on_progress=seen.append, silence=20)
    assert_arrived(storage, tmp_path)
    assert all(progress.rate >= 0 for progress in seen)


def test_the_wall_clock_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wild = random.Random(1)
    monkeypatch.setattr(time, "time", lambda: wild.uniform(0, 4e9))
    with Storage(FILES) as storage:
        haul(storage, tmp_path)
        assert storage.refreshes == 0
    assert_arrived(storage, tmp_path)
