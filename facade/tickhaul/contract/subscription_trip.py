"""A subscription from its making to its removal, and the exports it allows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tickhaul.contract.made import new_key, service_time
from tickhaul.contract.reading import check_availability, check_download, check_job, check_spans

if TYPE_CHECKING:
    from tickhaul.contract.made import Made
    from tickhaul.contract.reading import Known
    from tickhaul.contract.session import Asked, Session

_EXPORTED_SECONDS = 60
_SECOND = 1_000_000_000
_POLLS = 15
_POLL_SECONDS = 2.0
_OPERATIONS = (
    "create_subscription",
    "pause_subscription",
    "resume_subscription",
    "delete_subscription",
    "create_export",
    "cancel_export",
    "delete_export",
)


class SubscriptionTrip:
    """One round trip.

    Args:
        session: the check.
        made: keeps what is made.
    """

    def __init__(self, session: Session, made: Made) -> None:
        self._session = session
        self._made = made

    def take(self, known: Known) -> None:
        """Subscribe to a datastream that the account is not subscribed to, use the subscription, and delete it.

        Args:
            known: what reading has found.

        Raises:
            OutOfTimeError: the time of the check is over.
        """
        stream = self._free_stream(known)
        if stream is None:
            self._leave_open("no datastream without a subscription was found", *_OPERATIONS)
            return
        created = self._create(stream)
        if created is None:
            return
        path = {"id": created.value["id"]}
        check_availability(self._session, stream["datastream_id"])
        self._pause_and_resume(path)
        self._exports(_export(stream, created))
        self._made.remove(path["id"])
        # Once more changes nothing, and succeeds (docs: guides/subscription-lifecycle).
        self._session.ask("delete_subscription", path=path, idempotency_key=new_key())
        self._expect_gone("get_subscription", path)
        body = _export(stream, created)
        self._made.make("create_export", body, expect=(403,))

    def _free_stream(self, known: Known) -> dict[str, Any] | None:
        """A datastream without a subscription; the whole list of subscriptions is looked through for that."""
        session = self._session
        taken: set[int] = set()
        names: set[str] = set()
        query: dict[str, object] = {"limit": 100}
        while True:
            asked = session.ask("list_subscriptions", query=query)
            if not asked.good:
                return None
            taken |= {item["datastream_id"] for item in asked.value["items"]}
            names |= {item["id"] for item in asked.value["items"]}
            token = asked.value.get("next_page_token")
            if token is None or token == query.get("page_token"):
                break
            query["page_token"] = token
        self._made.spare(frozenset(names))
        page = session.ask("list_datastreams", query={"limit": 1000})
        streams = page.value["items"] if page.good else [known.stream] if known.stream else []
        return next((stream for stream in streams if stream["datastream_id"] not in taken), None)

    def _create(self, stream: dict[str, Any]) -> Asked | None:
        session, make = self._session, self._made.make
        body, key = {"datastream_id": stream["datastream_id"]}, new_key()
        created = make("create_subscription", body, expect=(201, 402), key=key)
        if not self._made.is_mine(created) or not created.good:
            self._leave_open(_why_not(created), *_OPERATIONS)
            return None
        session.ensure(created, created.value["status"] == "active", "body.status", "is not active")
        session.ensure(created, created.value["spans"] == [], "body.spans", "is not empty")
        session.ensure(created, created.value["datastream"] == stream, "body.datastream", "is not what was asked for")
        # docs: guides/idempotency
        again = make("create_subscription", body, expect=(201,), key=key)
        if again.good:
            session.ensure(again, again.value == created.value, "body", "is another answer to the same idempotency key")
        other = {"datastream_id": stream["datastream_id"] + 1}
        make("create_subscription", other, expect=(409,), key=key)
        make("create_subscription", body, expect=(409,), unsure=True)
        self._expect_listed("list_subscriptions", created)
        return created

    def _pause_and_resume(self, path: dict[str, str]) -> None:
        self._expect_state(path, "active", 1)
        for operation, state, spans in (("pause_subscription", "paused", 1), ("resume_subscription", "active", 2)):
            for _ in range(2):
                # The second changes nothing, and succeeds (docs: guides/subscription-lifecycle).
                self._session.ask(operation, path=path, idempotency_key=new_key())
            self._expect_state(path, state, spans)

    def _expect_state(self, path: dict[str, str], state: str, spans: int) -> None:
        session = self._session
        asked = session.ask("get_subscription", path=path)
        if asked.good:
            session.ensure(asked, asked.value["id"] == path["id"], "body.id", "is not the one that was asked for")
            session.ensure(asked, asked.value["status"] == state, "body.status", f"is not {state}")
        listed = session.ask("list_subscription_spans", path=path)
        if listed.good:
            check_spans(session, listed, state)
            session.ensure(listed, len(listed.value) == spans, "body", f"does not hold {spans} spans")

    def _exports(self, export: dict[str, Any]) -> None:
        session = self._session
        self._try_wrong_exports(export)
        for step in (self._wait_for, self._cancel):
            asked = self._made.make("create_export", export, expect=(202, 402))
            if not self._made.is_mine(asked) or not asked.good:
                self._leave_open(_why_not(asked), "get_export_download", "cancel_export", "delete_export")
                return
            self._check_created(asked, export)
            path = {"id": asked.value["id"]}
            step(path)
            self._made.remove(path["id"])
            session.ask("delete_export", path=path, idempotency_key=new_key())
            self._expect_gone("get_export", path)

    def _try_wrong_exports(self, export: dict[str, Any]) -> None:
        turned = {"start_time": export["end_time"], "end_time": export["start_time"]}
        wrong: tuple[tuple[dict[str, Any], bool], ...] = (
            ({"datastream_id": "123"}, False),
            ({"start_time": "yesterday"}, False),
            ({"format": "tickhaul"}, False),
            ({"format": "csv", "format_options": {"tickhaul": 1}}, False),
            (turned, True),
        )
        for change, unsure in wrong:
            self._made.make("create_export", {**export, **change}, expect=(400,), unsure=unsure)

    def _check_created(self, asked: Asked, export: dict[str, Any]) -> None:
        session, job = self._session, asked.value
        session.ensure(asked, job["status"] == "queued", "body.status", "is not queued")
        same = job["datastream_id"] == export["datastream_id"]
        session.ensure(asked, same, "body.datastream_id", "is not what was asked for")
        session.ensure(asked, job["format"] == "csv", "body.format", "is not csv, the documented default")
        check_job(session, asked)
        read = session.ask("get_export", path={"id": job["id"]})
        if read.good:
            session.ensure(read, read.value["id"] == job["id"], "body.id", "is not the one that was asked for")
        self._expect_listed("list_exports", asked)

    def _wait_for(self, path: dict[str, str]) -> None:
        """Wait a little for a job to succeed, and look at its files."""
        session, status = self._session, "queued"
        for _ in range(_POLLS):
            asked = session.ask("get_export", path=path)
            if not asked.good:
                return
            check_job(session, asked)
            status = asked.value["status"]
            if status not in ("queued", "running"):
                break
            session.wait(_POLL_SECONDS)
        if status != "succeeded":
            session.leave_open("get_export_download", f"the export made for it was {status} in the end")
            session.ask("get_export_download", path=path, expect=(400,), unsure=True)
            return
        asked = session.ask("get_export_download", path=path)
        if asked.good:
            check_download(session, asked)
        session.ask("cancel_export", path=path, expect=(400,), unsure=True, idempotency_key=new_key())

    def _cancel(self, path: dict[str, str]) -> None:
        """Cancel a job that has only just begun; a quick service may have done it already."""
        session = self._session
        canceled = session.ask("cancel_export", path=path, expect=(204, 400), idempotency_key=new_key())
        if canceled.status != 204:
            session.leave_open("cancel_export", "the export made for it was done too soon")
            return
        session.ask("cancel_export", path=path, idempotency_key=new_key())
        asked = session.ask("get_export", path=path)
        if asked.good:
            session.ensure(asked, asked.value["status"] == "canceled", "body.status", "is not canceled")
        session.ask("get_export_download", path=path, expect=(400,), unsure=True)

    def _expect_listed(self, operation: str, created: Asked) -> None:
        session = self._session
        listed = session.ask(operation, query={"limit": 100})
        if listed.good and listed.value.get("next_page_token") is None:
            there = any(item["id"] == created.value["id"] for item in listed.value["items"])
            session.ensure(listed, there, "body.items", "what was made is not in the list")

    def _expect_gone(self, operation: str, path: dict[str, str]) -> None:
        gone = self._session.ask(operation, path=path, expect=(200, 404), unsure=True)
        if gone.good and gone.status == 200:
            deleted = gone.value["status"] == "deleted"
            self._session.ensure(gone, deleted, "body.status", "is not deleted after the deletion")

    def _leave_open(self, reason: str, *operations: str) -> None:
        for operation in operations:
            self._session.leave_open(operation, reason)


def _export(stream: dict[str, Any], created: Asked) -> dict[str, Any]:
    """The last minute up to the subscription's making, by the service's own clock: an end in the future is refused."""
    now = service_time(created) or datetime.fromisoformat(created.value["created_at"])
    end = int(now.astimezone(UTC).timestamp()) * _SECOND
    return {"datastream_id": stream["datastream_id"], "start_time": end - _EXPORTED_SECONDS * _SECOND, "end_time": end}


def _why_not(created: Asked) -> str:
    if created.status == 402:
        return "billing does not allow to make one"
    return "making one was not answered as the contract has it"
