"""What is set for one run of the command, and the client made of it."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tickhaul.cli.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tickhaul import Client

KEY_VARIABLE = "TICKSUPPLY_API_KEY"


class NotAuthenticatedError(Exception):
    """There is no API key to send."""


@dataclass
class Session:
    """One run.

    Attributes:
        base_url: the service's origin; ``None`` for the environment's, then the service's own.
        api_key_file: a file that holds the API key; ``None`` for the environment's.
        timeout: seconds of silence on one socket wait.
        deadline: seconds for a whole call.
        allow_plain_http: whether the key may travel unencrypted beyond this machine.
        verbosity: 0 for no log, 1 for INFO, 2 for DEBUG.
        json: whether one JSON document was asked for.
        left: what is left at the service or on disk, should the run end here and now; for the person who must go on.
        export_id: the export job that stands for, for the program that must go on.
        ended_by: the signal that interrupted the run, if one did.
    """

    base_url: str | None = None
    api_key_file: Path | None = None
    timeout: float = 30.0
    deadline: float = 120.0
    allow_plain_http: bool = False
    verbosity: int = 0
    json: bool = False
    left: str | None = None
    export_id: str | None = None
    ended_by: int | None = None

    def leave(self, left: str | None, export_id: str | None = None) -> None:
        """Note what is left from now on, should the run be broken off."""
        self.left = left
        self.export_id = export_id

    def command(self, *words: str) -> str:
        """A command line that goes on where this run ends: with the same service and key, fit for a shell."""
        settings: list[str] = []
        if self.base_url is not None:
            settings += ["--base-url", self.base_url]
        if self.api_key_file is not None:
            settings += ["--api-key-file", str(self.api_key_file)]
        if self.allow_plain_http:
            settings.append("--allow-plain-http")
        return shlex.join(["tickhaul", *settings, *words])

    def api_key(self) -> str:
        """The API key, from the file or the environment; never from the command line, which other users can read.

        Raises:
            NotAuthenticatedError: there is none.
            ValueError: the file holds no text.
            OSError: the file cannot be read.
        """
        if self.api_key_file is not None:
            key, where = read_text(self.api_key_file).strip(), f"{self.api_key_file} is empty"
        else:
            key, where = os.environ.get(KEY_VARIABLE, "").strip(), f"{KEY_VARIABLE} is not set"
        if not key:
            raise NotAuthenticatedError(
                f"no API key: {where}; set {KEY_VARIABLE} or name a file with --api-key-file "
                "(keys are made in the service's dashboard)"
            )
        return key


_current: ContextVar[Session] = ContextVar("tickhaul_cli_session")


def current() -> Session:
    """The session of the run this code is part of."""
    return _current.get()


@contextmanager
def active(session: Session) -> Iterator[None]:
    """Make a session the current one."""
    token = _current.set(session)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def connect() -> Iterator[Client]:
    """A client with the settings of this run.

    Raises:
        NotAuthenticatedError: there is no API key.
        ValueError: a setting cannot work.
    """
    from tickhaul import Client  # noqa: PLC0415 (help and completion work without the client)
    from tickhaul.cli.progress import tell_of_retry  # noqa: PLC0415 (it asks for the session)

    session = current()
    with Client(
        session.api_key(),
        base_url=session.base_url,
        timeout=session.timeout,
        deadline=session.deadline,
        allow_plain_http=session.allow_plain_http,
        on_retry=tell_of_retry,
    ) as client:
        yield client
