"""Clients that use a sandbox hard, each with a model of what it was told, to hold against the service at the end."""

from __future__ import annotations

import random
import tempfile
import threading
import traceback
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from tickhaul import Client, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tickhaul.models import ExportJob, Subscription

# The first streams of the catalog; each client has some to itself.
_FIRST_STREAM, _STREAMS = 123, 4
_MOST_JOBS, _MOST_SCHEMAS = 8, 4
_HALF_HOUR_NS = 1_800_000_000_000
_MAKING_SECONDS = 60.0


@dataclass
class Recorded:
    """What a client knows of one of its subscriptions."""

    subscription_id: str
    status: str = "active"
    spans: int = 1


@dataclass
class Shared:
    """What the clients of one account do together: publish versions of one schema."""

    key: str
    schema_id: str = ""
    published: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Report:
    """What came of it.

    Attributes:
        operations: how often each operation was done.
        problems: errors that nobody asked for, and differences between models and service.
        seconds: how long the clients worked.
    """

    operations: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def columns(name: str) -> list[dict[str, object]]:
    """The columns of a schema that has one of this name."""
    return [{"output_column": name, "meta": {"value": "collection_timestamp_ns"}}]


class Worker:
    """One client, its own streams, jobs and schemas, and what it knows of them."""

    def __init__(self, number: int, base_url: str, shared: Shared, pool: ThreadPoolExecutor) -> None:
        self.client = Client(shared.key, base_url=base_url, quota=None, deadline=60.0, max_retries=8)
        self.shared = shared
        self.streams = range(_FIRST_STREAM + number * _STREAMS, _FIRST_STREAM + (number + 1) * _STREAMS)
        self.recorded: dict[int, Recorded] = {}
        self.jobs: dict[str, str] = {}
        self.schemas: dict[str, tuple[int, bool]] = {}
        self.done: Counter[str] = Counter()
        self._dice = random.Random(number)
        self._pool = pool
        self._actions: dict[str, tuple[int, Callable[[], None]]] = {
            "browse": (10, self.browse),
            "subscribe": (6, self.subscribe),
            "pause or resume": (6, self.pause_or_resume),
            "unsubscribe": (2, self.unsubscribe),
            "look at a subscription": (6, self.look_at_subscription),
            "order": (5, self.order),
            "order twice at once": (2, self.order_twice),
            "look at a job": (8, self.look_at_job),
            "fetch": (4, self.fetch),
            "cancel": (2, self.cancel),
            "delete a job": (4, self.delete_job),
            "schemas": (5, self.schema),
            "publish together": (2, self.publish_together),
        }

    def work(self, *, operations: int | None, until: float | None) -> None:
        """Do one thing after another, so many or until an instant of the monotonic clock."""
        names = list(self._actions)
        weights = [weight for weight, _ in self._actions.values()]
        while (operations is None or self.done.total() < operations) and (until is None or monotonic() < until):
            [name] = self._dice.choices(names, weights)
            self._actions[name][1]()
            self.done[name] += 1

    def browse(self) -> None:
        """Read the catalog."""
        match self._dice.randrange(4):
            case 0:
                assert self.client.exchanges.list()
            case 1:
                assert len(list(self.client.exchanges.list_instruments("binance", search="BTC", max_items=20))) == 20
            case 2:
                stream = self._dice.choice(self.streams)
                assert self.client.availability.get(stream).datastream.datastream_id == stream
            case _:
                assert self.client.billing.get_summary().access_status == "ACTIVE"

    def subscribe(self) -> None:
        """Record a stream of its own, and send the same again."""
        free = [stream for stream in self.streams if self._status(stream) == "deleted"]
        if not free:
            return
        stream, key = self._dice.choice(free), self._key()
        created = self.client.subscriptions.create(stream, idempotency_key=key)
        known = self.recorded.get(stream)
        assert known is None or known.subscription_id == created.id
        self.recorded[stream] = Recorded(created.id)
        if self._dice.random() < 0.3:
            assert self.client.subscriptions.create(stream, idempotency_key=key).id == created.id

    def pause_or_resume(self) -> None:
        """Pause what is active, resume what is paused."""
        if (known := self._some()) is None:
            return
        if known.status == "active":
            self.client.subscriptions.pause(known.subscription_id)
            known.status = "paused"
        else:
            key = self._key()
            for _ in range(self._dice.randint(1, 2)):
                self.client.subscriptions.resume(known.subscription_id, idempotency_key=key)
            known.status, known.spans = "active", known.spans + 1

    def unsubscribe(self) -> None:
        """Give a subscription up."""
        if (known := self._some()) is not None:
            self.client.subscriptions.delete(known.subscription_id)
            known.status, known.spans = "deleted", 0

    def look_at_subscription(self) -> None:
        """Hold one subscription against the model."""
        if (known := self._some()) is not None:
            assert self.client.subscriptions.get(known.subscription_id).status == known.status
            assert len(self.client.subscriptions.list_spans(known.subscription_id)) == known.spans

    def order(self) -> None:
        """Order an export, and perhaps send the same again."""
        if len(self.jobs) >= _MOST_JOBS or (known := self._some()) is None:
            return
        key, arguments = self._key(), self._order(known)
        job = self._create(key, arguments)
        self.jobs[job.id] = "ordered"
        if self._dice.random() < 0.3:
            assert self._create(key, arguments).id == job.id

    def order_twice(self) -> None:
        """Send the same order twice at once: there is one job."""
        if len(self.jobs) >= _MOST_JOBS or (known := self._some()) is None:
            return
        key, arguments = self._key(), self._order(known)
        other = self._pool.submit(self._create, key, arguments)
        job = self._create(key, arguments)
        assert other.result().id == job.id
        self.jobs[job.id] = "ordered"

    def look_at_job(self) -> None:
        """Hold one job against the model."""
        if not self.jobs:
            return
        export_id = self._dice.choice(list(self.jobs))
        status = self.client.exports.get(export_id).status
        if self.jobs[export_id] == "canceled":
            assert status == "canceled"
        else:
            assert status in {"queued", "running", "succeeded"}

    def fetch(self) -> None:
        """Download the files of a job that has succeeded."""
        ordered = [export_id for export_id, state in self.jobs.items() if state == "ordered"]
        if ordered and self.client.exports.get(chosen := self._dice.choice(ordered)).status == "succeeded":
            with tempfile.TemporaryDirectory() as directory:
                files = self.client.exports.download(chosen, directory)
                assert files
                assert all(file.path.stat().st_size > 0 for file in files)

    def cancel(self) -> None:
        """Cancel a job, if it is not too late."""
        ordered = [export_id for export_id, state in self.jobs.items() if state == "ordered"]
        if ordered:
            chosen = ordered[-1]
            try:
                self.client.exports.cancel(chosen)
            except InvalidArgumentError:
                assert self.client.exports.get(chosen).status == "succeeded"
            else:
                self.jobs[chosen] = "canceled"

    def delete_job(self) -> None:
        """Delete the oldest job."""
        if self.jobs:
            export_id = next(iter(self.jobs))
            self.client.exports.delete(export_id)
            del self.jobs[export_id]

    def schema(self) -> None:
        """Create a schema, or take one a step further."""
        if len(self.schemas) < _MOST_SCHEMAS:
            created = self.client.export_schemas.create(f"mine {uuid.uuid4().hex}", "trade", columns("a"))
            self.schemas[created.id] = created.version, created.has_draft
            return
        schema_id, (version, has_draft) = self._dice.choice(list(self.schemas.items()))
        if self._dice.random() < 0.1:
            self.client.export_schemas.delete(schema_id)
            del self.schemas[schema_id]
        elif has_draft:
            published = self.client.export_schemas.publish_draft(schema_id)
            assert (published.version, published.has_draft) == (version + 1, False)
            self.schemas[schema_id] = published.version, False
        else:
            assert self.client.export_schemas.create_draft(schema_id, columns("b")).has_draft
            self.schemas[schema_id] = version, True

    def publish_together(self) -> None:
        """Publish a version of the schema that all clients of the account share."""
        self.client.export_schemas.update(self.shared.schema_id, columns(f"c{self._dice.randrange(1000)}"))
        with self.shared.lock:
            self.shared.published += 1

    def _create(self, key: str, arguments: tuple[int, int, int]) -> ExportJob:
        stream, start, end = arguments
        return self.client.exports.create(stream, start, end, idempotency_key=key)

    def _order(self, known: Recorded) -> tuple[int, int, int]:
        subscription = self.client.subscriptions.get(known.subscription_id)
        # What lies before the creation was backdated, so there are messages, and as few each time.
        end = _nanoseconds(subscription)
        return subscription.datastream_id, end - _HALF_HOUR_NS, end

    def _some(self) -> Recorded | None:
        living = [known for known in self.recorded.values() if known.status != "deleted"]
        return self._dice.choice(living) if living else None

    def _status(self, stream: int) -> str:
        return self.recorded[stream].status if stream in self.recorded else "deleted"

    def _key(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))


def drive(
    base_url: str, keys: Sequence[str], clients: int, *, operations: int | None = None, seconds: float | None = None
) -> Report:
    """Let clients loose on a sandbox and hold it against what they were told.

    Args:
        base_url: the sandbox.
        keys: API keys, one of each account; the clients take turns in choosing one.
        clients: how many.
        operations: how many things each of them does.
        seconds: for how long each of them does things.
    """
    report, pool = Report(), ThreadPoolExecutor(clients)
    accounts = [Shared(key) for key in keys]
    workers = [Worker(number, base_url, accounts[number % len(accounts)], pool) for number in range(clients)]
    for worker in workers[: len(accounts)]:
        worker.shared.schema_id = worker.client.export_schemas.create("shared", "trade", columns("a")).id

    began = monotonic()
    until = None if seconds is None else began + seconds

    def guarded(worker: Worker) -> None:
        try:
            worker.work(operations=operations, until=until)
        except Exception:  # noqa: BLE001 (whatever ends a client is a problem to report)
            report.problems.append(traceback.format_exc())

    threads = [threading.Thread(target=guarded, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.seconds = monotonic() - began
    for shared in accounts:
        report.problems += _differences([worker for worker in workers if worker.shared is shared])
    for worker in workers:
        report.operations += worker.done
        worker.client.close()
    pool.shutdown()
    return report


def _differences(workers: Sequence[Worker]) -> list[str]:
    """Where an account is not what all of its clients together believe it to be."""
    client, shared = workers[0].client, workers[0].shared
    known = [record for worker in workers for record in worker.recorded.values() if record.status != "deleted"]
    jobs = {export_id: state for worker in workers for export_id, state in worker.jobs.items()}
    ends = {"canceled": "canceled", "ordered": "succeeded"}
    schemas = {schema_id: state for worker in workers for schema_id, state in worker.schemas.items()}
    schemas[shared.schema_id] = shared.published + 1, False
    pairs: dict[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
        "subscriptions": (
            {item.id: str(item.status) for item in client.subscriptions.list(page_size=100)},
            {record.subscription_id: record.status for record in known},
        ),
        "spans": (
            {item.subscription_id: len(client.subscriptions.list_spans(item.subscription_id)) for item in known},
            {record.subscription_id: record.spans for record in known},
        ),
        "exports": (
            {item.id: str(_ended(client, item).status) for item in client.exports.list(page_size=100)},
            {export_id: ends[state] for export_id, state in jobs.items()},
        ),
        "schemas": (
            {item.id: (item.version, item.has_draft) for item in client.export_schemas.list() if not item.is_built_in},
            schemas,
        ),
    }
    return [
        f"{what} of {shared.key}: the service has {dict(found.items() - wanted.items())}, "
        f"its clients {dict(wanted.items() - found.items())}"
        for what, (found, wanted) in pairs.items()
        if found != wanted
    ]


def _ended(client: Client, job: ExportJob) -> ExportJob:
    return job if job.status == "canceled" else client.exports.wait(job, timeout=_MAKING_SECONDS)


def _nanoseconds(subscription: Subscription) -> int:
    return int(subscription.created_at.timestamp()) * 1_000_000_000
