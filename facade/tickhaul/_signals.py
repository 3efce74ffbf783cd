"""What handlers of signals raise: it may come between any two steps of a call, and is no business of this package.

This module imports nothing of the package.
"""

from __future__ import annotations

import signal
from functools import partial
from types import CodeType, MethodType


def raised_by_handler(error: BaseException) -> BaseException | None:
    """What a signal's handler raised, if that is how an exception came about.

    An alarm is often a `TimeoutError`, which libraries take for one of the network and raise their own from it. So what
    is looked for is the handler's function among those the exception came through.

    Args:
        error: the exception, with its traceback.

    Returns:
        The handler's own exception, which may be the one that was given, or ``None``.
    """
    handlers = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()} - {None}
    cause: BaseException | None = error
    seen: set[int] = set()
    # An exception may be its own cause.
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        step = cause.__traceback__
        while step is not None:
            if step.tb_frame.f_code in handlers:
                return cause
            step = step.tb_next
        # Not its context: a call that is made because of an alarm has that one for the context of its own errors.
        cause = cause.__cause__
    return None


def _code_of(handler: object) -> CodeType | None:
    while isinstance(handler, partial):
        handler = handler.func
    if isinstance(handler, MethodType):
        handler = handler.__func__
    function = handler if hasattr(handler, "__code__") else getattr(type(handler), "__call__", None)  # noqa: B004
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
