"""Whose exceptions mean that an exchange failed, when they come out of the HTTP engine."""

from __future__ import annotations

from tickhaul._signals import raised_by_handler

#: This package, the HTTP engine, and what that stands on.
_OURS = frozenset({"tickhaul", "httpcore", "h11", "anyio", "asyncio", "trio", "ssl", "socket", "builtins"})


def is_failure(error: Exception) -> bool:
    """Whether an exception means that an exchange failed.

    Others are no business of this package and pass: what the handler of a signal raised, what a program had raised in
    this thread, and that there is no memory left.

    Args:
        error: the exception, with its traceback.
    """
    ours = type(error).__module__.partition(".")[0] in _OURS and not isinstance(error, MemoryError)
    return ours and raised_by_handler(error) is None
