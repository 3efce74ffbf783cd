"""Downloads from a host that behaves."""

from __future__ import annotations

import os
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tickhaul.transfer import Progress, TransferCanceled, download

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in, options
from tests.transfer.storage import SECRET, Answer, Request, Storage

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_arrives_whole_under_its_name(tmp_path: Path) -> None:
    with Storage({"a.csv.gz": content(300_000)}) as storage:
        (file,) = haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)
    assert file.path == tmp_path / "a.csv.gz"
    assert file.bytes == 300_000
    assert os.fspath(file) == str(tmp_path / "a.csv.gz")
    assert (file.resumed, file.already_there, file.sha256) == (False, False, None)


def test_many_files_arrive_in_the_order_asked_for(tmp_path: Path) -> None:
    with Storage({f"part_{index:02}.csv.gz": content(1000 + index * 20_000, index) for index in range(20)}) as storage:
        files = haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)
    assert [file.path.name for file in files] == list(storage.files)


def test_a_large_file_comes_in_parts_within_the_connection_budget(tmp_path: Path) -> None:
    with Storage({"big": content(2_000_000)}) as storage:
        haul(storage, tmp_path, connections=3)
    assert_arrived(storage, tmp_path)
    assert len([request for request in storage.requests if request.span]) == -(-2_000_000 // (128 * KIB))
    assert storage.connections <= 3
    assert storage.sent["big"] == 2_000_000


def test_an_empty_file_and_a_single_byte_arrive(tmp_path: Path) -> None:
    with Storage({"empty": b"", "one": b"x"}) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_no_files_make_an_empty_folder(tmp_path: Path) -> None:
    assert download([], tmp_path / "new", refresh=list, export_id="exp_1") == []
    assert names_in(tmp_path / "new") == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_of_unknown_length_arrives(tmp_path: Path, chunked: bool) -> None:
    def say_little(_: Request, answer: Answer) -> Answer:
        answer.chunked = answer.close = chunked
        return answer

    with Storage({"a": content(700_000)}, say_little) as storage:
        files = [type(file)(file.id, file.filename, None, file.url) for file in storage.listing()]
        (file,) = download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert file.bytes == 700_000
    assert_arrived(storage, tmp_path)


def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    with Storage({"a": content(300_000), "b": content(10)}) as storage:
        haul(storage, tmp_path)
        before = len(storage.requests)
        files = haul(storage, tmp_path)
        assert len(storage.requests) == before
    assert all(file.already_there for file in files)
    assert_arrived(storage, tmp_path)


def test_restart_fetches_everything_again(tmp_path: Path) -> None:
    with Storage({"a": content(300_000)}) as storage:
        haul(storage, tmp_path)
        (file,) = haul(storage, tmp_path, resume=False)
    assert not file.already_there
    assert storage.sent["a"] == 600_000
    assert_arrived(storage, tmp_path)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    import hashlib

    with Storage({"a": content(300_000)}) as storage:
        (file,) = haul(storage, tmp_path, hash=True)
        assert file.sha256 == hashlib.sha256(storage.files["a"]).hexdigest()
        (again,) = haul(storage, tmp_path, hash=True)
    assert again.already_there
    assert again.sha256 == file.sha256


def test_a_file_that_is_there_unhashed_is_hashed_when_asked(tmp_path: Path) -> None:
    import hashlib

    with Storage({"a": content(300_000)}) as storage:
        haul(storage, tmp_path)
        (file,) = haul(storage, tmp_path, hash=True)
    assert file.already_there
    assert file.sha256 == hashlib.sha256(storage.files["a"]).hexdigest()
    assert storage.sent["a"] == 300_000


def test_requests_carry_no_more_than_they_must(tmp_path: Path) -> None:
    with Storage({"a": content(400_000)}) as storage:
        haul(storage, tmp_path)
    for request in storage.requests:
        assert request.method == "GET"
        assert request.headers["accept-encoding"] == "identity"
        allowed = {"host", "user-agent", "accept", "accept-encoding", "range", "if-match", "if-range"}
        assert set(request.headers) <= allowed


def test_progress_is_told_in_the_callers_thread_and_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[Progress] = []
    threads: set[int] = set()

    def note(progress: Progress) -> None:
        seen.append(progress)
        threads.add(threading.get_ident())

    with Storage({"a": content(500_000), "b": content(1000)}) as storage:
        haul(storage, tmp_path, on_progress=note)
    assert threads == {threading.get_ident()}
    last = seen[-1]
    assert (last.bytes_done, last.bytes_total, last.files_done, last.files_total) == (501_000, 501_000, 2, 2)
    assert last.remaining == 0.0
    assert all(first.bytes_done <= second.bytes_done for first, second in pairwise(seen))


def test_an_error_in_the_progress_callback_ends_the_transfer_resumably(tmp_path: Path) -> None:
    def stall_b(request: Request, answer: Answer) -> Answer:
        if request.name == "b" and not failed:
            answer.cut, answer.then = 10, "stall"
        return answer

    failed: list[Progress] = []

    def fail(progress: Progress) -> None:
        failed.append(progress)
        raise LookupError("from the callback")

    with Storage({"a": content(500_000), "b": content(1000)}, stall_b) as storage:
        with pytest.raises(LookupError, match="from the callback"):
            haul(storage, tmp_path, on_progress=fail, silence=60)
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_cancel_stops_and_the_next_run_goes_on(tmp_path: Path) -> None:
    cancel = threading.Event()

    def stall(request: Request, answer: Answer) -> Answer:
        if request.span is not None and request.span[0] >= 512 * KIB and not cancel.is_set():
            answer.cut, answer.then, answer.after = 1000, "stall", cancel.set
        return answer

    with Storage({"a": content(1024 * KIB)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, cancel=cancel, silence=60, connections=1)
        sent = storage.sent["a"]
        assert sent == 512 * KIB + 1000
        (file,) = haul(storage, tmp_path)
        assert file.resumed
        # The last thousand bytes and the cancellation raced for the transfer.
        assert storage.sent["a"] in (1024 * KIB, 1024 * KIB + 1000)
    assert_arrived(storage, tmp_path)


def test_over_tls_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    with Storage({"a": content(1_000_000)}, context=server) as storage:
        haul(storage, tmp_path, ssl_context=client)
    assert_arrived(storage, tmp_path)


def test_no_secret_is_left_on_disk(tmp_path: Path) -> None:
    cancel = threading.Event()

    def stall(_: Request, answer: Answer) -> Answer:
        answer.cut, answer.then, answer.after = 100_000, "stall", cancel.set
        return answer

    with Storage({"a": content(1_000_000)}, stall) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, cancel=cancel, silence=60)
        assert any(name.endswith(".part.jsonl") for name in names_in(tmp_path))
        for path in tmp_path.iterdir():
            assert SECRET.encode() not in path.read_bytes()
            assert b"http" not in path.read_bytes()[:4000] or path.suffix == ".part"
