"""The walk that only reads: from lists to ids to what they name, and the errors that every caller runs into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tickhaul.contract.lists import ACCOUNT, CATALOG, filtered, items_of, look_through
from tickhaul.contract.session import BAD_KEY, RefusedError, nobody

if TYPE_CHECKING:
    from tickhaul.contract.session import Asked, Session

#: An object of the service, as the JSON reader has it.
Resource = dict[str, Any]

_UNKNOWN_STREAM = 2**62
_UNREADABLE = "the list that would name one is not as the contract has it"
_NAMED_BUILT_IN = ("normalized", "book_5", "book_20")


@dataclass
class Known:
    """What the walk has come to know.

    Attributes:
        exchange: code of an exchange.
        instrument: an instrument of it.
        stream: a datastream of it.
        subscriptions: the account's subscriptions that were listed.
        exports: its export jobs that were listed.
        schemas: all export schemas.
    """

    exchange: str | None = None
    instrument: Resource | None = None
    stream: Resource | None = None
    subscriptions: list[Resource] = field(default_factory=list)
    exports: list[Resource] = field(default_factory=list)
    schemas: list[Resource] = field(default_factory=list)


def read(session: Session) -> Known:
    """Walk over everything that can be read.

    Args:
        session: the check.

    Raises:
        RefusedError: the service does not accept the API key.
        NobodyThereError: nobody answers.
        OutOfTimeError: the time of the check is over.
    """
    known = Known()
    for step in (
        _exchanges,
        _instruments,
        _streams,
        _availability,
        _subscriptions,
        _exports,
        _schemas,
        _billing,
        _keys,
    ):
        step(session, known)
    return known


def _exchanges(session: Session, known: Known) -> None:
    asked = session.ask("list_exchanges", expect=(200, 401))
    if asked.status == 401:
        raise RefusedError(asked.place.request_id)
    if asked.good and asked.value:
        codes = [exchange["code"] for exchange in asked.value]
        session.ensure(asked, len(set(codes)) == len(codes), "body[*].code", "two exchanges have the same code")
        known.exchange = codes[0]
    else:
        session.leave_open("list_exchanges", "no exchange was listed")


def _instruments(session: Session, known: Known) -> None:
    if known.exchange is None:
        _leave_open(session, "no exchange is known", "list_instruments", "list_instrument_datastreams")
        return
    path = {"exchange": known.exchange}
    asked = look_through(session, "list_instruments", CATALOG, path=path, name=lambda item: item["symbol"])
    items = items_of(asked)
    _unknown_place(session, "list_instruments", exchange="tickhaul_no_such_exchange")
    if not items:
        session.leave_open("list_instruments", "no instrument was listed")
        return
    known.instrument = items[0]
    symbol = items[0]["symbol"]
    for name, value in [("search", symbol), *((n, items[0].get(n)) for n in ("base", "quote", "instrument_type"))]:
        if value:
            filtered(session, "list_instruments", "symbol" if name == "search" else name, {name: value}, path)


def _streams(session: Session, known: Known) -> None:
    items = items_of(look_through(session, "list_datastreams", CATALOG, name=lambda item: item["datastream_id"]))
    if items:
        known.stream = items[0]
        for name in ("exchange", "instrument", "stream_type", "wire_format"):
            filtered(session, "list_datastreams", name, {name: items[0][name]}, {})
        every = {name: items[0][name] for name in ("exchange", "instrument", "stream_type", "wire_format")}
        asked = session.ask("list_datastreams", query=every)
        if asked.good:
            there = items[0] in asked.value["items"]
            session.ensure(asked, there, "body.items", "a datastream is not found by its own four properties")
    else:
        session.leave_open("list_datastreams", "no datastream was listed")
    if known.stream is None:
        _leave_open(session, "no datastream is known", "list_instrument_datastreams")
        return
    path = {"exchange": known.stream["exchange"], "instrument": known.stream["instrument"]}
    operation = "list_instrument_datastreams"
    asked = look_through(session, operation, CATALOG, path=path, name=lambda item: item["datastream_id"])
    for name, value in path.items():
        alike = all(item[name] == value for item in items_of(asked))
        session.ensure(asked, alike, f"body.items[*].{name}", "is not the one that was asked for")
    for name in ("stream_type", "wire_format"):
        filtered(session, operation, name, {name: known.stream[name]}, path)
    _unknown_place(session, operation, exchange=path["exchange"], instrument="TICKHAUL-NO-SUCH-INSTRUMENT")


def _availability(session: Session, known: Known) -> None:
    operation = "get_availability"
    streams = [known.stream["datastream_id"]] if known.stream else []
    # What is recorded shows with a datastream that somebody has subscribed to.
    streams += [subscription["datastream_id"] for subscription in known.subscriptions[:1]]
    if not streams:
        session.leave_open(operation, "no datastream is known")
    for stream in dict.fromkeys(streams):
        check_availability(session, stream)
    # docs: guides/error-handling has this very message.
    for wrong in ({}, {"datastream_id": "abc"}, {"datastream_id": 0}, {"datastream_id": -1}):
        session.ask(operation, query=wrong, expect=(400,))
    session.ask(operation, query={"datastream_id": _UNKNOWN_STREAM}, expect=(404,), unsure=True)


def check_availability(session: Session, stream: int) -> None:
    """Ask what has been recorded of a datastream, and look whether it makes sense.

    Args:
        session: the check.
        stream: id of the datastream.

    Raises:
        OutOfTimeError: the time of the check is over.
    """
    asked = session.ask("get_availability", query={"datastream_id": stream})
    if asked.good:
        given = asked.value["datastream"]["datastream_id"]
        session.ensure(asked, given == stream, "body.datastream.datastream_id", "is not the one that was asked for")
        ordered = all(found["from"] < found["to"] for found in asked.value["ranges"])
        session.ensure(asked, ordered, "body.ranges[*]", "`from` is not before `to`")


def _subscriptions(session: Session, known: Known) -> None:
    asked = look_through(session, "list_subscriptions", ACCOUNT, name=lambda item: item["id"])
    known.subscriptions = items_of(asked, "id", "datastream_id", "status")
    visible = all(item["status"] != "deleted" for item in known.subscriptions)
    session.ensure(asked, visible, "body.items[*].status", "a deleted subscription is listed")
    if not known.subscriptions:
        reason = "the account has no subscription" if asked.good else _UNREADABLE
        _leave_open(session, reason, "get_subscription", "list_subscription_spans")
    for listed in _of_each(known.subscriptions, "status"):
        asked = session.ask("get_subscription", path={"id": listed["id"]})
        if asked.good:
            same = all(asked.value[name] == listed[name] for name in ("id", "datastream_id"))
            session.ensure(asked, same, "body", "is another subscription than the list has under this id")
        spans = session.ask("list_subscription_spans", path={"id": listed["id"]})
        if spans.good:
            check_spans(session, spans, listed["status"])
    for operation in ("get_subscription", "list_subscription_spans"):
        session.ask(operation, path={"id": nobody(operation)}, expect=(404,))


def check_spans(session: Session, asked: Asked, status: str) -> None:
    """Hold spans against the state of their subscription (docs: guides/subscription-lifecycle)."""
    spans: list[Resource] = asked.value
    unended = sum(span.get("ended_at") is None for span in spans)
    if status == "active":
        session.ensure(
            asked, unended == 1, "body[*].ended_at", f"an active subscription has {unended} open spans, not one"
        )
    if status == "paused":
        session.ensure(asked, unended == 0, "body[*].ended_at", f"a paused subscription has {unended} open spans")
    starts = [span["started_at"] for span in spans]
    session.ensure(asked, starts == sorted(starts), "body[*].started_at", "spans are not oldest first", unsure=True)


def _exports(session: Session, known: Known) -> None:
    page = look_through(session, "list_exports", ACCOUNT, name=lambda item: item["id"])
    known.exports = items_of(page, "id", "datastream_id", "status", "format", "created_at")
    if not known.exports:
        session.leave_open("get_export", "the account has no export" if page.good else _UNREADABLE)
    for listed in _of_each(known.exports, "status"):
        asked = session.ask("get_export", path={"id": listed["id"]})
        if asked.good:
            same = all(asked.value[name] == listed[name] for name in ("id", "datastream_id", "format", "created_at"))
            session.ensure(asked, same, "body", "is another job than the list has under this id")
            check_job(session, asked)
    done = next((job for job in known.exports if job["status"] == "succeeded"), None)
    if done is None:
        session.leave_open("get_export_download", "the account has no succeeded export" if page.good else _UNREADABLE)
    else:
        asked = session.ask("get_export_download", path={"id": done["id"]})
        if asked.good:
            check_download(session, asked)
    for operation in ("get_export", "get_export_download"):
        session.ask(operation, path={"id": nobody(operation)}, expect=(404,))


def check_job(session: Session, asked: Asked) -> None:
    """Hold the fields of a job against its state (docs: exports/get-export)."""
    job: Resource = asked.value
    status = job["status"]
    session.ensure(asked, job["start_time"] < job["end_time"], "body.start_time", "is not before `end_time`")
    if status != "failed":
        session.ensure(asked, job.get("reason") is None, "body.reason", f"is there although the job is {status}")
    if status in ("succeeded", "failed"):
        session.ensure(
            asked, job.get("finished_at") is not None, "body.finished_at", f"is not there although the job {status}"
        )
    if status in ("queued", "running"):
        session.ensure(
            asked, job.get("finished_at") is None, "body.finished_at", f"is there although the job is {status}"
        )
    if job["format"] == "csv" and job.get("format_options"):
        session.ensure(asked, False, "body.format_options", "is not empty although the format is csv")


def check_download(session: Session, asked: Asked) -> None:
    """Hold the sums of a download against its files."""
    download: Resource = asked.value
    files = download["artifacts"]
    session.ensure(asked, download["count"] == len(files), "body.count", "is not the number of files")
    total = sum(file["bytes"] for file in files)
    session.ensure(asked, download["total_bytes"] == total, "body.total_bytes", "is not the sum of the files' sizes")
    names = {file["filename"] for file in files}
    session.ensure(asked, len(names) == len(files), "body.artifacts[*].filename", "two files have the same name")
    plain = all(name not in ("", ".", "..") and not set(name) & set("/\\") and name.isprintable() for name in names)
    session.ensure(asked, plain, "body.artifacts[*].filename", "is not a plain file name")


def _schemas(session: Session, known: Known) -> None:
    asked = session.ask("list_export_schemas")
    known.schemas = items_of(asked, "id", "name", "is_built_in", "has_draft")
    if asked.good:
        names = {schema["name"] for schema in asked.value if schema["is_built_in"]}
        # docs: guides/export-schemas
        missing = [name for name in _NAMED_BUILT_IN if name not in names]
        session.ensure(asked, not missing, "body[*].name", f"built-in schemas are missing: {', '.join(missing)}")
        session.ensure(asked, "raw" not in names, "body[*].name", "`raw` is listed")
    for listed in _of_each(known.schemas, "is_built_in"):
        found = session.ask("get_export_schema", path={"id": listed["id"]})
        if found.good:
            same = all(found.value[name] == listed[name] for name in listed if name in found.value)
            session.ensure(found, same or not asked.good, "body", "is not as the list has it")
            named = [column["output_column"] for column in found.value["columns"]]
            session.ensure(found, bool(named), "body.columns", "is empty")
    if not known.schemas:
        session.leave_open("get_export_schema", "no schema was listed" if asked.good else _UNREADABLE)
    drafted = next((schema for schema in known.schemas if schema["has_draft"]), None)
    if drafted is None:
        session.leave_open("get_export_schema_draft", "no schema of the account has a draft")
    else:
        session.ask("get_export_schema_draft", path={"id": drafted["id"]})
    for operation in ("get_export_schema", "get_export_schema_draft"):
        session.ask(operation, path={"id": nobody(operation)}, expect=(404,))


def _billing(session: Session, known: Known) -> None:
    del known
    asked = session.ask("get_billing_summary")
    if asked.good:
        # docs: billing/get-billing-summary
        fits = asked.value.get("grace_until") is None or asked.value["access_status"] == "GRACE"
        session.ensure(asked, fits, "body.grace_until", "is there although the state is not GRACE")


def _keys(session: Session, known: Known) -> None:
    """Every read needs a key: a route that somebody forgot to guard shows here."""
    stream = known.stream or {"exchange": "none", "instrument": "none", "datastream_id": 1}
    exchange = known.exchange or "none"
    for name, operation in session.contract.operations.items():
        if operation.method != "GET":
            continue
        path = {"exchange": exchange, "instrument": stream["instrument"], "id": nobody(name)}
        query = {"datastream_id": stream["datastream_id"]} if name == "get_availability" else None
        session.ask(name, path=path, query=query, expect=(401,), key=BAD_KEY)
    session.ask("list_exchanges", expect=(401,), key="")


def _unknown_place(session: Session, operation: str, **path: str) -> None:
    asked = session.ask(operation, path=path, expect=(200, 404), unsure=True)
    if asked.good and asked.status == 200:
        session.ensure(asked, not asked.value["items"], "body.items", "is not empty for what does not exist")


def _of_each(items: list[Resource], name: str) -> list[Resource]:
    """One item of each kind."""
    return list({item[name]: item for item in reversed(items)}.values())


def _leave_open(session: Session, reason: str, *operations: str) -> None:
    for operation in operations:
        session.leave_open(operation, reason)
