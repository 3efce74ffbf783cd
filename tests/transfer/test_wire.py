"""The wire: redirects, certificates, addresses of hosts, and what is never let out."""

from __future__ import annotations

import logging
import socket
import subprocess
import traceback
from typing import TYPE_CHECKING

import pytest
import trustme
from tickhaul.errors import StorageError
from tickhaul.net.redaction import redacted
from tickhaul.transfer import RemoteFile, download

from tests.transfer.channels import serving
from tests.transfer.hauls import KIB, assert_arrived, content, haul, options
from tests.transfer.storage import SECRET, Answer, Request, Storage, refusal

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("engine", "own_authority")

FILES = {"a": content(300 * KIB)}


def redirecting(target: Storage | str, status: int = 307) -> Callable[[Request, Answer], Answer]:
    def fault(request: Request, _: Answer) -> Answer:
        url = target if isinstance(target, str) else target.url(request.name)
        return refusal(status, Location=url)

    return fault


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_https_is_followed(tmp_path: Path, server_context: ssl.SSLContext, status: int) -> None:
    with Storage(FILES, context=server_context) as target, Storage(FILES) as first:
        first.fault = redirecting(target, status)
        haul(first, tmp_path)
        assert all("range" in request.headers for request in target.requests)
    assert_arrived(target, tmp_path)


@pytest.mark.parametrize(
    ("name", "location", "sent"),
    [
        ("two words", "two words", "two%20words"),
        ("two words", "two%20words", "two%20words"),
        ('say "<{`}>"', 'say "<{`}>"', "say%20%22%3C%7B%60%7D%3E%22"),
        ("f\u00fcr", "f\u00c3\u00bcr", "f%C3%BCr"),
        ("a|b^c'd", "a|b^c'd", "a|b^c'd"),
        ("50% off", "50% off", "50%%20off"),
    ],
)
def test_a_redirect_may_hold_what_must_be_encoded(
    tmp_path: Path, server_context: ssl.SSLContext, name: str, location: str, sent: str
) -> None:
    body = content(10 * KIB)
    with Storage({name: body}, context=server_context) as target, Storage({"a": body}) as first:
        before, after = target.url("NAME").split("NAME")
        first.fault = lambda *_: refusal(302, Location=f" {before}{location}{after}\t")
        haul(first, tmp_path)
        assert [request.target.partition("?")[0] for request in target.requests] == [f"/exports/{sent}"]
    assert_arrived(first, tmp_path)


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "//[", "x"])
def test_a_redirect_to_anything_else_is_refused(tmp_path: Path, target: str) -> None:
    with Storage(FILES) as storage:
        storage.fault = redirecting(f"{target}?sig={SECRET}")
        with pytest.raises(StorageError, match=r"refused a redirect to .*only https is followed") as caught:
            haul(storage, tmp_path)
    assert SECRET not in str(caught.value)


def test_redirects_that_do_not_end_are_refused(tmp_path: Path, server_context: ssl.SSLContext) -> None:
    with Storage(FILES, context=server_context) as storage:
        storage.fault = redirecting(storage)
        with pytest.raises(StorageError, match="more than 5 redirects"):
            haul(storage, tmp_path)


def test_a_certificate_nobody_vouches_for_ends_the_transfer_at_once(tmp_path: Path) -> None:
    with Storage(FILES, context=serving(trustme.CA(), "localhost")) as storage:
        with pytest.raises(StorageError, match=r"certificate of localhost is not trusted: unable to .*SSL_CERT_FILE"):
            haul(storage, tmp_path, connections=1)
        assert storage.connections == 1
        assert storage.requests == []


def test_a_certificate_for_another_name_ends_the_transfer_at_once(tmp_path: Path, authority: trustme.CA) -> None:
    with Storage(FILES, context=serving(authority, "example.org")) as storage:
        with pytest.raises(StorageError, match=r"certificate of localhost is not trusted: .*(another name|mismatch)"):
            haul(storage, tmp_path, connections=1)
        assert storage.requests == []


def test_a_directory_of_authorities_counts_too(
    tmp_path: Path, bundle: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "authorities"
    directory.mkdir()
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(bundle)], capture_output=True, text=True, check=True
    ).stdout.strip()
    (directory / f"{name}.0").write_bytes(bundle.read_bytes())
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path / 'missing'}:{directory}")
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "out")
    assert_arrived(storage, tmp_path / "out")


def test_a_name_that_is_not_ascii_names_authorities_too(
    tmp_path: Path, bundle: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "autorit\u00e4ten.pem"
    other.write_bytes(bundle.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    with Storage(FILES, context=server_context) as storage:
        haul(storage, tmp_path / "out")
    assert_arrived(storage, tmp_path / "out")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authorities_that_are_not_there_are_told(
    tmp_path: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing"))
    with (
        Storage(FILES, context=server_context) as storage,
        pytest.raises(ValueError, match=rf"{variable} names .*missing', which is not a "),
    ):
        haul(storage, tmp_path / "out")


def test_authorities_that_cannot_be_read_are_told(
    tmp_path: Path, server_context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    monkeypatch.setenv("SSL_CERT_FILE", str(nonsense))
    with (
        Storage(FILES, context=server_context) as storage,
        pytest.raises(
            ValueError, match=r"SSL_CERT_FILE names .*nonsense.pem., which cannot be read .*; it must name a PEM"
        ),
    ):
        haul(storage, tmp_path / "out")


def test_a_redirect_to_a_host_name_that_cannot_be_is_refused(tmp_path: Path) -> None:
    name = ".".join(["x" * 60] * 5)
    with (
        Storage(FILES, lambda *_: refusal(302, Location=f"https://{name}/a")) as storage,
        pytest.raises(StorageError, match="its host has 304 characters"),
    ):
        haul(storage, tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/a",
        "http:///a",
        "/a",
        "",
        "http://host:x/a",
        "http://host/a b",
        "http://host/a\r\nX-Evil: 1",
        "http://h\u00f6st/",
    ],
)
def test_a_url_that_cannot_be_used_is_told(tmp_path: Path, url: str) -> None:
    files = [RemoteFile("art_1", "a", 3, f"{url}?X-Amz-Signature={SECRET}")]
    with pytest.raises(StorageError, match="not a usable URL") as caught:
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options())
    assert SECRET not in str(caught.value)


def test_a_host_that_is_not_there_is_told_after_some_tries(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    files = [RemoteFile("art_1", "a", 3, f"http://127.0.0.1:{port}/a?X-Amz-Signature={SECRET}")]
    with pytest.raises(StorageError, match="a failed 3 times in a row, the last time with the connection was refused"):
        download(files, tmp_path, refresh=lambda: files, export_id="exp_1", options=options(attempts=3))


def test_no_signature_is_in_any_log_error_or_repr(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def misbehave(request: Request, answer: Answer) -> Answer | None:
        match request.nth % 5:
            case 0:
                return refusal(403)
            case 1:
                return refusal(503)
            case 2:
                answer.cut = 10
                return answer
            case 3:
                return None
            case _:
                return refusal(302, Location=f"http://127.0.0.1/?X-Amz-Signature={SECRET}")

    with Storage(FILES, misbehave) as storage, pytest.raises(StorageError) as caught:
        haul(storage, tmp_path, connections=1)
    error: BaseException | None = caught.value
    assert error is not None
    told = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format(chain=True))
    assert SECRET not in caplog.text + told + repr(error) + repr(storage.listing()) + repr(options())
    assert "X-Amz" not in caplog.text + told
    assert "asking for new URLs" in caplog.text
    assert "/exports/a: 503" in caplog.text
    assert {record.name for record in caplog.records} >= {"tickhaul.transfer"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://user:pw@host:8443/p/a.csv?sig={SECRET}#f", "https://host:8443/p/a.csv"),
        (f"https://[::1]:8443/a?{SECRET}", "https://[::1]:8443/a"),
        (f"https://host:x/?{SECRET}", "https://host:x/"),
        ("https://h/\u00f6", "https://h/\\xf6"),
        ("https://user:pass?word@host/a", "an unreadable URL"),
        ("https://user:pass/word@host/a", "an unreadable URL"),
        ("https://host/a?b=@c", "https://host/a"),
    ],
)
def test_urls_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert redacted(url) == shown
