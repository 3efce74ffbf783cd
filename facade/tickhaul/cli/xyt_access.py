"""Who asks xyt hub, and where it is: from options, files and the environment to a client."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from tickhaul.cli.failures import UsageError
from tickhaul.cli.progress import tell_of_retry
from tickhaul.cli.reading import read_text
from tickhaul.cli.session import NotAuthenticatedError, current

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tickhaul.xythub import Client, Settings

_VARIABLES = "XYTHUB_USER, XYTHUB_API_KEY (or XYTHUB_PASSWORD) and XYTHUB_CLIENT_SECRET"
_EXTRA = ("google", "numpy")
_PATHS = "paths."
#: Settings that may be nothing at all.
_OPTIONAL = ("lookup_url", "source_parameter")


@dataclass(frozen=True)
class Service:
    """What was said before the command; ``None`` leaves a thing to the environment.

    Attributes:
        user: the user's name.
        password_file: a file that holds the password.
        api_key_file: a file that holds the API key.
        client_secret_file: a file that holds the client program's secret.
        url: one origin for the whole service.
        settings: ``NAME=VALUE`` for each setting that is to be another.
    """

    user: str | None
    password_file: Path | None
    api_key_file: Path | None
    client_secret_file: Path | None
    url: str | None
    settings: list[str]


@contextmanager
def connect(service: Service) -> Iterator[Client]:
    """A client of xyt hub.

    Raises:
        NotAuthenticatedError: credentials are missing.
        UsageError: the extra is not installed, or a setting is none.
        ValueError: a setting cannot work, or a file holds no text.
        OSError: a file cannot be read.
    """
    with _extra_named():
        from tickhaul.xythub import Client  # noqa: PLC0415 (an extra; loads with these commands only)
        from tickhaul.xythub.access import MissingCredentialError  # noqa: PLC0415 (as above)
    session = current()
    if session.base_url is not None or session.api_key_file is not None:
        raise UsageError(
            "--base-url and --api-key-file before xyt are Ticksupply's; xyt has --url and --api-key-file after"
        )
    try:
        client = Client(
            service.user,
            _read(service.password_file),
            api_key=_read(service.api_key_file),
            client_secret=_read(service.client_secret_file),
            settings=_settings(service),
            timeout=session.timeout,
            deadline=session.deadline,
            allow_plain_http=session.allow_plain_http,
            on_retry=tell_of_retry,
        )
    except MissingCredentialError as error:
        raise NotAuthenticatedError(
            f"{str(error).partition(':')[0]}; needed are {_VARIABLES}, or the options of `tickhaul xyt --help`"
        ) from None
    with client:
        yield client


@contextmanager
def _extra_named() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        library = "protobuf" if missing == "google" else missing
        raise UsageError(f'xyt hub needs {library}: pip install "tickhaul[xythub]"') from None


def _read(path: Path | None) -> str | None:
    """What a file holds, without the line's end that editors leave; never from the command line, which others can read."""
    return None if path is None else read_text(path).strip()


def _settings(service: Service) -> Settings:
    """The settings: the usual ones, at the origin that was named, with what was set one by one."""
    from tickhaul.xythub import Settings  # noqa: PLC0415 (as above)
    from tickhaul.xythub.access import URL_VARIABLE  # noqa: PLC0415 (as above)

    settings = Settings()
    origin = service.url or os.environ.get(URL_VARIABLE)
    if origin:
        settings = settings.moved_to(origin)
    given: dict[str, object] = {}
    paths: dict[str, str] = {}
    for word in service.settings:
        name, separator, text = word.partition("=")
        if not separator:
            raise UsageError(f"--set {word!r}: expected NAME=VALUE, such as data_url=https://data.example")
        if name.startswith(_PATHS):
            paths[name.removeprefix(_PATHS)] = text
        else:
            given[name] = _value(settings, name, text)
    # `_value` made each from its field's own.
    return replace(settings, **given, paths={**settings.paths, **paths})  # type: ignore[arg-type]  # names were typed


def _value(settings: Settings, name: str, text: str) -> object:
    """A setting's value from text, of the type its present value has."""
    from tickhaul.xythub import Marker  # noqa: PLC0415 (as above)

    names = [field.name for field in fields(settings) if field.name != _PATHS.rstrip(".")]
    if name not in names:
        raise UsageError(f"--set {name}: expected one of {', '.join(names)}, or paths.OPERATION")
    present = getattr(settings, name)
    if name in _OPTIONAL:
        return text or None
    if isinstance(present, Marker):
        if text.upper() not in Marker.__members__:
            raise UsageError(f"--set {name}={text}: expected {' or '.join(Marker.__members__)}")
        return Marker[text.upper()]
    if isinstance(present, float):
        try:
            return float(text)
        except ValueError:
            raise UsageError(f"--set {name}={text}: expected a number of seconds") from None
    return frozenset(filter(None, text.split(","))) if isinstance(present, frozenset) else text
