"""From arguments to exit code."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tickhaul.cli.failures import DONE, FAILED, INTERRUPTED, TERMINATED, exit_code, report, words
from tickhaul.cli.session import Session, active
from tickhaul.cli.streams import usable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from tickhaul.cli.streams import Results

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_log = logging.getLogger("tickhaul.cli")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what was typed after ``tickhaul``; those of the process when left out.

    Returns:
        The exit code: 0 done, 1 the service or the job failed, 2 wrong usage, 3 not authenticated, 4 timed out,
        130 interrupted, 143 terminated by SIGTERM.
    """
    session = Session()
    with usable() as stdout, active(session), _interruptible(session), _logging_undone():
        return _run(list(sys.argv[1:] if arguments is None else arguments), session, stdout)


def log_to_stderr(verbosity: int) -> None:
    """Show the log of this library, and of nothing else, on stderr.

    Args:
        verbosity: 0 for nothing, 1 for INFO, 2 and more for DEBUG.
    """
    if verbosity:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
        logger = logging.getLogger("tickhaul")
        logger.addHandler(handler)
        logger.setLevel(_LEVELS[min(verbosity, len(_LEVELS) - 1)])


def _run(arguments: list[str], session: Session, stdout: Results) -> int:
    try:
        code = _perform(arguments)
        if code == DONE:
            stdout.finish()
        if code != INTERRUPTED:
            return code
    except KeyboardInterrupt:
        pass
    except Exception as error:
        if session.ended_by is not None:
            # Ctrl-C in the midst of an import, or of cleaning up, comes out as another error.
            _log.debug("interrupted, and then", exc_info=error)
            return _interrupted(session)
        known = exit_code(error)
        if known is None:
            raise
        _log.debug("the run ends with", exc_info=error)
        report(type(error).__name__, words(error), known, session, error)
        return known
    return _interrupted(session)


def _perform(arguments: list[str]) -> int:
    from typer.main import get_command  # noqa: PLC0415 (inside, so that Ctrl-C is heard while the commands load)

    from tickhaul.cli.app import app  # noqa: PLC0415 (as above)

    try:
        get_command(app).main(arguments, prog_name="tickhaul")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE if end.code is None else FAILED
    return DONE


def _interrupted(session: Session) -> int:
    terminated = session.ended_by == signal.SIGTERM
    code = TERMINATED if terminated else INTERRUPTED
    report("Interrupted", "terminated" if terminated else "interrupted", code, session)
    return code


@contextmanager
def _interruptible(session: Session) -> Iterator[None]:
    """Have SIGTERM end the run as Ctrl-C does: transfers remember what they fetched, connections are closed.

    A SIGINT that is ignored, as in a shell's background, stays so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler's parameters)
        session.ended_by = number
        raise KeyboardInterrupt

    with ExitStack() as handlers:
        handlers.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, end))
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            handlers.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, end))
        yield


@contextmanager
def _logging_undone() -> Iterator[None]:
    logger = logging.getLogger("tickhaul")
    handlers, level = list(logger.handlers), logger.level
    try:
        yield
    finally:
        logger.handlers[:] = handlers
        logger.setLevel(level)
