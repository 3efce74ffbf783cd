"""Which certificate authorities are trusted, and that a setting that cannot work is named."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import certifi
import pytest
import trustme
from tickhaul import AsyncClient, Client
from tickhaul.net import trust
from tickhaul.transfer import RemoteFile, TransferOptions, download

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name in NAMES or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def _call() -> object:
    with Client("key", base_url="https://localhost:9", max_retries=0) as client:
        return client.exchanges.list()


def _call_async() -> object:
    async def main() -> object:
        async with AsyncClient("key", base_url="https://localhost:9", max_retries=0) as client:
            return await client.exchanges.list()

    return asyncio.run(main())


def _fetch(directory: Path, engine: str) -> object:
    files = [RemoteFile("art_1", "a", 3, "https://localhost:9/a")]
    options = TransferOptions(engine=engine, attempts=1)  # type: ignore[arg-type]
    return download(files, directory, refresh=lambda: files, export_id="exp_1", options=options)


def _missing(path: Path) -> Path:
    return path / "missing"


def _folder(path: Path) -> Path:
    return path


def _text(path: Path) -> Path:
    (path / "text").write_text("no certificate")
    return path / "text"


def _empty(path: Path) -> Path:
    (path / "empty").touch()
    return path / "empty"


def _half(path: Path) -> Path:
    pem = trustme.CA().cert_pem.bytes()
    (path / "half").write_bytes(pem[: len(pem) // 2] + b"\n-----END CERTIFICATE-----\n")
    return path / "half"


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("SSL_CERT_FILE", _missing, "which is not a file; it must name a PEM file"),
        ("SSL_CERT_FILE", _folder, "which is not a file; it must name a PEM file"),
        ("SSL_CERT_FILE", _text, "which cannot be read as certificate authorities; it must name a PEM"),
        ("SSL_CERT_FILE", _empty, "which cannot be read as certificate authorities; it must name a PEM"),
        ("SSL_CERT_FILE", _half, "which cannot be read as certificate authorities; it must name a PEM"),
        ("SSL_CERT_DIR", _missing, "which is not a directory"),
        ("SSL_CERT_DIR", _text, "which is not a directory"),
    ],
)
@pytest.mark.parametrize("half", ["sync", "asyncio", "libcurl", "httpcore"])
def test_a_setting_that_cannot_work_is_named(
    name: str, make: Callable[[Path], Path], words: str, half: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if half == "libcurl":
        pytest.importorskip("pycurl")
    (tmp_path / "here").mkdir()
    path = make(tmp_path / "here")
    monkeypatch.setenv(name, str(path))
    ask: dict[str, Callable[[], object]] = {"sync": _call, "asyncio": _call_async}
    with pytest.raises(ValueError, match=rf"^{name} names '.*{path.name}', {words}"):
        ask.get(half, lambda: _fetch(tmp_path / "out", half))()


@pytest.mark.parametrize("ask", [_call, _call_async])
def test_a_key_log_that_cannot_be_written_is_named(
    ask: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "missing" / "log"))
    with pytest.raises(ValueError, match=r"^SSLKEYLOGFILE names '.*log', which cannot be written"):
        ask()


def test_what_is_named_is_trusted_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "own.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    assert trust.authorities() == (str(tmp_path / "own.pem"), None)
    assert len(trust.default_context().get_ca_certs()) == 1


def test_where_the_system_has_none_those_of_certifi_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(openssl_cafile=str(tmp_path / "missing"), openssl_capath=str(tmp_path / "missing"))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: found)
    assert trust.authorities() == (certifi.where(), None)
    found.openssl_capath = str(tmp_path)
    assert trust.authorities() == (certifi.where(), None)
    (tmp_path / "a.pem").touch()
    assert trust.authorities() == (None, str(tmp_path))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_an_empty_setting_is_none_and_the_systems_are_trusted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = trust.authorities()
    monkeypatch.setenv(name, "")
    assert trust.authorities() == usual


def test_an_empty_setting_does_not_hide_the_systems_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system.pem").touch()
    parts = ("SSL_CERT_FILE", str(tmp_path / "system.pem"), "SSL_CERT_DIR", str(tmp_path / "missing"))
    monkeypatch.setattr("_ssl.get_default_verify_paths", lambda: parts)
    monkeypatch.setenv("SSL_CERT_FILE", "")
    assert trust.authorities() == (str(tmp_path / "system.pem"), None)
