"""What every write refuses, tried on resources that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tickhaul.contract.made import new_key
from tickhaul.contract.session import BAD_KEY, nobody

if TYPE_CHECKING:
    from tickhaul.contract.made import Made
    from tickhaul.contract.session import Session


def try_refusals(session: Session, made: Made) -> None:
    """Try a wrong API key, an unknown id, an empty body and a wrong idempotency key.

    Args:
        session: the check.
        made: keeps what is made in spite of all.

    Raises:
        OutOfTimeError: the time of the check is over.
    """
    columns = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]
    for name, operation in session.contract.operations.items():
        if operation.method == "GET":
            continue
        path = {"id": nobody(name)}
        replaces = operation.method == "PUT"
        # Without content even a service that forgot to look at the key has nothing to act upon.
        empty: dict[str, object] | None = {} if replaces or "{id}" not in operation.path else None
        session.ask(name, path=path, body=empty, expect=(401,), key=BAD_KEY)
        if replaces:
            session.ask(name, path=path, body={"columns": columns}, expect=(404,))
            continue
        # docs: guides/idempotency
        for status, key in ((404 if empty is None else 400, new_key()), (400, "no UUID")):
            asked = session.ask(name, path=path, body=empty, expect=(status,), idempotency_key=key)
            made.remember(asked, nobody(name)[:3])
