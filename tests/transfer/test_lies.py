"""Hosts and listings that lie: whatever they say, a final name holds one version of one file, or nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tickhaul.errors import IntegrityError, StorageError
from tickhaul.transfer import RemoteFile, TransferCanceled, download
from tickhaul.transfer.engine import Transfer
from tickhaul.transfer.fetch import Fetcher

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in, options
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tickhaul.transfer import DownloadedFile
    from tickhaul.transfer.agenda import Part
    from tickhaul.transfer.build import Build

SIZE = 600 * KIB


def part_of(body: bytes, span: tuple[int, int], **headers: str) -> Answer:
    """A part with everything in order but what identifies its version."""
    start, end = span
    named = {"Content-Range": f"bytes {start}-{end - 1}/{len(body)}", "Content-Length": str(end - start)}
    return Answer(206, named | headers, memoryview(body)[start:end])


@pytest.mark.parametrize(
    "marks",
    [
        ({"ETag": '"v1"'}, {}),
        ({"ETag": '"v1"'}, {"Last-Modified": "Thu, 01 Jan 2026 12:00:30 GMT"}),
        ({"Last-Modified": "Thu, 01 Jan 2026 12:00:30 GMT"}, {"ETag": '"v2"'}),
        ({"ETag": 'W/"v1"'}, {"ETag": 'W/"v1"'}),
        ({}, {}),
        ({}, {"ETag": '"v2"'}),
        ({"ETag": ""}, {"ETag": ""}),
    ],
)
def test_bytes_no_mark_shows_to_be_of_one_version_are_never_joined(
    tmp_path: Path, marks: tuple[dict[str, str], dict[str, str]]
) -> None:
    one, other = content(SIZE, "one"), content(SIZE, "other")

    def two_versions(request: Request, answer: Answer) -> Answer:
        if request.span is None:
            return Answer(200, {"Content-Length": str(SIZE), **marks[0]}, memoryview(one))
        early = request.span[0] < SIZE // 2
        return part_of(one if early else other, request.span, **marks[0 if early else 1])

    with Storage({"a": one}, two_versions) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("mark", [{}, {"ETag": 'W/"v1"'}])
@pytest.mark.parametrize("again", ["the same run", "the next run"])
def test_a_body_without_a_mark_that_broke_off_is_not_gone_on_with(
    tmp_path: Path, mark: dict[str, str], again: str
) -> None:
    one, other = content(100 * KIB, "one"), content(100 * KIB, "other")
    cancel = threading.Event()

    def replaced_meanwhile(request: Request, answer: Answer) -> Answer:
        if request.nth == 0:
            broken = Answer(200, {"Content-Length": str(len(one)), **mark}, memoryview(one), cut=len(one) // 2)
            if again == "the next run":
                broken.then, broken.after = "stall", cancel.set
            return broken
        if request.span is not None:
            return part_of(other, request.span, ETag='"v2"')
        return Answer(200, {"Content-Length": str(len(other)), "ETag": '"v2"'}, memoryview(other))

    with Storage({"a": other}, replaced_meanwhile) as storage:
        if again == "the next run":
            with pytest.raises(TransferCanceled):
                haul(storage, tmp_path, cancel=cancel, silence=60)
        (file,) = haul(storage, tmp_path)
    assert not file.resumed
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("host", ["honours the conditions", "ignores them", "ignores ranges", "names no version"])
def test_a_file_that_changed_between_two_runs_is_fetched_anew(tmp_path: Path, host: str) -> None:
    cancel = threading.Event()

    def answered(request: Request, answer: Answer) -> Answer:
        if not cancel.is_set():
            if request.span is not None and request.span[0] >= SIZE // 2:
                answer.cut, answer.then, answer.after = 100, "stall", cancel.set
            return answer
        body, span = storage.files["a"], request.span
        if span is None or host == "honours the conditions":
            return answer
        match host:
            case "ignores them":
                return part_of(body, span, ETag=storage.etag("a"))
            case "ignores ranges":
                return Answer(200, {"ETag": storage.etag("a"), "Content-Length": str(SIZE)}, memoryview(body))
            case _:
                return part_of(body, span)

    with Storage({"a": content(SIZE, "first")}, answered) as storage:
        with pytest.raises(TransferCanceled):
            haul(storage, tmp_path, connections=1, cancel=cancel, silence=60)
        assert len(names_in(tmp_path)) == 2
        storage.files["a"] = content(SIZE, "second")
        (file,) = haul(storage, tmp_path)
    assert (file.resumed, file.already_there) == (False, False)
    assert_arrived(storage, tmp_path)


def test_a_file_that_is_replaced_by_a_longer_one_before_its_length_is_announced_is_started_again(
    tmp_path: Path,
) -> None:
    def replaced(request: Request, answer: Answer) -> Answer:
        if request.nth == 0:
            answer.cut = 100 * KIB
            storage.files["a"] = content(SIZE + 1, "longer")
        elif request.span is not None:
            return part_of(storage.files["a"], request.span, ETag=storage.etag("a"))
        return answer

    with Storage({"a": content(SIZE)}, replaced) as storage:
        files = [replace(file, size=None) for file in storage.listing()]
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert_arrived(storage, tmp_path)


def test_what_breaks_of_a_version_given_up_does_not_count_against_the_next(tmp_path: Path) -> None:
    held, begun_again, over = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        begun_again.wait(20)

    def replaced(request: Request, answer: Answer) -> Answer:
        start = request.span[0] if request.span is not None else 0
        if request.times == 0 and start == 128 * KIB:
            answer.cut, answer.after = 0, hold
        elif request.times == 0 and start == 256 * KIB:
            assert held.wait(20)
            storage.files["a"] = content(384 * KIB, "next")
            return refusal(412)
        elif request.times == 1 and start == 0:
            begun_again.set()
            assert over.wait(20)
        return answer

    fetch = Fetcher._fetch

    def tell(self: Fetcher, part: Part) -> None:
        fetch(self, part)
        if part.stale and part.start == 128 * KIB:
            over.set()

    with Storage({"a": content(384 * KIB)}, replaced) as storage, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Fetcher, "_fetch", tell)
        haul(storage, tmp_path, connections=2, attempts=1, silence=20)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("named", [False, True])
def test_a_refusal_of_a_version_given_up_does_not_cost_the_next(tmp_path: Path, *, named: bool) -> None:
    held, go_on, over = threading.Event(), threading.Event(), threading.Event()

    def replaced(request: Request, answer: Answer) -> Answer:
        start = request.span[0] if request.span is not None else 0
        if request.name == "b":
            assert over.wait(20)
        elif request.times == 0 and start == 128 * KIB:
            held.set()
            assert go_on.wait(20)
            return refusal(302, Location="http://127.0.0.1:9/x")
        elif request.times == 0 and start == 256 * KIB:
            assert held.wait(20)
            storage.files["a"] = content(384 * KIB, "next")
            return refusal(412)
        elif request.times == 1 and start == 0 and not named:
            go_on.set()
            assert over.wait(20)
        return answer

    fetch, settle = Fetcher._fetch, Transfer.settle

    def tell(self: Fetcher, part: Part) -> None:
        fetch(self, part)
        if part.stale and part.start == 128 * KIB:
            over.set()

    def tell_named(self: Transfer, build: Build, result: DownloadedFile) -> None:
        settle(self, build, result)
        go_on.set()

    with (
        Storage({"a": content(384 * KIB), "b": content(KIB)}, replaced) as storage,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(Fetcher, "_fetch", tell)
        patch.setattr(Transfer, "settle", tell_named)
        haul(storage, tmp_path, connections=4, silence=20)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("shape", ["chunked", "until_close"])
@pytest.mark.parametrize("status", [200, 206])
def test_a_body_longer_than_it_can_be_is_not_believed(tmp_path: Path, status: int, shape: str) -> None:
    body = content(SIZE)

    def too_long(request: Request, answer: Answer) -> Answer:
        if request.nth or request.span is None:
            return answer
        lie = body[::-1] if status == 200 else body[request.span[0] : request.span[1]][::-1]
        wrong = part_of(body, request.span) if status == 206 else Answer(200, {}, memoryview(b""))
        wrong.headers.pop("Content-Length", None)
        wrong.headers["ETag"] = storage.etag("a")
        wrong.body, wrong.chunked, wrong.close = memoryview(lie + b"surplus"), shape == "chunked", True
        return wrong

    with Storage({"a": body}, too_long) as storage:
        haul(storage, tmp_path, connections=1)
        assert storage.requests[0].span is not None
    assert_arrived(storage, tmp_path)


def test_a_response_that_comes_twice_is_not_taken_for_the_next_file(tmp_path: Path) -> None:
    def twice(_: Request, answer: Answer) -> Answer:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer.body)}\r\n\r\n".encode()
        answer.body = memoryview(bytes(answer.body) + head + bytes(answer.body))
        return answer

    files = {f"{name}.csv": content(200 * KIB, name) for name in "abc"}
    with Storage(files, twice) as storage:
        haul(storage, tmp_path, connections=1, part_size=1024 * KIB)
        assert storage.connections == len(files)
    assert_arrived(storage, tmp_path)


def test_a_host_whose_bodies_are_always_too_long_is_told(tmp_path: Path) -> None:
    def too_long(_: Request, answer: Answer) -> Answer:
        answer.body, answer.chunked = memoryview(bytes(answer.body) + b"surplus"), True
        return answer

    with (
        Storage({"a": content(1000)}, too_long) as storage,
        pytest.raises(IntegrityError, match="the host sent more than was asked for"),
    ):
        haul(storage, tmp_path)
    assert names_in(tmp_path) == []


def test_a_host_without_ranges_that_always_breaks_off_is_not_asked_for_ever(tmp_path: Path) -> None:
    too_often = threading.Event()

    def break_off(request: Request, _: Answer) -> Answer:
        if request.nth > 20:
            too_often.set()
        body = memoryview(storage.files["a"])
        headers = {"ETag": storage.etag("a"), "Content-Length": str(len(body))}
        return Answer(200, headers, body, cut=len(body) * 2 // 3)

    with Storage({"a": content(SIZE)}, break_off) as storage:
        with pytest.raises(StorageError, match=r"a failed 8 times in a row, .* the connection ended before the body"):
            haul(storage, tmp_path, cancel=too_often)
        assert len(storage.requests) == 8


@pytest.mark.parametrize("then", ["close", "reset"])
def test_the_end_of_a_connection_is_not_taken_for_the_end_of_a_file(tmp_path: Path, then: str) -> None:
    def no_length(_: Request, answer: Answer) -> Answer:
        answer.headers.pop("Content-Length")
        answer.cut, answer.then = SIZE // 2, then
        return answer

    with Storage({"a": content(SIZE)}, no_length) as storage:
        files = [replace(file, size=None) for file in storage.listing()]
        with pytest.raises(IntegrityError, match="nobody says how long the file is"):
            download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("header", [{"Content-Range": "bytes 0-2/1000"}, {"Content-Encoding": "gzip"}])
def test_a_part_or_an_encoding_is_not_taken_for_a_file_of_unknown_length(
    tmp_path: Path, header: dict[str, str]
) -> None:
    def lie(_: Request, answer: Answer) -> Answer:
        return Answer(200, {"Content-Length": "3"} | header, answer.body[:3])

    with Storage({"a": content(1000)}, lie) as storage:
        files = [replace(file, size=None) for file in storage.listing()]
        with pytest.raises(IntegrityError, match=f"a failed 3 times in a row, .* {next(iter(header))}"):
            download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert names_in(tmp_path) == []


def listing_anew(storage: Storage, change: Callable[[RemoteFile], RemoteFile]) -> Callable[[], list[RemoteFile]]:
    def refresh() -> list[RemoteFile]:
        return [change(file) for file in storage.refresh()]

    return refresh


def test_a_new_listing_cannot_rename_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "out"
    with Storage({"a": content(1000)}, lambda request, answer: answer if request.nth else refusal(403)) as storage:
        files = [replace(file, size=999) for file in storage.listing()]
        refresh = listing_anew(storage, lambda file: replace(file, filename="../evil"))
        download(files, folder, refresh=refresh, export_id="exp_1", options=options())
    assert_arrived(storage, folder)
    assert names_in(tmp_path / "in") == ["out"]


def test_an_artifact_listed_twice_is_refused(tmp_path: Path) -> None:
    with Storage({"a": b"1", "b": b"2"}) as storage:
        files = [replace(file, id="art_1") for file in storage.listing()]
        with pytest.raises(IntegrityError, match="listed an artifact twice"):
            download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
        assert storage.requests == []
    assert names_in(tmp_path) == []


def test_a_length_below_zero_is_refused() -> None:
    with pytest.raises(IntegrityError, match="a length of -1 bytes was announced") as caught:
        RemoteFile("art_1", "a", -1, "https://host/a")
    assert caught.value.filename == "a"
