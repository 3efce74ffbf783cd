"""Whether an exchange over a connection of the HTTP engine has left the connection clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpcore

#: What ends with its head, whatever that says (RFC 9112 section 6.3).
_WITHOUT_BODY = frozenset({204, 304})


def is_over(response: httpcore.Response) -> bool:
    """Whether nothing of an exchange can be left to arrive, or has arrived and was not read.

    What the server sends behind a response would be taken for the response to the next request.

    Args:
        response: what came, read to its end.
    """
    lengths = {value for name, value in response.headers if name.lower() == b"content-length"}
    chunked = any(name.lower() == b"transfer-encoding" for name, _ in response.headers)
    if (chunked and lengths) or (response.status in _WITHOUT_BODY and (chunked or lengths - {b"0"})):
        # The server and this client may differ on where such a response ends.
        return False
    try:
        # The engine has no public word for it. Where it keeps its parser elsewhere, connections are used once.
        left, _ = response.stream._connection._h11_state.trailing_data  # type: ignore[union-attr]  # noqa: SLF001
    except AttributeError:
        return False
    return not left
