"""How a check goes: what it leaves alone, what it waits for, when it gives up, and what it never shows."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tickhaul import AuthenticationError, DeadlineExceeded, NetworkError
from tickhaul.contract import Kind, check, render
from tickhaul.contract.session import NobodyThereError
from tickhaul.contract.wire import Answer, Lost, Wire
from tickhaul_sandbox import Sandbox, Settings

from tests.contract.plants import always, each, header, put
from tests.contract.proxy import Reply, rewritten
from tests.contract.services import SETTINGS, checked, furnish
from tests.spec.contract import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul.contract import Report

    from tests.contract.proxy import Forward, Plant, Request

ALL = {operation.name for operation in OPERATIONS}
#: How many requests to a creation are refused on purpose before the first that makes something.
_REFUSED = {"subscriptions.create": 3, "exports.create": 8, "export_schemas.create": 6}

SIGNED = "https://storage.example/part.csv.gz?X-Amz-Signature=5f1d0a7be4c92f83"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SETTINGS) as running:
        yield running


def belongings(sandbox: Sandbox) -> dict[str, Any]:
    """Everything the account has."""
    with httpx.Client(base_url=sandbox.base_url, headers={"X-Api-Key": sandbox.api_key}) as http:
        found = {path: http.get(path).json() for path in ("/v1/subscriptions", "/v1/exports", "/v1/export-schemas")}
        for subscription in found["/v1/subscriptions"]["items"]:
            path = f"/v1/subscriptions/{subscription['id']}/spans"
            found[path] = http.get(path).json()
        return found


def kinds(report: Report) -> set[Kind]:
    return {finding.kind for finding in report.findings}


@pytest.mark.parametrize("write", [False, True])
def test_what_the_account_had_before_it_has_after(sandbox: Sandbox, write: bool) -> None:
    furnish(sandbox)
    before = belongings(sandbox)
    report = checked(sandbox, write=write)
    assert (report.findings, report.left) == ([], ())
    assert belongings(sandbox) == before


def test_only_reading_sends_nothing_but_gets(sandbox: Sandbox) -> None:
    checked(sandbox)
    assert {request.method for request in sandbox.requests} == {"GET"}


def test_a_subscription_that_was_there_before_is_not_deleted() -> None:
    def hide(page: dict[str, Any]) -> None:
        page.update(items=[], total=0, next_page_token=None)

    plants: dict[str, list[Plant]] = {
        # The service gives what there is instead of refusing, and does not list it.
        "create_subscription": [rewritten(put("created_at", "2024-01-15T10:00:00Z"))],
        "list_subscriptions": [rewritten(hide)],
    }
    with Sandbox(replace(SETTINGS, duplicate_subscription="return")) as sandbox:
        report = checked(sandbox, plants, write=True)
        assert "is a resource that was there before" in [finding.message for finding in report.findings]
        (subscription,) = belongings(sandbox)["/v1/subscriptions"]["items"]
        deleted = {request.path for request in sandbox.requests.of("subscriptions.delete")}
    assert not [path for path in deleted if subscription["id"] in path]


def test_a_listed_subscription_is_not_deleted_even_if_it_is_given_as_new(sandbox: Sandbox) -> None:
    furnish(sandbox)
    old = belongings(sandbox)["/v1/subscriptions"]["items"][0]
    report = checked(sandbox, {"create_subscription": [rewritten(put("id", old["id"]))]}, write=True)
    assert "is a resource that was there before" in [finding.message for finding in report.findings]
    assert not [request for request in sandbox.requests.of("subscriptions.delete") if old["id"] in request.path]


def test_what_cannot_be_removed_is_named(sandbox: Sandbox) -> None:
    refused = Reply(503, {"Content-Type": "text/plain", "Retry-After": "1"}, b"not now")
    report = checked(sandbox, {"delete_export_schema": [always(refused)]}, write=True)
    left = [schema["id"] for schema in belongings(sandbox)["/v1/export-schemas"] if not schema["is_built_in"]]
    assert list(report.left) == left
    assert len(left) == 1
    assert report.exit_code() == 1
    assert f"left behind: {left[0]}" in render.as_text(report)


def test_what_was_made_is_removed_when_the_check_is_interrupted(sandbox: Sandbox) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    before = belongings(sandbox)
    with pytest.raises(KeyboardInterrupt):
        checked(sandbox, write=True, sleep=interrupt)
    after_all = belongings(sandbox)
    assert after_all == before
    assert sandbox.requests.of("exports.create")


@pytest.mark.parametrize("operation", ["subscriptions.create", "exports.create", "export_schemas.create"])
@pytest.mark.parametrize("fault", ["lost-answer", "truncated-body"])
def test_what_was_made_is_removed_although_the_answer_to_its_making_was_lost(
    sandbox: Sandbox, operation: str, fault: str
) -> None:
    before = belongings(sandbox)
    sandbox.faults.add(f"{fault}:{operation}:times=1:after={_REFUSED[operation]}")
    report = checked(sandbox, write=True)
    assert kinds(report) == {Kind.UNANSWERED}
    keys = [request.headers.get("idempotency-key") for request in sandbox.requests.of(operation)]
    assert keys[_REFUSED[operation]] in keys[_REFUSED[operation] + 1 :]
    assert (belongings(sandbox), report.left) == (before, ())


def test_what_an_unreadable_answer_may_have_made_is_named(sandbox: Sandbox) -> None:
    def forget_id(made: dict[str, Any]) -> None:
        del made["id"]

    report = checked(sandbox, {"create_export_schema": [rewritten(forget_id)]}, write=True)
    assert report.left == ("what POST /v1/export-schemas made: its answer has no id",)
    assert report.exit_code() == 1


def test_an_interruption_while_something_is_made_leaves_nothing_behind(sandbox: Sandbox) -> None:
    interrupted: list[bool] = []

    def send(self: Wire, method: str, target: str, *rest: Any, **options: Any) -> Answer | Lost:
        answer = plainly(self, method, target, *rest, **options)
        creates = (method, target) == ("POST", "/v1/subscriptions")
        if creates and isinstance(answer, Answer) and answer.status == 201 and not interrupted:
            # The service has acted, and its answer is not yet read.
            interrupted.append(True)
            raise KeyboardInterrupt
        return answer

    before = belongings(sandbox)
    plainly = Wire.send
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Wire, "send", send)
        with pytest.raises(KeyboardInterrupt):
            checked(sandbox, write=True)
    assert interrupted
    assert belongings(sandbox) == before


def test_what_an_interrupted_check_leaves_behind_is_told(sandbox: Sandbox) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        checked(sandbox, {"delete_export": [always(None)]}, write=True, sleep=interrupt)
    (job,) = belongings(sandbox)["/v1/exports"]["items"]
    assert caught.value.__notes__ == [f"left behind: {job['id']}"]


def test_a_limit_that_is_reached_is_waited_for() -> None:
    waits: list[float] = []
    with Sandbox(Settings(minute_limit=20)) as sandbox:

        def wait(seconds: float) -> None:
            waits.append(seconds)
            sandbox.clock.advance(seconds)

        report = checked(sandbox, sleep=wait)
    assert (report.findings, report.exit_code()) == ([], 0)
    assert sum(checked_one.statuses[429] for checked_one in report.operations) == len(waits)
    assert len(waits) > 10


@pytest.mark.parametrize(
    ("wrong", "kind"), [(None, Kind.MISSING_HEADER), ("Fri, 31 Dec 2100 23:59:59 GMT", Kind.HEADER)]
)
def test_a_limit_that_does_not_say_how_long_is_a_finding(wrong: str | None, kind: Kind) -> None:
    with Sandbox(Settings(minute_limit=10)) as sandbox:
        report = checked(sandbox, {"list_exports": [header("Retry-After", wrong, 429)]})
    assert (kind, "header Retry-After") in [(finding.kind, finding.where) for finding in report.findings]


def test_a_service_that_is_out_is_asked_again_and_then_given_up(sandbox: Sandbox) -> None:
    waits: list[float] = []
    sandbox.faults.add("error:billing.get_summary:status=503:code=unavailable")
    report = checked(sandbox, sleep=waits.append)
    (found,) = report.findings
    assert (found.operation, found.kind, found.message) == (
        "get_billing_summary",
        Kind.UNANSWERED,
        "is 503 each of 4 times",
    )
    assert waits == [1.0, 1.0, 1.0]


def test_when_the_time_is_over_the_rest_is_left_open(sandbox: Sandbox) -> None:
    sandbox.faults.add("rate-limit:exchanges.list_instruments:retry-after=3600")
    report = checked(sandbox, deadline=30)
    assert report.out_of_time
    assert report.exit_code() == 4
    assert "the time was over" in render.as_text(report)
    assert b"the time was over" in render.as_junit(report)


def test_silence_counts_as_a_timeout_and_not_as_drift(sandbox: Sandbox) -> None:
    def stall(request: Request, forward: Forward) -> None:
        request.stopped.wait()

    report = checked(sandbox, {"get_billing_summary": [stall]}, timeout=0.2)
    assert kinds(report) == {Kind.TIMEOUT}
    assert report.exit_code() == 4


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_that_is_out_from_the_start_ends_the_check(sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add(f"error:status={status}:code=unavailable")
    waits: list[float] = []
    with pytest.raises(NobodyThereError, match=f"the service answered {status}, 4 times in a row"):
        checked(sandbox, sleep=waits.append)
    assert len(waits) == 3


def test_a_proxys_pages_are_told_as_drift_and_not_as_an_end(sandbox: Sandbox) -> None:
    page = Reply(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")
    report = checked(sandbox, {"*": [always(page)]}, write=True)
    assert {"header Content-Type", "header X-Request-Id"} <= {finding.where for finding in report.findings}
    assert report.exit_code() == 1
    assert all(one.findings or one.open for one in report.operations)


def test_an_operation_without_a_success_has_its_reason(sandbox: Sandbox) -> None:
    for write in (False, True):
        gone = Reply(404, {"Content-Type": "application/json"}, b'{"error":{"code":"not_found","message":"no"}}')
        report = checked(sandbox, {"*": [always(gone)]}, write=write)
        assert [one.operation for one in report.operations if not one.open] == []


def test_drift_in_a_list_does_not_hide_what_it_lists(sandbox: Sandbox) -> None:
    furnish(sandbox)
    plants: dict[str, list[Plant]] = {
        "list_exports": [each(put("start_time", "now"))],
        "list_subscriptions": [each(put("created_at", "now"))],
        "list_export_schemas": [each(put("version", "one"))],
        "get_export": [rewritten(put("end_time", "now"))],
        "get_subscription": [rewritten(put("created_at", "now"))],
        "get_export_schema": [rewritten(put("version", "two"))],
    }
    report = checked(sandbox, plants)
    assert {finding.operation for finding in report.findings} == set(plants)
    assert not [one for one in report.operations if one.method == "GET" and one.open]


@pytest.mark.parametrize(
    ("settings", "kind", "where", "operations"),
    [
        (
            {"ns_as_strings": True},
            Kind.TYPE,
            "body.start_time",
            {"get_export", "create_export"},
        ),
        (
            {"ns_as_strings": True},
            Kind.TYPE,
            "body.ranges[*].from",
            {"get_availability"},
        ),
        ({"reset_style": "delay"}, Kind.HEADER, "header X-RateLimit-Reset-Minute", ALL),
        ({"limits_on_unauthenticated": False}, Kind.MISSING_HEADER, "header X-RateLimit-Limit-Hour", ALL),
        ({"duplicate_subscription": "return"}, Kind.UNEXPECTED_STATUS, "status", {"create_subscription"}),
    ],
)
def test_a_sandbox_set_against_the_contract_is_found_out(
    settings: dict[str, Any], kind: Kind, where: str, operations: set[str]
) -> None:
    with Sandbox(replace(SETTINGS, **settings)) as sandbox:
        furnish(sandbox)
        before = belongings(sandbox)
        report = checked(sandbox, write=True)
        assert belongings(sandbox) == before
    assert {found.operation for found in report.findings if (found.kind, found.where) == (kind, where)} == operations
    assert report.left == ()


@pytest.mark.parametrize(
    "settings",
    [
        {"deleted_exports": "soft", "deleted_subscriptions": "soft", "list_order": "oldest"},
        {"filters_ignore_case": True, "search_ignores_case": False, "unknown_fields": "reject"},
        {"echo_range": "clipped", "future_end": "clip", "naive_times": "utc", "no_overlap": "reject"},
        {"idempotency_stores_errors": False, "delete_running_export": False, "backdate": 0.0, "plan_code": None},
        {"access_status": "TRIALING", "no_overlap": "fail", "unsubscribed_export": 404},
    ],
)
def test_readings_that_the_contract_leaves_open_are_no_drift(settings: dict[str, Any]) -> None:
    with Sandbox(replace(SETTINGS, **settings)) as sandbox:
        report = checked(sandbox, write=True)
        assert (report.findings, report.left) == ([], ())


def test_billing_that_forbids_it_is_a_reason_and_no_drift() -> None:
    with Sandbox(replace(SETTINGS, access_status="SUSPENDED")) as sandbox:
        report = checked(sandbox, write=True)
    assert report.exit_code() == 0
    reasons = {one.operation: one.open for one in report.operations}
    assert reasons["create_subscription"] == reasons["delete_export"] == ("billing does not allow to make one",)


def test_a_wrong_key_ends_the_check(sandbox: Sandbox) -> None:
    with pytest.raises(AuthenticationError) as caught:
        check(sandbox.base_url, "key_wrong.secret")
    assert "key_wrong" not in str(caught.value)
    assert len(sandbox.requests) == 1


def test_nobody_there_ends_the_check() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(NetworkError):
        check(f"http://127.0.0.1:{port}", "key_any.secret")


def test_nobody_answering_ends_the_check() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(DeadlineExceeded),
    ):
        check(f"http://127.0.0.1:{silent.getsockname()[1]}", "key_any.secret", timeout=0.1)


@pytest.mark.parametrize("service", [None, "http://ticksupply.example", "https://ticksupply.example"])
def test_headers_that_come_byte_by_byte_end_the_check_in_time(
    service: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.settimeout(0.02)
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Never-Ending: ")
            # Until the other side has gone away.
            while True:
                connection.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(65536):
                        break

    with socket.create_server(("127.0.0.1", 0)) as server:
        dripping = threading.Thread(target=drip, args=(server,))
        dripping.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address)
        with pytest.raises(DeadlineExceeded):
            check(service or address, "key_any.secret", timeout=0.3, allow_plain_http=True)
        dripping.join()


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://ticksupply.example"},
        {"base_url": "ftp://127.0.0.1"},
        {"api_key": "two words"},
        {"timeout": 0},
        {"deadline": float("nan")},
    ],
)
def test_arguments_that_cannot_work_are_refused_before_anything_is_sent(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        check(**{"base_url": "http://127.0.0.1:9", "api_key": "key_any.secret", **wrong})


def test_neither_the_key_nor_a_presigned_query_is_shown(sandbox: Sandbox) -> None:
    furnish(sandbox)
    key = sandbox.api_key
    plants: dict[str, list[Plant]] = {
        "list_exchanges": [rewritten(lambda value: [{**value[0], "seen": key, key: SIGNED}])],
        "get_billing_summary": [header("X-Request-Id", f"{key} {key}")],
        "get_export_download": [rewritten(lambda value: put("url", f"{SIGNED} {key}")(value["artifacts"][0]))],
        "list_exports": [header("Sunset", key)],
        # What is shown is cut off, here in the middle of the key.
        "list_export_schemas": [rewritten(lambda value: [{**value[0], "seen": "x" * 110 + key}])],
    }
    report = checked(sandbox, plants)
    assert {finding.operation for finding in report.findings} == set(plants)
    shown = render.as_text(report) + render.as_json(report) + render.as_junit(report).decode() + repr(report)
    assert key not in shown
    assert key[:6] not in shown
    assert "5f1d0a7be4c92f83" not in shown
