"""Which engine moves the bytes, and that it is told."""

from __future__ import annotations

import importlib
import logging
import socket
import ssl
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from tickhaul.transfer import TransferOptions
from tickhaul.transfer.wire import choose

from tests.transfer.hauls import ENGINES, KIB, assert_arrived, content, haul, options
from tests.transfer.storage import Answer, Request, Storage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILES = {"a": content(300 * KIB)}
with_libcurl = pytest.mark.skipif("libcurl" not in ENGINES, reason="pycurl is not installed")


class Old(ModuleType):
    """A pycurl of long ago."""

    version = "PycURL/7.45.6 libcurl/8.12.1 OpenSSL/3.4.1"


class Broken:
    """Has an import fail as it does when a library that a module needs is missing, or worse."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pycurl":
            raise self._error


def hang_up(_: Request, answer: Answer) -> Answer:
    """Have each request come by a connection of its own."""
    answer.close = True
    return answer


@with_libcurl
def test_libcurl_serves_where_it_is_installed() -> None:
    name, _ = choose(TransferOptions())
    assert name.startswith("libcurl ")
    assert choose(TransferOptions(engine="libcurl"))[0] == name


@with_libcurl
def test_a_libcurl_that_lacks_an_option_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over_libcurl = importlib.import_module("tickhaul.transfer.wire.over_libcurl")

    def lacks(*_: object) -> None:
        raise over_libcurl.Unsupported(4, "A requested feature was not found built-in")

    monkeypatch.setattr(over_libcurl.LibcurlEngine, "_set_up", lacks)
    name, _ = choose(TransferOptions())
    assert name.startswith("httpcore ")
    assert "libcurl lacks an option (its error " in name
    with pytest.raises(ValueError, match=r'^engine="libcurl" cannot serve: libcurl lacks an option'):
        choose(TransferOptions(engine="libcurl"))
    with Storage(FILES) as storage:
        haul(storage, tmp_path)
    assert_arrived(storage, tmp_path)


@with_libcurl
@pytest.mark.parametrize("wait", ["_poll", "_select"])
def test_what_can_be_read_from_or_written_to_is_found(wait: str) -> None:
    from tickhaul.transfer.wire import over_libcurl

    ready = getattr(over_libcurl, wait)
    read, write = 1, 2  # as libcurl has them
    near, far = socket.socketpair()
    with near, far:
        handle = near.fileno()
        assert ready({handle: read}, 0) == []
        assert ready({handle: read | write}, None) == [(handle, write)]
        far.send(b"x")
        assert ready({handle: read}, None) == [(handle, read)]
        assert ready({handle: read | write, far.fileno(): read}, 20) == [(handle, read | write)]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"engine": "httpcore"}, "as asked for"), ({"ssl_context": ssl.create_default_context()}, "ssl_context")],
)
def test_httpcore_serves_where_libcurl_cannot(settings: dict[str, Any], reason: str) -> None:
    name, _ = choose(TransferOptions(**settings))
    assert name.startswith("httpcore ")
    assert reason in name


@pytest.mark.parametrize(
    ("module", "reason"),
    [(None, "pycurl is not installed; tickhaul.fast. brings it"), (Old("pycurl"), "pycurl 7.45.6 is too old")],
)
def test_a_missing_or_old_libcurl_is_told(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType | None, reason: str
) -> None:
    monkeypatch.setitem(sys.modules, "pycurl", module)
    name, _ = choose(TransferOptions())
    assert name.startswith("httpcore ")
    with pytest.raises(ValueError, match=f'^engine="libcurl" cannot serve: .*{reason}'):
        choose(TransferOptions(engine="libcurl"))


@pytest.mark.parametrize(
    "error",
    [
        ImportError("libcurl.so.4: cannot open shared object file", name="pycurl"),
        ModuleNotFoundError("no part of it", name="other"),
        RuntimeError("pycurl: wrong"),
    ],
)
def test_a_libcurl_that_cannot_be_loaded_is_no_reason_to_fail(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.delitem(sys.modules, "pycurl", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(error), *sys.meta_path])
    name, _ = choose(TransferOptions())
    assert name.startswith("httpcore ")
    assert str(error) in name


def test_a_module_that_is_something_else_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycurl", ModuleType("pycurl"))
    assert choose(TransferOptions())[0].startswith("httpcore ")


def test_an_ssl_context_and_libcurl_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="cannot take an ssl_context; leave out one"):
        TransferOptions(engine="libcurl", ssl_context=ssl.create_default_context())


def test_an_engine_that_does_not_exist_is_refused() -> None:
    wrong: Any = "curl"  # Any: what a type checker would not let pass
    with pytest.raises(ValueError, match="engine must be one of auto, libcurl, httpcore, not 'curl'"):
        TransferOptions(engine=wrong)


def test_an_ssl_context_is_used_as_it_is(tmp_path: Path) -> None:
    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Storage(FILES, context=server) as storage:
        haul(storage, tmp_path, ssl_context=trusting)
    assert_arrived(storage, tmp_path)


@pytest.mark.parametrize("wrong", ["/ca.pem", False, ssl])
def test_what_is_no_ssl_context_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^ssl_context must be an ssl.SSLContext, not {type(wrong).__name__}$"):
        TransferOptions(ssl_context=wrong)


def test_an_ssl_context_is_not_changed_while_connections_are_made(tmp_path: Path) -> None:
    class Counting(ssl.SSLContext):
        count = 0

        def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
            self.count += 1
            super().set_alpn_protocols(alpn_protocols)

    authority, server = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    trusting = Counting(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(trusting)
    with Storage({"a": content(2000 * KIB)}, hang_up, context=server) as storage:
        haul(storage, tmp_path, ssl_context=trusting)
        assert storage.connections == 16
    assert_arrived(storage, tmp_path)
    assert trusting.count == 1


@pytest.mark.usefixtures("engine")
def test_the_log_tells_which_engine_serves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tickhaul.transfer")
    with Storage(FILES) as storage:
        haul(storage, tmp_path)
    assert f"transfer over {options().engine} " in caplog.text
