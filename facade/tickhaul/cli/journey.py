"""The main job as a story of five steps, each of which can be broken off without losing the one before."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from tickhaul._core.times import to_text
from tickhaul.cli.orders import Haul
from tickhaul.cli.session import current
from tickhaul.cli.text import files, size
from tickhaul.errors import ApiError, ExportCanceled, ExportFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul import Client
    from tickhaul.cli.orders import Cut, Fetch, Order
    from tickhaul.models import Datastream, ExportJob, Subscription
    from tickhaul.transfer import DownloadedFile, Progress


class Listener(Protocol):
    """Whoever is told how it goes."""

    def say(self, text: str) -> None:
        """A step is done."""
        ...

    def waiting(self, job: ExportJob) -> None:
        """The job has been looked at."""
        ...

    def moving(self, progress: Progress) -> None:
        """The transfer goes on."""
        ...

    def done(self) -> None:
        """The wait or the transfer is over."""
        ...


def haul(client: Client, order: Order, fetch: Fetch, listener: Listener) -> Haul:
    """Find, subscribe, export, wait, download.

    Raises:
        TickhaulError: a step failed; the session knows what is left.
    """
    stream = client.datastreams.find(*order.names, order.wire_format)
    listener.say(f"datastream {stream.datastream_id}: {' '.join(order.names)} {stream.wire_format}")
    subscription = subscribe(client, stream) if order.subscribe else None
    if subscription is not None:
        listener.say(f"subscription {subscription.id}: {subscription.status}")
    job = export(client, stream, order.cut)
    listener.say(f"export {job.id}: {to_text(job.start_time)} to {to_text(job.end_time)}")
    job = wait(client, job, order.timeout, listener, fetch=fetch)
    listener.say(f"export {job.id}: {job.status}")
    brought = download(client, job, fetch, listener)
    listener.say(told(brought, fetch))
    return Haul(stream, subscription, job, brought)


def subscribe(client: Client, stream: Datastream) -> Subscription:
    """See to it that a datastream is being recorded."""
    ends = current().command("subscriptions", "list")
    with _leaving(f"Datastream {stream.datastream_id} may be subscribed by now: `{ends}` tells."):
        subscription = client.subscriptions.ensure(stream)
    current().leave(f"Datastream {stream.datastream_id} is subscribed ({subscription.id}); no export was created.")
    return subscription


def export(client: Client, stream: int | Datastream, cut: Cut) -> ExportJob:
    """Start the export."""
    # Known beforehand, so that somebody who is cut off can send the very same request again.
    key = cut.idempotency_key or str(uuid4())
    lists = current().command("exports", "list")
    with _leaving(
        f"The export may have been created: `{lists}` tells. Repeated with --from {to_text(cut.start)} "
        f"--to {to_text(cut.end)} --idempotency-key {key} within a day, this command creates no second one."
    ):
        return client.exports.create(
            stream,
            cut.start,
            cut.end,
            schema=cut.schema,
            format=cut.format,
            format_options=cut.format_options,
            idempotency_key=key,
        )


def wait(
    client: Client,
    job: str | ExportJob,
    timeout: float | None,
    listener: Listener,
    *,
    fetch: Fetch | None = None,
    cancel_on_timeout: bool = False,
) -> ExportJob:
    """Wait for an export to succeed.

    Args:
        client: the client.
        job: the job or its id.
        timeout: seconds.
        listener: whom to tell.
        fetch: how it is to be brought home afterwards, if it is.
        cancel_on_timeout: whether to cancel it when the time is up.
    """
    identifier = job if isinstance(job, str) else job.id
    command = current().command
    then = f", then `{_download_command(identifier, fetch)}`" if fetch is not None else ""
    goes_on = (
        f"Export {identifier} goes on at the service: `{command('exports', 'wait', identifier)}`{then}; "
        f"or `{command('exports', 'cancel', identifier)}`."
    )
    with _leaving(None if cancel_on_timeout else goes_on, identifier):
        done = client.exports.wait(job, timeout, on_progress=listener.waiting, cancel_on_timeout=cancel_on_timeout)
    listener.done()
    return done


def download(client: Client, job: str | ExportJob, fetch: Fetch, listener: Listener) -> list[DownloadedFile]:
    """Bring the files of a finished export home."""
    identifier = job if isinstance(job, str) else job.id
    with _leaving(
        f"What was fetched is kept where it can be resumed: `{_download_command(identifier, fetch)}` goes on from "
        "there; with --restart it replaces what is there.",
        identifier,
    ):
        brought = client.exports.download(
            job,
            fetch.directory,
            connections=fetch.connections,
            hash=fetch.hash,
            resume=fetch.resume,
            on_progress=listener.moving,
        )
    listener.done()
    return brought


def told(brought: list[DownloadedFile], fetch: Fetch) -> str:
    """What was brought home, in words."""
    if not brought:
        return "the export holds no files: nothing was recorded in this range"
    return f"{files(len(brought))}, {size(sum(file.bytes for file in brought))}, in {fetch.directory}"


def _download_command(identifier: str, fetch: Fetch) -> str:
    words = ["download", identifier, "--out", str(fetch.directory)]
    if fetch.connections is not None:
        words += ["--connections", str(fetch.connections)]
    if fetch.hash:
        words.append("--hash")
    return current().command(*words)


@contextmanager
def _leaving(left: str | None, export_id: str | None = None) -> Iterator[None]:
    """Note what is left if this step is broken off; a step the service refused has left nothing behind."""
    session = current()
    before = session.left, session.export_id
    session.leave(left, export_id)
    try:
        yield
    except (ValueError, TypeError):
        session.leave(*before)  # nothing was sent
        raise
    except (ExportFailed, ExportCanceled):
        session.leave(None, export_id)
        raise
    except ApiError as error:
        if error.status < 500 and error.status not in (408, 429):
            session.leave(*before)
        raise
