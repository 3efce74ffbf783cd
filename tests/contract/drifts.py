"""Ways in which a service can drift from the contract, each with the finding it must lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tickhaul.contract import Kind

from tests.contract.plants import (
    accept_any_key,
    always,
    body,
    count_page,
    cut_short,
    drop,
    each,
    first_of_artifacts,
    from_second_on,
    header,
    ignoring,
    ignoring_header,
    never_last,
    put,
    reopen,
    status,
    with_raw,
    without_built_in,
)
from tests.contract.proxy import Reply, after, rewritten

if TYPE_CHECKING:
    from tests.contract.proxy import Plant


@dataclass(frozen=True)
class Drift:
    """One way.

    Attributes:
        batch: drifts of one batch are planted at once; they do not stand in each other's way. Those whose batch begins
            with ``write`` show only when the check may write.
        operation: where.
        name: what the service does.
        kind: the kind of the finding.
        where: its place.
        plant: makes the service do so.
        seen: where it shows, the finding first, if that is elsewhere.
    """

    batch: str
    operation: str
    name: str
    kind: Kind
    where: str
    plant: Plant = field(repr=False)
    seen: tuple[str, ...] = ()


INTERNAL = b'{"error":{"code":"internal","message":"gone wrong"}}'
LIMITS = {
    "Content-Type": "application/json",
    "X-RateLimit-Limit-Minute": "200",
    "X-RateLimit-Remaining-Minute": "100",
    "X-RateLimit-Limit-Hour": "10000",
    "X-RateLimit-Remaining-Hour": "100",
}
HTML = Reply(502, {"Content-Type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>")
GONE = Reply(500, {**LIMITS, "X-Request-Id": "req_gone"}, INTERNAL)

_M = "X-RateLimit-{}-Minute".format
_H = "X-RateLimit-{}-Hour".format
_ID = "X-Request-Id"

DRIFTS = (
    # Statuses.
    Drift("1", "list_exchanges", "a partial content", Kind.UNDOCUMENTED_STATUS, "status", status(206)),
    Drift("1", "get_export", "410 for what is not there", Kind.UNDOCUMENTED_STATUS, "status", status(410, 404)),
    Drift("1", "list_exports", "403 for a wrong key", Kind.UNDOCUMENTED_STATUS, "status", status(403, 401)),
    Drift("1", "list_export_schemas", "a redirection", Kind.UNDOCUMENTED_STATUS, "status", status(302)),
    Drift("1", "get_billing_summary", "any key will do", Kind.UNEXPECTED_STATUS, "status", accept_any_key),
    Drift("1", "list_subscriptions", "no limit is refused", Kind.UNEXPECTED_STATUS, "status", ignoring("limit")),
    Drift("1", "get_subscription", "a proxy's page", Kind.UNDOCUMENTED_STATUS, "status", always(HTML)),
    Drift("write 1", "create_subscription", "200 for what is new", Kind.UNDOCUMENTED_STATUS, "status", status(200)),
    Drift("write 1", "create_export_schema", "202 for what is new", Kind.UNDOCUMENTED_STATUS, "status", status(202)),
    Drift("write 2", "pause_subscription", "200 without content", Kind.UNDOCUMENTED_STATUS, "status", status(200)),
    Drift("write 3", "delete_export", "no second time", Kind.UNEXPECTED_STATUS, "status", from_second_on(GONE)),
    # Headers.
    Drift("2", "list_exchanges", "no request id", Kind.MISSING_HEADER, f"header {_ID}", header(_ID, None)),
    Drift("2", "list_datastreams", "a request id with a space", Kind.HEADER, f"header {_ID}", header(_ID, "a b")),
    Drift("2", "list_subscriptions", "always the same id", Kind.HEADER, f"header {_ID}", header(_ID, "req_same")),
    Drift(
        "2",
        "list_exports",
        "no remaining",
        Kind.MISSING_HEADER,
        f"header {_M('Remaining')}",
        header(_M("Remaining"), None),
    ),
    Drift(
        "2",
        "get_availability",
        "a remaining in words",
        Kind.HEADER,
        f"header {_M('Remaining')}",
        header(_M("Remaining"), "many"),
    ),
    Drift(
        "2",
        "get_billing_summary",
        "a reset without need",
        Kind.HEADER,
        f"header {_M('Reset')}",
        header(_M("Reset"), "4102444799"),
    ),
    Drift(
        "2",
        "list_export_schemas",
        "a reset in seconds to wait",
        Kind.HEADER,
        f"header {_H('Reset')}",
        header(_H("Reset"), "45"),
    ),
    Drift(
        "2",
        "list_instruments",
        "more remaining than the limit",
        Kind.HEADER,
        f"header {_H('Remaining')}",
        header(_H("Remaining"), "99999999"),
    ),
    Drift(
        "2",
        "get_export_schema",
        "no reset when it is needed",
        Kind.MISSING_HEADER,
        f"header {_M('Reset')}",
        header(_M("Remaining"), "0"),
    ),
    Drift(
        "2",
        "list_instrument_datastreams",
        "a limit a day",
        Kind.HEADER,
        "header x-ratelimit-limit-day",
        header("X-RateLimit-Limit-Day", "100000"),
    ),
    Drift(
        "2",
        "list_subscription_spans",
        "a header of its own",
        Kind.UNEXPECTED_HEADER,
        "header x-spans-total",
        header("X-Spans-Total", "2"),
    ),
    Drift(
        "2",
        "get_export_download",
        "a limit in the standard's header",
        Kind.UNEXPECTED_HEADER,
        "header ratelimit",
        header("RateLimit", '"minute";r=50;t=30'),
    ),
    Drift(
        "2",
        "get_subscription",
        "the end is announced",
        Kind.HEADER,
        "header Sunset",
        header("Sunset", "Fri, 31 Dec 2100 23:59:59 GMT", 404),
    ),
    Drift(
        "2",
        "get_export",
        "errors as plain text",
        Kind.CONTENT_TYPE,
        "header Content-Type",
        header("Content-Type", "text/plain", 404),
    ),
    # Bodies.
    Drift(
        "3", "list_exchanges", "a field is gone", Kind.MISSING_FIELD, "body[*].display_name", each(drop("display_name"))
    ),
    Drift(
        "3",
        "get_billing_summary",
        "a field inside is gone",
        Kind.MISSING_FIELD,
        "body.usage.export_gb_extra",
        rewritten(lambda summary: drop("export_gb_extra")(summary["usage"])),
    ),
    Drift("8", "list_export_schemas", "a flag as a number", Kind.TYPE, "body[*].has_draft", each(put("has_draft", 0))),
    Drift(
        "8",
        "list_datastreams",
        "an id as text",
        Kind.TYPE,
        "body.items[*].datastream_id",
        each(put("datastream_id", "123")),
    ),
    Drift(
        "8",
        "list_subscriptions",
        "a whole number with a fraction",
        Kind.TYPE,
        "body.total",
        rewritten(put("total", 1.0)),
    ),
    Drift(
        "3",
        "get_subscription",
        "a moment with an offset",
        Kind.FORMAT,
        "body.created_at",
        rewritten(put("created_at", "2024-01-15T10:00:00+00:00")),
    ),
    Drift(
        "3",
        "list_subscription_spans",
        "a day for a moment",
        Kind.FORMAT,
        "body[*].started_at",
        each(put("started_at", "2024-01-15")),
    ),
    Drift("8", "list_exports", "an id in capitals", Kind.VALUE, "body.items[*].id", each(put("id", "exp_" + "A" * 32))),
    Drift("3", "get_export_schema", "columns as null", Kind.TYPE, "body.columns", rewritten(put("columns", None))),
    Drift("4", "list_exchanges", "a new field", Kind.UNEXPECTED_FIELD, "body[*].country", each(put("country", "MT"))),
    Drift(
        "4",
        "get_export",
        "an error with a trace",
        Kind.UNEXPECTED_FIELD,
        "body.error.trace_id",
        rewritten(lambda answer: put("trace_id", "t")(answer["error"]), status=404),
    ),
    Drift(
        "4",
        "list_instruments",
        "a new field in an item",
        Kind.UNEXPECTED_FIELD,
        "body.items[*].tick_size",
        each(put("tick_size", "0.01")),
    ),
    Drift(
        "4",
        "get_subscription",
        "a state nobody knows",
        Kind.UNKNOWN_VALUE,
        "body.status",
        rewritten(put("status", "hibernating")),
    ),
    Drift(
        "4",
        "get_billing_summary",
        "a state in small letters",
        Kind.UNKNOWN_VALUE,
        "body.access_status",
        rewritten(put("access_status", "active")),
    ),
    Drift("4", "list_exports", "a number past 64 bits", Kind.FORMAT, "body.total", rewritten(put("total", 2**63))),
    Drift(
        "4",
        "get_availability",
        "nanoseconds as text",
        Kind.TYPE,
        "body.ranges[*].from",
        rewritten(lambda value: [put("from", str(found["from"]))(found) for found in value["ranges"]] and None),
    ),
    Drift(
        "4", "list_export_schemas", "a list in a wrapper", Kind.TYPE, "body", rewritten(lambda value: {"items": value})
    ),
    Drift(
        "4",
        "list_subscriptions",
        "the code of another error",
        Kind.VALUE,
        "body.error.code",
        rewritten(lambda answer: put("code", "internal")(answer["error"]), status=400),
    ),
    Drift(
        "4",
        "list_subscription_spans",
        "an error of another form",
        Kind.MISSING_FIELD,
        "body.error",
        rewritten(lambda answer: {"message": "not found"}, status=404),
    ),
    Drift(
        "5",
        "list_datastreams",
        "an instrument without a name",
        Kind.VALUE,
        "body.items[*].instrument",
        each(put("instrument", "")),
    ),
    Drift("5", "list_exchanges", "half of the JSON", Kind.BODY, "body", body(b'[{"code": "bin')),
    Drift("5", "get_billing_summary", "a field twice", Kind.BODY, "body", body(b'{"usage": {}, "usage": {}}')),
    Drift("5", "list_export_schemas", "no number", Kind.BODY, "body", body(b"[NaN]")),
    Drift("5", "list_exports", "nothing", Kind.BODY, "body", body(b"")),
    Drift("5", "list_subscriptions", "the connection ends in the body", Kind.UNANSWERED, "status", after(cut_short)),
    Drift("9", "list_datastreams", "the connection ends before an answer", Kind.UNANSWERED, "status", always(None)),
    # What only shows when answers are held against each other, or against what was asked.
    Drift("6", "list_instruments", "the limit is not looked at", Kind.BEHAVIOUR, "body.limit", ignoring("limit")),
    Drift(
        "6",
        "list_datastreams",
        "a filter is not looked at",
        Kind.BEHAVIOUR,
        "body.items[*].stream_type",
        ignoring("stream_type"),
    ),
    Drift(
        "6", "list_subscriptions", "the token is not looked at", Kind.BEHAVIOUR, "body.items", ignoring("page_token")
    ),
    Drift(
        "6",
        "list_instrument_datastreams",
        "the total is of the page",
        Kind.BEHAVIOUR,
        "body.total",
        rewritten(count_page),
    ),
    Drift(
        "6",
        "get_availability",
        "another datastream",
        Kind.BEHAVIOUR,
        "body.datastream.datastream_id",
        rewritten(lambda value: put("datastream_id", 9)(value["datastream"])),
    ),
    Drift(
        "6",
        "list_export_schemas",
        "a built-in schema is gone",
        Kind.BEHAVIOUR,
        "body[*].name",
        rewritten(without_built_in),
    ),
    Drift(
        "6", "list_subscription_spans", "a paused one records", Kind.BEHAVIOUR, "body[*].ended_at", rewritten(reopen)
    ),
    Drift(
        "6", "get_export", "a reason without a failure", Kind.BEHAVIOUR, "body.reason", rewritten(put("reason", "none"))
    ),
    Drift(
        "6",
        "get_export_download",
        "files of no size",
        Kind.BEHAVIOUR,
        "body.total_bytes",
        rewritten(put("total_bytes", 1)),
    ),
    Drift(
        "6",
        "get_billing_summary",
        "grace without need",
        Kind.BEHAVIOUR,
        "body.grace_until",
        rewritten(put("grace_until", "2100-01-01T00:00:00Z")),
    ),
    Drift(
        "7",
        "list_datastreams",
        "the next page is not named",
        Kind.BEHAVIOUR,
        "body.next_page_token",
        rewritten(never_last),
    ),
    Drift("7", "list_export_schemas", "`raw` is listed", Kind.BEHAVIOUR, "body[*].name", rewritten(with_raw)),
    Drift(
        "7",
        "get_export_download",
        "a file name that leaves the folder",
        Kind.BEHAVIOUR,
        "body.artifacts[*].filename",
        rewritten(first_of_artifacts("filename", "../../etc/passwd")),
    ),
    Drift(
        "7", "list_exchanges", "one twice", Kind.BEHAVIOUR, "body[*].code", rewritten(lambda value: [*value, value[0]])
    ),
    Drift(
        "7",
        "get_export",
        "a job that ends before it begins",
        Kind.BEHAVIOUR,
        "body.start_time",
        rewritten(put("end_time", 0)),
    ),
    Drift(
        "7",
        "list_subscriptions",
        "a deleted one",
        Kind.BEHAVIOUR,
        "body.items[*].status",
        each(put("status", "deleted")),
    ),
    Drift(
        "write 2",
        "create_export",
        "a job that runs at once",
        Kind.BEHAVIOUR,
        "body.status",
        rewritten(put("status", "running")),
    ),
    Drift(
        "write 2",
        "publish_export_schema_draft",
        "a version that does not grow",
        Kind.BEHAVIOUR,
        "body.version",
        rewritten(put("version", 2)),
    ),
    Drift(
        "write 3",
        "create_subscription",
        "keys are forgotten",
        Kind.UNEXPECTED_STATUS,
        "status",
        ignoring_header("Idempotency-Key"),
    ),
    Drift(
        "write 3",
        "create_export_schema_draft",
        "no draft after all",
        Kind.BEHAVIOUR,
        "body.has_draft",
        rewritten(put("has_draft", False)),
    ),
    Drift(
        "write 3",
        "resume_subscription",
        "nothing is resumed",
        Kind.BEHAVIOUR,
        "body.status",
        always(Reply(204, {**LIMITS, _ID: "req_resumed"})),
        seen=("get_subscription", "list_subscription_spans"),
    ),
)
