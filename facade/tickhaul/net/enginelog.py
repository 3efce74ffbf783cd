"""What the HTTP engine may write into its own log about this client's calls.

At DEBUG the engine logs the head of every answer, whose headers a server fills: a ``Location`` with a presigned query,
or the API key sent back. It logs its errors, which quote what the server sent. Its logger belongs to the whole process,
so only the records of this client's calls are cut down to what happened.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_LOGGER = "httpcore.http11"
_STATUS = re.compile(r"return_value=\(b'HTTP/[0-9.]+', ([0-9]{3}),")


#: Each tells whether the record at hand is about a request of this package.
_ours: set[Callable[[], object]] = set()


def cut_engine_log(is_ours: Callable[[], object]) -> None:
    """See to it; doing so again changes nothing.

    Args:
        is_ours: true when a request of this package is with the engine, in the thread or task that asks.
    """
    _ours.add(is_ours)
    logging.getLogger(_LOGGER).addFilter(_cut)


def _cut(record: logging.LogRecord) -> bool:
    if any(is_ours() for is_ours in _ours):
        event, _, rest = record.getMessage().partition(" ")
        status = _STATUS.match(rest)
        record.msg, record.args = f"{event} status={status[1]}" if status else event, ()
    return True
