"""From a service's address to a report."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tickhaul._core.origin import read_key, read_origin
from tickhaul.contract.document import installed
from tickhaul.contract.made import Made
from tickhaul.contract.reading import read
from tickhaul.contract.refusals import try_refusals
from tickhaul.contract.schema_trip import SchemaTrip
from tickhaul.contract.session import NobodyThereError, OutOfTimeError, RefusedError, Session
from tickhaul.contract.subscription_trip import SubscriptionTrip
from tickhaul.contract.wire import Wire
from tickhaul.errors import AuthenticationError, DeadlineExceeded, NetworkError

if TYPE_CHECKING:
    from tickhaul.contract.report import Report

#: The operations that change something.
_WRITING = ("POST", "PUT", "DELETE")


def check(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    write: bool = False,
    allow_plain_http: bool = False,
    timeout: float = 30.0,
    deadline: float = 300.0,
) -> Report:
    """Hold a service against the contract that this version of tickhaul was made from.

    Only reads, unless told otherwise. Some eighty requests, another eighty with ``write``; when the account's rate limit
    is reached, it waits as the service asks.

    Args:
        base_url: the service's origin; ``None`` for ``TICKSUPPLY_BASE_URL``, then the service's own.
        api_key: ``None`` for ``TICKSUPPLY_API_KEY``.
        write: also make, change and remove a subscription, exports and an export schema. Only resources made here are
            touched: the subscription is to a datastream the account is not subscribed to, and is deleted in the end.
        allow_plain_http: whether the key may travel unencrypted beyond this machine.
        timeout: seconds of silence before a request counts as unanswered.
        deadline: seconds for the whole check, its waits included.

    Returns:
        What was found, operation by operation.

    Raises:
        ValueError: an argument cannot work.
        AuthenticationError: the service does not accept the key.
        NetworkError: nobody answers.
        DeadlineExceeded: nobody answers in time.
        KeyboardInterrupt: the check was interrupted; its notes name what could not be removed.
    """
    if not timeout > 0 or not deadline > 0:
        raise ValueError("timeout and deadline must be more than 0 seconds")
    origin, key = read_origin(base_url, allow_plain_http=allow_plain_http), read_key(api_key)
    with Wire(origin, timeout) as wire:
        try:
            return run(Session(installed(), wire, key, deadline=deadline), str(origin), write=write)
        except RefusedError as error:
            raise AuthenticationError(
                str(error), code="unauthenticated", status=401, request_id=error.request_id
            ) from None
        except NobodyThereError as error:
            if error.lost.timed_out:
                raise DeadlineExceeded(error.lost.reason, deadline=timeout) from None
            raise NetworkError(error.lost.reason) from None


def run(session: Session, base_url: str, *, write: bool) -> Report:
    """Take the walks of a check.

    Args:
        session: the check.
        base_url: the service, for the report.
        write: whether to change anything.

    Raises:
        RefusedError: the service does not accept the API key.
        NobodyThereError: nobody answers.
        KeyboardInterrupt: the check was interrupted; its notes name what could not be removed.
    """
    made = Made(session)
    out_of_time = False
    try:
        known = read(session)
        if write:
            try_refusals(session, made)
            SchemaTrip(session, made).take(known)
            SubscriptionTrip(session, made).take(known)
    except OutOfTimeError:
        out_of_time = True
    except BaseException as ending:
        _clean_up_after(ending, made)
        raise
    made.clean_up()
    if not write:
        for name, operation in session.contract.operations.items():
            if operation.method in _WRITING:
                session.leave_open(name, "only looked at when the check may write")
    return session.report(base_url, wrote=write, left=made.left, out_of_time=out_of_time)


def _clean_up_after(ending: BaseException, made: Made) -> None:
    # Interrupted once more, it stops at once.
    with suppress(KeyboardInterrupt):
        made.clean_up()
    for name in made.left:
        ending.add_note(f"left behind: {name}")
