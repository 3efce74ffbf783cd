"""The engine of choice: libcurl, through pycurl.

It is told everything and looks at nothing itself, neither at the environment nor at ``.netrc``, and follows no redirect. A
handle is used by one thread at a time, without signals. What a callback raises is kept from pycurl, which would print it,
and libcurl's own words, which may quote a URL, are shown in no error.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import select
import socket
import sys
import time
from typing import TYPE_CHECKING

import pycurl

from tickhaul._version import __version__
from tickhaul.net.refusals import refused_by_socks, refused_status
from tickhaul.net.socks import SocksError
from tickhaul.net.socks import refused as refused_reply
from tickhaul.net.trust import unreadable
from tickhaul.transfer.wire.heads import LONGEST_HEAD, read_head
from tickhaul.transfer.wire.trouble import (
    CLOSED,
    ENDED_EARLY,
    LONGEST_WAIT,
    MALFORMED,
    TIMED_OUT,
    RefusedError,
    WireError,
    describe,
    refused,
    unresolved,
    untrusted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tickhaul.net.proxies import Proxy
    from tickhaul.transfer.meter import IdleTime
    from tickhaul.transfer.model import TransferOptions
    from tickhaul.transfer.wire.channel import Intake
    from tickhaul.transfer.wire.route import Route
    from tickhaul.transfer.wire.stop import Stop

#: Raised where this libcurl was built without something.
Unsupported = pycurl.error
VERSION = f"libcurl {pycurl.version_info()[1]}"

_ENOUGH = 128 * 1024  # bytes worth waking up for while much comes
_HOLD = 1.0  # seconds they are waited for
_BUFFER = 512 * 1024  # bytes: with the usual 16 KiB, libcurl asks the system for each TLS record
# What pycurl has no name for.
_SUPPRESS_CONNECT_HEADERS, _SOCKS5_AUTH = 265, 267
_E_PROXY, _E_TOO_LARGE = 97, 100

_ALWAYS: tuple[tuple[int, object], ...] = (
    (pycurl.NOSIGNAL, 1),
    (pycurl.BUFFERSIZE, _BUFFER),
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.PATH_AS_IS, 1),
    (pycurl.USERAGENT, f"tickhaul/{__version__}"),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
    (pycurl.PROXY, ""),  # also not the environment's
    (pycurl.NOPROXY, ""),
    (_SUPPRESS_CONNECT_HEADERS, 1),
    (_SOCKS5_AUTH, pycurl.HTTPAUTH_BASIC),
)
_WORDS = {
    pycurl.E_UNSUPPORTED_PROTOCOL: MALFORMED,  # no status line: the HTTP of 1991
    pycurl.E_COULDNT_RESOLVE_HOST: unresolved(),
    pycurl.E_FTP_WEIRD_SERVER_REPLY: MALFORMED,
    pycurl.E_PARTIAL_FILE: ENDED_EARLY,
    pycurl.E_OPERATION_TIMEDOUT: TIMED_OUT,
    pycurl.E_GOT_NOTHING: CLOSED,
    pycurl.E_BAD_CONTENT_ENCODING: MALFORMED,
    _E_TOO_LARGE: f"{MALFORMED}: its head is too long",
}
# What libcurl says before a tunnel through a proxy is open when nothing comes that is HTTP.
_NO_HTTP = {pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_FTP_WEIRD_SERVER_REPLY, pycurl.E_BAD_FUNCTION_ARGUMENT}
_NO_HTTP |= {pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR}
# Why there was no way through a SOCKS proxy (CURLPX_*): what it did itself, and its replies by their number in RFC 1928.
_NOT_SOCKS = SocksError("does not speak SOCKS 5", hopeless=True)
_LOGIN_REFUSED = SocksError("did not accept the login", about_login=True)
_SOCKS = {2: _NOT_SOCKS, 12: _LOGIN_REFUSED, 33: _LOGIN_REFUSED}
_SOCKS |= dict.fromkeys((3, 13, 14, 15, 16), SocksError("closed the connection"))
_SOCKS |= {17: refused_reply(8), 18: refused_reply(7), 19: refused_reply(5), 20: refused_reply(1)}
_SOCKS |= {21: refused_reply(4), 22: refused_reply(3), 23: refused_reply(2), 24: refused_reply(6)}
_SOCKS_UNKNOWN = SocksError("made no connection")
_EMPTY = (b"\r\n", b"\n")
_DISTRUST = re.compile(r"(?:certificate problem|verify result): (.+?)(?: \(\d+\))?$")
_REASON = re.compile(r"::([a-z0-9/ ]+)", re.IGNORECASE)  # of OpenSSL


class LibcurlEngine:
    """One handle of libcurl, with its connection.

    Args:
        options: the settings.
        trusted: the file and the directories with the certificate authorities.
        stop: says when to stop.
        idle: measures each wait.

    Raises:
        pycurl.error: this libcurl lacks an option.
        RuntimeError: libcurl has no room for another connection.
        OSError: the system has none.
    """

    def __init__(
        self, options: TransferOptions, trusted: tuple[str | None, str | None], stop: Stop, idle: IdleTime
    ) -> None:
        self._stop = stop
        self._idle = idle
        self._intake: Intake
        self._head = bytearray()
        self._interim = 0
        self._begun = self._framed = self._kept = self._eased = False
        self._failure: BaseException | None = None
        self._due: float | None = None
        self._origin: Route | None = None
        self._base = ""
        self._headers: Mapping[str, str] | None = None
        self._file, directory = trusted
        self._awake, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        self._watched = {self._awake.fileno(): pycurl.POLL_IN}
        try:
            self._curl, self._multi = pycurl.Curl(), pycurl.CurlMulti()
        except pycurl.error as error:
            self._awake.close()
            self._bell.close()
            raise RuntimeError("libcurl has no room for another connection") from error
        try:
            self._set_up(options, directory)
        except BaseException:
            self.close()
            raise
        stop.wakes(self._ring)

    def _set_up(self, options: TransferOptions, directory: str | None) -> None:
        curl, multi = self._curl, self._multi
        for option, value in _ALWAYS:
            curl.setopt(option, value)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(min(options.connect_timeout, LONGEST_WAIT) * 1000)))
        for file, folder, native in (
            (pycurl.CAINFO, pycurl.CAPATH, pycurl.SSL_OPTIONS),
            (pycurl.PROXY_CAINFO, pycurl.PROXY_CAPATH, pycurl.PROXY_SSL_OPTIONS),
        ):
            curl.setopt(file, None if self._file is None else os.fsencode(self._file))
            curl.setopt(folder, None if directory is None else os.fsencode(directory))
            if sys.platform == "win32" and self._file is None:
                curl.setopt(native, pycurl.SSLOPT_NATIVE_CA)
        curl.setopt(pycurl.HEADERFUNCTION, self._line)
        # One that was used before the last is not looked at again.
        multi.setopt(pycurl.M_MAXCONNECTS, 1)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def ask(self, origin: Route, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        """Send a GET (see `Engine`)."""
        try:
            self._ask(origin, target, headers, intake)
        except pycurl.error as error:
            # What libcurl says of a transfer comes as a code; this is about the calls that drive it.
            raise WireError(f"libcurl failed (its error {error.args[0]})") from None

    def _ask(self, origin: Route, target: str, headers: Mapping[str, str], intake: Intake) -> None:
        curl = self._curl
        intake.kept = self._let_go()
        curl.setopt(pycurl.WRITEFUNCTION, intake.piece, use_memoryview=True)
        if origin is not self._origin:
            self._go_to(origin)
        # From the URL, libcurl would write the target anew.
        curl.setopt(pycurl.REQUEST_TARGET, target if origin.forwarded is None else f"{self._base}{target}")
        if headers != self._headers:
            lines = [f"{name}: {value}".encode("latin-1") for name, value in headers.items()]
            curl.setopt(pycurl.HTTPHEADER, [b"Accept-Encoding: identity", *lines])
            self._headers = headers
        self._intake, self._failure = intake, None
        self._head, self._interim, self._begun, self._eased = bytearray(), 0, False, False
        self._multi.add_handle(self._curl)
        try:
            code, said = self._move()
            if self._failure is not None:
                raise self._failure
            if intake.wanted:
                if code:
                    raise self._described(code, said, origin)
                if not self._begun:
                    raise WireError(MALFORMED)
                self._kept = True
        finally:
            self._failure = None
            if not self._kept:
                self._remove(keep=False)

    def close(self) -> None:
        """Close the connection."""
        self._stop.wakes(None)
        if self._kept:
            with contextlib.suppress(pycurl.error):  # what is closed next needs no good order
                self._remove(keep=False)
        self._multi.close()
        self._curl.close()
        self._awake.close()
        self._bell.close()

    def _move(self) -> tuple[int, str]:
        """Have libcurl move bytes until the exchange is over; its error, 0 for none, and its words for it."""
        multi, intake = self._multi, self._intake
        _, running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        intake.sent()  # unless there was no connection yet
        while self._stop.reason is None:
            intake.moved()
            if not running:
                _, _, failed = multi.info_read()
                if failed:
                    return failed[0][1], failed[0][2]
                intake.flush()
            if not (running and intake.wanted):
                return 0, ""
            if intake.fast is not self._eased:
                self._eased = intake.fast
                # A byte is enough of the bell, and reading it would wait for as many.
                for handle in self._watched.keys() - {self._awake.fileno()}:
                    _wake_at(handle, _ENOUGH if self._eased else 1)
            ready = self._wait(_HOLD if self._eased else None)
            intake.fast = intake.fast and bool(ready)
            for handle, events in ready:
                if handle == self._awake.fileno():
                    self._awake.recv(1024)
                else:
                    _, running = multi.socket_action(handle, events)
            if self._due is not None and self._due <= time.monotonic():
                self._due = None
                _, running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        raise WireError("stopped")

    def _wait(self, most: float | None) -> list[tuple[int, int]]:
        """Wait for libcurl's sockets, its timer, the bell, or so many seconds."""
        if self._due is not None:
            left = max(0.0, self._due - time.monotonic())
            most = left if most is None else min(most, left)
        with self._idle:
            return _ready(self._watched, most)

    def _let_go(self) -> bool:
        """End the last exchange: its connection is kept if nothing came behind the response, else closed.

        libcurl hands a connection on although something came that nobody asked for, and takes it for the response to the
        next request. So it is looked for here: in the system, then in TLS. What cannot be seen is the beginning of a
        record of TLS that was read together with the end of the body, which is why the intake is told whether the
        connection was kept.

        Returns:
            Whether it is kept.
        """
        if not self._kept:
            return False
        curl, self._kept, clean = self._curl, False, False
        handle = curl.getinfo(pycurl.ACTIVESOCKET)
        if self._eased and handle != -1:
            _wake_at(handle, 1)  # the next response may be short
        # Of what comes behind the last chunk libcurl does not tell.
        if self._framed and handle != -1 and not _ready({handle: pycurl.POLL_IN}, 0):
            curl.setopt(pycurl.CONNECT_ONLY, 1)  # else it does not let itself be read from
            try:
                curl.recv(1)
            except BlockingIOError:
                clean = True
            except pycurl.error:
                clean = False  # it is closed
        self._remove(keep=clean)
        return clean

    def _remove(self, *, keep: bool) -> None:
        # As long as this is set, libcurl closes the connection of a handle that is removed.
        self._curl.setopt(pycurl.CONNECT_ONLY, int(not keep))
        self._multi.remove_handle(self._curl)
        self._curl.setopt(pycurl.CONNECT_ONLY, 0)

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # it rings already, or the engine is closed
            self._bell.send(b"x")

    def _go_to(self, origin: Route) -> None:
        curl, proxy = self._curl, origin.proxy
        self._base = f"{origin.scheme}://{origin.authority}"
        curl.setopt(pycurl.URL, self._base)
        # libcurl has a SOCKS proxy look up names under this name only.
        scheme = "" if proxy is None else "socks5h" if proxy.is_socks else proxy.scheme
        curl.setopt(pycurl.PROXY, "" if proxy is None else f"{scheme}://{proxy.authority}")
        login = None if proxy is None else proxy.login
        curl.setopt(pycurl.PROXYUSERNAME, None if login is None else login.user)
        curl.setopt(pycurl.PROXYPASSWORD, None if login is None else login.password)
        self._origin = origin

    # -- called by libcurl --------------------------------------------------------------------------------------------

    def _watch(self, what: int, handle: int, _: object, __: object) -> None:
        """Wait for other things of a socket from now on."""
        if what in (pycurl.POLL_NONE, pycurl.POLL_REMOVE):
            self._watched.pop(handle, None)
        else:
            self._watched[handle] = what

    def _set_timer(self, milliseconds: int) -> None:
        self._due = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _line(self, data: bytes) -> int | None:
        """Take in a line of the head. ``None`` means that all of it was."""
        if self._begun:
            return None  # a trailer
        head = self._head
        head += data
        if self._interim + len(head) > LONGEST_HEAD:
            self._failure = WireError(_WORDS[_E_TOO_LARGE])
            return 0
        if data not in _EMPTY:
            return None
        try:
            status, headers = read_head(head)
            if status >= 200:
                self._begun, self._framed = True, "transfer-encoding" not in headers
                self._intake.head(status, headers)
        except BaseException as error:  # noqa: BLE001 (raised again by `ask`)
            self._failure = error
            return 0
        self._interim += len(head)
        head.clear()
        return None if self._intake.wanted else 0

    # -- what went wrong ----------------------------------------------------------------------------------------------

    def _described(self, code: int, said: str, origin: Route) -> WireError:
        """What libcurl says, in words of our own."""
        if code == pycurl.E_PEER_FAILED_VERIFICATION:
            distrust = _DISTRUST.search(said)
            return untrusted(self._partner(origin), distrust[1] if distrust else "it is for another name")
        if code == pycurl.E_SSL_CACERT_BADFILE:
            return RefusedError(unreadable(self._file))
        refusal = None if origin.proxy is None else self._refusal(code, origin, origin.proxy)
        if refusal is not None:
            return refusal
        number = self._curl.getinfo(pycurl.OS_ERRNO) if code == pycurl.E_COULDNT_CONNECT else 0
        found = _REASON.search(said) if code == pycurl.E_SSL_CONNECT_ERROR or "alert" in said else None
        if code in _WORDS:
            text = _WORDS[code]
        elif number:
            text = describe(OSError(number, os.strerror(number)))
        elif found or code == pycurl.E_SSL_CONNECT_ERROR:
            text = f"TLS failed ({found[1] if found else 'no reason given'})"
        elif "chunk" in said:
            text = f"{MALFORMED}: its chunks"
        elif code in (pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR):
            text = ENDED_EARLY if self._begun else CLOSED
        else:
            text = f"the connection broke (libcurl's error {code})"
        if origin.proxy is not None and code in (pycurl.E_COULDNT_CONNECT, pycurl.E_OPERATION_TIMEDOUT):
            text = f"{origin.proxy}: {text}"  # libcurl connects to nobody else
        return WireError(text)

    def _refusal(self, code: int, origin: Route, proxy: Proxy) -> WireError | None:
        """What a proxy has refused, if it has."""
        status = self._curl.getinfo(pycurl.HTTP_CONNECTCODE)
        if status and not 200 <= status < 300:
            return refused(refused_status(proxy, status))
        if code == pycurl.E_COULDNT_RESOLVE_PROXY:
            return WireError(f"the name of {proxy} could not be resolved")
        if code in _NO_HTTP and proxy.scheme == "http" and origin.scheme == "https" and self._is_before_tls:
            return WireError(f"{proxy} closed the connection, or speaks no HTTP")
        if code == _E_PROXY:
            reason = _SOCKS.get(self._curl.getinfo(pycurl.PROXY_ERROR), _SOCKS_UNKNOWN)
            return refused(refused_by_socks(proxy, reason))
        return None

    @property
    def _is_before_tls(self) -> bool:
        """Whether the connection is a new one, on which TLS was not begun."""
        return bool(self._curl.getinfo(pycurl.NUM_CONNECTS)) and not self._curl.getinfo(pycurl.APPCONNECT_TIME)

    def _partner(self, origin: Route) -> str:
        """Who TLS was begun with."""
        proxy = origin.proxy
        tunneled = self._curl.getinfo(pycurl.HTTP_CONNECTCODE)
        return proxy.host if proxy is not None and proxy.scheme == "https" and not tunneled else origin.host


def _wake_at(handle: int, count: int) -> None:
    """Have the system wake this thread only when so many bytes have come, where it can, and not for every packet.

    Woken that often, threads find each other at Python's lock.
    """
    with contextlib.suppress(OSError):  # libcurl's resolver waits for handles that are no sockets
        sock = socket.socket(fileno=handle)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
        finally:
            sock.detach()


def _poll(watched: Mapping[int, int], seconds: float | None) -> list[tuple[int, int]]:
    """Wait until handles can be read from or written to, as they are watched for; what failed can be both."""
    # Made for each wait: sockets come and go with each request, which would cost epoll two calls of the system each time.
    poll = select.poll()
    for handle, events in watched.items():
        poll.register(
            handle, (events & pycurl.POLL_IN and select.POLLIN) | (events & pycurl.POLL_OUT and select.POLLOUT)
        )
    found = poll.poll(None if seconds is None else math.ceil(seconds * 1000))
    kinds = {select.POLLIN: pycurl.POLL_IN, select.POLLOUT: pycurl.POLL_OUT}
    return [(handle, kinds.get(events, pycurl.POLL_INOUT)) for handle, events in found]


def _select(watched: Mapping[int, int], seconds: float | None) -> list[tuple[int, int]]:
    """The same, where there is no ``poll``, as on Windows, which tells of a connection that failed in the third list."""
    to_read = [handle for handle, events in watched.items() if events & pycurl.POLL_IN]
    to_write = [handle for handle, events in watched.items() if events & pycurl.POLL_OUT]
    readable, writable, failed = select.select(to_read, to_write, to_write, seconds)
    found = dict.fromkeys(readable, pycurl.POLL_IN)
    for handle in {*writable, *failed}:
        found[handle] = found.get(handle, 0) | pycurl.POLL_OUT
    return list(found.items())


_ready = _poll if hasattr(select, "poll") else _select
