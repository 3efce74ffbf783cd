"""Requests of web pages are refused: by the name they come under, and by the origin they come from."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tickhaul_sandbox import ManualClock, Sandbox, Settings
from tickhaul_sandbox.hosts import Hosts, split_target

from tests.sandbox.api import HOUR, START, Api, code, message, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

HTTP = "http"


def status_of(hosts: Hosts, host: str | None, target: str = "/x", method: str = "POST", **headers: str) -> int | None:
    named = {} if host is None else {"host": host}
    sent = {name.replace("_", "-"): value for name, value in {**named, **headers}.items()}
    refusal = hosts.refusal(
        {
            "type": HTTP,
            "method": method,
            "raw_path": target.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
    )
    return None if refusal is None else refusal.status


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8765",
        "localhost.",
        "127.0.0.1",
        "127.0.0.1:8765",
        "127.255.3.4:1",
        "[::1]",
        "[::1]:8765",
        "[0:0:0:0:0:0:0:1]:80",
    ],
)
def test_loopback_is_always_known(host: str) -> None:
    assert status_of(Hosts("127.0.0.1"), host) is None
    assert status_of(Hosts("192.168.1.5"), host) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8765",
        "evil.example:127.0.0.1",
        "192.168.1.5",
        "8.8.8.8:8765",
        "[2001:db8::1]",
        "[::1",
        "::1",
        "",
        "localhost@evil.example",
        "evil.example/localhost",
        "localhost, evil.example",
        "127.1",
        "0x7f000001",
        "2130706433",
    ],
)
def test_any_other_host_is_refused_wherever_it_is_named(host: str) -> None:
    hosts = Hosts("127.0.0.1")
    assert status_of(hosts, host) == 421
    assert status_of(hosts, "localhost", f"http://{host}/x") == 421
    assert status_of(hosts, host, "http://localhost/x") == 421
    assert status_of(hosts, "localhost", origin=f"http://{host}") == 403


@pytest.mark.parametrize(
    ("listening", "named", "host", "known"),
    [
        ("192.168.1.5", (), "192.168.1.5:8765", True),
        ("192.168.1.5", (), "192.168.1.6", False),
        ("sandbox.lan", (), "Sandbox.LAN:8765", True),
        ("2001:db8::1", (), "[2001:db8:0::1]:8765", True),
        ("127.0.0.1", ("host.docker.internal",), "host.docker.internal:8765", True),
        ("127.0.0.1", ("[2001:db8::1]",), "[2001:db8::1]", True),
        # An address cannot be bound to anything else, so where every address is listened on, every one will do.
        ("0.0.0.0", (), "192.168.1.5:8765", True),
        ("::", (), "[2001:db8::1]", True),
        ("0.0.0.0", (), "evil.example", False),
        ("0.0.0.0", (), "0.0.0.0:8765", True),
    ],
)
def test_it_is_known_by_where_it_listens_and_by_what_settings_name(
    listening: str, named: tuple[str, ...], host: str, *, known: bool
) -> None:
    assert (status_of(Hosts(listening, named), host) is None) == known


def test_a_request_that_names_no_host_is_refused() -> None:
    assert status_of(Hosts("127.0.0.1"), None) == 421


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {"origin": "http://127.0.0.1:8765", "sec_fetch_site": "same-origin"}, None),
        # Pages of other servers of this machine, and of other schemes, are of another origin as well.
        ("POST", {"origin": "http://127.0.0.1:3000"}, 403),
        ("POST", {"origin": "http://127.0.0.1"}, 403),
        ("POST", {"origin": "http://localhost:8765", "sec_fetch_site": "same-origin"}, 403),
        ("POST", {"origin": "https://127.0.0.1:8765"}, 403),
        ("POST", {"origin": "evil://127.0.0.1:8765"}, 403),
        ("POST", {"origin": "127.0.0.1:8765"}, 403),
        ("POST", {"origin": ""}, 403),
        ("POST", {"origin": "http://127.0.0.1:8765", "sec_fetch_site": "cross-site"}, 403),
        ("POST", {"sec_fetch_site": "same-site"}, 403),
        ("POST", {"sec_fetch_site": "Cross-Site"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("POST", {"origin": "https://evil.example"}, 403),
        ("GET", {"origin": "https://evil.example"}, 403),
        ("OPTIONS", {"origin": "https://evil.example"}, 403),
        ("GET", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, 403),
        ("POST", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, 403),
        # A link that was followed, a name that was typed in, and a page of its own.
        ("GET", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, None),
        ("GET", {"sec_fetch_site": "none", "sec_fetch_mode": "navigate"}, None),
        ("POST", {"sec_fetch_site": "same-origin"}, None),
    ],
)
def test_a_page_of_another_origin_is_refused(method: str, headers: dict[str, str], status: int | None) -> None:
    assert status_of(Hosts("127.0.0.1"), "127.0.0.1:8765", method=method, **headers) == status


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (b"origin", b"http://127.0.0.1:8765", b"http://evil.example"),
        (b"sec-fetch-site", b"same-origin", b"cross-site"),
        (b"sec-fetch-mode", b"navigate", b"cors"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_every_value_of_a_header_is_looked_at(name: bytes, good: bytes, bad: bytes, *, turned: bool) -> None:
    values = [bad, good] if turned else [good, bad]
    headers = [(b"host", b"127.0.0.1:8765"), *((name, value) for value in values)]
    if name == b"sec-fetch-mode":
        headers.append((b"sec-fetch-site", b"cross-site"))
    refusal = Hosts("127.0.0.1").refusal({"type": HTTP, "method": "GET", "raw_path": b"/x", "headers": headers})
    assert refusal is not None
    assert refusal.status == 403


def test_where_every_address_is_a_host_not_every_origin_is_its_own() -> None:
    hosts = Hosts("0.0.0.0")
    assert status_of(hosts, "192.168.1.5:8765", origin="http://192.168.1.5:8765") is None
    assert status_of(hosts, "127.0.0.1:8765", origin="http://203.0.113.5") == 403


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/v1/exchanges", (None, "/v1/exchanges")),
        ("/a?b=http://c", (None, "/a?b=http://c")),
        ("http://h:1/a/b", ("h:1", "/a/b")),
        ("HTTPS://h", ("h", "/")),
        ("*", (None, "*")),
    ],
)
def test_targets_are_split(target: str, wanted: tuple[str | None, str]) -> None:
    assert split_target(target) == wanted


@pytest.mark.parametrize("host", ["", "http://x", "x:80", "a b", "a/b", "[::1]:80"])
def test_a_name_that_cannot_be_a_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="allowed_hosts must be names or addresses without scheme and port"):
        Settings(allowed_hosts=(host,))


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Sandbox(Settings(export_seconds=0), clock=ManualClock(START)) as sandbox, Api(sandbox) as caller:
        yield caller


def ask(api: Api, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.http.post(path, content=b"{}", headers=named)


@pytest.mark.parametrize("path", ["/v1/subscriptions", "/_sandbox/faults", "/nothing"])
def test_the_api_refuses_in_its_own_words_and_without_any_effect(api: Api, path: str) -> None:
    before = len(api.sandbox.requests)
    response = ask(api, path, host="evil.example:8765")
    assert code(response) == (421, "invalid_argument")
    assert message(response) == (
        "This sandbox is not known as 'evil.example:8765'. Reach it as localhost or by the address it listens on, or "
        "start it with --allowed-host and that name"
    )
    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers["connection"] == "close"
    assert code(ask(api, path, origin="http://evil.example")) == (403, "permission_denied")
    assert code(ask(api, path, sec_fetch_site="cross-site")) == (403, "permission_denied")
    assert len(api.sandbox.requests) == before


@pytest.mark.parametrize("path", ["/auth/oauth/token", "/tickData", "/get/tickData"])
def test_xyt_hub_refuses_in_its_own_words(api: Api, path: str) -> None:
    response = ask(api, path, host="evil.example")
    assert (response.status_code, response.json()["error"]) == (421, "invalid_request")
    assert "--allowed-host" in response.json()["error_description"]


def test_the_storage_refuses_in_its_own_words(api: Api) -> None:
    api.subscribe()
    url = ok(api.get(f"/exports/{api.export(START - HOUR, START)}/download"))["artifacts"][0]["url"]
    for headers, status, name in (
        ({"host": "evil.example"}, 421, "MisdirectedRequest"),
        ({"origin": "http://evil.example"}, 403, "AccessDenied"),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403, "AccessDenied"),
    ):
        response = api.http.get(url, headers={"x-api-key": "", **headers})
        assert (response.status_code, f"<Code>{name}</Code>" in response.text) == (status, True)


@pytest.mark.parametrize(("target", "status"), [("http://HOST/v1/exchanges?x=1", 200), ("http://api.test/v1", 421)])
def test_a_request_for_a_whole_url_is_held_to_the_host_in_it(api: Api, target: str, status: int) -> None:
    place = urlsplit(api.sandbox.base_url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as connection:
        head = f"GET {target.replace('HOST', place.netloc)} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        connection.sendall(f"{head}X-Api-Key: {api.sandbox.api_key}\r\nConnection: close\r\n\r\n".encode())
        assert connection.makefile("rb").readline().split()[1] == str(status).encode()


def test_a_host_that_is_allowed_is_served_and_so_is_that_of_the_storage_url() -> None:
    settings = Settings(
        allowed_hosts=("host.docker.internal",), storage_url="http://files.example:9000", export_seconds=0
    )
    with Sandbox(settings, clock=ManualClock(START)) as sandbox, Api(sandbox) as api:
        api.subscribe()
        assert api.http.get("/v1/exchanges", headers={"Host": "host.docker.internal:80"}).status_code == 200
        url = urlsplit(ok(api.get(f"/exports/{api.export(START - HOUR, START)}/download"))["artifacts"][0]["url"])
        place = urlsplit(sandbox.service.storage_url)
        assert place.netloc == "files.example:9000"
        port = sandbox._sockets[1].getsockname()[1]
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", f"{url.path}?{url.query}", headers={"Host": "files.example:9000"})
        assert connection.getresponse().status == 200
        connection.close()


def test_refusals_are_json_whatever_the_host_holds(api: Api) -> None:
    place = urlsplit(api.sandbox.base_url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=30) as connection:
        connection.sendall(b'GET / HTTP/1.1\r\nHost: <"\xff' + b"x" * 5000 + b"\r\nConnection: close\r\n\r\n")
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 421"):
        assert len(json.loads(body)["error"]["message"]) < 500
    else:
        assert head.startswith(b"HTTP/1.1 400")
