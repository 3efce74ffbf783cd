"""Two processes, or two threads, bring the same export to the same folder."""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import threading
from typing import TYPE_CHECKING

import pytest
from tickhaul.transfer import download

from tests.transfer.hauls import KIB, assert_arrived, assert_nothing_false, content, haul, options
from tests.transfer.storage import Answer, Request, Storage
from tests.transfer.victim import start

if TYPE_CHECKING:
    from pathlib import Path

if "forkserver" not in multiprocessing.get_all_start_methods():
    pytest.skip("needs a fork server", allow_module_level=True)

FILES = {
    **{f"part_{index:02}.csv.gz": content(30 * KIB + index * 5 * KIB, index) for index in range(12)},
    "large.parquet": content(900 * KIB),
}


@pytest.mark.parametrize("count", [2, 3])
def test_processes_at_once_do_not_harm_each_other(tmp_path: Path, count: int) -> None:
    with Storage(FILES) as storage:
        processes = [start(storage, tmp_path) for _ in range(count)]
        for process in processes:
            process.join(30)
        assert [process.exitcode for process in processes] == [0] * count
        assert_arrived(storage, tmp_path)
        before = len(storage.requests)
        assert all(file.already_there for file in haul(storage, tmp_path))
        assert len(storage.requests) == before


@pytest.mark.parametrize("seed", range(4))
def test_one_is_killed_while_another_goes_on(tmp_path: Path, seed: int) -> None:
    with Storage(FILES) as storage:
        first, second = start(storage, tmp_path), start(storage, tmp_path)
        first.join(random.Random(seed).uniform(0.02, 0.2))
        first.kill()
        second.join(30)
        assert second.exitcode == 0
        first.join()
        assert_nothing_false(storage, tmp_path)
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("hashed", [False, True])
def test_the_second_leaves_what_the_first_is_fetching_to_the_last_and_finds_it_there(
    tmp_path: Path, hashed: bool
) -> None:
    blocked, go_on = threading.Event(), threading.Event()

    def hold(request: Request, answer: Answer) -> Answer:
        # The first transfer has begun `a` and waits; it goes on, and ends, while the second asks for `b`.
        if request.name == "a" and request.span is not None and request.span[0] > 0 and not go_on.is_set():
            blocked.set()
            go_on.wait(20)
        if request.name == "b":
            go_on.set()
            thread.join(20)
        return answer

    with Storage({"a": content(500 * KIB), "b": content(10 * KIB)}, hold) as storage:
        only_a = storage.listing()[:1]
        settings = {"refresh": storage.refresh, "export_id": "exp_1", "options": options(silence=20)}
        thread = threading.Thread(target=download, args=(only_a, tmp_path), kwargs=settings)
        thread.start()
        assert blocked.wait(20)
        files = haul(storage, tmp_path, silence=20, connections=1, hash=hashed)
        thread.join()
        assert storage.sent["a"] == 500 * KIB
    assert [(file.path.name, file.already_there) for file in files] == [("a", True), ("b", False)]
    hashes = [hashlib.sha256(storage.files[file.path.name]).hexdigest() if hashed else None for file in files]
    assert [file.sha256 for file in files] == hashes
    assert_arrived(storage, tmp_path)


def test_where_locks_do_not_work_nothing_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickhaul.transfer.disk._lock", lambda _: True)
    failures: list[BaseException] = []

    def run(storage: Storage) -> None:
        try:
            haul(storage, tmp_path)
        except BaseException as error:
            failures.append(error)

    for _ in range(5):
        with Storage(FILES) as storage:
            threads = [threading.Thread(target=run, args=(storage,)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert_nothing_false(storage, tmp_path)
            haul(storage, tmp_path)
        assert_arrived(storage, tmp_path)
        assert failures == []
        for path in tmp_path.iterdir():
            path.unlink()
