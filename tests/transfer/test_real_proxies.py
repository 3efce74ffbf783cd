"""Downloads through the proxies people have: squid, tinyproxy, microsocks and Dante, the real programs."""

from __future__ import annotations

import base64
import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import pytest
import trustme
from tickhaul.errors import StorageError

from tests.support import proxy as proxies
from tests.support.server import PATIENCE
from tests.transfer.hauls import KIB, assert_arrived, content, haul
from tests.transfer.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if sys.platform == "win32":
    pytest.skip("they are programs of Unix", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("engine")

#: What a proxy is there for: to let everybody through, whoever has the login, or nobody.
Manner = Literal["open", "login", "closed"]
FILES = {"large": content(1500 * KIB), "small": content(3), "empty": b""}
USER, PASSWORD, WRONG = "reader", "p@ss:w/rd%41", "an0ther:w@rd"
#: All that the settings of tinyproxy can hold.
PLAIN_PASSWORD = "pass-w0rd.41"
_LOGIN_HELPER = Path("/usr/lib/squid/basic_ncsa_auth")


# -- the programs -----------------------------------------------------------------------------------------------------


def squid(folder: Path, port: int, manner: Manner) -> list[str]:
    passwords = folder / "passwords"
    if manner == "login":
        made = subprocess.run(
            ["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
        )
        passwords.write_text(f"{USER}:{made.stdout.strip()}\n")
    rules = {
        "open": "http_access allow all",
        "login": f"auth_param basic program {_LOGIN_HELPER} {passwords}\n"
        "auth_param basic children 2 startup=1\n"
        "acl known proxy_auth REQUIRED\n"
        "http_access allow known",
        "closed": "http_access deny all",
    }
    config = folder / "squid.conf"
    config.write_text(
        f"http_port 127.0.0.1:{port}\n"
        f"{rules[manner]}\n"
        f"pid_filename {folder}/squid.pid\n"
        f"coredump_dir {folder}\n"
        "cache deny all\ncache_mem 8 MB\nmemory_pools off\nmax_filedescriptors 1024\n"
        "access_log none\ncache_log /dev/null\ncache_store_log none\nlogfile_rotate 0\n"
        "netdb_filename none\npinger_enable off\nvisible_hostname localhost\nshutdown_lifetime 0 seconds\n"
    )
    return ["squid", "-N", "-f", str(config)]


def tinyproxy(folder: Path, port: int, manner: Manner) -> list[str]:
    config, refused = folder / "tinyproxy.conf", folder / "refused"
    rules = {
        "open": "",
        "login": f"BasicAuth {USER} {PLAIN_PASSWORD}\n",
        # For a CONNECT the port decides; what is asked of the proxy itself only a filter keeps back.
        "closed": f'ConnectPort 1\nFilter "{refused}"\n',
    }
    refused.write_text("127[.]0[.]0[.]1\n")
    config.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n{rules[manner]}")
    return ["tinyproxy", "-d", "-c", str(config)]


def microsocks(folder: Path, port: int, manner: Manner) -> list[str]:
    login = ["-u", USER, "-P", PASSWORD] if manner == "login" else []
    return ["microsocks", "-i", "127.0.0.1", "-p", str(port), *login]


def danted(folder: Path, port: int, manner: Manner) -> list[str]:
    config = folder / "danted.conf"
    method = "username" if manner == "login" else "none"
    verdict = "block" if manner == "closed" else "pass"
    config.write_text(
        f"logoutput: {folder}/log\n"
        f"internal: 127.0.0.1 port = {port}\n"
        "external: 127.0.0.1\n"
        f"clientmethod: none\nsocksmethod: {method}\n"
        "user.privileged: root\nuser.unprivileged: nobody\n"
        "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
        f"socks {verdict} {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}\n"
    )
    return ["danted", "-f", str(config), "-p", str(folder / "danted.pid")]


@dataclass(frozen=True)
class Program:
    """A proxy.

    Attributes:
        name: the command.
        package: what Debian calls it.
        scheme: how it is spoken to.
        command: writes the settings into a folder, for a port, and gives the command that stays in the foreground.
        password: whom it lets through, when it lets through only one.
    """

    name: str
    package: str
    scheme: str
    command: Callable[[Path, int, Manner], list[str]]
    password: str = PASSWORD

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str | None:
        """Where it is; those of /usr/sbin are not on everybody's path."""
        return shutil.which(self.name) or shutil.which(self.name, path="/usr/sbin:/usr/local/sbin")


SQUID = Program("squid", "squid", "http", squid)
TINYPROXY = Program("tinyproxy", "tinyproxy", "http", tinyproxy, PLAIN_PASSWORD)
MICROSOCKS = Program("microsocks", "microsocks", "socks5", microsocks)
DANTED = Program("danted", "dante-server", "socks5", danted)

ALL = (SQUID, TINYPROXY, MICROSOCKS, DANTED)
HTTP = (SQUID, TINYPROXY)
# Dante asks the system who somebody is, and no test adds a user to the system: it is tried without a login, and with a
# wrong one.
WITH_A_LOGIN = (SQUID, TINYPROXY, MICROSOCKS)


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[[Program, Manner], int]]:
    """The programs, each begun when it is wanted first, and ended with the module."""
    processes: list[subprocess.Popen[bytes]] = []
    with ExitStack() as running:

        @cache
        def begun(program: Program, manner: Manner) -> int:
            if program.path is None:
                pytest.skip(f"{program} is not installed (Debian: {program.package})")
            if program is SQUID and manner == "login" and not (_LOGIN_HELPER.exists() and shutil.which("openssl")):
                pytest.skip(f"{_LOGIN_HELPER} or openssl is not installed (Debian: squid, openssl)")
            process, port = running.enter_context(_running(program, manner))
            processes.append(process)
            return port

        yield begun
        for process in processes:  # all at once: some take a second to end
            process.terminate()


@contextmanager
def _running(program: Program, manner: Manner) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    # Begun by root they go on as somebody else, who cannot look into pytest's directories.
    folder = Path(tempfile.mkdtemp(prefix="tickhaul-proxy-"))
    folder.chmod(0o777)
    try:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port: int = free.getsockname()[1]
        command = program.command(folder, port, manner)
        with (folder / "told").open("wb") as told:
            process = subprocess.Popen(
                [program.path or program.name, *command[1:]],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )
        try:
            _await(process, port, folder)
            yield process, port
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """Wait until a program listens."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
            return
        # It has not come so far, or will not: it may end while it is waited for.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            break
    told = "".join(path.read_text(errors="replace") for path in (folder / "told", folder / "log") if path.exists())
    pytest.fail(f"{process.args!r} does not listen: {told}")


class Door(proxies._Proxy):
    """Stands before a proxy and writes down what it is asked."""

    def __init__(self, program: Program, port: int) -> None:
        self.said: list[bytearray] = []
        self.scheme = program.scheme
        self._onward = port
        super().__init__()

    def url_for(self, *login: str) -> str:
        """Where the proxy is, for somebody with this login."""
        return url(self.scheme, self.port, *login)

    @property
    def asked(self) -> int:
        """How often it was asked for something: by a request, or in SOCKS by a connection."""
        if self.scheme == "http":
            return sum(said.count(b" HTTP/1.1\r\n") for said in self.said)
        return len(self.said)

    def _tunnel(self, connection: socket.socket) -> None:
        said = bytearray()
        self.said.append(said)
        onward = socket.create_connection(("127.0.0.1", self._onward), PATIENCE)
        self._sockets.append(onward)
        self._start(self._back, onward, connection)
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                said += data
                onward.sendall(data)
        with contextlib.suppress(OSError):
            onward.shutdown(socket.SHUT_WR)

    def _back(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def url(scheme: str, port: int, *login: str) -> str:
    who = ":".join(quote(word, safe="") for word in login)
    return f"{scheme}://{who}{'@' if who else ''}127.0.0.1:{port}"


# -- the storage host -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def _trusting(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


@pytest.fixture(params=["https", "http"])
def storage(request: pytest.FixtureRequest, server_context: ssl.SSLContext) -> Iterator[Storage]:
    with Storage(FILES, context=server_context if request.param == "https" else None) as storage:
        yield storage


# -- what must hold ---------------------------------------------------------------------------------------------------


def refused(storage: Storage, folder: Path, door: Door, *login: str, most: int = 4) -> str:
    """Try to download through a proxy that will not have it, which it may be asked so often; what is said then."""
    with pytest.raises(StorageError) as caught:
        haul(storage, folder, proxy=door.url_for(*login), connections=4)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    if login:
        secrets = (login[1], quote(login[1], safe=""), base64.b64encode(":".join(login).encode()).decode())
        assert not [secret for secret in secrets if secret in told]
    assert storage.requests == []
    assert 1 <= door.asked <= most
    return str(caught.value)


def is_passed_on(program: Program, storage: Storage) -> bool:
    """Whether the proxy answers requests itself, so that nobody can tell its answers from the storage host's."""
    return program in HTTP and storage.context is None


def said_by(door: Door, words: str) -> str:
    return rf"the proxy 127\.0\.0\.1:{door.port}{words}"


@pytest.mark.parametrize("program", ALL, ids=str)
def test_everything_arrives_through_it(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage, program: Program
) -> None:
    haul(storage, tmp_path / "out", proxy=url(program.scheme, start(program, "open")))
    assert_arrived(storage, tmp_path / "out")
    if is_passed_on(program, storage):
        assert all("via" in request.headers for request in storage.requests)
    else:
        assert storage.connections <= 4


@pytest.mark.parametrize("program", WITH_A_LOGIN, ids=str)
def test_everything_arrives_with_the_right_login(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage, program: Program
) -> None:
    haul(storage, tmp_path / "out", proxy=url(program.scheme, start(program, "login"), USER, program.password))
    assert_arrived(storage, tmp_path / "out")
    assert all("proxy-authorization" not in request.headers for request in storage.requests)


@pytest.mark.parametrize("program", ALL, ids=str)
def test_without_the_login_it_wants_a_download_ends_at_once(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage, program: Program
) -> None:
    with Door(program, start(program, "login")) as door:
        told = refused(storage, tmp_path / "out", door)
        wish = f"it wants a login: write user:password@ before 127[.]0[.]0[.]1:{door.port} in its URL$"
        assert re.search(said_by(door, f" said 407; {wish}" if program in HTTP else f": {wish}"), told)


@pytest.mark.parametrize("program", [SQUID, MICROSOCKS, DANTED], ids=str)
def test_with_a_wrong_login_a_download_ends_at_once(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage, program: Program
) -> None:
    with Door(program, start(program, "login")) as door:
        told = refused(storage, tmp_path / "out", door, USER, WRONG)
        words = "it did not accept the login"
        assert re.search(said_by(door, f" said 407; {words}" if program in HTTP else f": {words}"), told)


def test_with_a_wrong_login_tinyproxy_says_401_which_ends_a_download_too(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage
) -> None:
    with Door(TINYPROXY, start(TINYPROXY, "login")) as door:
        passed_on = is_passed_on(TINYPROXY, storage)
        told = refused(storage, tmp_path / "out", door, USER, WRONG, most=12 if passed_on else 4)
        assert re.search(r"\b401\b" if passed_on else said_by(door, " said 401"), told)


@pytest.mark.parametrize("program", [SQUID, TINYPROXY, DANTED], ids=str)
def test_what_its_rules_do_not_allow_ends_a_download_at_once(
    tmp_path: Path, start: Callable[[Program, Manner], int], storage: Storage, program: Program
) -> None:
    with Door(program, start(program, "closed")) as door:
        passed_on = is_passed_on(program, storage)
        told = refused(storage, tmp_path / "out", door, most=12 if passed_on else 4)
        if passed_on:
            assert re.search(r"\b403\b", told)
        elif program in HTTP:
            assert re.search(said_by(door, " said 403"), told)
        else:
            assert re.search(said_by(door, r" made no connection \(Connection not allowed by ruleset\)"), told)


@pytest.mark.parametrize("program", ALL, ids=str)
def test_a_storage_host_that_it_cannot_reach_is_told_after_some_tries(
    tmp_path: Path, start: Callable[[Program, Manner], int], server_context: ssl.SSLContext, program: Program
) -> None:
    with Storage(FILES, context=server_context) as gone:
        pass
    with Door(program, start(program, "open")) as door:
        with pytest.raises(StorageError, match="failed 3 times in a row") as caught:
            haul(gone, tmp_path / "out", proxy=door.url_for(), attempts=3)
        assert re.search(
            said_by(door, " said 50[0-9]" if program in HTTP else " made no connection"), str(caught.value)
        )
        assert door.asked >= 3
