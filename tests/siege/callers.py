"""The calls of a siege: each asks for an id of its own, and tells whether that is what it got."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tickhaul import AsyncClient, Client, Quota, TickhaulError, xythub

from tests.support.faces import KEY
from tests.xythub.faces import CLIENT_SECRET, PASSWORD, USER

if TYPE_CHECKING:
    from tests.siege.serving import Served
    from tests.siege.tally import Tally

#: Seconds a call may take. The calls of a siege need far less, but the machine may be busy.
DEADLINE = 6.0
#: Seconds beyond a call's deadline after which it counts as hung.
MARGIN = 4.0
#: What may come of a call besides its result.
RIGHT = (TickhaulError, ValueError)

_numbers = itertools.count(1)


def new_id(manner: str) -> str:
    """An id that no other call has, for a response in this manner."""
    return f"exp_{manner}-{next(_numbers):x}"


class MixedUpError(AssertionError):
    """A call was given another's response."""


def check(asked: str, got: str, note: str | None) -> str:
    """The note of a response, which must be the one that was asked for."""
    if got != asked:
        raise MixedUpError(f"asked for {asked}, got {got}")
    return note or ""


def new_client(served: Served, *, hub: bool, tls: bool, **options: Any) -> Any:
    """A client of either service, for plain threads; its calls are made with `ask`."""
    return (xythub.Client if hub else Client)(**_options(served, hub=hub, tls=tls, **options))


def new_async_client(served: Served, *, hub: bool, tls: bool, **options: Any) -> Any:
    """A client of either service, for event loops; its calls are made with `ask_async`."""
    return (xythub.AsyncClient if hub else AsyncClient)(**_options(served, hub=hub, tls=tls, **options))


def _options(served: Served, *, hub: bool, tls: bool, **options: Any) -> dict[str, Any]:
    access: dict[str, Any]
    if hub:
        access = {"user": USER, "password": PASSWORD, "client_secret": CLIENT_SECRET}
    else:
        # A quota of its own: what one client loses must not be charged to the next.
        access = {"api_key": KEY, "quota": Quota(1_000_000, 1_000_000, shared=False)}
    url = served.tls_url if tls else served.url
    context = {"ssl_context": served.context} if tls else {}
    return {"base_url": url, "deadline": DEADLINE, "proxy": "", **access, **context, **options}


def ask(client: Any, identifier: str) -> str:
    """Make a call, and return the note of its response."""
    if isinstance(client, xythub.Client):
        table = client.get(identifier)
        return check(identifier, *_cells(table))
    job = client.exports.get(identifier)
    return check(identifier, job.id, job.reason)


async def ask_async(client: Any, identifier: str) -> str:
    """Make a call, and return the note of its response."""
    if isinstance(client, xythub.AsyncClient):
        return check(identifier, *_cells(await client.get(identifier)))
    job = await client.exports.get(identifier)
    return check(identifier, job.id, job.reason)


def _cells(table: xythub.Table) -> tuple[str, str]:
    columns = table.to_numpy()
    return str(columns["id"][0]), str(columns["note"][0])


def judge(tally: Tally, error: BaseException, of_tree: str, text: str) -> None:
    """Count what came of a call that should have succeeded.

    Args:
        tally: where.
        error: what came.
        of_tree: what it is when the error is one of the library's own.
        text: which call it was.
    """
    if isinstance(error, MixedUpError):
        tally.fault("wrong", f"{text}: {error}")
    elif isinstance(error, RIGHT):
        tally.fault(of_tree, f"{text}: {type(error).__name__}: {error}")
    else:
        tally.fault("foreign errors", f"{text}: {type(error).__name__}: {error}", error)
