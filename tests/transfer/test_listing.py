"""A listing that cannot be used ends in one error, before a byte is fetched; whatever text it has."""

from __future__ import annotations

import json
import socket
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tickhaul import Client, TickhaulError
from tickhaul.errors import IntegrityError, StorageError, TransferError, UnsafeFilenameError
from tickhaul.net.redaction import redacted
from tickhaul.net.urls import objection_to_url
from tickhaul.transfer import RemoteFile, download, verify
from tickhaul.transfer.names import check_distinct
from tickhaul.transfer.urls import lifetime_of

from tests.support.behaviours import answer
from tests.support.bodies import DOWNLOAD
from tests.support.server import ScriptedServer
from tests.transfer.hauls import assert_arrived, content, names_in, options
from tests.transfer.storage import SECRET, Storage, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: URLs, and what the message says of each beside the URL.
UNUSABLE_URLS = {
    "": "it is empty",
    "/a": "neither with https:// nor with http://",
    "https:/host/a": "neither with https:// nor with http://",
    "https:host/a": "neither with https:// nor with http://",
    "ftp://host/a": "neither with https:// nor with http://",
    "file:///etc/passwd": "neither with https:// nor with http://",
    "javascript:alert(1)": "neither with https:// nor with http://",
    "//host/a": "neither with https:// nor with http://",
    "http://": "it names no host",
    "http:///a": "it names no host",
    "http://:80/a": "it names no host",
    "http://[::1/a": "its host or its port is malformed",
    "http://::1]/a": "malformed",
    "http://[]/a": "",
    "http://[x]/a": "",
    "http://[1.2.3.4]/a": "",
    "http://[v1.x]/a": "not an IPv6 address",
    "http://[::1%25lo]/a": "network interface",
    "http://x[::1]/a": "",
    "http://[::1]x:80/a": "",
    "http://host:x/a": "its host or its port is malformed",
    "http://host:-1/a": "malformed",
    "http://host:65536/a": "malformed",
    "http://host:0/a": "its port is 0",
    "http://host:\u0661/a": "percent-encoded",
    "http://a..b/a": "an empty label",
    "http://.a/a": "an empty label",
    "http://a../a": "an empty label",
    "http://./a": "an empty label",
    f"http://{'x' * 64}.example/a": "a label of 64 characters",
    f"http://{'x.' * 127}/a": "its host has 254 characters",
    "http://xn--/a": "characters other than letters",
    "http://xn--a-/a": "characters other than letters",
    "http://xn--99999999/a": "not Punycode",
    "http://-a/a": "characters other than letters",
    "http://a%2eb/a": "characters other than letters",
    "http://a,b/a": "characters other than letters",
    "http://h\u00f6st/a": "percent-encoded",
    "http://host/\u00f6": "percent-encoded",
    "http://host/\ud800": "percent-encoded",
    "http://host/a b": "percent-encoded",
    " http://host/a": "percent-encoded",
    "http://host/a\r\nX-Evil: 1": "percent-encoded",
    "http://ho\tst/a": "percent-encoded",
    "http://host/\0": "percent-encoded",
    "http://host/\x1b[31m": "percent-encoded",
    "http://host/\u202e": "percent-encoded",
    "http://good\\@evil/a": "a backslash in its host",
    "http://good\\evil/a": "a backslash in its host",
    "http://user@host/a": "it names a user",
    "http://user:pw@host/a": "it names a user",
    "http://@host/a": "it names a user",
    f"http://host/{'a' * 40_000}": "and 32768 are the most",
}
USABLE_URLS = [
    "https://host/a",
    "HTTPS://HOST/a",
    "http://host",
    "http://host./a",
    "http://host:8080/a?x=1#f",
    "http://host:/a",
    "http://host?x=1",
    "http://my_bucket.s3.amazonaws.com/a",
    "http://127.0.0.1:9000/a",
    "http://[::1]:9000/a",
    "http://[::ffff:127.0.0.1]/a",
    "http://xn--bcher-kva.example/a",
    "http://host/%zz%",
    "http://host/a@b:c;d\\e|f",
    f"http://{'x' * 63}.example/a?{'y' * 8000}",
]
UNUSABLE_IDS = ["", "\ud800", "art_\udfff", "a\0b", "a\nb", "a\x1b[31m", "\x7f", "a\u2028b", "x" * 513]


def brought(files: list[RemoteFile], folder: Path, **changes: Any) -> None:
    download(files, folder, refresh=lambda: files, export_id="exp_1", options=options(**changes))


def assert_fit_to_be_shown(error: Exception) -> None:
    text = str(error)
    assert text.isascii()
    assert text.isprintable()
    assert SECRET not in text
    assert len(text) < 1000


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage({"good": content(10)}) as storage:
        yield storage


@pytest.mark.parametrize("url", UNUSABLE_URLS, ids=ascii)
def test_a_url_that_cannot_be_used_is_told_before_anything_is_fetched(
    tmp_path: Path, storage: Storage, url: str
) -> None:
    files = [*storage.listing(), RemoteFile("art_2", "bad", 3, f"{url}?X-Amz-Signature={SECRET}" if url else url)]
    with pytest.raises(StorageError, match=r"artifact 'art_2' at .*not a usable URL: .*run again for a new") as caught:
        brought(files, tmp_path / "in")
    assert UNUSABLE_URLS[url] in str(caught.value)
    assert_fit_to_be_shown(caught.value)
    assert caught.value.filename == "bad"
    assert storage.requests == []
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("url", USABLE_URLS)
def test_what_odd_hosts_may_sign_is_left_to_them(url: str) -> None:
    assert objection_to_url(url) is None


@pytest.mark.parametrize("identifier", UNUSABLE_IDS, ids=ascii)
def test_an_id_that_cannot_be_one_is_told_before_anything_is_fetched(
    tmp_path: Path, storage: Storage, identifier: str
) -> None:
    files = [*storage.listing(), replace(storage.listing()[0], id=identifier, filename="bad")]
    for _ in range(2):
        with pytest.raises(IntegrityError, match=r"listed bad with the artifact id '.*run again") as caught:
            brought(files, tmp_path / "in")
        assert_fit_to_be_shown(caught.value)
    assert storage.requests == []
    assert names_in(tmp_path) == []


def test_ids_of_other_letters_are_as_good_as_any(tmp_path: Path, storage: Storage) -> None:
    brought([replace(file, id='art_\u65e5\u672c \u00fc%"\\') for file in storage.listing()], tmp_path)
    assert_arrived(storage, tmp_path)
    assert verify(tmp_path).ok
    brought([replace(file, id='art_\u65e5\u672c \u00fc%"\\') for file in storage.listing()], tmp_path)
    assert len(storage.requests) == 1


@pytest.mark.parametrize("size", [-1, True, 1.5, float("nan"), 1 << 63, 10**5000, -(10**5000), "5"], ids=lambda _: "")
def test_a_length_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(IntegrityError, match=r"'a' a length of .* was announced.*run again") as caught:
        RemoteFile("art_1", "a", size, "https://host/a")
    assert_fit_to_be_shown(caught.value)


@pytest.mark.parametrize("name", ["id", "filename", "url"])
def test_what_is_no_text_is_a_mistake_of_the_caller(name: str) -> None:
    values: dict[str, Any] = {"id": "art_1", "filename": "a", "size": 1, "url": "https://host/a", name: None}
    with pytest.raises(TypeError, match=f"{name} must be text, not NoneType"):
        RemoteFile(**values)


def test_a_length_no_disk_can_hold_is_told_before_anything_is_fetched(tmp_path: Path, storage: Storage) -> None:
    with pytest.raises(StorageError, match="has room for"):
        brought([replace(file, size=(1 << 63) - 1) for file in storage.listing()], tmp_path)
    assert storage.requests == []


def test_a_length_the_host_makes_up_is_an_error_too(tmp_path: Path) -> None:
    def endless(_: object, given: Any) -> Any:
        given.headers["Content-Length"] = "9" * 19
        return given

    with Storage({"a": content(10)}, endless) as storage, pytest.raises(TransferError):
        brought([replace(file, size=None) for file in storage.listing()], tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("names", [("\u1f80", "\u1f00\u0399"), ("\u212a", "k"), ("\u00c5", "a\u030a")])
def test_names_alike_in_another_case_and_form_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(UnsafeFilenameError, match="alike") as caught:
        check_distinct(names)
    assert_fit_to_be_shown(caught.value)


def refuse_b(request: Any, given: Any) -> Any:
    return refusal(403) if request.name == "b" else given


@pytest.mark.parametrize(
    ("field", "value"), [("url", "http://[::1/a"), ("url", f"http://host:x/?{SECRET}"), ("id", "twice")]
)
def test_a_new_listing_that_is_broken_ends_the_transfer_with_what_was_fetched_kept(
    tmp_path: Path, field: str, value: str
) -> None:
    with Storage({"a": content(10), "b": content(10)}, refuse_b) as storage:

        def broken() -> list[RemoteFile]:
            first, second = storage.refresh()
            if field == "id":
                return [first, second, replace(second, url=first.url)]
            return [first, replace(second, url=value)]

        with pytest.raises(TransferError, match=r"not a usable URL|listed an artifact twice") as caught:
            download(storage.listing(), tmp_path, refresh=broken, export_id="exp_1", options=options(connections=1))
        assert_fit_to_be_shown(caught.value)
        assert storage.refreshes == 1
    assert names_in(tmp_path) == ["a", "tickhaul.json"]


def test_what_a_new_listing_has_beside_the_files_does_not_matter(tmp_path: Path) -> None:
    refused: list[int] = []

    def once(_: object, given: Any) -> Any:
        refused.append(1)
        return refusal(403) if len(refused) == 1 else given

    with Storage({"a": content(10)}, once) as storage:

        def more() -> list[RemoteFile]:
            return [*storage.refresh(), RemoteFile("\ud800", "../x", None, "http://[")]

        download(storage.listing(), tmp_path, refresh=more, export_id="exp_1", options=options())
    assert_arrived(storage, tmp_path)


def test_an_export_id_utf_8_has_no_form_for_is_written_down_all_the_same(tmp_path: Path, storage: Storage) -> None:
    download(storage.listing(), tmp_path, refresh=storage.refresh, export_id="exp_\ud800\\", options=options())
    text = (tmp_path / "tickhaul.json").read_text("utf-8")
    assert json.loads(text)["files"]["good"]["export"] == "exp_\ud800\\"
    assert verify(tmp_path).ok


@pytest.mark.parametrize("change", [{"id": "\ud800"}, {"url": "http://[::1/a"}, {"bytes": -1}, {"filename": "\ud800"}])
def test_a_client_gets_an_error_of_the_tree(tmp_path: Path, change: dict[str, object]) -> None:
    listing: Any = json.loads(json.dumps(DOWNLOAD))
    listing["artifacts"][0] |= change
    with ScriptedServer(otherwise=answer(listing)) as server, Client("key_1.x", base_url=server.url) as client:
        with pytest.raises(TickhaulError) as caught:
            client.exports.download("exp_1", tmp_path / "in")
        assert isinstance(caught.value, TransferError)
        assert len(server.requests) == 1
    assert names_in(tmp_path) == []


anything = st.text(st.characters(exclude_categories=()), max_size=20)
pieces = st.sampled_from(
    ["http://", "https://", "127.0.0.1", "[::1]", ":", "/", "a", "?", "#", "@", "%", "xn--", ".", "]"]
)
urls = st.lists(pieces | anything, max_size=8).map("".join) | anything.map("http://127.0.0.1/{}".format)


@given(urls)
def test_a_url_is_usable_or_says_why_not(url: str) -> None:
    text = redacted(f"{url}?{SECRET}")
    assert text.isascii()
    assert text.isprintable()
    assert SECRET not in text + redacted(f"http://u:{SECRET}@h/{url}") * ("/" not in url)
    if objection_to_url(url) is None:
        assert lifetime_of(url, 300) >= 0
        assert url.isascii()
        url.partition("://")[2].partition("/")[0].partition(":")[0].encode("idna")


@pytest.fixture(scope="module")
def nobody() -> Iterator[int]:
    """A port at which nobody listens, and which nobody else gets."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@settings(max_examples=150)
@given(st.data())
def test_whatever_is_listed_ends_in_an_error_of_the_tree(nobody: int, data: st.DataObject) -> None:
    sizes: st.SearchStrategy[Any] = st.none() | st.integers() | st.booleans() | st.floats()
    # Everything goes to a proxy that is not there, so nobody is looked up or asked.
    settled = options(proxy=f"http://127.0.0.1:{nobody}", attempts=1, backoff=0)
    listed = data.draw(
        st.lists(
            st.tuples(anything | st.just("art_1"), anything | st.just("a"), sizes | st.just(1), urls),
            min_size=1,
            max_size=3,
        )
    )

    def fetch(folder: str) -> None:
        files = [RemoteFile(*fields) for fields in listed]
        download(files, folder, refresh=lambda: files, export_id="exp_1", options=settled)

    with tempfile.TemporaryDirectory() as folder, pytest.raises(TransferError) as caught:
        fetch(folder)
    str(caught.value).encode()
