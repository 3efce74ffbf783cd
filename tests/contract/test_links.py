"""Every link of the contract leads from what an answer holds to a success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tickhaul.contract.document import installed
from tickhaul.contract.judge import judge
from tickhaul.contract.wire import Answer
from tickhaul_sandbox import Sandbox

from tests.contract.services import SETTINGS
from tests.spec.contract import OPERATIONS, follow

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = [{"output_column": "received", "meta": {"value": "collection_timestamp_ns"}}]
LINKS = [
    pytest.param(operation.name, follow(link), id=f"{operation.name} {name}")
    for operation in OPERATIONS
    for name, link in operation.success[1].get("links", {}).items()
]


class Caller:
    """Calls operations, and holds each answer against the contract."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._http = httpx.Client(base_url=sandbox.base_url, headers={"X-Api-Key": sandbox.api_key}, timeout=30)

    def close(self) -> None:
        self._http.close()

    def call(self, name: str, body: object = None, **path: str) -> Any:
        operation = installed().operations[name]
        got = self._http.request(operation.method, operation.target(**path), json=body)
        answer = Answer(got.status_code, {k.lower(): v for k, v in got.headers.items()}, got.content)
        judgement = judge(installed(), operation, answer, (operation.success,))
        assert judgement.differences == ()
        return judgement.value

    def make(self, name: str) -> Any:
        """Call an operation that makes something, and what it needs before."""
        if name == "create_subscription":
            return self.call(name, {"datastream_id": 123})
        if name == "create_export":
            self.make("create_subscription")
            end = self._sandbox.clock.now_ns()
            return self.call(name, {"datastream_id": 123, "start_time": end - 60 * 10**9, "end_time": end})
        if name == "create_export_schema":
            return self.call(name, {"name": "mine", "stream_category": "trade", "columns": COLUMNS})
        assert name == "create_export_schema_draft"
        return self.call(name, id=self.make("create_export_schema")["id"])


@pytest.fixture
def caller() -> Iterator[Caller]:
    with Sandbox(SETTINGS) as running:
        caller = Caller(running)
        yield caller
        caller.close()


@pytest.mark.parametrize(("source", "link"), LINKS)
def test_a_link_leads_to_a_success(source: str, link: dict[str, Any], caller: Caller) -> None:
    made = caller.make(source)
    ((name, expression),) = link["parameters"].items()
    assert expression == "$response.body#/id"
    target = installed().operations[link["operationId"]]
    if target.name == "get_export_download":
        caller._sandbox.clock.advance(5)
    caller.call(target.name, {"columns": COLUMNS} if target.method == "PUT" else None, **{name: made["id"]})


def test_every_resource_that_can_be_made_has_links() -> None:
    making = {operation.name for operation in OPERATIONS if operation.name.startswith("create_")}
    assert {param.values[0] for param in LINKS} >= making
