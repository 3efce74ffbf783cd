from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
import pytest

from tests.facts.caller import EXPORT_SECONDS, Caller
from tests.sandbox.api import HOUR, TLS, fetch, ok, read_csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul_sandbox import Sandbox

LIFETIME_SECONDS = 300


@pytest.fixture(scope="module")
def owner(sandbox: Sandbox) -> Iterator[Caller]:
    """An account with an export of three hours."""
    with Caller(sandbox, sandbox.api_keys[-1]) as caller:
        yield caller


@pytest.fixture(scope="module")
def job(owner: Caller) -> str:
    """The path of a finished export from 10:30 to 12:40."""
    start, end = owner.record(2 * 3600 + 600)
    path = f"/exports/{owner.export(start, end)}"
    owner.advance(EXPORT_SECONDS)
    return path


def download(owner: Caller, job: str) -> dict[str, Any]:
    body: dict[str, Any] = ok(owner.get(f"{job}/download"))
    return body


@pytest.fixture
def url(owner: Caller, job: str) -> str:
    """A fresh URL of the first file."""
    return str(download(owner, job)["artifacts"][0]["url"])


def test_a_download_is_artifacts_with_their_count_and_total_bytes(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    body = download(owner, job)
    assert set(body) == {"artifacts", "count", "total_bytes"}
    assert body["count"] == len(body["artifacts"]) == 3
    assert body["total_bytes"] == sum(item["bytes"] for item in body["artifacts"])


def test_an_artifact_is_an_id_with_a_url_and_a_size_and_a_file_name(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    artifacts = download(owner, job)["artifacts"]
    assert [set(item) for item in artifacts] == [{"id", "url", "bytes", "filename"}] * 3
    assert all(re.fullmatch("art_[0-9a-f]+", item["id"]) for item in artifacts)
    assert len({item["id"] for item in artifacts}) == 3


def test_hourly_files_are_named_by_exchange_and_instrument_and_stream_type_and_hour(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    assert [item["filename"] for item in download(owner, job)["artifacts"]] == [
        "binance_BTCUSDT_trades_part_2024011510.csv.gz",
        "binance_BTCUSDT_trades_part_2024011511.csv.gz",
        "binance_BTCUSDT_trades_part_2024011512.csv.gz",
    ]


def test_artifacts_come_in_order_of_time_and_share_no_row(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    rows = owner.rows(job.removeprefix("/exports/"))
    times = [int(row["collection_timestamp_ns"]) for row in rows]
    assert times == sorted(set(times))


def test_an_hourly_file_holds_the_rows_of_its_hour(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    starts: list[int] = []
    for content in owner.files(job.removeprefix("/exports/")).values():
        hours = {int(row["collection_timestamp_ns"]) // HOUR for row in read_csv(content)}
        assert len(hours) == 1
        starts += hours
    assert [hour - starts[0] for hour in starts] == [0, 1, 2]


def test_the_bytes_of_an_artifact_are_the_size_of_its_file(owner: Caller, job: str) -> None:
    """docs: exports/get-export-download"""
    for item in download(owner, job)["artifacts"]:
        assert len(fetch(item["url"]).content) == item["bytes"]


def test_a_file_is_fetched_without_the_api_key(url: str) -> None:
    """seed"""
    response = httpx.get(url, verify=TLS)
    assert "x-api-key" not in response.request.headers
    assert response.status_code == 200
    assert response.content[:2] == b"\x1f\x8b"


def test_files_are_on_another_host_than_the_api(owner: Caller, url: str) -> None:
    """docs: exports/get-export-download"""
    assert urlsplit(url).netloc != urlsplit(owner.sandbox.base_url).netloc
    assert "/exports/" in urlsplit(url).path
    assert httpx.get(url.replace(owner.sandbox.storage_url, owner.sandbox.base_url), verify=TLS).status_code in {
        401,
        404,
    }


def test_a_url_is_good_for_five_minutes(owner: Caller, url: str) -> None:
    """client 0.2.0: models/export.py"""
    owner.advance(LIFETIME_SECONDS - 1)
    assert fetch(url).status_code == 200


def test_a_url_is_refused_after_five_minutes(owner: Caller, url: str) -> None:
    """client 0.2.0: models/export.py"""
    owner.advance(LIFETIME_SECONDS + 1)
    assert fetch(url).status_code == 403


def test_asking_again_gives_urls_that_are_good_again(owner: Caller, job: str) -> None:
    """client 0.2.0: models/export.py"""
    before = download(owner, job)
    owner.advance(LIFETIME_SECONDS + 1)
    after = download(owner, job)
    assert [fetch(item["url"]).status_code for item in before["artifacts"]] == [403] * 3
    assert [fetch(item["url"]).status_code for item in after["artifacts"]] == [200] * 3
    unchanging = ("id", "bytes", "filename")
    assert [[item[name] for name in unchanging] for item in after["artifacts"]] == [
        [item[name] for name in unchanging] for item in before["artifacts"]
    ]


def test_a_url_is_presigned_in_the_manner_of_s3(owner: Caller, url: str) -> None:
    """client 0.2.0: models/export.py"""
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == [str(LIFETIME_SECONDS)]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert {"X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"} <= set(query)


@pytest.mark.parametrize("change", ["signature", "longer", "other file", "unsigned"])
def test_a_url_that_was_changed_is_refused(owner: Caller, job: str, url: str, change: str) -> None:
    """client 0.2.0: models/export.py"""
    other = str(download(owner, job)["artifacts"][1]["url"])
    changed = {
        "signature": url[:-1] + ("0" if url[-1] != "0" else "1"),
        "longer": url.replace("X-Amz-Expires=300", "X-Amz-Expires=90000"),
        "other file": urlunsplit(urlsplit(other)._replace(query=urlsplit(url).query)),
        "unsigned": urlunsplit(urlsplit(url)._replace(query="")),
    }[change]
    assert changed not in {url, other}
    assert fetch(changed).status_code == 403
    assert fetch(url).status_code == 200


def test_a_url_is_good_for_get_only(url: str) -> None:
    """storage: allenai/cached_path#252"""
    for method in ("HEAD", "PUT", "DELETE", "POST"):
        assert httpx.request(method, url, verify=TLS).status_code == 403
    assert fetch(url).status_code == 200


def test_a_part_of_a_file_can_be_fetched_by_range(url: str) -> None:
    """storage: RFC 9110"""
    whole = fetch(url).content
    response = fetch(url, range="bytes=10-19")
    assert (response.status_code, response.content) == (206, whole[10:20])
    assert response.headers["content-range"] == f"bytes 10-19/{len(whole)}"


def test_a_range_beyond_the_file_is_416_with_its_size(url: str) -> None:
    """storage: RFC 9110"""
    size = len(fetch(url).content)
    response = fetch(url, range=f"bytes={size}-")
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{size}")


def test_if_range_gives_the_whole_file_when_it_is_another_one(url: str) -> None:
    """storage: RFC 9110"""
    whole = fetch(url)
    assert fetch(url, range="bytes=10-19", if_range=whole.headers["etag"]).status_code == 206
    other = fetch(url, range="bytes=10-19", if_range='"another"')
    assert (other.status_code, other.content) == (200, whole.content)
