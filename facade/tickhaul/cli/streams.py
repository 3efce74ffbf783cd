"""The standard streams of a run, which may be closed, full, or without a reader: the work is done all the same.

What cannot be written to stderr is dropped. What cannot be written to stdout is an error, because it is the result of the
run; unless the reader has closed it, which ends the run quietly.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TYPE_CHECKING, Any, NoReturn, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_USUAL = (80, 25)  # columns and lines, where nothing tells
_NARROWEST = 20  # columns; in fewer, nothing can be read
_MOST = 10_000
_READER_GONE = (errno.EPIPE, errno.EINVAL)  # the second is what Windows says


class OutputError(OSError):
    """The result of the run cannot be written to stdout."""


class _Closed(io.TextIOBase):
    """What stands for a stream that was closed when the run began."""

    encoding, errors = "utf-8", "strict"

    def write(self, _: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")


class _Wrapped:
    """A stream, or what stands for one that is closed."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream: Any = _Closed() if stream is None else stream

    def __getattr__(self, name: str) -> Any:  # whatever a stream has
        return getattr(self._stream, name)

    def _silence(self) -> None:
        """Drop what is still in the buffer: it would fail again when the interpreter closes the stream."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, self._stream.fileno())
            finally:
                os.close(nowhere)


class Results(_Wrapped):
    """Stdout."""

    failure: OutputError | None = None

    def write(self, text: str) -> int:
        """Write text.

        Raises:
            OutputError: it cannot be written.
            typer.Exit: its reader has closed it.
        """
        try:
            return int(self._stream.write(text))
        except OSError as error:
            self._fail(error)

    def flush(self) -> None:
        """Have everything written; raises what `write` does."""
        try:
            self._stream.flush()
        except OSError as error:
            self._fail(error)

    def finish(self) -> None:
        """Have everything written, and tell if any of it was not, however quietly that was passed over.

        Raises:
            OutputError: some of it could not be written.
        """
        from typer import Exit  # noqa: PLC0415 (streams are there before the commands load)

        with suppress(Exit):
            self.flush()
        if self.failure is not None:
            raise self.failure

    def _fail(self, error: OSError) -> NoReturn:
        from typer import Exit  # noqa: PLC0415 (as above)

        self._silence()
        if error.errno in _READER_GONE:
            raise Exit(0) from None
        self.failure = OutputError(f"cannot write to stdout: {error.strerror or error}")
        raise self.failure from error


class _Messages(_Wrapped):
    """Stderr."""

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            self._silence()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self._silence()


def guarded(stream: TextIO) -> Results:
    """Stdout, with its failures seen to."""
    return stream if isinstance(stream, Results) else Results(stream)


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines to fill: as COLUMNS and LINES say, where they make sense, else as the terminal says.

    Args:
        stream: what leads to the terminal.
    """
    width, height = _variable("COLUMNS"), _variable("LINES")
    if not (width and height):
        # What is no terminal has no size, and what stands in for a stream no number.
        with suppress(OSError, ValueError):
            found = os.get_terminal_size(stream.fileno())
            width, height = width or found.columns, height or found.lines
    return min(max(width or _USUAL[0], _NARROWEST), _MOST), min(height or _USUAL[1], _MOST)


def _variable(name: str) -> int:
    try:
        return max(0, int(os.environ.get(name, "")))
    except ValueError:
        return 0


@contextmanager
def usable() -> Iterator[Results]:
    """Give a run streams that are safe to use in any state; yields its stdout."""
    _occupy()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name from the service must not end the run because a terminal's encoding lacks a letter.
            stream.reconfigure(errors="backslashreplace")
    results = Results(sys.stdout)
    with redirect_stdout(cast("TextIO", results)), redirect_stderr(cast("TextIO", _Messages(sys.stderr))):
        yield results


def _occupy() -> None:
    """Take the numbers of closed streams: a file that got one would be written to as that stream."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
