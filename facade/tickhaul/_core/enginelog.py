"""What the HTTP engine may write into its own log about this client's calls.

At DEBUG the engine logs the head of every answer, whose headers a server fills: a ``Location`` with a presigned query,
or the API key sent back. It logs its errors, which quote what the server sent, and a SOCKS proxy's login. Its loggers
belong to the whole process, so only the records of this client's calls are cut down to what happened.
"""

from __future__ import annotations

import logging
import re

from tickhaul._core import deadline

_LOGGERS = ("httpcore.http11", "httpcore.socks")
_STATUS = re.compile(r"return_value=\(b'HTTP/[0-9.]+', ([0-9]{3}),")


def cut_engine_log() -> None:
    """See to it; doing so again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_cut)


def _cut(record: logging.LogRecord) -> bool:
    # A deadline is set for as long as one of this client's requests is with the engine.
    if deadline.current.get() is not None:
        event, _, rest = record.getMessage().partition(" ")
        status = _STATUS.match(rest)
        record.msg, record.args = f"{event} status={status[1]}" if status else event, ()
    return True
