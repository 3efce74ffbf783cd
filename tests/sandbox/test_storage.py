from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.artifacts.store import GivenUpError
from tickhaul_sandbox.artifacts.tables import LayoutError
from tickhaul_sandbox.presign import RefusedError, Signer

from tests.sandbox.api import HOUR, START, Api, fetch, ok

if TYPE_CHECKING:
    from collections.abc import Iterator


TIME = ManualClock(START)


@dataclass(frozen=True)
class File:
    """A finished file."""

    url: str
    size: int
    content: bytes


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Settings(export_seconds=0), clock=TIME) as running:
        yield running


@pytest.fixture(scope="module")
def file(sandbox: Sandbox) -> File:
    with Api(sandbox) as api:
        api.subscribe()
        item = ok(api.get(f"/exports/{api.export(START - HOUR, START)}/download"))["artifacts"][0]
        return File(item["url"], item["bytes"], fetch(item["url"]).content)


def test_files_come_from_another_origin_than_the_api(sandbox: Sandbox, file: File) -> None:
    assert file.url.startswith(sandbox.storage_url)
    assert urlsplit(file.url).netloc != urlsplit(sandbox.base_url).netloc


def test_a_url_gives_the_file_with_its_length_and_hash(file: File) -> None:
    response = fetch(file.url)
    assert response.status_code == 200
    assert response.headers["content-length"] == str(file.size) == str(len(response.content))
    assert response.headers["etag"] == f'"{hashlib.md5(response.content).hexdigest()}"'
    assert response.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in response.headers
    assert "x-request-id" not in response.headers


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=10-19", 10, 20),
        ("bytes=10-", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=0-999999999", 0, None),
        ("bytes=-999999999", 0, None),
        ("bytes=1-18446744073709551615", 1, None),
    ],
)
def test_a_range_is_answered_with_206(file: File, asked: str, start: int, end: int | None) -> None:
    response = fetch(file.url, range=asked)
    part = file.content[start:end]
    first = start if start >= 0 else file.size + start
    assert response.status_code == 206
    assert response.content == part
    assert response.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{file.size}"
    assert response.headers["content-length"] == str(len(part))


@pytest.mark.parametrize("asked", ["bytes=5-1", "bytes=a-b", "bytes=-", "items=0-1", "bytes=0-1,5-6"])
def test_a_range_that_is_none_is_ignored(file: File, asked: str) -> None:
    response = fetch(file.url, range=asked)
    assert (response.status_code, response.content) == (200, file.content)


@pytest.mark.parametrize("offset", [0, 1000])
def test_a_range_past_the_end_is_answered_with_416(file: File, offset: int) -> None:
    response = fetch(file.url, range=f"bytes={file.size + offset}-")
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{file.size}"
    assert "<Code>InvalidRange</Code>" in response.text
    assert fetch(file.url, range="bytes=-0").status_code == 416


IMPOSSIBLE_DATES = ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 +99999999999999")


def test_if_range_gives_the_part_of_the_same_file_and_the_whole_of_another(file: File) -> None:
    head = fetch(file.url, range="bytes=0-0").headers
    for same in (head["etag"], head["last-modified"]):
        assert fetch(file.url, range="bytes=3-5", if_range=same).status_code == 206
    for other in ('"0123"', f"W/{head['etag']}", "Tue, 01 Jan 1980 00:00:00 GMT", "nonsense", *IMPOSSIBLE_DATES):
        response = fetch(file.url, range="bytes=3-5", if_range=other)
        assert (response.status_code, response.content) == (200, file.content)


def test_a_request_for_a_whole_url_gives_the_file(sandbox: Sandbox, file: File) -> None:
    place = urlsplit(file.url)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=30)) as connection:
        connection.request("GET", file.url)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, file.content)
    assert sandbox.requests[-1].path == place.path


@pytest.mark.parametrize(
    "error", [LayoutError("late"), RuntimeError("no process"), GivenUpError(), OSError(28, "full")]
)
def test_a_file_that_cannot_be_made_again_is_an_error_of_the_storage_and_one_line(
    sandbox: Sandbox,
    file: File,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(artifact: object) -> None:
        raise error

    monkeypatch.setattr(sandbox.service.artifacts, "open", fail)
    response = fetch(file.url)
    assert (response.status_code, response.headers["content-type"]) == (500, "application/xml")
    assert "<Code>InternalError</Code>" in response.text
    [line] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (line.exc_info, repr(error) in line.message) == (None, True)


def test_if_match_and_if_none_match_are_honoured(file: File) -> None:
    etag = fetch(file.url, range="bytes=0-0").headers["etag"]
    assert fetch(file.url, if_match=etag).status_code == 200
    assert fetch(file.url, if_match=f'"x", {etag}', range="bytes=0-1").status_code == 206
    refused = fetch(file.url, if_match='"x"', range="bytes=0-1")
    assert refused.status_code == 412
    assert "<Code>PreconditionFailed</Code>" in refused.text
    unchanged = fetch(file.url, if_none_match=etag)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert fetch(file.url, if_none_match=f"W/{etag}").status_code == 304
    assert fetch(file.url, if_match=f"W/{etag}").status_code == 412


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({"X-Api-Key": "key_sandbox.local"}, 403, "AccessDenied"),
        ({"x-api-key": "anything"}, 403, "AccessDenied"),
        ({"Authorization": "Bearer anything"}, 400, "InvalidArgument"),
    ],
)
def test_a_request_that_carries_a_key_is_refused(
    sandbox: Sandbox, file: File, headers: dict[str, str], status: int, name: str
) -> None:
    response = httpx.get(file.url, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/xml"
    assert f"<Code>{name}</Code>" in response.text
    recorded = sandbox.requests[-1]
    assert (recorded.origin, recorded.query, recorded.status) == ("storage", "[secret]", status)
    assert "anything" not in repr(recorded)
    assert "key_sandbox" not in repr(recorded)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE"])
def test_only_get_is_signed_for(file: File, method: str) -> None:
    assert httpx.request(method, file.url).status_code == 403


def test_a_url_expires_after_its_lifetime_and_a_new_one_can_be_had(sandbox: Sandbox) -> None:
    with Api(sandbox) as api:
        export_id = api.export(START - HOUR, START)
        url = ok(api.get(f"/exports/{export_id}/download"))["artifacts"][0]["url"]
        TIME.advance(299)
        assert fetch(url).status_code == 200
        TIME.advance(1)
        expired = fetch(url)
        assert expired.status_code == 403
        assert "<Message>Request has expired</Message>" in expired.text
        renewed = ok(api.get(f"/exports/{export_id}/download"))["artifacts"][0]["url"]
        assert fetch(renewed).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=300", "X-Amz-Expires=999999"),
        ("_part_2024011509", "_part_2024011510"),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Signature=", "X-Amz-Signature=%C3%A9"),
        ("X-Amz-Signature=", "X-Amz-Signature=%FF"),
        ("X-Amz-Date=2024", "X-Amz-Date=2025"),
    ],
)
def test_a_changed_url_is_refused(file: File, old: str, new: str) -> None:
    assert old in file.url
    response = fetch(file.url.replace(old, new))
    assert response.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in response.text


def test_a_url_without_a_signature_or_with_a_broken_one_is_refused(sandbox: Sandbox, file: File) -> None:
    assert fetch(file.url.partition("?")[0]).status_code == 403
    assert fetch(file.url.replace("X-Amz-Date=", "X-Amz-Other=")).status_code == 400
    assert fetch(f"{sandbox.storage_url}/").status_code == 403


def test_another_host_name_needs_another_signature(file: File) -> None:
    response = fetch(file.url, host="localhost")
    assert "<Code>SignatureDoesNotMatch</Code>" in response.text


def test_urls_carry_the_origin_the_settings_say() -> None:
    settings = Settings(storage_url="http://files.example:9000", export_seconds=0)
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        export_id = api.export(START - HOUR, START)
        url = ok(api.get(f"/exports/{export_id}/download"))["artifacts"][0]["url"]
        assert url.startswith("http://files.example:9000/")


def test_a_signature_is_good_for_its_path_host_and_time_alone() -> None:
    signer, url = Signer(0), urlsplit(Signer(0).sign("http://h:1", "/a b/ü", START, 300))
    parameters = dict(httpx.QueryParams(url.query))
    signer.check(url.path, "h:1", parameters, START)
    for path, host, instant, other in (
        ("/a", "h:1", START, signer),
        (url.path, "h:2", START, signer),
        (url.path, "h:1", START + 300 * 10**9, signer),
        (url.path, "h:1", START, Signer(1)),
    ):
        with pytest.raises(RefusedError):
            other.check(path, host, parameters, instant)
