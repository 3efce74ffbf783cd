"""URLs die; one renewal serves everyone who waits for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from tickhaul.errors import IntegrityError, StorageError
from tickhaul.transfer import RemoteFile, download
from tickhaul.transfer.urls import UrlBook, lifetime_of

from tests.transfer.hauls import KIB, assert_arrived, content, haul, names_in, options
from tests.transfer.storage import Answer, Request, Storage, refusal

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Listings:
    """Listings that count."""

    def __init__(self, lifetime: int = 300) -> None:
        self.lifetime = lifetime
        self.count = 0

    def __call__(self) -> list[RemoteFile]:
        self.count += 1
        return [RemoteFile("art_1", "a", 1, f"https://h/a?X-Amz-Expires={self.lifetime}&n={self.count}")]


def book(listings: Listings, clock: Clock) -> UrlBook:
    return UrlBook(listings(), listings, lifetime=300, clock=clock)


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("https://h/a?X-Amz-Expires=60&x=1", 60),
        ("https://h/a?X-Amz-Expires=3600", 3600),
        ("https://h/a", 300),
        ("https://h/a?X-Amz-Expires=soon", 300),
        ("https://h/a?X-Amz-Expires=\u0663", 300),
    ],
)
def test_a_url_says_how_long_it_lives(url: str, seconds: float) -> None:
    assert lifetime_of(url, 300) == seconds


@pytest.mark.parametrize(("lifetime", "fresh", "old"), [(300, 239, 241), (100, 79, 81), (2, 4, 6)])
def test_urls_known_to_be_old_are_renewed_before_they_are_used(lifetime: int, fresh: float, old: float) -> None:
    listings, clock = Listings(lifetime), Clock()
    urls = book(listings, clock)
    clock.now += fresh
    first = urls.lease("art_1")
    assert listings.count == 1
    clock.now += old - fresh
    second = urls.lease("art_1")
    assert listings.count == 2
    assert first is not None
    assert second is not None
    assert second.generation == first.generation + 1
    assert second.file.url.endswith("n=2")


def test_an_artifact_no_longer_listed_has_no_url() -> None:
    assert book(Listings(), Clock()).lease("art_2") is None


def test_one_renewal_serves_all_who_wait() -> None:
    waiting, go_on = threading.Semaphore(0), threading.Event()
    listings = Listings()

    def slow() -> list[RemoteFile]:
        assert go_on.wait(20)
        return listings()

    urls = UrlBook(listings(), slow, lifetime=300, clock=Clock())

    def renew() -> None:
        waiting.release()
        urls.renew(0)

    threads = [threading.Thread(target=renew) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=20)
    go_on.set()
    for thread in threads:
        thread.join()
    urls.renew(0)  # too late to be needed
    assert listings.count == 2


def test_a_renewal_that_fails_fails_for_all_who_wait() -> None:
    listings, started, go_on = Listings(), threading.Event(), threading.Event()
    calls: list[int] = []

    def broken() -> list[RemoteFile]:
        calls.append(1)
        started.set()
        assert go_on.wait(20)
        raise LookupError("no")

    urls = UrlBook(listings(), broken, lifetime=300, clock=Clock())
    failures: list[BaseException] = []

    def renew() -> None:
        try:
            urls.renew(0)
        except LookupError as error:
            failures.append(error)

    threads = [threading.Thread(target=renew) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert started.wait(20)
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(failures) == 4
    assert len(calls) == 1


def test_a_closed_book_lets_go_of_who_waits() -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow() -> list[RemoteFile]:
        started.set()
        assert go_on.wait(20)
        return []

    urls = UrlBook(Listings()(), slow, lifetime=300, clock=Clock())
    first = threading.Thread(target=urls.renew, args=(0,))
    first.start()
    assert started.wait(20)
    second = threading.Thread(target=urls.renew, args=(0,))
    second.start()
    urls.close()
    second.join(20)
    assert not second.is_alive()
    assert urls.lease("art_1") is None
    go_on.set()
    first.join()


def test_when_all_urls_expire_at_once_one_listing_is_asked_for(tmp_path: Path) -> None:
    expired: list[int] = []

    def expire(request: Request, answer: Answer) -> Answer:
        if request.nth == 8 and not expired:
            expired.append(1)
            storage.expire()
        return answer

    files = {f"file_{index}": content(300 * KIB, index) for index in range(6)}
    with Storage(files, expire) as storage:
        haul(storage, tmp_path, connections=8)
        assert storage.refreshes == 1
    assert_arrived(storage, tmp_path)


def test_urls_that_are_refused_however_fresh_end_that_file_and_no_other(tmp_path: Path) -> None:
    def forbid(request: Request, answer: Answer) -> Answer:
        return refusal(403) if request.name == "b" else answer

    with Storage({"a": content(10), "b": content(10), "c": content(10)}, forbid) as storage:
        with pytest.raises(
            StorageError, match=r"refuses .*/exports/b: 403.*\(1 of 3 files failed, 2 are there\)"
        ) as caught:
            haul(storage, tmp_path)
        assert caught.value.filename == "b"
        assert storage.refreshes == 3
    assert names_in(tmp_path) == ["a", "c", "tickhaul.json"]


def test_a_missing_object_is_told(tmp_path: Path) -> None:
    with Storage({"a": content(10)}) as storage:
        listing = [*storage.listing(), RemoteFile("art_9", "gone", 5, storage.url("gone"))]
        with pytest.raises(StorageError, match="gone: 404"):
            download(listing, tmp_path, refresh=lambda: listing, export_id="exp_1", options=options())


def test_an_artifact_that_is_no_longer_listed_is_told(tmp_path: Path) -> None:
    with (
        Storage({"a": content(10)}, lambda *_: refusal(403)) as storage,
        pytest.raises(StorageError, match="no longer lists this file"),
    ):
        download(storage.listing(), tmp_path, refresh=list, export_id="exp_1", options=options())


def test_a_failing_refresh_ends_the_transfer_with_its_own_error(tmp_path: Path) -> None:
    def broken() -> list[RemoteFile]:
        raise LookupError("the service is gone")

    with (
        Storage({"a": content(10)}, lambda *_: refusal(403)) as storage,
        pytest.raises(LookupError, match="the service is gone"),
    ):
        download(storage.listing(), tmp_path, refresh=broken, export_id="exp_1", options=options())


def test_a_size_that_is_not_the_announced_one_is_told(tmp_path: Path) -> None:
    with Storage({"a": content(1000)}) as storage:
        (file,) = storage.listing()
        wrong = [RemoteFile(file.id, file.filename, 999, file.url)]
        with pytest.raises(IntegrityError, match="the host has 1000 bytes, 999 were announced"):
            download(wrong, tmp_path, refresh=lambda: wrong, export_id="exp_1", options=options())
    assert names_in(tmp_path) == []


def test_a_size_announced_anew_is_taken(tmp_path: Path) -> None:
    with Storage({"a": content(1000)}) as storage:
        (file,) = storage.listing()
        wrong = [RemoteFile(file.id, file.filename, 999, file.url)]
        download(wrong, tmp_path, refresh=storage.refresh, export_id="exp_1", options=options())
    assert_arrived(storage, tmp_path)
