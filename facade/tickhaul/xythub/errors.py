"""What can go wrong with xyt hub beyond what `tickhaul.errors` knows.

::

    TickhaulError
    ├── FramingError      bytes that are no frame, or a frame that is no message (also a ValueError)
    ├── TableError        a message whose table cannot be one (also a ValueError)
    └── TokenError        the token endpoint said no

A client's call that meets one of the first two in an answer raises `ResponseDecodeError` from it.
"""

from __future__ import annotations

from tickhaul.errors import TickhaulError

__all__ = ["FramingError", "TableError", "TokenError"]


class FramingError(TickhaulError, ValueError):
    """Bytes are not what the framing says they should be.

    Attributes:
        message: what is wrong, with both of the following in it.
        expected: what should have been there.
        found: what was.
        offset: how many bytes in; of a stream, counted from its start.
    """

    def __init__(self, message: str, *, expected: str, found: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.found = found
        self.offset = offset


class TableError(TickhaulError, ValueError):
    """The columns of an answer do not make a table.

    Attributes:
        message: what is wrong.
        column: the name of the column it was found at, or ``None`` when it is not about one.
    """

    def __init__(self, message: str, *, column: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.column = column

    def at(self, column: str) -> TableError:
        """The same error, found at a column.

        Args:
            column: the column's name.
        """
        return TableError(f"column {column!r}: {self.message}", column=column)


class TokenError(TickhaulError):
    """The token endpoint refused to give a token.

    Attributes:
        message: the service's words, or ours where it had none.
        code: the OAuth error code (RFC 6749 section 5.2), such as ``invalid_grant`` for a wrong user, password or API
            key and ``invalid_client`` for a wrong client secret; ``unknown`` when the answer had none.
        status: the HTTP status.
    """

    def __init__(self, message: str, *, code: str, status: int) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status

    def __str__(self) -> str:
        return f"{self.message} ({self.status} {self.code})"
