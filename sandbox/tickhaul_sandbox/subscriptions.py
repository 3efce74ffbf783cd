"""The subscriptions of one account: three states, spans, and a deletion that keeps the id.

Source: docs guides/subscription-lifecycle, section 10 of the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tickhaul_sandbox.clock import SECOND
from tickhaul_sandbox.errors import conflict, not_found
from tickhaul_sandbox.times import billing_period, format_instant, to_microsecond

if TYPE_CHECKING:
    from tickhaul_sandbox.catalog import Datastream
    from tickhaul_sandbox.clock import Clock
    from tickhaul_sandbox.ids import Ids
    from tickhaul_sandbox.jsontypes import JsonObject
    from tickhaul_sandbox.settings import Settings
    from tickhaul_sandbox.state.ledger import Shelf

Status = Literal["active", "paused", "deleted"]


@dataclass
class Span:
    """A stretch of time in which a datastream was recorded.

    Attributes:
        span_id: Its id.
        started_ns: Its first instant, in nanoseconds since the Unix epoch.
        ended_ns: The first instant after it, `None` while it goes on.
    """

    span_id: str
    started_ns: int
    ended_ns: int | None = None

    def body(self) -> JsonObject:
        """Return the Span object of the API."""
        ended = None if self.ended_ns is None else format_instant(self.ended_ns)
        return {"id": self.span_id, "started_at": format_instant(self.started_ns), "ended_at": ended}


@dataclass
class Subscription:
    """The recording of one datastream for one account.

    Attributes:
        subscription_id: Its id, kept through deletion and re-subscription.
        stream: What is recorded.
        status: Its state.
        created_ns: When it was (last) created, in nanoseconds since the Unix epoch.
        spans: What was recorded, oldest first.
        metered: Start and end of each stretch in which it was recording, oldest first, the end `None` while it goes on:
            what is billed, whether the spans are still there or not.
    """

    subscription_id: str
    stream: Datastream
    status: Status
    created_ns: int
    spans: list[Span] = field(default_factory=list)
    metered: list[tuple[int, int | None]] = field(default_factory=list)

    def body(self, *, show_datastream: bool) -> JsonObject:
        """Return the Subscription object of the API.

        Args:
            show_datastream: Whether it shows what is recorded, beside its id.
        """
        body: JsonObject = {
            "id": self.subscription_id,
            "datastream_id": self.stream.datastream_id,
            "status": self.status,
            "created_at": format_instant(self.created_ns),
        }
        return {**body, "datastream": self.stream.body()} if show_datastream else body

    def detail_body(self) -> JsonObject:
        """Return the SubscriptionDetail object, the answer to its creation; its spans are always empty."""
        return {
            "id": self.subscription_id,
            "status": self.status,
            "datastream": self.stream.body(),
            "created_at": format_instant(self.created_ns),
            "spans": [],
        }

    def recorded(self, now_ns: int) -> list[tuple[int, int]]:
        """Return start and end of each span, an open one ending now."""
        return [(span.started_ns, now_ns if span.ended_ns is None else span.ended_ns) for span in self.spans]


class Subscriptions:
    """The subscriptions of one account.

    Args:
        settings: How the sandbox is to be.
        clock: The sandbox's time.
        ids: Makes the ids.
        shelf: Where subscriptions are remembered.
    """

    def __init__(self, settings: Settings, clock: Clock, ids: Ids, shelf: Shelf[Subscription]) -> None:
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._shelf = shelf
        self._by_id: dict[str, Subscription] = {}
        self._by_stream: dict[int, Subscription] = {}

    def restore(self) -> None:
        """Take up the subscriptions of an earlier run.

        Raises:
            StateError: If one makes no sense.
        """
        self._shelf.restore(self._add)

    def create(self, stream: Datastream) -> Subscription:
        """Start recording a datastream.

        A deleted subscription comes back with its old id, a new `created_at` and none of its old spans.

        Raises:
            ApiError: 409 if it is subscribed to already, unless the settings say to return it.
        """
        now = to_microsecond(self._clock.now_ns())
        subscription = self._by_stream.get(stream.datastream_id)
        if subscription is None:
            subscription = Subscription(self._ids.make("sub"), stream, "active", now)
            self._add(subscription)
        elif subscription.status == "deleted":
            subscription.status, subscription.created_ns = "active", now
        elif self._settings.duplicate_subscription == "return":
            return subscription
        else:
            raise conflict(f"A subscription for datastream {stream.datastream_id} already exists")
        began = max(0, now - to_microsecond(round(self._settings.backdate * SECOND)))
        subscription.spans = [Span(self._ids.make("spn"), began)]
        self._record(subscription, now)
        self._keep(subscription)
        return subscription

    def get(self, subscription_id: str) -> Subscription:
        """Return a subscription.

        Raises:
            ApiError: 404 if there is none, or it is deleted and the settings hide those.
        """
        subscription = self._by_id.get(subscription_id)
        hidden = self._settings.deleted_subscriptions == "gone"
        if subscription is None or (subscription.status == "deleted" and hidden):
            raise not_found("Subscription", subscription_id)
        return subscription

    def of_stream(self, stream: Datastream) -> Subscription | None:
        """Return the subscription to a datastream, a deleted one too."""
        return self._by_stream.get(stream.datastream_id)

    def metered(self, since_ns: int) -> list[tuple[int, int]]:
        """Return each stretch in which a subscription was recording, deleted ones too; an open one ends now.

        Args:
            since_ns: What lies before it is left out.
        """
        now = self._clock.now_ns()
        cut = (
            (max(start, since_ns), now if end is None else end)
            for subscription in self._by_id.values()
            for start, end in subscription.metered
        )
        return [(start, end) for start, end in cut if start < end]

    def all(self) -> list[Subscription]:
        """Return every subscription that is not deleted, in no particular order."""
        return [subscription for subscription in self._by_id.values() if subscription.status != "deleted"]

    def pause(self, subscription_id: str) -> None:
        """Stop recording and keep what was recorded; nothing changes if it is paused.

        Raises:
            ApiError: 404 if there is no such subscription.
        """
        subscription = self._living(subscription_id)
        if subscription.status == "active":
            subscription.status = "paused"
            span = subscription.spans[-1]
            span.ended_ns = max(to_microsecond(self._clock.now_ns()), span.started_ns)
            _stop(subscription, span.ended_ns)
            self._keep(subscription)

    def resume(self, subscription_id: str) -> None:
        """Record again, in a new span; nothing changes if it is active.

        Raises:
            ApiError: 404 if there is no such subscription.
        """
        subscription = self._living(subscription_id)
        if subscription.status == "paused":
            now = to_microsecond(self._clock.now_ns())
            subscription.status = "active"
            subscription.spans.append(Span(self._ids.make("spn"), now))
            self._record(subscription, now)
            self._keep(subscription)

    def delete(self, subscription_id: str) -> None:
        """Stop recording and remove every span; nothing changes if it is deleted.

        Raises:
            ApiError: 404 if there never was such a subscription.
        """
        subscription = self._by_id.get(subscription_id)
        if subscription is None:
            raise not_found("Subscription", subscription_id)
        subscription.status = "deleted"
        subscription.spans = []
        _stop(subscription, to_microsecond(self._clock.now_ns()))
        self._keep(subscription)

    def _add(self, subscription: Subscription) -> None:
        self._by_id[subscription.subscription_id] = subscription
        self._by_stream[subscription.stream.datastream_id] = subscription

    def _record(self, subscription: Subscription, now_ns: int) -> None:
        # What is of an earlier period will not be asked for again; without this, pausing for years would fill the memory.
        since = billing_period(now_ns)[0]
        kept = [(start, end) for start, end in subscription.metered if end is None or end > since]
        subscription.metered = [*kept, (now_ns, None)]

    def _keep(self, subscription: Subscription) -> None:
        self._shelf.put(subscription.subscription_id, subscription)

    def _living(self, subscription_id: str) -> Subscription:
        subscription = self.get(subscription_id)
        if subscription.status == "deleted":
            raise not_found("Subscription", subscription_id)
        return subscription


def _stop(subscription: Subscription, now_ns: int) -> None:
    if subscription.metered and subscription.metered[-1][1] is None:
        start, _ = subscription.metered[-1]
        subscription.metered[-1] = (start, max(start, now_ns))
