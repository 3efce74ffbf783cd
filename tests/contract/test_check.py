"""How a check goes: what it leaves alone, what it waits for, when it gives up, and what it never shows."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tickhaul import AuthenticationError, DeadlineExceeded, NetworkError
from tickhaul.contract import Kind, check, render
from tickhaul_sandbox import Sandbox, Settings

from tests.contract.plants import always, header, put
from tests.contract.proxy import Reply, rewritten
from tests.contract.services import SETTINGS, checked, furnish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tickhaul.contract import Report

    from tests.contract.proxy import Forward, Plant, Request

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
    }
    report = checked(sandbox, plants)
    assert {finding.operation for finding in report.findings} == set(plants)
    shown = render.as_text(report) + render.as_json(report) + render.as_junit(report).decode() + repr(report)
    assert key not in shown
    assert "5f1d0a7be4c92f83" not in shown
