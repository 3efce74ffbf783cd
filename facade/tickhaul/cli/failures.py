"""How a run ends: exit codes, and an error as one line on stderr."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from tickhaul import errors
from tickhaul.cli.session import NotAuthenticatedError
from tickhaul.cli.text import printable
from tickhaul.xythub.errors import TokenError

if TYPE_CHECKING:
    from tickhaul.cli.session import Session

DONE = 0
FAILED = 1
WRONG_USAGE = 2
NOT_AUTHENTICATED = 3
TIMED_OUT = 4
INTERRUPTED = 130
TERMINATED = 143

#: The first that fits decides.
_CODES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((errors.AuthenticationError, NotAuthenticatedError, TokenError), NOT_AUTHENTICATED),
    ((errors.WaitTimeout, errors.DeadlineExceeded), TIMED_OUT),
    ((errors.TickhaulError,), FAILED),
    # Raised by the client before anything is sent.
    ((ValueError, TypeError), WRONG_USAGE),
    # The disk, or a file that was named.
    ((OSError, MemoryError), FAILED),
)
_TOLD = ("code", "status", "request_id", "retry_after", "attempts", "details", "deadline", "filename", "page_token")


class UsageError(ValueError):
    """What was typed cannot be done; found after the arguments were read one by one."""


def exit_code(error: Exception) -> int | None:
    """The exit code an error stands for; ``None`` for one that is a mistake of this program."""
    return next((code for kinds, code in _CODES if isinstance(error, kinds)), None)


def words(error: Exception) -> str:
    """What an error says, for a person: an operating system's without its number, and never nothing."""
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, errors.TickhaulError):
        if error.filename is None and isinstance(error, FileNotFoundError) and _is_nowhere():
            return "the current directory has been removed; change to another"
        return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def _is_nowhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 (the same with more steps)
    except FileNotFoundError:
        return True
    return False


def report(kind: str, message: str, code: int, session: Session, error: Exception | None = None) -> None:
    """Say on stderr why the run ends: a line, and what is left; or with ``--json`` one JSON object in a line.

    Args:
        kind: the name of the error's class.
        message: the error in words.
        code: the exit code.
        session: the run.
        error: the error, for its particulars.
    """
    if session.json:
        told: dict[str, object] = {"kind": kind, "message": message, "exit_code": code}
        told |= _particulars(error)
        told |= {"left": session.left} if session.left else {}
        told |= {"export_id": session.export_id} if session.export_id else {}
        lines = [json.dumps({"error": told}, default=str)]
    else:
        lines = [f"tickhaul: {printable(message)}"]
        lines += [printable(session.left)] if session.left else []
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def _particulars(error: Exception | None) -> dict[str, object]:
    told = {name: value for name in _TOLD if (value := getattr(error, name, None)) not in (None, {}, ())}
    if isinstance(error, errors.ExportFailed | errors.ExportCanceled | errors.WaitTimeout):
        told["job"] = error.job.to_dict()
    if isinstance(error, errors.DatastreamLookupError):
        told["candidates"] = [stream.to_dict() for stream in error.candidates]
    return told
