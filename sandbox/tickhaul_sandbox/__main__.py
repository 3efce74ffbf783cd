"""`python -m tickhaul_sandbox`, and what `tickhaul sandbox` is made of."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import errno
import logging
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tickhaul_sandbox.faults import KINDS
from tickhaul_sandbox.server import Sandbox, serve
from tickhaul_sandbox.settings import DEFAULT_API_KEY, Settings, read_setting
from tickhaul_sandbox.state.file import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DEFAULTS = Settings()
_PORT_TAKEN = {errno.EADDRINUSE, errno.EACCES}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sandbox's flags to a parser; each has the name of its setting."""
    add = parser.add_argument
    add("--host", default=_DEFAULTS.host, help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8765, help="port of the API, 0 for a free one (default: %(default)s)")
    add("--storage-port", type=int, default=0, help="port of the storage origin, 0 for a free one (default)")
    add("--storage-url", help="origin written into download URLs, if clients reach it under another name")
    add(
        "--allowed-host",
        action="append",
        dest="allowed_hosts",
        metavar="NAME",
        help="another name clients reach it by, such as host.docker.internal; repeatable",
    )
    add(
        "--api-key",
        action="append",
        dest="api_keys",
        metavar="[NAME:]KEY",
        help=f"an API key, on the account NAME; repeatable (default: {DEFAULT_API_KEY})",
    )
    add("--captures", type=Path, metavar="DIR", help="recorded messages to serve instead of made-up ones")
    add("--seed", type=int, default=_DEFAULTS.seed, help="where all randomness starts (default: %(default)s)")
    add("--state", type=Path, metavar="FILE", help="remember everything in this file, and go on from it (SQLite)")
    add("--minute-limit", type=int, default=_DEFAULTS.minute_limit, help="requests a minute (default: %(default)s)")
    add("--hour-limit", type=int, default=_DEFAULTS.hour_limit, help="requests an hour (default: %(default)s)")
    add(
        "--export-seconds",
        type=float,
        default=_DEFAULTS.export_seconds,
        help="how long an export job takes (default: %(default)s)",
    )
    add(
        "--backdate",
        type=float,
        default=_DEFAULTS.backdate,
        metavar="SECONDS",
        help="how far back a new subscription's recording begins (default: %(default)s)",
    )
    add(
        "--url-lifetime",
        type=float,
        default=_DEFAULTS.url_lifetime,
        metavar="SECONDS",
        help="how long a download URL is good for (default: %(default)s)",
    )
    add(
        "--messages-per-minute",
        type=int,
        default=_DEFAULTS.messages_per_minute,
        help="how dense made-up streams are (default: %(default)s)",
    )
    add(
        "--duplicate-subscription",
        choices=("conflict", "return"),
        default=_DEFAULTS.duplicate_subscription,
        help="what a second subscription to a stream does (default: %(default)s)",
    )
    add(
        "--set",
        action="append",
        dest="others",
        metavar="NAME=VALUE",
        help="any other setting of tickhaul_sandbox.Settings, repeatable, as in --set reset_style=delay",
    )
    add(
        "--fault",
        action="append",
        dest="faults",
        metavar="SPEC",
        help=f"KIND[:TARGET][:OPTION=VALUE]..., repeatable; kinds: {', '.join(KINDS)}",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Return the settings that parsed flags ask for.

    Raises:
        ValueError: If one cannot work.
    """
    names = {item.name for item in dataclasses.fields(Settings)}
    chosen = {name: value for name, value in vars(arguments).items() if name in names and value is not None}
    for name in ("allowed_hosts", "api_keys", "faults"):
        if name in chosen:
            chosen[name] = tuple(chosen[name])
    return Settings(**{**chosen, **dict(map(read_setting, arguments.others or ()))})


def run(arguments: argparse.Namespace) -> int:
    """Run a sandbox as parsed flags ask for, until a signal ends it.

    Prints `ready http://HOST:PORT` on stdout when it accepts connections, and nothing else there. A person at a terminal
    also gets, on stderr, lines to copy that reach it from another shell. Which fault strikes what is told there too.

    Returns:
        The exit code: 0 after SIGTERM, 130 after SIGINT, 1 if a port is taken, the state file cannot be used, or stdout
        does not take the line, 2 for flags that cannot work.
    """
    _occupy()
    try:
        with _told():
            return serve(settings_from(arguments), _announce)
    except ValueError as error:
        _tell(f"sandbox: {error}\n")
        return 2
    except (StateError, _UnheardError) as error:
        _tell(f"sandbox: {error}\n")
        return 1
    except OSError as error:
        if error.errno in _PORT_TAKEN:
            _tell(f"sandbox: cannot listen: {error}; choose another --port or --storage-port, 0 takes a free one\n")
        else:
            _tell(f"sandbox: cannot start: {error}\n")
        return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        argv: The arguments; those of the process when left out.

    Returns:
        The exit code, see `run`.
    """
    parser = argparse.ArgumentParser(prog="tickhaul sandbox", description="Run the Ticksupply emulator.")
    add_arguments(parser)
    return run(parser.parse_args(argv))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell on stderr what the sandbox has to say of its own accord, for as long as it runs."""
    log, handler = logging.getLogger("tickhaul_sandbox"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("sandbox: %(message)s"))
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(handler)


class _UnheardError(Exception):
    """Stdout does not take where the sandbox is."""


def _occupy() -> None:
    """Take the numbers of closed standard streams: a file that got one would be written to as that stream."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)


def _announce(sandbox: Sandbox) -> None:
    if sys.stdout is None:
        raise _UnheardError("cannot write to stdout: it is closed; send it to a file or to /dev/null")
    try:
        sys.stdout.write(f"ready {sandbox.base_url}\n")
        sys.stdout.flush()
    except OSError as error:
        reason = f"cannot write to stdout: {error.strerror}" if error.strerror else str(error)
        raise _UnheardError(reason) from error
    if sys.stderr is not None and sys.stderr.isatty():
        _tell(_introduction(sandbox))


def _tell(text: str) -> None:
    """Say something on stderr, if it is open and takes it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _introduction(sandbox: Sandbox) -> str:
    """What a person types in another shell to reach each of the two services."""
    hub = sandbox.settings.hub
    user, _, password = hub.users[0].partition(":")
    services = (
        ({"TICKSUPPLY_BASE_URL": sandbox.base_url, "TICKSUPPLY_API_KEY": sandbox.api_key}, "tickhaul exchanges"),
        (
            {
                "XYTHUB_BASE_URL": sandbox.base_url,
                "XYTHUB_USER": user,
                "XYTHUB_PASSWORD": password,
                "XYTHUB_CLIENT_SECRET": hub.client_secret,
            },
            "tickhaul xyt ticks ZAL.XE --day 2016-05-05 --from 09:00 --to 09:02",
        ),
    )
    lines = ["In another shell:"]
    for variables, command in services:
        lines.append("  export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items()))
        lines.append(f"  {command}")
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
