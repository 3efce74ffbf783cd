"""Checksums the host announces are checked, and an ETag never counts as one."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul.errors import IntegrityError, StorageError
from tickhaul.transfer import finish
from tickhaul.transfer.checksums import Claim, broken_claim, claims_in
from tickhaul.transfer.crc import LaneCrc, crc32c, crc64nvme

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def crc(make: Callable[[], LaneCrc]) -> Callable[[bytes], bytes]:
    def digest(data: bytes) -> bytes:
        running = make()
        running.update(memoryview(data))
        return running.digest()

    return digest


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "Content-MD5": lambda data: hashlib.md5(data).digest(),
    "x-amz-checksum-sha256": lambda data: hashlib.sha256(data).digest(),
    "x-amz-checksum-sha1": lambda data: hashlib.sha1(data).digest(),
    "x-amz-checksum-crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "x-amz-checksum-crc32c": crc(crc32c),
    "x-amz-checksum-crc64nvme": crc(crc64nvme),
}


@pytest.mark.parametrize(("make", "check"), [(crc32c, 0xE3069283), (crc64nvme, 0xAE8B14860A799888)])
def test_the_crcs_have_their_published_check_values(make: Callable[[], LaneCrc], check: int) -> None:
    assert int.from_bytes(crc(make)(b"123456789"), "big") == check
    assert int.from_bytes(crc(make)(b""), "big") == 0


@pytest.mark.parametrize("make", [crc32c, crc64nvme])
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_lanes_give_what_a_byte_at_a_time_gives(make: Callable[[], LaneCrc], data: st.DataObject) -> None:
    block = 2048 * 128
    whole = content(data.draw(st.integers(0, 3 * block)), data.draw(st.integers(0, 9)))
    cut = data.draw(st.integers(0, len(whole)))
    lanes, plain = make(), make()
    lanes.update(memoryview(whole)[:cut])
    lanes.update(memoryview(whole)[cut:])
    plain._rest += whole
    assert lanes.digest() == plain.digest()


def announcing(header: str, storage: Storage, *, of_the_whole: bool, wrong: bool = False) -> None:
    def fault(request: Request, answer: Answer) -> Answer:
        data = storage.files[request.name] if of_the_whole else bytes(answer.body)
        value = ALGORITHMS[header](data + b"x" if wrong else data)
        answer.headers[header] = base64.b64encode(value).decode()
        return answer

    storage.fault = fault


@pytest.mark.parametrize("size", [40 * KIB, 300 * KIB])
@pytest.mark.parametrize("of_the_whole", [True, False])
@pytest.mark.parametrize("header", ALGORITHMS)
def test_a_right_checksum_of_the_file_or_of_the_part_passes(
    tmp_path: Path, header: str, of_the_whole: bool, size: int
) -> None:
    with Storage({"a": content(size)}) as storage:
        announcing(header, storage, of_the_whole=of_the_whole)
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)
    assert json.loads((tmp_path / "tickhaul.json").read_text())["files"]["a"]["checked"] == [header.lower()]


@pytest.mark.parametrize("size", [40 * KIB, 300 * KIB])
@pytest.mark.parametrize("header", ALGORITHMS)
def test_a_wrong_checksum_is_an_error_after_a_second_try(tmp_path: Path, header: str, size: int) -> None:
    with Storage({"a": content(size)}) as storage:
        announcing(header, storage, of_the_whole=True, wrong=True)
        with pytest.raises(IntegrityError, match=f"does not have the {header.lower()} the host announced"):
            haul(storage, tmp_path)
        assert storage.sent["a"] == 2 * size
    assert names_in(tmp_path) == []


def test_bytes_damaged_on_the_way_are_fetched_again(tmp_path: Path) -> None:
    with Storage({"a": content(300 * KIB)}) as storage:
        announcing("x-amz-checksum-crc32", storage, of_the_whole=True)
        proper = storage.fault
        assert proper is not None

        def damage(request: Request, answer: Answer) -> Answer | None:
            changed = proper(request, answer)
            if request.nth == 1 and changed is not None:
                changed.body = memoryview(bytes(len(changed.body)))
            return changed

        storage.fault = damage
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_what_the_host_announced_outlives_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise StorageError("the machine dies")

    with Storage({"a": content(300 * KIB)}) as storage:
        announcing("Content-MD5", storage, of_the_whole=True, wrong=True)
        with monkeypatch.context() as patch:
            patch.setattr(finish, "broken_claim", die)
            with pytest.raises(StorageError, match="the machine dies"):
                haul(storage, tmp_path)
        assert storage.sent["a"] == 300 * KIB
        announcing("Content-MD5", storage, of_the_whole=True)
        (file,) = haul(storage, tmp_path)
        assert not file.resumed
        assert storage.sent["a"] == 600 * KIB
    assert_arrived(storage, tmp_path)


def test_an_etag_that_looks_like_an_md5_is_not_taken_for_one(tmp_path: Path) -> None:
    def look_like_md5(_: Request, answer: Answer) -> Answer:
        answer.headers["ETag"] = f'"{hashlib.md5(b"something else").hexdigest()}"'
        return answer

    with Storage({"a": content(50 * KIB)}, look_like_md5) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


def test_a_weak_etag_conditions_nothing(tmp_path: Path) -> None:
    def weak(_: Request, answer: Answer) -> Answer:
        answer.headers["ETag"] = 'W/"1"'
        return answer

    with Storage({"a": content(300 * KIB)}, weak) as storage:
        haul(storage, tmp_path)
        assert not any({"if-range", "if-match"} & set(request.headers) for request in storage.requests)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("cut", [False, True])
def test_a_weak_etag_of_every_response_costs_nothing(tmp_path: Path, *, cut: bool) -> None:
    numbers = itertools.count()

    def weak(request: Request, answer: Answer) -> Answer:
        answer.headers |= {"ETag": f'W/"{next(numbers)}"', "Last-Modified": "Thu, 01 Jan 2026 12:00:30 GMT"}
        answer.cut = 100 * KIB if cut and request.nth == 0 else answer.cut
        return answer

    with Storage({"a": content(900 * KIB)}, weak) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)
    # In parts, and nothing of it twice.
    assert len(storage.requests) > 7
    assert storage.sent["a"] == 900 * KIB


@pytest.mark.parametrize(
    ("headers", "count"),
    [
        ({}, 0),
        ({"content-md5": "not base64!"}, 0),
        ({"content-md5": "AAAA"}, 0),
        ({"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, 1),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "x"}, 1),
        ({"x-amz-checksum-crc32": "AAAAAA==-3"}, 0),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "COMPOSITE"}, 0),
        ({"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "FULL_OBJECT"}, 1),
        ({"etag": '"d41d8cd98f00b204e9800998ecf8427e"'}, 0),
    ],
)
def test_only_what_can_be_checked_is_a_claim(headers: dict[str, str], count: int) -> None:
    assert len(claims_in(headers, None)) == count


def test_a_check_can_be_broken_off(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content(1000))
    claim = Claim("content-md5", hashlib.md5(content(1000)).digest(), None)
    assert broken_claim(tmp_path / "a", [claim]) is None
    stop = threading.Event()
    stop.set()
    assert broken_claim(tmp_path / "a", [claim], stopped=stop.is_set) is claim
