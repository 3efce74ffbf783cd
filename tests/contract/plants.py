"""What can be done to a service's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.proxy import Reply, after, rewritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.proxy import Forward, Plant, Request


def status(code: int, when: int | None = None) -> Plant:
    def change(reply: Reply) -> None:
        reply.status = code

    return after(change, status=when)


def header(name: str, value: str | None, when: int | None = None) -> Plant:
    def change(reply: Reply) -> None:
        reply.headers = {known: kept for known, kept in reply.headers.items() if known.lower() != name.lower()}
        if value is not None:
            reply.headers[name] = value

    return after(change, status=when)


def body(content: bytes) -> Plant:
    def change(reply: Reply) -> None:
        reply.body = content

    return after(change)


def each(change: Callable[[dict[str, Any]], object]) -> Plant:
    """Change every item of a list or page."""

    def change_all(value: Any) -> None:
        for item in value["items"] if isinstance(value, dict) else value:
            change(item)

    return rewritten(change_all)


def put(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        fields[name] = value

    return change


def drop(name: str) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        del fields[name]

    return change


def ignoring(*parameters: str) -> Plant:
    """The service does not look at these parameters of the query."""

    def plant(request: Request, forward: Forward) -> Reply:
        request.query = {name: value for name, value in request.query.items() if name not in parameters}
        return forward(request)

    return plant


def ignoring_header(name: str) -> Plant:
    def plant(request: Request, forward: Forward) -> Reply:
        request.headers = {known: value for known, value in request.headers.items() if known.lower() != name.lower()}
        return forward(request)

    return plant


def accept_any_key(request: Request, forward: Forward) -> Reply:
    request.headers = {**request.headers, "X-Api-Key": "key_sandbox.local"}
    return forward(request)


def always(reply: Reply | None) -> Plant:
    return lambda request, forward: reply


def cut_short(reply: Reply) -> None:
    reply.announced, reply.body = len(reply.body), reply.body[: len(reply.body) // 2]


def from_second_on(reply: Reply) -> Plant:
    """The first success is as it should be, what comes after is not."""
    succeeded: list[bool] = []

    def plant(request: Request, forward: Forward) -> Reply:
        answer = forward(request)
        if not 200 <= answer.status < 300:
            return answer
        succeeded.append(True)
        return answer if len(succeeded) == 1 else reply

    return plant


def never_last(page: dict[str, Any]) -> None:
    page["next_page_token"] = None


def count_page(page: dict[str, Any]) -> None:
    page["total"] = len(page["items"])


def first_of_artifacts(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(download: dict[str, Any]) -> None:
        download["artifacts"][0][name] = value

    return change


def without_built_in(schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [schema for schema in schemas if schema["name"] != "book_20"]


def with_raw(schemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*schemas, {**schemas[0], "id": "sch_" + "f" * 32, "name": "raw"}]


def reopen(spans: list[dict[str, Any]]) -> None:
    for span in spans:
        span["ended_at"] = None
